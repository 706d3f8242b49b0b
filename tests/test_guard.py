"""Training that cannot work is not begun, and training that breaks down is said to have."""

import inspect

import keras
import numpy as np
import pytest

from vaelib.data import load_mnist
from vaelib.device import set_up, tf
from vaelib.elbo import gaussian_log_likelihood
from vaelib.model import VAE, Decoder, Encoder, warmup_cosine

SMALL = {"hidden_units": (8,), "image_shape": (4, 4, 1)}
X = np.random.default_rng(0).random((40, 4, 4, 1), dtype="float32")


def vae(rate=0.01):
    model = VAE(Encoder(**SMALL), Decoder(**SMALL))
    model.compile(optimizer=keras.optimizers.Adam(rate))
    return model


@pytest.fixture(scope="module")
def digits():
    return load_mnist()[0][0][:3000]


class Kept(keras.callbacks.Callback):
    """The epochs whose end it saw."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)


@pytest.mark.parametrize("form", ["list", "tuple", "one", "CallbackList"])
def test_training_that_diverges_ends_in_an_error_before_any_callback_keeps_it(form):
    kept, model = Kept(), vae(1e8)
    forms = {
        "list": [kept],
        "tuple": (kept,),
        "one": kept,
        "CallbackList": keras.callbacks.CallbackList([kept], model=model, add_history=True, epochs=50),
    }
    with pytest.raises(FloatingPointError, match=r"the loss is (nan|inf) in epoch (\d+).*it was 1e\+08"):
        model.fit(X, epochs=50, verbose=0, callbacks=forms[form])
    assert kept.epochs == list(range(len(kept.epochs)))
    assert len(kept.epochs) < 50


def test_training_that_does_not_is_left_alone():
    kept = Kept()
    history = vae().fit(X, epochs=3, verbose=0, callbacks=[kept])
    assert kept.epochs == [0, 1, 2]
    assert len(history.history["loss"]) == 3


@pytest.mark.parametrize("rate", [1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
def test_any_usual_learning_rate_learns(digits, rate):
    set_up(0)
    model = VAE(Encoder(), Decoder())
    model.compile(optimizer=keras.optimizers.Adam(rate))
    losses = model.fit(digits, batch_size=100, epochs=3, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def elbo_of(policy, digits):
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        set_up(0)
        model = VAE(Encoder(), Decoder())
        epochs, batch_size = 6, 100
        steps = epochs * len(digits) // batch_size
        model.compile(optimizer=keras.optimizers.Adam(warmup_cosine(steps, 0.01, 30)))
        model.fit(digits, batch_size=batch_size, epochs=epochs, verbose=0)
        found = model.evaluate(digits, batch_size=500, verbose=0, return_dict=True)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    return -found["reconstruction"] - found["kl"]


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_trains_as_well(digits, policy):
    """On so few digits chance is larger than on all: `benchmarks/results/limits.md` has a quarter of a nat."""
    assert elbo_of(policy, digits) == pytest.approx(elbo_of("float32", digits), abs=2)


def test_streams_of_batches_and_tensors_are_taken_as_ever():
    model = vae()
    model.fit(tf.data.Dataset.from_tensor_slices(X).batch(10), verbose=0)
    model.fit(tf.constant(X), verbose=0)
    model.fit(X, X, 10, 1, 0, None, validation_split=0.25)
    assert model.evaluate(X, X, batch_size=10, verbose=0, return_dict=True)["loss"] > 0
    with pytest.raises(ValueError, match="x must have pixels"):
        model.fit(tf.constant(2 * X), verbose=0)


def test_fit_is_still_keras_fit():
    own, kerass = (inspect.signature(f).parameters for f in (VAE.fit, keras.Model.fit))
    defaults = [[(name, parameter.default) for name, parameter in of.items()][:7] for of in (own, kerass)]
    assert defaults[0] == defaults[1]
    assert vae().fit(X, verbose=0).history.keys() == {"loss", "reconstruction", "kl"}


def test_a_likelihood_of_any_numbers_may_have_them():
    class Gaussian(VAE):
        unit_interval = False

        def log_likelihood(self, x, logits):
            return gaussian_log_likelihood(x, logits, 0.0)

    model = Gaussian(Encoder(**SMALL), Decoder(**SMALL))
    model.compile(optimizer="adam")
    model.fit(10 * X - 5, verbose=0)
    with pytest.raises(ValueError, match="x must be finite"):
        model.fit(X * np.inf, verbose=0)


def test_noisy_pictures_may_be_any_numbers_if_what_they_explain_is_not():
    vae().fit(X + 3, X, verbose=0)
    with pytest.raises(ValueError, match="y must have pixels"):
        vae().fit(X, X + 3, verbose=0)
