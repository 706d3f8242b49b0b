"""Counting modes: what the history holds, when a run is stopped, and that training is the same."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.modes import CountModes

X = np.random.default_rng(0).random((8, 28, 28, 1)).astype("float32")


def run(counts, **options):
    """The history of a training whose counts are these, one after the other."""
    counts, model = iter(counts), keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    counting, x = CountModes(lambda model: next(counts), **options), np.ones((4, 1))
    return model.fit(x, x, epochs=7, verbose=0, callbacks=[counting]).history


def test_the_history_has_the_counts():
    assert run([1, 5, 8, 8, 2, 3, 8])["modes"] == [1, 5, 8, 8, 2, 3, 8]


def test_a_run_that_draws_too_few_too_often_ends_with_a_message(capsys):
    assert run([8, 1, 1, 4, 3, 2, 8], least=4, patience=2)["modes"] == [8, 1, 1]
    said = capsys.readouterr().out
    assert "Stopped after epoch 3: fewer than 4 modes in 2 counts (1, 1)." in said


def test_counts_below_the_least_must_come_in_a_row(capsys):
    assert len(run([1, 8, 1, 8, 1, 8, 1], least=4, patience=2)["modes"]) == 7
    assert capsys.readouterr().out == ""


def test_another_metric_can_watch_them():
    """`modes` stands beside the losses, so Keras's own callbacks find it."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    stopping = keras.callbacks.EarlyStopping("modes", mode="max", patience=1)
    callbacks, x = [CountModes(lambda model: 3), stopping], np.ones((4, 1))
    history = model.fit(x, x, epochs=7, verbose=0, callbacks=callbacks).history
    assert history["modes"] == [3, 3]


def test_training_is_the_same_bit_for_bit():
    def trained(*callbacks):
        set_up(seed=0)
        vae = VAE(Encoder(), Decoder())
        vae.compile("adam")
        vae.fit(X, batch_size=4, epochs=2, verbose=0, callbacks=callbacks)
        return vae.get_weights()

    def draws(vae):
        return len(vae.predict(X, verbose=0))  # which draws codes

    for alone, watched in zip(trained(), trained(CountModes(draws)), strict=True):
        assert_array_equal(alone, watched)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"patience.*0"):
        CountModes(len, patience=0)
    with pytest.raises(ValueError, match=r"least.*-1"):
        CountModes(len, least=-1)
