"""JupyterLab as `make lab` starts it: for this machine only, behind a token, on another port if its own is taken."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/lab/tree/notebooks\?token=(\w+)")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder whose name is not easy, with what the command needs."""
    folder = tmp_path_factory.mktemp("course") / "Übung – 変分 é"
    (folder / "notebooks").mkdir(parents=True)
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "notebooks/01_mapping_distributions.py", folder / "notebooks")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


@contextlib.contextmanager
def started(course, port, name):
    """The port and the token of a running JupyterLab that was asked for a port."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"HOME": str(course), "JUPYTER_CONFIG_DIR": str(course / "settings"), "JUPYTER_PORT": str(port)}
    log = course / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "tools/lab.sh"], cwd=course, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        for _ in range(240):
            found = ADDRESS.search(log.read_text())
            if found:
                break
            assert process.poll() is None, log.read_text()[-2000:]
            time.sleep(0.5)
        yield int(found[1]), found[2]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def status(port, path, token=None, address="127.0.0.1"):
    request = urllib.request.Request(f"http://{address}:{port}{path}")
    if token:
        request.add_header("Authorization", f"token {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return 403 if "/login" in answer.url else answer.status  # a page is answered with the way to the token
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def two(course):
    """Two of them at once, both asked for a port that something else has taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with started(course, port, "first") as first, started(course, port, "second") as second:
            yield port, first, second


def test_a_port_that_is_taken_is_left_alone(two):
    taken, (first, _), (second, _) = two
    assert len({taken, first, second}) == 3


def test_two_at_once_have_a_token_each(two):
    _, (first, token), (second, other) = two
    assert token != other
    for port, own, foreign in [(first, token, other), (second, other, token)]:
        assert status(port, "/api/contents/notebooks", own) == 200
        assert status(port, "/api/contents/notebooks", foreign) == 403


@pytest.mark.parametrize("path", ["/api/contents", "/api/kernels", "/api/terminals", "/files/tools/lab.sh"])
def test_nothing_is_to_be_had_without_the_token(two, path):
    _, (port, _), _ = two
    assert status(port, path) == 403


def test_other_machines_cannot_reach_it(two):
    _, (port, token), _ = two
    own = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    own = {address for address in own if not address.startswith("127.")}
    for address in own | {"127.0.0.2"}:
        with pytest.raises(urllib.error.URLError):
            status(port, "/api", token, address)


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_is_let_in_and_told(tmp_path, user, allowed):
    """With stand-ins for Python and `id`."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for path, text in {".venv/bin/python": 'echo "$@"', "id": f"echo {user}"}.items():
        (tmp_path / path).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / path).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(["sh", "tools/lab.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ("--allow-root" in done.stdout) == ("Running as root" in done.stdout) == allowed
    assert "--ServerApp.ip=127.0.0.1" in done.stdout
