"""Every exercise of the notebooks: its solution passes, its stub waits, and typical wrong answers get their own hints.

The wrong answers are in `tests/wrong_answers.py`, written as a learner would write them, apart from those that the
checks know about.
"""

import random
import re
from pathlib import Path

import jupytext
import numpy as np
import pytest
import wrong_answers
from exercises import pairs, refreshed, solutions, stub_of

from vaelib.exercises.checking import NOT_YET, RIGHT, WAITING, Exercise

FOLDER = Path(__file__).parent.parent / "notebooks"
SCRIPTS = sorted(FOLDER.glob("[0-9]*.py"))
IMPORTS = "import math, keras\nimport numpy as np\nfrom scipy import special, stats\n"


def found():
    """Each function exercise: notebook, name, its check's name, source of the stub and of the solution."""
    for script in SCRIPTS:
        notebook = jupytext.read(script)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        for stub, solution in pairs(notebook):
            name = re.search(r"^(?:def|class) (\w+)", stub.source, re.MULTILINE).group(1)
            check, module = re.search(rf"^(check_\w+)\({name}\)$", text, re.MULTILINE).group(1), None
            module = re.search(rf"^from (vaelib\.exercises\.\w+) import .*\b{check}\b", text, re.MULTILINE).group(1)
            yield pytest.param(module, check, name, stub.source, solution.source, id=f"{script.stem[:2]}-{name}")


EXERCISES = list(found())
each_exercise = pytest.mark.parametrize(("module", "check", "name", "stub", "solution"), EXERCISES)


def defined(source, name):
    """What a cell defines under that name."""
    namespace = {}
    exec(IMPORTS + source, namespace)
    return namespace[name]


def the_check(module, check) -> Exercise:
    return getattr(__import__(module, fromlist=[check]), check)


@each_exercise
def test_the_stub_waits_and_is_that_of_the_solution(module, check, name, stub, solution):
    assert stub == stub_of(solution)
    assert the_check(module, check).judge(defined(stub, name)).state == WAITING


@each_exercise
def test_the_solution_passes(module, check, name, stub, solution):
    solved = solutions(solution)[0].name
    verdict = the_check(module, check).judge(defined(solution, solved))
    assert verdict.state == RIGHT, verdict


@each_exercise
def test_wrong_answers_get_hints_of_their_own(module, check, name, stub, solution, record_property):
    exercise = the_check(module, check)
    answers = wrong_answers.OF[name]
    hints = [exercise.judge(answer) for answer, _ in answers]
    for verdict, (_, telling) in zip(hints, answers, strict=True):
        assert verdict.state == NOT_YET
        assert re.search(telling, verdict.message), verdict.message
    assert len({verdict.message for verdict in hints}) >= 3
    record_property("hints", [verdict.message for verdict in hints])


def test_no_wrong_answer_is_left_over():
    assert set(wrong_answers.OF) == {parameters.values[2] for parameters in EXERCISES}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_each_notebook_ends_with_two_to_four_exercises(script):
    notebook = jupytext.read(script)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    section = text[text.index("## Exercises") : text.index("## Sources")]
    numbers = [int(number) for number in re.findall(r"^\*\*(\d)\.\*\*", section, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert 2 <= len(numbers) <= 4
    assert refreshed(script) == script.read_text(encoding="utf-8")
    answers = [cell for cell in notebook.cells if "solution" in cell.metadata.get("tags", [])]
    assert len([cell for cell in answers if cell.source.startswith("# Solution")]) == len(numbers)
    for cell in answers:  # folded in JupyterLab and VS Code, and on the site
        assert cell.metadata.jupyter["source_hidden"]
        assert {"hide-input", "hide-cell"} & set(cell.metadata.tags)


# ---- what the check says of an answer that nobody foresaw


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
        (lambda x: [], NOT_YET, r"returns list: \[\]"),
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
    slips = [(lambda x: np.log(-x), "took it for its negative"), (lambda x: np.where(x > 3, np.nan, x), "beyond 3")]
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

    assert "1.5 times" in exercise.judge(in_place).message
    assert exercise.judge(lambda x: 2 * x).state == RIGHT


# ---- stubs


def test_a_stub_is_made_from_its_solution():
    source = 'import os\n# Solution\ndef f_solution(a,\n               b):\n    """Says what."""\n    return a + b'
    assert stub_of(source) == 'def f(a,\n               b):\n    """Says what."""\n    return ...  # your answer'


def test_a_solution_must_say_what_is_asked_for():
    with pytest.raises(ValueError, match="f_solution must have a docstring"):
        stub_of("def f_solution(a):\n    return a")


def test_a_changed_solution_changes_its_stub(tmp_path):
    script = tmp_path / "01_x.py"
    stub = "# %%\ndef f(): ...\n\n\n"
    script.write_text(stub + '# %% tags=["solution"]\ndef f_solution(a):\n    """One more."""\n    return a + 1\n')
    script.write_text(refreshed(script))
    assert script.read_text().startswith('# %%\ndef f(a):\n    """One more."""\n    return ...  # your answer\n')
    assert refreshed(script) == script.read_text()
    script.write_text(script.read_text().replace("def f(a)", "def g(a)"))
    with pytest.raises(ValueError, match="f_solution has no stub"):
        refreshed(script)
