"""Checks for the exercises of notebook 02."""

import numpy as np
from scipy import special, stats

from vaelib.exercises.checking import Exercise

_rng = np.random.default_rng(20)
_mean, _log_var = _rng.normal(size=(5, 3)), _rng.normal(-1, 1, size=(5, 3))
_small = (np.array([[0.5, -1.0]]), np.array([[0.2, -0.7]]))


def _kl(z_mean: np.ndarray, z_log_var: np.ndarray) -> np.ndarray:
    """E_Q[log Q − log P] by Gauss–Hermite quadrature, exact for these: the integrand is a polynomial of degree 2."""
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
            "Right but for the sign. A KL is never negative; yours is never positive. (In the ELBO it is subtracted, "
            "so "
            "programs often have this form, and call it −KL.)",
        ),
        (lambda m, v: 2 * _kl(m, v), "Twice too large: the ½ in front of the sum is missing."),
        (
            lambda m, v: _kl(m, v).sum(),
            "One number for the whole batch: you summed over the pictures, too. Sum over the latent units only "
            "(axis=1).",
        ),
        (
            lambda m, v: _kl(m, v).mean(),
            "One number for the whole batch: you averaged over the pictures, too. Sum over the latent units only "
            "(axis=1).",
        ),
        (
            lambda m, v: _kl(m, v) / m.shape[1],
            "A mean over the latent units. The KL of independent units is their *sum*; a mean makes it too cheap by "
            "the "
            "number of units, as if β = 1/latent_dim.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m**2 - 1 - v),
            "One number for each unit. They are independent, so their KLs add up: sum over the units (axis=1).",
        ),
        (
            lambda m, v: 0.5 * (v**2 + m**2 - 1 - np.log(v**2)).sum(axis=1),
            "You took z_log_var for the standard deviation σ. It is log σ²: the variance is exp(z_log_var).",
        ),
        (
            lambda m, v: 0.5 * (v + m**2 - 1 - np.log(v)).sum(axis=1),
            "You took z_log_var for the variance; but it can be negative. The variance is exp(z_log_var).",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v / 2) + m**2 - 1 - v).sum(axis=1),
            "You used the standard deviation exp(z_log_var / 2) where the variance exp(z_log_var) belongs.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(2 * v) + m**2 - 1 - 2 * v).sum(axis=1),
            "You took z_log_var for log σ. It is log σ², the logarithm of the *variance*; no further factor of 2.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) - 1 - v).sum(axis=1),
            "The means don't occur. A cloud far from the middle must cost more: z_mean² is missing.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m - 1 - v).sum(axis=1),
            "z_mean must be squared: the cost grows with the squared distance from the middle.",
        ),
        (
            lambda m, v: 0.5 * (np.exp(v) + m**2 - v).sum(axis=1),
            "Try Q = prior, z_mean = z_log_var = 0: the KL must be 0. The −1 for each unit is missing.",
        ),
    ],
    praise="Never negative, and 0 only where Q is the prior.",
)


def _log_likelihood(x: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return (x * special.log_expit(logits) + (1 - x) * special.log_expit(-logits)).sum(axis=1)


def _p(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


_grey = _rng.random((4, 6))

check_bernoulli = Exercise(
    right=_log_likelihood,
    cases=[
        (np.array([[1.0, 0.0, 0.5]]), np.array([[2.0, -1.0, 0.3]])),
        (_grey, _rng.normal(0, 2, size=(4, 6))),
        (np.array([[1.0, 0.0, 1.0, 0.0]]), np.array([[800.0, -800.0, -800.0, 800.0]])),
    ],
    slips=[
        (
            lambda x, a: -_log_likelihood(x, a),
            "That is the cross-entropy, minus the log-likelihood. The logarithm of a probability is never positive.",
        ),
        (
            lambda x, a: _log_likelihood(x, a) / x.shape[1],
            "A mean over the pixels. The probability of a picture is the product over its pixels, its logarithm their "
            "*sum*. (With 784 pixels the mean makes the KL weigh 784 times as much.)",
        ),
        (
            lambda x, a: _log_likelihood(x, a).sum(),
            "One number for the whole batch. Sum over the pixels only (axis=1), one number for each picture.",
        ),
        (
            lambda x, a: _log_likelihood(x, a).mean(),
            "One number for the whole batch. Sum over the pixels only (axis=1), one number for each picture.",
        ),
        (
            lambda x, a: (x * np.log(_p(a)) + (1 - x) * np.log(1 - _p(a))).sum(axis=1),
            "Right for small logits. But at a logit of 800 the exponential overflows or 1 − p rounds to 0, and the "
            "result is "
            "NaN or −infinity. Take log p straight from the logit: −log(1 + e^−a) = −np.logaddexp(0, −a).",
        ),
        (
            lambda x, a: (x * a - np.log(1 + np.exp(a))).sum(axis=1),
            "Right for small logits. But at a logit of 800 exp overflows. np.logaddexp(0, a) is log(1 + e^a) without "
            "that.",
        ),
        *(
            (
                lambda x, a, e=e: (x * np.log(_p(a).clip(e, 1 - e)) + (1 - x) * np.log(1 - _p(a).clip(e, 1 - e))).sum(
                    1
                ),
                "Clipping p avoids the infinity, but changes the answer: a decoder that is wrong by 800 nats looks "
                "wrong by "
                "16 or so, and gets no gradient there. Use the logits themselves: np.logaddexp(0, a) = log(1 + e^a).",
            )
            for e in (1e-12, 1e-10, 1e-8, 1e-7, 1e-6)
        ),
        (
            lambda x, a: (x * np.log(a) + (1 - x) * np.log(1 - a)).sum(axis=1),
            "You took the logits for probabilities. They can be any number; p = 1 / (1 + e^−logit).",
        ),
        (
            lambda x, a: (x * special.log_expit(a)).sum(axis=1),
            "Half of it: pixels that are *not* inked say something, too. The term (1 − x) log(1 − p) is missing.",
        ),
    ],
    praise="Also where the logits are huge.",
)

_noise = _rng.normal(size=(5, 3))

check_draw = Exercise(
    right=lambda z_mean, z_log_var, epsilon: stats.norm(z_mean, np.exp(z_log_var / 2)).ppf(stats.norm.cdf(epsilon)),
    cases=[(*_small, np.array([[1.0, -0.5]])), (_mean, _log_var, _noise)],
    slips=[
        (
            lambda m, v, e: m + np.exp(v) * e,
            "You scaled the noise by the variance exp(z_log_var). It is the standard deviation that scales: its "
            "square root.",
        ),
        (
            lambda m, v, e: m + v * e,
            "You took z_log_var for the standard deviation. It is log σ², so σ = exp(z_log_var / 2).",
        ),
        (lambda m, v, e: np.exp(v / 2) * e, "The cloud stands around 0. Add its mean."),
        (lambda m, v, e: m + e, "The cloud has a size, too: scale the noise by σ = exp(z_log_var / 2)."),
        (
            lambda m, v, e: m + np.sqrt(v) * e,
            "√z_log_var would be right if it were the variance. It is the variance's logarithm, and may be negative.",
        ),
        (
            lambda m, v, e: m * e + np.exp(v / 2),
            "Mean and deviation have changed places: the noise is multiplied by σ.",
        ),
        (lambda m, v, e: m, "That is the mean of the cloud: nothing is drawn. Use epsilon."),
    ],
    praise="Mean and log-variance now get gradients, and the chance comes from outside.",
)
