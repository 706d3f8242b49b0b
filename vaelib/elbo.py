"""The mathematics of the variational autoencoder as functions of tensors.

Every function takes a batch and returns one number for each example: shape (batch,), in nats. x is
a picture and z its code; Q(Z|X) is the encoder's normal distribution, given by its mean `z_mean`
and the *logarithm of its variance* `z_log_var`; P(X|Z) is the decoder's distribution of pictures,
and P(Z) = N(0, I) the prior. Arrays are checked; of tensors, not known yet, only the shapes are.
"""

import math
from typing import Any

import numpy as np

from vaelib import _validation as check
from vaelib.runtime import keras

Tensor = Any  # a tensor, a symbolic tensor or a NumPy array: Keras 3 has no common type for them
_PLAIN = np.ndarray | np.generic | list | tuple | str | complex | float | int | None


def _floats(**values: Tensor) -> list[Tensor]:
    """Tensors of one type, at least float32: half precision cannot hold a sum over 784 pixels.

    A single number, such as a log-variance, takes the type of the others.
    """
    for name, value in values.items():
        if isinstance(value, _PLAIN):
            check.array(name, value)
    tensors = [keras.ops.convert_to_tensor(value) for value in values.values()]
    whole = [tensor for tensor in tensors if len(tensor.shape)] or tensors
    kinds = {keras.backend.standardize_dtype(tensor.dtype) for tensor in whole}
    kind = "float64" if "float64" in kinds else "float32"
    return [keras.ops.cast(tensor, kind) for tensor in tensors]


def _sum_over_pixels(values: Tensor) -> Tensor:
    check.integer("the rank of x, a batch,", len(values.shape), least=2)
    return keras.ops.sum(values, axis=tuple(range(1, len(values.shape))))


def gaussian_kl(z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    """KL[Q(Z|X) ‖ N(0, I)] = ½ Σ (σ² + μ² − 1 − log σ²) over the latent dimensions: (batch,).

    `z_mean` is μ and `z_log_var` log σ², shape (batch, latent_dim) each. Never negative, and 0 only
    where Q is the prior. Source: Kingma & Welling, arXiv:1312.6114, appendix B.

    >>> print(np.asarray(gaussian_kl([[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]])))
    [0.  0.5]
    """
    z_mean, z_log_var = _floats(z_mean=z_mean, z_log_var=z_log_var)
    check.same_shape("z_mean", z_mean.shape, "z_log_var", z_log_var.shape)
    check.same_shape("z_mean", z_mean.shape, "(batch, latent_dim)", (None, None))
    # expm1 keeps σ² − 1 exact where the variance is close to 1.
    spread = keras.ops.expm1(z_log_var) - z_log_var
    return 0.5 * keras.ops.sum(keras.ops.square(z_mean) + spread, axis=1)


def bernoulli_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """log P(X|Z) of independent Bernoulli pixels, p = sigmoid(logits): (batch,), never positive.

    Σ x log p + (1 − x) log(1 − p) over the pixels: minus the binary cross-entropy, *summed*. `x`
    and `logits` have one shape, (batch, ...). Pixels are 0 or 1; for grey ones between them this is
    the customary stand-in. Source: Kingma & Welling, arXiv:1312.6114, appendix C.1, equation (11);
    on grey pixels, Loaiza-Ganem & Cunningham, arXiv:1907.06845.

    >>> print(np.asarray(bernoulli_log_likelihood([[1.0, 0.0]], [[0.0, 0.0]])))  # two fair coins
    [-1.3862944]
    """
    if isinstance(x, np.ndarray | list):
        check.unit_interval("x", check.array("x", x))
    x, logits = _floats(x=x, logits=logits)
    check.same_shape("x", x.shape, "logits", logits.shape)
    return -_sum_over_pixels(keras.ops.binary_crossentropy(x, logits, from_logits=True))


def gaussian_log_likelihood(x: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """log P(X|Z) of independent normal pixels: shape (batch,). A density, so it may be positive.

    −½ Σ ((x − mean)² / σ² + log σ² + log 2π) over the pixels. `x` and the decoder's output `mean`
    have one shape, (batch, ...); `log_var` is log σ², one number or of that shape, too. Source:
    Kingma & Welling, arXiv:1312.6114, appendix C.2, equation (12).

    >>> print(np.asarray(gaussian_log_likelihood([[0.5]], [[0.5]], 0.0)))  # −½ log 2π
    [-0.9189385]
    """
    x, mean, log_var = _floats(x=x, mean=mean, log_var=log_var)
    check.same_shape("x", x.shape, "mean", mean.shape)
    check.same_shape("x", x.shape, "log_var (if not one number)", tuple(log_var.shape) or x.shape)
    error = keras.ops.square(x - mean) * keras.ops.exp(-log_var)
    return -0.5 * _sum_over_pixels(error + log_var + math.log(2 * math.pi))


def continuous_bernoulli_log_normalizer(logits: Tensor) -> Tensor:
    """log C(λ), which makes C(λ)·λˣ(1 − λ)¹⁻ˣ a density on [0, 1], λ = sigmoid(logits).

    C(λ) = 2 artanh(1 − 2λ) / (1 − 2λ), and 2 at λ = ½; of the logit a it is a / tanh(a / 2). Finite
    everywhere, like its gradient. Source: Loaiza-Ganem & Cunningham, arXiv:1907.06845, section 3.

    >>> print(np.asarray(continuous_bernoulli_log_normalizer([0.0])))  # log 2
    [0.6931472]
    """
    (logits,) = _floats(logits=logits)
    half = keras.ops.abs(logits) / 2
    near = half < 0.1  # 0/0 at 0, and a gradient that cancels near it: there, the Taylor series
    square = keras.ops.square(keras.ops.where(near, half, 0.0))
    series = square * (1 / 3 - square * (7 / 90 - square * (62 / 2835 - square * 127 / 18900)))
    far = keras.ops.where(near, 1.0, half)
    closed = keras.ops.log(far) - keras.ops.log(keras.ops.tanh(far))
    return math.log(2) + keras.ops.where(near, series, closed)


def continuous_bernoulli_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """log P(X|Z) of *grey* pixels in [0, 1], a proper density for each: (batch,), may be positive.

    Σ x log λ + (1 − x) log(1 − λ) + log C(λ) over the pixels; λ = sigmoid(logits) is not the mean
    of a pixel. Arguments as for Bernoulli pixels. Source: Loaiza-Ganem & Cunningham,
    arXiv:1907.06845.

    >>> print(np.asarray(continuous_bernoulli_log_likelihood([[0.3]], [[0.0]])))  # λ = ½: uniform
    [0.]
    """
    bernoulli = bernoulli_log_likelihood(x, logits)
    normalizer = _sum_over_pixels(continuous_bernoulli_log_normalizer(logits))
    return sum(_floats(bernoulli=bernoulli, normalizer=normalizer))


def elbo(x: Tensor, logits: Tensor, z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    """The evidence lower bound of each picture, with Bernoulli pixels, from one code: (batch,).

    E_{Z∼Q}[log P(X|Z)] − KL[Q(Z|X) ‖ N(0, I)] ≤ log P(X): the expectation is estimated by the one
    draw of Z that `logits` were decoded from; the KL is exact. Arguments as above. Source: Doersch,
    arXiv:1606.05908, equation (5); Kingma & Welling, arXiv:1312.6114, equation (10).

    >>> print(np.asarray(elbo([[1.0, 0.0]], [[0.0, 0.0]], [[1.0]], [[0.0]])))
    [-1.8862944]
    """
    likelihood, kl = bernoulli_log_likelihood(x, logits), gaussian_kl(z_mean, z_log_var)
    check.same_shape("the batch of x", likelihood.shape, "the batch of z_mean", kl.shape)
    likelihood, kl = _floats(likelihood=likelihood, kl=kl)
    return likelihood - kl
