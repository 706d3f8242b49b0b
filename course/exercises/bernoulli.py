"""The check of a Bernoulli log-likelihood, for notebook 02b."""

import numpy as np
from scipy import special

from course.exercises.checking import Exercise

_rng = np.random.default_rng(21)


def _log_likelihood(x: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return (x * special.log_expit(logits) + (1 - x) * special.log_expit(-logits)).sum(axis=1)


def _p(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def _with_probabilities(x: np.ndarray, p: np.ndarray, added: float) -> np.ndarray:
    return (x * np.log(p + added) + (1 - x) * np.log(1 - p + added)).sum(axis=1)


_grey = _rng.random((4, 6))

check_bernoulli = Exercise(
    right=_log_likelihood,
    cases=[
        (
            np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 1.0]]),
            np.array([[0.7, 0.2, 0.4], [-1.0, 2.0, 0.1]]),
        ),
        (_grey, _rng.normal(0, 2, size=(4, 6))),
        (np.array([[1.0, 0.0, 1.0, 0.0]]), np.array([[800.0, -800.0, -800.0, 800.0]])),
    ],
    slips=[
        (
            lambda x, a: -_log_likelihood(x, a),
            "That is the cross-entropy, minus the log-likelihood. The logarithm of a probability "
            "is never positive.",
        ),
        (
            lambda x, a: _log_likelihood(x, a) / x.shape[1],
            "A mean over the pixels. The probability of a picture is the product over its pixels, "
            "its logarithm their *sum*. (With 784 pixels the mean makes the KL weigh 784 times as "
            "much.)",
        ),
        (
            lambda x, a: _log_likelihood(x, a).sum(),
            "One number for the whole batch. Sum over the pixels only (axis=1), one number for "
            "each picture.",
        ),
        (
            lambda x, a: _log_likelihood(x, a).mean(),
            "One number for the whole batch. Sum over the pixels only (axis=1), one number for "
            "each picture.",
        ),
        (
            lambda x, a: (x * np.log(_p(a)) + (1 - x) * np.log(1 - _p(a))).sum(axis=1),
            "Right for small logits. But at a logit of 800 exp overflows, or p rounds to 0 or 1, "
            "and the result is NaN or −infinity. Take log p straight from the logit: −log(1 + "
            "e^−a) = −np.logaddexp(0, −a).",
        ),
        (
            lambda x, a: (x * a - np.log(1 + np.exp(a))).sum(axis=1),
            "Right for small logits. But at a logit of 800 exp overflows, or p rounds to 0 or 1. "
            "np.logaddexp(0, a) is log(1 + e^a) without that.",
        ),
        (
            lambda x, a: (x * a - np.logaddexp(0, -a)).sum(axis=1),
            "Nearly: it is the sign inside the logarithm. Beside x·a stands log(1 − p) = −log(1 + "
            "e^a), which is −np.logaddexp(0, a). Yours has −log(1 + e^−a), which is log p.",
        ),
        *(
            (
                slip,
                "Clipping p (Keras does it for you), or adding a small number to it, avoids the "
                "infinity, but changes the answer: a decoder wrong by 800 nats looks wrong by some "
                "twenty, and gets no gradient there. Use the logits themselves: np.logaddexp(0, a) "
                "= log(1 + e^a).",
            )
            for e in (1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5)
            for slip in (
                lambda x, a, e=e: _with_probabilities(x, _p(a).clip(e, 1 - e), 0),
                lambda x, a, e=e: _with_probabilities(x, _p(a), e),
            )
        ),
        (
            lambda x, a: (x * np.log(a) + (1 - x) * np.log(1 - a)).sum(axis=1),
            "You took the logits for probabilities. They can be any number; p = 1 / (1 + "
            "e^−logit).",
        ),
        (
            lambda x, a: (x * special.log_expit(a)).sum(axis=1),
            "Half of it: pixels that are *not* inked say something, too. The term (1 − x) log(1 − "
            "p) is missing.",
        ),
        (
            lambda x, a: ((1 - x) * special.log_expit(-a)).sum(axis=1),
            "Half of it: pixels that *are* inked say something, too. The term x log p is missing.",
        ),
        *(
            (
                lambda x, a, most=most: _log_likelihood(x, np.clip(a, -most, most)),
                "Clipping the logits changes the answer: a decoder that is wrong by 800 nats looks "
                "wrong by fewer, and gets no gradient there. np.logaddexp(0, a) = log(1 + e^a) "
                "needs no clipping.",
            )
            for most in (20, 30, 50, 100, 500)
        ),
        *(
            (
                lambda x, a, black=black: _log_likelihood(black(x), a),
                "Pixels may be grey: x itself weighs the two terms, do not round it.",
            )
            for black in (np.round, lambda x: (x > 0.5) * 1.0, lambda x: (x >= 0.5) * 1.0)
        ),
        (lambda x, a: _log_likelihood(a, x), "x and logits have changed places."),
        (
            lambda x, a: (x * special.log_expit(a) + (1 - x) * special.log_expit(-a)).sum(axis=0),
            "You summed over the pictures. Sum over the pixels (axis=1): one number for each "
            "picture.",
        ),
        (
            lambda x, a: _log_likelihood(x, -a),
            "p and 1 − p have changed places: p = 1 / (1 + e^−logit), so that large logits mean "
            "ink.",
        ),
        *(
            (
                lambda x, a, s=s: (
                    s * (x * special.log_expit(a) - (1 - x) * special.log_expit(-a)).sum(axis=1)
                ),
                "One of the two terms has the wrong sign: both are logarithms of probabilities, "
                "and negative.",
            )
            for s in (1, -1)
        ),
        (
            lambda x, a: -_log_likelihood(x, a) / x.shape[1],
            "That is the cross-entropy as Keras averages it: a mean over the pixels, and minus the "
            "log-likelihood.",
        ),
        (
            lambda x, a: x * special.log_expit(a) + (1 - x) * special.log_expit(-a),
            "One number for each pixel. Their logarithms add up: sum over the pixels (axis=1).",
        ),
    ],
    praise="Also where the logits are huge.",
)
