"""Checks for the exercises of notebook 05."""

import itertools
from typing import Any

import numpy as np
from PIL import Image, ImageChops

from course.exercises.checking import Exercise

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
            lambda frames: frames + frames[-2:0:-1] if len(frames) > 1 else [],
            "Right for two frames and more. With a single one, that one should be left.",
        ),
    ],
    praise="In a loop no frame comes twice in a row.",
)


def _box(before: np.ndarray, after: np.ndarray) -> tuple[int, int, int, int]:
    found = ImageChops.difference(Image.fromarray(before), Image.fromarray(after)).getbbox()
    assert found is not None  # the cases all have a change
    return found


def _slip(
    rows_first: bool = False, inclusive: bool = False, sizes: bool = False, darker: bool = False
) -> Any:
    def box(before: np.ndarray, after: np.ndarray) -> list[int]:
        changed = before > after if darker else before != after
        rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return [0, 0, 0, 0]
        first, last = (
            [columns[0], rows[0]],
            [columns[-1] + (not inclusive), rows[-1] + (not inclusive)],
        )
        last = [columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]] if sizes else last
        return [*first[::-1], *last[::-1]] if rows_first else [*first, *last]

    return box


def _pair(height: int, width: int, *changes: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    before = np.full((height, width), 100, dtype="uint8")
    after = before.copy()
    for row, column, value in changes:
        after[row, column] = value
    return before, after


check_changed_box = Exercise(
    right=_box,
    cases=[
        _pair(3, 4, (1, 2, 160)),
        _pair(6, 9, (1, 5, 90), (3, 7, 120), (2, 2, 101)),
        _pair(8, 5, (0, 0, 250), (7, 1, 3)),
    ],
    slips=[
        (
            _slip(rows_first=True),
            "x and y have changed places: the box is (left, top, right, bottom), the column first.",
        ),
        (
            _slip(rows_first=True, inclusive=True),
            "x and y have changed places: the box is (left, top, right, bottom), the column first.",
        ),
        (
            _slip(inclusive=True),
            "Right and bottom are one too small: like the end of a Python slice they lie one "
            "*beyond* the last changed pixel.",
        ),
        (
            _slip(sizes=True),
            "Your last two numbers are width and height. Pillow's box has (left, top, right, "
            "bottom).",
        ),
        (
            _slip(darker=True),
            "Only pixels that got *smaller* are found. A pixel has changed if it differs, in "
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
