"""The latent space: from pictures to codes, and from a grid of codes to pictures.

Neither Matplotlib is needed here nor, until something is encoded, TensorFlow.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from vaelib import _validation as check


def encode(encoder: Callable, x: Any, y: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """`z_mean` and `z_log_var` of pictures, float64, shape (n, latent_dim) each, 2000 at a time.

    A conditional encoder also needs their labels, `y`.

    >>> from vaelib.models import Encoder
    >>> z_mean, z_log_var = encode(Encoder(latent_dim=2), np.zeros((5, 28, 28, 1)))
    >>> z_mean.shape
    (5, 2)
    """
    from vaelib.runtime import keras

    x, batches = check.batch("x", x), []
    if y is not None:
        y = np.asarray(y)
        check.same_shape("x", x.shape[:1], "y", y.shape[:1])
    for part in (slice(start, start + 2000) for start in range(0, len(x), 2000)):
        inputs = x[part] if y is None else (x[part], y[part])
        z_mean, z_log_var, *_ = encoder(inputs, training=False)  # `predict` takes twice as long
        batches.append([keras.ops.convert_to_numpy(each) for each in (z_mean, z_log_var)])
    whole = [np.concatenate(each).astype("float64") for each in zip(*batches, strict=True)]
    return whole[0], whole[1]


def halves(model: Any, label: Any = None) -> tuple[Any, Any]:
    """A VAE's encoder and decoder; of a conditional one, for pictures with this label.

    A GAN has no encoder: in its place is None.
    """
    encoder, decoder = getattr(model, "encoder", None), model.decoder
    if label is None:
        return encoder, decoder
    return encoder and encoder.given(label), decoder.given(label)


def quantile_grid(n: int = 15, low: float = 0.05, high: float = 0.95) -> np.ndarray:
    """`n` points that cut the standard normal distribution into steps of equal probability.

    Φ⁻¹ of n ≥ 2 even steps, shape (n,); `low` and `high` are the probabilities to the left of the
    first point and of the last, 0 < low < high < 1.

    >>> print(quantile_grid(3, 0.1, 0.9).round(2))
    [-1.28  0.    1.28]
    """
    check.integer("n", n, least=2)
    check.number("high", high, above=check.number("low", low, above=0), below=1)
    return stats.norm.ppf(np.linspace(low, high, n))


def decode_grid(decoder: Callable[[Any], Any], z_values: Any) -> np.ndarray:
    """Decode every point of a square grid in the latent plane, in one batched call.

    The decoder, a model or a function, turns codes, float32 of shape (batch, 2), into pictures,
    shape (batch, height, width, 1 or 3). The n increasing `z_values` are those of both axes.
    Returns one picture, (n·height, n·width) or (n·height, n·width, 3): z₁ grows to the right and
    z₂ *upwards*.

    >>> decode_grid(lambda z: z[:, :1, None, None], [0, 1, 2]).tolist()  # pictures of one pixel
    [[0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]
    """
    check.attributes("decoder", decoder, "__call__")
    check.integer("decoder's latent_dim", getattr(decoder, "latent_dim", 2), 2, 2)
    z_values = check.array("z_values", z_values, "n")
    if (np.diff(z_values) <= 0).any():
        raise ValueError(f"z_values must increase, got {z_values}")
    z1, z2 = np.meshgrid(z_values, z_values[::-1])
    codes = np.stack([z1.ravel(), z2.ravel()], axis=1).astype(np.float32)
    pictures = check.pictures("the decoder's output", decoder(codes))
    check.same_shape("the codes", codes.shape[:1], "the decoder's output", pictures.shape[:1])
    return tiled(pictures.reshape(*z1.shape, *pictures.shape[1:]))


def tiled(pictures: np.ndarray) -> np.ndarray:
    """Pictures in a grid, (rows, columns, height, width, ...), as one, (height, width, ...)."""
    rows, columns, height, width, *channels = pictures.shape
    return pictures.swapaxes(1, 2).reshape(rows * height, columns * width, *channels)
