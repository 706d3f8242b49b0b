"""The better start: what it sets, what it leaves, and that training profits."""

import numpy as np
import pytest
from any_backend import arrays
from scipy import special

from vaelib.models import VAE, Decoder, Encoder
from vaelib.models.conv import ConvDecoder
from vaelib.runtime import keras
from vaelib.training.initialization import initialize_from_data


def test_the_last_layer_draws_the_average_picture_where_nothing_else_speaks(digits):
    decoder = Decoder(hidden_units=(32,))
    initialize_from_data(decoder, digits)
    bias = np.asarray(decoder.to_logits.layers[-2].bias, "float64")
    mean = np.clip(digits.mean(axis=0, dtype="float64").ravel(), 0.001, 0.999)
    np.testing.assert_allclose(special.expit(bias), mean, atol=1e-6)


def first_layer(x, seed=0, latent_dim=2, **options):
    sizes = {"hidden_units": (4000, 8), "image_shape": (7, 7, 1), "batch_normalization": False}
    decoder = Decoder(latent_dim, **sizes)
    initialize_from_data(decoder, x, seed=seed, **options)
    return [np.asarray(value) for value in decoder.to_logits.layers[0].weights]


def test_the_first_layer_bends_all_over_the_plane(small_digits):
    kernel, bias = first_layer(small_digits, spread=3.0, sharpness=1.2)
    assert kernel.std() == pytest.approx(1.2, abs=0.03)
    distances = bias / np.linalg.norm(kernel, axis=0)
    assert np.abs(distances).max() == pytest.approx(3.0, abs=0.01)
    assert np.histogram(distances, bins=6, range=(-3, 3))[0].min() > 550  # uniform: 667 in each
    kernel, _ = first_layer(small_digits, latent_dim=8, sharpness=1.0)
    assert kernel.std() == pytest.approx(0.5, abs=0.01)


def test_the_seed_decides_and_everything_has_a_default(small_digits):
    first, again, other = (first_layer(small_digits, seed=seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    default, _ = first_layer(small_digits, spread=2.0, sharpness=1.5)
    np.testing.assert_array_equal(first, default)


def test_training_profits(digits):
    """Two epochs on few digits make a difference of many nats: this is no matter of luck."""

    def loss(better):
        keras.utils.set_random_seed(0)
        options = {"batch_normalization": False, "activation": "gelu", "hidden_units": (64,)}
        vae = VAE(Encoder(**options), Decoder(**options))
        if better:
            initialize_from_data(vae.decoder, digits)
        vae.compile(optimizer=keras.optimizers.Adam(0.003))
        return vae.fit(digits, batch_size=100, epochs=2, verbose=0).history["loss"][-1]

    assert loss(better=True) < loss(better=False) - 10


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_a_convolution_begins_with_the_average_colour(likelihood):
    x = np.random.default_rng(0).beta(2, [2, 4, 8], size=(50, 8, 8, 3))
    decoder = ConvDecoder(2, (8,), image_shape=(8, 8, 3), likelihood=likelihood)
    initialize_from_data(decoder, x)
    bias = decoder.to_logits.get_layer("pixels").bias
    found = arrays(decoder.likelihood(bias))
    np.testing.assert_allclose(found, x.mean(axis=(0, 1, 2)), atol=1e-6)
