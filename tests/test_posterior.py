"""The best diagonal normal, for a model whose posterior is known exactly."""

import numpy as np
import pytest

from vaelib import evaluate
from vaelib.device import keras
from vaelib.exact import LinearGaussian
from vaelib.model import Decoder
from vaelib.posterior import best_normals

MODEL = LinearGaussian([[1.0, 0.3], [-0.5, 0.8], [0.2, 0.9], [0.7, 0.0]], [0.1, 0.0, -0.3, 0.5], 0.4)
X = MODEL.sample(5, np.random.default_rng(0))[1].astype("float32")


def mean_of(z):
    return keras.ops.matmul(z, np.array(MODEL.weights.T, "float32")) + np.array(MODEL.bias, "float32")


def normal(x, mean):
    return keras.ops.sum(-0.5 * keras.ops.square((x - mean) / MODEL.sigma), axis=1)


@pytest.fixture(scope="module")
def found():
    start = np.zeros((5, 2)), np.log(np.full((5, 2), 0.5))
    return best_normals(mean_of, X, *start, steps=400, nodes=3, log_likelihood=normal)


def test_it_has_the_posteriors_mean_and_the_widths_of_its_precision(found):
    """Among diagonal normals, KL[Q‖P] to a normal P is least for P's mean and the inverse diagonal of its precision."""
    z_mean, z_log_var = found
    for x, mean, log_var in zip(X, z_mean, z_log_var, strict=True):
        posterior = MODEL.posterior(x)
        np.testing.assert_allclose(mean, posterior.mean, atol=1e-3)
        np.testing.assert_allclose(np.exp(log_var), 1 / np.diag(np.linalg.inv(posterior.cov)), rtol=1e-3)


def test_the_gap_it_leaves_is_the_kl_to_the_posterior(found):
    def rows(x, z):
        return np.array([MODEL.log_likelihood(a, b[None])[0] for a, b in zip(x, z, strict=True)])

    gap = MODEL.evidence.logpdf(X) - evaluate.elbo_quadrature(rows, X, *found, nodes=3)
    covariance = MODEL.posterior(X[0]).cov
    # KL between two normals with one mean, the first with the inverse diagonal of the other's precision
    diagonal = 1 / np.diag(np.linalg.inv(covariance))
    expected = 0.5 * (np.linalg.slogdet(covariance)[1] - np.log(diagonal).sum())
    np.testing.assert_allclose(gap, expected, atol=1e-5)


def test_it_raises_the_elbo_of_a_real_decoder():
    rng = np.random.default_rng(1)
    decoder = Decoder(hidden_units=(16,))
    x = rng.random((7, 28, 28, 1)).astype("float32")
    start = rng.normal(size=(7, 2)), np.full((7, 2), -1.0)
    rows = evaluate.bernoulli_rows(decoder)
    before = evaluate.elbo_quadrature(rows, x, *start)
    after = evaluate.elbo_quadrature(rows, x, *best_normals(decoder.logits, x, *start, steps=30))
    assert np.all(after > before)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"z_mean and z_log_var must have shape \(5, latent_dim\)"):
        best_normals(mean_of, X, np.zeros((4, 2)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="steps must be a whole number"):
        best_normals(mean_of, X, np.zeros((5, 2)), np.zeros((5, 2)), steps=0)
