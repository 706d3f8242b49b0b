"""Bounds on log P(X) from codes drawn at random: the ELBO and the importance-weighted bound."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from vaelib import _validation as check
from vaelib.elbo import gaussian_kl
from vaelib.evaluation.likelihoods import evaluated, slices
from vaelib.runtime import keras


def dataset_elbo(
    log_likelihood: Callable, x: Any, z_mean: Any, z_log_var: Any, draws: int = 1, seed: int = 0
) -> np.ndarray:
    """The ELBO of every picture: the KL exact, the reconstruction a mean over `draws` codes: (n,).

    `log_likelihood` is such as `paired_log_likelihood(decoder)`, `x` are pictures, shape (n, ...),
    and `z_mean` and `z_log_var` the parameters of their Q(Z|X), as from `encode`, shape (n,
    latent_dim). The error of a number falls like 1/√draws. Source: Kingma & Welling,
    arXiv:1312.6114, (10).

    >>> x, z_mean, z_log_var = np.zeros((2, 1)), np.array([[0.0], [1.0]]), np.zeros((2, 1))
    >>> dataset_elbo(lambda x, z: np.full(len(x), -5.0), x, z_mean, z_log_var).tolist()
    [-5.0, -5.5]
    """
    x, z_mean, z_log_var = check.posteriors(x, z_mean, z_log_var)
    rng = np.random.default_rng(seed)
    reconstruction = np.zeros(len(x))
    for _ in range(check.integer("draws", draws)):
        z = z_mean + np.exp(z_log_var / 2) * rng.normal(size=z_mean.shape)
        for part in slices(len(x)):
            found = evaluated(log_likelihood, x[part], z[part], (part.stop - part.start,))
            reconstruction[part] += found / draws
    return reconstruction - keras.ops.convert_to_numpy(gaussian_kl(z_mean, z_log_var))


def log_importance_weights(
    log_likelihood: Callable,
    x: Any,
    z_mean: Any,
    z_log_var: Any,
    k: int,
    seed: int = 0,
    prior_weight: float = 0.0,
) -> np.ndarray:
    """log w = log P(x|z) + log P(z) − log R(z|x) for `k` codes z ~ R(z|x) of every picture: (n, k).

    The mean of w is P(x). The proposal R is Q(Z|X), and then the mean of log w is the ELBO; or,
    with a `prior_weight` of 0 < α < 1, the mixture (1 − α) Q + α N(0, I), which also looks where Q
    does not, and whose weights are at most P(x|z) / α. All else as for `dataset_elbo`. Source:
    Burda et al., arXiv:1509.00519, equation (8); Hesterberg, Technometrics 37 (1995).

    >>> x, z_mean, z_log_var = np.zeros((3, 2, 1))  # Q is the prior
    >>> log_importance_weights(lambda x, z: np.full(len(x), -5.0), x, z_mean, z_log_var, 2)
    array([[-5., -5.],
           [-5., -5.]])
    """
    x, z_mean, z_log_var = check.posteriors(x, z_mean, z_log_var)
    check.integer("k", k)
    check.number("prior_weight", prior_weight, below=1)
    rng = np.random.default_rng(seed)
    result = np.empty((len(x), k))
    for part in slices(len(x), k):
        pictures, mean, log_var = (np.repeat(a[part], k, axis=0) for a in (x, z_mean, z_log_var))
        z = mean + np.exp(log_var / 2) * rng.normal(size=mean.shape)
        if prior_weight:
            from_prior = rng.random(len(z)) < prior_weight
            z[from_prior] = rng.normal(size=(from_prior.sum(), z.shape[1]))
        # log P(z) − log Q(z|x): the constants cancel.
        ratio = 0.5 * ((z - mean) ** 2 / np.exp(log_var) - z**2 + log_var).sum(axis=1)
        if prior_weight:  # P/R = 1 / ((1 − α) Q/P + α)
            ratio = -np.logaddexp(np.log1p(-prior_weight) - ratio, np.log(prior_weight))
        log_w = evaluated(log_likelihood, pictures, z, ratio.shape) + ratio
        result[part] = log_w.reshape(-1, k)
    return result


def iwae_bound(log_w: Any, k: int | None = None) -> np.ndarray:
    """The importance-weighted bound: log of the mean of `k` weights, a mean over all groups: (n,).

    `log_w`, shape (n, draws), is from `log_importance_weights`; `k` divides `draws`; left out, it
    is all of them. With k = 1 this is the ELBO. Source: Burda et al., arXiv:1509.00519, (8).

    >>> print(iwae_bound(np.log([[1.0, 3.0]])).round(4))  # log 2
    [0.6931]
    """
    log_w = np.asarray(log_w, "float64")
    if log_w.ndim != 2 or not log_w.size or not (log_w < np.inf).all():
        raise ValueError(f"log_w must be below infinity, (n, draws), got {log_w.shape}")
    k = log_w.shape[1] if k is None else check.integer("k", k)
    if log_w.shape[1] % k:
        raise ValueError(f"k must divide the {log_w.shape[1]} draws, got {k}")
    groups = log_w.reshape(len(log_w), -1, k)
    return (special.logsumexp(groups, axis=2) - np.log(k)).mean(axis=1)
