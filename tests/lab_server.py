"""JupyterLab as `make lab` starts it, for the tests that ask it something."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@dataclass
class Server:
    """A running JupyterLab: where it listens and what it asks for."""

    port: int
    token: str
    process: subprocess.Popen

    def address(self, path):
        return f"http://127.0.0.1:{self.port}/lab/tree/{path}?token={self.token}&reset"


def copy_tools(folder):
    """Give a folder what `tools/lab.sh` needs: this environment, and an empty `notebooks`."""
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "notebooks").mkdir()
    (folder / ".venv").symlink_to(ROOT / ".venv")


@contextlib.contextmanager
def running(folder, port=0, name="lab"):
    """Start the JupyterLab of a folder, asked for a port (0: any); stop it at the end."""
    # A reader's own settings: only that the page lets a test speak to the application.
    settings = folder / "settings"
    settings.mkdir(exist_ok=True)
    (settings / "jupyter_lab_config.json").write_text(
        json.dumps({"LabApp": {"expose_app_in_browser": True}})
    )
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    environment |= {"JUPYTER_CONFIG_DIR": str(settings), "HOME": str(folder)}
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "tools/lab.sh"],
            cwd=folder,
            env=environment | {"JUPYTER_PORT": str(port)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield _server_of(log, process)
    finally:
        with contextlib.suppress(ProcessLookupError):  # a test may have stopped it
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _server_of(log, process):
    """Wait for the address that the reader is told to open."""
    pattern = re.compile(r"http://127\.0\.0\.1:(\d+)/lab/tree/notebooks\S*\?token=(\w+)")
    for _ in range(600):
        if found := pattern.search(log.read_text()):
            return Server(int(found[1]), found[2], process)
        if process.poll() is not None:
            break
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
