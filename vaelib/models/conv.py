"""Convolutional encoder and decoder: as the dense ones, but for the layers.

Pictures may have any height and width divisible by 4, and any number of channels.
"""

from collections.abc import Sequence
from typing import Any

from vaelib import _validation as check
from vaelib.models.dense import Decoder, Encoder
from vaelib.runtime import keras

register = keras.saving.register_keras_serializable(package="vaelib")


def _halved_twice(image_shape: Sequence[int]) -> tuple[int, int]:
    height, width = image_shape[:2]
    if height % 4 or width % 4:
        raise ValueError(f"image_shape must have sides divisible by 4, got {tuple(image_shape)}")
    return height // 4, width // 4


@register
class ConvEncoder(Encoder):
    """Q(Z|X) by two convolutions, each of which halves the picture's sides, and dense layers.

    `filters` are the numbers of channels after either; all else is as for `Encoder`.

    >>> picture = keras.ops.zeros((5, 32, 32, 3))
    >>> [output.shape[1] for output in ConvEncoder(latent_dim=8, image_shape=(32, 32, 3))(picture)]
    [8, 8, 8]
    """

    def __init__(
        self,
        latent_dim: int = 2,
        hidden_units: Sequence[int] = (128,),
        filters: Sequence[int] = (16, 32),
        **options: Any,
    ) -> None:
        self.filters = check.sizes("filters", filters)
        super().__init__(latent_dim, hidden_units, **options)

    def to_features(self) -> list[Any]:
        _halved_twice(self.image_shape)
        convolve, halving = keras.layers.Conv2D, {"strides": 2, "padding": "same"}
        options = halving | {"activation": self.activation}
        layers = [convolve(filters, 3, **options) for filters in self.filters]
        return [*layers, *super().to_features()]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"filters": self.filters}


@register
class ConvDecoder(Decoder):
    """P(X|Z) by dense layers and two transposed convolutions, each of which doubles the sides.

    `filters` are the numbers of channels before either; all else is as for `Decoder`.

    >>> tuple(ConvDecoder(latent_dim=8, image_shape=(32, 32, 3))(keras.ops.zeros((5, 8))).shape)
    (5, 32, 32, 3)
    """

    def __init__(
        self,
        latent_dim: int = 2,
        hidden_units: Sequence[int] = (128,),
        filters: Sequence[int] = (32, 16),
        **options: Any,
    ) -> None:
        self.filters = check.sizes("filters", filters)
        if len(self.filters) != 2:
            raise ValueError(f"filters must be two numbers, got {self.filters}")
        super().__init__(latent_dim, hidden_units, **options)

    def to_pixels(self) -> list[Any]:
        (first, second), (height, width) = self.filters, _halved_twice(self.image_shape)
        convolve, doubling = keras.layers.Conv2DTranspose, {"strides": 2, "padding": "same"}
        return [
            *self.hidden_layers(),
            keras.layers.Dense(height * width * first, activation=self.activation),
            keras.layers.Reshape((height, width, first)),
            convolve(second, 3, activation=self.activation, **doubling),
            convolve(self.image_shape[-1], 3, name="pixels", **doubling),
        ]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"filters": self.filters}
