"""The KL divergence and the ELBO against integrals, Monte Carlo and an exactly solved model."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from vaelib.elbo import elbo, gaussian_kl, gaussian_log_likelihood
from vaelib.linear_gaussian import LinearGaussian, normal_kl

pytestmark = pytest.mark.double


@pytest.mark.parametrize("mean", [0.0, 0.3, -2.5])
@pytest.mark.parametrize("log_var", [-4.0, -0.01, 0.0, 1.5])
def test_the_kl_is_the_integral(mean, log_var):
    q, p = stats.norm(mean, np.exp(log_var / 2)), stats.norm()
    lower, upper = mean - 12 * q.std(), mean + 12 * q.std()
    integral, _ = integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), lower, upper, points=[mean]
    )
    found = float(gaussian_kl(np.array([[mean]]), np.array([[log_var]]))[0])
    assert found == pytest.approx(integral, abs=1e-7)


def test_the_kl_is_the_mean_over_draws_in_three_dimensions():
    rng = np.random.default_rng(1)
    mean, log_var = rng.normal(size=3), rng.normal(size=3)
    q = stats.multivariate_normal(mean, np.diag(np.exp(log_var)))
    z = q.rvs(400_000, random_state=2)
    ratio = q.logpdf(z) - stats.multivariate_normal(np.zeros(3)).logpdf(z)
    error = ratio.std() / np.sqrt(len(z))
    assert abs(float(gaussian_kl(mean[None], log_var[None])[0]) - ratio.mean()) < 4 * error


def test_the_kl_is_one_number_an_example_and_0_only_at_the_prior():
    rng = np.random.default_rng(0)
    kl = np.asarray(gaussian_kl(rng.normal(size=(100, 5)), rng.normal(size=(100, 5))))
    assert kl.shape == (100,)
    assert (kl > 0).all()
    assert np.asarray(gaussian_kl(np.zeros((1, 5)), np.zeros((1, 5)))).tolist() == [0]


def test_the_kl_keeps_its_digits_near_the_prior():
    """In single precision the formula as it is written would leave only noise."""
    log_var = np.full((1, 1), 1e-3, "float32")
    exact = 0.5 * (np.expm1(1e-3) - 1e-3)
    found = float(gaussian_kl(np.zeros((1, 1), "float32"), log_var)[0])
    assert found == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_a_gaussian_elbo_and_the_kl_from_the_posterior_are_the_evidence(shift):
    """At the posterior itself, nothing is missing."""
    rng = np.random.default_rng(0)
    model = LinearGaussian([[1.0, 0.0], [0.0, 2.0], [0.5, 0.0]], [0.1, 0.2, 0.3], 0.8)
    x, n = np.array([1.0, -1.5, 0.4]), 200_000
    posterior = model.posterior(x)  # diagonal, since the columns of the weights are orthogonal
    mean, log_var = posterior.mean + shift, np.log(np.diag(posterior.cov)) + shift
    z = mean + np.exp(log_var / 2) * rng.normal(size=(n, 2))
    decoded = z @ model.weights.T + model.bias
    likelihood = gaussian_log_likelihood(np.tile(x, (n, 1)), decoded, 2 * np.log(model.sigma))
    values = np.asarray(likelihood) - float(gaussian_kl(mean[None], log_var[None])[0])
    gap = normal_kl(stats.multivariate_normal(mean, np.diag(np.exp(log_var))), posterior)
    assert (gap > 0.05) == (shift > 0)
    error = values.std() / np.sqrt(n)
    assert values.mean() + gap == pytest.approx(model.evidence.logpdf(x), abs=4 * error)


def one_pixel_model(x, mean, log_var, weight=1.7, bias=-0.4):
    """One pixel with logit weight·z + bias: log P(x) and KL[Q ‖ posterior], by quadrature."""
    z, step = np.linspace(-12, 12, 48_001, retstep=True)
    log_joint = stats.norm.logpdf(z) + stats.bernoulli.logpmf(x, special.expit(weight * z + bias))
    log_evidence = np.log(np.exp(log_joint).sum() * step)
    log_q = stats.norm.logpdf(z, mean, np.exp(log_var / 2))
    return log_evidence, (np.exp(log_q) * (log_q - (log_joint - log_evidence))).sum() * step


@pytest.mark.parametrize("x", [0.0, 1.0])
@pytest.mark.parametrize(("mean", "log_var"), [(0.0, 0.0), (0.6, -0.5), (-1.0, 0.7)])
def test_the_elbo_falls_short_of_the_evidence_by_the_kl_from_the_posterior(x, mean, log_var):
    n = 400_000
    epsilon = np.random.default_rng(0).normal(size=(n, 1))
    logits = 1.7 * (mean + np.exp(log_var / 2) * epsilon) - 0.4
    values = np.asarray(
        elbo(np.full((n, 1), x), logits, np.full((n, 1), mean), np.full((n, 1), log_var))
    )
    log_evidence, gap = one_pixel_model(x, mean, log_var)
    error = np.std(values) / np.sqrt(n)
    assert np.mean(values) == pytest.approx(log_evidence - gap, abs=4 * error)
    assert np.mean(values) < log_evidence + 4 * error
