"""Quadrature against the model whose evidence and ELBO are known exactly."""

import numpy as np
import pytest
from known_model import ELBO, EVIDENCE, LOG_VAR, MEAN, MODEL, X, paired, pairwise

from vaelib.evaluation import likelihoods
from vaelib.evaluation.quadrature import elbo_quadrature, hermite_nodes, log_likelihood_quadrature


def test_it_gives_the_exact_evidence_and_its_own_error():
    found, error = log_likelihood_quadrature(pairwise, X, step=0.05, limit=7.0)
    np.testing.assert_allclose(found, EVIDENCE, atol=1e-6)
    assert error.max() < 1e-6
    coarse, error = log_likelihood_quadrature(pairwise, X, step=0.4, limit=7.0)
    assert (np.abs(coarse - EVIDENCE) <= error + 1e-6).all()
    assert error.max() > 1e-3


def test_the_grid_is_fine_and_wide_enough_by_default():
    found, error = log_likelihood_quadrature(pairwise, X)
    np.testing.assert_allclose(found, EVIDENCE, atol=1e-8)
    assert error.max() < 1e-8
    explicit, _ = log_likelihood_quadrature(pairwise, X, step=0.02, limit=6.0)
    np.testing.assert_array_equal(found, explicit)


@pytest.mark.parametrize(("limit", "reached"), [(2.25, 3.0), (0.6, 1.0)])
def test_the_grid_covers_the_square_in_steps_and_is_symmetric(limit, reached):
    """It has an even number of steps on either side, at least up to the limit."""
    seen = []

    def spy(x, z):
        seen.append(z)
        return pairwise(x, z)

    log_likelihood_quadrature(spy, X, step=0.5, limit=limit)
    axis = np.arange(-reached, reached + 0.5, 0.5)
    np.testing.assert_allclose(np.unique(np.concatenate(seen)), axis, atol=1e-12)
    assert len(np.concatenate(seen)) == len(axis) ** 2


def test_the_error_is_what_twice_the_step_would_change():
    found, error = log_likelihood_quadrature(pairwise, X, step=0.25, limit=6.0)
    coarse, _ = log_likelihood_quadrature(pairwise, X, step=0.5, limit=6.0)
    np.testing.assert_allclose(error, np.abs(found - coarse), atol=1e-10)


@pytest.mark.parametrize("size", [777, 10])  # of ten codes, some hold no node of the coarse grid
def test_how_many_codes_are_decoded_at_once_does_not_matter(monkeypatch, size):
    whole = log_likelihood_quadrature(pairwise, X, step=0.2)
    elbo = elbo_quadrature(paired, X, MEAN, LOG_VAR, nodes=3)
    monkeypatch.setattr(likelihoods, "CODES_AT_ONCE", size)
    for one, other in zip(whole, log_likelihood_quadrature(pairwise, X, step=0.2), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)
    np.testing.assert_allclose(elbo_quadrature(paired, X, MEAN, LOG_VAR, nodes=3), elbo)


@pytest.mark.parametrize(("nodes", "latent_dim"), [(1, 3), (4, 1), (3, 2)])
def test_hermite_nodes_give_the_moments_of_the_normal_distribution(nodes, latent_dim):
    points, weights = hermite_nodes(nodes, latent_dim)
    assert points.shape == (nodes**latent_dim, latent_dim)
    assert weights.sum() == pytest.approx(1)
    for degree in range(2 * nodes):
        moment = np.prod(np.arange(degree - 1, 0, -2)) if degree % 2 == 0 else 0
        np.testing.assert_allclose(weights @ points**degree, moment, atol=1e-12)
    if nodes > 1:
        np.testing.assert_allclose(
            (points * weights[:, None]).T @ points, np.eye(latent_dim), atol=1e-12
        )


def test_the_elbo_by_quadrature_is_the_exact_one():
    """That likelihood is quadratic in z: two nodes are enough and one is not."""
    for options in ({"nodes": 2}, {"nodes": 4}, {}):
        found = elbo_quadrature(paired, X, MEAN, LOG_VAR, **options)
        np.testing.assert_allclose(found, ELBO, atol=1e-9)
    assert np.abs(elbo_quadrature(paired, X, MEAN, LOG_VAR, nodes=1) - ELBO).min() > 0.1


def test_twenty_nodes_by_default():
    codes = []
    elbo_quadrature(lambda x, z: codes.append(z) or np.zeros(len(z)), X, MEAN, LOG_VAR)
    assert len(np.concatenate(codes)) == len(X) * 20**MODEL.latent_dim
