"""The mathematics of the variational autoencoder as pure functions on tensors.

Every function takes a batch, works on each example by itself and returns one number for each: shape (batch,), in nats.
Nothing here averages over the batch or over pixels; who calls decides. Symbols: x a picture, z its code, Q(Z|X) the
encoder's normal distribution with mean `z_mean` and *logarithm of the variance* `z_log_var`, P(X|Z) the decoder's
distribution of pictures, P(Z) = N(0, I) the prior.
"""

from typing import Any

from vaelib.device import keras

Tensor = Any  # a backend tensor, a Keras symbolic tensor or a NumPy array: Keras 3 has no common type for them


def _same_shape(name_a: str, a: Tensor, name_b: str, b: Tensor) -> None:
    """Refuse tensors that would silently broadcast against each other, as (n, 28, 28) and (n, 28, 28, 1) do."""
    shape_a, shape_b = tuple(a.shape), tuple(b.shape)
    agree = len(shape_a) == len(shape_b) and all(
        i == j or i is None or j is None for i, j in zip(shape_a, shape_b, strict=True)
    )
    if not agree:
        raise ValueError(f"{name_a} and {name_b} must have the same shape, got {shape_a} and {shape_b}")


def gaussian_kl(z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    """KL[Q(Z|X) ‖ N(0, I)] of diagonal normal distributions from the standard one.

    ½ Σ (σ² + μ² − 1 − log σ²), summed over the latent dimensions.

    Args:
        z_mean: means μ, shape (batch, latent_dim).
        z_log_var: logarithms of the variances, log σ², same shape. Value and gradient are finite for |log σ²| ≤ 80.

    Returns:
        Nats, shape (batch,); never negative, and 0 exactly where Q is the prior.

    Raises:
        ValueError: if the two shapes differ or are not two-dimensional.

    Source: Kingma & Welling, arXiv:1312.6114, appendix B.
    """
    z_mean, z_log_var = keras.ops.convert_to_tensor(z_mean), keras.ops.convert_to_tensor(z_log_var)
    _same_shape("z_mean", z_mean, "z_log_var", z_log_var)
    if len(z_mean.shape) != 2:
        raise ValueError(f"z_mean must have shape (batch, latent_dim), got {tuple(z_mean.shape)}")
    # expm1 keeps σ² − 1 exact where the variance is close to 1, which is where a good encoder leaves unused dimensions.
    return 0.5 * keras.ops.sum(keras.ops.square(z_mean) + (keras.ops.expm1(z_log_var) - z_log_var), axis=-1)


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
        ValueError: if the two shapes differ.

    Source: Kingma & Welling, arXiv:1312.6114, appendix C.1, equation (11).
    """
    x, logits = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(logits)
    _same_shape("x", x, "logits", logits)
    cross_entropy = keras.ops.binary_crossentropy(x, logits, from_logits=True)
    return -keras.ops.sum(cross_entropy, axis=tuple(range(1, len(x.shape))))


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
    return bernoulli_log_likelihood(x, logits) - gaussian_kl(z_mean, z_log_var)
