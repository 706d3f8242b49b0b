import subprocess
import sys

import numpy as np
import pytest
from scipy import special

from vaelib.data import load_mnist
from vaelib.device import keras
from vaelib.model import VAE, Decoder, Encoder, warmup_cosine


@pytest.fixture(scope="module")
def digits():
    (x, _), _ = load_mnist()
    return x[:600]


def small_vae(seed=0, learning_rate=1e-2, **options):
    keras.utils.set_random_seed(seed)
    vae = VAE(Encoder(hidden_units=(32,), **options), Decoder(hidden_units=(32,), **options))
    vae.compile(optimizer=keras.optimizers.Adam(learning_rate))
    return vae


def without_chance(vae):
    """Let every cloud be a point (log variance −60), so that the ELBO can be worked out by other means."""
    vae.encoder.z_log_var.set_weights([np.zeros((32, 2)), np.full(2, -60.0)])
    return vae


@pytest.fixture(scope="module")
def trained(digits):
    vae = small_vae(dropout_rate=0.1)
    vae.fit(digits, batch_size=50, epochs=3, verbose=0)
    return vae


def test_training_raises_the_elbo_and_reports_its_terms(digits):
    vae = small_vae()
    logs = vae.fit(digits[:500], validation_data=digits[500:], batch_size=50, epochs=4, verbose=0).history
    assert set(logs) == {"loss", "reconstruction", "kl", "val_loss", "val_reconstruction", "val_kl"}
    for prefix in ("", "val_"):
        terms = np.add(logs[prefix + "reconstruction"], logs[prefix + "kl"])
        np.testing.assert_allclose(logs[prefix + "loss"], terms, rtol=1e-5)
    assert logs["loss"][-1] < logs["loss"][0] - 50
    assert logs["val_loss"][-1] < logs["val_loss"][0]


@pytest.mark.parametrize("batch_size", [7, 50, 600])  # 600 = 85 × 7 + 5: the last batch is smaller, and counts less
def test_evaluate_is_minus_the_elbo_worked_out_in_numpy(digits, batch_size):
    vae = small_vae(seed=1)
    vae.fit(digits, epochs=1, verbose=0)
    without_chance(vae)
    z_mean, z_log_var, _ = (np.asarray(output, "float64") for output in vae.encoder.predict(digits, verbose=0))
    p = np.asarray(vae.decoder.predict(z_mean, verbose=0), "float64")
    x = np.asarray(digits, "float64")
    reconstruction = -(special.xlogy(x, p) + special.xlog1py(1 - x, -p)).sum(axis=(1, 2, 3)).mean()
    kl = 0.5 * (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).sum(axis=1).mean()
    found = vae.evaluate(digits, batch_size=batch_size, verbose=0, return_dict=True)
    assert found["reconstruction"] == pytest.approx(reconstruction, rel=1e-4)
    assert found["kl"] == pytest.approx(kl, rel=1e-4)
    assert found["loss"] == pytest.approx(reconstruction + kl, rel=1e-4)


def test_batches_of_1_7_and_500_give_the_same_codes(trained, digits):
    one, seven, many = (trained.encoder.predict(digits[:500], batch_size=size, verbose=0) for size in (1, 7, 500))
    for other in (one, seven):
        for position in (0, 1):  # the mean and the log variance; the third is a draw
            np.testing.assert_allclose(other[position], many[position], atol=1e-5)


def test_predict_is_repeatable_and_goes_through_the_mean(trained, digits):
    first, second = trained.predict(digits[:9], verbose=0), trained.predict(digits[:9], verbose=0)
    np.testing.assert_array_equal(first, second)
    z_mean, _, _ = trained.encoder.predict(digits[:9], verbose=0)
    np.testing.assert_allclose(first, trained.decoder.predict(z_mean, verbose=0), atol=1e-6)
    assert first.shape == (9, 28, 28, 1)


def test_dropout_works_while_training_only(digits):
    vae = without_chance(small_vae(dropout_rate=0.5, batch_normalization=False))
    x = digits[:4]
    outputs = [np.asarray(vae(x, training=mode)["logits"]) for mode in (False, False, True, True)]
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-5)
    assert np.abs(outputs[2] - outputs[3]).max() > 1e-3
    assert np.abs(outputs[2] - outputs[0]).max() > 1e-3


def test_batch_normalisation_uses_the_batch_in_training_and_its_averages_outside(digits):
    vae = without_chance(small_vae())
    alone, together = vae(digits[:1], training=False), vae(digits[:8], training=False)
    np.testing.assert_allclose(alone["logits"], together["logits"][:1], atol=1e-4)
    trained_mode = vae(digits[:8], training=True)
    assert np.abs(np.asarray(trained_mode["logits"]) - np.asarray(together["logits"])).max() > 1e-2


def moving_averages(vae):
    return [np.asarray(w) for w in vae.non_trainable_weights if w.name.startswith("moving")]


def test_only_training_moves_the_averages(digits):
    vae = small_vae()
    vae(digits[:2])
    before = moving_averages(vae)
    assert len(before) == 4
    vae.evaluate(digits, verbose=0)
    vae.predict(digits, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, moving_averages(vae), strict=True))
    vae.fit(digits, epochs=1, verbose=0)
    assert not any(np.array_equal(a, b) for a, b in zip(before, moving_averages(vae), strict=True))


def test_the_same_seed_trains_the_same_model(digits):
    runs = []
    for seed in (3, 3, 4):
        vae = small_vae(seed=seed, dropout_rate=0.2)
        vae.fit(digits, epochs=2, verbose=0)
        runs.append(vae.predict(digits[:5], verbose=0))
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_generate_draws_from_the_prior(trained):
    pictures = trained.generate(25, seed=1)
    assert pictures.shape == (25, 28, 28, 1)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    np.testing.assert_array_equal(pictures, trained.generate(25, seed=1))
    assert not np.array_equal(pictures, trained.generate(25, seed=2))
    # the codes are those of a standard normal distribution: what the decoder received, found by its own eyes
    received = []
    decoder = Decoder(hidden_units=())
    decoder.predict = lambda z, **options: received.append(np.asarray(z))
    VAE(Encoder(hidden_units=()), decoder).generate(20_000, seed=0)
    assert abs(received[0].mean()) < 0.03
    assert abs(received[0].std() - 1) < 0.03
    for n in (0, 2.5, True):
        with pytest.raises(ValueError, match="n must be a whole number, at least 1, got"):
            trained.generate(n)


def test_a_target_may_be_given(digits):
    vae = small_vae()
    vae.fit(digits, epochs=1, verbose=0)
    without_chance(vae)
    same = vae.evaluate(digits, digits, verbose=0, return_dict=True)
    assert same["loss"] == pytest.approx(vae.evaluate(digits, verbose=0, return_dict=True)["loss"], rel=1e-5)
    other = vae.evaluate(digits, np.zeros_like(digits), verbose=0, return_dict=True)
    assert other["reconstruction"] != pytest.approx(same["reconstruction"], rel=1e-3)


def test_mistakes_are_named(digits):
    vae = small_vae()
    with pytest.raises(ValueError, match=r"y \(leave it out, or give pictures\) and the output .* same shape"):
        vae.fit(digits, np.zeros(len(digits)), verbose=0)
    with pytest.raises(ValueError, match="sample_weight is not supported"):
        vae.fit(digits, digits, sample_weight=np.ones(len(digits)), verbose=0)
    vae.compile(optimizer="adam", loss="mse")
    with pytest.raises(ValueError, match="brings its own, minus the ELBO; compile was given 'mse'"):
        vae.fit(digits, digits, verbose=0)
    with pytest.raises(ValueError, match="share latent_dim, got 2 and 3"):
        VAE(Encoder(latent_dim=2), Decoder(latent_dim=3))
    with pytest.raises(ValueError, match="share image_shape"):
        VAE(Encoder(image_shape=(8, 6, 1)), Decoder(image_shape=(6, 8, 1)))


def test_the_loss_adds_nothing_up_between_calls(digits):
    vae = small_vae()
    outputs = vae(digits[:20])
    once, twice = (float(vae.compute_loss(digits[:20], y_pred=outputs)) for _ in range(2))
    assert once == twice


def test_regularisers_count(digits):
    vae = without_chance(small_vae())
    bare = float(vae.compute_loss(digits[:20], y_pred=vae(digits[:20])))
    vae.encoder.z_mean.kernel.regularizer = keras.regularizers.L2(10.0)
    penalty = 10 * np.square(vae.encoder.z_mean.kernel).sum()
    found = float(vae.compute_loss(digits[:20], y_pred=vae(digits[:20])))
    assert found == pytest.approx(bare + penalty, rel=1e-4)


def test_half_precision_trains(digits):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        vae = small_vae()
    finally:
        keras.config.set_dtype_policy("float32")
    losses = vae.fit(digits, batch_size=50, epochs=3, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


ON_TWO_DEVICES = """
import contextlib
import numpy as np
from vaelib.data import load_mnist
from vaelib.device import keras, tf
from vaelib.model import VAE, Decoder, Encoder

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
(x, _), _ = load_mnist()

def losses(strategy):
    keras.utils.set_random_seed(0)
    options = {"hidden_units": (16,), "batch_normalization": False}
    with strategy.scope() if strategy else contextlib.nullcontext():
        vae = VAE(Encoder(**options), Decoder(**options))
        vae.compile(optimizer=keras.optimizers.SGD(1e-3))
    vae.encoder.z_log_var.set_weights([np.zeros((16, 2)), np.full(2, -60.0)])
    vae.encoder.z_log_var.trainable = False  # no chance in it: the two runs must agree
    return vae.fit(x[:400], batch_size=100, epochs=2, shuffle=False, verbose=0).history["loss"]

np.testing.assert_allclose(losses(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])), losses(None), rtol=1e-5)
"""


def test_a_batch_spread_over_two_devices_trains_the_same():
    """Plain SGD, which unlike Adam would show a loss that is scaled wrongly."""
    result = subprocess.run([sys.executable, "-c", ON_TWO_DEVICES], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_the_learning_rate_climbs_a_line_and_falls_half_a_cosine():
    rate = warmup_cosine(1000, peak=0.02, warmup=200)
    line = 1e-4 + (0.02 - 1e-4) * np.arange(200) / 200
    cosine = 0.01 * (1 + np.cos(np.pi * np.arange(801) / 800))
    np.testing.assert_allclose([float(rate(step)) for step in range(1001)], [*line, *cosine], atol=2e-7)
    assert warmup_cosine(1000).get_config() == rate.get_config()
    straight = warmup_cosine(100, peak=0.004, warmup=0)
    np.testing.assert_allclose([float(straight(step)) for step in (0, 50, 100)], [0.004, 0.002, 0], atol=1e-8)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"steps": 200}, r"^warmup must be below the 200 steps, got 200"),
        ({"steps": 10, "warmup": -1}, r"^warmup must be .* got -1"),
        ({"steps": 0}, r"^steps must be a whole number, at least 1, got 0"),
        ({"steps": 300, "peak": 0}, r"^peak must be positive, got 0"),
        ({"steps": 300, "peak": float("nan")}, r"^peak must be a finite number"),
    ],
)
def test_a_learning_rate_that_cannot_be_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        warmup_cosine(**arguments)


def test_beta_weighs_the_kl_in_the_loss_and_nowhere_else(digits):
    vae = VAE(*(half(hidden_units=(32,)) for half in (Encoder, Decoder)), beta=4.0)
    vae.compile(optimizer=keras.optimizers.Adam(1e-2))
    vae.fit(digits, epochs=1, verbose=0)
    without_chance(vae)
    found = [vae.evaluate(digits, verbose=0, return_dict=True)]
    vae.beta.assign(0.5)
    found.append(vae.evaluate(digits, verbose=0, return_dict=True))
    for beta, logs in zip((4.0, 0.5), found, strict=True):
        assert logs["loss"] == pytest.approx(logs["reconstruction"] + beta * logs["kl"], rel=1e-5)
    assert found[0]["kl"] == pytest.approx(found[1]["kl"], rel=1e-6)
    assert found[0]["reconstruction"] == pytest.approx(found[1]["reconstruction"], rel=1e-6)
    z_mean, z_log_var, _ = (np.asarray(output, "float64") for output in vae.encoder.predict(digits, verbose=0))
    kl = 0.5 * (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).sum(axis=1).mean()
    assert found[0]["kl"] == pytest.approx(kl, rel=1e-4)


def test_a_callback_may_move_beta_and_it_is_saved(digits, tmp_path):
    vae = VAE(*(half(hidden_units=(8,)) for half in (Encoder, Decoder)), beta=0.0)
    vae.compile(optimizer="adam")
    seen = []

    def warm_up(epoch, logs):
        vae.beta.assign(epoch / 2)
        seen.append(float(vae.beta))

    vae.fit(digits, epochs=3, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=warm_up)])
    assert seen == [0.0, 0.5, 1.0]
    vae.save(tmp_path / "warm.keras")
    again = keras.saving.load_model(tmp_path / "warm.keras")
    assert (float(again.beta), again.get_config()["beta"]) == (1.0, 0.0)
    for bad in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="beta must be a"):
            VAE(Encoder(), Decoder(), beta=bad)


def test_another_likelihood_by_overriding_one_method(digits):
    class Squared(VAE):
        def log_likelihood(self, x, logits):
            return -keras.ops.sum(keras.ops.square(x - keras.ops.sigmoid(logits)), axis=(1, 2, 3))

    vae = without_chance(Squared(Encoder(hidden_units=(32,)), Decoder(hidden_units=(32,))))
    vae.compile(optimizer="adam")
    found = vae.evaluate(digits, verbose=0, return_dict=True)["reconstruction"]
    expected = np.square(digits - vae.predict(digits, verbose=0)).sum(axis=(1, 2, 3)).mean()
    assert found == pytest.approx(expected, rel=1e-4)
