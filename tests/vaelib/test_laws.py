"""Laws that hold whatever the numbers are, tried on many that nobody chose (Hypothesis)."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import integrate, stats

from vaelib.elbo import (
    bernoulli_log_likelihood,
    continuous_bernoulli_log_normalizer,
    elbo,
    gaussian_kl,
    gaussian_log_likelihood,
)
from vaelib.evaluation.bounds import iwae_bound
from vaelib.evaluation.quadrature import elbo_quadrature, log_likelihood_quadrature
from vaelib.linear_gaussian import LinearGaussian, normal_kl

pytestmark = pytest.mark.double

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)


def arrays(shape, low, high):
    return hnp.arrays("float64", shape, elements=st.floats(low, high, width=32))


@st.composite
def posteriors(draw):
    """Means and log-variances, shape (batch, latent_dim) each."""
    shape = draw(SHAPES)
    return draw(arrays(shape, -30, 30)), draw(arrays(shape, -30, 30))


@st.composite
def pictures(draw):
    """Pictures and logits of one shape."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=4, max_side=4))
    return draw(arrays(shape, 0, 1)), draw(arrays(shape, -50, 50))


@st.composite
def exact_models(draw):
    """A linear-Gaussian model of two latent dimensions, one x of it, and a diagonal normal Q."""
    weights = draw(arrays((3, 2), -2, 2))
    model = LinearGaussian(weights, draw(arrays(3, -2, 2)), draw(st.floats(0.5, 3)))
    return model, draw(arrays(3, -4, 4)), draw(arrays(2, -2, 2)), draw(arrays(2, -3, 1))


def numpy(tensor):
    return np.asarray(tensor, "float64")


@given(posteriors())
def test_the_kl_is_never_negative_and_zero_at_the_prior_alone(posterior):
    z_mean, z_log_var = posterior
    kl = numpy(gaussian_kl(z_mean, z_log_var))
    assert (kl >= 0).all()
    at_prior = (z_mean == 0).all(axis=1) & (z_log_var == 0).all(axis=1)
    assert (kl[at_prior] == 0).all()
    # Below 1e-7 squares are lost beside other terms; what is further away must count.
    far = (np.abs(z_mean) > 1e-4).any(axis=1) | (np.abs(z_log_var) > 1e-4).any(axis=1)
    assert (kl[far] > 1e-10).all()


@given(posteriors())
def test_the_kl_is_that_of_any_normal_distributions(posterior):
    z_mean, z_log_var = (np.clip(half[0], -8, 8) for half in posterior)
    q = stats.multivariate_normal(z_mean, np.diag(np.exp(z_log_var)), allow_singular=True)
    prior = stats.multivariate_normal(np.zeros(len(z_mean)), np.eye(len(z_mean)))
    found = float(numpy(gaussian_kl(z_mean[None], z_log_var[None]))[0])
    assert found == pytest.approx(normal_kl(q, prior), rel=1e-9, abs=1e-9)


@given(posteriors(), st.data())
def test_the_kl_adds_up_over_dimensions(posterior, data):
    z_mean, z_log_var = posterior
    cut = data.draw(st.integers(1, max(1, z_mean.shape[1] - 1)))
    assume(cut < z_mean.shape[1])
    parts = [
        numpy(gaussian_kl(z_mean[:, s], z_log_var[:, s])) for s in (slice(0, cut), slice(cut, None))
    ]
    whole = numpy(gaussian_kl(z_mean, z_log_var))
    np.testing.assert_allclose(whole, sum(parts), rtol=1e-12, atol=1e-20)


@given(pictures(), st.data())
def test_every_example_stands_for_itself(both, data):
    """Neither the order of a batch nor its size changes what is said of a picture."""
    x, logits = both
    order = np.array(data.draw(st.permutations(range(len(x)))))
    cut = data.draw(st.integers(0, len(x) - 1))
    likelihoods = {
        "Bernoulli": lambda rows: bernoulli_log_likelihood(x[rows], logits[rows]),
        "Gaussian": lambda rows: gaussian_log_likelihood(x[rows], logits[rows], 0.3),
    }
    for name, likelihood in likelihoods.items():
        whole = numpy(likelihood(np.arange(len(x))))
        np.testing.assert_allclose(numpy(likelihood(order)), whole[order], rtol=1e-12, err_msg=name)
        np.testing.assert_allclose(
            numpy(likelihood(np.arange(cut, len(x)))), whole[cut:], rtol=1e-12, err_msg=name
        )


@given(pictures())
def test_a_bernoulli_likelihood_is_a_probability(both):
    x, logits = both
    assert (numpy(bernoulli_log_likelihood(x.round(), logits)) <= 0).all()
    assert (numpy(bernoulli_log_likelihood(x, logits)) <= 0).all()


@given(st.floats(-40, 40))
def test_the_continuous_bernoulli_is_a_density(logit):
    log_constant = float(numpy(continuous_bernoulli_log_normalizer([logit]))[0])
    assert log_constant >= np.log(2) - 1e-7
    bernoulli = {pixel: -np.logaddexp(0, -logit if pixel else logit) for pixel in (0, 1)}
    mass, _ = integrate.quad(
        lambda x: np.exp(x * bernoulli[1] + (1 - x) * bernoulli[0] + log_constant), 0, 1
    )
    assert mass == pytest.approx(1, rel=1e-5)


@given(pictures(), st.floats(0, 3))
def test_the_elbo_is_likelihood_minus_kl(both, mean):
    x, logits = both
    z_mean, z_log_var = np.full((len(x), 2), mean), np.full((len(x), 2), -mean)
    parts = numpy(bernoulli_log_likelihood(x, logits)) - numpy(gaussian_kl(z_mean, z_log_var))
    np.testing.assert_allclose(numpy(elbo(x, logits, z_mean, z_log_var)), parts, rtol=1e-12)


@given(exact_models())
def test_no_elbo_is_above_the_exact_log_likelihood(given_model):
    model, x, z_mean, z_log_var = given_model
    q = stats.multivariate_normal(z_mean, np.diag(np.exp(z_log_var)))
    exact = model.evidence.logpdf(x)
    assert model.elbo(x, q) <= exact + 1e-9
    # What is missing is the distance from the posterior; from the posterior itself nothing is.
    assert exact - model.elbo(x, q) == pytest.approx(
        normal_kl(q, model.posterior(x)), rel=1e-7, abs=1e-7
    )
    assert model.elbo(x, model.posterior(x)) == pytest.approx(exact, rel=1e-9)


@settings(max_examples=30)
@given(exact_models())
def test_quadrature_finds_what_the_exact_model_says(given_model):
    model, x, z_mean, z_log_var = given_model
    q = stats.multivariate_normal(z_mean, np.diag(np.exp(z_log_var)))
    lower = elbo_quadrature(
        lambda x, z: model.log_likelihood(x[0], z), x[None], z_mean[None], z_log_var[None], 5
    )
    assert lower[0] == pytest.approx(model.elbo(x, q), rel=1e-9)
    found, _ = log_likelihood_quadrature(
        lambda x, z: model.log_likelihood(x[0], z)[None], x[None], step=0.1, limit=8.0
    )
    assert found[0] == pytest.approx(model.evidence.logpdf(x), abs=1e-6)
    assert lower[0] <= found[0] + 1e-6


@given(arrays((3, 12), -500, 500), st.floats(-100, 100))
def test_the_importance_weighted_bound_rises_with_k(log_w, shift):
    bounds = {k: iwae_bound(log_w, k) for k in (1, 2, 3, 4, 6, 12)}
    for k, larger in [(1, 2), (1, 3), (2, 4), (2, 6), (3, 6), (4, 12), (6, 12)]:
        assert (bounds[k] <= bounds[larger] + 1e-9).all(), (k, larger)
    np.testing.assert_allclose(bounds[1], log_w.mean(axis=1), atol=1e-9)
    assert (bounds[12] <= log_w.max(axis=1) + 1e-9).all()
    np.testing.assert_allclose(iwae_bound(log_w + shift, 4), bounds[4] + shift, atol=1e-9)
    np.testing.assert_allclose(iwae_bound(log_w[:, ::-1]), bounds[12], atol=1e-9)
