"""The check for the first exercise of notebook 06, the importance-weighted bound."""

import numpy as np
from scipy import special

from course.exercises.checking import Exercise, Function

_rng = np.random.default_rng(60)


def _bound(log_w: np.ndarray, k: int) -> np.ndarray:
    groups = [log_w[:, start : start + k] for start in range(0, log_w.shape[1], k)]
    return np.mean([special.logsumexp(group, axis=1) - np.log(k) for group in groups], axis=0)


def _groups(log_w: np.ndarray, k: int) -> np.ndarray:
    return log_w.reshape(len(log_w), -1, k)


def _plain(log_w: np.ndarray, axis: int) -> np.ndarray:
    """As special.logsumexp, until exp underflows."""
    return np.log(np.exp(log_w).sum(axis=axis))


def _iwae_slips(lse: Function) -> list[tuple[Function, str]]:
    """What can go wrong with either logarithm of a sum, the careful and the plain one."""
    over_pictures = (
        "You averaged over the pictures, axis=0. Every picture has a bound of its own: shape (n,)."
    )
    across = (
        "Wrong axis: you took one weight out of each group and put those together. Once the array "
        "has the shape (n, groups, k), the members of a group lie along its last axis."
    )
    return [
        (
            lambda log_w, k: lse(_groups(log_w, k), axis=2).mean(axis=1),
            "Too large by log k: you summed the weights of a group. The bound takes their mean.",
        ),
        (
            lambda log_w, k: lse(log_w, axis=1) - np.log(log_w.shape[1]),
            "You put all weights of a picture in one group: that is IWAE for k = all of them. Make "
            "groups of k, and average their logarithms.",
        ),
        (
            lambda log_w, k: lse(log_w[:, :k], axis=1) - np.log(k),
            "A right bound, from the first group only. Average over all groups of k: less noise.",
        ),
        (
            lambda log_w, k: (lse(_groups(log_w, k), axis=2) - np.log(k)).mean(),
            "One number for all pictures. The bound is wanted for each, shape (n,).",
        ),
        (
            lambda log_w, k: lse(_groups(log_w, k), axis=2) - np.log(k),
            "One number for each group. Average over the groups of a picture: shape (n,).",
        ),
        (
            lambda log_w, k: lse(log_w.reshape(-1, k), axis=1) - np.log(k),
            "One number for each group, and reshape(−1, k) has forgotten which picture a group "
            "belongs to. Keep the pictures as the first axis.",
        ),
        (lambda log_w, k: (lse(_groups(log_w, k), axis=1) - np.log(k)).mean(axis=1), across),
        (
            lambda log_w, k: (lse(_groups(log_w, k), axis=1) - np.log(log_w.shape[1] // k)).mean(1),
            across,
        ),
        (lambda log_w, k: (lse(_groups(log_w, k), axis=2) - np.log(k)).mean(axis=0), over_pictures),
        (lambda log_w, k: (lse(_groups(log_w, k), axis=0) - np.log(k)).mean(axis=1), over_pictures),
        (lambda log_w, k: lse(log_w, axis=0) - np.log(k), over_pictures),
        (lambda log_w, k: lse(log_w, axis=0) - np.log(len(log_w)), over_pictures),
        (
            lambda log_w, k: (lse(log_w.reshape(len(log_w), k, -1), axis=1) - np.log(k)).mean(1),
            "A right bound, but with other groups than asked for: reshape(n, −1, k) puts k "
            "neighbours in one group.",
        ),
        (
            lambda log_w, k: (lse(log_w.reshape(len(log_w), k, -1), axis=2) - np.log(k)).mean(1),
            "reshape(n, k, −1) makes k groups of neighbours. Asked for are groups of k.",
        ),
    ]


check_iwae = Exercise(
    right=_bound,
    cases=[
        (np.log([[1.0, 3.0, 2.0, 6.0]]), 2),
        (_rng.normal(-3, 2, size=(4, 12)), 4),
        # As pictures differ: no single number taken out of all of them saves the smallest.
        (_rng.normal([[-900.0], [-1700.0], [-2500.0]], 5, size=(3, 12)), 3),
    ],
    slips=[
        (
            lambda log_w, k: log_w.mean(axis=1),
            "The mean of the logarithms: that is the ELBO, k = 1. The mean must be taken of the "
            "*weights*, in groups of k, before the logarithm.",
        ),
        (
            lambda log_w, k: log_w.mean(axis=0),
            "Wrong axis, and the mean of the logarithms: axis 0 holds the pictures, and the mean "
            "must be taken of the *weights*, before the logarithm.",
        ),
        *(
            (
                lambda log_w, k, off=off: _groups(log_w, k).max(axis=2).mean(axis=1) - off(k),
                "You kept only the largest weight of each group. It often dominates, but "
                "the others count too: the bound takes the *mean* of all k weights.",
            )
            for off in (lambda k: 0, np.log)
        ),
        (
            lambda log_w, k: np.exp(log_w).mean(axis=1),
            "This is the mean of the weights, an estimate of P(X) itself. Where is the logarithm, "
            "group by group?",
        ),
        *_iwae_slips(special.logsumexp),
        (
            lambda log_w, k: (_plain(_groups(log_w, k), axis=2) - np.log(k)).mean(axis=1),
            "Right as long as the weights are not too small. At log w = −900 exp gives 0, and log "
            "0 is −infinity. Use scipy.special.logsumexp, which takes the largest out first.",
        ),
        *_iwae_slips(_plain),
        *(
            (
                lambda log_w, k, small=small: np.log(
                    np.exp(_groups(log_w, k)).mean(axis=2) + small
                ).mean(axis=1),
                "The small number that you add keeps −infinity away, but takes the weights' place: "
                "at log w = −900 exp gives 0, and your bound is that number's logarithm.",
            )
            for small in (*np.logspace(-5, -20, 16), 1e-30, 1e-100, 1e-300)
        ),
        (
            lambda log_w, k: (
                _plain(_groups(log_w - log_w.max(), k), axis=2).mean(axis=1)
                - np.log(k)
                + log_w.max()
            ),
            "Taking out the largest log-weight is the right idea, but you take the same one for "
            "all pictures. Where a picture's weights are far smaller, exp still gives 0.",
        ),
    ],
    praise="It rises with k, from the ELBO towards log P(X).",
)
