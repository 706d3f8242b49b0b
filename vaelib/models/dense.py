"""Dense encoder and decoder, and the sampling between them.

Pictures have shape (batch, height, width, channels); codes have shape (batch, latent_dim). All
classes are registered with Keras for saving.
"""

import math
from collections.abc import Sequence
from typing import Any

from vaelib import _validation as check
from vaelib import likelihoods
from vaelib.elbo import Tensor
from vaelib.runtime import keras

register = keras.saving.register_keras_serializable(package="vaelib")


@register
class Sampling(keras.layers.Layer):
    """Draw codes so that gradients can pass: z = z_mean + exp(z_log_var / 2) · ε with ε ~ N(0, I).

    Called with `(z_mean, z_log_var)`, shape (batch, latent_dim) each; z is a new draw at every
    call. Source: Kingma & Welling, arXiv:1312.6114, section 2.4 (the reparametrisation trick).

    >>> tuple(Sampling(seed=0)((keras.ops.zeros((3, 2)), keras.ops.zeros((3, 2)))).shape)
    (3, 2)
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = None if seed is None else check.integer("seed", seed, least=0)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        z_mean, z_log_var = inputs
        shape = keras.ops.shape(z_mean)
        epsilon = keras.random.normal(shape, dtype=z_mean.dtype, seed=self.seed_generator)
        return z_mean + keras.ops.exp(0.5 * z_log_var) * epsilon

    def compute_output_shape(self, input_shape: tuple[tuple, tuple]) -> tuple:
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"seed": self.seed}


class DenseNetwork(keras.Model):
    """What encoder and decoder have in common: hidden layers, and a config that holds their sizes.

    Args:
        latent_dim: how many numbers make a code.
        hidden_units: sizes of the dense layers, first to last; left out, those of the article.
        dropout_rate: share of units dropped after each of them while training; 0 for none.
        batch_normalization: whether each of them is followed by batch normalisation.
        image_shape: height, width and channels of a picture.
        activation: of the dense layers, by its name in Keras or as a function.
    """

    def __init__(
        self,
        latent_dim: int,
        hidden_units: Sequence[int],
        dropout_rate: float = 0.0,
        batch_normalization: bool = True,
        image_shape: Sequence[int] = (28, 28, 1),
        activation: Any = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.latent_dim = check.integer("latent_dim", latent_dim)
        self.hidden_units = check.sizes("hidden_units", hidden_units)
        self.dropout_rate = check.number("dropout_rate", dropout_rate, below=1)
        self.batch_normalization = bool(batch_normalization)
        self.image_shape = check.sizes("image_shape", image_shape)
        self.activation = keras.activations.get(activation)

    def hidden_layers(self) -> list[Any]:
        """Dense layers, each followed by batch normalisation and dropout if they are wanted."""
        stack: list[Any] = []
        for units in self.hidden_units:
            stack.append(keras.layers.Dense(units, activation=self.activation))
            if self.batch_normalization:
                stack.append(keras.layers.BatchNormalization())
            if self.dropout_rate > 0:
                stack.append(keras.layers.Dropout(self.dropout_rate))
        return stack

    def get_config(self) -> dict[str, Any]:
        names = ["latent_dim", "hidden_units", "dropout_rate", "batch_normalization", "image_shape"]
        config = {name: getattr(self, name) for name in names}
        activation = keras.activations.serialize(self.activation)
        return super().get_config() | config | {"activation": activation}


@register
class Encoder(DenseNetwork):
    """Q(Z|X): from a picture to a diagonal normal distribution of codes, and one code of it.

    Called with pictures, shape (batch, *image_shape); returns `z_mean`, `z_log_var` (the logarithm
    of the variance) and the sampled `z`, shape (batch, latent_dim) each. `options` are those of
    `DenseNetwork`; `seed` is that of the `Sampling` layer.

    >>> [output.shape[1] for output in Encoder(latent_dim=2)(keras.ops.zeros((5, 28, 28, 1)))]
    [2, 2, 2]
    """

    def __init__(
        self,
        latent_dim: int = 2,
        hidden_units: Sequence[int] = (256, 128),
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(latent_dim, hidden_units, **options)
        self.hidden = keras.Sequential(self.to_features(), name="hidden")
        self.z_mean = keras.layers.Dense(self.latent_dim, name="z_mean")
        self.z_log_var = keras.layers.Dense(self.latent_dim, name="z_log_var")
        self.sampling = Sampling(seed, name="z")
        self(keras.Input(self.image_shape))

    def to_features(self) -> list[Any]:
        """The layers from a picture to a vector, from which mean and variance are computed."""
        return [keras.layers.Flatten(), *self.hidden_layers()]

    def call(self, x: Tensor, training: bool | None = None) -> tuple[Tensor, ...]:
        check.same_shape("a picture", x.shape[1:], "image_shape", self.image_shape)
        hidden = self.hidden(x, training=training)
        z_mean, z_log_var = self.z_mean(hidden), self.z_log_var(hidden)
        return z_mean, z_log_var, self.sampling((z_mean, z_log_var))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"seed": self.sampling.seed}


@register
class Decoder(DenseNetwork):
    """P(X|Z): from a code to a distribution of pictures, by default Bernoulli pixels.

    Called with codes, shape (batch, latent_dim); returns the expected pictures, shape (batch,
    *image_shape): with Bernoulli pixels, the probability that each is ink. `likelihood` is one of
    `vaelib.likelihoods`, or its name: "bernoulli", "continuous_bernoulli" or "gaussian". `options`
    are those of `DenseNetwork`.

    >>> tuple(Decoder(latent_dim=2)(keras.ops.zeros((5, 2))).shape)
    (5, 28, 28, 1)
    """

    def __init__(
        self,
        latent_dim: int = 2,
        hidden_units: Sequence[int] = (128, 256),
        activation: Any = "leaky_relu",
        likelihood: Any = "bernoulli",
        **options: Any,
    ) -> None:
        super().__init__(latent_dim, hidden_units, activation=activation, **options)
        self.likelihood = likelihoods.get(likelihood)
        self.to_logits = keras.Sequential(self.to_pixels(), name="logits")
        self(keras.Input((self.latent_dim,)))

    def to_pixels(self) -> list[Any]:
        """The layers from a code to a picture of logits."""
        pixels = keras.layers.Dense(math.prod(self.image_shape), name="pixels")
        return [*self.hidden_layers(), pixels, keras.layers.Reshape(self.image_shape)]

    def logits(self, z: Tensor, training: bool | None = None) -> Tensor:
        """What the likelihood is computed from, any real numbers; a sigmoid makes them ink."""
        check.same_shape("a code", z.shape[1:], "latent_dim", (self.latent_dim,))
        return self.to_logits(z, training=training)

    def call(self, z: Tensor, training: bool | None = None) -> Tensor:
        return self.likelihood(self.logits(z, training=training))

    def get_config(self) -> dict[str, Any]:
        likelihood = keras.saving.serialize_keras_object(self.likelihood)
        return super().get_config() | {"likelihood": likelihood}
