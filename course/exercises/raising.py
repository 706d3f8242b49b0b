"""Checks for the exercises of notebook 02b."""

from typing import Any

import numpy as np
from scipy import optimize, stats

from course.exercises.bernoulli import check_bernoulli
from course.exercises.checking import NOT_YET, Exercise, Verdict

__all__ = ["check_bernoulli", "check_best_sigma", "check_draw"]

_rng = np.random.default_rng(22)
_mean, _log_var = _rng.normal(size=(5, 3)), _rng.normal(-1, 1, size=(5, 3))
_small = (np.array([[0.5, -1.0], [2.0, 0.1]]), np.array([[0.2, 0.7], [0.4, -0.5]]))
_noise = _rng.normal(size=(5, 3))


class _Draw(Exercise):
    """Also sees an answer that makes noise of its own, seeded, so that it repeats itself."""

    def judge(self, answer: Any) -> Verdict:
        verdict = super().judge(answer)
        if verdict.state != NOT_YET or verdict.message in {hint for _, hint in self.slips}:
            return verdict
        try:
            one, other = (
                np.asarray(answer(_mean, _log_var, noise), dtype=float)
                for noise in (_noise, 1 + 2 * _noise)
            )
        except Exception:  # `verdict` says it already
            return verdict
        if one.shape == other.shape == _mean.shape and np.array_equal(one, other):
            return Verdict(
                NOT_YET,
                "It gives the same codes whatever epsilon is. The noise is drawn already: use "
                "epsilon, and no random generator of your own (a seeded one draws the same noise "
                "on every call).",
            )
        return verdict


check_draw = _Draw(
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
        *(
            (
                slip,
                "All pictures get the same noise, the first row of epsilon. Each picture needs its "
                "own: multiply by the whole of epsilon, which has the shape of z_mean.",
            )
            for slip in (
                lambda m, v, e: m + np.exp(v / 2) * e[0],
                lambda m, v, e: m + np.exp(v / 2) * e[:1],
            )
        ),
        (
            lambda m, v, e: m + np.exp(v / 2) * e[:, :1],
            "All latent units of a picture get the same noise, the first column of epsilon. Each "
            "unit needs its own: multiply by the whole of epsilon.",
        ),
    ],
    praise="The chance comes from outside: written in keras.ops, mean and log-variance get their "
    "gradients.",
)


def _best_sigma(squared_error: np.ndarray, pixels: int) -> float:
    """The average of (18) raised by an optimiser, as a function of log σ."""

    def cost(log_sigma: float) -> float:
        return np.mean(squared_error) / (2 * np.exp(2 * log_sigma)) + pixels * log_sigma

    return np.exp(optimize.minimize_scalar(cost, bracket=(-3, 3), tol=1e-10).x)


check_best_sigma = Exercise(
    right=_best_sigma,
    cases=[
        (np.array([30.0, 50.0, 70.0]), 200),
        (_rng.uniform(1, 9, size=6), 5),
    ],
    slips=[
        (
            lambda e, d: e.mean() / d,
            "That is σ², the variance: the derivative is right. The question is for σ.",
        ),
        (
            lambda e, d: np.sqrt(e.mean()),
            "The number of pixels is missing. In (18) the logarithm counts D times, once for every "
            "pixel: σ² is the squared error *per pixel*.",
        ),
        (
            lambda e, d: np.sqrt(e.sum() / d),
            "That grows with the number of pictures. Take the mean of the squared errors over the "
            "pictures, not their sum.",
        ),
        (
            lambda e, d: np.sqrt(e / d),
            "One σ for each picture. The model has a single one: average the squared errors over "
            "the pictures before you take the root.",
        ),
        (
            lambda e, d: np.sqrt(e / d).mean(),
            "First the mean, then the root: what the average of (18) contains is the mean of the "
            "squared errors, not of their roots.",
        ),
        *(
            (
                lambda e, d, c=c: np.sqrt(c * e.mean() / d),
                "A factor is off. With v = σ² the two terms are −e / (2v) and −D/2 · log v: the ½ "
                "stands in both, and cancels.",
            )
            for c in (0.5, 2, 0.25, 4)
        ),
        (
            lambda e, d: np.sqrt(d / e.mean()),
            "Upside down: a larger error must give a larger σ.",
        ),
        (
            lambda e, d: np.sqrt(e.mean()) / d,
            "The number of pixels belongs under the root: v = σ² is the mean error divided by D.",
        ),
        (
            lambda e, d: np.sqrt(np.mean(e**2) / d),
            "The errors that you are given are squared already.",
        ),
    ],
    praise="The best noise is the root of the mean squared error per pixel. Put it into (18): what "
    "is left is −D/2 · (1 + log 2πσ²), so that a model is as good as the logarithm of its error.",
)
