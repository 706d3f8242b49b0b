import fcntl
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
matplotlib.use("Agg")  # no test opens a window


def pytest_collectstart():
    """Load TensorFlow as the course does; the head of pytest-xdist collects nothing."""
    import vaelib.runtime  # noqa: F401


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site, built once for all workers, beside the notebooks that it was made from."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "course"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed
        if not (folder / "site").exists():
            folder.mkdir()
            (folder / "notebooks").symlink_to(ROOT / "notebooks")
            command = [sys.executable, str(ROOT / "tools/site/build.py"), str(folder / "site")]
            built = subprocess.run(command, capture_output=True, text=True)
            assert built.returncode == 0, built.stderr[-4000:]
            assert "WARNING" not in built.stderr
    return folder / "site"


# The same examples in every run, so that a red CI is red for the change at hand; and no clock.
settings.register_profile(
    "course", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("course")
