"""Halves of a VAE that are told the label: any encoder, any decoder, with the label added.

Labels are integers from 0 to n_classes − 1, shape (batch,), or vectors, (batch, n_classes), such as
probabilities.
"""

import math
from typing import Any

import numpy as np

from vaelib import _validation as check
from vaelib.elbo import Tensor
from vaelib.models.foreign import as_decoder, as_encoder
from vaelib.runtime import keras

register = keras.saving.register_keras_serializable(package="vaelib")


class Given:
    """A half of a `ConditionalVAE` with the label filled in: of pictures, or of codes, alone.

    It goes wherever an encoder or a decoder goes. `y` is one label for all; or one for each, if all
    inputs come in one call.
    """

    def __init__(self, half: "ConditionalHalf", y: Any) -> None:
        y = np.array(y, ndmin=1)  # a copy: the reader's may change
        self.inner, self.y = half, checked_labels("y", y, half.n_classes)
        self.image_shape = half.image_shape
        self.latent_dim = getattr(half, "latent_dim", None)  # a discriminator has none
        self.likelihood = getattr(half, "likelihood", None)

    def __call__(self, inputs: Any, training: bool | None = None) -> Any:
        return self.inner(self._with_label(inputs), training=training)

    def logits(self, z: Tensor, training: bool | None = None) -> Tensor:
        """A decoder's logits, from which its likelihood is computed."""
        return self.inner.logits(self._with_label(z), training=training)

    def _with_label(self, inputs: Any) -> tuple[Any, Tensor]:
        n = keras.ops.shape(inputs)[0]
        return inputs, keras.ops.broadcast_to(self.y, (n, *self.y.shape[1:]))


class ConditionalHalf(keras.Model):
    """What encoder and decoder share: a half of an ordinary VAE, and the number of classes."""

    def __init__(self, inner: Any, n_classes: int = 10, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        load = keras.saving.deserialize_keras_object
        self.inner = (
            load(inner) if isinstance(inner, dict) else inner
        )  # PyTorch has a method `half`
        self.n_classes = check.integer("n_classes", n_classes, least=2)

    def vectors(self, y: Tensor) -> Tensor:
        """Labels as one-hot vectors, shape (batch, n_classes); vectors stay what they are."""
        if len(y.shape) == 2:
            check.same_shape("a label's vector", y.shape[1:], "n_classes", (self.n_classes,))
            return keras.ops.cast(y, self.compute_dtype)
        y = keras.ops.cast(y, "int32")
        return keras.ops.one_hot(y, self.n_classes, dtype=self.compute_dtype)

    def given(self, y: Any) -> Given:
        """This half for a fixed label, or a label for each input."""
        return Given(self, y)

    def get_config(self) -> dict[str, Any]:
        inner = keras.saving.serialize_keras_object(self.inner)
        return super().get_config() | {"inner": inner, "n_classes": self.n_classes}


@register
class ConditionalEncoder(ConditionalHalf):
    """Q(Z|X, Y): an encoder to whose pictures a learned one is added, one for each class.

    Its first layer W then computes W (X + P Y) = W X + (W P) Y, as if the label stood beside the
    pixels with weights of its own, W P. Called with `(x, y)`; returns what the encoder returns.

    >>> from vaelib.models import Encoder
    >>> z_mean, z_log_var, z = ConditionalEncoder(Encoder()).given(3)(np.zeros((2, 28, 28, 1)))
    >>> tuple(z_mean.shape)
    (2, 2)
    """

    def __init__(self, inner: Any, n_classes: int = 10, **kwargs: Any) -> None:
        super().__init__(inner, n_classes, **kwargs)
        as_encoder(self.inner)
        self.latent_dim, self.image_shape = self.inner.latent_dim, tuple(self.inner.image_shape)
        self.pictures = keras.layers.Dense(math.prod(self.image_shape), use_bias=False)
        self((keras.Input(self.image_shape), keras.Input((self.n_classes,))))

    def call(self, inputs: tuple[Tensor, Tensor], training: bool | None = None) -> Any:
        x, y = inputs
        added = keras.ops.reshape(self.pictures(self.vectors(y)), (-1, *self.image_shape))
        return self.inner(x + added, training=training)


@register
class ConditionalDecoder(ConditionalHalf):
    """P(X|Z, Y): a decoder of codes to which the label's vector is appended.

    Called with `(z, y)`; the decoder inside takes codes of latent_dim + n_classes numbers.

    >>> from vaelib.models import Decoder
    >>> decoder = ConditionalDecoder(Decoder(latent_dim=2 + 10))
    >>> tuple(decoder.given(3)(np.zeros((5, 2))).shape)
    (5, 28, 28, 1)
    """

    def __init__(self, inner: Any, n_classes: int = 10, **kwargs: Any) -> None:
        super().__init__(inner, n_classes, **kwargs)
        self.inner = as_decoder(self.inner)
        self.image_shape, own = tuple(self.inner.image_shape), self.inner.latent_dim - n_classes
        self.latent_dim = check.integer("the decoder's latent_dim without the label's numbers", own)
        self((keras.Input((self.latent_dim,)), keras.Input((self.n_classes,))))

    @property
    def likelihood(self) -> Any:
        """Of the decoder inside."""
        return self.inner.likelihood

    def logits(self, inputs: tuple[Tensor, Tensor], training: bool | None = None) -> Tensor:
        """What the likelihood is computed from."""
        z, y = inputs
        z = keras.ops.cast(z, self.compute_dtype)
        longer = keras.ops.concatenate([z, self.vectors(y)], axis=1)
        return self.inner.logits(longer, training=training)

    def call(self, inputs: tuple[Tensor, Tensor], training: bool | None = None) -> Tensor:
        return self.likelihood(self.logits(inputs, training=training))


def checked_labels(name: str, y: Any, n_classes: int, n: int | None = None) -> np.ndarray:
    """Integers from 0 to n_classes − 1, or vectors, for `n` pictures if that is given."""
    y = check.array(name, y)
    if y.shape[1:] not in ((), (n_classes,)) or (n is not None and y.shape[:1] != (n,)):
        many = "n" if n is None else n
        raise ValueError(
            f"{name} must have shape ({many},) or ({many}, {n_classes}), got {y.shape}"
        )
    if y.ndim == 1:
        if y.dtype.kind not in "iu":
            raise TypeError(f"{name} must be integers, or vectors of {n_classes}, got {y.dtype}")
        if y.size and not (y.min() >= 0 and y.max() < n_classes):
            most = n_classes - 1
            raise ValueError(f"{name} must be from 0 to {most}, got {y.min()} to {y.max()}")
    return y
