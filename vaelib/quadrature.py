"""log P(X) itself, for models with two latent dimensions: an integral over the plane, worked out on a grid."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy import special, stats

from vaelib.checks import as_clouds, as_count, as_pictures, as_real

# log P(x_i|z_i) of pictures (n, ...) and codes (n, latent_dim), row by row: shape (n,).
RowLikelihood = Callable[[np.ndarray, np.ndarray], np.ndarray]
# log P(x_i|z_j) of all pictures (n, ...) under all codes (m, latent_dim): shape (n, m).
TableLikelihood = Callable[[np.ndarray, np.ndarray], np.ndarray]


def slices(n: int, size: int) -> Iterator[slice]:
    """0 to n in pieces of at most `size`."""
    for start in range(0, n, size):
        yield slice(start, min(n, start + size))


def evaluated(
    log_likelihood: RowLikelihood | TableLikelihood, x: np.ndarray, z: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    """What a likelihood says, or a ValueError if there is not one number for each pair: shapes would broadcast."""
    found = np.asarray(log_likelihood(x, z))
    if found.shape != shape:
        raise ValueError(
            f"log_likelihood must return shape {shape} for {len(x)} pictures and {len(z)} codes, got {found.shape}"
        )
    return found


class Quadrature(NamedTuple):
    """log P(x) by quadrature: nats, and by how much twice the step would have changed them; shape (n,) each."""

    log_likelihood: np.ndarray
    error: np.ndarray


def log_likelihood_quadrature(
    log_likelihood: TableLikelihood, x: Any, step: float = 0.02, limit: float = 6.0, rows: int = 8_000
) -> Quadrature:
    """log P(x) = log ∫ P(x|z) N(z; 0, I) dz over a two-dimensional latent space, on a fine square grid.

    The trapezoid rule: for smooth functions that vanish at the borders its error falls faster than any power of the
    step once the step is smaller than what there is to see, here the width of the posterior.

    Args:
        log_likelihood: such as `bernoulli_table(decoder)`.
        x: pictures, shape (n, ...). Time and memory grow with their number: hundreds, not thousands.
        step: distance of neighbouring points.
        limit: the grid covers [−limit, limit]². The prior has 2·10⁻⁹ outside of ±6 in each direction.
        rows: how many points are decoded at once, at most.

    Returns:
        A `Quadrature`; its `error` compares with the same grid at twice the step.

    Raises:
        ValueError: if an argument is out of range, or `log_likelihood` does not return a table of numbers.
    """
    x, rows = as_pictures(x), as_count("rows", rows)
    if not 0 < as_real("step", step) < as_real("limit", limit):
        raise ValueError(f"step and limit must be positive, the step smaller, got {step} and {limit}")
    half = 2 * int(np.ceil(limit / step / 2))  # even, so that every other point is a grid of its own
    axis = np.arange(-half, half + 1) * step
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    on_coarse = (np.indices((len(axis), len(axis))) % 2 == 0).all(axis=0).ravel()
    fine, coarse = np.full(len(x), -np.inf), np.full(len(x), -np.inf)
    for part in slices(len(points), rows):
        found = evaluated(log_likelihood, x, points[part], (len(x), part.stop - part.start))
        joint = found + stats.norm.logpdf(points[part]).sum(axis=1)
        fine = np.logaddexp(fine, special.logsumexp(joint, axis=1))
        if on_coarse[part].any():
            coarse = np.logaddexp(coarse, special.logsumexp(joint[:, on_coarse[part]], axis=1))
    fine, coarse = fine + 2 * np.log(step), coarse + 2 * np.log(2 * step)
    return Quadrature(fine, np.abs(fine - coarse))


def hermite_nodes(nodes: int, latent_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of N(0, I), shape (nodes ** latent_dim, latent_dim), and their weights, which sum to 1.

    The weighted mean of a polynomial is its expectation, exactly, up to degree 2·nodes − 1 in each direction.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    grid = np.stack(np.meshgrid(*[points] * latent_dim, indexing="ij"), axis=-1).reshape(-1, latent_dim)
    products = np.stack(np.meshgrid(*[weights] * latent_dim, indexing="ij"), axis=-1).reshape(-1, latent_dim)
    return grid, products.prod(axis=1) / weights.sum() ** latent_dim


def elbo_quadrature(
    log_likelihood: RowLikelihood, x: Any, z_mean: np.ndarray, z_log_var: np.ndarray, nodes: int = 20
) -> np.ndarray:
    """The ELBO of every picture without chance: E_Q[log P(x|z)] by Gauss–Hermite quadrature, the KL exact.

    Args:
        log_likelihood: such as `bernoulli_rows(decoder)`.
        x: pictures, shape (n, ...).
        z_mean, z_log_var: their clouds, shape (n, latent_dim).
        nodes: in each direction; nodes ** latent_dim codes are decoded for each picture.

    Returns:
        Nats, shape (n,).

    Raises:
        ValueError: if shapes do not fit, a number is not finite, or `nodes` is below 1.

    Source: Golub & Welsch, Math. Comp. 23 (1969), for the nodes.
    """
    x = as_pictures(x)
    z_mean, z_log_var = as_clouds(len(x), z_mean, z_log_var)
    points, weights = hermite_nodes(as_count("nodes", nodes), z_mean.shape[1])
    result = np.empty(len(x))
    for part in slices(len(x), max(1, 8_000 // len(points))):
        z = z_mean[part, None] + np.exp(z_log_var[part, None] / 2) * points
        z = z.reshape(-1, z.shape[-1])
        found = evaluated(log_likelihood, np.repeat(x[part], len(points), axis=0), z, (len(z),))
        result[part] = found.reshape(-1, len(points)) @ weights
    return result - 0.5 * (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).sum(axis=1)
