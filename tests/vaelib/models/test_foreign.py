"""Networks that others have made, as halves: nothing of theirs gets lost, and every tool works."""

import numpy as np
import pytest
import tensorflow as tf
from any_backend import BACKEND, arrays

from vaelib.evaluation.bounds import iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood
from vaelib.evaluation.posteriors import fit_posteriors
from vaelib.latent import encode
from vaelib.models import VAE, ConvDecoder, ConvEncoder, Decoder, Encoder
from vaelib.runtime import keras
from vaelib.training.snapshots import Snapshots
from vaelib.visual.animation import latent_gif, manifold_gif
from vaelib.visual.explorer import latent_explorer
from vaelib.visual.live import LiveView
from vaelib.visual.plots import plot_digits, plot_manifold

layers = keras.layers
rng = np.random.default_rng(0)


@keras.saving.register_keras_serializable(package="tests")
class LazyEncoder(keras.Model):
    """Ordinary Keras: the weights are made when the first data come."""

    latent_dim, image_shape = 2, [8, 8, 1]

    def __init__(self, **options):
        super().__init__(**options)
        self.flat, self.mean, self.log_var = layers.Flatten(), layers.Dense(2), layers.Dense(2)

    def call(self, x, training=None):
        z_mean, z_log_var = self.mean(self.flat(x)), self.log_var(self.flat(x))
        return z_mean, z_log_var, z_mean


@keras.saving.register_keras_serializable(package="tests")
class LazyDecoder(keras.Model):
    """Its weights are made late, too; and it has a method `logits`."""

    latent_dim, image_shape = 2, (8, 8, 1)

    def __init__(self, **options):
        super().__init__(**options)
        self.pixels, self.shaped = layers.Dense(64), layers.Reshape((8, 8, 1))

    def logits(self, z, training=None):
        return self.shaped(self.pixels(z))

    def call(self, z, training=None):
        return keras.ops.sigmoid(self.logits(z))


@keras.saving.register_keras_serializable(package="tests")
class TheirSampling(layers.Layer):
    """As keras-io's example has it."""

    def __init__(self, **options):
        super().__init__(**options)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        z_mean, z_log_var = inputs
        shape = keras.ops.shape(z_mean)
        epsilon = keras.random.normal(shape, dtype=z_mean.dtype, seed=self.seed_generator)
        return z_mean + keras.ops.exp(0.5 * z_log_var) * epsilon


def functional():
    """The shape of keras-io's convolutional VAE, smaller."""
    x = keras.Input((8, 8, 1))
    hidden = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
    hidden = layers.Dense(8, activation="relu")(layers.Flatten()(hidden))
    z_mean, z_log_var = layers.Dense(2)(hidden), layers.Dense(2)(hidden)
    encoder = keras.Model(x, [z_mean, z_log_var, TheirSampling()([z_mean, z_log_var])])
    z = keras.Input((2,))
    hidden = layers.Reshape((4, 4, 4))(layers.Dense(64, activation="relu")(z))
    hidden = layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu")(hidden)
    picture = layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")(hidden)
    return encoder, keras.Model(z, picture)


def dense():
    small = {"latent_dim": 2, "hidden_units": (8,), "image_shape": (8, 8, 1)}
    return Encoder(**small), Decoder(**small)


def conv_in_colour():
    small = {"latent_dim": 8, "hidden_units": (8,), "image_shape": (8, 8, 3)}
    encoder, decoder = ConvEncoder(filters=(2, 4), **small), ConvDecoder(filters=(4, 2), **small)
    return encoder, decoder


def lazy():
    return LazyEncoder(), LazyDecoder()


MAKERS = [dense, conv_in_colour, functional, lazy]


def compiled(halves, eagerly=False, **options):
    vae = VAE(*halves(), **options)
    vae.compile(keras.optimizers.Adam(0.01), run_eagerly=eagerly)
    return vae


def pictures(vae, n=20):
    return (rng.random((n, *vae.image_shape)) > 0.5).astype("float32")


@pytest.mark.parametrize("halves", [lazy, functional])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_nothing_is_lost_when_a_model_is_kept(halves, likelihood, tmp_path):
    vae = compiled(halves, likelihood=likelihood, beta=0.5)
    x = pictures(vae)
    vae.fit(x, epochs=2, verbose=0)
    expected = vae.predict_on_batch(x)
    vae.save(tmp_path / "vae.keras")
    loaded = keras.saving.load_model(tmp_path / "vae.keras")
    vae.save_weights(tmp_path / "vae.weights.h5")
    restored = compiled(halves, likelihood=likelihood)
    restored.load_weights(tmp_path / "vae.weights.h5")
    for other in (loaded, restored):
        np.testing.assert_array_equal(other.predict_on_batch(x), expected)
        assert other.decoder.likelihood.name.startswith(likelihood)
        assert len(other.get_weights()) == len(vae.get_weights())
    if BACKEND == "torch":
        with pytest.raises(RuntimeError, match=r"TensorFlow or JAX: save a \.keras file"):
            vae.export(tmp_path / "exported", verbose=False)
        return
    vae.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(exported.serve(x)["z_mean"], vae.encoder(x)[0], atol=1e-6)


def test_a_lazy_model_resumes_from_a_backup(tmp_path):
    def run(epochs):
        vae, backup = compiled(lazy), keras.callbacks.BackupAndRestore(tmp_path)
        backup.on_train_end = lambda logs=None: None  # as if the run had been cut off
        return vae.fit(pictures(vae), epochs=epochs, verbose=0, callbacks=[backup]).epoch

    assert (run(1), run(3)) == ([0], [1, 2])


def test_what_cannot_be_a_half_is_refused():
    encoder, decoder = functional()
    with pytest.raises(TypeError, match="decoder, not being functional, must have logits"):
        VAE(encoder, encoder.layers[1])
    with pytest.raises(TypeError, match="encoder must have latent_dim"):
        VAE(decoder, decoder)
    with pytest.raises(ValueError, match="sides divisible by 4, got \\(6, 8, 1\\)"):
        ConvEncoder(image_shape=(6, 8, 1))


def train(vae, x):
    history = vae.fit(x, epochs=2, batch_size=10, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


def keep(vae, x):
    vae.save("kept.keras")
    again = keras.saving.load_model("kept.keras").predict_on_batch(x)
    np.testing.assert_array_equal(again, vae.predict_on_batch(x))


def snapshots(vae, x):
    seen = Snapshots(x, n=2)
    vae.fit(x, verbose=0, callbacks=[seen])
    assert seen.recording.z_mean.dtype == "float32"


def generate(vae, x):
    assert vae.generate(3).shape == (3, *vae.image_shape)


def bound(vae, x):
    log_p, codes = paired_log_likelihood(vae.decoder), encode(vae.encoder, x)
    log_w = log_importance_weights(log_p, x, *codes, 4)
    assert (log_w < 0).all()
    assert np.isfinite(iwae_bound(log_w)).all()


def posteriors(vae, x):
    if vae.decoder.latent_dim == 2:
        mean, _ = fit_posteriors(vae.decoder.logits, x[:2], *(np.zeros((2, 2)),) * 2, steps=2)
        assert np.isfinite(mean).all()


def draw(vae, x):
    rows = plot_digits(x[:3], vae.predict_on_batch(x[:3]), vae.generate(3)).images[0].get_array()
    assert np.isfinite(np.asarray(rows)).all()
    if vae.decoder.latent_dim == 2:
        plot_manifold(vae.decoder, n=3)
        view = LiveView(x[:3], n=3)
        view.set_model(vae)
        view.draw(1, {})


def animate(vae, x):
    if vae.decoder.latent_dim == 2:
        seen = Snapshots(x, n=3)
        vae.fit(x, verbose=0, callbacks=[seen])
        options = {"size": 200, "verbose": False}
        manifold_gif(seen.recording, "map.gif", **options)
        latent_gif(seen.recording, np.arange(len(x)) % 3, "codes.gif", **options)


def explore(vae, x):
    if vae.decoder.latent_dim == 2:
        codes, _ = encode(vae.encoder, x)
        page = latent_explorer(vae.decoder, codes / 9, np.arange(len(x)), x, n=9)
        middle = arrays(vae.decoder(np.zeros((1, 2), "float32"))).astype("float64")[0]
        np.testing.assert_allclose(page.picture([0.0, 0.0]), middle.squeeze(), atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16", "float64"])
@pytest.mark.parametrize("halves", MAKERS)
def test_every_tool_works_in_every_precision(halves, policy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        vae = compiled(halves, eagerly=halves is not dense)  # tracing takes longer
        x = pictures(vae)
        for tool in (train, keep, snapshots, generate, bound, posteriors, draw, animate, explore):
            tool(vae, x)
    finally:
        keras.config.set_dtype_policy(before)
