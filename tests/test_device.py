import os
import subprocess
import sys

import numpy as np
import pytest

from vaelib import device


def test_start_up_prints_nothing():
    code = "from vaelib.device import set_up; import keras; set_up(); keras.ops.exp(1.0); import vaelib.model"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "KERAS_"))}
    # A backend chosen for another project must not get in the way.
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment | {"KERAS_BACKEND": "jax"}
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_same_seed_gives_the_same_numbers():
    draws = []
    for seed in (4, 4, 5):
        device.set_up(seed)
        draws.append((np.random.random(), float(device.keras.random.normal(()))))  # noqa: NPY002  (the global one is meant)
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("seed", ["3", 3.0, True, None])
def test_a_seed_must_be_an_integer(seed):
    with pytest.raises(TypeError, match="seed must be an integer"):
        device.set_up(seed)


class FakeGpus:
    """Stands in for tf.config on a machine with one GPU, and records what is asked of it."""

    def __init__(self, busy):
        self.busy, self.asked = busy, []
        self.experimental = self

    def list_physical_devices(self, kind):
        return [type("Device", (), {"name": "/physical_device:GPU:0"})] if kind == "GPU" else []

    def set_memory_growth(self, gpu, on):
        self.asked.append(("growth", on))
        if self.busy:
            raise RuntimeError("Physical devices cannot be modified after being initialized")

    def enable_op_determinism(self):
        self.asked.append(("determinism", True))

    def get_device_details(self, gpu):
        return {"device_name": "Some Card"}


@pytest.mark.parametrize("busy", [False, True])
def test_a_gpu_is_taken_with_memory_growth(monkeypatch, busy):
    fake = FakeGpus(busy)
    monkeypatch.setattr(device.tf, "config", fake)
    assert device.set_up() == "GPU (Some Card)"
    assert fake.asked == [("growth", True), ("determinism", True)]


def test_without_a_gpu_the_cpu_is_named(monkeypatch):
    fake = FakeGpus(busy=False)
    fake.list_physical_devices = lambda kind: []
    monkeypatch.setattr(device.tf, "config", fake)
    assert device.set_up() == f"CPU ({os.cpu_count()} cores)"
    assert fake.asked == []


def test_held_back_lines_are_shown_if_the_import_fails(capfd):
    with device._muted_stderr():
        os.write(2, b"noise\n")
    assert capfd.readouterr().err == ""

    def fail():
        with device._muted_stderr():
            os.write(2, b"the library's last words\n")
            raise ImportError("no luck")

    with pytest.raises(ImportError):
        fail()
    assert "the library's last words" in capfd.readouterr().err
    os.write(2, b"audible again\n")
    assert capfd.readouterr().err == "audible again\n"
