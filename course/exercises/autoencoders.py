"""Checks for the exercises of notebook 00."""

import numpy as np

from course.exercises.checking import Exercise

_rng = np.random.default_rng(22)


def _floor(x: np.ndarray) -> float:
    """Over the grey pixels only: the others cost nothing."""
    grey = x[(x > 0) & (x < 1)].astype("float64")
    return float(-np.sum(grey * np.log(grey) + (1 - grey) * np.log1p(-grey)) / len(x))


_grey = _rng.uniform(0.05, 0.95, (3, 28, 28, 1))
_mixed = np.where(_rng.random((4, 28, 28, 1)) < 0.5, _rng.integers(0, 2, (4, 28, 28, 1)), 0.3)
_cautious = np.finfo("float64").tiny

check_entropy_floor = Exercise(
    right=_floor,
    cases=[(_grey,), (_mixed,)],
    slips=[
        (
            lambda x: np.full_like(np.sum(x), np.nan) if np.any((x == 0) | (x == 1)) else _floor(x),
            "0 · log 0 came out as nan. It counts as 0: special.entr knows that.",
        ),
        (
            lambda x: _floor(x) * len(x),
            "That is the sum over all pictures. Divide it by their number.",
        ),
        (
            lambda x: _floor(x) / 784,
            "That is the mean over the pixels, too. A picture costs what its pixels cost together.",
        ),
        (
            lambda x: _floor(x) / np.log(2),
            "These are bits. In nats the logarithm is the natural one.",
        ),
        (lambda x: -_floor(x), "The sign: a cost is positive."),
        (
            lambda x: float(-np.sum(x * np.log(np.maximum(x, _cautious))) / len(x)),
            "A pixel has two terms: one for what is ink, x log x, and one for what is paper.",
        ),
    ],
    praise="Only grey pixels cost something; a picture of black and white alone has the floor 0.",
)


_v = _rng.normal(size=(3, 3))  # so small that A could stand on either side
_turn = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, -1.0], [0.5, 0.0, 1.0]])


def _undone(a: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.linalg.inv(a) @ v


check_other_decoder = Exercise(
    right=_undone,
    cases=[
        (np.array([[1.0, 4.0], [0.0, 2.0]]), np.array([[1.0, 2.0], [-1.0, 1.0]])),
        (_turn, _v),
    ],
    slips=[
        (
            lambda a, v: a @ v,
            "Now the decoder multiplies by A once more. It must undo what the encoder does.",
        ),
        (
            lambda a, v: v,
            "With the same decoder, what is reconstructed changes along with the code: undo A.",
        ),
        (
            lambda a, v: a.T @ v,
            "The transposed matrix is the inverse of a rotation, but not of every matrix.",
        ),
        (lambda a, v: np.linalg.inv(a).T @ v, "Take the inverse of A as it is, not transposed."),
        (
            lambda a, v: v @ np.linalg.inv(a),
            "The inverse is right, but on the wrong side: A is (k, k) and V is (k, 784).",
        ),
        (lambda a, v: v / a, "That divides number by number. Take the inverse of the matrix."),
        (lambda a, v: v / np.linalg.det(a), "The determinant is one number. Take the inverse."),
    ],
    praise="W A and A⁻¹ V multiply to W V, for every invertible A: the loss can't tell them apart.",
)
