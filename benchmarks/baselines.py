"""Two humble ways to draw digits for a label, with which networks must be compared."""

import numpy as np
from scipy import special

from course.scores import squared_distances


class Kernels:
    """A kernel density estimate for each label: a normal density about every training picture.

    Its width is the one of `widths` that makes other digits most probable.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, others: np.ndarray, y_others: np.ndarray):
        self.x, self.y = x.reshape(len(x), -1), y
        widths, others = np.arange(0.1, 0.4, 0.02), others.reshape(len(others), -1)
        log_p = np.zeros(len(widths))
        for label in np.unique(y):
            own, new = self.x[y == label], others[y_others == label]
            away = squared_distances(new, own)
            for i, width in enumerate(widths):
                log_kernel = -away / (2 * width**2) - own.shape[1] * np.log(width)
                log_p[i] += (special.logsumexp(log_kernel, axis=1) - np.log(len(own))).sum()
        self.width = float(widths[log_p.argmax()])
        self.bytes = self.x.size  # grey levels, one byte each

    def generate(self, y: np.ndarray, seed: int) -> np.ndarray:
        """Training pictures of these labels with noise, cut off at 0 and 1."""
        rng = np.random.default_rng(seed)
        found = self.width * rng.normal(size=(len(y), self.x.shape[1]))
        for label in np.unique(y):
            own = np.flatnonzero(self.y == label)
            found[y == label] += self.x[rng.choice(own, np.sum(y == label))]
        return np.clip(found, 0, 1).reshape(-1, 28, 28, 1).astype("float32")


class Normals:
    """A mixture of ten normal distributions of 784 pixels, one for each label."""

    def __init__(self, x: np.ndarray, y: np.ndarray):
        flat = x.reshape(len(x), -1)
        self.moments = [
            (flat[y == label].mean(axis=0), np.cov(flat[y == label], rowvar=False))
            for label in range(10)
        ]
        self.bytes = 10 * 4 * (784 + 784 * 785 // 2)  # a covariance is symmetric

    def generate(self, y: np.ndarray, seed: int) -> np.ndarray:
        """Draws for these labels, cut off at 0 and 1."""
        rng, found = np.random.default_rng(seed), np.empty((len(y), 784))
        for label, (mean, covariance) in enumerate(self.moments):
            n = np.sum(y == label)
            found[y == label] = rng.multivariate_normal(mean, covariance, n, method="eigh")
        return np.clip(found, 0, 1).reshape(-1, 28, 28, 1).astype("float32")
