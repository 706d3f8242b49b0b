"""Scores of generated pictures beside the Fréchet distance, for notebook 11 and its benchmarks."""

import numpy as np
from scipy import ndimage, spatial


def cut_out(x: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Pictures with a square hole of odd `size` pixels, about an inked pixel drawn by chance.

    >>> hole = cut_out(np.ones((1, 9, 9, 1)), 3, np.random.default_rng(1))
    >>> print(int(hole.sum()))  # of 81
    72
    """
    x, half = np.array(x), size // 2
    for picture in x:
        inked = np.argwhere(picture[..., 0] > 0.5)
        row, column = inked[rng.integers(len(inked))]
        picture[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = 0
    return x


def sharpness(x: np.ndarray) -> float:
    """The mean square of the Laplacian: how abruptly grey levels change from pixel to pixel."""
    laplacian = ndimage.laplace(np.reshape(x, np.shape(x)[:3]), axes=(1, 2))
    return float(np.mean(np.square(laplacian)))


def density_and_coverage(real: np.ndarray, made: np.ndarray, k: int = 5) -> tuple[float, float]:
    """How well made points keep to where real ones are, and how much of that they reach.

    About every real point lies a ball that reaches to its k-th neighbour. Density is in how many
    balls a made point lies, on average, divided by k: 1 for more real points, less for points that
    stray. Coverage is the share of balls with a made point inside. Source: Naeem et al.,
    arXiv:2002.09797, equations (4) and (5).

    >>> real = np.arange(10.0)[:, None]
    >>> density, coverage = density_and_coverage(real, real[:5], k=1)
    >>> print(coverage)  # six balls of radius 1: those of 0 to 5
    0.6
    """
    reach = spatial.KDTree(real).query(real, k + 1)[0][:, -1]  # the nearest is the point itself
    inside = spatial.distance.cdist(real, made) <= reach[:, None]
    return float(inside.sum(axis=0).mean() / k), float(inside.any(axis=1).mean())


def to_nearest(x: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The squared distance in pixels of each picture from the nearest of the others: (n,)."""
    found = np.full(len(x), np.inf)
    for part in np.array_split(others, -(-len(others) // 5000)):
        found = np.minimum(found, squared_distances(x, part).min(axis=1))
    return np.maximum(found, 0)


def squared_distances(x: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Of each picture from each of the others: (n, m). By a matrix product, so near 0 a bit off."""
    a, b = (np.reshape(each, (len(each), -1)) for each in (x, others))
    return (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
