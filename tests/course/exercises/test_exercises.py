"""Every exercise of the notebooks: the solution passes, the stub waits, wrong answers get hints.

The wrong answers are in `wrong_answers`, written as a learner would write them, apart from those
that the checks know about.
"""

import ast
import importlib
import re
from pathlib import Path

import jupytext
import pytest
import wrong_answers
from stubs import pairs, refreshed, solutions, stub_of

from course.exercises.checking import NOT_YET, RIGHT, WAITING

SCRIPTS = sorted((Path(__file__).parents[3] / "notebooks").glob("[0-9]*.py"))
IMPORTS = "import math, keras\nimport numpy as np\nfrom scipy import special, stats\n"


def checks_of(cells):
    """The checks that a notebook imports from `course.exercises`, by name."""
    code = "\n".join(re.sub(r"^[%!].*$", "", cell.source, flags=re.MULTILINE) for cell in cells)
    return {
        name.name: getattr(importlib.import_module(node.module), name.name)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("course.exercises.")
        for name in node.names
    }


def found():
    """Each function exercise: its check, its name, the sources of the stub and of the solution."""
    for script in SCRIPTS:
        notebook = jupytext.read(script)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        calls = "\n".join(cell.source for cell in cells)
        checks = checks_of(cells)
        for stub, solution in pairs(notebook):
            name = re.search(r"^(?:def|class) (\w+)", stub.source, re.MULTILINE)[1]
            check = checks[re.search(rf"^(check_\w+)\({name}\)$", calls, re.MULTILINE)[1]]
            parts = (check, name, stub.source, solution.source)
            yield pytest.param(*parts, id=f"{script.stem.partition('_')[0]}-{name}")


EXERCISES = list(found())
each_exercise = pytest.mark.parametrize(("check", "name", "stub", "solution"), EXERCISES)


def defined(source, name):
    """What a cell defines under that name."""
    namespace = {}
    exec(IMPORTS + source, namespace)
    return namespace[name]


@each_exercise
def test_the_stub_waits_and_follows_from_the_solution(check, name, stub, solution):
    assert stub == stub_of(solution)
    assert check.judge(defined(stub, name)).state == WAITING


@each_exercise
def test_the_solution_passes(check, name, stub, solution):
    verdict = check.judge(defined(solution, solutions(solution)[0].name))
    assert verdict.state == RIGHT, verdict


@each_exercise
def test_wrong_answers_get_hints_of_their_own(check, name, stub, solution):
    answers = wrong_answers.OF[name]
    verdicts = [check.judge(answer) for answer, _ in answers]
    for verdict, (_, telling) in zip(verdicts, answers, strict=True):
        assert verdict.state == NOT_YET
        assert re.search(telling, verdict.message), verdict.message
    assert len({verdict.message for verdict in verdicts}) >= 3


def test_no_wrong_answer_is_left_over():
    assert set(wrong_answers.OF) == {parameters.values[1] for parameters in EXERCISES}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_each_notebook_ends_with_two_to_five_exercises(script):
    notebook = jupytext.read(script)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    section = text[text.index("## Exercises") : text.index("## Sources")]
    numbers = [int(number) for number in re.findall(r"^\*\*(\d)\.\*\*", section, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert 2 <= len(numbers) <= 5
    assert refreshed(script) == script.read_text(encoding="utf-8")
    answers = [cell for cell in notebook.cells if "solution" in cell.metadata.get("tags", [])]
    assert len([cell for cell in answers if cell.source.startswith("# Solution")]) == len(numbers)
    for cell in answers:  # folded in JupyterLab and VS Code, and on the site
        assert cell.metadata.jupyter["source_hidden"]
        assert {"hide-input", "hide-cell"} & set(cell.metadata.tags)
