"""The judge knows digits, and the distances and styles that it goes by are what they say."""

import numpy as np
import pytest
from scipy import linalg, ndimage

from course.judging import FILE, Judge, frechet_distance, guessed, ink, kept, slant
from vaelib.data import load_mnist

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def judge():
    return Judge.load()


def test_the_judge_is_small_and_nearly_always_right(judge):
    _, (x, y) = load_mnist()
    assert FILE.stat().st_size <= 300_000
    assert np.mean(judge.labels(x) == y) >= 0.99


def test_its_outputs_belong_together(judge):
    """The logits are a linear function of the features, and the probabilities their softmax."""
    x = load_mnist()[1][0][:50]
    features, p = judge.features(x), judge.probabilities(x)
    assert features.shape == (50, 64)
    assert features.min() == 0
    kernel, bias = judge.classifier.get_layer("logits").get_weights()
    scores = np.exp(features @ kernel + bias)
    np.testing.assert_allclose(p, scores / scores.sum(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_array_equal(judge.labels(x), p.argmax(axis=1))
    in_rows = judge.labels(x.reshape(10, 5, 28, 28, 1))
    np.testing.assert_array_equal(in_rows, p.argmax(axis=1).reshape(10, 5))


def test_frechet_distance_by_its_formula():
    """With SciPy's matrix root of Σ_a Σ_b itself."""
    a = RNG.normal(size=(500, 4)) @ RNG.normal(size=(4, 4))
    b = RNG.normal(size=(400, 4)) @ RNG.normal(size=(4, 4)) + 1
    root = linalg.sqrtm(np.cov(a.T) @ np.cov(b.T))
    trace = np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root.real)
    expected = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2) + trace
    assert frechet_distance(a, b) == pytest.approx(expected)
    assert frechet_distance(b, a) == pytest.approx(expected)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_features_that_never_vary():
    """As a unit of the judge may be: the covariance is singular."""
    a, b = RNG.normal(size=(2, 300, 3))
    a[:, 1] = b[:, 1] = 0
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(a[:, ::2], b[:, ::2]))


@pytest.mark.parametrize("lean", [-0.5, 0.0, 0.3])
def test_slant_is_the_shear_of_an_upright_stroke(lean):
    upright = np.zeros((28, 28))
    upright[5:23, 12:15] = 1
    sheared = ndimage.affine_transform(upright, [[1, 0], [lean, 1]], [0, -13.5 * lean], order=1)
    assert slant(sheared[None])[0] == pytest.approx(lean, abs=0.03)
    assert ink(np.stack([upright, 2 * upright])).tolist() == [54, 108]


def test_a_style_is_kept_beyond_what_belongs_to_the_label():
    """Ink is the label's share and the hand's: only the latter counts, and may turn round."""
    y, hand = np.arange(200) % 2, RNG.normal(size=200)
    x = (5 * y + hand)[:, None, None]
    carried = np.stack([x[:, 0] - 5 * y[:, None], 7 - hand[:, None]], axis=1)[..., None]
    np.testing.assert_allclose(kept(ink, x, y, carried), [1, -1], atol=1e-9)


def test_labels_are_guessed_from_codes_that_tell_them():
    y = RNG.integers(10, size=2000)
    assert guessed(y[:, None] + 0.01 * RNG.normal(size=(2000, 1)), y) == 1
    assert guessed(RNG.normal(size=(2000, 2)), y) < 0.2
