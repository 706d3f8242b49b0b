"""Gradients, extremes, types and symbolic tensors of what `vaelib.elbo` computes."""

import numpy as np
import pytest
from any_backend import ROUNDING, gradients
from scipy import special, stats

from vaelib.elbo import (
    bernoulli_log_likelihood,
    continuous_bernoulli_log_likelihood,
    continuous_bernoulli_log_normalizer,
    elbo,
    gaussian_kl,
    gaussian_log_likelihood,
)
from vaelib.runtime import keras

pytestmark = pytest.mark.double


def test_the_gradients_of_the_elbo_are_finite_differences():
    rng = np.random.default_rng(3)
    x, logits = rng.random(size=(1, 6)), rng.normal(scale=3, size=(1, 6))
    inputs = [logits, rng.normal(size=(1, 4)), rng.normal(size=(1, 4))]
    _, *slopes = gradients(lambda *t: elbo(x, *t), *inputs)
    h = 1e-6
    for position, slope in enumerate(slopes):
        for index in np.ndindex(slope.shape):
            ends = []
            for sign in (1, -1):
                moved = [value.copy() for value in inputs]
                moved[position][index] += sign * h
                ends.append(float(elbo(x, *moved)[0]))
            assert slope[index] == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-6)


def test_the_gradient_at_an_undecided_pixel():
    x = np.array([[0.0, 1.0]])
    _, slope = gradients(lambda logits: bernoulli_log_likelihood(x, logits), np.zeros((1, 2)))
    assert slope.tolist() == [[-0.5, 0.5]]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-8)])
def test_the_slope_of_the_log_normalizer_is_lambda_minus_the_mean(dtype, tolerance):
    """d/da of log ∫ exp(a x − log(1 + eᵃ)) dx is E[x] − λ; SciPy knows E[x]."""
    logits = np.array([-200, -20, -3, -0.21, -0.19, -1e-2, -1e-4, 1e-7, 1e-3, 0.15, 0.25, 7, 90])
    _, slope = gradients(continuous_bernoulli_log_normalizer, logits.astype(dtype))
    mean = stats.truncexpon.mean(np.abs(logits), scale=1 / np.abs(logits))
    small = np.abs(logits) < 1e-2  # there SciPy's own quotient loses its digits
    mean = np.where(small, 0.5 - np.abs(logits) / 12, mean)
    exact = special.expit(logits) - np.where(logits < 0, mean, 1 - mean)
    np.testing.assert_allclose(slope, exact, atol=max(tolerance, ROUNDING))
    value, slope = gradients(continuous_bernoulli_log_normalizer, np.zeros(1, dtype))
    assert value == pytest.approx([np.log(2)])
    assert slope == [0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_gradients_are_finite_at_the_extremes(dtype):
    x = np.array([[0, 1, 0.5, 0, 1, 0]], dtype)
    for size in (0, 20, 200, 1e4, 1e17):
        logits = np.array([[1, 1, 1, -1, -1, 1]], dtype) * np.array(size, dtype)
        value, *slopes = gradients(lambda logits: bernoulli_log_likelihood(x, logits), logits)
        assert np.isfinite(value).all()
        assert np.isfinite(slopes).all()
    mean = np.array([[0, 3, -3]], dtype)
    for log_var in (-80, -30, 0, 30, 80):
        value, *slopes = gradients(gaussian_kl, mean, np.full((1, 3), log_var, dtype))
        assert np.isfinite(value).all()
        assert np.isfinite(slopes).all()


def test_types_may_be_mixed_and_half_precision_is_raised():
    x, logits = np.array([[0, 1, 1]], "uint8"), np.array([[-2.0, 0.5, 12.0]])
    reference = stats.bernoulli.logpmf(x, special.expit(logits)).sum()
    assert float(bernoulli_log_likelihood(x, logits)[0]) == pytest.approx(reference, rel=1e-10)
    half = float(bernoulli_log_likelihood(x, logits.astype("float16"))[0])
    assert half == pytest.approx(reference, rel=1e-2)
    kl = gaussian_kl(np.zeros((1, 1), "float16"), np.full((1, 1), 12, "float16"))
    assert float(kl[0]) == pytest.approx(0.5 * (np.exp(12.0) - 13), rel=1e-3)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (("float32", "float32"), "float32"),
        (("float64", "float32"), "float64"),
        (("float16", "float16"), "float32"),
        (("uint8", "float32"), "float32"),
        (("float16", "float64"), "float64"),
    ],
)
def test_single_precision_stays_single(given, found):
    x, y = (np.ones((2, 3), dtype) for dtype in given)
    for function in (gaussian_kl, bernoulli_log_likelihood, continuous_bernoulli_log_likelihood):
        assert keras.backend.standardize_dtype(function(x, y).dtype) == found
    assert keras.backend.standardize_dtype(elbo(x, y, x, y).dtype) == found


def test_symbolic_tensors_may_have_any_batch_size():
    x, logits = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
    z_mean, z_log_var = keras.Input((2,)), keras.Input((2,))
    assert elbo(x, logits, z_mean, z_log_var).shape == (None,)


@pytest.mark.parametrize(
    ("function", "shapes", "names"),
    [
        (gaussian_kl, [(3, 2), (3, 1)], "z_mean and z_log_var"),
        (gaussian_kl, [(3,), (3,)], "z_mean and "),
        (bernoulli_log_likelihood, [(3, 28, 28), (3, 28, 28, 1)], "x and logits"),
        (bernoulli_log_likelihood, [(3,), (3,)], "x, a batch"),
        (gaussian_log_likelihood, [(3, 2), (3, 2, 1), ()], "x and mean"),
        (gaussian_log_likelihood, [(3, 2), (3, 2), (3,)], "x and log_var"),
        (gaussian_log_likelihood, [(3,), (3,), ()], "x, a batch"),
        (continuous_bernoulli_log_likelihood, [(3, 4), (1, 4)], "x and logits"),
        (elbo, [(5, 4), (5, 4), (1, 2), (1, 2)], "the batch of x and the batch of z_mean"),
    ],
)
@pytest.mark.parametrize("kind", [np.asarray, keras.ops.convert_to_tensor])
def test_shapes_that_would_broadcast_are_refused(function, shapes, names, kind):
    with pytest.raises(ValueError, match=names):
        function(*(kind(np.zeros(shape, "float32")) for shape in shapes))
