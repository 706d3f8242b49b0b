"""`make course` killed, interrupted, on a full disk and in odd places: the notebooks stay as they were."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent


def small_course(folder, code):
    """A notebook of one cell, run once."""
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks/jupytext.toml", notebooks)
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    script = notebooks / "01_small.py"
    header = (ROOT / "notebooks/01_mapping_distributions.py").read_text(encoding="utf-8").split("# %%")[0]
    script.write_text(f"{header}# %% [markdown]\n# # μ, σ²\n\n# %%\nprint('first')\n", encoding="utf-8")
    assert run_course(folder).returncode == 0
    script.write_text(f"{header}# %% [markdown]\n# # μ, σ²\n\n# %%\n{textwrap.dedent(code)}", encoding="utf-8")
    return script.with_suffix(".ipynb")


def run_course(folder, **variables):
    command = [sys.executable, "tools/course.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120
    )


def unchanged(notebook, before):
    return notebook.read_bytes() == before and not list(notebook.parent.glob(".*.tmp"))


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_course_run_broken_off_in_the_middle_changes_nothing(tmp_path, sent):
    notebook = small_course(tmp_path, "open('begun', 'w').close()\nimport time\ntime.sleep(20)\n")
    before = notebook.read_bytes()
    process = subprocess.Popen(
        [sys.executable, "tools/course.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        for _ in range(600):
            if (notebook.parent / "begun").exists():
                break
            time.sleep(0.1)
        process.send_signal(sent)
        process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode
    assert unchanged(notebook, before)


def test_a_kernel_that_dies_changes_nothing(tmp_path):
    notebook = small_course(tmp_path, "import os\nos._exit(3)\n")
    before = notebook.read_bytes()
    done = run_course(tmp_path)
    assert done.returncode == 1
    assert "Kernel died" in done.stderr
    assert unchanged(notebook, before)


def test_a_course_run_on_a_full_disk_changes_nothing(tmp_path):
    notebook = small_course(tmp_path, "from IPython.display import HTML\nHTML(200_000 * 'long ')\n")
    before = notebook.read_bytes()
    code = """
        import resource, sys
        sys.path.insert(0, "tools")
        import course
        execute = course.execute
        def then_the_disk_is_full(*arguments):
            execute(*arguments)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, -1))
        course.execute = then_the_disk_is_full
        sys.exit(course.main())
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert unchanged(notebook, before)


PLACES = {
    "the C locale": {"LC_ALL": "C", "LANG": "C"},
    "no UTF-8 mode": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "the other side of the date line": {"TZ": "Pacific/Kiritimati"},
    "another backend": {"KERAS_BACKEND": "torch"},
}


@pytest.mark.parametrize("place", PLACES)
def test_an_odd_place_gives_the_same_notebook(tmp_path, place):
    code = "from vaelib.device import keras\nprint('μ', keras.backend.backend())\n"
    folder = tmp_path / "Übung 変分 é"
    notebook = small_course(folder, code)
    done = run_course(folder, **PLACES[place])
    assert done.returncode == 0, done.stderr
    said = nbformat.read(notebook, as_version=4).cells[1].outputs[0].text
    assert said == "μ tensorflow\n"
