"""The ELBO and the importance-weighted bound, for a model whose evidence is known exactly."""

import numpy as np
import pytest
from known_model import ELBO, EVIDENCE, LOG_VAR, MEAN, MODEL, Q, X, paired
from scipy import stats

from vaelib.evaluation import likelihoods
from vaelib.evaluation.bounds import dataset_elbo, iwae_bound, log_importance_weights
from vaelib.linear_gaussian import LinearGaussian, normal_kl

pytestmark = pytest.mark.double


@pytest.fixture
def spied():
    """The likelihood, and a list of the codes that it was asked about."""
    codes = []
    return lambda x, z: codes.append(z) or paired(x, z), codes


def close_on_average(draws, expected):
    return np.all(np.abs(draws.mean(axis=0) - expected) < 4.5 * stats.sem(draws, axis=0))


def test_the_elbo_is_exact_on_average():
    found = np.stack([dataset_elbo(paired, X, MEAN, LOG_VAR, seed=seed) for seed in range(400)])
    assert close_on_average(found, ELBO)
    averaged = dataset_elbo(paired, X, MEAN, LOG_VAR, draws=400)
    assert np.all(np.abs(averaged - ELBO) < 4.5 * stats.sem(found, axis=0))


def test_each_elbo_is_its_definition(spied):
    """Recomputed with the exact KL, for the very codes that were drawn."""
    spy, codes = spied
    found = dataset_elbo(spy, X, MEAN, LOG_VAR, draws=3)
    assert [z.shape for z in codes] == [(6, 2)] * 3
    noise = [(z - MEAN) / np.exp(LOG_VAR / 2) for z in codes]
    assert len(np.unique(np.round(noise, 9))) == 36  # each picture, dimension and draw has its own
    likelihood = np.mean([paired(X, z) for z in codes], axis=0)
    kl = [normal_kl(q, MODEL.prior) for q in Q]
    np.testing.assert_allclose(found, likelihood - kl, atol=1e-10)


@pytest.mark.parametrize(
    ("function", "defaults"),
    [
        (lambda **options: dataset_elbo(paired, X, MEAN, LOG_VAR, **options), {"draws": 1}),
        (
            lambda **options: log_importance_weights(paired, X, MEAN, LOG_VAR, 3, **options),
            {"prior_weight": 0.0},
        ),
    ],
    ids=["dataset_elbo", "log_importance_weights"],
)
def test_a_seed_repeats_the_draws_and_the_default_is_0(function, defaults):
    np.testing.assert_array_equal(function(), function(seed=0, **defaults))
    assert not np.array_equal(function(), function(seed=1))


def test_the_draws_are_those_of_a_generator_with_this_seed(spied):
    """z = μ + σ·ε with NumPy's noise, picture by picture: another program can repeat them."""
    spy, codes = spied
    dataset_elbo(spy, X, MEAN, LOG_VAR, seed=7)
    log_importance_weights(spy, X, MEAN, LOG_VAR, k=5, seed=7)
    for z, k in zip(codes, (1, 5), strict=True):
        epsilon = np.random.default_rng(7).normal(size=(6, k, 2))
        wanted = MEAN[:, None] + np.exp(LOG_VAR / 2)[:, None] * epsilon
        np.testing.assert_allclose(z, wanted.reshape(-1, 2), rtol=1e-12)


def test_a_large_set_is_decoded_in_order_4000_codes_at_a_time():
    """The likelihood of each picture is a number of its own, which its code says, too."""
    n, sizes = 20_500, []

    def own(x, z):
        sizes.append(len(x))
        assert np.array_equal(x[:, 0], np.round(z[:, 0]))
        return x[:, 0]

    x, log_var = np.arange(n, dtype="float64")[:, None], np.full((n, 1), -30.0)
    kl = 0.5 * (np.exp(-30.0) + x[:, 0] ** 2 - 1 + 30)
    np.testing.assert_allclose(dataset_elbo(own, x, x, log_var), x[:, 0] - kl, rtol=1e-12)
    assert sizes == [4000, 4000, 4000, 4000, 4000, 500]
    sizes.clear()
    log_importance_weights(own, x[:900], x[:900], log_var[:900], k=20)
    assert sizes == [4000, 4000, 4000, 4000, 2000]
    sizes.clear()
    log_importance_weights(own, x[:2], x[:2], log_var[:2], k=9000)
    assert sizes == [9000, 9000]


def test_how_many_codes_are_decoded_at_once_does_not_matter(monkeypatch):
    whole = log_importance_weights(paired, X, MEAN, LOG_VAR, k=11)
    monkeypatch.setattr(likelihoods, "CODES_AT_ONCE", 25)
    np.testing.assert_allclose(log_importance_weights(paired, X, MEAN, LOG_VAR, k=11), whole)


def test_weights_average_to_the_evidence_and_their_logarithms_to_the_elbo():
    log_w = log_importance_weights(paired, X, MEAN, LOG_VAR, k=4000)
    assert close_on_average(np.exp(log_w - EVIDENCE[:, None]).T, 1)
    assert close_on_average(log_w.T, ELBO)
    mixture = log_importance_weights(paired, X, MEAN, LOG_VAR, 20_000, prior_weight=0.4)
    assert close_on_average(np.exp(mixture - EVIDENCE[:, None]).T, 1)


@pytest.mark.parametrize("prior_weight", [0.0, 0.3])
def test_each_weight_is_a_ratio_of_densities(spied, prior_weight):
    """Recomputed with SciPy's densities, for the very codes that were drawn."""
    spy, codes = spied
    log_w = log_importance_weights(spy, X, MEAN, LOG_VAR, k=50, prior_weight=prior_weight)
    z = np.concatenate(codes).reshape(6, 50, 2)
    for i, q in enumerate(Q):
        proposal = (1 - prior_weight) * q.pdf(z[i]) + prior_weight * MODEL.prior.pdf(z[i])
        joint = MODEL.log_likelihood(X[i], z[i]) + MODEL.prior.logpdf(z[i])
        np.testing.assert_allclose(log_w[i], joint - np.log(proposal), atol=1e-9)


def test_the_prior_gives_its_share_of_the_codes():
    """Q is a point far away: the codes that are not there come from the prior, all different."""
    codes = []
    far, narrow = np.full((3, 2), 50.0), np.full((3, 2), -30.0)
    log_importance_weights(
        lambda x, z: codes.append(z) or np.zeros(len(z)), X[:3], far, narrow, 2000, prior_weight=0.3
    )
    z = np.concatenate(codes)
    of_prior = z[np.abs(z).max(axis=1) < 10]
    assert len(of_prior) / len(z) == pytest.approx(0.3, abs=0.03)
    assert len(np.unique(of_prior)) == of_prior.size
    for column in of_prior.T:
        assert stats.kstest(column, "norm").pvalue > 1e-3


def test_a_mixture_with_the_prior_finds_what_a_misplaced_q_misses():
    away, narrow = MEAN + 3.0, np.full_like(LOG_VAR, np.log(0.01))
    blind = iwae_bound(log_importance_weights(paired, X, away, narrow, 5000))
    seeing = iwae_bound(log_importance_weights(paired, X, away, narrow, 20_000, prior_weight=0.3))
    assert np.all(blind < EVIDENCE - 1)
    np.testing.assert_allclose(seeing, EVIDENCE, atol=0.25)


def test_at_the_posterior_every_weight_is_the_evidence():
    model = LinearGaussian([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], [0.0, 0.1, 0.2], 0.5)
    x = model.sample(4, np.random.default_rng(1))[1]
    posteriors = [model.posterior(each) for each in x]
    mean = np.stack([q.mean for q in posteriors])
    log_var = np.log(np.stack([np.diag(q.cov) for q in posteriors]))

    def own(x, z):
        return np.array([model.log_likelihood(a, b[None])[0] for a, b in zip(x, z, strict=True)])

    log_w = log_importance_weights(own, x, mean, log_var, k=20)
    np.testing.assert_allclose(log_w, np.tile(model.evidence.logpdf(x)[:, None], 20), atol=1e-9)


def test_the_bound_rises_with_k_from_the_elbo_towards_the_evidence():
    log_w = log_importance_weights(paired, X, MEAN, LOG_VAR, k=4000)
    bounds = np.stack([iwae_bound(log_w, k) for k in (1, 2, 10, 100, 1000, 4000)])
    assert np.all(np.diff(bounds, axis=0) >= 0)
    np.testing.assert_allclose(bounds[0], log_w.mean(axis=1))
    np.testing.assert_allclose(bounds[-1], EVIDENCE, atol=0.1)


def test_the_bound_of_two_draws_is_its_definition():
    log_w = np.log([[1.0, 3.0, 5.0, 7.0]])
    np.testing.assert_allclose(iwae_bound(log_w, 2), [(np.log(2) + np.log(6)) / 2])
    np.testing.assert_allclose(iwae_bound(log_w), [np.log(4)])


def test_a_weight_may_be_0_and_single_precision_is_raised():
    np.testing.assert_allclose(iwae_bound([[-np.inf, 0.0], [0.0, 0.0]]), [-np.log(2), 0.0])
    large = np.full((1, 2), -700.25 + 1e-3, "float32")
    found = iwae_bound(large)
    assert found.dtype == "float64"
    np.testing.assert_allclose(found, large[:, 0].astype("float64"), rtol=1e-14)
