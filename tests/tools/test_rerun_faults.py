"""`make course` killed, interrupted, on a full disk or in an odd place: old notebooks survive."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import jupytext
import nbformat
import pytest
import rerun

ROOT = Path(__file__).parents[2]
HEADER = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # μ, σ²

# %%
"""


def small_course(root, code):
    """The folder of a course whose only notebook has an old output; returns the notebook's path."""
    script = root / "notebooks/01_small.py"
    script.parent.mkdir(parents=True)
    script.write_text(HEADER + code, encoding="utf-8")
    notebook = jupytext.read(script)
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="of the last run\n")]
    nbformat.write(notebook, script.with_suffix(".ipynb"))
    return script.with_suffix(".ipynb")


def is_unchanged(notebook, before):
    """Whether it has its old bytes, and nothing half-written lies beside it."""
    return notebook.read_bytes() == before and not list(notebook.parent.glob(".*.ipynb.*"))


def command(root, change="pass"):
    """Arguments for subprocess: a process of its own that re-runs the course in `root`."""
    imports = "import os, pathlib, sys, time, rerun"
    code = f"{imports}; {change}; sys.exit(rerun.main('', pathlib.Path()))"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}"}
    return {"args": [sys.executable, "-c", code], "cwd": root, "env": environment}


def stopped_once_begun(root, sent, change="pass"):
    """The exit status of a run that gets a signal once it has made the file `begun`."""
    process = subprocess.Popen(
        **command(root, change), stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(1200):
            if list(root.rglob("begun")) or process.poll() is not None:
                break
            time.sleep(0.05)
        process.send_signal(sent)
        return process.wait(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_interrupted_while_a_kernel_runs_nothing_changes(tmp_path):
    notebook = small_course(tmp_path, "open('begun', 'w').close()\nimport time\ntime.sleep(20)\n")
    before = notebook.read_bytes()
    assert stopped_once_begun(tmp_path, signal.SIGINT) > 0
    assert is_unchanged(notebook, before)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_killed_while_it_writes_the_old_notebook_is_whole(tmp_path, sent):
    notebook = small_course(tmp_path, "print('new')\n")
    before = notebook.read_bytes()
    wait_instead_of_moving = (
        "rerun.execute = lambda notebook, *rest: notebook.cells[-1].outputs.clear(); "
        "os.replace = lambda *paths: (pathlib.Path('begun').touch(), time.sleep(20))"
    )
    assert stopped_once_begun(tmp_path, sent, wait_instead_of_moving) == -sent
    assert notebook.read_bytes() == before


@pytest.mark.slow
def test_a_kernel_that_dies_changes_nothing(tmp_path, capsys):
    notebook = small_course(tmp_path, "import os\nos._exit(3)\n")
    before = notebook.read_bytes()
    assert rerun.main("", tmp_path) == 1
    assert "Kernel died" in capsys.readouterr().err
    assert is_unchanged(notebook, before)


@contextlib.contextmanager
def no_file_larger_than(size):
    """To a writer the same as a disk with no room for more than that."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_full_disk_changes_nothing(tmp_path, capsys, monkeypatch):
    def execute(notebook, folder, name):
        notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text=200_000 * "long ")]

    monkeypatch.setattr(rerun, "execute", execute)
    notebook = small_course(tmp_path, "print('long')\n")
    before = notebook.read_bytes()
    with no_file_larger_than(300_000):
        status = rerun.main("", tmp_path)
    assert status == 1
    assert "File too large" in capsys.readouterr().err
    assert is_unchanged(notebook, before)


@pytest.mark.slow
def test_in_a_foreign_folder_and_without_a_locale_it_runs_as_anywhere(tmp_path):
    folder = tmp_path / "Übung – 変分 é"
    notebook = small_course(folder, "print('μ')\n")
    process = command(folder)
    process["env"] |= {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(**process, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert nbformat.read(notebook, as_version=4).cells[-1].outputs[0].text == "μ\n"
