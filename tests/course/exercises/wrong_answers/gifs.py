"""Wrong answers to the exercises on GIFs, and what each hint must say."""

import itertools

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


def larger_only(before, after):
    rows, columns = np.where(after > before)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def first_and_last(before, after, beyond=1, swap=False):
    places = np.argwhere(before != after)
    first, last = places[0], places[-1] + beyond
    return np.concatenate([first, last] if swap else [first[::-1], last[::-1]])


def by_direction(before, after, beyond=1):
    left, top, right, bottom = box(before, after, beyond)
    return left, right, top, bottom


def moved(*by):
    return lambda before, after: np.add(box(before, after), by)


def with_margin(before, after):
    left, top, right, bottom = box(before, after)
    height, width = before.shape
    return [max(0, left - 1), max(0, top - 1), min(width, right + 1), min(height, bottom + 1)]


def nested(frames):
    film = list(frames)
    film.append(frames[-2:0:-1])
    return film


def generator(frames):
    yield from frames
    yield from frames[-2:0:-1]


def extended(frames):
    frames.extend(frames[-2:0:-1])
    return frames


def added(frames):
    frames += frames[-2:0:-1]
    return frames


def reversed_in_place(frames):
    back = frames
    back.reverse()
    return frames + back[1:-1]


def with_size(before, after):
    left, top, right, bottom = box(before, after)
    return left, top, right - left, bottom - top


OF = {
    "ping_pong": [
        (lambda frames: [*frames, *reversed(frames)], r"Both ends"),
        (lambda frames: frames + list(reversed(frames[:-1])), r"first frame comes twice"),
        (lambda frames: frames + list(reversed(frames[1:])), r"last frame comes twice"),
        (lambda frames: list(reversed(frames)), r"Only the way back"),
        (lambda frames: frames.reverse(), r"return.*reverse"),
        (lambda frames: frames.append(frames[-2:0:-1]), r"return.*append"),
        (nested, r"a list inside your list.*\n.*append"),
        (lambda frames: [frames, frames[-2:0:-1]], r"a list inside your list"),
        (lambda frames: [*frames, reversed(frames[1:-1])], r"iterator inside your list"),
        (generator, r"iterator \(generator\)"),
        (lambda frames: itertools.chain(frames, frames[-2:0:-1]), r"iterator \(chain\)"),
        (extended, r"result is right, but .* changes `frames` in place"),
        (added, r"result is right, but .* changes `frames` in place"),
        (reversed_in_place, r"also changes `frames` in place"),
        (lambda frames: frames + frames[1:-1], r"way back runs forwards"),
        (lambda frames: frames[:-1] + frames[:0:-1], r"list: \[\]\n.*frames = \[7\]"),
    ],
    "changed_box": [
        (rows_first, r"changed places"),
        (lambda before, after: box(before, after, beyond=0), r"one too small"),
        (with_size, r"width and height"),
        (brighter_only, r"smaller.*either direction"),
        (larger_only, r"larger.*either direction"),
        (first_and_last, r"reading order"),
        (lambda before, after: first_and_last(before, after, beyond=0), r"reading order"),
        (lambda before, after: first_and_last(before, after, swap=True), r"reading order"),
        (lambda before, after: first_and_last(before, after, 0, swap=True), r"reading order"),
        (moved(-1, -1, 1, 1), r"margin"),
        (with_margin, r"margin"),
        (moved(0, 0, 1, 1), r"one too large.*not two"),
        (moved(1, 1, 0, 0), r"Left and top are one too large"),
        (moved(1, 1, -1, -1), r"Left and top are one too large"),
        (moved(-1, -1, 0, 0), r"Left and top are one too small"),
        (moved(0, 0, -1, 0), r"Only right"),
        (moved(0, 0, 0, -1), r"Only bottom"),
        (by_direction, r"by direction"),
        (lambda before, after: by_direction(before, after, beyond=0), r"by direction"),
        (lambda before, after: np.take(box(before, after), [1, 3, 0, 2]), r"by direction"),
        (lambda before, after: (0, 0, *before.T.shape), r"whole picture"),
    ],
}
