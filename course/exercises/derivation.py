"""Checks for the exercises of notebook 02a."""

import numpy as np
from scipy import optimize, stats

from course.exercises.checking import Exercise

_rng = np.random.default_rng(20)
_mean, _log_var = _rng.normal(size=(5, 3)), _rng.normal(-1, 1, size=(5, 3))
_small = (np.array([[0.5, -1.0], [2.0, 0.1]]), np.array([[0.2, 0.7], [0.4, -0.5]]))


def _kl(z_mean: np.ndarray, z_log_var: np.ndarray) -> np.ndarray:
    """E_Q[log Q − log P] by Gauss–Hermite quadrature, exact for these: the integrand is a
    polynomial of degree 2."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    deviation = np.exp(z_log_var / 2)
    z = z_mean[..., None] + deviation[..., None] * nodes
    integrand = stats.norm.logpdf(z, z_mean[..., None], deviation[..., None]) - stats.norm.logpdf(z)
    return (integrand @ (weights / weights.sum())).sum(axis=-1)


check_kl_to_prior = Exercise(
    right=_kl,
    cases=[_small, (_mean, _log_var)],
    slips=[
        (
            lambda m, v: 0.5 * (1 + v - m**2 - np.exp(v)).sum(axis=1),
            "Right but for the sign. A KL is never negative; yours is never positive. (In the ELBO "
            "it is subtracted, so programs often have this form, and call it −KL.)",
        ),
        (lambda m, v: 2 * _kl(m, v), "Twice too large: the ½ in front of the sum is missing."),
        (
            lambda m, v: _kl(m, v).sum(),
            "One number for the whole batch: you summed over the pictures, too. Sum over the "
            "latent variables only (axis=1).",
        ),
        (
            lambda m, v: _kl(m, v).mean(),
            "One number for the whole batch: you averaged over the pictures, too. Sum over the "
            "latent variables only (axis=1).",
        ),
        (
            lambda m, v: _kl(m, v) / m.shape[1],
            "A mean over the latent variables. For independent ones the KL is the *sum*; a mean "
            "makes it too cheap by their number.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m**2 - 1 - v),
            "One number for each latent variable. They are independent, so their KLs add up: sum "
            "over them (axis=1).",
        ),
        (
            lambda m, v: 0.5 * (v**2 + m**2 - 1 - np.log(v**2)).sum(axis=1),
            "You took z_log_var for the standard deviation σ. It is log σ²: the variance is "
            "exp(z_log_var).",
        ),
        (
            lambda m, v: 0.5 * (v + m**2 - 1 - np.log(v)).sum(axis=1),
            "You took z_log_var for the variance; but it can be negative. The variance is "
            "exp(z_log_var).",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v / 2) + m**2 - 1 - v).sum(axis=1),
            "You used the standard deviation exp(z_log_var / 2) where the variance exp(z_log_var) "
            "belongs.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(2 * v) + m**2 - 1 - 2 * v).sum(axis=1),
            "You took z_log_var for log σ. It is log σ², the logarithm of the *variance*; no "
            "further factor of 2.",
        ),
        *(
            (
                slip,
                "You used the standard deviation and half of the logarithm, that is, σ and log σ. "
                "The KL has the variance σ² = exp(z_log_var) and log σ² = z_log_var.",
            )
            for slip in (
                lambda m, v: 0.5 * (np.exp(v / 2) + m**2 - 1 - v / 2).sum(axis=1),
                lambda m, v: (np.exp(v / 2) + m**2 - 1 - v / 2).sum(axis=1),
            )
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) ** 2 + m**2 - 1 - v).sum(axis=1),
            "exp(z_log_var) is σ² already: do not square it again.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m**2 - 1 - np.log(v)).sum(axis=1),
            "z_log_var is a logarithm already, and may be negative: its logarithm is NaN there. "
            "The last term is log σ² = z_log_var itself.",
        ),
        *(
            (
                lambda m, v, s=s: s * 0.5 * (np.exp(v) - m**2 - 1 - v).sum(axis=1),
                "The sign of z_mean²: as it stands, a cloud gets cheaper the further it moves from "
                "the middle. Variance and squared mean have the same sign.",
            )
            for s in (1, -1)
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) - 1 - v).sum(axis=1),
            "The means don't occur. A cloud far from the middle must cost more: z_mean² is "
            "missing.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m - 1 - v).sum(axis=1),
            "z_mean must be squared: the cost grows with the squared distance from the middle.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m**2 - v).sum(axis=1),
            "Try Q = prior, z_mean = z_log_var = 0: the KL must be 0. The −1 for each variable "
            "is missing.",
        ),
        (
            lambda m, v: 0.5 * ((np.exp(v) + m**2 - v).sum(axis=1) - 1),
            "Try Q = prior, z_mean = z_log_var = 0: the KL must be 0. The 1 is subtracted for "
            "*each* latent variable, inside the sum.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m**2 - 1).sum(axis=1),
            "The logarithm is missing: without −z_log_var the smallest cloud would be the cheapest "
            "one.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m**2 - 1 + v).sum(axis=1),
            "The sign of z_log_var: it is subtracted. A very small cloud, log σ² → −∞, must cost "
            "much.",
        ),
        *(
            (
                lambda m, v, s=s: s * 0.5 * (1 + v - m**2 + np.exp(v)).sum(axis=1),
                "The sign of exp(z_log_var): variance and squared mean stand on the same side.",
            )
            for s in (1, -1)
        ),
        *(
            (slip, "The ½ belongs to all four terms: ½ (σ² + μ² − 1 − log σ²), summed.")
            for slip in (
                lambda m, v: 0.5 * (np.exp(v) + m**2 - 1 - v / 2).sum(axis=1),
                lambda m, v: (0.5 * np.exp(v) + m**2 - 1 - v).sum(axis=1),
                lambda m, v: (0.5 * (np.exp(v) + m**2 - 1) - v).sum(axis=1),
                lambda m, v: (0.5 * (np.exp(v) + m**2) - 1 - v).sum(axis=1),
            )
        ),
        (
            lambda m, v: _kl(v, m),
            "z_mean and z_log_var have changed places.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(-v) * (1 + m**2) - 1 + v).sum(axis=1),
            "That is the KL the other way round, of the prior from the cloud: here Q comes first.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m**2 - 1 - v).sum(axis=0),
            "You summed over the pictures. Sum over the latent variables (axis=1), for one number "
            "a picture.",
        ),
    ],
    praise="Never negative, and 0 only where Q is the prior.",
)


def _best_cloud(x: np.ndarray, a: float, sigma: float) -> np.ndarray:
    """The ELBO raised by an optimiser, for each x, as a function of m and log v."""

    def minus_elbo(q: np.ndarray, one: float) -> float:
        m, log_v = q
        v = np.exp(log_v)
        return ((one - a * m) ** 2 + a**2 * v) / (2 * sigma**2) + 0.5 * (v + m**2 - log_v)

    found = [optimize.minimize(minus_elbo, [0, 0], args=(one,), tol=1e-10).x for one in x]
    return np.array([[m, np.exp(log_v)] for m, log_v in found])


def _cloud(x: np.ndarray, mean: float, variance: float) -> np.ndarray:
    """A mean proportional to x, and one variance for all."""
    return np.stack([mean * x, np.full_like(x, variance)], axis=1)


check_best_cloud = Exercise(
    right=_best_cloud,
    cases=[
        (np.array([1.0, -2.0]), 2.0, 0.5),
        (_rng.normal(size=5), 0.7, 1.3),
    ],
    slips=[
        (
            lambda x, a, s: _cloud(x, 1 / a, s**2 / (a**2 + s**2)),
            "That mean decodes to X exactly, as if only the reconstruction counted. The KL pulls "
            "it towards 0: its term −½ m² is missing from your derivative.",
        ),
        (
            lambda x, a, s: _cloud(x, 1 / a, s**2 / a**2),
            "That is the best Q for the reconstruction and the entropy alone. The terms −½ m² and "
            "−½ v of the KL pull the mean towards 0 and make the cloud smaller.",
        ),
        (
            lambda x, a, s: _cloud(x, a / (a**2 + s**2), s**2 / a**2),
            "The mean is right. In the variance the −½ of the KL's term −½ v is missing from your "
            "derivative.",
        ),
        (
            lambda x, a, s: _cloud(x, a / (a**2 + s**2), s / np.sqrt(a**2 + s**2)),
            "The mean is right, and so is the width; but you returned the standard deviation. The "
            "question is for the variance v.",
        ),
        (
            lambda x, a, s: _cloud(x, a / (a**2 + s**2), 1 / (a**2 + s**2)),
            "The mean is right. Solve the second equation again: it says 1/v = 1 + a²/σ².",
        ),
        (
            lambda x, a, s: _cloud(x, a / (a**2 + s**2), 1 + a**2 / s**2),
            "The mean is right. Your v is upside down: 1/v = 1 + a²/σ².",
        ),
        (
            lambda x, a, s: _cloud(x, a / (a**2 + s), s / (a**2 + s)),
            "You took sigma for the variance of the noise. It is the standard deviation σ: the "
            "formula has σ².",
        ),
        (
            lambda x, a, s: _cloud(x, 1 / (a**2 + s**2), s**2 / (a**2 + s**2)),
            "The variance is right. In the mean a factor a is missing: the derivative of "
            "(X − am)² is −2a (X − am).",
        ),
        (
            lambda x, a, s: _cloud(x, a / (a + s**2), s**2 / (a**2 + s**2)),
            "The variance is right. In the mean's denominator a must be squared: the derivative of "
            "(X − am)² is −2a (X − am).",
        ),
        (
            lambda x, a, s: _cloud(x, a / (a**2 + s**2), s**2 / (a**2 + s**2)).T,
            "Right, but the wrong way round: one row for each x, with mean and variance in its two "
            "columns (np.stack with axis=1).",
        ),
        (
            lambda x, a, s: _cloud(x, a / (a**2 + s**2), s**2 / (a**2 + s**2))[:, ::-1],
            "Right, but mean and variance have changed places.",
        ),
    ],
    praise="It is the posterior of the text, although (12) does not contain the posterior.",
)
