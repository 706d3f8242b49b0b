"""Checks for the exercises of notebook 10."""

import numpy as np

from course.exercises.checking import Exercise

_rng = np.random.default_rng(101)


def _best(p: np.ndarray, p_g: np.ndarray, share: float) -> np.ndarray:
    """From the odds: prior odds times the ratio of the densities."""
    odds = share / (1 - share) * p / p_g
    return odds / (1 + odds)


check_best = Exercise(
    right=_best,
    cases=[
        (np.array([0.2, 0.4]), np.array([0.2, 0.1]), 0.25),
        (_rng.uniform(0.01, 1, 6), _rng.uniform(0.01, 1, 6), 0.9),
        (_rng.uniform(0.01, 1, 6), _rng.uniform(0.01, 1, 6), 0.5),
    ],
    slips=[
        (
            lambda p, p_g, share: p / (p + p_g),
            "That is the best for equal shares. Weight each density with how common its kind is.",
        ),
        (
            lambda p, p_g, share: share * p / (p + p_g),
            "You weighted the numerator only. The denominator is the density of all pictures, "
            "real and generated: it has both weights.",
        ),
        (
            lambda p, p_g, share: 1 - _best(p, p_g, share),
            "That is the belief that x is generated.",
        ),
        (
            lambda p, p_g, share: _best(p, p_g, 1 - share),
            "You gave the share to the wrong kind: it is that of the real pictures.",
        ),
        (
            lambda p, p_g, share: np.log(share / (1 - share) * p / p_g),
            "That is the score, the logit. The sigmoid of it is the belief.",
        ),
    ],
    praise="Where both densities are equal, it believes the share. Bayes' rule does no more.",
)


def _paid(scores: np.ndarray) -> float:
    """log(1 + e^−s), from the side where e^−|s| is small."""
    return float(np.mean(np.maximum(-scores, 0) + np.log1p(np.exp(-np.abs(scores)))))


def _plain(scores: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        return float(np.mean(-np.log(1 / (1 + np.exp(-scores)))))


check_paid = Exercise(
    right=_paid,
    cases=[
        (np.array([0.0, 2.0, -1.0]),),
        (_rng.normal(size=20),),
        (np.array([-1000.0, 3.0, 1000.0]),),
    ],
    slips=[
        (
            _plain,
            "e to the power of 1000 is too large for the computer. −log σ(s) = log(1 + e^−s), "
            "and np.logaddexp(0, −s) computes that safely.",
        ),
        (
            lambda scores: -_paid(scores),
            "The sign: a probability has a logarithm below 0, and what is paid is its negative.",
        ),
        (
            lambda scores: -_paid(-scores),
            "That is log(1 − D), the saturating loss.",
        ),
        (
            lambda scores: _paid(-scores),
            "That is −log(1 − D), which the discriminator pays for generated pictures.",
        ),
        (
            lambda scores: len(scores) * _paid(scores),
            "That is the sum over the batch. What is asked for is the mean.",
        ),
        (
            lambda scores: np.mean(-scores),
            "That is the hinge objective's. Here each score goes through −log σ first.",
        ),
    ],
    praise="For very low scores it is −s, whose slope is −1: it never saturates there.",
)
