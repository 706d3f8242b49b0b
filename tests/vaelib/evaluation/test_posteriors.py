"""The best diagonal normal, for a model whose posterior is known exactly."""

import numpy as np
import pytest
from known_model import MODEL, X, paired

from vaelib.evaluation.likelihoods import paired_log_likelihood
from vaelib.evaluation.posteriors import fit_posteriors
from vaelib.evaluation.quadrature import elbo_quadrature
from vaelib.models import Decoder
from vaelib.runtime import keras

WEIGHTS, BIAS = MODEL.weights.T.astype("float32"), MODEL.bias.astype("float32")
BEST = 1 / np.diag(np.linalg.inv(MODEL.posterior(X[0]).cov))  # its variances, for every x
START = np.zeros((6, 2)), np.log(np.full((6, 2), 0.5))


def fitted(start=START, **options):
    def normal(x, mean):
        return keras.ops.sum(-0.5 * keras.ops.square((x - mean) / MODEL.sigma), axis=1)

    options = {"steps": 400, "nodes": 3} | options
    return fit_posteriors(
        lambda z: keras.ops.add(keras.ops.matmul(z, WEIGHTS), BIAS),
        X,
        *start,
        log_likelihood=normal,
        **options,
    )


@pytest.fixture(scope="module")
def found():
    return fitted()


def test_it_has_the_mean_of_the_posterior_and_the_variances_of_its_precision(found):
    """Of all diagonal normals this one has the smallest KL to a normal posterior."""
    z_mean, z_log_var = found
    assert z_mean.dtype == z_log_var.dtype == "float64"
    np.testing.assert_allclose(z_mean, [MODEL.posterior(x).mean for x in X], atol=1e-3)
    np.testing.assert_allclose(np.exp(z_log_var), np.tile(BEST, (6, 1)), rtol=1e-3)


def test_what_it_leaves_of_the_gap_is_the_kl_from_the_posterior(found):
    gap = MODEL.evidence.logpdf(X) - elbo_quadrature(paired, X, *found, nodes=3)
    expected = 0.5 * (np.linalg.slogdet(MODEL.posterior(X[0]).cov)[1] - np.log(BEST).sum())
    np.testing.assert_allclose(gap, expected, atol=1e-5)


def test_steps_are_in_units_of_the_first_standard_deviation():
    """Adam's first step is as long as the learning rate, whatever the gradient."""
    start = np.full((6, 2), 5.0), np.log(np.full((6, 2), 4.0))
    z_mean, z_log_var = fitted(start, steps=1, learning_rate=0.01)
    np.testing.assert_allclose(np.abs(z_mean - start[0]), 0.01 * 2.0, rtol=1e-3)
    np.testing.assert_allclose(np.abs(z_log_var - start[1]), 0.01 * 2, rtol=1e-3)


def test_it_raises_the_elbo_of_a_real_decoder():
    rng = np.random.default_rng(1)
    decoder = Decoder(hidden_units=(8,), image_shape=(4, 4, 1))
    x = rng.random((7, 4, 4, 1))
    start = rng.normal(size=(7, 2)), np.full((7, 2), -1.0)
    likelihood = paired_log_likelihood(decoder)
    before = elbo_quadrature(likelihood, x, *start)
    found = fit_posteriors(decoder.logits, x, *start)
    assert np.all(elbo_quadrature(likelihood, x, *found) > before + 0.01)
    options = {"steps": 100, "learning_rate": 0.05, "nodes": 5}  # the defaults
    np.testing.assert_array_equal(fit_posteriors(decoder.logits, x, *start, **options), found)
