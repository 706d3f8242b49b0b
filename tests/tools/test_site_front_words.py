"""The front page's words: where they are taken from."""

import importlib.util
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

PATH = Path(__file__).parents[2] / "tools/site/front.py"
spec = importlib.util.spec_from_file_location("site_front", PATH)
front = importlib.util.module_from_spec(spec)
spec.loader.exec_module(front)

README = """
| 01 | [One](notebooks/01_one.ipynb) | 25 | 12 |
| ![](p.png) | [Two](notebooks/02_two.ipynb) moving | 40 min |
"""


def notebook(text):
    return new_notebook(cells=[new_markdown_cell(text)])


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("# 1 · One\n\nAllow about 45 minutes for reading.", "01_one", "45"),
        ("# 1 · One", "01_one", "25"),
        ("# 2 · Two", "02_two", "40"),
        ("# 3 · Three", "03_three", ""),
    ],
)
def test_minutes_are_the_notebooks_own_or_the_readmes(text, name, expected):
    assert front.minutes(notebook(text), name, README) == expected


def test_a_title_has_a_number_and_words():
    assert front.title_of(notebook("# 2a · Deriving: <it>\n\ntext")) == ("2a", "Deriving: <it>")
    assert "Deriving: &lt;it&gt;" in front.card("02a_x", notebook("# 2a · Deriving: <it>"), "")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("someone/vae", "git clone https://github.com/someone/vae\ncd vae\n"),
        ("", ""),
        ('"><script>/x', ""),
    ],
)
def test_the_first_command_names_the_place_where_the_site_is_published(
    monkeypatch, place, expected
):
    monkeypatch.setenv("GITHUB_REPOSITORY", place)
    assert front.clone() == expected


def test_a_course_without_an_explorer_is_an_error():
    with pytest.raises(LookupError, match="explorer"):
        front.explorer([notebook("# 1 · One")])
