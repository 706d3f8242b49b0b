"""The stub that a learner fills in follows from the solution."""

import pytest
from stubs import refreshed, stub_of

SOLUTION = """import os
# Solution
def f_solution(a,
               b):
    'Says what.'
    return a + b"""


def test_a_stub_is_made_from_its_solution():
    stub = "def f(a,\n               b):\n    'Says what.'\n    return ...  # your answer"
    assert stub_of(SOLUTION) == stub


def test_a_solution_must_say_what_is_asked_for():
    with pytest.raises(ValueError, match="f_solution must have a docstring"):
        stub_of("def f_solution(a):\n    return a")


def test_a_changed_solution_changes_its_stub(tmp_path):
    script = tmp_path / "01_x.py"
    stub = "# %%\ndef f(): ...\n\n\n"
    script.write_text(
        stub + '# %% tags=["solution"]\ndef f_solution(a):\n    """One more."""\n    return a + 1\n'
    )
    script.write_text(refreshed(script))
    assert script.read_text().startswith(
        '# %%\ndef f(a):\n    """One more."""\n    return ...  # your answer\n'
    )
    assert refreshed(script) == script.read_text()
    script.write_text(script.read_text().replace("def f(a)", "def g(a)"))
    with pytest.raises(ValueError, match="f_solution has no stub"):
        refreshed(script)
