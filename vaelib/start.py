"""Where training starts: a decoder that knows the average picture and looks at all of the latent space."""

from typing import Any

import numpy as np

from vaelib.checks import as_pictures, as_real, require_attributes, require_unit_interval
from vaelib.device import keras

__all__ = ["start_from_data"]


def start_from_data(decoder: keras.Model, x: Any, spread: float = 2.0, sharpness: float = 1.5, seed: int = 0) -> None:
    """Give an untrained `Decoder` a better start than Keras's, in place, in two respects.

    - The last layer begins with the average picture: each pixel's bias is the log-odds of its mean in `x`. Otherwise
      the first steps go into learning that, by pushing all hidden units about.
    - The first layer begins with features from all over the latent space. A unit bends where w·z + b = 0, a line (in
      two dimensions) at the distance |b| / ‖w‖ from the middle. Keras's biases are zero, so that all lines go through
      z = 0, and the decoder sees directions but hardly any places. Here the distances are uniform up to `spread`.

    Args:
        decoder: a `Decoder` with at least one hidden layer.
        x: pictures it will be trained on, in [0, 1], shape (n, *image_shape).
        spread: how far out the features lie, in standard deviations of the prior.
        sharpness: how steep they are: w ~ N(0, sharpness² · 2 / latent_dim · I).
        seed: of the draws.

    Raises:
        ValueError: if `x` does not fit the decoder, `spread` or `sharpness` is negative, or there is no
            hidden layer.

    Source: features of coordinates, Tancik et al., arXiv:2006.10739; both measured in `benchmarks/results`.
    """
    require_attributes("decoder", decoder, "image_shape latent_dim to_logits")
    x = as_pictures(x)
    if x.shape[1:] != decoder.image_shape:
        raise ValueError(f"x must be pictures of shape {decoder.image_shape}, got {x.shape[1:]}")
    require_unit_interval(x)
    for name, value in (("spread", spread), ("sharpness", sharpness)):
        if as_real(name, value) < 0:
            raise ValueError(f"{name} must be a number of at least 0, got {value}")
    dense = [layer for layer in decoder.to_logits.layers if isinstance(layer, keras.layers.Dense)]
    if len(dense) < 2:
        raise ValueError("decoder must have at least one hidden layer, got none")
    rng = np.random.default_rng(seed)
    first, last = dense[0], dense[-1]
    kernel = rng.normal(size=first.kernel.shape) * sharpness * np.sqrt(2 / decoder.latent_dim)
    first.kernel.assign(kernel)
    first.bias.assign(rng.uniform(-spread, spread, size=first.bias.shape) * np.linalg.norm(kernel, axis=0))
    # Pixels that are never inked would get minus infinity.
    mean = np.clip(x.mean(axis=0, dtype="float64"), 0.001, 0.999).ravel()
    last.bias.assign(np.log(mean / (1 - mean)))
