"""A classifier that judges digits: what they show, and how far a set of them is from real ones."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import linalg, spatial

from vaelib.runtime import keras

FILE = Path(__file__).parent / "judge.keras"
FEATURES = "features"


class Judge:
    """A classifier of digits, with the outputs of its layer `features` beside its logits."""

    def __init__(self, classifier: keras.Model) -> None:
        self.classifier = classifier

    @classmethod
    def load(cls) -> "Judge":
        """The one that comes with the course; `benchmarks/judge.py` made it."""
        return cls(keras.saving.load_model(FILE))

    @cached_property
    def _both(self) -> keras.Model:
        layer, last = self.classifier.get_layer(FEATURES), self.classifier.layers[-1]
        return keras.Model(self.classifier.inputs, [layer.output, last.output])

    def _outputs(self, x: np.ndarray) -> list[np.ndarray]:
        return self._both.predict(x, batch_size=500, verbose=0)

    def features(self, x: np.ndarray) -> np.ndarray:
        """64 numbers, none negative, for each picture: (n, 64), float64."""
        return self._outputs(x)[0].astype("float64")

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """P(digit | picture) as the judge sees it: (n, 10)."""
        logits = self._outputs(x)[1].astype("float64")
        return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))

    def labels(self, x: np.ndarray) -> np.ndarray:
        """What each picture shows: integers, (n,), or (n, k) for pictures (n, k, 28, 28, 1)."""
        logits = self._outputs(x.reshape(-1, *x.shape[-3:]))[1]
        return logits.argmax(axis=1).reshape(x.shape[:-3])


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Squared Fréchet distance of the normal distributions with the moments of two sets: (n, d).

    |μ_a − μ_b|² + tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½). It depends on what the columns are, and is too
    large for small sets. Source: Dowson & Landau, J. Multivariate Anal. 12 (1982); for features of
    pictures, Heusel et al., arXiv:1706.08500.

    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.normal(size=(2, 100_000, 1))
    >>> print(round(frechet_distance(a, 3 + 2 * b), 1))  # (0 − 3)² + (1 − 2)²
    10.0
    """
    means, covariances = [], []
    for features in (a, b):
        features = np.asarray(features, "float64")
        means.append(features.mean(axis=0))
        covariances.append(np.atleast_2d(np.cov(features, rowvar=False)))
    # The eigenvalues of Σ_a Σ_b are those of the symmetric Σ_a^½ Σ_b Σ_a^½.
    values, vectors = linalg.eigh(covariances[0])
    root = vectors * np.sqrt(values.clip(min=0)) @ vectors.T
    eigenvalues = linalg.eigvalsh(root @ covariances[1] @ root).clip(min=0)
    traces = np.trace(covariances[0]) + np.trace(covariances[1])
    return float(np.sum((means[0] - means[1]) ** 2) + traces - 2 * np.sqrt(eigenvalues).sum())


def variety(features: np.ndarray, y: np.ndarray, real: np.ndarray, y_real: np.ndarray) -> float:
    """The variance of the features within each label, as a share of that of real digits: the mean
    over the labels. 1 is as varied as real digits, 0 the same picture every time.

    >>> x = np.random.default_rng(0).normal(size=(20, 3))
    >>> y = np.arange(20) % 2
    >>> print(round(variety(x / 2, y, x, y), 2))  # halved: a quarter of the variance
    0.25
    """
    shares = []
    for label in np.unique(y_real):
        own, others = features[y == label], real[y_real == label]
        shares.append(own.var(axis=0).sum() / others.var(axis=0).sum())
    return float(np.mean(shares))


def ink(x: np.ndarray) -> np.ndarray:
    """The sum of the pixels of each picture: (n,)."""
    return np.reshape(x, (len(x), -1)).sum(axis=1)


def slant(x: np.ndarray) -> np.ndarray:
    """How far each picture leans to the right: pixels to the right for each one up, (n,).

    From its second moments, as if ink were mass: the covariance of right and up, over the variance
    of up. Shearing by minus as much makes the two uncorrelated.

    >>> print(slant(np.eye(9)[None, ::-1]))  # a stroke like /
    [1.]
    """
    x = np.reshape(x, np.shape(x)[:3]).astype("float64")
    up, right = np.mgrid[: x.shape[1], : x.shape[2]] * np.array([-1, 1])[:, None, None]
    mass = x.sum(axis=(1, 2))
    mean_up, mean_right = ((x * way).sum(axis=(1, 2)) / mass for way in (up, right))
    off_up, off_right = up - mean_up[:, None, None], right - mean_right[:, None, None]
    return (x * off_up * off_right).sum(axis=(1, 2)) / (x * off_up**2).sum(axis=(1, 2))


def kept(
    style: Callable,
    x: np.ndarray,
    y: np.ndarray,
    carried: np.ndarray,
) -> np.ndarray:
    """The correlation of a style before and after it was carried over, for each new label: (k,).

    `carried` are the pictures `x` in all k labels, (n, k, ...). Before, the style is what a digit
    has beyond its label's average; digits that have the new label already are left out.
    """
    before, labels = style(x), range(carried.shape[1])
    before = before - np.array([before[y == label].mean() for label in labels])[y]
    found = []
    for label in labels:
        other = y != label
        found.append(np.corrcoef(before[other], style(carried[other, label]))[0, 1])
    return np.array(found)


def guessed(z: np.ndarray, y: np.ndarray, neighbours: int = 10) -> float:
    """How often the nearest codes of a random half guess the label in the other half."""
    # MNIST's first 5000 test digits were written by other people than the rest.
    order = np.random.default_rng(0).permutation(len(z))
    z, y, half = z[order], y[order], len(z) // 2
    _, nearest = spatial.KDTree(z[:half]).query(z[half:], neighbours)
    votes = (y[nearest][..., None] == np.arange(10)).sum(axis=1)
    return float(np.mean(votes.argmax(axis=1) == y[half:]))
