"""No home, no network, settings made for other projects."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def in_this_course(folder, *arguments, **variables):
    """tools/run.sh in a folder whose .venv is this one."""
    (folder / "tools").mkdir(exist_ok=True)
    shutil.copy(ROOT / "tools/run.sh", folder / "tools")
    (folder / ".venv/bin").mkdir(parents=True, exist_ok=True)
    python = folder / ".venv/bin/python"
    if not python.exists():
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("XDG", "HOME", "MPL"))
    }
    environment = {**kept, "PYTHONPATH": str(ROOT), **variables}
    command = ["sh", "tools/run.sh", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=180
    )


WHERE_HOME_IS = "import pathlib; print(pathlib.Path.home())"


def test_a_home_is_kept_if_it_can_be_written_to(tmp_path):
    nowhere = tmp_path / "of" / "another user"
    for home, kept in [(tmp_path, True), ("/dev/null", False), (nowhere, False)]:
        done = in_this_course(tmp_path, "-c", WHERE_HOME_IS, HOME=str(home))
        assert done.stdout.strip() == str(home if kept else tmp_path / ".venv/home")


def test_without_a_home_programs_keep_their_files_in_the_course(tmp_path):
    code = f"import matplotlib.pyplot, IPython; {WHERE_HOME_IS}"
    done = in_this_course(tmp_path, "-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str(tmp_path / ".venv/home")
    assert (tmp_path / ".venv/home").is_dir()
    done = in_this_course(tmp_path, "-m", "jupyter", "--paths")
    assert str(tmp_path / ".venv/home") in done.stdout


OTHERS_SETTINGS = {
    ".keras/keras.json": '{"floatx": "float64", "image_data_format": "channels_first"}',
    ".config/matplotlib/matplotlibrc": "figure.dpi: 31\n",
    ".ipython/profile_default/startup/00.py": "print('hello')\n",
}
OFFLINE = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "urllib.Request"):
        raise ConnectionError(f"no network: {event} {arguments}")

sys.addaudithook(refuse)

import urllib.request

try:
    urllib.request.urlopen("http://192.0.2.1")
except ConnectionError:
    print("offline")
"""
EVERYTHING = """
import pkgutil
import IPython.paths, course, matplotlib, vaelib

for package in (course, vaelib):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        __import__(module.name)
print(len(vaelib.data.load_mnist()[0][0]))
print(vaelib.runtime.keras.config.floatx(), vaelib.runtime.keras.config.image_data_format())
print(matplotlib.rcParams["figure.dpi"], IPython.paths.get_ipython_dir())
"""


def test_no_network_is_needed_and_settings_made_for_other_projects_change_nothing(tmp_path):
    for name, text in OTHERS_SETTINGS.items():
        path = tmp_path / "home" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    done = in_this_course(tmp_path, "-c", OFFLINE + EVERYTHING, HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    usual = ["60000", "float32", "channels_last", "100.0", str(tmp_path / ".venv/ipython")]
    assert done.stdout.split() == ["offline", *usual]
    assert done.stderr == ""
