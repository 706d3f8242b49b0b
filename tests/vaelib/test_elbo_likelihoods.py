"""The three likelihoods of pixels against SciPy's distributions and numerical integration."""

import numpy as np
import pytest
from any_backend import BACKEND, ROUNDING
from scipy import integrate, special, stats

from vaelib.elbo import (
    bernoulli_log_likelihood,
    continuous_bernoulli_log_likelihood,
    continuous_bernoulli_log_normalizer,
    gaussian_log_likelihood,
)

pytestmark = pytest.mark.double


def test_bernoulli_is_scipys_on_black_and_white():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, size=(4, 28, 28, 1)).astype("float64")
    logits = rng.normal(scale=4, size=x.shape)
    reference = stats.bernoulli.logpmf(x, special.expit(logits)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(
        bernoulli_log_likelihood(x, logits), reference, rtol=max(1e-10, ROUNDING)
    )
    single = bernoulli_log_likelihood(x.astype("float32"), logits.astype("float32"))
    np.testing.assert_allclose(single, reference, rtol=1e-5)


def test_bernoulli_on_grey_is_the_mean_over_binarised_pictures():
    rng = np.random.default_rng(0)
    x, logits = rng.random(size=(1, 30)), rng.normal(size=(1, 30))
    binarised = (rng.random(size=(50_000, 30)) < x).astype("float64")
    values = stats.bernoulli.logpmf(binarised, special.expit(logits)).sum(axis=1)
    error = values.std() / np.sqrt(len(values))
    assert abs(float(bernoulli_log_likelihood(x, logits)[0]) - values.mean()) < 4 * error


@pytest.mark.parametrize("one_number", [False, True])
def test_gaussian_is_scipys(one_number):
    rng = np.random.default_rng(0)
    x, mean, log_var = (rng.normal(size=(4, 5, 3, 1)) for _ in range(3))
    log_var = np.float64(-0.7) if one_number else log_var
    reference = stats.norm.logpdf(x, mean, np.exp(log_var / 2)).sum(axis=(1, 2, 3))
    # PyTorch takes a single number in single precision.
    rtol = 1e-7 if one_number and BACKEND == "torch" else 1e-12
    np.testing.assert_allclose(gaussian_log_likelihood(x, mean, log_var), reference, rtol=rtol)


def test_continuous_bernoulli_is_scipys_truncated_exponential():
    """λˣ(1 − λ)¹⁻ˣ is proportional to exp(logit · x): an exponential distribution cut off at 1."""
    rng = np.random.default_rng(0)
    x, logits = rng.random(size=(3, 40)), rng.normal(scale=4, size=(3, 40))
    towards_0, size = np.where(logits < 0, x, 1 - x), np.abs(logits)
    reference = stats.truncexpon.logpdf(towards_0, size, scale=1 / size).sum(axis=1)
    found = continuous_bernoulli_log_likelihood(x, logits)
    np.testing.assert_allclose(found, reference, rtol=max(1e-10, ROUNDING))
    single = continuous_bernoulli_log_likelihood(x.astype("float32"), logits.astype("float32"))
    np.testing.assert_allclose(single, reference, rtol=1e-5)


# On both sides of |logit| = 0.2, where a series takes over from the formula.
LOGITS = [0.0, 1e-6, 0.01, -0.05, 0.1, -0.15, 0.19, 0.1999999, 0.2, -0.2000001, 0.3, 1, -5, 20]


def test_the_log_normalizer_is_that_of_the_integral_to_twelve_digits():
    logits = np.array(LOGITS, "float64")
    mass = [
        integrate.quad(lambda x, a=a: np.exp(a * x), 0, 1, epsabs=0, epsrel=1e-13)[0]
        for a in logits
    ]
    exact = np.logaddexp(0, logits) - np.log(mass)  # ∫ λˣ(1 − λ)¹⁻ˣ dx = ∫ exp(a x) dx / (1 + eᵃ)
    found = continuous_bernoulli_log_normalizer(logits)
    np.testing.assert_allclose(found, exact, rtol=0, atol=max(3e-13, ROUNDING))
    assert np.asarray(continuous_bernoulli_log_normalizer(np.zeros((2, 3, 1)))).shape == (2, 3, 1)


@pytest.mark.parametrize("logit", [-30.0, -3.0, -0.05, 0.0, 0.199, 0.201, 15.0])
def test_the_continuous_bernoulli_integrates_to_1(logit):
    x = np.linspace(0, 1, 20_001)[:, None]  # Simpson's rule, in one call
    density = np.exp(np.asarray(continuous_bernoulli_log_likelihood(x, np.full_like(x, logit))))
    assert integrate.simpson(density, x=x[:, 0]) == pytest.approx(1, abs=max(1e-9, ROUNDING))
