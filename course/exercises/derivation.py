"""Checks for the exercises of notebook 02."""

import numpy as np
from scipy import stats

from course.exercises.bernoulli import check_bernoulli
from course.exercises.checking import Exercise

__all__ = ["check_bernoulli", "check_draw", "check_kl_to_prior"]

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
            "latent units only (axis=1).",
        ),
        (
            lambda m, v: _kl(m, v).mean(),
            "One number for the whole batch: you averaged over the pictures, too. Sum over the "
            "latent units only (axis=1).",
        ),
        (
            lambda m, v: _kl(m, v) / m.shape[1],
            "A mean over the latent units. The KL of independent units is their *sum*; a mean "
            "makes it too cheap by the number of units, as if β = 1/latent_dim.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m**2 - 1 - v),
            "One number for each unit. They are independent, so their KLs add up: sum over the "
            "units (axis=1).",
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
            "Try Q = prior, z_mean = z_log_var = 0: the KL must be 0. The −1 for each latent unit "
            "is missing.",
        ),
        (
            lambda m, v: 0.5 * ((np.exp(v) + m**2 - v).sum(axis=1) - 1),
            "Try Q = prior, z_mean = z_log_var = 0: the KL must be 0. The 1 is subtracted for "
            "*each* latent unit, inside the sum.",
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
            "You summed over the pictures. Sum over the latent units (axis=1): one number for each "
            "picture.",
        ),
    ],
    praise="Never negative, and 0 only where Q is the prior.",
)


_noise = _rng.normal(size=(5, 3))

check_draw = Exercise(
    right=lambda z_mean, z_log_var, epsilon: stats.norm(z_mean, np.exp(z_log_var / 2)).ppf(
        stats.norm.cdf(epsilon)
    ),
    cases=[(*_small, np.array([[1.0, -0.5], [0.3, 2.0]])), (_mean, _log_var, _noise)],
    slips=[
        (
            lambda m, v, e: m + np.exp(v) * e,
            "You scaled the noise by the variance exp(z_log_var). It is the standard deviation "
            "that scales: its square root.",
        ),
        (
            lambda m, v, e: m + v * e,
            "You took z_log_var for the standard deviation. It is log σ², so σ = exp(z_log_var / "
            "2).",
        ),
        (lambda m, v, e: np.exp(v / 2) * e, "The cloud stands around 0. Add its mean."),
        (
            lambda m, v, e: m + e,
            "The cloud has a size, too: scale the noise by σ = exp(z_log_var / 2).",
        ),
        (
            lambda m, v, e: m + np.sqrt(v) * e,
            "√z_log_var would be right if it were the variance. It is the variance's logarithm, "
            "and may be negative.",
        ),
        (
            lambda m, v, e: m * e + np.exp(v / 2),
            "Mean and deviation have changed places: the noise is multiplied by σ.",
        ),
        (lambda m, v, e: m, "That is the mean of the cloud: nothing is drawn. Use epsilon."),
        (
            lambda m, v, e: m + np.exp(v) / 2 * e,
            "Half of the variance (`x ** 1 / 2` is half of x). The root of exp(z_log_var) is "
            "exp(z_log_var / 2).",
        ),
        (
            lambda m, v, e: (m + np.exp(v / 2)) * e,
            "Without brackets: only the deviation is multiplied by the noise, then the mean is "
            "added.",
        ),
        (
            lambda m, v, e: m + np.exp(v / 2),
            "Nothing is drawn: multiply the deviation by the noise epsilon.",
        ),
        (
            lambda m, v, e: m + v / 2 * e,
            "z_log_var / 2 is log σ. The noise is scaled by σ itself: take exp.",
        ),
        (
            lambda m, v, e: m + np.exp(-v / 2) * e,
            "That is 1 / σ: small clouds become large. σ = exp(+z_log_var / 2).",
        ),
        (
            lambda m, v, e: m + np.exp(2 * v) * e,
            "The root is half of the logarithm, not twice: σ = exp(z_log_var / 2).",
        ),
        (
            lambda m, v, e: (m + e) * np.exp(v / 2),
            "You scaled the mean, too. First scale the noise, then add the mean.",
        ),
        (
            lambda m, v, e: m - np.exp(v / 2) * e,
            "Distributed as it should be, since the noise is symmetric; but the rule is z = μ + "
            "σ·ε.",
        ),
    ],
    praise="The chance comes from outside: written in keras.ops, mean and log-variance get their "
    "gradients.",
)
