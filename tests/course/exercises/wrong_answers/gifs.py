"""Wrong answers to the exercises on GIFs, and what each hint must say."""

import numpy as np


def changed_rows_and_columns(before, after):
    changed = before.astype(int) - after.astype(int) != 0
    return np.where(changed.any(1))[0], np.where(changed.any(0))[0]


def box(before, after, beyond=1):
    rows, columns = changed_rows_and_columns(before, after)
    return [columns[0], rows[0], columns[-1] + beyond, rows[-1] + beyond]


def rows_first(before, after):
    left, top, right, bottom = box(before, after)
    return top, left, bottom, right


def brighter_only(before, after):
    rows, columns = np.nonzero(before > after)
    return (
        (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        if len(rows)
        else (0, 0, 0, 0)
    )


def with_size(before, after):
    left, top, right, bottom = box(before, after)
    return left, top, right - left, bottom - top


OF = {
    "ping_pong": [
        (lambda frames: [*frames, *reversed(frames)], r"Both ends"),
        (lambda frames: frames + list(reversed(frames[:-1])), r"first frame comes twice"),
        (lambda frames: frames + list(reversed(frames[1:])), r"last frame comes twice"),
        (lambda frames: list(reversed(frames)), r"Only the way back"),
        (lambda frames: frames.reverse(), r"return"),
    ],
    "changed_box": [
        (rows_first, r"changed places"),
        (lambda before, after: box(before, after, beyond=0), r"one too small"),
        (with_size, r"width and height"),
        (brighter_only, r"either direction"),
        (lambda before, after: (0, 0, *before.T.shape), r"whole picture"),
    ],
}
