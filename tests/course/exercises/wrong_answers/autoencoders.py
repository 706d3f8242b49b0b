"""Wrong answers to the exercises on autoencoders, and what each hint must say."""

import numpy as np
from scipy import special


def entropies(x):
    return special.entr(x) + special.entr(1 - x)


def without_care(x):
    with np.errstate(all="ignore"):
        return -np.sum(x * np.log(x) + (1 - x) * np.log(1 - x)) / len(x)


OF = {
    "entropy_floor": [
        (without_care, r"special\.entr"),
        (lambda x: entropies(x).sum(), r"Divide it by their number"),
        (lambda x: entropies(x).mean(), r"mean over the pixels"),
        (lambda x: entropies(x).sum() / len(x) / np.log(2), r"bits"),
        (lambda x: -entropies(x).sum() / len(x), r"sign"),
        (lambda x: special.entr(x).sum() / len(x), r"two terms"),
        (lambda x: entropies(x).sum(axis=(1, 2, 3)), r"shape"),
    ],
    "other_decoder": [
        (lambda a, v: a @ v, r"undo what the encoder does"),
        (lambda a, v: v, r"undo A"),
        (lambda a, v: np.transpose(a) @ v, r"rotation"),
        (lambda a, v: np.linalg.solve(a.T, v), r"not transposed"),
        (lambda a, v: v / np.linalg.det(a), r"determinant"),
        (lambda a, v: v @ np.linalg.inv(a), r"wrong side"),
        (lambda a, v: v / a, r"number by number"),
        (lambda a, v: np.linalg.inv(a), r"differ|times|right answer"),
    ],
}
