import json

import numpy as np
import pytest
from scipy import stats

from vaelib.device import keras, tf
from vaelib.networks import Decoder, Encoder, Sampling


def noise(n, shape=(28, 28, 1), seed=0):
    return np.random.default_rng(seed).random((n, *shape)).astype("float32")


def test_samples_follow_the_normal_distribution_they_are_drawn_from():
    n, mean, log_var = 20_000, 1.5, -1.2
    pair = np.full((n, 2), mean, "float32"), np.full((n, 2), log_var, "float32")
    z = np.asarray(Sampling(seed=0)(pair), "float64")
    for column in z.T:
        assert stats.kstest(column, stats.norm(mean, np.exp(log_var / 2)).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.03


def test_each_draw_is_new_and_a_seed_repeats_the_row():
    pair = np.zeros((3, 2), "float32"), np.zeros((3, 2), "float32")
    one, other = Sampling(seed=7), Sampling(seed=7)
    first, second = np.asarray(one(pair)), np.asarray(one(pair))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.asarray(other(pair)), first)
    assert Sampling.from_config(one.get_config()).seed == 7


def test_gradients_pass_through_the_draw():
    mean, log_var = tf.zeros((1, 2)), tf.fill((1, 2), 0.6)
    with tf.GradientTape() as tape:
        tape.watch([mean, log_var])
        z = Sampling(seed=0)((mean, log_var))
    by_mean, by_log_var = tape.gradient(z, [mean, log_var])
    np.testing.assert_allclose(by_mean, np.ones((1, 2)))
    np.testing.assert_allclose(by_log_var, z.numpy() / 2, rtol=1e-6)  # dz/d log σ² = σε/2, and here z = σε


@pytest.mark.parametrize("extreme", [-80.0, 80.0])
def test_a_draw_is_finite_at_the_extremes(extreme):
    pair = np.zeros((100, 2), "float32"), np.full((100, 2), extreme, "float32")
    assert np.isfinite(np.asarray(Sampling(seed=0)(pair))).all()


def test_encoder_returns_mean_log_variance_and_sample():
    z_mean, z_log_var, z = Encoder(latent_dim=3)(noise(5))
    assert z_mean.shape == z_log_var.shape == z.shape == (5, 3)
    assert not np.array_equal(z, z_mean)


def dense_sizes(stack):
    return [layer.units for layer in stack.layers if isinstance(layer, keras.layers.Dense)]


def test_the_articles_sizes_are_the_default():
    assert dense_sizes(Encoder().hidden) == [256, 128]
    assert dense_sizes(Decoder().to_logits) == [128, 256, 784]
    # weights by hand: two dense layers with batch normalisation (4 a unit), and two heads
    assert Encoder().count_params() == (784 + 1 + 4) * 256 + (256 + 1 + 4) * 128 + 2 * (128 + 1) * 2
    assert Decoder().count_params() == (2 + 1 + 4) * 128 + (128 + 1 + 4) * 256 + (256 + 1) * 784


def test_sizes_and_options_can_be_chosen():
    encoder = Encoder(
        latent_dim=5, hidden_units=[20], dropout_rate=0.5, batch_normalization=False, image_shape=(8, 6, 1)
    )
    kinds = [type(layer).__name__ for layer in encoder.hidden.layers]
    assert kinds == ["Flatten", "Dense", "Dropout"]
    assert encoder(noise(2, (8, 6, 1)))[0].shape == (2, 5)
    decoder = Decoder(latent_dim=5, hidden_units=(20, 30), image_shape=(8, 6, 1))
    assert decoder(np.zeros((2, 5), "float32")).shape == (2, 8, 6, 1)
    assert [type(layer).__name__ for layer in decoder.to_logits.layers][:2] == ["Dense", "BatchNormalization"]
    assert Decoder(hidden_units=())(np.zeros((1, 2), "float32")).shape == (1, 28, 28, 1)


def test_activations():
    assert [layer.activation.__name__ for layer in Encoder().hidden.layers[1::2]] == ["relu", "relu"]
    layers = Decoder().to_logits.layers
    assert [layer.activation.__name__ for layer in layers[:4:2]] == ["leaky_relu", "leaky_relu"]


def test_another_activation_by_its_name():
    assert {layer.activation.__name__ for layer in Encoder(activation="tanh").hidden.layers[1::2]} == {"tanh"}
    assert {layer.activation.__name__ for layer in Decoder(activation="gelu").to_logits.layers[:4:2]} == {"gelu"}
    for half in (Encoder, Decoder):
        with pytest.raises(ValueError, match="wobbly"):
            half(activation="wobbly")
        with pytest.raises(TypeError, match="activation must be the name"):
            half(activation=keras.activations.relu)


def test_pictures_are_the_sigmoid_of_the_logits():
    decoder, z = Decoder(), noise(4, (2,))
    logits = np.asarray(decoder.logits(z), "float64")
    np.testing.assert_allclose(decoder(z), 1 / (1 + np.exp(-logits)), rtol=1e-5)


SETTINGS = {
    "latent_dim": 4,
    "hidden_units": (9, 7),
    "dropout_rate": 0.25,
    "batch_normalization": False,
    "image_shape": (6, 5, 1),
    "activation": "gelu",
}


@pytest.mark.parametrize(("half", "more"), [(Encoder, {"seed": 11}), (Decoder, {})])
def test_a_config_holds_every_setting_and_survives_json(half, more):
    settings = SETTINGS | more
    config = json.loads(json.dumps(half(**settings, name="half").get_config()))
    twin = half.from_config(config)
    assert {name: getattr(twin, name) for name in settings} == settings
    assert twin.name == "half"
    stack = twin.hidden if half is Encoder else twin.to_logits
    assert [layer.rate for layer in stack.layers if isinstance(layer, keras.layers.Dropout)] == [0.25, 0.25]


def test_numpy_integers_and_generators_are_sizes_too():
    encoder = Encoder(latent_dim=np.int64(3), hidden_units=(size for size in np.array([5, 4])), seed=np.int64(1))
    assert dense_sizes(encoder.hidden) == [5, 4]
    json.dumps(encoder.get_config())


def test_pictures_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"a picture and image_shape .* got \(28, 28\) and \(28, 28, 1\)"):
        Encoder()(np.zeros((2, 28, 28), "float32"))


@pytest.mark.parametrize("half", [Encoder, Decoder])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"latent_dim": 0}, r"latent_dim: positive integers expected, got \(0,\)"),
        ({"latent_dim": 2.0}, "latent_dim: positive integers"),
        ({"latent_dim": True}, "latent_dim: positive integers"),
        ({"hidden_units": (10, -1)}, r"hidden_units: .* got \(10, -1\)"),
        ({"image_shape": (28, 0, 1)}, "image_shape"),
        ({"dropout_rate": 1.0}, "dropout_rate must be at least 0 and below 1, got 1.0"),
        ({"dropout_rate": -0.1}, "dropout_rate"),
    ],
)
def test_impossible_sizes_are_refused(half, arguments, words):
    with pytest.raises(ValueError, match=words):
        half(**arguments)
