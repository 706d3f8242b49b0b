"""JupyterLab as `make lab` starts it, in a real browser, on a copy of the course."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent.parent
FIRST = "01_mapping_distributions"


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """The folder and the address, token included."""
    folder = tmp_path_factory.mktemp("course with blanks")
    for name in ("notebooks", "tools", "benchmarks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("runs", "__pycache__", ".*"))
    shutil.copy(ROOT / "jupytext.toml", folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    # The reader's own settings: only that the page lets a test speak to the application.
    settings = folder / "settings"
    settings.mkdir()
    (settings / "jupyter_lab_config.json").write_text(json.dumps({"LabApp": {"expose_app_in_browser": True}}))
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"JUPYTER_CONFIG_DIR": str(settings), "HOME": str(folder), "JUPYTER_PORT": "0"}
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "tools/lab.sh"], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield folder, address_of(folder / "lab.log", process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def address_of(log, process):
    """What `make lab` tells the reader to open."""
    for _ in range(240):
        found = re.search(r"http://127\.0\.0\.1:\d+/lab/tree/notebooks\?token=\w+", log.read_text())
        if found:
            return found.group()
        if process.poll() is not None:
            break
        time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def opened(open_page, lab, name):
    """A page with that file as a notebook, its kernel ready."""
    address, token = lab[1].split("?")
    page = open_page(f"{address}/{name}?{token}&reset")
    page.wait_for_function(
        """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'""",
        timeout=120_000,
    )
    return page


CELLS = "jupyterapp.shell.currentWidget.content.model.cells"


def test_restart_and_run_all_finishes_and_draws(lab, open_page):
    page = opened(open_page, lab, f"{FIRST}.ipynb")
    page.evaluate("() => { jupyterapp.commands.execute('notebook:restart-run-all'); }")
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    # A fresh kernel counts from 1, so the last cell's count tells that all of them have run now.
    total = page.evaluate(f"[...{CELLS}].filter(cell => cell.type === 'code').length")
    page.wait_for_function(
        f"""total => {{ const code = [...{CELLS}].filter(cell => cell.type === 'code');
            return code.every((cell, i) => cell.executionCount === i + 1 && cell.executionState !== 'running')
                   && jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'; }}""",
        arg=total,
        timeout=180_000,
    )
    outputs = page.evaluate(f"[...{CELLS}].filter(cell => cell.type === 'code').map(cell => cell.outputs.toJSON())")
    found = [output for cell in outputs for output in cell]
    assert [output for output in found if output["output_type"] == "error"] == []
    assert sum("image/png" in output.get("data", {}) for output in found) >= 10
    # On the screen, too: the figures that are in view have a size.
    page.evaluate(
        f"""() => {{ const panel = jupyterapp.shell.currentWidget.content;
        panel.scrollToItem([...{CELLS}].findIndex(cell => cell.type === 'code' && cell.outputs.length
            && 'image/png' in cell.outputs.get(0).data), 'start'); }}"""
    )
    image = page.locator(".jp-OutputArea-output img").first
    image.wait_for(state="visible")
    assert image.bounding_box()["width"] > 300
    # JupyterLab's own debugger says so on the console whenever a kernel is restarted.
    open_page.errors[:] = [error for error in open_page.errors if "debugger state" not in error]


def test_a_py_opens_as_a_notebook_and_saving_changes_its_pair(lab, open_page):
    folder, _ = lab
    page = opened(open_page, lab, f"{FIRST}.py")
    assert page.evaluate(f"{CELLS}.length") == len(nbformat.read(folder / f"notebooks/{FIRST}.ipynb", 4).cells)
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
    # The pair's outputs are still there.
    assert any(cell.outputs for cell in notebook.cells if cell.cell_type == "code")


def test_a_solution_is_folded_and_opens(lab, open_page):
    page = opened(open_page, lab, f"{FIRST}.ipynb")
    where = page.evaluate(
        f"[...{CELLS}].findIndex(cell => cell.type === 'code' && cell.sharedModel.getSource().startsWith('# Solution'))"
    )
    page.evaluate(f"() => jupyterapp.shell.currentWidget.content.scrollToItem({where}, 'center')")
    cell = page.locator(f'.jp-Cell[data-windowed-list-index="{where}"]')
    cell.wait_for()
    assert not cell.locator(".jp-InputArea-editor").is_visible()
    cell.locator(".jp-Placeholder-content").first.click()
    assert "_solution" in cell.locator(".jp-InputArea-editor").inner_text()
