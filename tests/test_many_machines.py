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
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
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
    """Of two that train as if on two machines, one is killed after an epoch more has been kept."""
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        coordinator = f"localhost:{listener.getsockname()[1]}"
    common = ["--coordinator", coordinator, "--processes", 2, "--rank"]
    machines = [start(folder, *common, rank) for rank in (0, 1)]
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


def test_two_processes_learn_what_one_does(unbroken, tmp_path):
    """The same losses, and the same state down to batch normalisation's averages."""
    alone = run_here(1, tmp_path)
    for name in set(alone.files) - {"seconds"}:
        np.testing.assert_allclose(unbroken[name], alone[name], atol=1e-4, err_msg=name)
    assert alone["loss"][-1] < alone["loss"][0] - 10
    assert (tmp_path / "vae.keras").exists()


def test_a_killed_process_ends_the_run_which_then_goes_on(unbroken, tmp_path):
    said = what_the_other_says(tmp_path, victim=1)
    assert "Process 0 of 2 no longer reaches one of the others" in said
    assert f"the run goes on after epoch {len(losses(tmp_path))}." in said
    said = what_the_other_says(tmp_path, victim=0)
    assert "Process 1 of 2 no longer reaches one of the others" in said
    assert 2 <= len(losses(tmp_path)) < 20
    resumed = run_here(2, tmp_path)
    np.testing.assert_allclose(resumed["loss"], unbroken["loss"], atol=1e-4)
    for name in set(resumed.files) - {"seconds"}:
        np.testing.assert_allclose(resumed[name], unbroken[name], atol=1e-4, err_msg=name)


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path):
    process = start(tmp_path, "--here", 3)
    _, said = process.communicate()
    assert process.returncode == 2
    assert "3 processes cannot share a batch of 250" in said
