"""Checks for the exercises of notebook 05."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageChops

from course.exercises.checking import Exercise, Function

_frames = [np.full((2, 2), value) for value in range(5)]


def _there_and_back(frames: list[Any]) -> list[Any]:
    turn = (
        itertools.chain(range(len(frames) - 1), range(len(frames) - 1, 0, -1))
        if len(frames) > 1
        else [0]
    )
    return [frames[i] for i in turn]


check_ping_pong = Exercise(
    right=_there_and_back,
    cases=[([1, 2, 3, 4],), (_frames,), ([1, 2],), ([7],)],
    slips=[
        (
            lambda frames: frames + frames[::-1],
            "Both ends come twice in a row: the film stands still there. On the way back leave out "
            "the first and the last.",
        ),
        (
            lambda frames: frames + frames[-2::-1],
            "Played in a loop, the first frame comes twice in a row. The way back must end with "
            "the second one.",
        ),
        (
            lambda frames: frames + frames[-1:0:-1],
            "The last frame comes twice in a row. The way back must begin with the one before it.",
        ),
        (lambda frames: frames[::-1], "Only the way back. Forward first, then back."),
        (lambda frames: frames, "Only the way there. Append the way back."),
        (
            lambda frames: frames + frames[1:-1],
            "The way back runs forwards: the film jumps from its end to its second frame.",
        ),
    ],
    praise="In a loop no frame comes twice in a row.",
)


def _box(before: np.ndarray, after: np.ndarray) -> tuple[int, int, int, int]:
    found = ImageChops.difference(Image.fromarray(before), Image.fromarray(after)).getbbox()
    assert found is not None  # the cases all have a change
    return found


def _slip(
    changed: Function = np.not_equal,
    order: Sequence[int] = (0, 1, 2, 3),
    moved: Sequence[int] = (0, 0, 0, 0),
    reading: bool = False,
) -> Function:
    """A wrong box: of other pixels, with its edges in another order, or moved by some pixels; or
    from the first and the last pixel in reading order."""

    def box(before: np.ndarray, after: np.ndarray) -> list[int]:
        rows, columns = np.nonzero(changed(before, after))
        edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        if reading:
            edges[0], edges[2] = columns[0], columns[-1] + 1
        return [edges[i] + moved[i] for i in order]

    return box


def _size(before: np.ndarray, after: np.ndarray) -> tuple[int, int, int, int]:
    left, top, right, bottom = _box(before, after)
    return left, top, right - left, bottom - top


def _margin(before: np.ndarray, after: np.ndarray) -> tuple[int, int, int, int]:
    """A pixel more on each side, but within the picture."""
    (left, top, right, bottom), (height, width) = _box(before, after), before.shape
    return max(left - 1, 0), max(top - 1, 0), min(right + 1, width), min(bottom + 1, height)


def _pair(height: int, width: int, *changes: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    before = np.full((height, width), 100, dtype="uint8")
    after = before.copy()
    for row, column, value in changes:
        after[row, column] = value
    return before, after


_ROWS_FIRST, _INSIDE = (1, 0, 3, 2), (0, 0, -1, -1)
_swapped = "x and y have changed places: the box is (left, top, right, bottom), the column first."
_in_order = (
    "You took the first and the last changed pixel in reading order, row by row. They do give the "
    "first and the last row, but any row in between may reach further left or right."
)
_corners = (
    "You paired the edges by direction, left with right and top with bottom. Pillow's box goes by "
    "corners: (left, top, right, bottom)."
)
_margins = "You left a margin around the change. The smallest box has none."

check_changed_box = Exercise(
    right=_box,
    # In each case some pixels get lighter and some darker, so that no slip is left with nothing.
    cases=[
        _pair(3, 4, (0, 1, 60), (1, 2, 160)),
        _pair(6, 9, (1, 5, 90), (3, 7, 120), (2, 2, 101)),
        _pair(8, 5, (0, 0, 250), (7, 1, 3)),
    ],
    slips=[
        (_slip(order=_ROWS_FIRST), _swapped),
        (_slip(order=_ROWS_FIRST, moved=_INSIDE), _swapped),
        (
            _slip(moved=_INSIDE),
            "Right and bottom are one too small: like the end of a Python slice they lie one "
            "*beyond* the last changed pixel.",
        ),
        *(
            (
                _slip(moved=moved),
                f"Only {edge} is one too small. Right and bottom both lie one *beyond* the last "
                "changed pixel, like the end of a Python slice.",
            )
            for edge, moved in {"right": (0, 0, -1, 0), "bottom": (0, 0, 0, -1)}.items()
        ),
        (
            _slip(moved=(0, 0, 1, 1)),
            "Right and bottom are one too large: one beyond the last changed pixel, not two.",
        ),
        *(
            (
                _slip(moved=(1, 1, *end)),
                "Left and top are one too large: the first changed column and row belong to the "
                "box. Only its end lies beyond.",
            )
            for end in ((0, 0), (-1, -1))
        ),
        (
            _slip(moved=(-1, -1, 0, 0)),
            "Left and top are one too small: they are the first changed column and row "
            "themselves, not the ones before.",
        ),
        (_slip(moved=(-1, -1, 1, 1)), _margins),
        (_margin, _margins),
        *(
            (_slip(order=order, moved=moved), _corners)
            for order in ((0, 2, 1, 3), (1, 3, 0, 2))
            for moved in ((0, 0, 0, 0), _INSIDE)
        ),
        *(
            (_slip(order=order, moved=moved, reading=True), _in_order)
            for order in ((0, 1, 2, 3), _ROWS_FIRST)
            for moved in ((0, 0, 0, 0), _INSIDE)
        ),
        (
            _size,
            "Your last two numbers are width and height. Pillow's box has (left, top, right, "
            "bottom).",
        ),
        (
            _slip(np.greater),
            "Only pixels that got *smaller* are found. A pixel has changed if it differs, in "
            "either direction.",
        ),
        (
            _slip(np.less),
            "Only pixels that got *larger* are found. A pixel has changed if it differs, in "
            "either direction.",
        ),
        (
            lambda before, after: (0, 0, before.shape[1], before.shape[0]),
            "That is the whole picture: right, but nothing is saved. Look for rows and columns "
            "with a change.",
        ),
    ],
    praise="Pillow's ImageChops.difference(…).getbbox() gives the same.",
)
