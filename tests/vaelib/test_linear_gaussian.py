"""The exactly solved model against numerical integration, Monte Carlo and SciPy."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from vaelib.linear_gaussian import LinearGaussian, normal_kl


def some_normal(rng, k):
    root = rng.normal(size=(k, k))
    return stats.multivariate_normal(rng.normal(size=k), root @ root.T + 0.3 * np.eye(k))


def some_model(rng, data_dim=4, latent_dim=2):
    return LinearGaussian(rng.normal(size=(data_dim, latent_dim)), rng.normal(size=data_dim), 0.7)


@pytest.mark.parametrize("seed", range(4))
def test_the_kl_is_the_integral_in_one_dimension(seed):
    rng = np.random.default_rng(seed)
    q, p = (stats.norm(rng.normal(), rng.uniform(0.3, 3)) for _ in range(2))
    lower, upper = q.mean() - 12 * q.std(), q.mean() + 12 * q.std()
    integral, _ = integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), lower, upper, points=[q.mean()]
    )
    as_vectors = [stats.multivariate_normal(normal.mean(), normal.var()) for normal in (q, p)]
    assert normal_kl(*as_vectors) == pytest.approx(integral, abs=1e-8)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_kl_of_full_covariances_is_the_mean_over_draws(k):
    rng = np.random.default_rng(k)
    q, p = some_normal(rng, k), some_normal(rng, k)
    z = q.rvs(200_000, random_state=rng)
    ratio = q.logpdf(z) - p.logpdf(z)
    assert abs(normal_kl(q, p) - ratio.mean()) < 4 * ratio.std() / np.sqrt(len(ratio))
    assert abs(normal_kl(q, q)) < 1e-12


def log_joint_on_a_grid(model, x, half_width=8, n=401):
    """log P(X, Z) over the latent plane, straight from the definition, and the area of a cell."""
    axis, step = np.linspace(-half_width, half_width, n, retstep=True)
    z = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    means = z @ model.weights.T + model.bias
    log_joint = stats.norm.logpdf(x, means, model.sigma).sum(axis=1) + stats.norm.logpdf(z).sum(
        axis=1
    )
    return z, log_joint, step**2


def test_evidence_and_posterior_are_those_of_quadrature():
    model, x = some_model(np.random.default_rng(1)), np.array([0.5, -1.0, 2.0, 0.1])
    z, log_joint, area = log_joint_on_a_grid(model, x)
    joint = np.exp(log_joint)
    evidence = joint.sum() * area
    assert model.evidence.logpdf(x) == pytest.approx(np.log(evidence), abs=1e-9)
    posterior = model.posterior(x)
    weights = joint / joint.sum()
    np.testing.assert_allclose(posterior.mean, weights @ z, atol=1e-9)
    centred = z - posterior.mean
    np.testing.assert_allclose(posterior.cov, (centred * weights[:, None]).T @ centred, atol=1e-9)


def test_the_elbo_is_that_of_quadrature_and_falls_short_by_the_kl_from_the_posterior():
    rng = np.random.default_rng(2)
    model, x = some_model(rng), np.array([0.5, -1.0, 2.0, 0.1])
    for _ in range(3):
        q = stats.multivariate_normal(rng.normal(size=2), np.diag(rng.uniform(0.2, 1, size=2)))
        z, log_joint, area = log_joint_on_a_grid(model, x)
        density = q.pdf(z)
        by_grid = (density * (log_joint - q.logpdf(z))).sum() * area
        assert model.elbo(x, q) == pytest.approx(by_grid, abs=1e-8)
        gap = model.evidence.logpdf(x) - model.elbo(x, q)
        assert gap == pytest.approx(normal_kl(q, model.posterior(x)), abs=1e-9)


def test_the_expected_log_likelihood_is_the_mean_over_draws():
    rng = np.random.default_rng(3)
    model, x, q = some_model(rng), np.ones(4), some_normal(rng, 2)
    values = model.log_likelihood(x, q.rvs(200_000, random_state=rng))
    assert values.mean() == pytest.approx(
        model.expected_log_likelihood(x, q), abs=4 * values.std() / np.sqrt(len(values))
    )


def test_samples_follow_the_model():
    rng = np.random.default_rng(4)
    model = some_model(rng, data_dim=3)
    z, x = model.sample(200_000, rng)
    np.testing.assert_allclose(z.mean(axis=0), model.prior.mean, atol=0.02)
    np.testing.assert_allclose(x.mean(axis=0), model.evidence.mean, atol=0.02)
    np.testing.assert_allclose(np.cov(x.T), model.evidence.cov, atol=0.05)
    noise = x - z @ model.weights.T - model.bias
    np.testing.assert_allclose(noise.std(axis=0), model.sigma, rtol=0.01)


def test_samples_are_those_of_a_generator_with_this_seed():
    """Codes first, then the noise: another program can repeat them."""
    model, rng = some_model(np.random.default_rng(9)), np.random.default_rng(10)
    z, x = model.sample(5, np.random.default_rng(10))
    np.testing.assert_array_equal(z, rng.normal(size=(5, 2)))
    noise = 0.7 * rng.normal(size=(5, 4))
    np.testing.assert_allclose(x, z @ model.weights.T + model.bias + noise, rtol=1e-12)


def test_the_fit_has_the_highest_likelihood():
    rng = np.random.default_rng(5)
    x = some_model(rng).sample(500, rng)[1]
    best = LinearGaussian.fit(x, latent_dim=2)

    def loss(values):
        model = LinearGaussian(values[:8].reshape(4, 2), values[8:12], np.exp(values[12]))
        return -model.evidence.logpdf(x).mean()

    found = np.concatenate([best.weights.ravel(), best.bias, [np.log(best.sigma)]])
    assert np.abs(optimize.approx_fprime(found, loss, 1e-6)).max() < 1e-4
    # An optimiser that starts somewhere else ends no higher.
    assert optimize.minimize(loss, rng.normal(size=13)).fun > loss(found) - 1e-6


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_the_fit_keeps_the_largest_variances_and_averages_the_others(latent_dim):
    """Of the directions, each has its largest entry positive, so that all machines agree."""
    rng = np.random.default_rng(11)
    x = 0.1 * rng.normal(size=(50, 4)) @ rng.normal(size=(4, 4)) + [1, 2, 3, 4]
    model = LinearGaussian.fit(x, latent_dim)
    variances = np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1]
    variances[latent_dim:] = variances[latent_dim:].mean()
    np.testing.assert_allclose(np.linalg.eigvalsh(model.evidence.cov)[::-1], variances)
    np.testing.assert_allclose(model.bias, x.mean(axis=0))
    assert (model.weights.max(axis=0) == np.abs(model.weights).max(axis=0)).all()


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_unit_of_the_data_does_not_matter_to_the_fit(scale):
    _, x = some_model(np.random.default_rng(6)).sample(50, np.random.default_rng(7))
    small, large = LinearGaussian.fit(x, 2), LinearGaussian.fit(scale * x, 2)
    np.testing.assert_allclose(large.weights, scale * small.weights, rtol=1e-6)
    assert large.sigma == pytest.approx(scale * small.sigma)


def test_noise_that_is_lost_in_rounding_beside_the_largest_variance_is_refused():
    x = np.random.default_rng(8).normal(size=(200, 3)) * [1.0, 1e-4, 1e-8]
    with pytest.raises(ValueError, match="no noise is left"):
        LinearGaussian.fit(x, 2)
    assert LinearGaussian.fit(x * [1.0, 1.0, 1e3], 2).sigma > 0
    just = np.sqrt(3) * np.diag([1.0, 1e-4, np.sqrt(1.2e-12)])  # the last variance is 1.2e-12
    assert LinearGaussian.fit(np.concatenate([just, -just]), 2).sigma > 0


def test_the_fit_does_not_depend_on_the_signs_of_eigenvectors(monkeypatch):
    x = np.random.default_rng(6).normal(size=(50, 4)) * [4, 3, 2, 1]
    expected = LinearGaussian.fit(x, 2).weights
    eigh = np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda a: (eigh(a)[0], -eigh(a)[1]))
    np.testing.assert_allclose(LinearGaussian.fit(x, 2).weights, expected)
