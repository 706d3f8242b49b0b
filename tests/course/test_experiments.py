"""The variants of the VAE and the KL in two, against SciPy, quadrature and closed forms."""

import numpy as np
import pytest
from scipy import stats

from course.experiments import (
    GaussianInk,
    ImportanceWeightedVAE,
    kl_in_two,
    warm_up,
)
from vaelib.evaluation.bounds import iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood
from vaelib.latent import encode
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras

X = np.random.default_rng(0).random((6, 4, 4, 1)).astype("float32")


def halves():
    options = {"hidden_units": (8,), "batch_normalization": False, "image_shape": (4, 4, 1)}
    return Encoder(seed=1, **options), Decoder(**options)


@pytest.mark.parametrize("k", [1, 3])
def test_the_importance_weighted_loss_is_the_bound(k):
    """Estimated here in NumPy, from other draws."""
    keras.utils.set_random_seed(0)
    model = ImportanceWeightedVAE(*halves(), k=k)
    model.encoder.z_log_var.bias.assign([0.7, 0.7])  # too wide, so that k matters
    many = np.repeat(X, 5000, axis=0)
    loss = float(model.compute_loss(many, y_pred=model(many)))
    clouds = encode(model.encoder, X)
    log_w = log_importance_weights(paired_log_likelihood(model.decoder), X, *clouds, k=15_000)
    assert -loss == pytest.approx(iwae_bound(log_w, k).mean(), abs=0.04)
    assert iwae_bound(log_w, 3).mean() - iwae_bound(log_w, 1).mean() > 0.2


def test_an_importance_weighted_model_learns_by_fit():
    model = ImportanceWeightedVAE(*halves(), k=4)
    model.compile(optimizer=keras.optimizers.Adam(0.02))
    losses = model.fit(X, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_the_gaussian_density_is_scipys():
    likelihood = GaussianInk()
    likelihood.log_var.assign(-1.3)
    logits = np.random.default_rng(1).normal(size=X.shape).astype("float32")
    wanted = stats.norm.logpdf(X, 1 / (1 + np.exp(-logits)), np.exp(-1.3 / 2))
    np.testing.assert_allclose(likelihood.log_prob(X, logits), wanted.sum((1, 2, 3)), rtol=1e-5)


def test_warm_up_climbs_a_line_and_stays():
    vae = VAE(*halves(), beta=20.0)
    callback, seen = warm_up(vae, 20.0, steps=4), []
    for batch in range(6):
        callback.on_train_batch_begin(batch, {})
        seen.append(float(vae.beta))
    assert seen == [0, 5, 10, 15, 20, 20]


def test_equal_clouds_tell_nothing():
    mean, log_var = np.tile([1.0, -0.5], (500, 1)), np.tile([-1.0, 0.2], (500, 1))
    found = kl_in_two(mean, log_var, codes=500)
    assert found["information"] == pytest.approx(0, abs=1e-9)
    assert found["distance"] == pytest.approx(found["kl"], abs=1e-9)


def test_clouds_that_fill_the_prior_cost_information_only():
    """Means of variance 1 − σ²: their mixture is N(0, I), and a code tells ½ log 1/σ² a unit."""
    rng, variance = np.random.default_rng(2), 0.2
    mean = rng.normal(0, np.sqrt(1 - variance), size=(8000, 2))
    found = kl_in_two(mean, np.full_like(mean, np.log(variance)))
    assert found["information"] == pytest.approx(np.log(1 / variance), abs=0.08)
    assert found["distance"] == pytest.approx(0, abs=0.08)


def test_two_clouds_apart_tell_which_is_which():
    mean = np.repeat([[-10.0, 0], [10.0, 0]], 300, axis=0)
    found = kl_in_two(mean, np.full_like(mean, -2.0))
    assert found["information"] == pytest.approx(np.log(2), abs=1e-9)
