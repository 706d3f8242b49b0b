"""The likelihood functions of a real decoder, against the mathematics of `vaelib.elbo`."""

import numpy as np
import pytest
from any_backend import arrays

from vaelib.elbo import bernoulli_log_likelihood
from vaelib.evaluation.bounds import dataset_elbo
from vaelib.evaluation.likelihoods import (
    CODES_AT_ONCE,
    evaluated,
    paired_log_likelihood,
    pairwise_log_likelihood,
    slices,
)
from vaelib.latent import encode
from vaelib.models import Decoder
from vaelib.runtime import keras

X = np.random.default_rng(0).random((5, 4, 4, 1))
Z = np.random.default_rng(1).normal(size=(5, 2))


@pytest.fixture(scope="module")
def decoder():
    keras.utils.set_random_seed(0)
    return Decoder(hidden_units=(8,), image_shape=(4, 4, 1), dropout_rate=0.5)


def test_they_are_the_bernoulli_likelihood_of_each_picture_under_each_code(decoder):
    found = pairwise_log_likelihood(decoder)(X[:4], Z)
    assert (found.shape, found.dtype) == ((4, 5), "float64")
    logits = arrays(decoder.logits(Z.astype("float32")))
    for i in range(4):
        same = np.repeat(X[i : i + 1], 5, axis=0)
        np.testing.assert_allclose(found[i], bernoulli_log_likelihood(same, logits), rtol=1e-5)
    own = paired_log_likelihood(decoder)(X[:4], Z[:4])
    assert (own.shape, own.dtype) == ((4,), "float64")
    np.testing.assert_allclose(own, np.diag(found), rtol=1e-5)


@pytest.mark.parametrize("likelihood", [paired_log_likelihood, pairwise_log_likelihood])
def test_pictures_may_come_as_rows_of_pixels_and_one_by_one(decoder, likelihood):
    function = likelihood(decoder)
    whole = function(X, Z)
    np.testing.assert_array_equal(whole, function(X.reshape(5, 16), Z))
    np.testing.assert_allclose(whole.ravel()[0], function(X[:1], Z[:1]).item(), rtol=1e-5)


def test_on_a_vae_the_mean_elbo_is_what_evaluate_reports(trained, small_digits):
    reported = trained.evaluate(small_digits, batch_size=500, verbose=0, return_dict=True)["loss"]
    posteriors = encode(trained.encoder, small_digits)
    likelihood = paired_log_likelihood(trained.decoder)
    found = dataset_elbo(likelihood, small_digits, *posteriors, draws=3)
    assert found.mean() == pytest.approx(-reported, abs=0.2)


def test_a_result_of_another_shape_is_refused():
    assert evaluated(lambda x, z: [1.0, 2.0], X, Z, (2,)).tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"log_likelihood.*\(2, 1\) and \(2,\)"):
        evaluated(lambda x, z: np.ones((2, 1)), X, Z, (2,))


def test_slices_cover_everything_once_with_at_most_so_many_codes():
    for n, codes_each in [(0, 1), (1, 1), (3999, 1), (4000, 1), (4001, 1), (50, 300), (3, 10**6)]:
        pieces = list(slices(n, codes_each))
        assert [i for piece in pieces for i in range(n)[piece]] == list(range(n))
        sizes = [piece.stop - piece.start for piece in pieces]
        assert all(size * codes_each <= CODES_AT_ONCE or size == 1 for size in sizes)
        assert len(set(sizes[:-1])) <= 1  # the last piece alone is smaller
        assert all((size + 1) * codes_each > CODES_AT_ONCE for size in sizes[:-1])
