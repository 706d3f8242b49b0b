"""Wrong answers to the exercises on pictures of one's own, and what each hint must say."""

import numpy as np


def groups(elbos, group):
    return np.reshape(elbos, (-1, group))


OF = {
    "gap": [
        (lambda table: np.max(table, axis=0), r"second best"),
        (lambda table: np.ptp(table, axis=0), r"worst unit"),
        (lambda table: np.sort(table, axis=1)[:, -1] - np.sort(table, axis=1)[:, -2], r"axis 0"),
        (lambda table: np.diff(np.sort(table, axis=0)[-2:], axis=0).mean(), r"no mean"),
        (lambda table: np.diff(np.sort(table, axis=0)[-2:], axis=0), r"shape"),
        (lambda table: np.diff(np.sort(table, axis=0)[:2], axis=0)[0], r"the end"),
        (lambda table: np.sort(table, axis=0)[-2] - np.sort(table, axis=0)[-1], r"The sign"),
        (lambda table: table.max(0) - np.median(table, axis=0), r"numbers differ"),
    ],
    "unusual": [
        (lambda elbos, expected, group: abs(elbos - expected), r"Average the ELBOs"),
        (lambda elbos, expected, group: groups(elbos, group).mean(1), r"How far"),
        (lambda elbos, expected, group: groups(elbos, group).mean(1) - expected, r"below"),
        (lambda elbos, expected, group: expected - groups(elbos, group).mean(1), r"above"),
        (lambda elbos, expected, group: groups(abs(elbos - expected), group).mean(1), r"cancel"),
        (lambda elbos, expected, group: abs(groups(elbos, group).sum(1) - expected), r"mean"),
        (lambda elbos, expected, group: abs(elbos.mean() - expected), r"Each group"),
        (
            lambda elbos, expected, group: abs(elbos.reshape(group, -1).mean(0) - expected),
            r"neighbours",
        ),
        (lambda elbos, expected, group: (groups(elbos, group).mean(1) - expected) ** 2, r"differ"),
    ],
}
