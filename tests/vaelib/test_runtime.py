"""A quiet start, repeatable chance, and the device that is used."""

import os
import subprocess
import sys

import numpy as np
import pytest

from vaelib import runtime
from vaelib.runtime import keras, preserve_random_state, set_up


@pytest.mark.slow
def test_starting_prints_nothing_whatever_the_user_has_set_for_another_project(tmp_path):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(
        '{"floatx": "float64", "epsilon": 0.1, "image_data_format": "channels_first"}'
    )
    code = """
import vaelib.models
from vaelib.runtime import keras, set_up
set_up()
keras.ops.exp(1.0)
config = keras.config
assert (config.backend(), config.floatx(), config.epsilon()) == ("tensorflow", "float32", 1e-7)
assert config.image_data_format() == "channels_last"
"""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_"))}
    environment = kept | {"KERAS_BACKEND": "jax", "HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_same_seed_gives_the_same_numbers():
    draws = []
    for seed in (4, 4, 5):
        set_up(seed)
        draws.append((np.random.random(), float(keras.random.normal(()))))  # noqa: NPY002  (the global one is meant)
    assert draws[0] == draws[1] != draws[2]


class FakeGpus:
    """Stands in for tf.config on a machine with GPUs, and records what is asked of it."""

    def __init__(self, gpus, busy=False):
        self.gpus, self.busy, self.asked = gpus, busy, []
        self.experimental = self

    def list_physical_devices(self, kind):
        return list(self.gpus) if kind == "GPU" else []

    def set_memory_growth(self, gpu, on):
        self.asked.append((gpu, on))
        if self.busy:
            raise RuntimeError("Physical devices cannot be modified after being initialized")

    def enable_op_determinism(self):
        self.asked.append("determinism")

    def get_device_details(self, gpu):
        return self.gpus[gpu]


@pytest.mark.parametrize("busy", [False, True])
def test_a_gpu_is_taken_with_memory_growth_and_repeatable_operations(monkeypatch, busy):
    fake = FakeGpus({"gpu0": {"device_name": "Some Card"}, "gpu1": {}}, busy)
    monkeypatch.setattr(runtime.tf, "config", fake)
    assert set_up() == "GPU (Some Card, unnamed)"
    assert fake.asked == [("gpu0", True), ("gpu1", True), "determinism"]


def test_without_a_gpu_the_cpu_is_named(monkeypatch):
    fake = FakeGpus({})
    monkeypatch.setattr(runtime.tf, "config", fake)
    assert set_up() == f"CPU ({os.cpu_count()} cores)"
    assert fake.asked == []


def test_what_is_written_during_the_start_is_dropped_and_an_error_is_not(capfd):
    def fail():
        with runtime._muted_stderr():
            os.write(2, b"noise\n")
            raise ImportError("no luck")

    with pytest.raises(ImportError, match="no luck"):
        fail()
    os.write(2, b"audible again\n")
    assert capfd.readouterr().err == "audible again\n"


def test_looking_at_a_model_leaves_its_random_state_even_if_that_fails(make_vae, small_digits):
    x = small_digits[:5]

    def draws(vae):
        return [np.asarray(vae(x, training=True)["logits"]) for _ in range(2)]

    def look_and_fail(vae):
        with preserve_random_state(vae):
            draws(vae)
            raise InterruptedError

    alone, watched = (make_vae(dropout_rate=0.5) for _ in range(2))
    with preserve_random_state(watched):
        draws(watched)
    with pytest.raises(InterruptedError):
        look_and_fail(watched)
    found, expected = draws(watched), draws(alone)
    np.testing.assert_array_equal(found, expected)
    assert not np.array_equal(*expected)
