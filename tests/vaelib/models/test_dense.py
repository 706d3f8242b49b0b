"""Encoder and decoder: their layers, their configs, and the draw between them."""

import json

import numpy as np
import pytest
from any_backend import arrays, gradients
from scipy import stats

from vaelib.models import Decoder, Encoder, Sampling
from vaelib.runtime import keras


def noise(n, shape=(28, 28, 1), seed=0):
    return np.random.default_rng(seed).random((n, *shape)).astype("float32")


def test_samples_follow_the_normal_distribution_they_are_drawn_from():
    n, mean, log_var = 20_000, 1.5, -1.2
    pair = np.full((n, 2), mean, "float32"), np.full((n, 2), log_var, "float32")
    z = np.asarray(Sampling(seed=0)(pair), "float64")
    for column in z.T:
        assert stats.kstest(column, stats.norm(mean, np.exp(log_var / 2)).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.03


def test_each_draw_is_new_and_a_seed_repeats_them():
    pair = np.zeros((3, 2), "float32"), np.zeros((3, 2), "float32")
    one, other = Sampling(seed=7), Sampling(seed=7)
    first, second = np.asarray(one(pair)), np.asarray(one(pair))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.asarray(other(pair)), first)
    assert Sampling.from_config(one.get_config()).seed == 7


def test_gradients_pass_through_the_draw():
    inputs = np.zeros((1, 2), "float32"), np.full((1, 2), 0.6, "float32")
    z, by_mean, by_log_var = gradients(lambda *pair: Sampling(seed=0)(pair), *inputs)
    np.testing.assert_allclose(by_mean, np.ones((1, 2)))
    half_the_draw = z / 2  # dz/d log σ² = σε/2, and here z = σε
    np.testing.assert_allclose(by_log_var, half_the_draw, rtol=1e-6)


@pytest.mark.parametrize("extreme", [-80.0, 80.0])
def test_a_draw_is_finite_at_the_extremes(extreme):
    pair = np.zeros((100, 2), "float32"), np.full((100, 2), extreme, "float32")
    assert np.isfinite(np.asarray(Sampling(seed=0)(pair))).all()


def test_the_encoder_returns_mean_log_variance_and_a_sample_of_them():
    encoder = Encoder(latent_dim=3, hidden_units=(8,))
    z_mean, z_log_var, z = arrays(encoder(noise(5)))
    assert z_mean.shape == z_log_var.shape == z.shape == (5, 3)
    assert not np.array_equal(z, z_mean)
    encoder.z_log_var.set_weights([np.zeros((8, 3)), np.full(3, -60.0)])
    z_mean, z_log_var, z = arrays(encoder(noise(5)))
    np.testing.assert_allclose(z, z_mean, atol=1e-6)
    np.testing.assert_array_equal(z_log_var, np.full((5, 3), -60.0))


def dense_sizes(stack):
    return [layer.units for layer in stack.layers if isinstance(layer, keras.layers.Dense)]


def test_the_sizes_of_the_article_are_the_default():
    encoder, decoder = Encoder(), Decoder()
    assert dense_sizes(encoder.hidden) == [256, 128]
    assert dense_sizes(decoder.to_logits) == [128, 256, 784]
    # weights by hand: two dense layers with batch normalisation (4 a unit), and two heads
    assert encoder.count_params() == (784 + 1 + 4) * 256 + (256 + 1 + 4) * 128 + 2 * (128 + 1) * 2
    assert decoder.count_params() == (2 + 1 + 4) * 128 + (128 + 1 + 4) * 256 + (256 + 1) * 784
    names = [layer.activation.__name__ for layer in encoder.hidden.layers[1::2]]
    assert names == ["relu", "relu"]
    names = [layer.activation.__name__ for layer in decoder.to_logits.layers[:4:2]]
    assert names == ["leaky_relu", "leaky_relu"]


def test_layers_and_sizes_can_be_chosen():
    sizes = {"latent_dim": 5, "image_shape": (8, 6, 1)}
    bare = {"dropout_rate": 0.5, "batch_normalization": False, "hidden_units": [20]}
    encoder = Encoder(**sizes, **bare)
    kinds = [type(layer).__name__ for layer in encoder.hidden.layers]
    assert kinds == ["Flatten", "Dense", "Dropout"]
    assert encoder(noise(2, (8, 6, 1)))[0].shape == (2, 5)
    decoder = Decoder(**sizes, hidden_units=(20, 30))
    kinds = [type(layer).__name__ for layer in decoder.to_logits.layers]
    assert kinds == ["Dense", "BatchNormalization"] * 2 + ["Dense", "Reshape"]
    assert decoder(np.zeros((2, 5), "float32")).shape == (2, 8, 6, 1)
    assert Decoder(hidden_units=())(np.zeros((1, 2), "float32")).shape == (1, 28, 28, 1)


def test_pictures_are_the_sigmoid_of_the_logits():
    decoder, z = Decoder(hidden_units=(8,)), noise(4, (2,))
    logits = arrays(decoder.logits(z)).astype("float64")
    np.testing.assert_allclose(arrays(decoder(z)), 1 / (1 + np.exp(-logits)), rtol=1e-5)


SETTINGS = {
    "latent_dim": 4,
    "hidden_units": (9, 7),
    "dropout_rate": 0.25,
    "batch_normalization": False,
    "image_shape": (6, 5, 1),
}


@pytest.mark.parametrize("activation", ["gelu", keras.activations.tanh])
@pytest.mark.parametrize(("half", "more"), [(Encoder, {"seed": 11}), (Decoder, {})])
def test_a_config_holds_every_setting_and_survives_json(half, more, activation):
    original = half(**SETTINGS, **more, activation=activation, name="half")
    config = json.dumps(original.get_config())
    twin = half.from_config(json.loads(config))
    assert {name: getattr(twin, name) for name in SETTINGS} == SETTINGS
    assert twin.activation is keras.activations.get(activation)
    assert json.loads(json.dumps(twin.get_config())) == json.loads(config)
    assert twin.name == "half"
    stack = twin.hidden if half is Encoder else twin.to_logits
    rates = [layer.rate for layer in stack.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.25, 0.25]
    if half is Encoder:
        assert twin.sampling.seed == 11


def test_numpy_integers_and_generators_are_sizes_too():
    units = (size for size in np.array([5, 4]))
    encoder = Encoder(latent_dim=np.int64(3), hidden_units=units, seed=np.int64(1))
    assert dense_sizes(encoder.hidden) == [5, 4]
    json.dumps(encoder.get_config())
