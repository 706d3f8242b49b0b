"""Where training starts: a decoder that knows the average picture, and all of the latent space."""

from typing import Any

import numpy as np

from vaelib import _validation as check
from vaelib.runtime import keras


def initialize_from_data(
    decoder: keras.Model, x: Any, spread: float = 2.0, sharpness: float = 1.5, seed: int = 0
) -> None:
    """Give an untrained `Decoder` a better start than Keras's, in place, in two respects.

    The last layer begins with the average picture: each pixel's bias is the log-odds of its mean in
    `x`, pictures in [0, 1] of shape (n, *image_shape), or the mean itself if the likelihood is
    Gaussian; a convolution has one for each channel. Otherwise learning it takes the first steps.

    The first layer begins with features from all over the latent space. A unit bends where w·z + b
    = 0. Keras's biases are zero: all lines go through z = 0, and the decoder sees directions but
    hardly any places. Their distances become uniform up to `spread` standard deviations of the
    prior, and w ~ N(0, sharpness² · 2 / latent_dim · I). See Tancik et al., arXiv:2006.10739.

    >>> from vaelib.models import Decoder
    >>> decoder = Decoder()
    >>> initialize_from_data(decoder, np.full((10, 28, 28, 1), 0.25))
    """
    check.attributes("decoder", decoder, "image_shape", "to_logits", "likelihood")
    x = check.batch("x", x)
    check.same_shape("x", x.shape, "the decoder's output", (None, *decoder.image_shape))
    check.unit_interval("x", x)
    check.number("spread", spread)
    check.number("sharpness", sharpness)
    dense = [layer for layer in decoder.to_logits.layers if isinstance(layer, keras.layers.Dense)]
    check.integer("the decoder's number of dense layers", len(dense), least=2)
    first, last = dense[0], decoder.to_logits.get_layer("pixels")
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=first.kernel.shape) * sharpness * np.sqrt(2 / decoder.latent_dim)
    distance = rng.uniform(-spread, spread, size=first.bias.shape)
    first.kernel.assign(kernel)
    first.bias.assign(distance * np.linalg.norm(kernel, axis=0))
    shared = 0 if isinstance(last, keras.layers.Dense) else (0, 1, 2)
    mean = x.mean(axis=shared, dtype="float64").ravel()
    if decoder.likelihood.unit_interval:
        mean = np.clip(mean, 0.001, 0.999)  # pixels that are never inked would get minus infinity
        mean = np.log(mean / (1 - mean))
    last.bias.assign(mean)
