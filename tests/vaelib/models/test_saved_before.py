"""What was saved before `vaelib` was restructured loads, and gives the same figures."""

from pathlib import Path

import numpy as np
import pytest
from any_backend import BACKEND, needs_tensorflow

from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras
from vaelib.training.recording import Recording

FOLDER = Path(__file__).parent / "saved_before"  # its README says how the files were made
close = {"rtol": 1e-4, "atol": 1e-5}  # another processor may round differently


@pytest.fixture(scope="module")
def expected():
    with np.load(FOLDER / "expected.npz") as stored:
        return dict(stored)


@pytest.fixture
def vae():
    return keras.saving.load_model(FOLDER / "vae.keras")


def test_a_model_has_the_classes_and_the_settings_that_it_had(vae, expected):
    assert [type(part) for part in (vae, vae.encoder, vae.decoder)] == [VAE, Encoder, Decoder]
    assert (vae.get_config()["beta"], float(vae.beta)) == (2.0, expected["beta"])
    for half in (vae.encoder, vae.decoder):
        assert (half.latent_dim, half.hidden_units, half.image_shape) == (2, (12,), (7, 7, 1))
        assert (half.dropout_rate, half.batch_normalization) == (0.1, True)
    assert vae.encoder.get_config()["seed"] == 3
    assert vae.decoder.get_config()["activation"] == "gelu"
    assert vae.optimizer.iterations == expected["steps"] == 8


def test_a_model_encodes_and_reconstructs_as_before(vae, expected):
    codes = vae.encoder.predict(expected["x"], verbose=0)
    for found, name in zip(codes[:2], ("z_mean", "z_log_var"), strict=True):
        np.testing.assert_allclose(found, expected[name], **close, err_msg=name)
    np.testing.assert_allclose(vae.predict(expected["x"], verbose=0), expected["pictures"], **close)


@needs_tensorflow  # by which the files were made; another backend draws other numbers
def test_a_model_draws_the_same_codes(vae, expected):
    *_, z = vae.encoder.predict(expected["x"], verbose=0)
    np.testing.assert_allclose(z, expected["z"], **close)
    np.testing.assert_allclose(vae.generate(4, seed=0), expected["generated"], **close)


def test_a_model_has_the_same_loss_and_goes_on_learning(vae, expected):
    found = vae.evaluate(expected["all_x"], batch_size=50, verbose=0, return_dict=True)
    for name in ("loss", "reconstruction", "kl"):
        drawn = name != "kl" and BACKEND != "tensorflow"
        tolerance = 1e-2 if drawn else 1e-4
        assert found[name] == pytest.approx(float(expected[name]), rel=tolerance), name
    vae.fit(expected["all_x"], batch_size=50, verbose=0)
    assert vae.optimizer.iterations == 12


def test_weights_alone_make_the_same_pictures(expected):
    sizes = {"hidden_units": (12,), "image_shape": (7, 7, 1)}
    vae = VAE(Encoder(**sizes), Decoder(**sizes, activation="gelu"))
    vae.load_weights(FOLDER / "vae.weights.h5")
    assert float(vae.beta) == expected["beta"]
    np.testing.assert_allclose(vae.predict(expected["x"], verbose=0), expected["pictures"], **close)


def test_a_recording_has_the_frames_that_it_had(expected):
    recording = Recording.load(FOLDER / "run.npz")
    assert recording.epochs.tolist() == [0, 1, 2]
    assert (recording.manifolds.shape, recording.manifolds.dtype) == ((3, 21, 21), "uint8")
    assert recording.manifolds.sum(dtype=int) == 166_703
    np.testing.assert_allclose(recording.z_mean[-1], expected["z_mean"], **close)
    np.testing.assert_allclose(recording.z_log_var[-1], expected["z_log_var"], **close)
