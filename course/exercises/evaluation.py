"""Checks for the exercises of notebook 06."""

import numpy as np
from scipy import special

from course.exercises.checking import Exercise

_rng = np.random.default_rng(60)


def _bound(log_w: np.ndarray, k: int) -> np.ndarray:
    groups = [log_w[:, start : start + k] for start in range(0, log_w.shape[1], k)]
    return np.mean([special.logsumexp(group, axis=1) - np.log(k) for group in groups], axis=0)


check_iwae = Exercise(
    right=_bound,
    cases=[
        (np.log([[1.0, 3.0, 2.0, 6.0]]), 2),
        (_rng.normal(-3, 2, size=(4, 12)), 4),
        (_rng.normal(-900, 5, size=(3, 12)), 3),
    ],
    slips=[
        (
            lambda log_w, k: log_w.mean(axis=1),
            "The mean of the logarithms: that is the ELBO, k = 1. The mean must be taken of the "
            "*weights*, in groups of k, before the logarithm.",
        ),
        (
            lambda log_w, k: _bound(log_w, k) + np.log(k),
            "Too large by log k: you summed the weights of a group. The bound takes their mean.",
        ),
        (
            lambda log_w, k: special.logsumexp(log_w, axis=1) - np.log(log_w.shape[1]),
            "You put all weights of a picture in one group: that is IWAE for k = all of them. Make "
            "groups of k, and average their logarithms.",
        ),
        (
            lambda log_w, k: special.logsumexp(log_w[:, :k], axis=1) - np.log(k),
            "A right bound, from the first group only. Average over all groups of k: less noise.",
        ),
        (
            lambda log_w, k: np.log(np.exp(log_w).reshape(len(log_w), -1, k).mean(axis=2)).mean(
                axis=1
            ),
            "Right as long as the weights are not too small. At log w = −900 exp gives 0, and log "
            "0 is −infinity. Use scipy.special.logsumexp, which takes the largest out first.",
        ),
        (
            lambda log_w, k: _bound(log_w, k).mean(),
            "One number for all pictures. The bound is wanted for each, shape (n,).",
        ),
        (
            lambda log_w, k: (
                special.logsumexp(log_w.reshape(len(log_w), -1, k), axis=2) - np.log(k)
            ),
            "One number for each group. Average over the groups of a picture: shape (n,).",
        ),
        (
            lambda log_w, k: np.mean(
                special.logsumexp(log_w.reshape(len(log_w), k, -1), axis=1) - np.log(k), axis=1
            ),
            "A right bound, but with other groups than asked for: reshape(n, −1, k) puts k "
            "neighbours in one group.",
        ),
    ],
    praise="It rises with k, from the ELBO towards log P(X).",
)

_codes = _rng.normal(0, [1.2, 0.02, 0.5, 0.15, 0.06], size=(4000, 5))
_codes += np.array([0, 3, 0, 0, 0]) - _codes.mean(axis=0)
_log_vars = np.tile(2 * np.log([0.05, 1.0, 0.05, 0.05, 0.99]), (4000, 1))

check_active_units = Exercise(
    right=lambda z_mean, z_log_var: np.count_nonzero(
        np.square(z_mean - z_mean.mean(axis=0)).mean(axis=0) > 0.01
    ),
    cases=[
        (_codes, _log_vars),
        (_codes[:, 1:], _log_vars[:, 1:]),
        (_codes[:, :1], _log_vars[:, :1]),
    ],
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
            "one! What matters is the variance of z_mean over pictures.",
        ),
        (
            lambda m, v: np.count_nonzero(v.var(axis=0) > 0.01),
            "You took the variance of z_log_var. Burda et al. ask how the *means* vary over "
            "pictures.",
        ),
    ],
    praise="Units that say nothing about the picture cost nothing, and are not counted.",
)
