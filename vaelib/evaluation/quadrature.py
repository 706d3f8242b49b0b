"""Expectations and integrals over the latent space worked out on a grid, not left to chance."""

from typing import Any

import numpy as np
from scipy import special, stats

from vaelib import _validation as check
from vaelib.elbo import gaussian_kl
from vaelib.evaluation.likelihoods import LogLikelihood, evaluated, slices
from vaelib.runtime import keras


def log_likelihood_quadrature(
    log_likelihood: LogLikelihood, x: Any, step: float = 0.02, limit: float = 6.0
) -> tuple[np.ndarray, np.ndarray]:
    """log P(x) = log ∫ P(x|z) N(z; 0, I) dz over a two-dimensional latent space, on a square grid.

    The trapezoid rule over [−limit, limit]²: for smooth functions that vanish at the borders, its
    error falls faster than any power of the step, once the step is smaller than the posterior's
    width. Returns nats, and by how much twice the step would have changed them, shape (n,) each.
    `log_likelihood` is such as `pairwise_log_likelihood(decoder)`; `x` are pictures.

    >>> flat = lambda x, z: np.full((len(x), len(z)), -5.0)
    >>> print(log_likelihood_quadrature(flat, np.zeros((2, 1)))[0])
    [-5. -5.]
    """
    x = check.batch("x", x)
    check.number("step", step, above=0, below=check.number("limit", limit, above=0))
    half = 2 * int(np.ceil(limit / step / 2))  # even: every other point is a grid, too
    axis = np.arange(-half, half + 1) * step
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    even = (np.indices((len(axis), len(axis))) % 2 == 0).all(axis=0).ravel()
    fine, coarse = np.full(len(x), -np.inf), np.full(len(x), -np.inf)
    for part in slices(len(points)):
        shape = (len(x), part.stop - part.start)
        log_prior = stats.norm.logpdf(points[part]).sum(axis=1)
        joint = evaluated(log_likelihood, x, points[part], shape) + log_prior
        fine = np.logaddexp(fine, special.logsumexp(joint, axis=1))
        if even[part].any():
            coarse = np.logaddexp(coarse, special.logsumexp(joint[:, even[part]], 1))
    fine, coarse = fine + 2 * np.log(step), coarse + 2 * np.log(2 * step)
    return fine, np.abs(fine - coarse)


def hermite_nodes(nodes: int, latent_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of N(0, I), shape (nodes ** latent_dim, latent_dim), and weights that sum to 1.

    The weighted mean of a polynomial of degree up to 2·nodes − 1 is its expectation.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    grids = (np.meshgrid(*[each] * latent_dim, indexing="ij") for each in (points, weights))
    grid, products = (np.stack(each, axis=-1).reshape(-1, latent_dim) for each in grids)
    return grid, products.prod(axis=1) / weights.sum() ** latent_dim


def elbo_quadrature(
    log_likelihood: LogLikelihood, x: Any, z_mean: Any, z_log_var: Any, nodes: int = 20
) -> np.ndarray:
    """The ELBO of every picture without chance: E_Q[log P(x|z)] by Gauss–Hermite quadrature: (n,).

    Arguments as for `dataset_elbo`; nodes ** latent_dim codes are decoded for each picture.

    >>> x, z_mean, z_log_var = np.zeros((1, 1)), np.array([[1.0]]), np.zeros((1, 1))
    >>> print(elbo_quadrature(lambda x, z: -z[:, 0] ** 2, x, z_mean, z_log_var))  # −(μ² + σ²) − ½
    [-2.5]
    """
    x, z_mean, z_log_var = check.posteriors(x, z_mean, z_log_var)
    points, weights = hermite_nodes(check.integer("nodes", nodes), z_mean.shape[1])
    expected = np.empty(len(x))
    for part in slices(len(x), len(points)):
        z = z_mean[part, None] + np.exp(z_log_var[part, None] / 2) * points
        z, pictures = z.reshape(-1, z.shape[-1]), np.repeat(x[part], len(points), axis=0)
        found = evaluated(log_likelihood, pictures, z, (len(z),))
        expected[part] = found.reshape(-1, len(points)) @ weights
    return expected - keras.ops.convert_to_numpy(gaussian_kl(z_mean, z_log_var))
