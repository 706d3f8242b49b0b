"""Digits, the manifold and the latent plane, as the axes hold them."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from vaelib.latent import quantile_grid
from vaelib.visual.plots import DIGIT_COLORS, plot_digits, plot_latent, plot_manifold


class Telling:
    """A decoder whose picture tells its code: top half z₁, bottom half z₂."""

    def __init__(self):
        self.calls = []

    def __call__(self, z):
        self.calls.append(z.shape)
        pictures = np.empty((len(z), 4, 2, 1), "float32")
        pictures[:, :2], pictures[:, 2:] = z[:, 0, None, None, None], z[:, 1, None, None, None]
        return pictures


def test_rows_are_laid_out_in_order():
    one, two = (np.random.default_rng(seed).random((3, 5, 4, 1)) for seed in (0, 1))
    ax = plot_digits(one, two, labels=np.array(["one", "two"]))
    image = ax.images[0].get_array()
    assert image.shape == (10, 12)
    for column in range(3):
        np.testing.assert_array_equal(image[:5, 4 * column : 4 * column + 4], one[column, ..., 0])
        np.testing.assert_array_equal(image[5:, 4 * column : 4 * column + 4], two[column, ..., 0])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
    assert ax.images[0].get_clim() == (0, 1)


@pytest.mark.parametrize("draw", [
    lambda ax: plot_digits(np.zeros((2, 3, 3)), ax=ax),
    lambda ax: plot_manifold(Telling(), n=3, ax=ax),
    lambda ax: plot_latent(np.zeros((2, 2)), [0, 1], ax=ax),
])  # fmt: skip
def test_given_axes_are_used_and_returned(draw):
    _, ax = plt.subplots()
    assert draw(ax) is ax
    own = draw(None)
    assert own is not ax
    own.figure.draw_without_rendering()


def test_manifold_ticks_stand_where_the_codes_are():
    decoder = Telling()
    ax = plot_manifold(decoder, n=5)
    assert decoder.calls == [(25, 2)]
    z = quantile_grid(5)
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        "−1.64",
        "−0.60",
        "0.00",
        "0.60",
        "1.64",
    ]
    image = ax.images[0]
    left, right, bottom, top = image.get_extent()
    for position, value in zip(ax.get_yticks(), z, strict=True):
        # from the height of the tick to the picture's row there, from the top
        row = int((top - position) / (top - bottom) * image.get_array().shape[0])
        np.testing.assert_allclose(image.get_array()[row - row % 4 + 3, 0], value, rtol=1e-6)
    assert (left, right) == (0, 5)


def test_each_code_has_the_colour_of_its_digit():
    z = np.random.default_rng(0).normal(size=(60, 2))
    labels = np.arange(60) % 10
    ax = plot_latent(z, labels)
    dots = ax.collections[0]
    np.testing.assert_array_equal(dots.get_offsets(), z)
    np.testing.assert_allclose(dots.get_facecolors()[:, :3], np.array(DIGIT_COLORS)[labels])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        str(digit) for digit in range(10)
    ]
    assert len({to_rgb(color) for color in DIGIT_COLORS}) == 10


def test_the_name_stands_where_the_digit_is_densest():
    rng = np.random.default_rng(0)
    dense, sparse = rng.normal(5, 0.1, size=(70, 2)), rng.normal(-5, 0.1, size=(30, 2))
    ax = plot_latent(np.concatenate([sparse, dense]), np.full(100, 3))
    (name,) = ax.texts
    assert name.get_text() == "3"
    assert np.abs(np.array(name.xy) - 5).max() < 0.5
