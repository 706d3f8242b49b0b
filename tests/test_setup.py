"""tools/setup.sh with a stand-in for Python, so that nothing is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = ["tools/setup.sh", "tools/check_python.py", "requirements.lock", "requirements-gpu.lock", "pyproject.toml"]

# Answers as a Python would: runs the check with the real one, makes a .venv whose python is itself, notes what pip is
# asked to do, and stops in the middle of an installation if the file `interrupt` is there.
STAND_IN = """#!/bin/sh
case "$*" in
    *check_python.py) exec "{python}" "$@" ;;
    --version) echo "Python 3.12.0" ;;
    "-m venv --clear .venv") rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python && echo venv >>calls ;;
    "-c import pip") ;;
    "-c import sys; print(sys.version_info[:2])") echo "{version}" ;;
    "-m pip install"*) echo "$*" >>calls && [ ! -e interrupt ] ;;
    *) echo "unexpected: $*" >&2 && exit 3 ;;
esac
"""


@pytest.fixture
def project(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    executable(tmp_path / "good-python", STAND_IN.format(python=sys.executable, version="(3, 12)"))
    return tmp_path


def executable(path, text):
    path.write_text(text)
    path.chmod(0o755)


def set_up(project, python="./good-python", **variables):
    environment = {"PATH": os.environ["PATH"], "PYTHON": python, **variables}
    if python and not os.path.isabs(python):
        environment["PYTHON"] = str(project / python)
    return subprocess.run(
        ["sh", "tools/setup.sh"], cwd=project, env=environment, capture_output=True, text=True, timeout=60
    )


def calls(project):
    """What was done since the last look: 'venv', or the packages' source."""
    path = project / "calls"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return ["venv" if line == "venv" else line.split()[-1] for line in lines]


def test_a_fresh_clone_is_set_up_once(project):
    assert set_up(project).returncode == 0
    assert calls(project) == ["venv", "requirements.lock", "."]
    again = set_up(project)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert calls(project) == []


def test_packages_are_checked_against_their_hashes(project):
    set_up(project)
    lines = (project / "calls").read_text().splitlines()
    assert "--require-hashes" in lines[1]
    assert "--no-deps" in lines[2]


def test_an_interrupted_set_up_is_begun_again(project):
    (project / "interrupt").touch()
    assert set_up(project).returncode != 0
    calls(project)
    (project / "interrupt").unlink()
    assert set_up(project).returncode == 0
    assert calls(project) == ["venv", "requirements.lock", "."]


def test_an_update_that_is_interrupted_is_not_taken_for_complete(project):
    set_up(project)
    (project / "requirements.lock").write_text("new==1\n")
    (project / "interrupt").touch()
    assert set_up(project).returncode != 0
    (project / "interrupt").unlink()
    calls(project)
    assert set_up(project).returncode == 0
    assert calls(project) == ["venv", "requirements.lock", "."]


def test_a_changed_lock_makes_it_anew_and_a_changed_pyproject_only_installs_vaelib(project):
    set_up(project)
    calls(project)
    (project / "requirements.lock").write_text("new==1\n")
    assert set_up(project).returncode == 0
    assert calls(project) == ["venv", "requirements.lock", "."]
    (project / "pyproject.toml").write_text("[project]\n")
    assert set_up(project).returncode == 0
    assert calls(project) == ["."]
    assert set_up(project).returncode == 0
    assert calls(project) == []


def test_the_gpu_packages_come_when_asked_and_stay(project):
    set_up(project, GPU="0")
    assert calls(project) == ["venv", "requirements.lock", "."]
    (project / "interrupt").touch()
    assert set_up(project, GPU="1").returncode != 0
    assert calls(project) == ["venv", "requirements-gpu.lock"]
    (project / "interrupt").unlink()
    assert set_up(project).returncode == 0  # finishes what was begun, without being told again
    assert calls(project) == ["venv", "requirements-gpu.lock", "."]
    assert set_up(project).returncode == 0
    assert calls(project) == []


def test_a_python_that_is_named_has_its_way(project):
    set_up(project)
    calls(project)
    other = project / "a folder" / "other python"
    other.parent.mkdir()
    executable(other, STAND_IN.format(python=sys.executable, version="(3, 13)"))
    for _ in range(2):  # the second time there is nothing to do
        assert set_up(project, str(other)).returncode == 0
    assert calls(project) == ["venv", "requirements.lock", "."]
    assert set_up(project, "").returncode == 0
    assert calls(project) == []


def test_the_folder_may_be_entered_by_another_name(project):
    set_up(project)
    calls(project)
    link = project.with_name(project.name + "-link")
    link.symlink_to(project)
    assert set_up(link, CDPATH="/").returncode == 0
    assert calls(project) == []


def test_two_at_once_do_not_mix_and_a_dead_ones_lock_is_nobodys(project):
    lock = project / ".venv.lock"
    lock.mkdir()
    (lock / "owner").write_text(str(os.getpid()))
    result = set_up(project)
    assert result.returncode == 1
    assert "Another set-up of this folder is running" in result.stderr
    assert calls(project) == []
    gone = subprocess.Popen(["true"])
    gone.wait()
    (lock / "owner").write_text(str(gone.pid))
    assert set_up(project).returncode == 0
    assert not lock.exists()


def test_an_environment_that_was_moved_or_broke_is_made_anew(project):
    set_up(project)
    calls(project)
    moved = project.with_name(project.name + "-moved")
    project.rename(moved)
    assert set_up(moved).returncode == 0
    assert calls(moved) == ["venv", "requirements.lock", "."]
    (moved / ".venv" / "bin" / "python").unlink()
    assert set_up(moved).returncode == 0
    assert calls(moved) == ["venv", "requirements.lock", "."]


OLD = "#!/bin/sh\necho 'Python 3.9.18 (/usr/bin/python3.9)'; exit 1\n"


def test_a_python_that_cannot_work_gives_one_line(project):
    executable(project / "old-python", OLD)
    result = set_up(project, "old-python")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        "Needed: Python 3.11, 3.12 or 3.13. Found: Python 3.9.18 (/usr/bin/python3.9). "
        "Name another: make setup PYTHON=/path/to/python3.12\n"
    )
    assert not (project / ".venv").exists()


def test_a_name_that_is_no_command_is_said(project):
    result = set_up(project, "/nowhere/python3")
    assert result.returncode == 1
    assert "Found: no command /nowhere/python3." in result.stderr


def test_the_first_python_that_serves_is_taken(project):
    """Named nothing, the script looks along the PATH, past one that is too old and one that does not start."""
    folder = project / "bin"
    folder.mkdir()
    executable(folder / "python3", OLD)
    executable(folder / "python3.13", "#!/bin/sh\necho 'pyenv: not found' >&2; exit 127\n")
    (project / "good-python").rename(folder / "python3.12")
    result = set_up(project, "", PATH=f"{folder}:/usr/bin:/bin")
    assert result.returncode == 0, result.stderr
    assert "Making .venv with Python 3.12.0" in result.stdout


CHECK = """
import platform, sys
{change}
exec(open({path!r}).read())
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("sys.version_info = (3, 10, 1)", "Python 3"),
        ("sys.version_info = (3, 14, 0)", "Python 3"),
        ("platform.machine = lambda: 'i686'", "no longer supports"),
        ("platform.system = lambda: 'Darwin'; platform.machine = lambda: 'x86_64'", "Darwin x86_64"),
        ("sys.modules['ensurepip'] = None", "apt install python3-venv"),
    ],
)
def test_what_makes_a_python_unfit(change, words):
    code = CHECK.format(change=change, path=str(ROOT / "tools" / "check_python.py"))
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert words in result.stdout
    assert len(result.stdout.splitlines()) == 1


def test_this_python_is_fit():
    check = str(ROOT / "tools" / "check_python.py")
    result = subprocess.run([sys.executable, check], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "")
