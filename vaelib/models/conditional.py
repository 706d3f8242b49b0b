"""The conditional VAE: both halves are told the label, and the code holds what it leaves open."""

from typing import Any

import numpy as np

from vaelib import _validation as check
from vaelib.elbo import Tensor
from vaelib.latent import encode
from vaelib.models.conditional_halves import ConditionalDecoder, ConditionalEncoder, checked_labels
from vaelib.models.foreign import as_decoder
from vaelib.models.guard import is_array
from vaelib.models.vae import VAE
from vaelib.runtime import keras


@keras.saving.register_keras_serializable(package="vaelib")
class ConditionalVAE(VAE):
    """A VAE of pictures with labels, trained by `fit(x, y)` to raise a bound on log P(X|Y).

    The prior stays N(0, I) for every label, so the code need not say what the label says. All else
    is as for `VAE`; where that takes pictures, this takes `(x, y)`. Tools made for a VAE's halves
    take `vae.encoder.given(y)` and `vae.decoder.given(y)`. Source: Sohn, Lee & Yan, NeurIPS 2015.

    Args:
        encoder: as for `VAE`; it becomes a `ConditionalEncoder`.
        decoder: as for `VAE`, of codes of latent_dim + n_classes numbers; it becomes a
            `ConditionalDecoder`.
        n_classes: how many labels there are, at least 2.
        beta, likelihood: as for `VAE`; a finished `ConditionalDecoder` has a likelihood of its own.

    >>> from vaelib.models import Decoder, Encoder
    >>> vae = ConditionalVAE(Encoder(latent_dim=2), Decoder(latent_dim=2 + 10))
    >>> vae.compile(optimizer="adam")
    >>> history = vae.fit(np.zeros((8, 28, 28, 1)), np.arange(8), epochs=1, verbose=0)
    >>> vae.generate([3, 3, 7]).shape  # two threes and a seven
    (3, 28, 28, 1)
    """

    explains_y = False

    def __init__(
        self,
        encoder: Any,
        decoder: Any,
        n_classes: int = 10,
        beta: float = 1.0,
        likelihood: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(encoder, ConditionalEncoder):
            encoder = ConditionalEncoder(encoder, n_classes)
        if not isinstance(decoder, ConditionalDecoder):
            decoder = ConditionalDecoder(as_decoder(decoder, likelihood), n_classes)
        counts = [n_classes, encoder.n_classes, decoder.n_classes]
        if len({*counts}) > 1:
            raise ValueError(f"n_classes must be one number for all, got {counts}")
        super().__init__(encoder, decoder, beta, **kwargs)
        self.n_classes = n_classes

    def make_weights(self) -> None:
        """The halves have made theirs."""

    def placeholder(self) -> Any:
        return keras.Input(self.image_shape), keras.Input((), dtype="int32")

    def call(self, inputs: Any, training: bool | None = None) -> dict[str, Tensor]:
        x, y = _pair(inputs)
        z_mean, z_log_var, z = self.encoder((x, y), training=training)
        logits = self.decoder.logits((z, y), training=training)
        return {"z_mean": z_mean, "z_log_var": z_log_var, "logits": logits}

    def reconstruct(self, inputs: Any) -> Tensor:
        """Pictures decoded from the mean codes, each with its label."""
        x, y = _pair(inputs)
        z_mean, _, _ = self.encoder((x, y), training=False)
        return self.decoder((z_mean, y), training=False)

    def generate(self, y: Any, seed: int | None = None) -> np.ndarray:
        """A new picture for each label: (n, *image_shape)."""
        if np.ndim(y) == 0:
            raise ValueError(f"y must be a label for each picture, such as [{y}], got {y}")
        y = checked_labels("y", y, self.n_classes)
        seed = None if seed is None else check.integer("seed", seed, least=0)
        z = keras.random.normal((len(y), self.decoder.latent_dim), seed=seed)
        return self.decoder.predict((z, y), batch_size=1000, verbose=0)

    def restyle(self, x: Any, y: Any) -> np.ndarray:
        """Each picture's style carried over to all classes: (n, n_classes, *image_shape).

        The mean code of the picture, given its label, is decoded with every label.
        """
        y = checked_labels("y", y, self.n_classes, len(x))
        codes = np.repeat(encode(self.encoder, x, y)[0], self.n_classes, axis=0)
        labels = np.tile(np.arange(self.n_classes), len(x))
        pictures = self.decoder.predict((codes, labels), batch_size=1000, verbose=0)
        return pictures.reshape(len(x), self.n_classes, *self.image_shape)

    # `fit(x, y)` has the label where Keras has the target: the model takes both as its input.

    def train_step(self, *state_and_data: Any) -> Any:
        return super().train_step(*_as_input(state_and_data))

    def test_step(self, *state_and_data: Any) -> Any:
        return super().test_step(*_as_input(state_and_data))

    def checked_target(self, x: Any, y: Any, sample_weight: Any) -> Any:
        return super().checked_target(x[0], None, sample_weight)

    def _check_data(self, x: Any, y: Any = None, *weights: Any, of: str = "") -> None:
        if y is None and isinstance(x, tuple | list) and len(x) == 2:
            x, y = x
        super()._check_data(x, None, *weights, of=of)
        if is_array(x):
            if y is None:
                raise ValueError(f"{of}y must be the labels of x, got None")
            checked_labels(f"{of}y", y, self.n_classes, len(x))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"n_classes": self.n_classes}


def _pair(inputs: Any) -> Any:
    if not (isinstance(inputs, tuple | list) and len(inputs) == 2):
        raise ValueError("x must be a pair, pictures and their labels, got pictures alone")
    return inputs


def _as_input(state_and_data: tuple) -> tuple:
    """What Keras hands to a step, with pictures and labels together as its input."""
    *state, data = state_and_data
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    return *state, (x if y is None else (x, y), None, sample_weight)
