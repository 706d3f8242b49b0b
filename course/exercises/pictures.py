"""Checks for the exercises of notebook 08."""

import numpy as np

from course.exercises.checking import Exercise

_rng = np.random.default_rng(81)
_table = np.array([[0.1, 0.6, 0.0], [0.3, 0.5, 0.0], [0.0, 0.1, 0.7], [0.2, 0.0, 0.1]])


def _gap(table: np.ndarray) -> np.ndarray:
    """The best, less the best of the others."""
    best = table.argmax(axis=0)
    rest = [np.delete(column, i).max() for column, i in zip(table.T, best, strict=True)]
    return table.max(axis=0) - rest


check_gap = Exercise(
    right=_gap,
    cases=[(_table,), (_rng.random((8, 6)),), (_rng.random((6, 8)),), (_rng.random((2, 5)),)],
    slips=[
        (
            lambda table: table.max(axis=0),
            "That is the best unit's share. The gap is how far it is ahead of the second best.",
        ),
        (
            lambda table: _gap(table.T),
            "Wrong axis: a column belongs to a factor, its rows to the units. Sort along axis 0.",
        ),
        (
            lambda table: _gap(table).mean(),
            "That is the mean over factors. Each factor has a gap of its own: no mean.",
        ),
        (
            lambda table: table.max(axis=0) - table.mean(axis=0),
            "You subtracted the mean of all units. Subtract the second best.",
        ),
        (
            lambda table: table.max(axis=0) - table.min(axis=0),
            "You subtracted the worst unit. Subtract the second best.",
        ),
        (
            lambda table: -_gap(table),
            "The sign: the best minus the second best, so never below 0.",
        ),
        (
            lambda table: table[0] - table[1],
            "These are the first two rows, whatever they hold. Sort each column first.",
        ),
        (
            lambda table: np.sort(table, axis=0)[1] - np.sort(table, axis=0)[0],
            "np.sort begins with the smallest: the two largest stand at the end, [-1] and [-2].",
        ),
    ],
    praise="A gap of 0 can have two causes: no unit tells anything, or two tell the same.",
)


def _unusual(elbos: np.ndarray, expected: float, group: int) -> np.ndarray:
    return np.array(
        [abs(np.mean(some) - expected) for some in np.split(elbos, elbos.size // group)]
    )


check_unusual = Exercise(
    right=_unusual,
    cases=[
        (np.array([3.0, 5.0, 9.0, 1.0, -4.0, 2.0]), 4.0, 2),
        (_rng.normal(5000, 700, 24), 4900.0, 8),
        (_rng.normal(5000, 700, 6), 4900.0, 1),
    ],
    slips=[
        (
            lambda elbos, expected, group: np.abs(elbos - expected),
            "That is a score for each picture. Average the ELBOs of a group first.",
        ),
        (
            lambda elbos, expected, group: np.abs(elbos - expected).reshape(-1, group).mean(axis=1),
            "You averaged the distances. Average the ELBOs first, and take the distance then: "
            "what is too high and what is too low must be able to cancel.",
        ),
        (
            lambda elbos, expected, group: elbos.reshape(-1, group).mean(axis=1) - expected,
            "A group far *below* the expectation is as odd as one far above: take the absolute "
            "value.",
        ),
        (
            lambda elbos, expected, group: expected - elbos.reshape(-1, group).mean(axis=1),
            "A group far *above* the expectation is as odd as one far below: take the absolute "
            "value.",
        ),
        (
            lambda elbos, expected, group: elbos.reshape(-1, group).mean(axis=1),
            "That is the mean of each group. How far is it from `expected`?",
        ),
        (
            lambda elbos, expected, group: np.abs(elbos.reshape(group, -1).mean(axis=0) - expected),
            "Your groups are not neighbours: reshape(-1, group) has a row for each group.",
        ),
        (
            lambda elbos, expected, group: np.abs(elbos.reshape(-1, group).sum(axis=1) - expected),
            "You added the ELBOs of a group up. `expected` is of one picture: take their mean.",
        ),
        (
            lambda elbos, expected, group: np.abs(elbos.reshape(-1, group).mean() - expected),
            "One score for everything. Each group needs one: axis=1.",
        ),
    ],
    praise="The mean of a group varies less than a single ELBO, and so stands out sooner.",
)
