"""MNIST comes whole, from the package itself; shapes are what their factors say."""

import colorsys
import hashlib
import socket

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vaelib import data
from vaelib.data import SHAPES, coloured_shapes, load_mnist

# Of the raw uint8 arrays; published with the data (vaelib/mnist/README.md).
RAW_SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}


@pytest.fixture(scope="module")
def mnist():
    (x_train, y_train), (x_test, y_test) = load_mnist()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


@pytest.mark.parametrize(("name", "n"), [("x_train", 60_000), ("x_test", 10_000)])
def test_pictures_are_float_in_the_unit_interval(mnist, name, n):
    x = mnist[name]
    assert x.shape == (n, 28, 28, 1)
    assert x.dtype == np.float32
    assert x.min() == 0
    assert x.max() == 1


@pytest.mark.parametrize(("name", "n"), [("y_train", 60_000), ("y_test", 10_000)])
def test_labels_are_the_ten_digits(mnist, name, n):
    y = mnist[name]
    assert y.shape == (n,)
    assert y.dtype == np.int64
    assert np.unique(y).tolist() == list(range(10))


@pytest.mark.parametrize("name", RAW_SHA256)
def test_scaling_back_gives_the_original_bytes(mnist, name):
    array = mnist[name]
    raw = np.rint(array[..., 0] * 255) if name.startswith("x") else array
    assert hashlib.sha256(raw.astype(np.uint8).tobytes()).hexdigest() == RAW_SHA256[name]


def test_needs_no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    load_mnist()


def package_copy(monkeypatch, tmp_path, content):
    """Let the package be a folder with that content for its mnist.npz; None for no file."""
    (tmp_path / "mnist").mkdir()
    if content is not None:
        (tmp_path / "mnist" / "mnist.npz").write_bytes(content)
    monkeypatch.setattr(data.resources, "files", lambda package: tmp_path)


def flipped(content):
    return content[:5_000_000] + bytes([content[5_000_000] ^ 1]) + content[5_000_001:]


@pytest.mark.parametrize("change", [flipped, lambda content: content[:2]], ids=["flipped", "cut"])
def test_a_damaged_file_is_found(monkeypatch, tmp_path, change):
    content = (data.resources.files("vaelib") / "mnist" / "mnist.npz").read_bytes()
    package_copy(monkeypatch, tmp_path, change(content))
    with pytest.raises(ValueError, match=r"mnist\.npz is damaged"):
        load_mnist()


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    package_copy(monkeypatch, tmp_path, None)
    with pytest.raises(FileNotFoundError, match=r"mnist\.npz"):
        load_mnist()


def test_coloured_shapes_are_what_their_factors_say():
    x, factors = coloured_shapes(300, seed=3)
    ink = ((x.max(axis=-1) - 0.1) / 0.9).astype(float)
    area = ink.sum(axis=(1, 2)) * (2 / 32) ** 2
    np.testing.assert_allclose(area, np.pi * factors["size"] ** 2, rtol=0.03)
    axis = (np.arange(32) + 0.5) / 16 - 1
    total = ink.sum(axis=(1, 2))
    np.testing.assert_allclose((ink.sum(axis=1) @ axis) / total, factors["x"], atol=0.005)
    np.testing.assert_allclose((ink.sum(axis=2) @ -axis) / total, factors["y"], atol=0.005)
    for i in range(300):
        brightest = x[i].reshape(-1, 3)[ink[i].argmax()]
        np.testing.assert_allclose(
            brightest, colorsys.hsv_to_rgb(factors["hue"][i], 1, 1), atol=0.01
        )


def test_a_square_is_turned_and_a_seed_repeats_a_drawing():
    x, factors = coloured_shapes(300, seed=3)
    np.testing.assert_array_equal(coloured_shapes(300, seed=3)[0], x)
    large = (factors["shape"] == SHAPES.index("square")) & (factors["size"] > 0.35)
    for i in np.flatnonzero(large):
        ink = Image.new("L", (1024, 1024))  # the corners of the square, drawn by Pillow
        turn = np.deg2rad(factors["rotation"][i] + np.array([45, 135, 225, 315]))
        reach = factors["size"][i] * np.sqrt(np.pi / 2)
        corners = [factors["x"][i] + reach * np.cos(turn), -factors["y"][i] - reach * np.sin(turn)]
        ImageDraw.Draw(ink).polygon([*zip(*((np.array(corners) + 1) * 512), strict=True)], 255)
        expected = np.asarray(ink.resize((32, 32), Image.Resampling.BOX)) / 255
        assert np.abs((x[i].max(axis=-1) - 0.1) / 0.9 - expected).max() < 0.25
