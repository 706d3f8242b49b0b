"""The games of notebooks 10 and 11: scores on a line, a ring in the plane, networks for digits."""

from typing import Any

import numpy as np
from scipy import integrate, special, stats

from vaelib.models.gan import OBJECTIVES, frozen
from vaelib.runtime import keras
from vaelib.training.schedules import warmup_cosine

ops, layers = keras.ops, keras.layers


def network(inputs: int, outputs: int, width: int, activation: str) -> keras.Model:
    """Two hidden layers."""
    hidden = [layers.Dense(width, activation) for _ in range(2)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, layers.Dense(outputs)])


# --- a line -------------------------------------------------------------------------------------


def real_density(x: Any) -> Any:
    """Half of it normal about −2, half about 1.5, with standard deviations 0.6 and 0.9."""
    return (stats.norm.pdf(x, -2, 0.6) + stats.norm.pdf(x, 1.5, 0.9)) / 2


def made_density(x: Any) -> Any:
    """The generator's: normal about 0, with a standard deviation of 2."""
    return stats.norm.pdf(x, 0, 2)


def samples(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of either density, (n,) each: real ones, and made ones."""
    left, wide = rng.random(n) < 0.5, rng.normal(0, 2, n)
    return np.where(left, rng.normal(-2, 0.6, n), rng.normal(1.5, 0.9, n)), wide


def trained_scores(real: np.ndarray, made: np.ndarray, steps: int = 2400) -> keras.Model:
    """A discriminator of numbers: from (n, 1) to logits of "this is real", (n, 1)."""
    model = network(1, 1, 32, "gelu")
    adam = keras.optimizers.Adam(warmup_cosine(steps, peak=0.01))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(adam, loss, steps_per_execution=50)
    x = np.concatenate([real, made])[:, None].astype("float32")
    y = np.repeat([1.0, 0.0], len(real)).astype("float32")
    epochs = max(1, steps * 2000 // len(x))
    model.fit(x, y, batch_size=2000, epochs=epochs, verbose=0)
    return model


def value(score: Any, x: np.ndarray) -> float:
    """V(D) of scores at a fine grid x, integrated by the trapezoid rule."""
    won = real_density(x) * special.log_expit(score) + made_density(x) * special.log_expit(-score)
    return float(integrate.trapezoid(won, x))


# --- a ring -------------------------------------------------------------------------------------

_ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
SPREAD = 0.05


def ring(n: int, rng: np.random.Generator) -> np.ndarray:
    """Points of eight normal clouds on a circle of radius 1: (n, 2)."""
    noise = SPREAD * rng.normal(size=(n, 2))
    return (CENTRES[rng.integers(8, size=n)] + noise).astype("float32")


def modes(points: np.ndarray) -> int:
    """How many of the eight clouds have at least 2 % of the points within four deviations."""
    away = np.linalg.norm(points[:, None] - CENTRES, axis=2)
    near = away.argmin(axis=1)[away.min(axis=1) < 4 * SPREAD]
    return int(np.sum(np.bincount(near, minlength=8) >= 0.02 * len(points)))


class PlaneGAN(keras.Model):
    """A GAN of points in the plane. Its discriminator has `width` units in each hidden layer, and
    scores so many points `together`. Source of the latter: Lin et al., arXiv:1712.04086."""

    def __init__(self, width: int = 64, together: int = 1) -> None:
        super().__init__()
        self.together = together
        self.generator = network(2, 2, 64, "relu")
        self.discriminator = network(2 * together, 1, width, "leaky_relu")
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def call(self, x: Any) -> dict[str, Any]:
        z = keras.random.normal((ops.shape(x)[0], 2), seed=self.seed_generator)
        made = self.in_groups(self.generator(z))
        return {
            "real": self.discriminator(self.in_groups(x)),
            "made": self.discriminator(ops.stop_gradient(made)),
            "wanted": frozen(self.discriminator, made),
        }

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *others: Any, **more: Any) -> Any:
        of_discriminator, of_generator = OBJECTIVES["non_saturating"]
        paid = of_discriminator(y_pred["real"], y_pred["made"])
        return ops.mean(paid + of_generator(y_pred["wanted"]))

    def in_groups(self, points: Any) -> Any:
        """So many points side by side: (batch / together, 2 · together)."""
        return ops.reshape(points, (-1, 2 * self.together))

    def points(self, n: int = 2000, seed: int = 0) -> np.ndarray:
        """New points, (n, 2)."""
        z = keras.random.normal((n, 2), seed=seed)
        return ops.convert_to_numpy(self.generator(z))


# --- digits -------------------------------------------------------------------------------------


def generator(latent_dim: int, n_classes: int = 10) -> keras.Model:
    """From a code and a one-hot label, side by side, to a digit: twice from small to large."""
    wider = {"kernel_size": 4, "strides": 2, "padding": "same"}
    inner = [
        layers.Dense(7 * 7 * 32, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Reshape((7, 7, 32)),
        layers.Conv2DTranspose(32, use_bias=False, **wider),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2DTranspose(1, activation="sigmoid", **wider),
    ]
    return keras.Sequential([keras.Input((latent_dim + n_classes,)), *inner])


def discriminator() -> keras.Model:
    """From a digit to 3136 features: twice from large to small."""
    narrower = {"kernel_size": 4, "strides": 2, "padding": "same"}
    inner = []
    for filters in (32, 64):
        inner += [layers.Conv2D(filters, **narrower), layers.LeakyReLU(0.2)]
    return keras.Sequential([keras.Input((28, 28, 1)), *inner, layers.Flatten()])


def feature_discriminator(features: int = 128) -> keras.Model:
    """The same, with a layer on top that gathers what the convolutions found: so many features."""
    gather = [layers.Dense(features), layers.LeakyReLU(0.2)]
    below = [keras.Input((28, 28, 1)), *discriminator().layers]
    return keras.Sequential([*below, *gather])
