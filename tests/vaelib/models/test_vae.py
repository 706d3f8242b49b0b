"""The loss is minus the ELBO; `predict` goes through the mean, and `generate` from the prior."""

import numpy as np
import pytest
from any_backend import arrays
from scipy import special

import vaelib.models.vae as vae_module
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras


@pytest.fixture(scope="module")
def pointed(make_vae, without_chance, small_digits):
    """A model after an epoch whose every Q(Z|X) is a point; its beta is set by each test."""
    vae = make_vae(seed=1)
    vae.fit(small_digits, epochs=1, verbose=0)
    return without_chance(vae)


def terms(vae, x):
    """Reconstruction and KL of every picture in NumPy, for a model without chance."""
    z_mean, z_log_var, _ = arrays(vae.encoder(x, training=False))
    p = arrays(vae.decoder(z_mean, training=False)).astype("float64")
    likelihood = special.xlogy(x, p) + special.xlog1py(1.0 - x, -p)
    kl = 0.5 * (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).sum(axis=1)
    return -likelihood.sum(axis=(1, 2, 3)), kl


@pytest.mark.parametrize("batch_size", [7, 600])  # 600 = 85 × 7 + 5: the last batch counts less
@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_evaluate_reports_minus_the_elbo_and_its_terms(pointed, small_digits, batch_size, beta):
    pointed.beta.assign(beta)
    reconstruction, kl = (term.mean() for term in terms(pointed, small_digits))
    found = pointed.evaluate(small_digits, batch_size=batch_size, verbose=0, return_dict=True)
    assert found["reconstruction"] == pytest.approx(reconstruction, rel=1e-4)
    assert found["kl"] == pytest.approx(kl, rel=1e-4)
    assert found["loss"] == pytest.approx(reconstruction + beta * kl, rel=1e-4)


def test_what_is_to_be_explained_may_be_given(pointed, small_digits):
    pointed.beta.assign(1.0)
    target = np.where(small_digits > 0.5, 1.0, 0.0).astype("float32")
    logits = arrays(pointed(small_digits, training=False)["logits"]).astype("float64")
    expected = (np.logaddexp(0, logits) - target * logits).sum(axis=(1, 2, 3)).mean()
    for y, wanted in [(target, expected), (small_digits, terms(pointed, small_digits)[0].mean())]:
        found = pointed.evaluate(small_digits, y, verbose=0, return_dict=True)["reconstruction"]
        assert found == pytest.approx(wanted, rel=1e-4)
    outputs = pointed(small_digits)
    losses = [float(pointed.compute_loss(small_digits, y, outputs)) for y in (None, target)]
    assert losses[0] != pytest.approx(losses[1], rel=1e-3)


def test_training_raises_the_elbo_and_reports_its_terms(make_vae, small_digits):
    logs = make_vae().fit(
        small_digits[:500],
        validation_data=(small_digits[500:],),
        epochs=4,
        batch_size=50,
        verbose=0,
    )
    logs = logs.history
    assert set(logs) == {"loss", "reconstruction", "kl", "val_loss", "val_reconstruction", "val_kl"}
    for prefix in ("", "val_"):
        sums = np.add(logs[prefix + "reconstruction"], logs[prefix + "kl"])
        np.testing.assert_allclose(logs[prefix + "loss"], sums, rtol=1e-5)
        assert logs[prefix + "loss"][-1] < logs[prefix + "loss"][0] - 1


def test_the_loss_is_a_mean_over_the_batch_and_nothing_adds_up_between_calls(pointed, small_digits):
    pointed.beta.assign(3.0)
    x = small_digits[:20]
    reconstruction, kl = terms(pointed, x)
    for _ in range(2):
        loss = float(pointed.compute_loss(x, y_pred=pointed(x, training=False)))
        assert loss == pytest.approx((reconstruction + 3 * kl).mean(), rel=1e-4)


def test_of_several_devices_each_adds_its_share(pointed, small_digits, monkeypatch):
    """Keras adds the losses up; `test_training_modes` trains on two devices, which takes longer."""
    x, outputs = small_digits[:20], pointed(small_digits[:20], training=False)
    whole = float(pointed.compute_loss(x, y_pred=outputs))
    monkeypatch.setattr(vae_module, "replicas", lambda: 4)
    assert float(pointed.compute_loss(x, y_pred=outputs)) == pytest.approx(whole / 4)


def test_regularisers_count(make_vae, without_chance, small_digits):
    vae, x = without_chance(make_vae()), small_digits[:20]
    bare = float(vae.compute_loss(x, y_pred=vae(x)))
    vae.encoder.z_mean.kernel.regularizer = keras.regularizers.L2(10.0)
    penalty = 10 * np.square(vae.encoder.z_mean.kernel).sum()
    assert float(vae.compute_loss(x, y_pred=vae(x))) == pytest.approx(bare + penalty, rel=1e-4)


def test_predict_goes_through_the_mean_and_is_repeatable(trained, small_digits):
    x = small_digits[:9]
    first, second = (trained.predict(x, verbose=0) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    z_mean, _, _ = trained.encoder.predict(x, verbose=0)
    np.testing.assert_allclose(first, trained.decoder.predict(z_mean, verbose=0), atol=1e-6)
    assert first.shape == (9, 7, 7, 1)


def test_a_call_returns_what_the_loss_needs_from_a_sampled_code(trained, small_digits):
    x = small_digits[:9]
    one, other = (arrays(trained(x, training=False)) for _ in range(2))
    assert set(one) == {"z_mean", "z_log_var", "logits"}
    for name, same in [("z_mean", True), ("z_log_var", True), ("logits", False)]:
        assert np.array_equal(one[name], other[name]) == same, name
    z_mean, z_log_var, _ = arrays(trained.encoder(x, training=False))
    np.testing.assert_array_equal(one["z_mean"], z_mean)
    np.testing.assert_array_equal(one["z_log_var"], z_log_var)


def test_generate_decodes_codes_of_the_prior(trained, monkeypatch, capsys):
    pictures = trained.generate(25, seed=1)
    assert pictures.shape == (25, 7, 7, 1)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    np.testing.assert_array_equal(pictures, trained.generate(25, seed=1))
    assert not np.array_equal(pictures, trained.generate(25, seed=2))
    assert not np.array_equal(trained.generate(25), trained.generate(25))
    assert capsys.readouterr().out == ""
    received = []
    monkeypatch.setattr(trained.decoder, "predict", lambda z, **_: received.append(np.asarray(z)))
    trained.generate(20_000, seed=0)
    assert received[0].shape == (20_000, 2)
    assert abs(received[0].mean()) < 0.03
    assert abs(received[0].std() - 1) < 0.03


def test_beta_starts_where_it_is_told_and_a_callback_may_move_it(make_vae, small_digits, tmp_path):
    vae, seen = make_vae(beta=0.25), []
    assert float(vae.beta) == 0.25
    assert (vae.beta.name, vae.beta.trainable, vae.built) == ("beta", False, True)
    assert float(VAE(Encoder(hidden_units=()), Decoder(hidden_units=())).beta) == 1.0

    def warm_up(epoch, logs):
        vae.beta.assign(epoch / 2)
        seen.append(float(vae.beta))

    callback = keras.callbacks.LambdaCallback(on_epoch_begin=warm_up)
    vae.fit(small_digits, epochs=3, verbose=0, callbacks=[callback])
    assert seen == [0.0, 0.5, 1.0]
    vae.save(tmp_path / "warm.keras")
    again = keras.saving.load_model(tmp_path / "warm.keras")
    assert float(again.beta) == again.get_config()["beta"] == 1.0
    assert float(keras.models.clone_model(vae).beta) == 1.0


def test_another_likelihood_takes_one_method(make_vae, without_chance, small_digits):
    class Squared(VAE):
        def log_likelihood(self, x, logits):
            return -keras.ops.sum(keras.ops.square(x - keras.ops.sigmoid(logits)), axis=(1, 2, 3))

    vae = without_chance(make_vae(kind=Squared, eagerly=True))
    found = vae.evaluate(small_digits, verbose=0, return_dict=True)["reconstruction"]
    expected = np.square(small_digits - vae.predict(small_digits, verbose=0)).sum(axis=(1, 2, 3))
    assert found == pytest.approx(expected.mean(), rel=1e-4)
