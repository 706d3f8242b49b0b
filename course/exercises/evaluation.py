"""Checks for the exercises of notebook 06."""

import numpy as np
from scipy import integrate, stats

from course.exercises.checking import Exercise
from course.exercises.iwae import check_iwae

__all__ = ["check_iwae", "check_share_that_counts"]


def _share(s: float) -> float:
    """1 / ∫ p²/q by numerical integration; 0 where the integral is infinite."""
    if 2 * s**2 <= 1:
        return 0.0
    p, q = stats.norm(0, 1), stats.norm(0, s)
    square = integrate.quad(lambda z: np.exp(2 * p.logpdf(z) - q.logpdf(z)), -np.inf, np.inf)
    return 1 / square[0]


def _formula(s: float) -> float:
    return np.sqrt(2 * s**2 - 1) / s**2


check_share_that_counts = Exercise(
    right=_share,
    cases=[(s,) for s in (1.0, 2.0, 0.8, 1.3, 5.0, 0.5)],
    slips=[
        (
            _formula,
            "Right for s² > ½. For a narrower proposal the integral of p²/q is infinite: then the "
            "share is 0, not the root of a negative number.",
        ),
        (
            lambda s: 1 / _share(s) if _share(s) else np.inf,
            "That is E[w²]. The share is (E[w])² / E[w²], and E[w] = 1.",
        ),
        (
            lambda s: 1 / _formula(s),
            "That is E[w²], where it exists. The share is (E[w])² / E[w²], and E[w] = 1; where "
            "E[w²] is infinite, it is 0.",
        ),
        *(
            (
                lambda s, c=c: c * _share(s),
                "Off by a constant factor. At s = 1 all weights are the same and all draws count: "
                "the share must be 1 there.",
            )
            for c in (0.5, 2, np.sqrt(2), np.sqrt(0.5), np.sqrt(2 * np.pi), 1 / np.sqrt(2 * np.pi))
        ),
        (
            lambda s: _share(s) ** 2,
            "That is its square. The Gaussian integral is √(2π/a), with a root.",
        ),
        (
            lambda s: np.sqrt(2 * s**2 - 1) / s if s**2 > 0.5 else 0.0,
            "A factor s is missing: the density of Q has 1/s in front, and 1/q brings s.",
        ),
        (
            lambda s: np.sqrt(max(2 - 1 / s**2, 0)),
            "A factor s is missing: the density of Q has 1/s in front, and 1/q brings s.",
        ),
        (
            lambda s: np.sqrt(max(2 - s**2, 0)) * s,
            "That is the other way round, with s and 1/s exchanged: E[w²] is the integral of p²/q, "
            "with the proposal below.",
        ),
        (
            lambda s: np.sqrt(2 * s - 1) / s if s > 0.5 else 0.0,
            "You took s for the variance. The proposal is N(0, s²): s is its standard deviation.",
        ),
    ],
    praise="Half as wide, and the variance is infinite; twice as wide, and two thirds of the draws "
    "still count.",
)
