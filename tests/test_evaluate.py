"""Bounds and likelihoods against a model whose evidence and posterior are known exactly."""

import numpy as np
import pytest
from scipy import stats

from vaelib import evaluate
from vaelib.exact import LinearGaussian, normal_kl

MODEL = LinearGaussian([[1.0, 0.3], [-0.5, 0.8], [0.2, 0.9], [0.7, 0.0]], [0.1, 0.0, -0.3, 0.5], 0.4)
X = MODEL.sample(6, np.random.default_rng(0))[1]
# Some clouds Q(Z|X) that are not the posterior.
MEAN = np.stack([MODEL.posterior(x).mean for x in X]) + 0.1
LOG_VAR = np.tile(np.log([0.15, 0.1]), (6, 1))


def rows(x, z):
    return stats.norm.logpdf(x, z @ MODEL.weights.T + MODEL.bias, MODEL.sigma).sum(axis=1)


def table(x, z):
    return np.stack([MODEL.log_likelihood(a, z) for a in x])


def clouds():
    return [stats.multivariate_normal(m, np.diag(np.exp(v))) for m, v in zip(MEAN, LOG_VAR, strict=True)]


EVIDENCE = MODEL.evidence.logpdf(X)
ELBO = np.array([MODEL.elbo(x, q) for x, q in zip(X, clouds(), strict=True)])


def test_quadrature_is_the_exact_evidence():
    found = evaluate.log_likelihood_quadrature(table, X, step=0.05, limit=7.0)
    np.testing.assert_allclose(found.log_likelihood, EVIDENCE, atol=1e-6)
    assert found.error.max() < 1e-6


def test_quadrature_says_when_its_step_is_too_coarse():
    found = evaluate.log_likelihood_quadrature(table, X, step=0.4, limit=7.0)
    assert np.all(np.abs(found.log_likelihood - EVIDENCE) <= found.error + 1e-6)
    assert found.error.max() > 1e-3


def test_quadrature_does_not_depend_on_how_it_is_cut():
    one, other = (evaluate.log_likelihood_quadrature(table, X, 0.1, 6.0, size) for size in (10**6, 777))
    np.testing.assert_allclose(one.log_likelihood, other.log_likelihood, atol=1e-10)
    np.testing.assert_allclose(one.error, other.error, atol=1e-10)


def test_the_elbo_is_the_exact_one_on_average():
    found = np.stack([evaluate.dataset_elbo(rows, X, MEAN, LOG_VAR, seed=seed) for seed in range(400)])
    assert np.all(np.abs(found.mean(axis=0) - ELBO) < 4.5 * stats.sem(found, axis=0))
    averaged = evaluate.dataset_elbo(rows, X, MEAN, LOG_VAR, draws=400)
    assert np.all(np.abs(averaged - ELBO) < 4.5 * stats.sem(found, axis=0))


def spied(log_likelihood):
    """The likelihood, and a list of the codes that it is going to be asked about."""
    codes = []

    def spy(x, z):
        codes.append(z)
        return log_likelihood(x, z)

    return spy, codes


def test_each_elbo_is_its_definition():
    """Recomputed with SciPy's densities and the exact KL, for the very codes that were drawn."""
    spy, codes = spied(rows)
    found = evaluate.dataset_elbo(spy, X, MEAN, LOG_VAR, draws=3)
    assert [z.shape for z in codes] == [(6, 2)] * 3
    noise = [(z - MEAN) / np.exp(LOG_VAR / 2) for z in codes]
    assert len(np.unique(np.round(noise, 9))) == 36  # a draw of its own for each picture, dimension and turn
    kl = [normal_kl(q, MODEL.prior) for q in clouds()]
    expected = [np.mean([MODEL.log_likelihood(x, z[i][None])[0] for z in codes]) - kl[i] for i, x in enumerate(X)]
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_one_draw_and_the_same_one_unless_told_otherwise():
    plain = evaluate.dataset_elbo(rows, X, MEAN, LOG_VAR)
    np.testing.assert_array_equal(plain, evaluate.dataset_elbo(rows, X, MEAN, LOG_VAR, draws=1, seed=0))
    assert not np.array_equal(plain, evaluate.dataset_elbo(rows, X, MEAN, LOG_VAR, seed=1))
    weights = evaluate.log_weights(rows, X, MEAN, LOG_VAR, 3)
    np.testing.assert_array_equal(weights, evaluate.log_weights(rows, X, MEAN, LOG_VAR, 3, seed=0, prior_share=0.0))
    assert not np.array_equal(weights, evaluate.log_weights(rows, X, MEAN, LOG_VAR, 3, seed=1))
    bound = evaluate.log_likelihood_iwae(rows, X, MEAN, LOG_VAR, 3)
    np.testing.assert_array_equal(bound, evaluate.log_likelihood_iwae(rows, X, MEAN, LOG_VAR, 3, seed=0))
    assert not np.array_equal(bound, evaluate.log_likelihood_iwae(rows, X, MEAN, LOG_VAR, 3, seed=1))


def test_a_large_set_is_worked_through_in_pieces_in_order():
    """Each picture is a number of its own, and what its likelihood says is that number."""
    n, sizes = 20_500, []

    def own(x, z):
        sizes.append(len(x))
        assert np.array_equal(x[:, 0], np.round(z[:, 0]))  # picture and code belong together
        return x[:, 0]

    x = np.arange(n, dtype="float64")[:, None]
    found = evaluate.dataset_elbo(own, x, x, np.full((n, 1), -30.0))
    np.testing.assert_allclose(found, x[:, 0] - 0.5 * (np.exp(-30.0) + x[:, 0] ** 2 - 1 + 30), rtol=1e-12)
    assert sizes == [10_000, 10_000, 500]
    sizes.clear()
    evaluate.log_weights(own, x, x, np.full((n, 1), -30.0), k=1)
    assert sizes == [8_000, 8_000, 4_500]
    sizes.clear()
    evaluate.log_likelihood_iwae(own, x[:900], x[:900], np.full((900, 1), -30.0), k=20)
    assert sizes == [8_000, 8_000, 2_000]


def test_weights_are_unbiased_and_their_logarithms_give_the_elbo():
    log_w = evaluate.log_weights(rows, X, MEAN, LOG_VAR, k=4000)
    relative = np.exp(log_w - EVIDENCE[:, None])
    assert np.all(np.abs(relative.mean(axis=1) - 1) < 4.5 * stats.sem(relative, axis=1))
    assert np.all(np.abs(log_w.mean(axis=1) - ELBO) < 4.5 * stats.sem(log_w, axis=1))


def test_each_weight_is_the_ratio_of_densities():
    """Recomputed from the definition, with SciPy's densities, for the very codes that were drawn."""
    spy, drawn = spied(rows)
    log_w = evaluate.log_weights(spy, X, MEAN, LOG_VAR, k=5, rows=7)
    z = np.concatenate(drawn).reshape(6, 5, 2)
    for i, q in enumerate(clouds()):
        expected = MODEL.log_likelihood(X[i], z[i]) + MODEL.prior.logpdf(z[i]) - q.logpdf(z[i])
        np.testing.assert_allclose(log_w[i], expected, atol=1e-10)


def test_each_weight_of_a_mixture_is_the_ratio_of_densities():
    spy, drawn = spied(rows)
    log_w = evaluate.log_weights(spy, X, MEAN, LOG_VAR, k=50, prior_share=0.3)
    z = np.concatenate(drawn).reshape(6, 50, 2)
    for i, q in enumerate(clouds()):
        mixture = 0.7 * q.pdf(z[i]) + 0.3 * MODEL.prior.pdf(z[i])
        expected = MODEL.log_likelihood(X[i], z[i]) + MODEL.prior.logpdf(z[i]) - np.log(mixture)
        np.testing.assert_allclose(log_w[i], expected, atol=1e-10)


def test_weights_do_not_depend_on_how_many_are_decoded_at_once():
    one, other = (evaluate.log_weights(rows, X, MEAN, LOG_VAR, k=11, rows=size) for size in (10**6, 4))
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_the_bound_rises_with_k_towards_the_evidence():
    log_w = evaluate.log_weights(rows, X, MEAN, LOG_VAR, k=4000)
    bounds = np.stack([evaluate.iwae_bound(log_w, k) for k in (1, 2, 10, 100, 1000, 4000)])
    assert np.all(np.diff(bounds, axis=0) >= 0)
    np.testing.assert_allclose(bounds[0], log_w.mean(axis=1))
    np.testing.assert_allclose(bounds[-1], EVIDENCE, atol=0.1)


def test_the_bound_with_two_samples_is_its_definition():
    log_w = np.log([[1.0, 3.0, 5.0, 7.0]])
    np.testing.assert_allclose(evaluate.iwae_bound(log_w, 2), [(np.log(2) + np.log(6)) / 2])
    np.testing.assert_allclose(evaluate.iwae_bound(log_w), [np.log(4)])


def test_a_weight_may_be_0_but_not_infinite():
    """The logarithm of 0 counts as what it is; single precision, whole numbers and lists are taken as well."""
    bound = evaluate.iwae_bound([[-np.inf, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(bound, [-np.log(2), 0.0])
    assert evaluate.iwae_bound(np.zeros((2, 4), "float32"), 2).dtype == "float64"
    large = np.full((1, 2), -700.25 + 1e-3, "float32")
    np.testing.assert_allclose(evaluate.iwae_bound(large), large[:, 0].astype("float64"), rtol=1e-14)
    for bad in (np.inf, np.nan):
        with pytest.raises(ValueError, match=r"^log_w must be numbers below infinity, got NaN or infinity$"):
            evaluate.iwae_bound([[0.0, bad]])


def test_with_the_posterior_every_weight_is_the_evidence():
    diagonal = LinearGaussian([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], [0.0, 0.1, 0.2], 0.5)
    x = diagonal.sample(4, np.random.default_rng(1))[1]
    posteriors = [diagonal.posterior(each) for each in x]
    mean = np.stack([q.mean for q in posteriors])
    log_var = np.log(np.stack([np.diag(q.cov) for q in posteriors]))

    def own(x, z):
        return np.array([diagonal.log_likelihood(a, b[None])[0] for a, b in zip(x, z, strict=True)])

    log_w = evaluate.log_weights(own, x, mean, log_var, k=20)
    np.testing.assert_allclose(log_w, np.tile(diagonal.evidence.logpdf(x)[:, None], (1, 20)), atol=1e-9)


def test_few_at_a_time_gives_the_same_estimate():
    one, other = (evaluate.log_likelihood_iwae(rows, X, MEAN, LOG_VAR, 50, rows=size) for size in (10**6, 60))
    np.testing.assert_allclose(one, other, atol=1e-12)
    np.testing.assert_allclose(one, evaluate.iwae_bound(evaluate.log_weights(rows, X, MEAN, LOG_VAR, 50)), atol=1e-12)


def test_bad_input_is_named():
    for call, words in [
        (
            lambda: evaluate.log_likelihood_iwae(rows, X, MEAN, LOG_VAR, 0),
            r"^k must be a whole number, at least 1, got 0",
        ),
        (lambda: evaluate.log_weights(rows, X, MEAN, LOG_VAR, 2.5), r"^k must be .* got 2.5"),
        (lambda: evaluate.log_weights(rows, X, MEAN, LOG_VAR, 2, rows=0), r"^rows must be"),
        (lambda: evaluate.log_weights(rows, X, MEAN[:3], LOG_VAR, 2), r"shape \(6, latent_dim\), got \(3, 2\)"),
        (lambda: evaluate.dataset_elbo(rows, X, MEAN, LOG_VAR, draws=True), r"^draws must be"),
        (lambda: evaluate.log_likelihood_iwae(rows, X, MEAN, LOG_VAR, 2, rows=0), r"^rows must be"),
        (lambda: evaluate.iwae_bound(np.zeros((2, 6)), 0), r"^k must be"),
        (lambda: evaluate.iwae_bound(np.zeros((2, 6)), 4), r"^k must divide the 6 draws, got 4"),
        (lambda: evaluate.iwae_bound(np.zeros(6)), r"shape \(n, draws\), got \(6,\)"),
        (lambda: evaluate.log_likelihood_quadrature(table, X, step=0), r"^step and limit must be positive"),
        (lambda: evaluate.log_likelihood_quadrature(table, X[0]), r"shape \(n, ...\), got \(4,\)"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()


def test_a_mixture_with_the_prior_finds_what_a_cloud_in_the_wrong_place_misses():
    """Weights have mean P(x) whatever they are drawn from; a narrow cloud far off shows it in no affordable sample."""
    away, narrow = MEAN + 3.0, np.full_like(LOG_VAR, np.log(0.01))
    blind = evaluate.log_likelihood_iwae(rows, X, away, narrow, k=5000)
    seeing = evaluate.log_likelihood_iwae(rows, X, away, narrow, k=20_000, prior_share=0.3)
    assert np.all(blind < EVIDENCE - 1)
    np.testing.assert_allclose(seeing, EVIDENCE, atol=0.25)
    weights = np.exp(evaluate.log_weights(rows, X, MEAN, LOG_VAR, 20_000, prior_share=0.4) - EVIDENCE[:, None])
    assert np.all(np.abs(weights.mean(axis=1) - 1) < 4.5 * stats.sem(weights, axis=1))
    for bad in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValueError, match="prior_share must be"):
            evaluate.log_weights(rows, X, MEAN, LOG_VAR, 2, prior_share=bad)


def test_the_elbo_without_chance_is_the_exact_one():
    np.testing.assert_allclose(evaluate.elbo_quadrature(rows, X, MEAN, LOG_VAR, nodes=4), ELBO, atol=1e-9)
    # the likelihood of that model is a quadratic in z: two nodes would do, one would not
    np.testing.assert_allclose(evaluate.elbo_quadrature(rows, X, MEAN, LOG_VAR, nodes=2), ELBO, atol=1e-9)
    assert np.abs(evaluate.elbo_quadrature(rows, X, MEAN, LOG_VAR, nodes=1) - ELBO).min() > 0.1
    with pytest.raises(ValueError, match="nodes must be a whole number"):
        evaluate.elbo_quadrature(rows, X, MEAN, LOG_VAR, nodes=0)
