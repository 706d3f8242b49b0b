"""The formulas against SciPy, numerical integration, Monte Carlo and finite differences."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from vaelib.device import keras, tf
from vaelib.elbo import (
    bernoulli_log_likelihood,
    continuous_bernoulli_log_constant,
    continuous_bernoulli_log_likelihood,
    elbo,
    gaussian_kl,
    gaussian_log_likelihood,
)
from vaelib.exact import LinearGaussian, normal_kl


@pytest.mark.parametrize("mean", [0.0, 0.3, -2.5])
@pytest.mark.parametrize("log_var", [-4.0, -0.01, 0.0, 1.5])
def test_kl_equals_the_integral(mean, log_var):
    q, p = stats.norm(mean, np.exp(log_var / 2)), stats.norm()
    lower, upper = mean - 12 * q.std(), mean + 12 * q.std()
    integral, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), lower, upper, points=[mean])
    assert float(gaussian_kl(np.array([[mean]]), np.array([[log_var]]))[0]) == pytest.approx(integral, abs=1e-7)


def test_kl_equals_monte_carlo_in_three_dimensions():
    rng = np.random.default_rng(1)
    mean, log_var = rng.normal(size=3), rng.normal(size=3)
    q = stats.multivariate_normal(mean, np.diag(np.exp(log_var)))
    z = q.rvs(400_000, random_state=2)
    ratio = q.logpdf(z) - stats.multivariate_normal(np.zeros(3)).logpdf(z)
    error = ratio.std() / np.sqrt(len(z))
    assert abs(float(gaussian_kl(mean[None], log_var[None])[0]) - ratio.mean()) < 4 * error


def test_kl_is_zero_at_the_prior_only_and_one_number_an_example():
    rng = np.random.default_rng(0)
    mean, log_var = rng.normal(size=(100, 5)), rng.normal(size=(100, 5))
    kl = np.asarray(gaussian_kl(mean, log_var))
    assert kl.shape == (100,)
    assert (kl > 0).all()
    assert np.asarray(gaussian_kl(np.zeros((1, 5)), np.zeros((1, 5)))).tolist() == [0]


def test_kl_keeps_its_digits_near_the_prior():
    log_var = np.full((1, 1), 1e-3, "float32")
    exact = 0.5 * (np.expm1(1e-3) - 1e-3)  # in float64; naively in float32 only noise is left of it
    assert float(gaussian_kl(np.zeros((1, 1), "float32"), log_var)[0]) == pytest.approx(exact, rel=1e-3)


def test_bernoulli_equals_scipy_on_black_and_white():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, size=(4, 28, 28, 1)).astype("float64")
    logits = rng.normal(scale=4, size=x.shape)
    reference = stats.bernoulli.logpmf(x, special.expit(logits)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(bernoulli_log_likelihood(x, logits), reference, rtol=1e-10)
    single = bernoulli_log_likelihood(x.astype("float32"), logits.astype("float32"))
    np.testing.assert_allclose(single, reference, rtol=1e-5)


def test_bernoulli_on_grey_is_the_mean_over_binarised_pictures():
    rng = np.random.default_rng(0)
    x, logits = rng.random(size=(1, 30)), rng.normal(size=(1, 30))
    binarised = (rng.random(size=(200_000, 30)) < x).astype("float64")
    values = stats.bernoulli.logpmf(binarised, special.expit(logits)).sum(axis=1)
    error = values.std() / np.sqrt(len(values))
    assert abs(float(bernoulli_log_likelihood(x, logits)[0]) - values.mean()) < 4 * error


def test_gaussian_equals_scipy():
    rng = np.random.default_rng(0)
    x, mean, log_var = (rng.normal(size=(4, 5, 3, 1)) for _ in range(3))
    reference = stats.norm.logpdf(x, mean, np.exp(log_var / 2)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(gaussian_log_likelihood(x, mean, log_var), reference, rtol=1e-12)
    reference = stats.norm.logpdf(x, mean, np.exp(-0.35)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(gaussian_log_likelihood(x, mean, np.float64(-0.7)), reference, rtol=1e-12)


def test_continuous_bernoulli_equals_scipys_truncated_exponential():
    rng = np.random.default_rng(0)
    x, logits = rng.random(size=(3, 40)), rng.normal(scale=4, size=(3, 40))
    # λˣ(1 − λ)¹⁻ˣ is proportional to exp(logit · x): an exponential distribution cut off at 1, or its mirror image.
    towards_0 = np.where(logits < 0, x, 1 - x)
    reference = stats.truncexpon.logpdf(towards_0, np.abs(logits), scale=1 / np.abs(logits)).sum(axis=1)
    np.testing.assert_allclose(continuous_bernoulli_log_likelihood(x, logits), reference, rtol=1e-10)
    single = continuous_bernoulli_log_likelihood(x.astype("float32"), logits.astype("float32"))
    np.testing.assert_allclose(single, reference, rtol=1e-5)


def test_the_log_constant_is_that_of_the_integral_to_twelve_digits():
    """On both sides of the point where a series takes over from the formula, at |logit| = 0.2."""
    logits = np.array([0.0, 0.01, -0.05, 0.1, -0.15, 0.19, 0.1999999, 0.2, -0.2000001, 0.3, 1.0, -5.0, 20.0])
    mass = [integrate.quad(lambda x, a=a: np.exp(a * x), 0, 1, epsabs=0, epsrel=1e-13)[0] for a in logits]
    exact = np.logaddexp(0, logits) - np.log(mass)  # ∫ λˣ(1 − λ)¹⁻ˣ dx = ∫ exp(a x) dx / (1 + eᵃ)
    np.testing.assert_allclose(continuous_bernoulli_log_constant(logits), exact, rtol=0, atol=3e-13)
    assert np.asarray(continuous_bernoulli_log_constant(np.zeros((2, 3, 1)))).shape == (2, 3, 1)


@pytest.mark.parametrize("logit", [-30.0, -3.0, -0.2, -0.05, 0.0, 1e-6, 0.199, 0.201, 2.0, 15.0])
def test_continuous_bernoulli_integrates_to_1(logit):
    def density(x):
        return float(np.exp(continuous_bernoulli_log_likelihood(np.array([[x]]), np.array([[logit]]))[0]))

    assert integrate.quad(density, 0, 1)[0] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-8)])
def test_the_slope_of_the_log_constant_is_half_minus_the_mean(dtype, tolerance):
    """d/da of log ∫ exp(a x − log(1 + eᵃ)) dx is E[x] − λ, so that of log C is λ − E[x]; E[x] by SciPy."""
    logits = np.array([-200, -20, -3, -0.21, -0.19, -1e-2, -1e-4, 1e-7, 1e-3, 0.15, 0.25, 7, 90])
    _, slope = gradients(continuous_bernoulli_log_constant, logits.astype(dtype))
    mean = stats.truncexpon.mean(np.abs(logits), scale=1 / np.abs(logits))
    small = np.abs(logits) < 1e-2  # there SciPy's own quotient loses its digits
    mean = np.where(small, 0.5 - np.abs(logits) / 12, mean)
    exact = special.expit(logits) - np.where(logits < 0, mean, 1 - mean)
    np.testing.assert_allclose(slope, exact, atol=tolerance)
    value, slope = gradients(continuous_bernoulli_log_constant, np.zeros(1, dtype))
    assert value == pytest.approx([np.log(2)])
    assert slope == [0]


def test_gaussian_elbo_reaches_the_evidence_of_an_exactly_solved_model():
    """At Q = the posterior every draw gives log P(X) on average; at another Q the KL from the posterior is missing."""
    rng = np.random.default_rng(0)
    model = LinearGaussian([[1.0, 0.0], [0.0, 2.0], [0.5, 0.0]], [0.1, 0.2, 0.3], 0.8)
    x, n = np.array([1.0, -1.5, 0.4]), 200_000
    posterior = model.posterior(x)  # diagonal, since the columns of the weights are orthogonal
    for shift in (0.0, 0.3):
        mean, log_var = posterior.mean + shift, np.log(np.diag(posterior.cov)) + shift
        z = mean + np.exp(log_var / 2) * rng.normal(size=(n, 2))
        decoded = z @ model.weights.T + model.bias
        likelihood = gaussian_log_likelihood(np.tile(x, (n, 1)), decoded, 2 * np.log(model.sigma))
        values = np.asarray(likelihood) - float(gaussian_kl(mean[None], log_var[None])[0])
        gap = normal_kl(stats.multivariate_normal(mean, np.diag(np.exp(log_var))), posterior)
        assert (gap > 0.05) == (shift > 0)
        assert values.mean() + gap == pytest.approx(model.evidence.logpdf(x), abs=4 * values.std() / np.sqrt(n))


def one_pixel_model(x, mean, log_var, weight=1.7, bias=-0.4):
    """A latent variable and one pixel with logit weight·z + bias: log P(x) and KL[Q ‖ posterior] by quadrature."""
    z, step = np.linspace(-12, 12, 48_001, retstep=True)
    log_joint = stats.norm.logpdf(z) + stats.bernoulli.logpmf(x, special.expit(weight * z + bias))
    log_evidence = np.log(np.exp(log_joint).sum() * step)
    log_q = stats.norm.logpdf(z, mean, np.exp(log_var / 2))
    return log_evidence, (np.exp(log_q) * (log_q - (log_joint - log_evidence))).sum() * step


@pytest.mark.parametrize("x", [0.0, 1.0])
@pytest.mark.parametrize(("mean", "log_var"), [(0.0, 0.0), (0.6, -0.5), (-1.0, 0.7)])
def test_elbo_falls_short_of_the_evidence_by_the_kl_from_the_posterior(x, mean, log_var):
    n = 400_000
    epsilon = np.random.default_rng(0).normal(size=(n, 1))
    z = mean + np.exp(log_var / 2) * epsilon
    values = elbo(np.full((n, 1), x), 1.7 * z - 0.4, np.full((n, 1), mean), np.full((n, 1), log_var))
    log_evidence, gap = one_pixel_model(x, mean, log_var)
    error = np.std(values) / np.sqrt(n)
    assert np.mean(values) == pytest.approx(log_evidence - gap, abs=4 * error)
    assert np.mean(values) < log_evidence + 4 * error


def gradients(function, *inputs):
    tensors = [tf.constant(value) for value in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
    return [value.numpy(), *(gradient.numpy() for gradient in tape.gradient(value, tensors))]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_finite_at_the_extremes(dtype):
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


def test_gradients_equal_finite_differences():
    rng = np.random.default_rng(3)
    x, logits = rng.random(size=(1, 6)), rng.normal(scale=3, size=(1, 6))
    mean, log_var = rng.normal(size=(1, 4)), rng.normal(size=(1, 4))
    inputs = [logits, mean, log_var]
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


def test_gradient_at_an_undecided_pixel():
    _, slope = gradients(lambda logits: bernoulli_log_likelihood(np.array([[0.0, 1.0]]), logits), np.zeros((1, 2)))
    assert slope.tolist() == [[-0.5, 0.5]]


def test_works_on_symbolic_tensors_of_any_batch_size():
    x, logits = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
    z_mean, z_log_var = keras.Input((2,)), keras.Input((2,))
    assert elbo(x, logits, z_mean, z_log_var).shape == (None,)


@pytest.mark.parametrize(
    ("function", "shapes", "words"),
    [
        (gaussian_kl, [(3, 2), (3, 1)], r"^z_mean and z_log_var .* \(3, 2\) and \(3, 1\)"),
        (gaussian_kl, [(3,), (3,)], r"z_mean must have shape \(batch, latent_dim\), got \(3,\)"),
        (bernoulli_log_likelihood, [(3, 28, 28), (3, 28, 28, 1)], r"x and logits .* \(3, 28, 28\)"),
        (bernoulli_log_likelihood, [(3,), (3,)], r"x must be a batch, .* got \(3,\)"),
        (gaussian_log_likelihood, [(3, 2), (3, 2, 1), ()], r"x and mean .* \(3, 2\) and \(3, 2, 1\)"),
        (gaussian_log_likelihood, [(3, 2), (3, 2), (3,)], r"^x and log_var \(if not one number\) .* \(3,\)"),
        (gaussian_log_likelihood, [(3,), (3,), ()], r"x must be a batch"),
        (continuous_bernoulli_log_likelihood, [(3, 4), (1, 4)], r"x and logits .* \(3, 4\) and \(1, 4\)"),
        (elbo, [(5, 4), (5, 4), (1, 2), (1, 2)], r"the batch of x and the batch of z_mean .* \(5,\) and \(1,\)"),
    ],
)
def test_shapes_that_would_broadcast_are_refused(function, shapes, words):
    with pytest.raises(ValueError, match=words):
        function(*(np.zeros(shape, "float32") for shape in shapes))


def test_pixels_outside_the_unit_interval_are_refused():
    for x in (np.array([[0, 255]], "uint8"), np.array([[-0.1, 0.0]]), np.array([[np.nan, 0.0]])):
        with pytest.raises(ValueError, match=r"x must (have pixels in \[0, 1\]|be finite)"):
            bernoulli_log_likelihood(x, np.zeros((1, 2), "float32"))


def test_types_may_be_mixed_and_half_precision_is_raised():
    x, logits = np.array([[0, 1, 1]], "uint8"), np.array([[-2.0, 0.5, 12.0]])
    reference = stats.bernoulli.logpmf(x, special.expit(logits)).sum()
    assert float(bernoulli_log_likelihood(x, logits)[0]) == pytest.approx(reference, rel=1e-10)
    assert float(bernoulli_log_likelihood(x, logits.astype("float16"))[0]) == pytest.approx(reference, rel=1e-2)
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
