"""What a check says of an answer that nobody foresaw."""

import random
import re

import numpy as np
import pytest

from course.exercises.checking import NOT_YET, RIGHT, WAITING, Exercise


@pytest.fixture
def double():
    return Exercise(lambda x: 2.0 * x, [(3.0,), (4.0,)], [(lambda x: x * x, "squared")], "good")


@pytest.mark.parametrize(
    ("answer", "state", "telling"),
    [
        (lambda x: x + x, RIGHT, "good"),
        (lambda x: ..., WAITING, "Waiting"),
        (lambda x: x**2, NOT_YET, "squared"),
        (lambda x: -2 * x, NOT_YET, "-1 times"),
        (lambda x: 2 * x + 5, NOT_YET, r"\+5"),
        (lambda x: None, NOT_YET, "return"),
        (lambda x: 1 / 0, NOT_YET, "ZeroDivisionError.*\n.*x = 3.0"),
        (lambda: 1, NOT_YET, "TypeError"),
        (lambda x: "six", NOT_YET, "str: 'six'"),
        (lambda x: float("nan"), NOT_YET, "NaN"),
        (lambda x: float("inf"), NOT_YET, "infinity"),
        (lambda x: [2 * x], NOT_YET, r"should be one number, shape \(\); yours has shape \(1,\)"),
        (lambda x: str(2 * x), NOT_YET, r"returns str: '6.0'"),
        (lambda x: [], NOT_YET, r"returns list: \[\].*\n.*x = 3.0"),
        (lambda x: (2 * x for _ in range(3)), NOT_YET, r"an iterator \(generator\).*only once"),
        (lambda x: [x, [x]], NOT_YET, r"a list inside your list.*`append`"),
        (lambda x: (x, reversed([x])), NOT_YET, r"a list_reverseiterator inside your tuple"),
        (lambda x: None if x > 3 else 2 * x, NOT_YET, r"returns None.*\n.*x = 4.0"),
        (lambda x: 2.001 * x, NOT_YET, "Nearly right"),
        (lambda x: random.random(), NOT_YET, "something else each time"),
        (lambda x: x**3, NOT_YET, r"x = 3.0\n +yours: 27.*\n +right: 6"),
    ],
)
def test_an_answer_seen_from_outside(double, answer, state, telling):
    verdict = double.judge(answer)
    assert verdict.state == state
    assert re.search(telling, verdict.message, re.DOTALL), verdict.message


def test_the_check_prints(double, capsys):
    double(lambda x: 2 * x)
    assert capsys.readouterr().out == "✓ Right. good\n"
    with pytest.raises(TypeError, match="answer must be the function itself"):
        double(6.0)


def test_nothing_but_nan_is_no_slip():
    """NaN equals NaN: a slip that gives nothing else would be found in every broken answer."""
    slips = [
        (lambda x: np.log(-x), "took it for its negative"),
        (lambda x: np.where(x > 3, np.nan, x), "beyond 3"),
    ]
    exercise = Exercise(lambda x: 2 * x, [(np.array([3.0]),), (np.array([4.0]),)], slips, "good")
    assert exercise.judge(lambda x: x * np.nan).message.startswith("It returns NaN.")
    assert exercise.judge(lambda x: np.where(x > 3.5, np.nan, x)).message == "beyond 3"


def test_a_wrong_number_comes_before_a_later_nan():
    exercise = Exercise(lambda x: 2 * x, [(np.array([3.0]),), (np.array([4.0]),)], [], "good")
    said = exercise.judge(lambda x: np.where(x > 3.5, np.nan, 7 * x + 1)).message
    assert "x = [3.]" in said
    assert "NaN" not in said


def test_a_check_does_not_show_its_hints():
    exercise = Exercise(lambda x: 2 * x, [(3.0,)], [(lambda x: x, "the secret")], "good")
    assert "secret" not in repr(exercise)
    assert "call it with your function" in repr(exercise)


def test_an_answer_cannot_spoil_the_cases(double):
    exercise = Exercise(lambda x: 2 * x, [(np.ones(2),)], [], "good")

    def in_place(x):
        x *= 3
        return x

    said = exercise.judge(in_place).message
    assert "1.5 times" in said
    assert "also changes `x` in place" in said
    assert exercise.judge(lambda x: 2 * x).state == RIGHT


@pytest.mark.parametrize("given", [np.ones(2), [1.0, 2.0], [np.ones(2), np.zeros(2)]])
def test_a_right_result_must_leave_the_arguments_alone(given):
    exercise = Exercise(lambda x: 2 * np.asarray(x[0]), [(given,)], [], "good")

    def in_place(x):
        x[0] = 2 * x[0]
        return x[0]

    verdict = exercise.judge(in_place)
    assert verdict.state == NOT_YET
    assert verdict.message.startswith("The result is right, but your function changes `x` in place")
    assert exercise.judge(lambda x: x[0] + x[0]).state == RIGHT


def test_none_from_a_method_that_changes_a_list():
    exercise = Exercise(lambda x: [*x, 1], [([2, 3],)], [], "good")
    assert "append" in exercise.judge(lambda x: x.append(1)).message
