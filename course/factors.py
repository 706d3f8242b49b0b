"""What notebook 08 shares with its benchmark: which unit of a code means what, and odd pictures."""

from typing import Any

import numpy as np
from scipy import stats

BINS = 20


def binned(values: np.ndarray) -> np.ndarray:
    """Numbers cut into `BINS` equal groups, 0, 1, …, shape (n,); integers are classes already."""
    if values.dtype.kind in "iu":
        return np.unique(values, return_inverse=True)[1]
    edges = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1])
    return np.searchsorted(edges, values)


def mutual_information(a: np.ndarray, b: np.ndarray) -> float:
    """I(a; b) = H(a) + H(b) − H(a, b) of two columns of n values in groups: nats.

    A finite sample adds about (groups of a − 1) · (groups of b − 1) / 2n.

    >>> fair = np.arange(1000) % 2
    >>> print(round(mutual_information(fair, fair), 4), "= log 2")
    0.6931 = log 2
    """
    counts = stats.contingency.crosstab(binned(a), binned(b)).count
    margins = (counts.sum(axis=1), counts.sum(axis=0), counts.ravel())
    of_a, of_b, of_both = (stats.entropy(each) for each in margins)
    return float(of_a + of_b - of_both)


def information_table(z_mean: np.ndarray, factors: dict[str, np.ndarray]) -> np.ndarray:
    """What each unit of the codes tells about each factor, as a share of the factor's entropy.

    Codes have shape (n, latent_dim), each factor (n,); the table, (latent_dim, factors), is between
    0, nothing, and 1, everything.
    """
    entropies = [stats.entropy(np.bincount(binned(values))) for values in factors.values()]
    rows = [[mutual_information(unit, v) for v in factors.values()] for unit in z_mean.T]
    return np.array(rows) / entropies


def mutual_information_gap(table: np.ndarray) -> np.ndarray:
    """MIG: for each factor, how far the best unit is ahead of the second best: shape (factors,).

    1 if one unit tells all of a factor and no other any, 0 if two tell the same. Source: Chen, Li,
    Grosse & Duvenaud, arXiv:1802.04942, equation (6).
    """
    second, best = np.sort(table, axis=0)[-2:]
    return best - second


def readable(z_mean: np.ndarray, values: np.ndarray) -> float:
    """R² with which all units together give a factor, by least squares on them and their products.

    Fitted on the first half of the codes, judged on the second; 1 is perfect, 0 is the mean.
    """
    products = [z_mean[:, i] * z_mean[:, j] for i, j in np.ndindex(*z_mean.shape[1:] * 2) if i <= j]
    columns = np.column_stack([np.ones(len(z_mean)), z_mean, *products])
    half = len(values) // 2
    weights = np.linalg.lstsq(columns[:half], values[:half], rcond=None)[0]
    missed = values[half:] - columns[half:] @ weights
    return float(1 - missed.var() / values[half:].var())


def auroc(of_odd: np.ndarray, of_usual: np.ndarray) -> float:
    """The chance that an odd picture has a higher score than a usual one; ½ is guessing.

    >>> auroc(np.array([3.0, 2.0]), np.array([1.0, 2.5]))
    0.75
    """
    pairs = len(of_odd) * len(of_usual)
    return float(stats.mannwhitneyu(of_odd, of_usual).statistic / pairs)


def odd_pictures(x: np.ndarray, x_other: np.ndarray) -> dict[str, np.ndarray]:
    """Pictures that coloured shapes are not, made from two sets of them, (n, 32, 32, 3) each."""
    background = x[:1, :1, :1]
    away = [np.abs(each - background) for each in (x, x_other)]
    small = x.reshape(len(x), 16, 2, 16, 2, 3).mean(axis=(2, 4))
    return {
        "two shapes": np.where(away[0] > away[1], x, x_other),
        "grey shapes": x.mean(axis=-1, keepdims=True).repeat(3, axis=-1),
        "half as large": np.pad(small - background, [(0, 0), (8, 8), (8, 8), (0, 0)]) + background,
        "faded": background + (x - background) / 10,
        "nothing": np.broadcast_to(background, x.shape),
    }


def dequantised(x: np.ndarray, rng: Any) -> np.ndarray:
    """Each of 256 levels spread evenly over its width, still between 0 and 1."""
    return ((np.round(255 * x) + rng.random(x.shape)) / 256).astype("float32")
