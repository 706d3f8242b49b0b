"""Colour, photographs and other labels: every picture shows them as they are."""

import itertools

import numpy as np
import pytest
from PIL import Image

from vaelib.latent import decode_grid
from vaelib.models import VAE, ConvDecoder, ConvEncoder
from vaelib.runtime import keras
from vaelib.training.snapshots import Snapshots
from vaelib.visual.animation import latent_gif, manifold_gif
from vaelib.visual.live import LiveView
from vaelib.visual.plots import plot_digits, plot_latent, plot_manifold

SMALL = {"latent_dim": 2, "hidden_units": (8,), "image_shape": (8, 8, 3)}
X = np.random.default_rng(0).random((30, 8, 8, 3), dtype="float32")
NAMES = np.array(["cat", "dog", "a longer name"])[np.arange(30) % 3]


@pytest.fixture(scope="module")
def vae():
    vae = VAE(ConvEncoder(**SMALL), ConvDecoder(**SMALL, likelihood="gaussian"))
    vae.compile(keras.optimizers.Adam(0.02))
    return vae


@pytest.fixture(scope="module")
def recording(vae):
    seen = Snapshots(X, n=3)
    vae.fit(X, epochs=3, verbose=0, callbacks=[seen])
    return seen.recording


def drawn(ax):
    return np.asarray(ax.images[0].get_array())


def test_rows_and_map_have_the_pictures_colours(vae):
    rows = drawn(plot_digits(X[:4], vae.predict(X[:4], verbose=0)))
    np.testing.assert_array_equal(rows[:8, 8:16], X[1])
    z = np.array([-1.0, 0.0, 1.0])
    assert decode_grid(vae.decoder, z).shape == (24, 24, 3)
    assert drawn(plot_manifold(vae.decoder, n=3)).shape == (24, 24, 3)


def test_a_light_pixel_is_white_where_it_is_no_ink():
    for ink, name in [(True, "gray_r"), (False, "gray")]:
        image = plot_digits(X[..., :1], ink=ink).images[0]
        assert image.get_cmap().name == name


def test_the_live_view_and_the_animations_work_in_colour(vae, recording, tmp_path):
    view = LiveView(X[:3], n=3)
    view.set_model(vae)
    assert drawn(view.draw(1, {}).axes[1]).shape == (24, 24, 3)
    assert recording.manifolds.shape == (4, 24, 24, 3)
    path = manifold_gif(recording, tmp_path / "map.gif", size=300, verbose=False)
    with Image.open(path) as gif:
        for i in range(gif.n_frames):
            gif.seek(i)
            found = np.asarray(gif.convert("RGB"), float)[40:255, 35:265].mean(axis=(0, 1))
            expected = recording.manifolds[i].mean(axis=(0, 1))
            np.testing.assert_allclose(found, expected, atol=8)


def test_names_stand_in_the_legends_and_everything_fits(recording, tmp_path):
    ax = plot_latent(recording.z_mean[-1], NAMES, legend_title="animal")
    legend = ax.get_legend()
    assert legend.get_title().get_text() == "animal"
    assert [text.get_text() for text in legend.get_texts()] == ["a longer name", "cat", "dog"]
    wide = recording.z_mean * 400 / np.abs(recording.z_mean[-1]).max()
    far = type(recording)(recording.epochs, recording.manifolds, wide, recording.z_log_var)
    for labels, run in itertools.product([NAMES, np.arange(30)], [recording, far]):
        path = latent_gif(run, labels, tmp_path / "codes.gif", size=400, verbose=False)
        with Image.open(path) as gif:
            page = np.asarray(gif.convert("L"))
        assert (page[:, [0, -1]] == 255).all()  # nothing reaches the edge
        assert (page[[0, -1]] == 255).all()


def test_names_in_a_column_of_pandas_are_names():
    column = np.array(["cat", "dog", "cat"], dtype=object)
    ax = plot_latent(np.arange(6.0).reshape(3, 2), column)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["cat", "dog"]
    with pytest.raises(TypeError, match="labels must be integers or strings, got object"):
        plot_latent(np.zeros((2, 2)), [None, "cat"])


def test_more_classes_than_colours_of_digits_are_told_apart():
    ax = plot_latent(np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 13 + 100)
    colors = {tuple(each) for each in ax.collections[0].get_facecolors().round(3)}
    assert len(colors) == 13
