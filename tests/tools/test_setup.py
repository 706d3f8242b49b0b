"""tools/setup.sh with stand-ins for venv, pip and uv, so that nothing is fetched."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK, GPU_LOCK = "requirements.lock", "requirements-gpu.lock"
NEEDED = [
    *("tools/setup.sh", "tools/find_python.sh", "tools/check_python.py", "tools/run.sh"),
    "tools/uv.sh",
    *(LOCK, GPU_LOCK, "pyproject.toml"),
]

# A Python that finds the stand-ins first, and gives itself out for another version if told so.
PYTHON = '#!/bin/sh\nPYTHONPATH="{stubs}" VERSION="{version}" exec "{python}" "$@"\n'
STUBS = {
    "sitecustomize.py": """
        import os, sys
        if os.environ["VERSION"]:
            major, minor = map(int, os.environ["VERSION"].split("."))
            version = type("Version", (tuple,), {"major": major, "minor": minor})
            sys.version_info = version((major, minor, 0))
        """,
    "venv.py": """
        import os, pathlib, shutil, time
        if __name__ == "__main__":
            shutil.rmtree(".venv", ignore_errors=True)
            time.sleep(float(os.environ["PAUSE"]))
            pathlib.Path(".venv/bin").mkdir(parents=True)
            shutil.copy(os.environ["PYTHON_FILE"], ".venv/bin/python")
        """,
    "pip/__init__.py": "",
    # Takes uv only, and that with hashes.
    "pip/__main__.py": r"""
        import pathlib, re, sys
        if "install" not in sys.argv:
            sys.exit(1)
        asked = pathlib.Path(sys.argv[sys.argv.index("-r") + 1]).read_text()
        assert "--require-hashes" in sys.argv
        assert re.fullmatch(r"uv==.*( \\\n    --hash=sha256:\w{64})+\n", asked), asked
        pathlib.Path(".venv/uv").touch()
        """,
    "uv/__init__.py": """
        import pathlib
        if not pathlib.Path(".venv/uv").exists():
            raise ImportError("pip has not installed it")
        """,
    # Installs a lock by copying it to .venv/packages; like the real one, misses what is half there.
    "uv/__main__.py": """
        import os, pathlib, sys, time
        venv, home = pathlib.Path(".venv"), pathlib.Path(os.environ["HOME"])
        packages = venv / "packages"
        assert home.is_dir() and os.access(home, os.W_OK), home
        assert sys.argv[sys.argv.index("--python") + 1] == ".venv/bin/python"
        if "sync" in sys.argv:
            assert "--require-hashes" in sys.argv
            offline = "--offline" in sys.argv
            if os.environ.get("NO_NETWORK") and not offline:
                sys.exit("no network")
            (lock,) = [word for word in sys.argv if word.endswith(".lock")]
            wanted = pathlib.Path(lock).read_text()
            (venv / "vaelib").unlink(missing_ok=True)
            if packages.exists() and packages.read_text() == wanted:
                sys.exit()
            if offline:
                sys.exit("nothing is cached")
            if packages.exists() and packages.read_text() == "half":
                sys.exit()
            packages.write_text("half")
            time.sleep(float(os.environ["PAUSE"]))
            if pathlib.Path("interrupt").exists():
                sys.exit(1)
            packages.write_text(wanted)
            names = ["UV_DEFAULT_INDEX", "UV_COMPILE_BYTECODE"]
            settings = [f"{name}={os.environ.get(name)}" for name in names]
            (venv / "settings").write_text("; ".join(settings))
        else:
            assert "--no-deps" in sys.argv
            time.sleep(float(os.environ["PAUSE"]))
            (venv / "vaelib").touch()
        """,
}


class Project:
    """A clone of the course, as far as set-up needs it, and a Python to set it up with."""

    def __init__(self, folder):
        self.folder = folder / "le cours é"
        self.stubs = folder / "stubs"
        for name in NEEDED:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.folder / name)
        for name, text in STUBS.items():
            (self.stubs / name).parent.mkdir(parents=True, exist_ok=True)
            (self.stubs / name).write_text(re.sub("^        ", "", text, flags=re.MULTILINE))
        self.python = self.a_python(folder / "python")

    def a_python(self, path, version=""):
        text = PYTHON.format(stubs=self.stubs, version=version, python=sys.executable)
        return executable(path, text)

    def start(self, python=None, **variables):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder.parent),
            "PYTHON": str(self.python if python is None else python),
            "PYTHON_FILE": str(python or self.python),
            "PAUSE": "0",
        }
        return subprocess.Popen(
            ["sh", "tools/setup.sh"],
            cwd=self.folder,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def fails(self, *arguments, **variables):
        """What a set-up that has to fail says on stderr."""
        process = self.start(*arguments, **variables)
        _, error = process.communicate(timeout=60)
        assert process.returncode == 1
        return error

    def set_up(self, *arguments, **variables):
        """Set up, completely; say whether .venv was 'made', 'changed' or left 'alone'."""
        mark, vaelib = self.folder / ".venv/mark", self.folder / ".venv/vaelib"
        before = vaelib.stat().st_mtime_ns if mark.exists() and vaelib.exists() else None
        process = self.start(*arguments, **variables)
        output, error = process.communicate(timeout=60)
        assert (process.returncode, error) == (0, "")
        kind = GPU_LOCK if (self.folder / ".venv/.kind").read_text().strip() == "gpu" else LOCK
        assert (self.folder / ".venv/packages").read_text() == (self.folder / kind).read_text()
        assert vaelib.exists()
        # One that was killed at its very end leaves nothing to do, and its lock, which is nobody's.
        assert output == "" or not (self.folder / ".venv.lock").exists()
        if not mark.exists():
            mark.touch()
            return "made"
        if vaelib.stat().st_mtime_ns != before:
            return "changed"
        assert output == ""
        return "alone"


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_it_is_set_up_once_and_then_left_alone(project):
    assert project.set_up() == "made"
    assert project.set_up() == "alone"
    link = project.folder.with_name("link")
    link.symlink_to(project.folder)
    project.folder = link
    (project.stubs / "tools").mkdir()
    assert project.set_up(PWD=str(link), CDPATH=str(project.stubs)) == "alone"


@pytest.mark.parametrize(("name", "no_network"), [(LOCK, ""), ("pyproject.toml", "1")])
def test_a_file_that_changes_changes_the_environment(project, name, no_network):
    project.set_up()
    with (project.folder / name).open("a") as file:
        file.write("# new\n")
    assert project.set_up(NO_NETWORK=no_network) == "changed"
    assert project.set_up() == "alone"


def test_an_environment_that_was_moved_or_broke_is_made_anew(project):
    project.set_up()
    project.folder = project.folder.rename(project.folder.with_name("moved"))
    (project.folder / ".venv/mark").unlink()
    assert project.set_up() == "made"
    (project.folder / ".venv/bin/python").unlink()
    assert project.set_up() == "made"


def test_half_an_update_is_not_taken_for_complete(project):
    project.set_up()
    (project.folder / LOCK).write_text((project.folder / LOCK).read_text() + "# new\n")
    (project.folder / "interrupt").touch()
    project.fails()
    (project.folder / "interrupt").unlink()
    assert project.set_up() == "made"


@pytest.mark.slow
def test_a_set_up_killed_at_any_moment_is_completed_by_the_next(project):
    started = time.monotonic()
    project.set_up(PAUSE="0.05")
    whole = time.monotonic() - started
    chance = random.Random(3)
    for _ in range(8):
        shutil.rmtree(project.folder / ".venv")
        process = project.start(PAUSE="0.05", GPU="0")
        time.sleep(chance.uniform(0, whole))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        project.set_up()


def test_the_gpu_packages_come_when_asked_and_stay(project):
    kind = project.folder / ".venv/.kind"
    assert project.set_up(GPU="0") == "made"
    assert kind.read_text() == "cpu\n"
    (project.folder / "interrupt").touch()
    project.fails(GPU="1")
    (project.folder / "interrupt").unlink()
    assert project.set_up() == "made"  # finishes what was begun, without being told again
    assert kind.read_text() == "gpu\n"
    assert project.set_up(GPU="") == "alone"


def test_two_at_once_do_not_mix_and_the_lock_of_a_dead_one_is_nobodys(project):
    first = project.start(PAUSE="60")
    owner = project.folder / ".venv.lock/owner"
    deadline = time.monotonic() + 30
    while not (owner.exists() and owner.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert str(first.pid) in project.fails()
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert owner.exists()
    assert project.set_up() == "made"


def test_what_python_and_pip_are_told_uv_is_told_too(project):
    project.set_up(PIP_INDEX_URL="a mirror", PYTHONDONTWRITEBYTECODE="1")
    settings = (project.folder / ".venv/settings").read_text()
    assert settings == "UV_DEFAULT_INDEX=a mirror; UV_COMPILE_BYTECODE=1"


@pytest.mark.parametrize("home", ["", "/dev/null", "/nowhere/at/all"])
def test_no_home_is_needed(project, home):
    assert project.set_up(HOME=home) == "made"


def test_a_python_that_is_named_has_its_way(project):
    project.set_up()
    other_minor = 11 if sys.version_info[1] != 11 else 12
    other = project.a_python(project.folder / "a folder/other python", f"3.{other_minor}")
    assert project.set_up(other) == "made"
    assert project.set_up(other) == "alone"
    assert project.set_up("") == "alone"


def test_a_python_that_cannot_work_is_said_in_one_line_and_costs_nothing(project):
    project.set_up()
    old = project.a_python(project.folder / "old-python", "3.9")
    for python, words in ((old, sys.executable), ("/nowhere/python3", "/nowhere/python3")):
        (line,) = project.fails(python).splitlines()
        assert os.path.realpath(words) in line
        assert all(version in line for version in ("3.11", "3.12", "3.13"))
        assert "PYTHON=" in line
    assert project.set_up() == "alone"


def test_the_first_python_that_serves_is_taken(project):
    """Without a name: past one on the PATH that is too old and one that does not start."""
    folder = project.folder / "bin"
    project.a_python(folder / "python3", "3.9")
    executable(folder / "python3.13", "#!/bin/sh\necho 'pyenv: not found' >&2; exit 127\n")
    tools = {"PATH": f"{folder}:/usr/bin:/bin", "PYTHON_FILE": str(folder / "python3.12")}
    project.a_python(folder / "python3.12", "3.12")
    assert project.set_up("", **tools) == "made"
    assert "3.12" in (project.folder / ".venv/bin/python").read_text()
    for name in ("python3.12", "python3.11", "python"):
        project.a_python(folder / name, "3.9")
    (project.folder / ".venv/bin/python").unlink()
    (line,) = project.fails("", **tools).splitlines()
    assert "python3.13" in line.replace("3.12 or 3.13", "")


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
        ("platform.machine = lambda: 'i686'", "i686"),
        (
            "platform.system = lambda: 'Darwin'; platform.machine = lambda: 'x86_64'",
            "Darwin x86_64",
        ),
        ("sys.modules['ensurepip'] = None", "python3-venv"),
        ("", ""),
    ],
)
def test_what_makes_a_python_unfit(change, words):
    code = CHECK.format(change=change, path=str(ROOT / "tools/check_python.py"))
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == bool(change)
    assert words in result.stdout
    assert len(result.stdout.splitlines()) == bool(change)
