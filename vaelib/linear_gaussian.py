"""A model whose answers are known exactly, to hold every approximation against.

What a variational autoencoder can only bound or estimate has a closed form here: the evidence P(X),
the posterior P(Z|X), the ELBO. Distributions are SciPy's frozen `multivariate_normal`.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, stats

from vaelib import _validation as check

Normal = Any  # a frozen scipy.stats.multivariate_normal, which SciPy has no public type for


def normal_kl(q: Normal, p: Normal) -> float:
    """KL[Q ‖ P] = E_{Z∼Q}[log Q(Z) − log P(Z)] between normals of any covariances: nats.

    ½ (tr(Σ_p⁻¹ Σ_q) + (μ_p − μ_q)ᵀ Σ_p⁻¹ (μ_p − μ_q) − k − log(det Σ_q / det Σ_p)), in k
    dimensions. Source: Doersch, arXiv:1606.05908, equation (6).

    >>> p, q = stats.multivariate_normal([0.0]), stats.multivariate_normal([1.0])
    >>> normal_kl(q, p)
    0.5
    """
    check.attributes("q", q, "mean", "cov")
    check.attributes("p", p, "mean", "cov")
    check.array("the mean of p", p.mean, q.dim)
    factor_q, factor_p = (np.linalg.cholesky(np.atleast_2d(normal.cov)) for normal in (q, p))
    # In terms of Σ_p = L Lᵀ: the trace and the distance are plain sums of squares.
    trace = np.square(linalg.solve_triangular(factor_p, factor_q, lower=True)).sum()
    distance = np.square(linalg.solve_triangular(factor_p, p.mean - q.mean, lower=True)).sum()
    log_det_ratio = 2 * (np.log(np.diag(factor_q)).sum() - np.log(np.diag(factor_p)).sum())
    return float(0.5 * (trace + distance - q.dim - log_det_ratio))


class LinearGaussian:
    """Z ~ N(0, I) and X = W Z + b + noise, the noise N(0, σ²I): a decoder that is one matrix.

    `weights` is W, shape (data_dim, latent_dim), `bias` is b, and `sigma` the *standard deviation*
    σ. Source: Tipping & Bishop, *Probabilistic Principal Component Analysis*, JRSS B 61.

    >>> model, x = LinearGaussian([[1.0], [2.0]], bias=[0.0, 0.0], sigma=1.0), [1.0, 2.0]
    >>> bool(np.isclose(model.elbo(x, model.posterior(x)), model.evidence.logpdf(x)))
    True
    """

    def __init__(self, weights: ArrayLike, bias: ArrayLike, sigma: float) -> None:
        self.weights = check.array("weights", weights, "data_dim", "latent_dim").astype("float64")
        self.data_dim, self.latent_dim = self.weights.shape
        self.bias = check.array("bias", bias, self.data_dim).astype("float64")
        self.sigma = check.number("sigma", sigma, above=0)

    @classmethod
    def fit(cls, x: ArrayLike, latent_dim: int) -> Self:
        """The maximum likelihood fit to data of shape (n, data_dim): Tipping & Bishop, (7), (8)."""
        x = check.array("x", x, "n", "data_dim").astype("float64")
        check.integer("latent_dim", latent_dim, 1, x.shape[1] - 1)
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(x.T, bias=True)))
        values, vectors = values[::-1], vectors[:, ::-1]
        # An eigenvector is as good as its negative: without a rule, two machines would differ.
        largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)
        variance = values[latent_dim:].mean()
        if not variance > 1e-12 * values[0]:
            raise ValueError(f"x must vary in more than {latent_dim} directions: no noise is left")
        excess = np.sqrt(np.maximum(values[:latent_dim] - variance, 0))
        weights = (vectors * np.sign(largest))[:, :latent_dim] * excess
        return cls(weights, x.mean(axis=0), np.sqrt(variance))

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
        """P(Z|X) = N(M⁻¹Wᵀ(x − b), σ²M⁻¹), M = WᵀW + σ²I, exactly, for one x, (data_dim,)."""
        noise = self.sigma**2 * np.eye(self.latent_dim)
        inverse = linalg.inv(self.weights.T @ self.weights + noise)
        mean = inverse @ self.weights.T @ (check.array("x", x, self.data_dim) - self.bias)
        return stats.multivariate_normal(mean, self.sigma**2 * inverse)

    def log_likelihood(self, x: ArrayLike, z: ArrayLike) -> np.ndarray:
        """log P(X|Z) of one x under each z of shape (n, latent_dim): nats, shape (n,)."""
        mean = check.array("z", z, "n", self.latent_dim) @ self.weights.T + self.bias
        x = check.array("x", x, self.data_dim)
        return stats.norm.logpdf(x, mean, self.sigma).sum(axis=1)

    def expected_log_likelihood(self, x: ArrayLike, q: Normal) -> float:
        """E_{Z∼Q}[log P(X|Z)] = −½ (‖x − Wμ − b‖² + tr(WΣWᵀ)) / σ² − ½ data_dim log 2πσ²: nats."""
        check.array("the mean of q", q.mean, self.latent_dim)
        residual = check.array("x", x, self.data_dim) - self.weights @ q.mean - self.bias
        spread = np.trace(self.weights @ np.atleast_2d(q.cov) @ self.weights.T)
        constant = self.data_dim * np.log(2 * np.pi * self.sigma**2)
        return float(-0.5 * ((residual @ residual + spread) / self.sigma**2 + constant))

    def elbo(self, x: ArrayLike, q: Normal) -> float:
        """E_{Z∼Q}[log P(X|Z)] − KL[Q ‖ P(Z)] for one x and any normal Q, exactly, in nats."""
        return self.expected_log_likelihood(x, q) - normal_kl(q, self.prior)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """`n` codes from the prior, shape (n, latent_dim), and their data, shape (n, data_dim)."""
        z = rng.normal(size=(check.integer("n", n), self.latent_dim))
        noise = rng.normal(scale=self.sigma, size=(n, self.data_dim))
        return z, z @ self.weights.T + self.bias + noise
