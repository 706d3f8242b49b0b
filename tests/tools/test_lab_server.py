"""JupyterLab as `make lab` starts it: for this machine only, behind a token, on a free port."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from lab_server import copy_tools, running

ROOT = Path(__file__).parents[2]


def status(port, path, token=None, address="127.0.0.1"):
    """The HTTP status of a request; 403 also where a page answers with the way to the token."""
    request = urllib.request.Request(f"http://{address}:{port}{path}")
    if token:
        request.add_header("Authorization", f"token {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return 403 if "/login" in answer.url else answer.status
    except urllib.error.HTTPError as error:
        return error.code


def wait_until_it_answers(port):
    """The address is told a moment before."""
    for _ in range(100):
        with contextlib.suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", port), timeout=10).close()
            return
        time.sleep(0.2)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A port that is taken, and two servers that were asked for it, in an oddly named folder."""
    folder = tmp_path_factory.mktemp("course") / "Übung – 変分 é"
    folder.mkdir()
    copy_tools(folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running(folder, port, "first") as first, running(folder, port, "second") as second:
            yield port, first, second


@pytest.mark.slow
def test_a_port_that_is_taken_is_left_alone(two):
    taken, first, second = two
    assert len({taken, first.port, second.port}) == 3


@pytest.mark.slow
def test_each_server_has_a_token_of_its_own(two):
    _, first, second = two
    assert first.token != second.token
    for server, other in [(first, second), (second, first)]:
        assert status(server.port, "/api/contents/notebooks", server.token) == 200
        assert status(server.port, "/api/contents/notebooks", other.token) == 403


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/api/contents", "/api/kernels", "/api/terminals", "/files/tools/lab.sh"]
)
def test_nothing_can_be_had_without_the_token(two, path):
    _, server, _ = two
    assert status(server.port, path) == 403


@pytest.mark.slow
def test_other_machines_cannot_reach_it(two):
    _, server, _ = two
    own = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    own = {address for address in own if not address.startswith("127.")}
    for address in own | {"127.0.0.2"}:
        with pytest.raises(urllib.error.URLError):
            status(server.port, "/api", server.token, address)


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_is_let_in_and_told(tmp_path, user, allowed):
    """With stand-ins for Python and `id`."""
    shutil.copytree(
        ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for path, text in {".venv/bin/python": 'echo "$@"', "id": f"echo {user}"}.items():
        (tmp_path / path).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / path).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["sh", "tools/lab.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert ("--allow-root" in done.stdout) == ("Running as root" in done.stdout) == allowed
    assert "--ServerApp.ip=127.0.0.1" in done.stdout


@pytest.mark.slow
def test_it_says_three_lines_and_stops_at_ctrl_c(tmp_path):
    copy_tools(tmp_path)
    (tmp_path / "notebooks/01_first.ipynb").write_text("{}")
    with running(tmp_path, name="said") as server:
        wait_until_it_answers(server.port)
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(timeout=120) == 0
    said = (tmp_path / "said.log").read_text().splitlines()
    said = [line for line in said if not line.startswith("Running as root")]
    assert len(said) == 3
    assert f":{server.port}/lab/tree/notebooks/01_first.ipynb?token={server.token}" in said[0]
    assert "Ctrl-C" in said[2]
