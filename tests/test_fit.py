"""What `fit`, `evaluate` and `generate` hand on to Keras, and their refusals word for word."""

import numpy as np
import pytest

from vaelib.device import keras, tf
from vaelib.model import VAE, Decoder, Encoder

SMALL = {"hidden_units": (8,), "image_shape": (4, 4, 1)}
X = np.random.default_rng(0).random((40, 4, 4, 1), dtype="float32")
WEIGHTED = r"^sample_weight is not supported: every picture counts alike in the ELBO$"


@pytest.fixture
def vae():
    keras.utils.set_random_seed(0)
    model = VAE(Encoder(**SMALL), Decoder(**SMALL))
    model.compile(optimizer=keras.optimizers.SGD(0.0))  # nothing moves: what is reported is comparable
    return model


@pytest.fixture
def pointed(vae):
    """Without chance: every cloud is a point."""
    vae.encoder.z_log_var.set_weights([np.zeros((8, 2)), np.full(2, -60.0)])
    return vae


class Counted(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.batches, self.epochs = 0, []

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1

    def on_test_batch_end(self, batch, logs=None):
        self.batches += 1

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append(epoch)


def test_fit_hands_everything_on(vae, capsys):
    seen = Counted()
    vae.fit(X, None, 7, 5, 0, [seen], initial_epoch=3, shuffle=False)
    assert (seen.batches, seen.epochs) == (2 * 6, [3, 4])
    assert capsys.readouterr().out == ""
    vae.fit(X, batch_size=20, verbose=2)
    assert "loss" in capsys.readouterr().out


def test_evaluate_hands_everything_on(vae, capsys):
    seen = Counted()
    assert len(vae.evaluate(X, None, 7, 0, callbacks=[seen])) == 3
    assert seen.batches == 6
    assert capsys.readouterr().out == ""


def test_generate_prints_nothing(vae, capsys):
    vae.generate(3)
    assert capsys.readouterr().out == ""


def test_what_is_explained_is_the_target(pointed):
    """By hand from the logits, in training, in validation and in evaluation."""
    target = np.where(X > 0.5, 1.0, 0.0).astype("float32")
    logits = np.asarray(pointed(X, training=False)["logits"], "float64")
    expected = (np.logaddexp(0, logits) - target * logits).sum(axis=(1, 2, 3)).mean()
    assert pointed.evaluate(X, target, verbose=0, return_dict=True)["reconstruction"] == pytest.approx(expected, 1e-5)
    logs = pointed.fit(X, target, batch_size=40, validation_data=(X, target), verbose=0).history
    unseen = pointed.evaluate(X, target, verbose=0, return_dict=True)["reconstruction"]  # batch averages have moved
    assert logs["val_reconstruction"] == [pytest.approx(unseen, 1e-5)]
    kept, other = (pointed.fit(X, y, batch_size=40, verbose=0).history["reconstruction"] for y in (None, target))
    assert kept != pytest.approx(other, 1e-3)


def test_weights_are_refused_before_training_and_in_it(vae):
    seen = Counted()
    for options in ({"sample_weight": np.ones(40)}, {"class_weight": {0: 1.0}}):
        with pytest.raises(ValueError, match=WEIGHTED):
            vae.fit(X, verbose=0, callbacks=[seen], **options)
    assert seen.epochs == []
    with pytest.raises(ValueError, match=WEIGHTED):
        vae.evaluate(X, X, sample_weight=np.ones(40), verbose=0)
    vae.fit(X, sample_weight=None, class_weight=None, verbose=0)


def test_a_loss_of_ones_own_is_refused(vae):
    vae.compile(optimizer="sgd", loss="mse")
    with pytest.raises(ValueError, match=r"^loss: the VAE brings its own, minus the ELBO; compile was given 'mse'$"):
        vae.fit(X, X, verbose=0)


@pytest.mark.parametrize(
    ("validation_data", "words"),
    [
        ((X[:, :3], None), r"^validation_data's x must be pictures of shape \(4, 4, 1\), got \(3, 4, 1\) each"),
        ((2 * X,), r"^validation_data's x must have pixels in \[0, 1\]"),
        ([X, 2 * X], r"^validation_data's y must have pixels in \[0, 1\]"),
        ((X, X[..., 0]), r"^validation_data's y \(leave it out, or give pictures\) and the output must"),
    ],
)
def test_what_to_validate_with_is_looked_at_first(vae, validation_data, words):
    seen = Counted()
    with pytest.raises(ValueError, match=words):
        vae.fit(X, validation_data=validation_data, verbose=0, callbacks=[seen])
    assert seen.epochs == []


def test_a_stream_of_batches_is_looked_at_while_it_comes(vae):
    stream = tf.data.Dataset.from_tensor_slices((X, X[..., 0])).batch(10)
    words = r"^y \(leave it out, or give pictures\) and the output must have the same shape, got \(.*4, 4\) and \("
    for method in (vae.fit, vae.evaluate):
        with pytest.raises(ValueError, match=words):
            method(stream, verbose=0)


def test_pixels_of_any_size_where_the_model_says_so(vae):
    vae.unit_interval = False
    vae.fit(3 * X, validation_data=(3 * X, None), verbose=0)
    assert vae.evaluate(3 * X, verbose=0)
    vae.unit_interval = True
    with pytest.raises(ValueError, match=r"^y must have pixels in \[0, 1\]"):
        vae.evaluate(X, 3 * X, verbose=0)
    with pytest.raises(ValueError, match=r"^x must have pixels in \[0, 1\]"):
        vae.evaluate(3 * X, verbose=0)


def test_what_is_no_half_is_named():
    encoder, decoder = Encoder(**SMALL), Decoder(**SMALL)
    with pytest.raises(TypeError, match=r"^encoder must be a model with latent_dim, image_shape, got int$"):
        VAE(3, decoder)
    with pytest.raises(TypeError, match=r"^decoder must be a model with logits, got Encoder$"):
        VAE(encoder, encoder)
    with pytest.raises(
        TypeError, match=r"^decoder must be a model with latent_dim, image_shape, logits, got NoneType$"
    ):
        VAE(encoder, None)
    with pytest.raises(ValueError, match=r"^n must be a whole number"):
        VAE(encoder, decoder).generate(-1)
    with pytest.raises(ValueError, match=r"^seed must be from 0"):
        VAE(encoder, decoder).generate(1, seed=-1)


def test_its_variables_have_names_and_it_is_built():
    vae = VAE(Encoder(**SMALL), Decoder(**SMALL), beta=2.0)
    assert vae.built
    assert (vae.beta.name, vae.beta.trainable, float(vae.beta)) == ("beta", False, 2.0)
    assert [tracker.name for tracker in (vae.reconstruction_tracker, vae.kl_tracker)] == ["reconstruction", "kl"]
    assert set(vae(X)) == {"z_mean", "z_log_var", "logits"}
