"""One wrong call, and the error that it must end in."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Case(NamedTuple):
    what: str
    call: Callable[[], Any]
    words: str  # of the message; they name the argument
    error: type[Exception] | tuple[type[Exception], ...]


def case(what: str, call: Callable[[], Any], words: str, error: Any = ValueError) -> Case:
    return Case(what, call, words, error)
