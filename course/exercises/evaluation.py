"""Checks for the exercises of notebook 06."""

import numpy as np

from course.exercises.checking import Exercise
from course.exercises.iwae import check_iwae

__all__ = ["check_active_units", "check_iwae"]

_rng = np.random.default_rng(60)

# Seven units: the mean's standard deviation over pictures, its average, and the clouds' variance.
# The fourth and the sixth have large clouds, yet are active; the fifth has small ones, yet is not.
_codes = _rng.normal(0, [1.2, 0.004, 0.5, 0.17, 0.07, 0.05**0.5, 0.05], size=(4000, 7))
_codes += np.array([0, 3, 0, 0, 0, 0, 0]) - _codes.mean(axis=0)
_log_vars = np.log([0.2, 1.0, 0.0025, 1.02, 0.3, 0.9, 1.003])
_log_vars = _log_vars + _rng.normal(0, [0.2, 0, 0, 0, 0.5, 0, 0], size=(4000, 7))

check_active_units = Exercise(
    right=lambda z_mean, z_log_var: np.count_nonzero(
        np.square(z_mean - z_mean.mean(axis=0)).mean(axis=0) > 0.01
    ),
    # The first unit alone, and beside each other: their numbers tell which units were counted.
    cases=[(_codes, _log_vars)]
    + [(_codes[:, units], _log_vars[:, units]) for units in ([0], *([0, i] for i in range(1, 7)))],
    slips=[
        (
            lambda m, v: np.count_nonzero(m.std(axis=0) > 0.01),
            "You compared the standard deviation with 0.01. The threshold is for the *variance* of "
            "the means.",
        ),
        (
            lambda m, v: np.count_nonzero(m.var(axis=1) > 0.01),
            "You took the variance over the units of a picture. A unit is active if its mean "
            "differs between *pictures*: axis=0.",
        ),
        (
            lambda m, v: (m.var(axis=0) > 0.01).astype(float),
            "You return which units are active. How many are they?",
        ),
        (
            lambda m, v: np.count_nonzero(np.square(m).mean(axis=0) > 0.01),
            "A mean that stands far from 0, but in the same place for all pictures, tells nothing "
            "about them. Subtract the average over pictures: variance.",
        ),
        (
            lambda m, v: np.count_nonzero(np.abs(m.mean(axis=0)) > 0.01),
            "You looked at how far the average is from 0. The question is how much the means "
            "differ between pictures.",
        ),
        (
            lambda m, v: np.count_nonzero(np.exp(v).mean(axis=0) > 0.01),
            "You looked at the clouds' own variances, exp(z_log_var). An unused unit has a large "
            "one. What matters is the variance of z_mean over pictures.",
        ),
        *(
            (
                lambda m, v, below=below: np.count_nonzero(np.exp(v).mean(axis=0) < below),
                "You counted the units with small clouds, by exp(z_log_var). An active unit often "
                "has them, but need not. What matters is the variance of z_mean over pictures.",
            )
            for below in (0.1, 0.5, 0.95)
        ),
        (
            lambda m, v: np.count_nonzero(m.var(axis=0) > np.exp(v).mean(axis=0)),
            "You compared the variance of the means with the clouds' own. A unit can be "
            "active although its clouds are large: only the threshold of 0.01 counts.",
        ),
        (
            lambda m, v: np.count_nonzero(m.var(axis=0) > 0.01 * np.exp(v).mean(axis=0)),
            "You divided the variance of the means by that of the clouds. The rule asks for the "
            "variance of the means alone.",
        ),
        (
            lambda m, v: np.count_nonzero(
                (np.exp(v) + np.square(m) - 1 - v).mean(axis=0) / 2 > 0.01
            ),
            "You counted the units with a KL divergence. A unit can have one and still be the same "
            "for all pictures. The rule asks how much z_mean varies over them.",
        ),
        (
            lambda m, v: m.shape[1],
            "You counted all units. Only those count whose mean varies enough over the pictures.",
        ),
        (
            lambda m, v: np.count_nonzero(m.var(axis=0) <= 0.01),
            "These are the *inactive* units: the comparison is the wrong way round.",
        ),
        (
            lambda m, v: np.count_nonzero(m.var() > 0.01),
            "You took one variance over everything, pictures and units. Each unit needs one of its "
            "own.",
        ),
        *(
            (
                lambda m, v, of=of: np.count_nonzero(of(v).var(axis=0) > 0.01),
                "You took the variance over pictures, but of z_log_var. Burda et al. ask how the "
                "*means* vary.",
            )
            for of in (np.asarray, np.exp)
        ),
    ],
    praise="Units that say nothing about the picture are not counted, whatever they cost.",
)
