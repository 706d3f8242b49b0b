"""What every committed notebook must hold, apart from what nbval compares."""

import ast
import base64
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
import tokenize
from pathlib import Path

import jupytext
import nbformat
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SCRIPTS = sorted(FOLDER.glob("*.py"))

# For the reader in JupyterLab only, such as TensorBoard: neither nbval nor `make course` runs them.
READERS = {"nbval-skip", "skip-execution"}

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def test_there_are_notebooks_and_each_is_a_pair():
    assert NOTEBOOKS
    assert [path.stem for path in NOTEBOOKS] == [path.stem for path in SCRIPTS]
    assert all(re.fullmatch(r"\d\d[a-z]?_[a-z0-9_]+", path.stem) for path in NOTEBOOKS)


@each_notebook
def test_the_pair_agrees_cell_by_cell(path):
    notebook, script = read(path), jupytext.read(path.with_suffix(".py"))
    kept = ("tags", "picture", "jupyter", "alt")
    for mine, other in zip(notebook.cells, script.cells, strict=False):
        assert (mine.cell_type, mine.source) == (other.cell_type, other.source)
        assert [mine.metadata.get(key) for key in kept] == [
            other.metadata.get(key) for key in kept
        ], mine.source
    assert len(notebook.cells) == len(script.cells)
    assert notebook.metadata.kernelspec == script.metadata.kernelspec


@each_notebook
def test_the_outputs_are_of_one_run_from_top_to_bottom(path):
    cells = [cell for cell in code_cells(path) if set(cell.metadata.get("tags", [])) != READERS]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in code_cells(path):
        for output in cell.outputs:
            assert output.get("execution_count") in (None, cell.execution_count)


@each_notebook
def test_nothing_went_wrong_on_the_page(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source


@each_notebook
def test_every_figure_is_described(path):
    for cell in code_cells(path):
        drew = any("image/png" in output.get("data", {}) for output in cell.outputs)
        alt = cell.metadata.get("alt", "")
        assert drew == bool(alt), cell.source
        assert not drew or (30 < len(alt) <= 300 and '"' not in alt), alt


@each_notebook
def test_cells_that_only_check_are_folded(path):
    """So that a reader meets the story; and only those and the solutions are folded."""
    for cell in code_cells(path):
        lines = (line for line in cell.source.splitlines() if not line.startswith("%"))
        statements = ast.parse("\n".join(lines)).body
        checks = [isinstance(statement, ast.Assert) for statement in statements]
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        solution = "solution" in cell.metadata.get("tags", [])
        assert folded or not checks or not all(checks), cell.source
        assert not folded or solution or any(checks) or "assert " in cell.source, cell.source


@each_notebook
def test_it_ends_with_the_way_on(path):
    last = read(path).cells[-1].source.splitlines()[-1]
    following = NOTEBOOKS[NOTEBOOKS.index(path) + 1 :][:1]
    assert last.startswith("**Next:** ")
    assert all(f"({other.name})" in last for other in following)


@each_notebook
def test_tags_are_of_four_kinds(path):
    """None: exact; a tolerance, asserted in the next cell; of the machine; for the reader only."""
    cells = code_cells(path)
    for position, cell in enumerate(cells):
        # How a cell is folded on the site says nothing about how it is tested.
        tags = set(cell.metadata.get("tags", [])) - {"solution", "hide-input", "hide-cell"}
        assert tags in (
            set(),
            {"nbval-ignore-output"},
            {"nbval-ignore-output", "machine"},
            READERS,
        ), cell.source
        if tags == READERS:
            # Nothing but magics, so that no code escapes the checks.
            assert all(line.startswith("%") for line in cell.source.splitlines()), cell.source
            assert not cell.outputs, cell.source
        # A comment marker would win over a tag.
        assert not re.search(r"#\s*(NBVAL_|PYTEST_VALIDATE_)", cell.source), cell.source
        if tags == {"nbval-ignore-output"}:
            assert position + 1 < len(cells), cell.source
            assert re.search(r"^ *assert |assert_", cells[position + 1].source, re.MULTILINE), (
                cell.source
            )


@each_notebook
def test_no_magic_hides_a_cell(path):
    assert not [cell.source for cell in code_cells(path) if cell.source.lstrip().startswith("%%")]


@each_notebook
def test_cells_are_short_and_fit_beside_the_file_browser(path):
    cells = [cell.source.splitlines() for cell in code_cells(path)]
    lengths = sorted(len(lines) for lines in cells)
    assert lengths[len(lengths) // 2] < 8
    assert lengths[-1] <= 20
    assert [line for lines in cells for line in lines if len(line) > 88] == []


# Python 3.12 and later take an f-string apart.
STARTS = {tokenize.STRING, getattr(tokenize, "FSTRING_START", None)}
ENDS = {tokenize.STRING, getattr(tokenize, "FSTRING_END", None)}


def broken_strings(code):
    """Lines on which one string follows another, as formatters leave them on joining lines."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return [
        one.line.strip()
        for one, other in itertools.pairwise(tokens)
        if one.type in ENDS and other.type in STARTS and one.end[0] == other.start[0]
    ]


@pytest.mark.parametrize("code", ['x = "a " "b"', 'f(f"{a} " "b", 1)', '"a" f"{b}"'])
def test_a_broken_string_is_found(code):
    assert broken_strings(code) == [code]


@pytest.mark.parametrize(
    "code", ['x = ("a "\n     "b")', '["a", "b"]', 'f"{a}{b}"', "f\"{'b'}\"", ""]
)
def test_a_whole_string_is_not_taken_for_a_broken_one(code):
    assert broken_strings(code) == []


@each_notebook
def test_no_cell_shows_the_work_of_a_formatter(path):
    for cell in code_cells(path):
        code = re.sub(r"^[%!].*$", "", cell.source, flags=re.MULTILINE)
        assert broken_strings(code) == []
        assert not re.search(r"#\s*(noqa|fmt:|ruff:|type:)", code), code


@each_notebook
def test_nothing_stored_depends_on_the_clock_or_the_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\d(ms|us)/step|iopub\.execute_input|/(home|Users|root|tmp)/", text)
    assert all("execution" not in cell.metadata for cell in code_cells(path))


@each_notebook
def test_it_is_not_larger_than_2_mb(path):
    assert path.stat().st_size <= 2_000_000


@each_notebook
def test_each_code_cell_is_introduced(path):
    """A heading opens the notebook, and no more than three code cells follow one another."""
    run = 0
    cells = read(path).cells
    assert cells[0].source.startswith("# ")
    for cell in cells:
        run = run + 1 if cell.cell_type == "code" else 0
        assert run <= 3, cell.source


def test_the_readmes_pictures_are_those_of_the_notebooks():
    stored = {}
    for cell in [cell for path in NOTEBOOKS for cell in code_cells(path)]:
        if "picture" in cell.metadata:
            found = [
                o.data.get("image/png") or o.data["text/html"] for o in cell.outputs if "data" in o
            ]
            (image,) = found
            if "data-vae-explorer" in image:
                page = (FOLDER.parent / "pictures" / cell.metadata.picture).read_bytes()
                assert image.encode() in page
                stored[cell.metadata.picture] = page
                continue
            image = re.sub('^<img src="data:image/gif;base64,|" alt="[^"]+">$', "", image)
            stored[cell.metadata.picture] = base64.b64decode(image, validate=True)
    assert stored == {
        path.name: path.read_bytes() for path in (FOLDER.parent / "pictures").iterdir()
    }


@pytest.mark.parametrize("newer", [".ipynb", ".py"])
def test_jupyterlab_saves_a_notebook_or_a_module_unchanged(tmp_path, newer):
    """By jupytext's contents manager, with which JupyterLab opens and saves a .py.

    In a fresh clone chance decides which file of a pair is newer; jupytext then compares them.
    """
    root = FOLDER.parent
    settings = ["jupytext.toml", "notebooks/jupytext.toml"]
    opened = ["vaelib/elbo.py", *(str(path.relative_to(root)) for path in NOTEBOOKS + SCRIPTS)]
    for name in settings + opened:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(root / name, tmp_path / name)
        age = 0 if name.endswith(newer) else 1000
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    manager = jupytext.TextFileContentsManager(root_dir=str(tmp_path))
    before = {name: (tmp_path / name).read_bytes() for name in settings + opened}
    for name in opened:
        manager.save(manager.get(name, type="notebook"), name)
        after = {other: (tmp_path / other).read_bytes() for other in before}
        assert [other for other in before if after[other] != before[other]] == [], name


@pytest.mark.slow
def test_the_first_notebook_loads_no_tensorflow():
    """It promises to start in seconds. All its imports are in the first code cell."""
    first, *others = code_cells(FOLDER / "01_mapping_distributions.ipynb")
    assert not [
        cell.source
        for cell in others
        if re.search(r"^\s*(import|from) ", cell.source, re.MULTILINE)
    ]
    code = (
        first.source.replace('set_matplotlib_formats("retina")', "")
        + "\nimport sys; assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@each_notebook
def test_shown_code_fits_a_line(path):
    """JupyterLab breaks longer lines of an output, even inside a word."""
    shown = [
        output.data["text/markdown"]
        for cell in code_cells(path)
        for output in cell.outputs
        if "text/markdown" in output.get("data", {})
    ]
    assert [line for text in shown for line in text.splitlines() if len(line) > 88] == []
