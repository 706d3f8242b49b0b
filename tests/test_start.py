"""The better start: what it sets, what it leaves, and that training profits."""

import numpy as np
import pytest
from scipy import special

from vaelib.data import load_mnist
from vaelib.device import keras
from vaelib.model import VAE, Decoder, Encoder
from vaelib.start import start_from_data

X = load_mnist()[0][0][:2000]


def test_the_last_layer_draws_the_average_picture_where_nothing_else_speaks():
    decoder = Decoder(hidden_units=(32,))
    start_from_data(decoder, X)
    last, mean = decoder.to_logits.layers[-2], X.mean(axis=0, dtype="float64")
    np.testing.assert_allclose(
        special.expit(np.asarray(last.bias, "float64")), np.clip(mean.ravel(), 0.001, 0.999), atol=1e-6
    )


def test_the_first_layer_bends_all_over_the_plane():
    decoder = Decoder(hidden_units=(4000, 8), batch_normalization=False)
    start_from_data(decoder, X, spread=3.0, sharpness=1.2)
    kernel, bias = (np.asarray(value) for value in decoder.to_logits.layers[0].weights)
    assert kernel.std() == pytest.approx(1.2, abs=0.03)
    distances = bias / np.linalg.norm(kernel, axis=0)
    assert np.abs(distances).max() == pytest.approx(3.0, abs=0.01)
    assert np.histogram(distances, bins=6, range=(-3, 3))[0].min() > 550  # uniform: 667 in each
    wide = Decoder(latent_dim=8, hidden_units=(4000,))
    start_from_data(wide, X, sharpness=1.0)
    assert np.asarray(wide.to_logits.layers[0].kernel).std() == pytest.approx(0.5, abs=0.01)


def test_the_seed_decides():
    def kernel(seed):
        decoder = Decoder(hidden_units=(16,))
        start_from_data(decoder, X, seed=seed)
        return np.asarray(decoder.to_logits.layers[0].kernel)

    np.testing.assert_array_equal(kernel(1), kernel(1))
    assert not np.array_equal(kernel(1), kernel(2))


def test_training_profits():
    """Two epochs on few digits, many nats: no matter of luck."""

    def loss(better):
        keras.utils.set_random_seed(0)
        options = {"batch_normalization": False, "activation": "gelu"}
        vae = VAE(Encoder(**options), Decoder(**options))
        if better:
            start_from_data(vae.decoder, X)
        vae.compile(optimizer=keras.optimizers.Adam(0.003))
        return vae.fit(X, batch_size=100, epochs=2, verbose=0).history["loss"][-1]

    assert loss(better=True) < loss(better=False) - 10


@pytest.mark.parametrize(
    ("x", "arguments", "words"),
    [
        (X[..., 0], {}, r"x must be pictures of shape \(28, 28, 1\), got \(28, 28\)"),
        (X * 255, {}, r"x must have pixels in \[0, 1\], got 0.0 to 255.0"),
        (X * np.nan, {}, "x must be finite"),
        (X[:0], {}, "x must be a batch of pictures"),
        (X, {"spread": -1.0}, "spread must be a number of at least 0, got -1.0"),
        (X, {"spread": np.inf}, "spread"),
        (X, {"sharpness": float("nan")}, "sharpness must be a finite number, got nan"),
    ],
)
def test_what_cannot_be_is_refused(x, arguments, words):
    with pytest.raises(ValueError, match=words):
        start_from_data(Decoder(hidden_units=(4,)), x, **arguments)


def test_a_decoder_of_one_layer_has_no_place_for_features():
    with pytest.raises(ValueError, match="at least one hidden layer"):
        start_from_data(Decoder(hidden_units=()), X)
