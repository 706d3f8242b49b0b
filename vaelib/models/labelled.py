"""What models of pictures with labels share: `fit(x, y)`, new pictures for a label, and styles."""

from typing import Any

import numpy as np

from vaelib import _validation as check
from vaelib.elbo import Tensor
from vaelib.latent import encode
from vaelib.models.base import PictureModel
from vaelib.models.conditional_halves import checked_labels
from vaelib.models.guard import is_array
from vaelib.runtime import keras


class Labelled(PictureModel):
    """A `PictureModel` called with `(x, y)`; `fit(x, y)` has y where Keras has the target.

    A subclass sets `decoder`, a `ConditionalDecoder`, and `n_classes`.
    """

    explains_y = False
    decoder: Any
    n_classes: int

    def placeholder(self) -> Any:
        return keras.Input(self.image_shape), keras.Input((), dtype="int32")

    def generate(self, y: Any, seed: int | None = None) -> np.ndarray:
        """A new picture for each label: (n, *image_shape)."""
        if np.ndim(y) == 0:
            raise ValueError(f"y must be a label for each picture, such as [{y}], got {y}")
        y = checked_labels("y", y, self.n_classes)
        seed = None if seed is None else check.integer("seed", seed, least=0)
        z = keras.random.normal((len(y), self.decoder.latent_dim), seed=seed)
        return self.decoder.predict((z, y), batch_size=1000, verbose=0)

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


class Encoded(Labelled):
    """A `Labelled` with an encoder, too: it sets `encoder`, a `ConditionalEncoder`."""

    encoder: Any

    def reconstruct(self, inputs: Any) -> Tensor:
        """Pictures decoded from the mean codes, each with its label."""
        x, y = pair(inputs)
        z_mean, _, _ = self.encoder((x, y), training=False)
        return self.decoder((z_mean, y), training=False)

    def restyle(self, x: Any, y: Any) -> np.ndarray:
        """Each picture's style carried over to all classes: (n, n_classes, *image_shape).

        The mean code of the picture, given its label, is decoded with every label.
        """
        y = checked_labels("y", y, self.n_classes, len(x))
        codes = np.repeat(encode(self.encoder, x, y)[0], self.n_classes, axis=0)
        labels = np.tile(np.arange(self.n_classes), len(x))
        pictures = self.decoder.predict((codes, labels), batch_size=1000, verbose=0)
        return pictures.reshape(len(x), self.n_classes, *self.image_shape)


def pair(inputs: Any) -> Any:
    """Pictures and labels; ValueError if the labels are missing."""
    if not (isinstance(inputs, tuple | list) and len(inputs) == 2):
        raise ValueError("x must be a pair, pictures and their labels, got pictures alone")
    return inputs


def _as_input(state_and_data: tuple) -> tuple:
    """What Keras hands to a step, with pictures and labels together as its input."""
    *state, data = state_and_data
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    return *state, (x if y is None else (x, y), None, sample_weight)
