"""What `fit` and `evaluate` look at first, what they hand on to Keras, and a run that diverges."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

from vaelib.elbo import gaussian_log_likelihood
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras

SMALL = {"hidden_units": (8,), "image_shape": (4, 4, 1)}
X = np.random.default_rng(0).random((40, 4, 4, 1), dtype="float32")


def make(rate=0.01, kind=VAE, run_eagerly=True, **options):
    """Run eagerly, for a few steps: tracing would take longer."""
    model = kind(Encoder(**SMALL), Decoder(**SMALL))
    model.compile(optimizer=keras.optimizers.Adam(rate), run_eagerly=run_eagerly, **options)
    return model


@pytest.fixture(scope="module")
def vae():
    return make()


class Seen(keras.callbacks.Callback):
    """Counts batches, and remembers the epochs that began and ended."""

    def __init__(self):
        super().__init__()
        self.batches, self.begun, self.ended = 0, [], []

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1

    def on_test_batch_end(self, batch, logs=None):
        self.batches += 1

    def on_epoch_begin(self, epoch, logs=None):
        self.begun.append(epoch)

    def on_epoch_end(self, epoch, logs=None):
        self.ended.append(epoch)


def test_fit_is_still_that_of_keras(vae, capsys):
    assert inspect.signature(VAE.fit) == inspect.signature(keras.Model.fit)
    seen = Seen()
    history = vae.fit(X, None, 7, 5, 0, [seen], initial_epoch=3, shuffle=False)
    assert (seen.batches, seen.begun) == (2 * 6, [3, 4])
    assert history.history.keys() == {"loss", "reconstruction", "kl"}
    assert capsys.readouterr().out == ""
    vae.fit(X, batch_size=20, verbose=2)
    assert "loss" in capsys.readouterr().out
    assert vae.fit(X, X, 10, 1, 0, None, validation_split=0.25).history["val_loss"]


def test_evaluate_is_still_that_of_keras(vae, capsys):
    assert inspect.signature(VAE.evaluate) == inspect.signature(keras.Model.evaluate)
    seen = Seen()
    assert len(vae.evaluate(X, None, 7, 0, callbacks=[seen])) == 3
    assert seen.batches == 6
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", ["list", "tuple", "one", "CallbackList"])
def test_training_that_diverges_ends_in_an_error_before_a_callback_keeps_it(form):
    seen, model = Seen(), make(1e8, run_eagerly=form != "list")
    whole = keras.callbacks.CallbackList([seen], model=model, add_history=True, epochs=50)
    forms = {"list": [seen], "tuple": (seen,), "one": seen, "CallbackList": whole}
    with pytest.raises(RuntimeError, match="loss"):
        model.fit(X, epochs=50, verbose=0, callbacks=forms[form])
    assert seen.ended == list(range(len(seen.ended)))
    assert len(seen.ended) < 50


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"x": 2 * X}, "^x must"),
        ({"x": keras.ops.convert_to_tensor(2 * X)}, "^x must"),
        ({"x": X, "y": X[..., 0]}, "^y .* same shape"),
        ({"x": X, "y": 2 * X}, "^y must"),
        ({"x": X, "y": X, "sample_weight": np.ones(40)}, "^sample_weight"),
        ({"x": X, "class_weight": {0: 1.0}}, "_weight"),
        ({"x": X, "validation_data": (X[:, :3], None)}, "^validation_data's x .* same shape"),
        ({"x": X, "validation_data": (2 * X,)}, "^validation_data's x must"),
        ({"x": X, "validation_data": [X, 2 * X]}, "^validation_data's y must"),
        ({"x": X, "validation_data": (X, X[..., 0])}, "^validation_data's y .* same shape"),
        ({"x": X, "validation_data": (X, X, np.ones(40))}, "^sample_weight"),
    ],
)
def test_data_are_looked_at_before_the_first_epoch(vae, arguments, named):
    seen = Seen()
    with pytest.raises(ValueError, match=named):
        vae.fit(**arguments, verbose=0, callbacks=[seen])
    assert seen.begun == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"x": 2 * X}, "^x must"),
        ({"x": X, "y": 2 * X}, "^y must"),
        ({"x": X, "y": X, "sample_weight": np.ones(40)}, "^sample_weight"),
    ],
)
def test_evaluate_looks_at_its_data_too(vae, arguments, named):
    with pytest.raises(ValueError, match=named):
        vae.evaluate(**arguments, verbose=0)


def test_weights_that_are_none_are_no_weights(vae):
    vae.fit(X, sample_weight=None, class_weight=None, validation_data=(X, None), verbose=0)


def test_another_loss_is_refused():
    with pytest.raises(ValueError, match=r"loss.*mse"):
        make(loss="mse").fit(X, X, verbose=0)


@pytest.mark.parametrize("method", ["fit", "evaluate"])
@pytest.mark.parametrize(
    ("batches", "name"), [((X, X[..., 0]), "y"), ((X, X, np.ones(40)), "sample_weight")]
)
def test_a_stream_of_batches_is_looked_at_while_it_comes(method, batches, name):
    stream = tf.data.Dataset.from_tensor_slices(batches).batch(10)
    with pytest.raises(ValueError, match=rf"\b{name}\b"):
        getattr(make(run_eagerly=False), method)(stream, verbose=0)


def test_a_stream_of_pictures_alone_is_taken(vae):
    stream = tf.data.Dataset.from_tensor_slices(X).batch(10)
    vae.fit(stream, validation_data=stream, verbose=0)


def test_a_likelihood_of_any_numbers_may_have_them():
    class Gaussian(VAE):
        unit_interval = False

        def log_likelihood(self, x, logits):
            return gaussian_log_likelihood(x, logits, 0.0)

    model = make(kind=Gaussian)
    model.fit(10 * X - 5, validation_data=(10 * X - 5, None), verbose=0)
    with pytest.raises(ValueError, match="x must be finite"):
        model.fit(X * np.inf, verbose=0)


def test_noisy_pictures_may_be_any_numbers_if_what_they_explain_is_not(vae):
    vae.fit(X + 3, X, verbose=0)


class Stream(keras.utils.PyDataset):
    """Batches of ten."""

    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return len(self.arrays[0]) // 10

    def __getitem__(self, i):
        batch = tuple(array[10 * i : 10 * i + 10] for array in self.arrays)
        return batch if len(batch) > 1 else batch[0]


def dataset(*arrays):
    return tf.data.Dataset.from_tensor_slices(arrays if len(arrays) > 1 else arrays[0]).batch(10)


@pytest.mark.parametrize("stream", [Stream, dataset])
def test_double_precision_is_welcome_on_every_route(stream):
    double = X.astype("float64")
    for run in [
        lambda vae: vae.fit(stream(double), verbose=0),
        lambda vae: vae.fit(stream(double, double), verbose=0),
        lambda vae: vae.evaluate(stream(double), verbose=0),
        lambda vae: vae.predict(stream(double), verbose=0),
        lambda vae: vae.train_on_batch(double),
        lambda vae: vae.test_on_batch(double),
    ]:
        run(make())


def test_a_single_number_does_not_change_the_type():
    logits = keras.ops.convert_to_tensor(X)
    found = gaussian_log_likelihood(X, logits, np.log(0.01))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"


@pytest.mark.parametrize("stream", [Stream, dataset])
def test_weights_are_refused_on_every_route(stream):
    weights = np.ones(len(X))
    for run in [
        lambda vae: vae.fit(stream(X, X, weights), verbose=0),
        lambda vae: vae.fit(X, validation_data=(X, None, weights), verbose=0),
        lambda vae: vae.fit(X, validation_data=stream(X, X, weights), verbose=0),
        lambda vae: vae.evaluate(X, sample_weight=weights, verbose=0),
        lambda vae: vae.evaluate(stream(X, X, weights), verbose=0),
        lambda vae: vae.train_on_batch(X, sample_weight=weights),
        lambda vae: vae.train_on_batch(X, class_weight={0: 1.0}),
        lambda vae: vae.test_on_batch(X, sample_weight=weights),
    ]:
        with pytest.raises(ValueError, match="sample_weight and class_weight are refused"):
            run(make())


@pytest.mark.parametrize("stream", [Stream, dataset])
def test_what_is_wrong_with_a_stream_is_said(stream):
    holed = X.copy()
    holed[33] = np.nan
    with pytest.raises(ValueError, match="x holds NaN or infinity, in batch 3"):
        make().fit(stream(holed), verbose=0)
    wrong = r"x must have pixels in \[0, 1\], got .* to 25.* in batch 0"
    with pytest.raises(ValueError, match=wrong):
        make(rate=0.1).fit(stream(255 * X), epochs=20, verbose=0)
    with pytest.raises(ValueError, match="x holds NaN or infinity, in batch 3"):
        make().fit(X, validation_data=stream(holed), verbose=0)


def test_validation_prints_nothing_of_its_own(vae, capsys):
    vae.fit(X, validation_data=(X, None), verbose=0)
    assert capsys.readouterr().out == ""
