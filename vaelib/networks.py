"""The two halves of the variational autoencoder, and the sampling between them.

Pictures have shape (batch, height, width, channels) and pixels in [0, 1]; codes have shape (batch, latent_dim). All
classes are registered with Keras for saving.
"""

import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any

from vaelib.checks import as_real, as_seed
from vaelib.device import keras
from vaelib.elbo import Tensor, require_same_shape

register = keras.saving.register_keras_serializable(package="vaelib")

MNIST_SHAPE = (28, 28, 1)


@register
class Sampling(keras.layers.Layer):
    """Draw codes so that gradients can pass: z = z_mean + exp(z_log_var / 2) · ε with ε ~ N(0, I).

    Called with a pair `(z_mean, z_log_var)`, both of shape (batch, latent_dim); returns z of that shape, a new draw at
    every call, in training and outside of it.

    Args:
        seed: start of the layer's own random numbers; None takes it from Keras's global seed.

    Source: Kingma & Welling, arXiv:1312.6114, section 2.4 (the reparametrisation trick).
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = None if seed is None else as_seed("seed", seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        z_mean, z_log_var = inputs
        epsilon = keras.random.normal(keras.ops.shape(z_mean), dtype=z_mean.dtype, seed=self.seed_generator)
        return z_mean + keras.ops.exp(0.5 * z_log_var) * epsilon

    def compute_output_shape(self, input_shape: tuple[tuple, tuple]) -> tuple:
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"seed": self.seed}


def _counts(name: str, values: Iterable[int]) -> tuple[int, ...]:
    """Positive integers as plain Python ints, which a saved config needs, or a ValueError."""
    if not isinstance(values, Iterable):
        raise TypeError(f"{name}: positive integers expected, one for each layer or side, got {values!r}")
    values = tuple(values)
    if not all(isinstance(value, numbers.Integral) and value > 0 and value is not True for value in values):
        raise ValueError(f"{name}: positive integers expected, got {values}")
    return tuple(int(value) for value in values)


class _Half(keras.Model):
    """What encoder and decoder have in common: their sizes, checked, and kept for `get_config`."""

    def __init__(
        self,
        latent_dim: int,
        hidden_units: Sequence[int],
        dropout_rate: float,
        batch_normalization: bool,
        image_shape: Sequence[int],
        activation: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        (self.latent_dim,) = _counts("latent_dim", [latent_dim])
        self.hidden_units = _counts("hidden_units", hidden_units)
        self.image_shape = _counts("image_shape", image_shape)
        if not 0 <= as_real("dropout_rate", dropout_rate) < 1:
            raise ValueError(f"dropout_rate must be at least 0 and below 1, got {dropout_rate}")
        self.dropout_rate = float(dropout_rate)
        self.batch_normalization = bool(batch_normalization)
        if not isinstance(activation, str):
            raise TypeError(f"activation must be the name of one of Keras's, such as 'gelu', got {activation!r}")
        keras.activations.get(activation)  # a ValueError, if Keras knows none of that name
        self.activation = activation

    def hidden_layers(self) -> list[Any]:
        """Dense layers, each followed by batch normalisation and dropout where they are asked for."""
        stack: list[Any] = []
        for units in self.hidden_units:
            stack.append(keras.layers.Dense(units, activation=self.activation))
            if self.batch_normalization:
                stack.append(keras.layers.BatchNormalization())
            if self.dropout_rate > 0:
                stack.append(keras.layers.Dropout(self.dropout_rate))
        return stack

    def get_config(self) -> dict[str, Any]:
        names = ("latent_dim", "hidden_units", "dropout_rate", "batch_normalization", "image_shape", "activation")
        return super().get_config() | {name: getattr(self, name) for name in names}


@register
class Encoder(_Half):
    """Q(Z|X): from a picture to a diagonal normal distribution of codes, and one code drawn from it.

    Called with pictures, shape (batch, *image_shape); returns `z_mean`, `z_log_var` (the logarithm of the variance) and
    the sampled `z`, each of shape (batch, latent_dim).

    Args:
        latent_dim: how many numbers make a code.
        hidden_units: sizes of the dense layers, first to last.
        dropout_rate: share of units dropped after each of them while training; 0 for none.
        batch_normalization: whether each of them is followed by batch normalisation.
        image_shape: height, width and channels of a picture.
        activation: of the dense layers, by its name in Keras.
        seed: of the `Sampling` layer.

    Raises:
        ValueError: if a size is not a positive integer, the rate is outside [0, 1), Keras knows no such activation, or
            pictures have another shape.
        TypeError: if the activation is not a name, or the seed not an integer.

    Source: the layer sizes are those of the 2017 article that the course follows.
    """

    def __init__(
        self,
        latent_dim: int = 2,
        hidden_units: Sequence[int] = (256, 128),
        dropout_rate: float = 0.0,
        batch_normalization: bool = True,
        image_shape: Sequence[int] = MNIST_SHAPE,
        activation: str = "relu",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, hidden_units, dropout_rate, batch_normalization, image_shape, activation, **kwargs)
        self.seed = None if seed is None else as_seed("seed", seed)
        self.hidden = keras.Sequential([keras.layers.Flatten(), *self.hidden_layers()], name="hidden")
        self.z_mean = keras.layers.Dense(self.latent_dim, name="z_mean")
        self.z_log_var = keras.layers.Dense(self.latent_dim, name="z_log_var")
        self.sampling = Sampling(self.seed, name="z")
        self(keras.Input(self.image_shape))

    def call(self, x: Tensor, training: bool | None = None) -> tuple[Tensor, Tensor, Tensor]:
        require_same_shape("a picture", x.shape[1:], "image_shape", self.image_shape)
        hidden = self.hidden(x, training=training)
        z_mean, z_log_var = self.z_mean(hidden), self.z_log_var(hidden)
        return z_mean, z_log_var, self.sampling((z_mean, z_log_var))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"seed": self.seed}


@register
class Decoder(_Half):
    """P(X|Z): from a code to the probability that each pixel is ink.

    Called with codes, shape (batch, latent_dim); returns pictures in [0, 1], shape (batch, *image_shape).

    Args and errors: as for `Encoder`, without `seed`.
    """

    def __init__(
        self,
        latent_dim: int = 2,
        hidden_units: Sequence[int] = (128, 256),
        dropout_rate: float = 0.0,
        batch_normalization: bool = True,
        image_shape: Sequence[int] = MNIST_SHAPE,
        activation: str = "leaky_relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, hidden_units, dropout_rate, batch_normalization, image_shape, activation, **kwargs)
        pixels = keras.layers.Dense(math.prod(self.image_shape), name="pixels")
        picture = keras.layers.Reshape(self.image_shape)
        self.to_logits = keras.Sequential([*self.hidden_layers(), pixels, picture], name="logits")
        self(keras.Input((self.latent_dim,)))

    def logits(self, z: Tensor, training: bool | None = None) -> Tensor:
        """The same before the sigmoid, any real numbers: what the loss is computed from."""
        require_same_shape("a code", z.shape[1:], "latent_dim", (self.latent_dim,))
        return self.to_logits(z, training=training)

    def call(self, z: Tensor, training: bool | None = None) -> Tensor:
        return keras.ops.sigmoid(self.logits(z, training=training))
