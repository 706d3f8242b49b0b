"""Checks for the exercises of notebook 11."""

import numpy as np

from course.exercises.checking import Exercise

_rng = np.random.default_rng(111)


def _coverage(away: np.ndarray, reach: np.ndarray) -> float:
    """By the nearest new picture: a ball has one inside if it has that one."""
    return float(np.mean(away.min(axis=1) <= reach))


check_coverage = Exercise(
    right=_coverage,
    cases=[
        (np.array([[0.5, 2.0], [3.0, 0.9], [4.0, 4.0]]), np.array([1.0, 1.0, 1.0])),
        (_rng.uniform(0, 2, (6, 4)), _rng.uniform(0.2, 1, 6)),
        (_rng.uniform(0, 2, (5, 5)), _rng.uniform(0.2, 1, 5)),
    ],
    slips=[
        (
            lambda away, reach: np.mean(away <= reach[:, None]),
            "That is the share of all pairs. A ball counts once, however many are inside.",
        ),
        (
            lambda away, reach: np.mean(np.any(away <= reach[:, None], axis=0)),
            "That is the share of new pictures that lie in some ball. Coverage is the share of "
            "balls: look along the other axis.",
        ),
        (
            lambda away, reach: np.sum(np.any(away <= reach[:, None], axis=1)),
            "That is how many balls are covered. What is asked for is their share.",
        ),
        (
            lambda away, reach: np.mean(np.all(away <= reach[:, None], axis=1)),
            "That asks for all new pictures to be inside. One is enough.",
        ),
        (
            lambda away, reach: np.mean(away.min(axis=1) > reach),
            "That is the share of balls without a new picture.",
        ),
    ],
    praise="A model that always draws the same picture covers next to nothing, however good it is.",
)


def _unbiased(f_n: float, n: int, f_m: float, m: int) -> float:
    """A line in 1/n through both points, where 1/n is 0."""
    slope = (f_n - f_m) / (1 / n - 1 / m)
    return f_n - slope / n


check_unbiased = Exercise(
    right=_unbiased,
    cases=[(3.0, 1000, 2.5, 2000), (10.0, 500, 7.0, 5000), (4.2, 9000, 4.5, 3000)],
    slips=[
        (
            lambda f_n, n, f_m, m: (f_n + f_m) / 2,
            "The mean of two distances that are both too large is too large.",
        ),
        (
            lambda f_n, n, f_m, m: (n * f_n + m * f_m) / (n + m),
            "That is the weighted mean, which still has a bias. Multiply each equation by its "
            "number of pictures and subtract: c drops out.",
        ),
        (
            lambda f_n, n, f_m, m: (m * f_n - n * f_m) / (m - n),
            "You have the numbers the wrong way round: n times f_n is n F + c.",
        ),
        (
            lambda f_n, n, f_m, m: (f_n - f_m) / (1 / n - 1 / m),
            "That is c. F is what remains without c/n.",
        ),
        (
            lambda f_n, n, f_m, m: 2 * f_m - f_n,
            "That holds only if m is twice n.",
        ),
    ],
    praise="With m = 2n it is 2 f_m − f_n. Its own noise is larger, though: bias for variance.",
)
