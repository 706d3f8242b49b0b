"""A model whose answers are known exactly, to hold every approximation against.

In the linear-Gaussian model everything that a variational autoencoder can only bound or estimate has a closed form: the
evidence P(X), the posterior P(Z|X), the ELBO. Plain NumPy and SciPy; distributions are SciPy's frozen
`multivariate_normal`, with `mean`, `cov`, `logpdf` and `rvs`.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, stats

from vaelib.checks import as_count, as_numbers

Normal = Any  # a frozen scipy.stats.multivariate_normal, which SciPy has no public type for


def normal_kl(q: Normal, p: Normal) -> float:
    """KL[Q ‖ P] = E_{Z∼Q}[log Q(Z) − log P(Z)] between two normal distributions with any covariances.

    ½ (tr(Σ_p⁻¹ Σ_q) + (μ_p − μ_q)ᵀ Σ_p⁻¹ (μ_p − μ_q) − k − log(det Σ_q / det Σ_p)).

    Args:
        q: the distribution that the expectation is over, a frozen `multivariate_normal` of dimension k.
        p: the one it is compared with, of the same dimension; its covariance must be invertible.

    Returns:
        Nats; never negative but for rounding.

    Raises:
        TypeError: if one is no such distribution.
        ValueError: if the dimensions differ.
        numpy.linalg.LinAlgError: if a covariance is not positive definite.

    Source: Doersch, arXiv:1606.05908, equation (6).
    """
    for name, normal in (("q", q), ("p", p)):
        if not (hasattr(normal, "mean") and hasattr(normal, "cov")):
            raise TypeError(f"{name} must be a frozen scipy.stats.multivariate_normal, got {type(normal).__name__}")
    if q.dim != p.dim:
        raise ValueError(f"q and p must have the same dimension, got {q.dim} and {p.dim}")
    factor_q, factor_p = (np.linalg.cholesky(np.atleast_2d(normal.cov)) for normal in (q, p))
    # In terms of Σ_p = L Lᵀ: the trace and the distance are plain sums of squares.
    trace = np.square(linalg.solve_triangular(factor_p, factor_q, lower=True)).sum()
    distance = np.square(linalg.solve_triangular(factor_p, p.mean - q.mean, lower=True)).sum()
    log_det_ratio = 2 * (np.log(np.diag(factor_q)).sum() - np.log(np.diag(factor_p)).sum())
    return float(0.5 * (trace + distance - q.dim - log_det_ratio))


class LinearGaussian:
    """Z ~ N(0, I) and X = W Z + b + noise, the noise N(0, σ²I): a decoder that is one matrix.

    Args:
        weights: W, shape (data_dim, latent_dim).
        bias: b, shape (data_dim,).
        sigma: *standard deviation* of the noise, positive.

    Raises:
        ValueError: if shapes do not fit, a number is not finite, or `sigma` is not positive.

    Source: Tipping & Bishop, *Probabilistic Principal Component Analysis*, J. R. Stat. Soc. B 61 (1999), section 3.
    """

    def __init__(self, weights: ArrayLike, bias: ArrayLike, sigma: float) -> None:
        self.weights, self.bias = np.asarray(weights, "float64"), np.asarray(bias, "float64")
        self.sigma = float(sigma)
        if self.weights.ndim != 2 or self.bias.shape != self.weights.shape[:1]:
            shapes = f"{self.weights.shape} and {self.bias.shape}"
            raise ValueError(f"weights and bias must have shapes (data_dim, latent_dim) and (data_dim,), got {shapes}")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.bias).all()):
            raise ValueError("weights and bias must be finite")
        if not 0 < self.sigma < np.inf:
            raise ValueError(f"sigma must be a positive standard deviation, got {sigma}")
        self.data_dim, self.latent_dim = self.weights.shape

    @classmethod
    def fit(cls, x: ArrayLike, latent_dim: int) -> Self:
        """The maximum likelihood fit to data, in closed form: no training.

        Args:
            x: data, shape (n, data_dim) with n > data_dim or noise enough for a covariance.
            latent_dim: from 1 to data_dim − 1.

        Raises:
            ValueError: if `x` is not such an array, `latent_dim` is out of range, or nothing is left for the noise.

        Source: Tipping & Bishop (1999), equations (7) and (8).
        """
        x, latent_dim = as_numbers("x", x).astype("float64"), as_count("latent_dim", latent_dim)
        if x.ndim != 2 or len(x) < 2:
            raise ValueError(f"x must have shape (n, data_dim) with n at least 2, got {x.shape}")
        if latent_dim >= x.shape[1]:
            raise ValueError(f"latent_dim must be from 1 to {x.shape[1] - 1}, got {latent_dim}")
        values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
        values, vectors = values[::-1], vectors[:, ::-1]
        # An eigenvector is as good as its negative; without a rule two machines would choose differently.
        vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(len(vectors))])
        variance = values[latent_dim:].mean()
        if not variance > 1e-12 * values[0]:
            raise ValueError(f"x varies in {latent_dim} directions only, nothing is left for the noise")
        excess = np.sqrt(np.maximum(values[:latent_dim] - variance, 0))
        return cls(vectors[:, :latent_dim] * excess, x.mean(axis=0), np.sqrt(variance))

    @property
    def prior(self) -> Normal:
        """P(Z) = N(0, I)."""
        return stats.multivariate_normal(np.zeros(self.latent_dim), np.eye(self.latent_dim))

    @property
    def evidence(self) -> Normal:
        """P(X) = N(b, W Wᵀ + σ²I), exactly; `evidence.logpdf(x)` is log P(X) in nats."""
        noise = self.sigma**2 * np.eye(self.data_dim)
        return stats.multivariate_normal(self.bias, self.weights @ self.weights.T + noise)

    def posterior(self, x: ArrayLike) -> Normal:
        """P(Z|X) = N(M⁻¹Wᵀ(x − b), σ²M⁻¹) with M = WᵀW + σ²I, exactly, for one x of shape (data_dim,)."""
        precision = self.weights.T @ self.weights + self.sigma**2 * np.eye(self.latent_dim)
        inverse = linalg.inv(precision)
        return stats.multivariate_normal(inverse @ self.weights.T @ (self._one(x) - self.bias), self.sigma**2 * inverse)

    def log_likelihood(self, x: ArrayLike, z: ArrayLike) -> np.ndarray:
        """log P(X|Z) of one x, shape (data_dim,), under each z of shape (n, latent_dim): nats, shape (n,)."""
        z = np.asarray(z, "float64")
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z must have shape (n, {self.latent_dim}), got {z.shape}")
        return stats.norm.logpdf(self._one(x), z @ self.weights.T + self.bias, self.sigma).sum(axis=1)

    def expected_log_likelihood(self, x: ArrayLike, q: Normal) -> float:
        """E_{Z∼Q}[log P(X|Z)] for one x and any normal Q, exactly, in nats.

        −½ (‖x − W μ_q − b‖² + tr(W Σ_q Wᵀ)) / σ² − ½ data_dim log(2πσ²).
        """
        if q.dim != self.latent_dim:
            raise ValueError(f"q must be over {self.latent_dim} dimensions, got {q.dim}")
        residual = self._one(x) - self.weights @ q.mean - self.bias
        spread = np.trace(self.weights @ np.atleast_2d(q.cov) @ self.weights.T)
        constant = self.data_dim * np.log(2 * np.pi * self.sigma**2)
        return float(-0.5 * ((residual @ residual + spread) / self.sigma**2 + constant))

    def elbo(self, x: ArrayLike, q: Normal) -> float:
        """The evidence lower bound E_{Z∼Q}[log P(X|Z)] − KL[Q ‖ P(Z)] for one x and any normal Q, exactly, in nats."""
        return self.expected_log_likelihood(x, q) - normal_kl(q, self.prior)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw `n` pairs: codes from the prior, shape (n, latent_dim), and data, shape (n, data_dim)."""
        z = rng.normal(size=(as_count("n", n), self.latent_dim))
        return z, z @ self.weights.T + self.bias + rng.normal(scale=self.sigma, size=(n, self.data_dim))

    def _one(self, x: ArrayLike) -> np.ndarray:
        """One example as an array, or a ValueError."""
        x = as_numbers("x", x).astype("float64")
        if x.shape != (self.data_dim,):
            raise ValueError(f"x must be one example of shape ({self.data_dim},), got {x.shape}")
        return x
