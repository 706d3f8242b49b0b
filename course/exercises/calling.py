"""How an answer is called: it may fail, and it cannot spoil the cases, even if it tries."""

import copy
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

Function = Callable[..., Any]


def quietly(function: Function, case: Sequence[Any]) -> Any:
    """What it returns, or the exception that it raises; with copies, so that no answer spoils the
    next case."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return function(*copy.deepcopy(list(case)))
        except Exception as error:
            return error


def spoilt(function: Function, cases: Sequence[Sequence[Any]], names: Iterable[str]) -> str | None:
    """The argument that the answer changes in place, if any, and what is wrong with that."""

    def left(*given: Any) -> tuple[Any, ...]:
        function(*given)
        return given

    for case in cases:
        after = quietly(left, case)
        if isinstance(after, Exception):
            continue
        for name, now, before in zip(names, after, case, strict=False):
            if not _same(now, before):
                return (
                    f"`{name}` in place. That belongs to the caller, who may still need it as it "
                    "was: leave it alone, and build the result from something new."
                )
    return None


def _same(now: Any, before: Any) -> bool:
    """Whether an argument is still what it was; of a list, every item."""
    if isinstance(before, list):
        return len(now) == len(before) and all(map(_same, now, before))
    if isinstance(before, np.ndarray):
        return np.array_equal(now, before, equal_nan=before.dtype.kind == "f")
    return not isinstance(before, int | float | str) or bool(np.all(now == before))


def short(value: Any) -> str:
    """An argument or a result on one line."""
    if not isinstance(value, np.ndarray):
        return repr(value)
    if value.size > 12:
        return f"an array of shape {value.shape}"
    return np.array2string(value, precision=4, separator=", ").replace("\n", "")
