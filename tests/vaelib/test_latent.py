"""Encoding, the grid of quantiles and the decoded grid."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from vaelib.latent import decode_grid, encode, quantile_grid, tiled
from vaelib.models import Encoder
from vaelib.runtime import keras


def test_encoding_a_large_set_is_encoding_its_pieces():
    keras.utils.set_random_seed(0)
    encoder = Encoder(hidden_units=(8,), dropout_rate=0.5, image_shape=(4, 4, 1))
    x = np.random.default_rng(0).random((4100, 4, 4, 1))
    found = encode(encoder, x)
    for mine, kerass in zip(found, encoder.predict(x, batch_size=1000, verbose=0)[:2], strict=True):
        assert (mine.shape, mine.dtype) == ((4100, 2), "float64")
        np.testing.assert_allclose(mine, kerass, atol=1e-5)


def test_pictures_are_encoded_2000_at_a_time():
    sizes = []

    def encoder(x, training):
        assert training is False
        sizes.append(len(x))
        return x[:, :1], x[:, 1:]

    z_mean, z_log_var = encode(encoder, np.arange(9000.0).reshape(4500, 2))
    assert sizes == [2000, 2000, 500]
    np.testing.assert_array_equal(z_mean[:, 0], np.arange(0, 9000, 2))
    np.testing.assert_array_equal(z_log_var[:, 0], np.arange(1, 9000, 2))


@pytest.mark.parametrize(
    ("n", "low", "high"), [(15, 0.05, 0.95), (2, 0.2, 0.8), (7, 0.3, 0.35), (4, 0.01, 0.5)]
)
def test_the_grid_has_equal_steps_of_probability(n, low, high):
    z = quantile_grid(n, low, high)
    assert z.shape == (n,)
    np.testing.assert_allclose(stats.norm.cdf(z[[0, -1]]), [low, high])
    strips = [integrate.quad(stats.norm.pdf, *ends)[0] for ends in itertools.pairwise(z)]
    np.testing.assert_allclose(strips, (high - low) / (n - 1), rtol=1e-9)


def test_the_grid_by_default():
    np.testing.assert_array_equal(quantile_grid(), quantile_grid(15, 0.05, 0.95))


class Telling:
    """A decoder whose picture tells its code: top half z₁, bottom half z₂."""

    def __init__(self):
        self.calls = []

    def __call__(self, z):
        self.calls.append((z.shape, z.dtype))
        pictures = np.empty((len(z), 4, 2, 1), "float32")
        pictures[:, :2], pictures[:, 2:] = z[:, 0, None, None, None], z[:, 1, None, None, None]
        return pictures


def test_the_whole_grid_is_decoded_in_one_call_and_the_right_way_up():
    decoder, z = Telling(), np.array([-1.0, 0.0, 2.0])
    picture = decode_grid(decoder, z)
    assert decoder.calls == [((9, 2), "float32")]
    assert picture.shape == (12, 6)
    for row, z2 in enumerate([2.0, 0.0, -1.0]):
        for column, z1 in enumerate(z):
            tile = picture[4 * row : 4 * row + 4, 2 * column : 2 * column + 2]
            np.testing.assert_array_equal(tile, [[z1, z1], [z1, z1], [z2, z2], [z2, z2]])


def test_tiles_keep_rows_columns_and_pixels_apart():
    pictures = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    whole = tiled(pictures)
    assert whole.shape == (8, 15)
    for row, column in np.ndindex(2, 3):
        part = whole[4 * row : 4 * row + 4, 5 * column : 5 * column + 5]
        np.testing.assert_array_equal(part, pictures[row, column])
