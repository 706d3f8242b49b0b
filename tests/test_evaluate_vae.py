"""What `vaelib.evaluate` asks of a real encoder and decoder."""

import numpy as np
import pytest

from vaelib import evaluate
from vaelib.data import load_mnist
from vaelib.device import keras
from vaelib.elbo import bernoulli_log_likelihood
from vaelib.model import VAE, Decoder, Encoder


def test_on_a_vae_rows_and_table_agree_with_the_library():
    keras.utils.set_random_seed(0)
    decoder = Decoder()
    x, z = load_mnist()[1][0][:5], np.random.default_rng(0).normal(size=(5, 2))
    found = evaluate.bernoulli_table(decoder)(x, z)
    np.testing.assert_allclose(np.diag(found), evaluate.bernoulli_rows(decoder)(x, z), rtol=1e-5)
    crossed = bernoulli_log_likelihood(np.roll(x, 1, axis=0), decoder.logits(z.astype("float32")))
    np.testing.assert_allclose(found[np.arange(5) - 1, np.arange(5)], crossed, rtol=1e-5)


def test_pictures_may_come_as_rows_of_pixels_and_one_alone():
    keras.utils.set_random_seed(0)
    decoder = Decoder()
    x, z = load_mnist()[1][0][:3], np.random.default_rng(0).normal(size=(3, 2))
    for likelihood in (evaluate.bernoulli_rows(decoder), evaluate.bernoulli_table(decoder)):
        whole = likelihood(x, z)
        assert whole.dtype == "float64"
        np.testing.assert_array_equal(whole, likelihood(x.reshape(3, 784), z))
        np.testing.assert_allclose(whole[:1, ...].ravel()[:1], likelihood(x[:1], z[:1]).ravel(), rtol=1e-6)
        with pytest.raises(ValueError, match="x must be pictures of 784 pixels, as the decoder draws, got 56"):
            likelihood(x[:, :2], z)


@pytest.mark.parametrize("likelihood", [evaluate.bernoulli_rows, evaluate.bernoulli_table])
def test_only_a_decoder_of_logits_will_do(likelihood):
    with pytest.raises(TypeError, match=r"^decoder must be a model with logits, got Dense"):
        likelihood(keras.layers.Dense(2))


def test_encoding_a_large_set_is_encoding_its_pieces():
    keras.utils.set_random_seed(0)
    encoder = Encoder(hidden_units=(16,), dropout_rate=0.5)
    x = load_mnist()[0][0][:4100]
    found = evaluate.encode(encoder, x)
    for mine, kerass in zip(found, encoder.predict(x, batch_size=1000, verbose=0)[:2], strict=True):
        assert (mine.shape, mine.dtype) == ((4100, 2), "float64")
        np.testing.assert_allclose(mine, kerass, atol=1e-5)


def test_on_a_vae_the_mean_elbo_is_what_evaluate_reports():
    keras.utils.set_random_seed(0)
    vae = VAE(Encoder(), Decoder())
    vae.compile()
    x = load_mnist()[1][0][:500]
    reported = vae.evaluate(x, batch_size=500, verbose=0, return_dict=True)["loss"]
    found = evaluate.dataset_elbo(evaluate.bernoulli_rows(vae.decoder), x, *evaluate.encode(vae.encoder, x), draws=3)
    assert abs(found.mean() + reported) < 1
