"""Scores of generated pictures, by hand and against plain loops."""

import numpy as np
from scipy import signal

from course.scores import cut_out, density_and_coverage, sharpness, to_nearest

RNG = np.random.default_rng(0)


def test_a_hole_is_where_ink_was():
    x = np.zeros((20, 28, 28, 1), "float32")
    x[:, 10:15, 12:20] = 1
    cut = cut_out(x, 3, RNG)
    assert (x == 1).sum(axis=(1, 2, 3)).tolist() == [40] * 20  # not changed in place
    removed = (x - cut).sum(axis=(1, 2, 3))
    assert removed.min() >= 4  # a corner
    assert removed.max() == 9
    assert cut_out(np.ones((1, 28, 28, 1)), 1, RNG).sum() == 28 * 28 - 1


def test_sharpness_is_the_laplacians_mean_square():
    x = RNG.random((3, 9, 9, 1))
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    each = [signal.convolve2d(picture[..., 0], kernel, boundary="symm") for picture in x]
    inner = np.mean([np.mean(picture[1:-1, 1:-1] ** 2) for picture in each])
    assert np.isclose(sharpness(x), inner)
    assert sharpness(np.ones((2, 9, 9, 1))) == 0


def test_density_and_coverage_by_plain_loops():
    real, made, k = RNG.normal(size=(30, 2)), RNG.normal(1, 2, size=(20, 2)), 3
    inside = np.zeros((30, 20), bool)
    for i, point in enumerate(real):
        others = sorted(np.linalg.norm(point - other) for j, other in enumerate(real) if j != i)
        inside[i] = [np.linalg.norm(point - other) <= others[k - 1] for other in made]
    density, coverage = density_and_coverage(real, made, k)
    assert np.isclose(density, inside.sum() / (k * 20))
    assert np.isclose(coverage, np.mean([row.any() for row in inside]))


def test_more_real_points_have_density_and_coverage_near_one():
    real, more, one = RNG.normal(size=(1000, 2)), RNG.normal(size=(1000, 2)), np.zeros((1000, 2))
    density, coverage = density_and_coverage(real, more)
    assert abs(density - 1) < 0.1
    assert coverage > 0.95
    assert density_and_coverage(real, one)[1] < 0.05  # the same point every time


def test_the_nearest_of_many():
    x, others = RNG.random((7, 4, 4, 1)), RNG.random((50, 4, 4, 1))
    expected = ((x[:, None] - others) ** 2).sum(axis=(2, 3, 4)).min(axis=1)
    np.testing.assert_allclose(to_nearest(x, others), expected)
    assert to_nearest(others, others).max() < 1e-9
