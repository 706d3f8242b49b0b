"""Halves of a VAE that were made without this library, such as functional models."""

from typing import Any

from vaelib import _validation as check
from vaelib import likelihoods
from vaelib.elbo import Tensor
from vaelib.runtime import keras


def as_encoder(model: Any) -> Any:
    """The model, with `latent_dim` and `image_shape`; if it lacks them, they are its shapes."""
    outputs = getattr(model, "output_shape", None)
    mean = outputs[0] if isinstance(outputs, list | tuple) and len(outputs) > 1 else ()
    return _with_shapes("encoder", model, mean, getattr(model, "input_shape", None))


def as_decoder(model: Any, likelihood: Any = None) -> Any:
    """The model, if it has a likelihood; otherwise a `ForeignDecoder` made of it."""
    if not hasattr(model, "likelihood"):
        return ForeignDecoder(model, likelihood or "bernoulli")
    if likelihood is not None:
        raise ValueError(f"likelihood: the decoder has its own, got {likelihood!r}")
    check.attributes("decoder", model, "logits")
    return _with_shapes("decoder", model)


def _with_shapes(name: str, model: Any, codes: Any = None, pictures: Any = None) -> Any:
    found = {"latent_dim": tuple(codes or ())[-1:], "image_shape": tuple(pictures or ())[1:]}
    for attribute, sizes in found.items():
        if not hasattr(model, attribute) and sizes and None not in sizes:
            setattr(model, attribute, sizes if attribute == "image_shape" else sizes[0])
    check.attributes(name, model, "latent_dim", "image_shape", "__call__")
    return model


@keras.saving.register_keras_serializable(package="vaelib")
class ForeignDecoder(keras.Model):
    """A decoder around a model that has no likelihood of its own.

    Args:
        model: from codes, (batch, latent_dim), to pictures, (batch, *image_shape). If it has no
            method `logits`, it is functional and ends in a sigmoid, which is undone; with a
            Gaussian likelihood, it returns the means.
        likelihood: as for `Decoder`.
    """

    def __init__(self, model: Any, likelihood: Any = "bernoulli", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        model = keras.saving.deserialize_keras_object(model) if isinstance(model, dict) else model
        codes, pictures = (getattr(model, f"{end}put_shape", None) for end in ("in", "out"))
        if codes is None:
            check.attributes("decoder, not being functional,", model, "logits")
        self.model = _with_shapes("decoder", model, codes, pictures)
        self.likelihood = likelihoods.get(likelihood)
        self.latent_dim, self.image_shape = model.latent_dim, tuple(model.image_shape)
        self(keras.Input((self.latent_dim,)))

    def logits(self, z: Tensor, training: bool | None = None) -> Tensor:
        """What the likelihood is computed from."""
        if hasattr(self.model, "logits"):
            return self.model.logits(z, training=training)
        return self.likelihood.logits(self.model(z, training=training))

    def call(self, z: Tensor, training: bool | None = None) -> Tensor:
        return self.likelihood(self.logits(z, training=training))

    def get_config(self) -> dict[str, Any]:
        parts = {"model": self.model, "likelihood": self.likelihood}
        saved = {name: keras.saving.serialize_keras_object(part) for name, part in parts.items()}
        return super().get_config() | saved
