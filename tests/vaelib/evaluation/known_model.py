"""A model whose evidence and posterior are known exactly, and some Q that are not its posterior."""

import numpy as np
from scipy import stats

from vaelib.linear_gaussian import LinearGaussian

MODEL = LinearGaussian(
    [[1.0, 0.3], [-0.5, 0.8], [0.2, 0.9], [0.7, 0.0]], [0.1, 0.0, -0.3, 0.5], 0.4
)
X = MODEL.sample(6, np.random.default_rng(0))[1]
MEAN = np.stack([MODEL.posterior(x).mean for x in X]) + 0.1
LOG_VAR = np.tile(np.log([0.15, 0.1]), (6, 1))
Q = [stats.multivariate_normal(m, np.diag(np.exp(v))) for m, v in zip(MEAN, LOG_VAR, strict=True)]

EVIDENCE = MODEL.evidence.logpdf(X)
ELBO = np.array([MODEL.elbo(x, q) for x, q in zip(X, Q, strict=True)])


def paired(x, z):
    """log P(x_i|z_i)."""
    return stats.norm.logpdf(x, z @ MODEL.weights.T + MODEL.bias, MODEL.sigma).sum(axis=1)


def pairwise(x, z):
    """log P(x_i|z_j)."""
    return np.stack([MODEL.log_likelihood(each, z) for each in x])
