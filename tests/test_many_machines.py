"""Two processes learn what one does; a killed one ends the run, which goes on where it was."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax", reason="several processes need JAX: pip install '.[jax]'")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
# GELU is smooth: rounding, which differs with the number of processes, turns no unit on or off.
SMALL = ["--digits", "1000", "--epochs", "20", "--peak", "0.001", "--activation", "gelu"]


def start(folder, *arguments):
    """The script in a session of its own, which can be killed as a whole, like a machine."""
    command = [sys.executable, ROOT / "tools/many_machines.py", *SMALL, *arguments, folder]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    return subprocess.Popen(
        [*map(str, command)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_here(processes, folder):
    process = start(folder, "--here", processes)
    _, said = process.communicate()
    assert process.returncode == 0, said
    return np.load(folder / "state.npz")


def losses(folder):
    path = folder / "state.npz"
    return np.load(path)["loss"] if path.exists() else np.array([])


def what_the_other_says(folder, victim):
    """Two train as if on two machines; once an epoch more has been kept, one of them is killed."""
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        coordinator = f"localhost:{listener.getsockname()[1]}"
    common = ["--coordinator", coordinator, "--processes", 2, "--rank"]
    machines = [start(folder, *common, 0), start(folder / "other", *common, 1)]
    try:
        before = len(losses(folder))
        while len(losses(folder)) == before:
            assert [machine.poll() for machine in machines] == [None, None]
            time.sleep(0.02)
        os.killpg(machines[victim].pid, signal.SIGKILL)
        _, said = machines[1 - victim].communicate(timeout=60)
        assert machines[1 - victim].returncode == 1
        return said
    finally:
        for machine in machines:
            if machine.poll() is None:
                os.killpg(machine.pid, signal.SIGKILL)
            machine.communicate()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    return run_here(2, tmp_path_factory.mktemp("unbroken"))


def check_equal(found, wanted):
    """Losses of all epochs and all of the state; 0.0001 is a rounding error of a loss of 500."""
    for name in set(wanted.files) - {"seconds"}:
        np.testing.assert_allclose(found[name], wanted[name], 1e-6, atol=1e-4, err_msg=name)


def test_two_processes_learn_what_one_does(unbroken, tmp_path):
    alone = run_here(1, tmp_path)
    check_equal(unbroken, alone)
    assert alone["loss"][-1] < alone["loss"][0] - 10
    assert (tmp_path / "vae.keras").exists()


def test_a_killed_process_ends_the_run_which_then_goes_on(unbroken, tmp_path):
    """With either process killed; and at last with another number of processes."""
    said = what_the_other_says(tmp_path, victim=1)
    assert "Process 0 of 2 no longer reaches one of the others" in said
    assert f"the run goes on after epoch {len(losses(tmp_path))}." in said
    said = what_the_other_says(tmp_path, victim=0)
    assert "Process 1 of 2 no longer reaches one of the others" in said
    assert 2 <= len(losses(tmp_path)) < 20
    check_equal(run_here(1, tmp_path), unbroken)


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path):
    process = start(tmp_path, "--here", 3)
    _, said = process.communicate()
    assert process.returncode == 2
    assert "3 processes cannot share a batch of 250" in said
