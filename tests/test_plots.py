import itertools

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from scipy import integrate, stats

from vaelib.plots import DIGIT_COLORS, decode_grid, plot_digits, plot_latent, plot_manifold, quantile_grid


class Counting:
    """A decoder whose picture tells its code: top half z₁, bottom half z₂. Counts how often it is called."""

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
    lambda ax: plot_manifold(Counting(), n=3, ax=ax),
    lambda ax: plot_latent(np.zeros((2, 2)), [0, 1], ax=ax),
])  # fmt: skip
def test_given_axes_are_used_and_returned(draw):
    _, ax = plt.subplots()
    assert draw(ax) is ax
    own = draw(None)
    assert own is not ax
    own.figure.draw_without_rendering()


@pytest.mark.parametrize(
    ("rows", "labels", "words"),
    [
        ([], None, "at least one batch"),
        ([np.zeros((2, 3, 3)), np.zeros((3, 3, 3))], None, "must share one shape"),
        ([np.zeros((2, 3, 3, 3))], None, r"row 0 must have shape .* got \(2, 3, 3, 3\)"),
        ([np.zeros((0, 3, 3))], None, "row 0"),
        ([np.zeros((28, 28, 1))], None, r"row 0 must be a batch, got one picture"),
        ([np.zeros((2, 3, 3))], ["a", "b"], "each of the 1 rows, got 2"),
    ],
)
def test_rows_that_do_not_fit_are_refused(rows, labels, words):
    with pytest.raises(ValueError, match=words):
        plot_digits(*rows, labels=labels)


def test_the_grid_has_equal_steps_of_probability():
    z = quantile_grid(15, 0.05, 0.95)
    assert z.shape == (15,)
    strips = [integrate.quad(stats.norm.pdf, *ends)[0] for ends in itertools.pairwise(z)]
    np.testing.assert_allclose(strips, 0.9 / 14, rtol=1e-9)
    np.testing.assert_allclose(z, -z[::-1], atol=1e-12)


@pytest.mark.parametrize("arguments", [(1, 0.05, 0.95), (5, 0, 0.95), (5, 0.05, 1), (5, 0.9, 0.1)])
def test_a_grid_must_lie_inside(arguments):
    with pytest.raises(ValueError, match="must be"):
        quantile_grid(*arguments)


def test_the_whole_grid_is_decoded_in_one_call_and_the_right_way_up():
    decoder, z = Counting(), np.array([-1.0, 0.0, 2.0])
    picture = decode_grid(decoder, z)
    assert decoder.calls == [(9, 2)]
    assert picture.shape == (12, 6)
    for row, z2 in enumerate([2.0, 0.0, -1.0]):
        for column, z1 in enumerate(z):
            tile = picture[4 * row : 4 * row + 4, 2 * column : 2 * column + 2]
            np.testing.assert_array_equal(tile, [[z1, z1], [z1, z1], [z2, z2], [z2, z2]])


def test_a_decoder_that_loses_codes_is_found():
    with pytest.raises(ValueError, match="must return 9 pictures, one for each code, got 1"):
        decode_grid(lambda z: np.zeros((1, 4, 4, 1)), np.array([0.0, 1.0, 2.0]))
    with pytest.raises(ValueError, match="the decoder's output must have shape"):
        decode_grid(lambda z: np.zeros((9, 784)), np.array([0.0, 1.0, 2.0]))


def test_manifold_ticks_stand_where_the_codes_are():
    decoder = Counting()
    ax = plot_manifold(decoder, n=5)
    assert decoder.calls == [(25, 2)]
    z = quantile_grid(5)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["−1.64", "−0.60", "0.00", "0.60", "1.64"]
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
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [str(digit) for digit in range(10)]
    assert len({to_rgb(color) for color in DIGIT_COLORS}) == 10


def test_the_name_stands_where_the_digit_is_densest():
    rng = np.random.default_rng(0)
    dense, sparse = rng.normal(5, 0.1, size=(70, 2)), rng.normal(-5, 0.1, size=(30, 2))
    ax = plot_latent(np.concatenate([sparse, dense]), np.full(100, 3))
    (name,) = ax.texts
    assert name.get_text() == "3"
    assert np.abs(np.array(name.xy) - 5).max() < 0.5


@pytest.mark.parametrize(
    ("z", "labels", "words"),
    [
        (np.zeros((4, 3)), np.zeros(4, int), r"z must have shape \(n, 2\), got \(4, 3\)"),
        (np.zeros((0, 2)), np.zeros(0, int), r"got \(0, 2\)"),
        (np.zeros((4, 2)), np.zeros(3, int), "labels must be 4 integers"),
        (np.zeros((4, 2)), np.full(4, 10), "labels must be 4 integers"),
        (np.zeros((4, 2)), np.zeros(4), "labels must be 4 integers from 0 to 9, got float64"),
    ],
)
def test_codes_and_labels_must_fit(z, labels, words):
    with pytest.raises(ValueError, match=words):
        plot_latent(z, labels)
