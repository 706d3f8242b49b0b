"""How good a model is, in nats per picture: its ELBO, tighter bounds, and in a plane log P(X) itself.

Everything comes back as NumPy, float64, one number for each picture; averages and their errors are left to the caller.
"""

from typing import Any

import numpy as np
from scipy import special

from vaelib.checks import as_clouds, as_count, as_pictures, as_real, require_attributes
from vaelib.device import keras
from vaelib.elbo import gaussian_kl
from vaelib.quadrature import (
    Quadrature,
    RowLikelihood,
    TableLikelihood,
    elbo_quadrature,
    evaluated,
    log_likelihood_quadrature,
    slices,
)

__all__ = [
    "Quadrature",
    "bernoulli_rows",
    "bernoulli_table",
    "dataset_elbo",
    "elbo_quadrature",
    "encode",
    "iwae_bound",
    "log_likelihood_iwae",
    "log_likelihood_quadrature",
    "log_weights",
]


def bernoulli_rows(decoder: keras.Model) -> RowLikelihood:
    """The decoder's log P(x|z) with Bernoulli pixels, each picture under its own code."""
    require_attributes("decoder", decoder, "logits")

    def rows(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        x, logits = _flat(decoder, x, z)
        # Half the time of `bernoulli_log_likelihood`, whose value it is.
        found = keras.ops.einsum("ij,ij->i", x, logits) - keras.ops.sum(keras.ops.softplus(logits), axis=1)
        return keras.ops.convert_to_numpy(found).astype("float64")

    return rows


def bernoulli_table(decoder: keras.Model) -> TableLikelihood:
    """The decoder's log P(x|z) with Bernoulli pixels, all pictures under all codes, as one matrix product.

    Σ x·logit − log(1 + e^logit): linear in x, so that the second term is worked out once for each code.
    """
    require_attributes("decoder", decoder, "logits")

    def table(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        x, logits = _flat(decoder, x, z)
        own = keras.ops.sum(keras.ops.softplus(logits), axis=1)
        products = keras.ops.matmul(x, keras.ops.transpose(logits))
        return keras.ops.convert_to_numpy(products - own).astype("float64")

    return table


def _flat(decoder: keras.Model, x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, Any]:
    """Pictures, and logits of codes, as rows of pixels; ValueError if they have not the same number of pixels."""
    logits = keras.ops.reshape(decoder.logits(z.astype("float32"), training=False), (len(z), -1))
    x = x.reshape(len(x), -1).astype("float32")
    if x.shape[1] != logits.shape[1]:
        raise ValueError(f"x must be pictures of {logits.shape[1]} pixels, as the decoder draws, got {x.shape[1]}")
    return x, logits


def encode(encoder: keras.Model, x: Any) -> tuple[np.ndarray, np.ndarray]:
    """`z_mean` and `z_log_var` of pictures, float64, shape (n, latent_dim) each."""
    x = as_pictures(x)
    halves = [encoder(x[i : i + 2000], training=False)[:2] for i in range(0, len(x), 2000)]
    z_mean, z_log_var = (
        np.concatenate([keras.ops.convert_to_numpy(v) for v in of]) for of in zip(*halves, strict=True)
    )
    return z_mean.astype("float64"), z_log_var.astype("float64")


def dataset_elbo(
    log_likelihood: RowLikelihood, x: Any, z_mean: np.ndarray, z_log_var: np.ndarray, draws: int = 1, seed: int = 0
) -> np.ndarray:
    """The ELBO of every picture, its KL exact and its reconstruction averaged over `draws` codes.

    Args:
        log_likelihood: such as `bernoulli_rows(decoder)`.
        x: pictures, shape (n, ...).
        z_mean, z_log_var: their clouds, as `encode` returns them, shape (n, latent_dim).
        draws: codes for each picture.
        seed: of the draws.

    Returns:
        Nats, shape (n,). Its expectation is the ELBO; the error of one number falls like 1/√draws.

    Raises:
        ValueError: if shapes do not fit, a number is not finite, or `draws` is below 1.

    Source: Kingma & Welling, arXiv:1312.6114, equation (10).
    """
    x, draws = as_pictures(x), as_count("draws", draws)
    z_mean, z_log_var = as_clouds(len(x), z_mean, z_log_var)
    rng = np.random.default_rng(seed)
    reconstruction = np.zeros(len(x))
    for _ in range(draws):
        z = z_mean + np.exp(z_log_var / 2) * rng.normal(size=z_mean.shape)
        for rows in slices(len(x), 10_000):
            reconstruction[rows] += evaluated(log_likelihood, x[rows], z[rows], (rows.stop - rows.start,)) / draws
    return reconstruction - keras.ops.convert_to_numpy(gaussian_kl(z_mean, z_log_var))


def log_weights(
    log_likelihood: RowLikelihood,
    x: Any,
    z_mean: np.ndarray,
    z_log_var: np.ndarray,
    k: int,
    seed: int | np.random.Generator = 0,
    rows: int = 8_000,
    prior_share: float = 0.0,
) -> np.ndarray:
    """log w = log P(x|z) + log P(z) − log R(z|x) for `k` codes z ~ R(z|x) of every picture.

    R is Q, the picture's cloud; or, with a `prior_share` of α, the mixture (1 − α) Q + α N(0, I), which also looks
    where Q does not, and whose weights are never above P(x|z) / α.

    Args:
        log_likelihood, x, z_mean, z_log_var, seed: as for `dataset_elbo`.
        k: codes for each picture.
        rows: how many pictures are decoded at once, at most; bounds the memory, about 10 kB a row for MNIST. (Much
            larger pieces are slower: their arrays are fetched from the system anew each time.)
        prior_share: what share of the codes comes from the prior, at least 0 and below 1.

    Returns:
        Nats, shape (n, k). The mean of w is P(x), whatever Q is; the mean of log w is the ELBO (if α is 0).

    Raises:
        ValueError: if shapes do not fit, a number is not finite, `k` or `rows` is below 1, or `prior_share` is out of
            range.

    Source: Burda, Grosse & Salakhutdinov, arXiv:1509.00519, equation (8); for the mixture, Hesterberg, Technometrics
    37 (1995).
    """
    x, k, rows = as_pictures(x), as_count("k", k), as_count("rows", rows)
    z_mean, z_log_var = as_clouds(len(x), z_mean, z_log_var)
    if not 0 <= as_real("prior_share", prior_share) < 1:
        raise ValueError(f"prior_share must be at least 0 and below 1, got {prior_share}")
    rng = np.random.default_rng(seed)
    result = np.empty(len(x) * k)
    for part in slices(len(result), rows):
        picture = np.arange(part.start, part.stop) // k
        mean, log_var = z_mean[picture], z_log_var[picture]
        z = mean + np.exp(log_var / 2) * rng.normal(size=mean.shape)
        if prior_share:
            astray = rng.random(len(z)) < prior_share
            z[astray] = rng.normal(size=(astray.sum(), z.shape[1]))
        # log P(z) − log Q(z|x): the constants cancel.
        ratio = 0.5 * ((z - mean) ** 2 / np.exp(log_var) - z**2 + log_var).sum(axis=1)
        if prior_share:  # P/R = 1 / ((1 − α) Q/P + α)
            ratio = -np.logaddexp(np.log1p(-prior_share) - ratio, np.log(prior_share))
        result[part] = evaluated(log_likelihood, x[picture], z, ratio.shape) + ratio
    return result.reshape(len(x), k)


def iwae_bound(log_w: Any, k: int | None = None) -> np.ndarray:
    """The importance-weighted bound: log of the mean of `k` weights, averaged over as many groups of `k` as there are.

    Args:
        log_w: from `log_weights`, shape (n, draws).
        k: size of a group, a divisor of `draws`; all of them if left out.

    Returns:
        Nats, shape (n,). With k = 1 the ELBO. If k divides K, the bound with K is nowhere below that with k, for these
        very draws: the logarithm of a mean is at least the mean of the logarithms.

    Raises:
        ValueError: if `k` is below 1 or no divisor of the number of draws, or a weight is NaN or infinite.

    Source: Burda, Grosse & Salakhutdinov, arXiv:1509.00519, equation (8) and theorem 1.
    """
    log_w = np.asarray(log_w, "float64")
    if log_w.ndim != 2 or not log_w.size:
        raise ValueError(f"log_w must have shape (n, draws), got {log_w.shape}")
    if not (log_w < np.inf).all():
        raise ValueError("log_w must be numbers below infinity, got NaN or infinity")
    k = log_w.shape[1] if k is None else as_count("k", k)
    if log_w.shape[1] % k:
        raise ValueError(f"k must divide the {log_w.shape[1]} draws, got {k}")
    groups = log_w.reshape(len(log_w), -1, k)
    return (special.logsumexp(groups, axis=2) - np.log(k)).mean(axis=1)


def log_likelihood_iwae(
    log_likelihood: RowLikelihood,
    x: Any,
    z_mean: np.ndarray,
    z_log_var: np.ndarray,
    k: int,
    seed: int = 0,
    rows: int = 8_000,
    prior_share: float = 0.0,
) -> np.ndarray:
    """An estimate of log P(x) from below, by `k` importance samples for each picture; see `iwae_bound`.

    Arguments and errors are those of `log_weights`. Only max(`rows`, `k`) weights are kept at a time.
    """
    x, k, rng = as_pictures(x), as_count("k", k), np.random.default_rng(seed)
    bounds = [
        iwae_bound(log_weights(log_likelihood, x[part], z_mean[part], z_log_var[part], k, rng, rows, prior_share))
        for part in slices(len(x), max(1, as_count("rows", rows) // k))
    ]
    return np.concatenate(bounds)
