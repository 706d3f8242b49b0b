"""The mathematics of the variational autoencoder as pure functions on tensors.

Every function takes a batch, works on each example by itself and returns one number for each: shape (batch,), in nats.
Nothing here averages over the batch or over pixels; who calls decides. Symbols: x a picture, z its code, Q(Z|X) the
encoder's normal distribution with mean `z_mean` and *logarithm of the variance* `z_log_var`, P(X|Z) the decoder's
distribution of pictures, P(Z) = N(0, I) the prior.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from vaelib.checks import as_numbers, require_unit_interval
from vaelib.device import keras

Tensor = Any  # a backend tensor, a Keras symbolic tensor or a NumPy array: Keras 3 has no common type for them


def require_same_shape(name_a: str, a: Sequence[int | None], name_b: str, b: Sequence[int | None]) -> None:
    """ValueError if two shapes differ, a None standing for any size.

    Without this, (n, 28, 28) and (n, 28, 28, 1) would silently broadcast against each other.
    """
    if len(a) != len(b) or any(i != j for i, j in zip(a, b, strict=True) if None not in (i, j)):
        raise ValueError(f"{name_a} and {name_b} must have the same shape, got {tuple(a)} and {tuple(b)}")


def _floats(**values: Tensor) -> list[Tensor]:
    """As tensors of one floating type, at least single precision: half precision cannot hold a sum over 784 pixels.

    What is no tensor yet must be finite numbers (tensors are not looked into: that would have to wait for the device).
    """
    tensors = []
    for name, value in values.items():
        if value is None or isinstance(value, np.ndarray | np.generic | list | tuple | str | complex | float | int):
            as_numbers(name, value)
        tensors.append(keras.ops.convert_to_tensor(value))
    kinds = {keras.backend.standardize_dtype(tensor.dtype) for tensor in tensors}
    return [keras.ops.cast(tensor, "float64" if "float64" in kinds else "float32") for tensor in tensors]


def _sum_over_pixels(values: Tensor) -> Tensor:
    """One number for each example of a batch, or a ValueError if there is nothing to sum over."""
    if len(values.shape) < 2:
        raise ValueError(f"x must be a batch, shape (batch, ...), got {tuple(values.shape)}")
    return keras.ops.sum(values, axis=tuple(range(1, len(values.shape))))


def gaussian_kl(z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    """KL[Q(Z|X) ‖ N(0, I)] of diagonal normal distributions from the standard one.

    ½ Σ (σ² + μ² − 1 − log σ²), summed over the latent dimensions.

    Args:
        z_mean: means μ, shape (batch, latent_dim).
        z_log_var: logarithms of the variances, log σ², same shape. Value and gradient are finite for |log σ²| ≤ 80.

    Returns:
        Nats, shape (batch,); never negative, and 0 exactly where Q is the prior.

    Raises:
        ValueError: if the two shapes differ or are not two-dimensional, or if a number given (a NumPy array or a list;
            tensors are not looked into) is NaN or infinite.
        TypeError: if what is given is no number.

    Source: Kingma & Welling, arXiv:1312.6114, appendix B.
    """
    z_mean, z_log_var = _floats(z_mean=z_mean, z_log_var=z_log_var)
    require_same_shape("z_mean", z_mean.shape, "z_log_var", z_log_var.shape)
    if len(z_mean.shape) != 2 or z_mean.shape[1] == 0:
        shape = tuple(z_mean.shape)
        raise ValueError(f"z_mean must have shape (batch, latent_dim), got {shape}")
    # expm1 keeps σ² − 1 exact where the variance is close to 1.
    spread = keras.ops.expm1(z_log_var) - z_log_var
    return 0.5 * keras.ops.sum(keras.ops.square(z_mean) + spread, axis=-1)


def bernoulli_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """log P(X|Z) of pictures whose pixels are independent Bernoulli variables.

    Σ x log p + (1 − x) log(1 − p) over the pixels, with p = sigmoid(logits): minus the binary cross-entropy, *summed*.

    Args:
        x: pictures with pixels in [0, 1], shape (batch, ...). Strictly a likelihood for black and white pixels (0 or 1)
            only; for grey ones it is the customary stand-in (see Loaiza-Ganem & Cunningham, arXiv:1907.06845).
        logits: log-odds of each pixel before the sigmoid, same shape. Taking them instead of p keeps value and gradient
            finite where p rounds to 0 or 1.

    Returns:
        Nats, shape (batch,); never positive.

    Raises:
        ValueError: if the two shapes differ or are no batch, or if `x` has values outside [0, 1] or `logits` NaN or
            infinity (tensors are not looked into: that would have to wait for the device).
        TypeError: if what is given is no number.

    Source: Kingma & Welling, arXiv:1312.6114, appendix C.1, equation (11).
    """
    if isinstance(x, np.ndarray | list):
        require_unit_interval(as_numbers("x", x))
    x, logits = _floats(x=x, logits=logits)
    require_same_shape("x", x.shape, "logits", logits.shape)
    return -_sum_over_pixels(keras.ops.binary_crossentropy(x, logits, from_logits=True))


def gaussian_log_likelihood(x: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """log P(X|Z) of pictures whose pixels are independent normal variables around what the decoder draws.

    −½ Σ ((x − mean)² / σ² + log σ² + log 2π) over the pixels: minus the squared error, scaled, and a constant.

    Args:
        x: pictures or other data, any real numbers, shape (batch, ...).
        mean: the decoder's output f(z), same shape.
        log_var: logarithm of the variance, log σ²: one number for all pixels, or of the shape of x.

    Returns:
        Nats, shape (batch,). A density, so positive values are possible.

    Raises:
        ValueError: if shapes do not fit or are no batch, or if a number given (tensors are not looked into) is NaN or
            infinite.
        TypeError: if what is given is no number.

    Source: Kingma & Welling, arXiv:1312.6114, appendix C.2, equation (12).
    """
    x, mean, log_var = _floats(x=x, mean=mean, log_var=log_var)
    require_same_shape("x", x.shape, "mean", mean.shape)
    if len(log_var.shape):
        require_same_shape("x", x.shape, "log_var (if not one number)", log_var.shape)
    error = keras.ops.square(x - mean) * keras.ops.exp(-log_var)
    return -0.5 * _sum_over_pixels(error + log_var + math.log(2 * math.pi))


def continuous_bernoulli_log_constant(logits: Tensor) -> Tensor:
    """log C(λ), the constant that makes λˣ(1 − λ)¹⁻ˣ a density on the interval [0, 1]; λ = sigmoid(logits).

    C(λ) = 2 artanh(1 − 2λ) / (1 − 2λ), and 2 at λ = ½; in terms of the logit a it is a / tanh(a / 2).

    Args:
        logits: log-odds of λ, any shape. Value and gradient are finite everywhere, at λ = ½ too.

    Returns:
        Nats, shape as `logits`; never below log 2.

    Raises:
        ValueError: if a number given (tensors are not looked into) is NaN or infinite.
        TypeError: if what is given is no number.

    Source: Loaiza-Ganem & Cunningham, arXiv:1907.06845, section 3.
    """
    (logits,) = _floats(logits=logits)
    half = keras.ops.abs(logits) / 2
    # Near 0 the quotient is 0/0, and the two terms of its gradient cancel: there the Taylor series of log(h / tanh h).
    near = half < 0.1
    square = keras.ops.square(keras.ops.where(near, half, 0.0))
    series = square * (1 / 3 - square * (7 / 90 - square * (62 / 2835 - square * 127 / 18900)))
    far = keras.ops.where(near, 1.0, half)
    return math.log(2) + keras.ops.where(near, series, keras.ops.log(far) - keras.ops.log(keras.ops.tanh(far)))


def continuous_bernoulli_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """log P(X|Z) of *grey* pictures: a proper density on [0, 1] for each pixel, with the Bernoulli's formula inside.

    Σ x log λ + (1 − x) log(1 − λ) + log C(λ) over the pixels, with λ = sigmoid(logits). λ is not the mean of a pixel.

    Args:
        x: pictures with pixels in [0, 1], shape (batch, ...).
        logits: log-odds of λ, same shape.

    Returns:
        Nats, shape (batch,). A density, so positive values are possible.

    Raises:
        ValueError: as `bernoulli_log_likelihood`.

    Source: Loaiza-Ganem & Cunningham, arXiv:1907.06845, section 3.
    """
    bernoulli, log_constant = bernoulli_log_likelihood(x, logits), continuous_bernoulli_log_constant(logits)
    bernoulli, log_constant = _floats(bernoulli=bernoulli, log_constant=log_constant)
    return bernoulli + _sum_over_pixels(log_constant)


def elbo(x: Tensor, logits: Tensor, z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    """The evidence lower bound of each picture, estimated from one sampled code.

    E_{Z∼Q}[log P(X|Z)] − KL[Q(Z|X) ‖ N(0, I)] ≤ log P(X): the expectation is estimated by the one draw of Z that
    `logits` were decoded from, the KL is exact.

    Args:
        x: pictures in [0, 1], shape (batch, ...).
        logits: what the decoder makes of a code drawn from Q(Z|X), shape as x.
        z_mean: means of Q(Z|X), shape (batch, latent_dim).
        z_log_var: logarithms of its variances, same shape.

    Returns:
        Nats, shape (batch,).

    Raises:
        ValueError: if shapes do not fit.

    Source: Doersch, arXiv:1606.05908, equation (5); Kingma & Welling, arXiv:1312.6114, equation (10).
    """
    likelihood, kl = _floats(likelihood=bernoulli_log_likelihood(x, logits), kl=gaussian_kl(z_mean, z_log_var))
    require_same_shape("the batch of x", likelihood.shape, "the batch of z_mean", kl.shape)
    return likelihood - kl
