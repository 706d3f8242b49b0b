"""What is different while training, what a seed repeats, half precision, rates and devices."""

import subprocess
import sys

import numpy as np
import pytest
from any_backend import BACKEND, arrays, needs_tensorflow

from vaelib.data import load_mnist
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.schedules import warmup_cosine


def test_dropout_works_while_training_only(make_vae, without_chance, small_digits):
    vae = without_chance(make_vae(dropout_rate=0.5, batch_normalization=False))
    x = small_digits[:4]
    outputs = [arrays(vae(x, training=mode)["logits"]) for mode in (False, False, True, True)]
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-5)
    assert np.abs(outputs[2] - outputs[3]).max() > 1e-3
    assert np.abs(outputs[2] - outputs[0]).max() > 1e-3


def test_batch_normalisation_looks_at_the_batch_while_training_only(
    make_vae, without_chance, small_digits
):
    vae = without_chance(make_vae())
    alone, together = (arrays(vae(small_digits[:n], training=False)) for n in (1, 8))
    np.testing.assert_allclose(alone["logits"], together["logits"][:1], atol=1e-4)
    training = arrays(vae(small_digits[:8], training=True))
    assert np.abs(training["logits"] - together["logits"]).max() > 1e-2


def test_only_training_moves_the_averages(make_vae, small_digits):
    vae = make_vae(eagerly=True)

    def averages():
        return [np.asarray(w) for w in vae.non_trainable_weights if w.name.startswith("moving")]

    before = averages()
    assert len(before) == 4
    vae.evaluate(small_digits, verbose=0)
    vae.predict(small_digits, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, averages(), strict=True))
    vae.fit(small_digits, batch_size=300, verbose=0)
    assert not any(np.array_equal(a, b) for a, b in zip(before, averages(), strict=True))


def test_the_same_seed_trains_the_same_model(make_vae, small_digits):
    runs = []
    for seed in (3, 3, 4):
        vae = make_vae(seed=seed, dropout_rate=0.2, eagerly=True)
        vae.fit(small_digits, epochs=2, batch_size=200, verbose=0)
        runs.append(vae.predict_on_batch(small_digits[:5]))
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_half_precision_trains(make_vae, small_digits):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        vae = make_vae()
    finally:
        keras.config.set_dtype_policy("float32")
    losses = vae.fit(small_digits, batch_size=50, epochs=3, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def elbo_of(policy, digits, seed):
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        set_up(seed)
        model = VAE(Encoder(), Decoder())
        model.compile(optimizer=keras.optimizers.Adam(warmup_cosine(180, 0.01, 30)))
        model.fit(digits, batch_size=100, epochs=6, verbose=0)
        found = model.evaluate(digits, batch_size=500, verbose=0, return_dict=True)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    return -found["reconstruction"] - found["kl"]


@pytest.mark.slow
def test_half_precision_trains_as_well_as_single():
    """Means of three seeds, which on so few digits lie up to eight nats apart.

    `benchmarks/results/limits.md` has all of the digits.
    """
    digits = load_mnist()[0][0][:3000]

    def mean(policy):
        return np.mean([elbo_of(policy, digits, seed) for seed in range(3)])

    single, tolerance = mean("float32"), 2 if BACKEND == "tensorflow" else 3
    for policy in ("mixed_float16", "mixed_bfloat16"):
        assert mean(policy) == pytest.approx(single, abs=tolerance), policy


@pytest.mark.slow
@pytest.mark.parametrize("rate", [1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
def test_any_usual_learning_rate_learns(digits, rate):
    set_up(0)
    model = VAE(Encoder(), Decoder())
    model.compile(optimizer=keras.optimizers.Adam(rate))
    losses = model.fit(digits, batch_size=100, epochs=3, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


ON_TWO_DEVICES = """
import contextlib
import numpy as np
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
x = np.random.default_rng(0).random((400, 7, 7, 1), dtype="float32")

def losses(strategy):
    keras.utils.set_random_seed(0)
    options = {"hidden_units": (16,), "batch_normalization": False, "image_shape": (7, 7, 1)}
    with strategy.scope() if strategy else contextlib.nullcontext():
        vae = VAE(Encoder(**options), Decoder(**options))
        vae.compile(optimizer=keras.optimizers.SGD(1e-2))
    vae.encoder.z_log_var.set_weights([np.zeros((16, 2)), np.full(2, -60.0)])
    vae.encoder.z_log_var.trainable = False  # no chance in it: the two runs must agree
    return vae.fit(x, batch_size=100, epochs=2, shuffle=False, verbose=0).history["loss"]

both, one = losses(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])), losses(None)
np.testing.assert_allclose(both, one, rtol=1e-5)
assert one[1] < one[0]
"""


@needs_tensorflow
@pytest.mark.slow
def test_a_batch_spread_over_two_devices_trains_the_same():
    """With plain SGD, which unlike Adam would show a loss that is scaled wrongly."""
    result = subprocess.run([sys.executable, "-c", ON_TWO_DEVICES], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_steps_taken_at_a_stretch_train_the_same_model(small_digits):
    """On PyTorch, which has no such thing, the argument changes nothing, either."""

    def trained(steps):
        keras.utils.set_random_seed(0)
        options = {"hidden_units": (8,), "image_shape": (7, 7, 1)}
        vae = VAE(Encoder(**options), Decoder(**options))
        vae.compile(keras.optimizers.Adam(0.01), steps_per_execution=steps)
        vae.fit(small_digits, batch_size=50, epochs=2, verbose=0)
        return arrays([weight.value for weight in vae.weights])

    for one, other in zip(trained(1), trained(5), strict=True):
        np.testing.assert_array_equal(one, other)
