"""`make course` on a small notebook of its own: what it writes, and what it refuses to do."""

import os

import nbformat
import pytest
import rerun

SCRIPT = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A small one

# %%
x = 6 * 7
print(x)

# %% picture="dot.png"
from matplotlib import pyplot as plt

_ = plt.plot([1, 2])

# %% picture="dot.gif"
from IPython.display import HTML

HTML('<img src="data:image/gif;base64,R0lGODlhPw==" alt="">')

# %% tags=["nbval-skip", "skip-execution"]
# %no_such_magic
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_small.py").write_text(SCRIPT)
    return tmp_path


def files(root):
    return {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_it_runs_and_stores_and_a_second_run_changes_nothing(root, capsys):
    assert rerun.main("", root) == 0
    first = files(root)
    assert set(first) == {"01_small.py", "01_small.ipynb", "dot.png", "dot.gif"}
    assert first["dot.png"].startswith(b"\x89PNG")
    assert first["dot.gif"] == b"GIF89a?"
    notebook = nbformat.read(root / "notebooks" / "01_small.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert [cell.get("execution_count") for cell in notebook.cells] == [None, 1, 2, 3, None]
    assert notebook.cells[1].outputs[0].text == "42\n"
    assert "version" not in notebook.metadata.language_info
    assert "01_small: " in capsys.readouterr().out
    assert rerun.main("01", root) == 0
    assert files(root) == first


@pytest.mark.slow
def test_a_cell_that_fails_leaves_the_files_as_they_were(root, capsys):
    script = root / "notebooks" / "01_small.py"
    script.with_suffix(".ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    script.write_text(SCRIPT.replace("6 * 7", "1 / 0"))
    before = files(root)
    assert rerun.main("", root) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert files(root) == before


def test_a_notebook_edited_after_its_script_is_not_overwritten(root, capsys):
    script = root / "notebooks" / "01_small.py"
    edited = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("an afternoon's work")])
    script.with_suffix(".ipynb").write_text(nbformat.writes(edited))
    os.utime(script, (1, 1))
    before = files(root)
    assert rerun.main("", root) == 1
    assert "01_small.ipynb was changed after 01_small.py, and they differ" in (
        capsys.readouterr().err
    )
    assert files(root) == before


def test_a_picture_cell_must_draw_one_figure(root, capsys, monkeypatch):
    monkeypatch.setattr(rerun, "execute", lambda notebook, folder, name: None)
    before = files(root)
    assert rerun.main("", root) == 1
    assert "the cell of picture dot.png must draw one figure, drew 0" in capsys.readouterr().err
    assert files(root) == before


def test_an_interrupted_run_says_that_nothing_changed(root, capsys, monkeypatch):
    def execute(notebook, folder, name):
        raise KeyboardInterrupt

    monkeypatch.setattr(rerun, "execute", execute)
    before = files(root)
    assert rerun.main("", root) == 130
    assert "01_small: broken off; its outputs are as they were" in capsys.readouterr().err
    assert files(root) == before


def test_nothing_to_run_is_an_error(root, capsys):
    assert rerun.main("07", root) == 1
    assert "No notebook's name begins with '07'" in capsys.readouterr().err
