"""Wrong arguments for `elbo`, `exact`, `evaluate`, `quadrature` and `posterior`."""

import numpy as np
from cases import case

from vaelib.elbo import (
    bernoulli_log_likelihood,
    continuous_bernoulli_log_constant,
    continuous_bernoulli_log_likelihood,
    elbo,
    gaussian_kl,
    gaussian_log_likelihood,
)
from vaelib.evaluate import dataset_elbo, encode, iwae_bound, log_likelihood_iwae, log_weights
from vaelib.exact import LinearGaussian, normal_kl
from vaelib.posterior import best_normals
from vaelib.quadrature import elbo_quadrature, log_likelihood_quadrature

NAN, INF = float("nan"), float("inf")
X, Z = np.full((3, 4), 0.5), np.zeros((3, 2))


def with_one(array, value):
    array = array.copy()
    array.flat[1] = value
    return array


def rows(x, z):
    return -((x.mean(axis=1) - z[:, 0]) ** 2)


def table(x, z):
    return -((x.mean(axis=1)[:, None] - z[:, 0]) ** 2)


def logits(z):
    return z @ np.ones((2, 4), "float32")


def model():
    return LinearGaussian(np.ones((3, 2)), np.zeros(3), 1.0)


CASES = [
    case("KL, other shapes", lambda: gaussian_kl(Z, np.zeros((3, 3))), "z_mean and z_log_var"),
    case("KL, one code", lambda: gaussian_kl(Z[0], Z[0]), "z_mean"),
    case("KL, NaN in the mean", lambda: gaussian_kl(with_one(Z, NAN), Z), "z_mean"),
    case("KL, infinite log-variance", lambda: gaussian_kl(Z, with_one(Z, INF)), "z_log_var"),
    case("KL, no latent units", lambda: gaussian_kl(np.zeros((3, 0)), np.zeros((3, 0))), "z_mean"),
    case("KL, words", lambda: gaussian_kl([["a", "b"]], [["a", "b"]]), "z_mean", TypeError),
    case("KL, complex numbers", lambda: gaussian_kl(Z + 1j, Z), "z_mean", TypeError),
    case("KL, nothing", lambda: gaussian_kl(None, Z), "z_mean", TypeError),
    case("Bernoulli, pixels up to 255", lambda: bernoulli_log_likelihood(255 * X, X), "x must have pixels"),
    case("Bernoulli, such pixels in a list", lambda: bernoulli_log_likelihood([[7.0]], [[0.0]]), "x must have pixels"),
    case("Bernoulli, negative pixels", lambda: bernoulli_log_likelihood(X - 1, X), "x must have pixels"),
    case("Bernoulli, NaN in a pixel", lambda: bernoulli_log_likelihood(with_one(X, NAN), X), "x must"),
    case("Bernoulli, NaN in a logit", lambda: bernoulli_log_likelihood(X, with_one(X, NAN)), "logits"),
    case("Bernoulli, one picture", lambda: bernoulli_log_likelihood(X[0], X[0]), "batch"),
    case(
        "Bernoulli, a channel more",
        lambda: bernoulli_log_likelihood(np.zeros((2, 5, 5)), np.zeros((2, 5, 5, 1))),
        "x and logits",
    ),
    case("Gaussian, NaN in a pixel", lambda: gaussian_log_likelihood(with_one(X, NAN), X, 0.0), "x must"),
    case("Gaussian, infinite mean", lambda: gaussian_log_likelihood(X, with_one(X, INF), 0.0), "mean"),
    case("Gaussian, log-variance minus infinity", lambda: gaussian_log_likelihood(X, X, -INF), "log_var"),
    case("Gaussian, a log-variance for each picture", lambda: gaussian_log_likelihood(X, X, np.zeros(3)), "log_var"),
    case("continuous Bernoulli, pixels up to 255", lambda: continuous_bernoulli_log_likelihood(255 * X, X), "x must"),
    case("its constant, NaN", lambda: continuous_bernoulli_log_constant([NAN]), "logits"),
    case("ELBO, another number of codes", lambda: elbo(X, X, Z[:2], Z[:2]), "the batch of"),
    case("normal KL, other dimensions", lambda: normal_kl(model().prior, model().evidence), "q and p"),
    case("normal KL, no distributions", lambda: normal_kl(0.0, 1.0), "q must be", TypeError),
    case("exact model, weights of rank 1", lambda: LinearGaussian([1.0, 2.0], [0.0, 0.0], 1.0), "weights"),
    case("exact model, NaN in the weights", lambda: LinearGaussian([[NAN]], [0.0], 1.0), "weights"),
    case("exact model, sigma 0", lambda: LinearGaussian([[1.0]], [0.0], 0.0), "sigma"),
    case("exact model, sigma NaN", lambda: LinearGaussian([[1.0]], [0.0], NAN), "sigma"),
    case("exact fit, too many latent units", lambda: LinearGaussian.fit(np.eye(4), 4), "latent_dim"),
    case("exact fit, half a latent unit", lambda: LinearGaussian.fit(np.eye(4), 1.5), "latent_dim"),
    case("exact fit, NaN in the data", lambda: LinearGaussian.fit(with_one(np.eye(4), NAN), 1), "x must"),
    case("exact fit, the same point always", lambda: LinearGaussian.fit(np.ones((4, 3)), 1), "x varies"),
    case("exact posterior, a batch", lambda: model().posterior(np.zeros((2, 3))), "x must be one"),
    case("exact posterior, NaN", lambda: model().posterior([NAN, 0.0, 0.0]), "x must be"),
    case(
        "exact likelihood, codes of length 3", lambda: model().log_likelihood(np.zeros(3), np.zeros((5, 3))), "z must"
    ),
    case("exact sample, minus one", lambda: model().sample(-1, np.random.default_rng(0)), "n must"),
    case("encode, one picture", lambda: encode(lambda x, training: (x, x), X[0]), "x must be"),
    case("encode, no picture", lambda: encode(lambda x, training: (x, x), X[:0]), "x must be"),
    case("encode, NaN in a pixel", lambda: encode(lambda x, training: (x, x), with_one(X, NAN)), "x must"),
    case("ELBO of a set, no draws", lambda: dataset_elbo(rows, X, Z, Z, draws=0), "draws"),
    case("ELBO of a set, one cloud for all", lambda: dataset_elbo(rows, X, Z[:1], Z[:1]), "z_mean and z_log_var"),
    case("ELBO of a set, NaN in a cloud", lambda: dataset_elbo(rows, X, with_one(Z, NAN), Z), "z_mean"),
    case("ELBO of a set, likelihoods in a column", lambda: dataset_elbo(table, X, Z, Z), "log_likelihood"),
    case("weights, k is 0", lambda: log_weights(rows, X, Z, Z, 0), "k must"),
    case("weights, k is 2.5", lambda: log_weights(rows, X, Z, Z, 2.5), "k must"),
    case("weights, no rows at once", lambda: log_weights(rows, X, Z, Z, 5, rows=0), "rows"),
    case("weights, all from the prior", lambda: log_weights(rows, X, Z, Z, 5, prior_share=1.0), "prior_share"),
    case("weights, a share that is NaN", lambda: log_weights(rows, X, Z, Z, 5, prior_share=NAN), "prior_share"),
    case("weights, clouds of other pictures", lambda: log_weights(rows, X, Z[:2], Z[:2], 5), "z_mean and z_log_var"),
    case("weights, infinite log-variance", lambda: log_weights(rows, X, Z, with_one(Z, INF), 5), "z_log_var"),
    case("weights, likelihoods of all under all", lambda: log_weights(table, X, Z, Z, 5), "log_likelihood"),
    case("IWAE, k does not divide", lambda: iwae_bound(np.zeros((2, 10)), 3), "k must divide"),
    case("IWAE, weights of rank 1", lambda: iwae_bound(np.zeros(10)), "log_w"),
    case("IWAE, NaN among the weights", lambda: iwae_bound(with_one(np.zeros((2, 10)), NAN)), "log_w"),
    case("IWAE, no draws", lambda: iwae_bound(np.zeros((2, 0))), "log_w"),
    case("IWAE of a set, k is True", lambda: log_likelihood_iwae(rows, X, Z, Z, True), "k must"),
    case("IWAE of a set, NaN in a pixel", lambda: log_likelihood_iwae(rows, with_one(X, NAN), Z, Z, 5), "x must"),
    case("quadrature, step 0", lambda: log_likelihood_quadrature(table, X, step=0), "step"),
    case("quadrature, step beyond the limit", lambda: log_likelihood_quadrature(table, X, step=7), "step"),
    case("quadrature, infinite limit", lambda: log_likelihood_quadrature(table, X, limit=INF), "limit"),
    case("quadrature, a step in words", lambda: log_likelihood_quadrature(table, X, step="1"), "step", TypeError),
    case(
        "quadrature, likelihoods row by row",
        lambda: log_likelihood_quadrature(lambda x, z: table(x, z)[0], X, 0.5),
        "log_likelihood",
    ),
    case("quadrature, one picture", lambda: log_likelihood_quadrature(table, X[0]), "x must be"),
    case("ELBO by quadrature, no nodes", lambda: elbo_quadrature(rows, X, Z, Z, 0), "nodes"),
    case("ELBO by quadrature, one code", lambda: elbo_quadrature(rows, X, Z[0], Z[0]), "z_mean"),
    case("ELBO by quadrature, NaN", lambda: elbo_quadrature(rows, X, Z, with_one(Z, NAN)), "z_log_var"),
    case("best cloud, no steps", lambda: best_normals(logits, X, Z, Z, steps=0), "steps"),
    case("best cloud, learning rate −1", lambda: best_normals(logits, X, Z, Z, learning_rate=-1.0), "learning_rate"),
    case("best cloud, other shapes", lambda: best_normals(logits, X, Z, Z[:, :1]), "z_mean and z_log_var"),
    case("best cloud, NaN in the start", lambda: best_normals(logits, X, with_one(Z, NAN), Z), "z_mean"),
]
