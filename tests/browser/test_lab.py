"""JupyterLab as `make lab` starts it, in a real browser, on the beginning of the first chapter."""

import shutil
from pathlib import Path

import jupytext
import nbformat
import pytest
from lab_server import copy_tools, running

ROOT = Path(__file__).parents[2]
FIRST = "01_mapping_distributions"
FIGURES = 2
READ = "05_making_gifs"

pytestmark = pytest.mark.slow


def shortened():
    """The first chapter, cut after a few figures, and its first exercise."""
    whole = jupytext.read(ROOT / f"notebooks/{FIRST}.py")
    draws = [i for i, cell in enumerate(whole.cells) if "plot_digits(" in cell.source]
    end = [i for i in draws if whole.cells[i].cell_type == "code"][FIGURES - 1] + 1
    solution = next(
        i for i, cell in enumerate(whole.cells) if cell.source.startswith("# Solution\ndef ")
    )
    whole.cells = (
        whole.cells[:end]
        + whole.cells[solution - 2 : solution + 1]
        + [
            nbformat.v4.new_code_cell(
                "from course.display import folded\n\nwith folded():\n    print('not to be seen')",
                metadata={"jupyter": {"source_hidden": True}, "tags": ["solution", "hide-cell"]},
            )
        ]
    )
    whole.cells[1].outputs = [nbformat.v4.new_output("stream", text="of an earlier run\n")]
    return whole


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """The folder, whose name has blanks, and the server."""
    folder = tmp_path_factory.mktemp("course with blanks")
    copy_tools(folder)
    for name in ("jupytext.toml", "notebooks/jupytext.toml"):
        shutil.copy(ROOT / name, folder / name)
    notebook = shortened()
    nbformat.write(notebook, folder / f"notebooks/{FIRST}.ipynb")
    jupytext.write(notebook, folder / f"notebooks/{FIRST}.py", fmt="py:percent")
    for suffix in (".py", ".ipynb"):
        shutil.copy(ROOT / f"notebooks/{READ}{suffix}", folder / "notebooks")
    with running(folder) as server:
        yield folder, server


def opened(open_page, lab, name):
    """A page with that file as a notebook, its kernel ready."""
    page = open_page(lab[1].address(f"notebooks/{name}"))
    page.wait_for_function(
        """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status
            === 'idle'""",
        timeout=120_000,
    )
    return page


CELLS = "jupyterapp.shell.currentWidget.content.model.cells"
CODE = f"[...{CELLS}].filter(cell => cell.type === 'code')"


def test_restart_and_run_all_finishes_and_draws(lab, open_page):
    page = opened(open_page, lab, f"{FIRST}.ipynb")
    page.evaluate("() => { jupyterapp.commands.execute('notebook:restart-run-all'); }")
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    # A fresh kernel counts from 1, so these counts tell that all cells have been run by it.
    page.wait_for_function(
        f"""() => {CODE}.every((cell, i) => cell.executionCount === i + 1
                    && cell.executionState !== 'running')
            && jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'""",
        timeout=180_000,
    )
    found = page.evaluate(f"{CODE}.flatMap(cell => cell.outputs.toJSON())")
    assert [output for output in found if output["output_type"] == "error"] == []
    assert sum("image/png" in output.get("data", {}) for output in found) >= FIGURES
    # On the screen, too: a figure that is in view has a size.
    page.evaluate(
        f"""() => {{ const drew = (cell) => cell.type === 'code' && cell.outputs.length
                && 'image/png' in cell.outputs.get(0).data;
            jupyterapp.shell.currentWidget.content
                .scrollToItem([...{CELLS}].findIndex(drew), 'start'); }}"""
    )
    image = page.locator(".jp-OutputArea-output img").first
    image.wait_for(state="visible")
    assert image.bounding_box()["width"] > 300
    last = page.evaluate(f"{CELLS}.length") - 1
    page.evaluate(f"() => jupyterapp.shell.currentWidget.content.scrollToItem({last}, 'center')")
    fold = page.locator(f'.jp-Cell[data-windowed-list-index="{last}"] details')
    fold.wait_for()
    assert not fold.get_by_text("not to be seen").is_visible()
    fold.locator("summary").click()
    assert fold.get_by_text("not to be seen").is_visible()
    # JupyterLab's own debugger says so on the console whenever a kernel is restarted.
    open_page.errors[:] = [error for error in open_page.errors if "debugger state" not in error]


def test_a_py_opens_as_a_notebook_and_saving_changes_its_pair(lab, open_page):
    folder, _ = lab
    page = opened(open_page, lab, f"{FIRST}.py")
    stored = nbformat.read(folder / f"notebooks/{FIRST}.ipynb", 4)
    assert page.evaluate(f"{CELLS}.length") == len(stored.cells)
    page.evaluate(f"""() => {{ const cell = {CELLS}.get(0).sharedModel;
        cell.setSource(cell.getSource() + '\\n\\nChanged in the browser.'); }}""")
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    for _ in range(60):
        notebook = nbformat.read(folder / f"notebooks/{FIRST}.ipynb", 4)
        if notebook.cells[0].source.endswith("Changed in the browser."):
            break
        page.wait_for_timeout(250)
    assert notebook.cells[0].source.endswith("Changed in the browser.")
    assert "# Changed in the browser.\n" in (folder / f"notebooks/{FIRST}.py").read_text()
    assert notebook.cells[1].outputs == stored.cells[1].outputs


def test_a_solution_is_folded_and_opens(lab, open_page):
    page = opened(open_page, lab, f"{FIRST}.ipynb")
    last = page.evaluate(f"{CELLS}.length") - 2
    page.evaluate(f"() => jupyterapp.shell.currentWidget.content.scrollToItem({last}, 'center')")
    cell = page.locator(f'.jp-Cell[data-windowed-list-index="{last}"]')
    cell.wait_for()
    assert not cell.locator(".jp-InputArea-editor").is_visible()
    cell.locator(".jp-Placeholder-content").first.click()
    assert "_solution" in cell.locator(".jp-InputArea-editor").inner_text()


def test_reading_changes_no_file(lab, open_page):
    folder, _ = lab
    pair = [folder / f"notebooks/{READ}{suffix}" for suffix in (".py", ".ipynb")]
    before, stored = [path.read_bytes() for path in pair], pair[1].stat().st_mtime_ns
    page = opened(open_page, lab, f"{READ}.ipynb")
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    for _ in range(60):
        if pair[1].stat().st_mtime_ns != stored:
            break
        page.wait_for_timeout(250)
    assert pair[1].stat().st_mtime_ns != stored, "it was not saved"
    assert [path.read_bytes() for path in pair] == before


def test_the_list_of_files_shows_a_pair_once(lab, open_page):
    page = opened(open_page, lab, f"{READ}.ipynb")
    names = page.locator(".jp-DirListing-itemName").all_inner_texts()
    assert sorted(names) == [f"{FIRST}.ipynb", f"{READ}.ipynb", "jupytext.toml"]
