"""A quiet start, repeatable chance, and the device that is used."""

import os
import subprocess
import sys

import numpy as np
import pytest
from any_backend import BACKEND, arrays, needs_tensorflow

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
assert (config.floatx(), config.epsilon()) == ("float32", 1e-7)
assert config.image_data_format() == "channels_last"
print(config.backend())
"""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_"))}
    environment = kept | {"KERAS_BACKEND": BACKEND, "HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{BACKEND}\n", "")


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


@needs_tensorflow
@pytest.mark.parametrize("busy", [False, True])
def test_a_gpu_is_taken_with_memory_growth_and_repeatable_operations(monkeypatch, busy):
    fake = FakeGpus({"gpu0": {"device_name": "Some Card"}, "gpu1": {}}, busy)
    monkeypatch.setattr(runtime.tf, "config", fake)
    assert set_up() == "TensorFlow, GPU (Some Card), GPU (unnamed)"
    assert fake.asked == [("gpu0", True), ("gpu1", True), "determinism"]


@needs_tensorflow
def test_without_a_gpu_the_cpu_is_named(monkeypatch):
    fake = FakeGpus({})
    monkeypatch.setattr(runtime.tf, "config", fake)
    assert set_up() == f"TensorFlow, CPU ({os.cpu_count()} cores)"
    assert fake.asked == []


@pytest.mark.skipif(BACKEND == "tensorflow", reason="of the others")
def test_another_backend_says_where_the_stored_outputs_are_from():
    name = {"jax": "JAX", "torch": "PyTorch"}[BACKEND]
    assert set_up().startswith(f"{name}, ")
    assert set_up().endswith("; the stored outputs are TensorFlow's")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "said"),
    [("numpy", "KERAS_BACKEND must be one of"), ("torch", r"pip install '.[torch]', or unset")],
)
def test_a_backend_that_cannot_be_had_is_one_clear_error(backend, said, tmp_path):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch')")
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", "import vaelib.models"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert result.returncode == 1
    assert said in result.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.skipif(BACKEND == "tensorflow", reason="of the others")
def test_it_trains_where_tensorflow_is_missing(tmp_path):
    hide = f"import sys\nsys.modules['tensorflow'], path = None, {str(tmp_path / 'vae.keras')!r}\n"
    code = """
import numpy as np
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
set_up(0)
vae = VAE(Encoder(), Decoder())
vae.compile(optimizer="adam")
vae.fit(np.zeros((20, 28, 28, 1)), verbose=0)
vae.save(path)
print(keras.saving.load_model(path).generate(3).shape)
"""
    result = subprocess.run([sys.executable, "-c", hide + code], capture_output=True, text=True)
    assert result.stdout == "(3, 28, 28, 1)\n", result.stderr


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
        keras.utils.set_random_seed(1)  # of PyTorch, whose dropout has no generator in the model
        return [arrays(vae(x, training=True)["logits"]) for _ in range(2)]

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
    if BACKEND == "torch":
        import torch

        before = torch.random.get_rng_state()
        with preserve_random_state(watched):
            draws(watched)
        assert torch.equal(torch.random.get_rng_state(), before)
