"""What notebook 00 measures with is what it says."""

import numpy as np
import pytest
from scipy import stats

from course import autoencoders as ae
from vaelib.runtime import keras, set_up

RNG = np.random.default_rng(0)
X = RNG.random((5, 28, 28, 1)).astype("float32")


@pytest.mark.parametrize("kind", ae.KINDS)
def test_halves_go_from_pictures_to_codes_and_back(kind):
    encoder, decoder = ae.halves(kind, code=7)
    code = ae.drawn(encoder, X)
    assert code.shape == (5, 7)
    assert code.min() >= 0  # ReLU units
    y = ae.drawn(decoder, code)
    assert y.shape == X.shape
    assert 0 < y.min() < y.max() < 1


@pytest.mark.parametrize(("kind", "inside"), [("deep", 2), ("convolutional", 2)])
def test_all_inner_layers_are_bent(kind, inside):
    encoder, _ = ae.halves(kind)
    bent = [layer.activation is keras.activations.relu for layer in encoder.layers if layer.weights]
    assert bent == [True] * (inside + 1)


def test_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match=r"^kind must be one of dense, deep, convolutional, got"):
        ae.halves("wide")


def test_training_is_towards_y_in_whole_epochs_and_ends_at_a_rate_of_0():
    set_up(0)
    x = RNG.normal(size=(400, 2)).astype("float32")
    model = keras.Sequential([keras.Input((2,)), ae.layers.Dense(2)])
    ae.train(model, x, 3 - x, 40, 0.05, "mse", 20)
    np.testing.assert_allclose(ae.drawn(model, x), 3 - x, atol=0.01)
    assert int(model.optimizer.iterations) == 40 * 20
    rate = model.optimizer._learning_rate  # the schedule itself
    assert float(rate(800)) == pytest.approx(0, abs=1e-6)
    assert float(rate(200)) == pytest.approx(0.05, rel=1e-3)


def test_a_penalty_is_the_mean_over_the_batch_of_the_sum_of_a_code():
    encoder, _ = ae.halves(code=7, penalty=0.3)
    code = np.asarray(encoder(X))
    assert float(encoder.losses[0]) == pytest.approx(0.3 * np.abs(code).sum() / 5, rel=1e-5)


def test_nats_and_floor_by_scipy():
    """Of black and white pixels the cost is that of a Bernoulli distribution, −log P(x)."""
    black, p = (X > 0.5).astype("float32"), RNG.uniform(0.01, 0.99, X.shape)
    expected = -stats.bernoulli.logpmf(black, p).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(ae.nats(black, p.astype("float32")), expected, rtol=1e-4)
    assert ae.floor(black) == 0
    assert ae.floor(X) == pytest.approx(stats.bernoulli.entropy(X).sum() / 5, rel=1e-5)
    assert ae.cost(X, X) == pytest.approx(ae.floor(X), rel=1e-4)
    assert ae.cost(X, X * 0.9) > ae.floor(X)


def test_psnr():
    """An error of 0.1 in every pixel is 20 decibels; ten more are a tenth of the squared error."""
    assert ae.psnr(X, X + 0.1) == pytest.approx(20, abs=1e-4)
    assert ae.psnr(X, X + np.sqrt(0.001)) == pytest.approx(30, abs=1e-4)


def test_noise_is_cut_off():
    grey = np.full((200, 28, 28, 1), 0.5)
    noise = ae.noisy(grey, 0.5, seed=1)
    assert np.mean(noise == 0) == pytest.approx(stats.norm.cdf(-1), abs=0.005)
    assert np.mean(noise == 1) == pytest.approx(stats.norm.cdf(-1), abs=0.005)
    np.testing.assert_array_equal(noise, ae.noisy(grey, 0.5, seed=1))


def test_letters_are_all_there_whole_and_different():
    letters = ae.letters()
    assert letters.shape == (26, 28, 28, 1)
    assert len(np.unique(letters.reshape(26, -1), axis=0)) == 26
    edge = letters.copy()
    edge[:, 1:-1, 1:-1] = 0
    assert not edge.any()  # none is cut off
    assert letters.max(axis=(1, 2, 3)).min() == 1


def test_distance_from_the_sine():
    """Along the normal at π/4, and beyond either end of nothing."""
    t = np.pi / 4
    normal = np.array([-np.cos(t), 1]) / np.hypot(np.cos(t), 1)
    on = np.array([t, np.sin(t)])
    away = ae.from_sine(np.stack([on, on + 0.1 * normal, on - 0.1 * normal]))
    np.testing.assert_allclose(away, [0, 0.1, 0.1], atol=1e-3)
    points = ae.sine(20_000, RNG)
    # Across the curve the noise has one dimension left: its mean size is σ √(2/π).
    assert ae.from_sine(points).mean() == pytest.approx(0.06 * np.sqrt(2 / np.pi), rel=0.03)


def test_principal_directions_and_the_angle_between_subspaces():
    x = RNG.normal(size=(4000, 3)) * [1.0, 5.0, 2.0]
    assert ae.largest_angle(ae.principal(x, 2), np.eye(3)[:, 1:]) < 3
    tilted = np.array([[0.0, 1, 0], [np.sin(0.2), 0, np.cos(0.2)]]).T
    assert ae.largest_angle(np.eye(3)[:, 1:], tilted) == pytest.approx(np.degrees(0.2))
    mixed = tilted @ RNG.normal(size=(2, 2))  # other vectors, the same plane
    assert ae.largest_angle(tilted, mixed) == pytest.approx(0, abs=1e-5)


def test_a_linear_pair_finds_the_line_and_draws_it():
    set_up(0)
    points = RNG.normal(size=(2000, 1)) * [2.0, 1.0] + RNG.normal(size=(2000, 2)) * 0.05
    line = ae.plane_halves()
    ae.train(keras.Sequential([*line]), points, points, 20, 0.01, "mse", 50)
    direction = line[1].get_weights()[0].T
    assert ae.largest_angle(direction, np.array([[2.0], [1.0]])) < 1
    curve = ae.along(*line, points)
    assert ae.largest_angle(np.diff(curve[::3999], axis=0).T, direction) < 0.01


def test_stray_draws_are_those_where_no_codes_are():
    codes = RNG.normal(size=(5000, 2))
    assert 0 < ae.stray(codes, RNG.normal(size=(5000, 2))).mean() < 0.03
    assert ae.stray(codes, RNG.normal(size=(5000, 2)) + 20).all()
