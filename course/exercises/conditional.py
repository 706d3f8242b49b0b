"""Checks for the exercises of notebook 09."""

import numpy as np

from course.exercises.checking import Exercise

_rng = np.random.default_rng(91)
_near = np.array([[-2.0, -1.0, -3.0], [-1.0, -1.5, -1.2]])
_even, _uneven = np.full(3, 1 / 3), np.array([0.7, 0.2, 0.1])


def _posterior(log_p: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """By what each label is ahead of each other one: 1 / Σ_k P(x, k) / P(x, y)."""
    joint = log_p + np.log(prior)
    return 1 / np.exp(joint[:, None, :] - joint[:, :, None]).clip(max=1e300).sum(axis=2)


check_posterior = Exercise(
    right=_posterior,
    cases=[
        (_near, _uneven),
        (_rng.normal(-100, 3, (5, 4)), np.array([0.4, 0.3, 0.2, 0.1])),
        (np.array([[-1000.0, -1001.0, -1010.0], [-800.0, -790.0, -795.0]]), _uneven),
    ],
    slips=[
        (
            lambda log_p, prior: _posterior(log_p, np.ones_like(prior)),
            "You left the prior out: a label that is rare needs stronger evidence.",
        ),
        (
            lambda log_p, prior: np.exp(log_p) * prior / (np.exp(log_p) * prior).sum(1)[:, None],
            "For pictures e to the power of −1000 is 0 in the computer, and 0/0 is no number. "
            "Subtract the largest logarithm of a row first, or let SciPy do it: special.softmax.",
        ),
        (
            lambda log_p, prior: np.exp(log_p + np.log(prior)),
            "That is P(x, y). Divide by its sum over the labels, which is P(x).",
        ),
        (
            lambda log_p, prior: np.log(_posterior(log_p, prior)),
            "These are the logarithms. What is asked for is the probabilities themselves.",
        ),
        (
            lambda log_p, prior: _posterior(log_p.T, np.ones(len(log_p))).T,
            "Your columns sum to 1. It is the labels of one picture that must: a row.",
        ),
        (
            lambda log_p, prior: _posterior(log_p + prior, np.ones_like(prior)),
            "You added the prior to a logarithm. Add the logarithm of the prior.",
        ),
    ],
    praise="It is the ratio of the two that counts; their size, e to the power of −1000, cancels.",
)


def _told(counts: np.ndarray) -> float:
    """H(truth) + H(guess) − H(both)."""

    def entropy(p: np.ndarray) -> float:
        p = p[p > 0] / p.sum()
        return -np.sum(p * np.log(p))

    return entropy(counts.sum(axis=1)) + entropy(counts.sum(axis=0)) - entropy(counts.ravel())


_counts = np.array([[30.0, 10.0], [0.0, 60.0]])

check_told = Exercise(
    right=_told,
    cases=[
        (_counts,),
        (np.diag([20.0, 30.0, 50.0]),),
        (_rng.integers(1, 50, (4, 4)).astype(float),),
        (_rng.integers(0, 9, (10, 10)).astype(float),),
    ],
    slips=[
        (
            lambda counts: _told(counts) / np.log(2),
            "These are bits. In nats the logarithm is the natural one.",
        ),
        (
            lambda counts: _told(counts) * counts.sum(),
            "Divide the counts by their total first: you need probabilities.",
        ),
        (
            lambda counts: np.trace(counts) / counts.sum(),
            "That is how often the guess is right. Information is a sum over all pairs.",
        ),
        (
            lambda counts: -_told(counts),
            "The sign: the logarithm is of what came together over what chance would give.",
        ),
        (
            lambda counts: -sum(p * np.log(p) for p in (counts / counts.sum()).ravel() if p),
            "That is the entropy of the pairs. Compare each pair with what independence would "
            "give, the product of its row's and its column's share.",
        ),
        (
            lambda counts: -sum(p * np.log(p) for p in counts.sum(axis=1) / counts.sum() if p),
            "That is the entropy of the labels: as much as a perfect guess would say.",
        ),
        (
            lambda counts: (
                np.full_like(np.sum(counts), np.nan) if np.any(counts == 0) else _told(counts)
            ),
            "An empty cell gives 0 · log 0, which is to count as 0: special.rel_entr knows that.",
        ),
    ],
    praise="Independent guesses say nothing, 0 nats; perfect ones say as much as the labels hold.",
)
