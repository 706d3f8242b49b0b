"""A VAE that is told the label: in both halves, by `fit(x, y)`, and with the library's tools."""

import numpy as np
import pytest
from any_backend import arrays, needs_tensorflow
from quarters import quarters
from scipy import special, stats

from vaelib.data import mnist_test_digits
from vaelib.evaluation.bounds import dataset_elbo
from vaelib.evaluation.likelihoods import paired_log_likelihood, pairwise_log_likelihood
from vaelib.evaluation.posteriors import fit_posteriors
from vaelib.evaluation.quadrature import elbo_quadrature, log_likelihood_quadrature
from vaelib.latent import decode_grid, encode
from vaelib.models import ConditionalVAE, ConvDecoder, ConvEncoder, Decoder, Encoder
from vaelib.runtime import keras
from vaelib.training.snapshots import Snapshots
from vaelib.visual.live import LiveView

SMALL = {"hidden_units": (16,), "image_shape": (8, 8, 1)}
RNG = np.random.default_rng(0)
X, Y = quarters(RNG, least=0.1)


def make(seed=0, encoder=Encoder, decoder=Decoder, eagerly=False, **options):
    keras.utils.set_random_seed(seed)
    options = SMALL | options
    vae = ConditionalVAE(encoder(2, **options), decoder(2 + 3, **options), n_classes=3)
    vae.compile(keras.optimizers.Adam(0.02), run_eagerly=eagerly)
    return vae


@pytest.fixture(scope="module")
def vae():
    model = make()
    model.fit(X, Y, batch_size=20, epochs=15, verbose=0)
    return model


def test_the_first_layer_sees_the_label_beside_the_pixels():
    """W (X + P Y) = [W, W P] [X; Y]: weights for pixels and label, side by side."""
    encoder = make(batch_normalization=False).encoder
    w, bias = arrays(encoder.inner.hidden.layers[1].get_weights())
    p = arrays(encoder.pictures.get_weights()[0])
    beside = np.concatenate([X.reshape(300, -1), np.eye(3)[Y]], axis=1)
    hidden = np.maximum(beside @ np.concatenate([w, p @ w]) + bias, 0)
    kernel, offset = arrays(encoder.inner.z_mean.get_weights())
    np.testing.assert_allclose(encode(encoder, X, Y)[0], hidden @ kernel + offset, atol=1e-5)


def test_the_decoder_gets_a_code_and_then_the_label(vae):
    z = RNG.normal(size=(5, 2)).astype("float32")
    expected = arrays(vae.decoder.inner(np.concatenate([z, np.eye(3)[Y[:5]]], axis=1)))
    np.testing.assert_allclose(arrays(vae.decoder((z, Y[:5]))), expected, atol=1e-6)
    np.testing.assert_allclose(arrays(vae.decoder.given(Y[:5])(z)), expected, atol=1e-6)


def test_the_loss_is_minus_a_bound_on_log_p_of_the_picture_given_its_label(vae):
    """Recomputed with SciPy from the codes' distribution, its expectation by many draws."""
    z_mean, z_log_var = encode(vae.encoder, X, Y)
    kl = 0.5 * (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).sum(axis=1)
    draws = stats.norm(z_mean, np.exp(z_log_var / 2)).rvs((200, 300, 2), random_state=0)
    p = [arrays(vae.decoder((z.astype("float32"), Y))).astype("float64") for z in draws]
    reconstruction = -(special.xlogy(X, p) + special.xlog1py(1 - X, -np.array(p))).sum(
        axis=(2, 3, 4)
    )
    elbo = -reconstruction.mean(axis=0) - kl
    found = [vae.evaluate(X, Y, verbose=0, return_dict=True)["loss"] for _ in range(20)]
    assert np.mean(found) == pytest.approx(-elbo.mean(), abs=0.05)
    for label in range(3):
        of_label, decoder = np.equal(Y, label), vae.decoder.given(label)
        x, log_p = X[of_label], pairwise_log_likelihood(decoder)
        log_p, _ = log_likelihood_quadrature(log_p, x, step=0.1)
        codes = z_mean[of_label], z_log_var[of_label]
        gap = log_p - elbo_quadrature(paired_log_likelihood(decoder), x, *codes)
        assert np.all(gap > -1e-3)
        assert gap.mean() < 2


def test_the_label_counts(vae):
    """Told another label, the model finds a picture far less probable."""
    right, wrong = (
        vae.evaluate(X, y, verbose=0, return_dict=True)["loss"] for y in (Y, (Y + 1) % 3)
    )
    assert wrong > right + 5


@needs_tensorflow
@pytest.mark.parametrize("form", ["pair", "vectors", "stream", "steps"])
def test_labels_may_come_in_any_form_of_keras(form):
    import tensorflow as tf

    def losses(*data, **options):
        model = make(eagerly="steps_per_execution" not in options)
        model.steps_per_execution = options.pop("steps_per_execution", 1)
        return model.fit(*data, epochs=2, shuffle=False, verbose=0, **options).history["loss"]

    forms = {
        "pair": (((X, Y),), {}),
        "vectors": ((X, np.eye(3, dtype="float32")[Y]), {}),
        "stream": ((tf.data.Dataset.from_tensor_slices((X, Y)).batch(32),), {}),
        "steps": ((X, Y), {"steps_per_execution": 5}),
    }
    data, options = forms[form]
    np.testing.assert_allclose(losses(*data, **options), losses(X, Y), rtol=1e-5)


def test_new_pictures_have_the_label_that_was_asked_for(vae):
    pictures = vae.generate(np.repeat(np.arange(3), 50), seed=1).reshape(3, 50, 8, 8)
    quarters = pictures.reshape(3, 50, 2, 4, 2, 4).mean(axis=(3, 5)).reshape(3, 50, 4)
    assert np.mean(quarters.argmax(axis=2) == np.arange(3)[:, None]) > 0.97
    np.testing.assert_array_equal(vae.generate([0, 1], seed=4), vae.generate([0, 1], seed=4))
    assert vae.generate(np.eye(3)[[0, 2]]).shape == (2, 8, 8, 1)


def test_a_style_is_carried_over(vae):
    """The code stays, and where the ink is follows the label."""
    carried = vae.restyle(X[:50], Y[:50])
    assert carried.shape == (50, 3, 8, 8, 1)
    z_mean = encode(vae.encoder, X[:50], Y[:50])[0]
    for label in range(3):
        expected = vae.decoder((z_mean, np.full(50, label)))
        np.testing.assert_allclose(carried[:, label], arrays(expected), atol=1e-5)
    elsewhere = arrays(vae.decoder((z_mean + 1, np.zeros(50, int))))
    assert np.abs(elsewhere - carried[:, 0]).max() > 0.1  # the code matters, too
    quarters = carried.reshape(50, 3, 2, 4, 2, 4).mean(axis=(3, 5)).reshape(50, 3, 4)
    assert np.all(quarters.argmax(axis=2) == np.arange(3))
    np.testing.assert_allclose(
        carried[np.arange(50), Y[:50]], vae.predict((X[:50], Y[:50]), verbose=0), atol=1e-5
    )


def test_it_is_saved_and_loaded(vae, tmp_path):
    vae.save(tmp_path / "vae.keras")
    loaded = keras.saving.load_model(tmp_path / "vae.keras")
    assert isinstance(loaded, ConditionalVAE)
    for one, other in zip(encode(vae.encoder, X, Y), encode(loaded.encoder, X, Y), strict=True):
        np.testing.assert_array_equal(one, other)
    before, again = (model.evaluate(X, Y, verbose=0, return_dict=True) for model in (vae, loaded))
    assert again["kl"] == before["kl"]
    loaded.fit(X, Y, verbose=0)


def test_other_halves_will_do():
    conv = make(encoder=ConvEncoder, decoder=ConvDecoder)
    loss = conv.fit(X, Y, epochs=3, verbose=0).history["loss"]
    assert loss[-1] < loss[0]
    picture, code = keras.Input((8, 8, 1)), keras.Input((5,))
    flat = keras.layers.Flatten()(picture)
    encoder = keras.Model(picture, [keras.layers.Dense(2)(flat) for _ in range(3)])
    pixels = keras.layers.Dense(64, activation="sigmoid")(code)
    decoder = keras.Model(code, keras.layers.Reshape((8, 8, 1))(pixels))
    functional = ConditionalVAE(encoder, decoder, n_classes=3)
    functional.compile("adam")
    functional.fit(X, Y, verbose=0)
    assert functional.generate([0, 2]).shape == (2, 8, 8, 1)


def test_the_tools_for_a_vae_take_its_halves_with_a_label(vae):
    x = X[Y == 2][:20]
    decoder, codes = vae.decoder.given(2), encode(vae.encoder.given(2), x)
    np.testing.assert_array_equal(codes, encode(vae.encoder, x, np.full(20, 2)))
    log_likelihood = paired_log_likelihood(decoder)
    found = dataset_elbo(log_likelihood, x, *codes, draws=50)
    best = fit_posteriors(decoder.logits, x, *codes, steps=50)
    assert np.mean(dataset_elbo(log_likelihood, x, *best, draws=50)) > np.mean(found)
    picture = decode_grid(decoder, [-1.0, 0.0, 1.0])
    assert picture.shape == (24, 24)
    snapshots = Snapshots(x, n=3, label=2)
    snapshots.set_model(vae)
    snapshots.on_epoch_begin(0)
    recording = snapshots.recording
    np.testing.assert_allclose(recording.z_mean[0], codes[0], atol=1e-6)
    assert recording.manifolds.shape == (1, 24, 24)
    view = LiveView(x[:5], n=3, label=2)
    view.set_model(vae)
    assert len(view.draw(1, {}).axes) == 2
    fives = mnist_test_digits(label=5)
    np.testing.assert_array_equal(Snapshots(label=5).x, fives)
    np.testing.assert_array_equal(LiveView(label=5).x, fives[:10])


@needs_tensorflow
@pytest.mark.parametrize("form", ["labels", "pair"])
def test_a_stream_that_fails_is_looked_at_for_its_pictures(form):
    """Labels are no pixels: they may be above 1."""
    import tensorflow as tf

    def stream(x):
        data = (x, Y) if form == "labels" else ((x, Y),)
        return tf.data.Dataset.from_tensor_slices(data).batch(50)

    broken = make(eagerly=True)
    broken.optimizer.learning_rate = 1e12
    with pytest.raises(RuntimeError, match="loss"):
        broken.fit(stream(X), epochs=20, verbose=0)
    with pytest.raises(ValueError, match=r"^x holds NaN"):
        make(eagerly=True).fit(stream(np.full_like(X, np.nan)), verbose=0)


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda vae: vae.fit(X), ValueError, "y must be the labels"),
        (lambda vae: vae.fit(X, Y[:9]), ValueError, "y must have shape"),
        (lambda vae: vae.fit(X, Y + 1), ValueError, "from 0 to 2, got 1 to 3"),
        (lambda vae: vae.fit(X, Y[:, None]), ValueError, r"shape \(300,\) or \(300, 3\)"),
        (lambda vae: vae.fit(X, Y + 0.5), TypeError, "y must be integers"),
        (lambda vae: vae.fit(2 * X, Y), ValueError, "pixels in"),
        (lambda vae: vae.fit(X, Y, validation_data=(X, Y - 1)), ValueError, "validation_data's y"),
        (lambda vae: vae.fit(X, Y, sample_weight=np.ones(300)), ValueError, "sample_weight"),
        (lambda vae: vae.predict(X, verbose=0), ValueError, "pair"),
        (lambda vae: vae.generate([3]), ValueError, "from 0 to 2"),
        (lambda vae: vae.generate(2), ValueError, r"such as \[2\]"),
        (lambda vae: vae.restyle(X[:2], [1, 3]), ValueError, "from 0 to 2"),
        (lambda vae: ConditionalVAE(vae.encoder, vae.decoder, 4), ValueError, "one number"),
        (lambda vae: vae.decoder.given(3), ValueError, "from 0 to 2"),
        (lambda vae: encode(vae.encoder, X, Y[:9]), ValueError, "same shape"),
        (lambda vae: make(decoder=lambda n, **o: Decoder(2, **o)), ValueError, "latent_dim"),
    ],
)
def test_what_cannot_be_is_refused(vae, wrong, error, says):
    with pytest.raises(error, match=says):
        wrong(vae)
