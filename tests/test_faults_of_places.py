"""No home, no network, settings made for other projects, a set-up killed at any moment."""

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HOMES = {"read-only": "/dev/null", "none": "", "of another user": "/nowhere/at/all"}


def in_this_course(folder, *arguments, **variables):
    """tools/run.sh in a folder whose .venv is this one."""
    (folder / "tools").mkdir(exist_ok=True)
    shutil.copy(ROOT / "tools/run.sh", folder / "tools")
    (folder / ".venv/bin").mkdir(parents=True, exist_ok=True)
    python = folder / ".venv/bin/python"
    if not python.exists():
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG", "HOME", "MPL"))}
    environment = {**kept, "PYTHONPATH": str(ROOT), **variables}
    command = ["sh", "tools/run.sh", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=180)


@pytest.mark.parametrize("home", HOMES)
def test_without_a_home_everything_starts_and_nothing_is_said(tmp_path, home):
    variables = {"HOME": HOMES[home]} if HOMES[home] else {}
    code = "from vaelib import plots, model; import IPython, pathlib; print(pathlib.Path.home())"
    done = in_this_course(tmp_path, "-c", code, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()) == tmp_path / ".venv/home"
    done = in_this_course(tmp_path, "-m", "jupyter", "--paths", **variables)
    assert str(tmp_path / ".venv/home") in done.stdout


def test_a_home_that_can_be_written_to_is_kept(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    done = in_this_course(tmp_path, "-c", "import pathlib; print(pathlib.Path.home())", HOME=str(home))
    assert Path(done.stdout.strip()) == home


def test_settings_made_for_other_projects_change_nothing(tmp_path):
    home = tmp_path / "home"
    for name, text in {
        ".keras/keras.json": '{"floatx": "float64", "epsilon": 0.1, "image_data_format": "channels_first"}',
        ".config/matplotlib/matplotlibrc": "figure.dpi: 31\n",
        ".ipython/profile_default/startup/00.py": "print('hello')\n",
    }.items():
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text(text)
    code = """
        from vaelib.device import keras
        import matplotlib, IPython.paths
        print(keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format())
        print(matplotlib.rcParams["figure.dpi"], IPython.paths.get_ipython_dir())
    """
    done = in_this_course(tmp_path, "-c", textwrap.dedent(code), HOME=str(home))
    assert done.stdout.split() == ["float32", "1e-07", "channels_last", "100.0", str(tmp_path / ".venv/ipython")]


def test_a_broken_keras_json_is_survived(tmp_path):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text('{"floatx":')
    code = "from vaelib.device import keras; print(keras.config.floatx())"
    done = in_this_course(tmp_path, "-c", code, HOME=str(tmp_path))
    assert (done.stdout, done.stderr) == ("float32\n", "")


NO_NETWORK = """
import socket
connect = socket.socket.connect
def local_only(self, address):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(f"no network: {address}")
    return connect(self, address)
socket.socket.connect = local_only
"""


def test_a_notebook_needs_no_network(tmp_path):
    """Here the course's first notebook, kernel and all; that the pages ask for nothing, tests/browser holds."""
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    code = "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError as e:\n    print(e)"
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    refused = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert refused.stdout.startswith("no network")
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "-p", "no:cov"]
    command += [str(ROOT / "notebooks/01_mapping_distributions.ipynb")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:]


SLOW_PYTHON = """#!/bin/sh
case "$*" in
    *check_python.py) exit 0 ;;
    --version) echo "Python 3.12.0" ;;
    "-m venv --clear .venv") rm -rf .venv && sleep 0.1 && mkdir -p .venv/bin && sleep 0.1 && cp "$0" .venv/bin/python ;;
    "-c import pip") ;;
    "-c import sys; print(sys.version_info[:2])") echo "(3, 12)" ;;
    "-m pip install"*require-hashes*) for i in 1 2 3 4; do sleep 0.1; echo $i >.venv/package$i; done ;;
    "-m pip install"*) sleep 0.1; echo vaelib >.venv/vaelib ;;
esac
"""


def test_a_set_up_killed_at_any_moment_is_completed_by_the_next(tmp_path):
    for name in ("tools/setup.sh", "tools/check_python.py", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "slow-python").write_text(SLOW_PYTHON)
    (tmp_path / "slow-python").chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "PYTHON": str(tmp_path / "slow-python")}
    command = ["sh", "tools/setup.sh"]
    chance = random.Random(3)
    for _ in range(8):
        shutil.rmtree(tmp_path / ".venv", ignore_errors=True)
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.02, 0.7))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        again = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert again.returncode == 0, again.stderr
        assert {path.name for path in (tmp_path / ".venv").iterdir()} >= {"package4", "vaelib", ".ready"}
        assert not (tmp_path / ".venv.lock").exists()
