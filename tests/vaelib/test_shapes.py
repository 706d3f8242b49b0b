"""Whatever its sizes, a model keeps its promises about shapes and ranges (Hypothesis)."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vaelib.latent import encode, quantile_grid
from vaelib.models import VAE, Decoder, Encoder
from vaelib.training.recording import Recording, snapshot_epochs

SIZES = st.fixed_dictionaries(
    {
        "latent_dim": st.integers(1, 5),
        "hidden_units": st.lists(st.integers(1, 6), max_size=3),
        "image_shape": st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 3)),
        "dropout_rate": st.sampled_from([0.0, 0.4]),
        "batch_normalization": st.booleans(),
        "activation": st.sampled_from(["relu", "gelu", "tanh"]),
    }
)


@settings(max_examples=8)
@given(SIZES, st.integers(1, 7))
def test_any_sizes_make_a_model_that_runs_and_is_saved(tmp_path_factory, sizes, n):
    vae = VAE(Encoder(**sizes), Decoder(**sizes))
    x = np.random.default_rng(n).random((n, *sizes["image_shape"]), dtype="float32")
    outputs = vae(x)
    assert outputs["z_mean"].shape == outputs["z_log_var"].shape == (n, sizes["latent_dim"])
    assert outputs["logits"].shape == x.shape
    new = vae.generate(n, seed=1)
    assert new.shape == x.shape
    assert new.min() >= 0
    assert new.max() <= 1
    path = tmp_path_factory.mktemp("model") / "vae.keras"
    vae.save(path)
    again = keras.saving.load_model(path)
    np.testing.assert_array_equal(again.predict_on_batch(x), vae.predict_on_batch(x))


@pytest.fixture(scope="module")
def vae():
    keras.utils.set_random_seed(0)
    return VAE(Encoder(image_shape=(4, 4, 1)), Decoder(image_shape=(4, 4, 1)))


@settings(max_examples=10)
@given(
    hnp.arrays("float32", (9, 4, 4, 1), elements=st.floats(0, 1, width=32)),
    st.permutations(range(9)),
)
def test_neither_order_nor_size_of_a_batch_matters_to_a_picture(vae, x, order):
    z_mean, z_log_var = encode(vae.encoder, x)
    for found, wanted in zip(encode(vae.encoder, x[order]), (z_mean, z_log_var), strict=True):
        np.testing.assert_allclose(found, wanted[order], atol=1e-5)
    for found, wanted in zip(encode(vae.encoder, x[:2]), (z_mean, z_log_var), strict=True):
        np.testing.assert_allclose(found, wanted[:2], atol=1e-5)
    reconstructed = vae.predict(x, batch_size=9, verbose=0)
    np.testing.assert_allclose(vae.predict(x, batch_size=2, verbose=0), reconstructed, atol=1e-5)


@given(st.integers(2, 60), st.floats(0.001, 0.49))
def test_quantiles_increase_and_mirror_one_another(n, low):
    values = quantile_grid(n, low, 1 - low)
    assert values.shape == (n,)
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(values, -values[::-1], atol=1e-9)


@given(st.integers(0, 3000))
def test_chosen_epochs_increase_from_the_first_to_the_last(last):
    epochs = snapshot_epochs(last)
    assert (epochs[0], epochs[-1]) == (0, last)
    assert (np.diff(epochs) > 0).all()
    assert len(epochs) <= 11 + 2 + last ** (1 / 1.701)


@given(st.integers(1, 4), st.integers(0, 5), st.integers(1, 3), st.integers(0, 6))
def test_a_recording_comes_back_as_it_was(tmp_path_factory, frames, pictures, latent_dim, side):
    rng = np.random.default_rng(frames)
    codes = rng.normal(size=(2, frames, pictures, latent_dim)).astype("float32")
    maps = rng.integers(0, 256, size=(frames, side, side), dtype="uint8")
    path = tmp_path_factory.mktemp("recording") / "run.npz"
    Recording(np.cumsum(rng.integers(1, 9, frames)), maps, *codes).save(path)
    again = Recording.load(path)
    np.testing.assert_array_equal(again.manifolds, maps)
    np.testing.assert_array_equal(again.z_mean, codes[0])
    np.testing.assert_array_equal(again.z_log_var, codes[1])
