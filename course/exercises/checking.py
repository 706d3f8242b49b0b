"""How an answer is judged: against the right one, and against the wrong ones that many people give
first."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from course.exercises.calling import Function, quietly, short, spoilt

WAITING, NOT_YET, RIGHT = "waiting", "not yet", "right"


@dataclass(frozen=True)
class Verdict:
    """What became of an answer: `state` is "waiting", "not yet" or "right"; `message` says more,
    for the learner."""

    state: str
    message: str

    def __str__(self) -> str:
        return (
            f"{ {WAITING: '…', NOT_YET: '✗ Not yet.', RIGHT: '✓ Right.'}[self.state] } "
            f"{self.message}"
        )


@dataclass(frozen=True, repr=False)
class Exercise:
    """A check for one function: call it with an answer, and it prints what it thinks of it.

    An answer is right if it agrees with `right` on every case. If it does not, but agrees with one
    of the `slips`, the learner reads that slip's hint; otherwise what can be seen from outside: an
    error, a shape, a factor, one example.

    Args:
        right: gives the right answer, by another way than the one that the exercise asks for.
        cases: lists of arguments, the first of them small enough to be shown.
        slips: common wrong answers with the hint for each.
        praise: what follows "Right."
        prepare: makes a function of the answer, if that is something else, such as a class.
        tolerance: how far an answer may be off, relative to the right one's largest value.
    """

    right: Function
    cases: Sequence[Sequence[Any]]
    slips: Sequence[tuple[Function, str]]
    praise: str
    prepare: Callable[[Any], Function] = lambda answer: answer
    tolerance: float = 1e-4

    def __repr__(self) -> str:
        return "A check: call it with your function, without brackets behind the function's name."

    def __call__(self, answer: Any) -> None:
        """Judge, and print, in lines that JupyterLab need not break."""
        lines = str(self.judge(answer)).splitlines()
        print("\n".join(textwrap.fill(line, 88) for line in lines))

    def judge(self, answer: Any) -> Verdict:
        """What is to be said about an answer; TypeError if it is not a function (or class)."""
        if not callable(answer):
            raise TypeError(
                f"answer must be the function itself, without brackets or arguments, got {answer!r}"
            )
        function, results = self.prepare(answer), []
        for case in self.cases:
            result = quietly(function, case)
            if result is ... or isinstance(result, NotImplementedError):
                return Verdict(
                    WAITING,
                    "Waiting for your answer: write it in the cell above, run that, then this one.",
                )
            if (fault := self._fault(result, case)) is not None:
                return Verdict(NOT_YET, fault)
            results.append(np.asarray(result, dtype=float))
        wanted = [np.asarray(quietly(self.right, case), dtype=float) for case in self.cases]
        changed = spoilt(function, self.cases, signature(self.right).parameters)
        if self._agree(results, wanted):
            if changed:
                return Verdict(NOT_YET, f"The result is right, but your function changes {changed}")
            return Verdict(RIGHT, self.praise)
        if self._by_chance(function, results):
            return Verdict(
                NOT_YET,
                "It gives something else each time. Chance must come from the arguments alone.",
            )
        # A result of nothing but NaN is like every other such result, and says nothing of where it
        # comes from.
        if any(np.isfinite(result).any() for result in results):
            for slip, hint in self.slips:
                if self._agree(
                    results, [np.asarray(quietly(slip, case), dtype=float) for case in self.cases]
                ):
                    return Verdict(NOT_YET, hint)
        also = f"\nYour function also changes {changed}" if changed else ""
        return Verdict(NOT_YET, self._from_outside(results, wanted) + also)

    def _by_chance(self, function: Function, results: Sequence[np.ndarray]) -> bool:
        """Whether a second call gives something else."""
        again = [quietly(function, case) for case in self.cases]
        if any(isinstance(result, Exception) for result in again):
            return True
        return not self._agree([np.asarray(result, dtype=float) for result in again], results)

    def _fault(self, result: Any, case: Sequence[Any]) -> str | None:
        """What is wrong with a result that is no array of numbers."""
        if isinstance(result, Exception):
            return f"It stops with {type(result).__name__}: {result}\n{self._call(case)}"
        if result is None:
            in_place = (
                " Or is None what you return? Methods that change a list in place, such as append, "
                "extend and reverse, give nothing back."
                if any(isinstance(value, list) for value in case)
                else ""
            )
            return f"It returns None. Is a `return` missing?{in_place}\n{self._call(case)}"
        if isinstance(result, Iterator):
            return (
                f"It returns an iterator ({type(result).__name__}), which can be read only once "
                "and has no length. What is wanted can be read again, like a list or an array."
            )
        try:
            numbers = (
                np.asarray(result, dtype=float).size and np.asarray(result).dtype.kind not in "US"
            )
        except (TypeError, ValueError):
            numbers = False
        if numbers:
            return None
        for item in result if isinstance(result, (list, tuple)) else ():
            if isinstance(item, (list, tuple, Iterator)):
                return (
                    f"There is a {type(item).__name__} inside your {type(result).__name__}, as a "
                    f"single item: {result!r:.100}\nIts own items should stand there instead. "
                    "(`append` always adds exactly one item.)"
                )
        found = f"{type(result).__name__}: {result!r:.100}"
        return f"It should return numbers, but returns {found}\n{self._call(case)}"

    def _agree(
        self, results: Sequence[np.ndarray], wanted: Sequence[np.ndarray], slack: float = 1
    ) -> bool:
        tolerance = slack * self.tolerance
        for one, other in zip(results, wanted, strict=True):
            size = np.abs(other[np.isfinite(other)]).max(initial=1e-12)
            if one.shape != other.shape or not np.allclose(
                one, other, tolerance, tolerance * size, True
            ):
                return False
        return True

    def _from_outside(self, results: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> str:
        """The difference in words, for an answer that nobody foresaw."""
        three = list(zip(self.cases, results, wanted, strict=True))
        # A wrong shape first: numbers of two shapes can't be compared.
        for case, mine, right in sorted(three, key=lambda each: each[1].shape == each[2].shape):
            if self._agree([mine], [right]):
                continue
            if mine.shape != right.shape:
                asked = (
                    f"The shape should be {right.shape}"
                    if right.shape
                    else "It should be one number, shape ()"
                )
                return f"{asked}; yours has shape {mine.shape}.\n{self._call(case)}"
            if np.isfinite(right).all() and not np.isfinite(mine).all():
                found = "NaN" if np.isnan(mine).any() else "infinity"
                return f"It returns {found}.\n{self._call(case)}"
            break
        if self._agree(results, wanted, slack=50):
            return (
                "Nearly right, but not to four digits. Is something rounded, or half as precise as "
                "usual (float16)?"
            )
        mine, right = (
            np.concatenate([np.ravel(one) for one in each]) for each in (results, wanted)
        )
        with np.errstate(all="ignore"):
            ratio, offset = np.nanmedian(mine / right), np.median(mine - right)
        if np.isfinite(ratio) and ratio and self._agree([mine], [ratio * right]):
            return f"Everywhere yours is {ratio:.4g} times the right answer."
        if self._agree([mine], [right + offset]):
            return f"Everywhere yours is the right answer {offset:+.4g}."
        for case, one, other in three:
            if not self._agree([one], [other]):
                both = f"    yours: {short(one)}\n    right: {short(other)}"
                return f"The shape is right, the numbers differ:\n{self._call(case)}\n{both}"
        return "It differs."  # not reached: some case differs

    def _call(self, case: Sequence[Any]) -> str:
        return "    for " + ", ".join(
            f"{name} = {short(value)}"
            for name, value in zip(signature(self.right).parameters, case, strict=False)
        )
