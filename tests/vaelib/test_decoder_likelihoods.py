"""What a decoder's output means: densities and means against SciPy, and what is drawn from them."""

import numpy as np
import pytest
from any_backend import arrays
from scipy import integrate, special, stats

from vaelib import likelihoods
from vaelib.evaluation.likelihoods import paired_log_likelihood, pairwise_log_likelihood
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras

SMALL = {"latent_dim": 2, "hidden_units": (8,), "image_shape": (4, 4, 1)}
KINDS = list(likelihoods.KINDS)
rng = np.random.default_rng(0)
X, Z = rng.random((5, 4, 4, 1)), rng.normal(size=(5, 2))


def by_scipy(kind, x, logits):
    """log P(X|Z) of every pixel."""
    p = special.expit(logits)
    if kind == "gaussian":
        return stats.norm.logpdf(x, logits, 0.2)
    bernoulli = special.xlogy(x, p) + special.xlog1py(1 - x, -p)
    if kind == "bernoulli":
        return bernoulli
    areas = [integrate.quad(lambda t, q=q: q**t * (1 - q) ** (1 - t), 0, 1)[0] for q in p.ravel()]
    return bernoulli - np.log(areas).reshape(p.shape)


@pytest.mark.parametrize("kind", KINDS)
def test_log_p_of_pictures_under_a_decoder_is_scipys(kind):
    decoder = Decoder(**SMALL, likelihood=kind)
    logits = arrays(decoder.logits(Z)).astype("float64")
    paired = by_scipy(kind, X, logits).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(paired_log_likelihood(decoder)(X, Z), paired, rtol=1e-5, atol=1e-5)
    pairs = by_scipy(kind, X[:, None].repeat(5, 1), logits[None].repeat(5, 0)).sum(axis=(2, 3, 4))
    np.testing.assert_allclose(pairwise_log_likelihood(decoder)(X, Z), pairs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("logit", [-30.0, -3.0, -0.49, 0.0, 1e-4, 0.51, 8.0])
def test_the_mean_of_the_continuous_bernoulli_is_that_of_its_density(logit):
    area, _ = integrate.quad(lambda x: np.exp(logit * x), 0, 1)
    moment, _ = integrate.quad(lambda x: x * np.exp(logit * x), 0, 1)
    mean = likelihoods.ContinuousBernoulli()(np.array([[logit]]))
    np.testing.assert_allclose(mean, [[moment / area]], rtol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_shows_the_mean_of_its_pictures_everywhere(kind):
    vae = VAE(Encoder(**SMALL), Decoder(**SMALL, likelihood=kind))
    means = {
        "bernoulli": special.expit,
        "continuous_bernoulli": lambda a: 1 / (1 - np.exp(-a)) - 1 / a,
        "gaussian": lambda a: a,
    }
    z_mean, _, _ = vae.encoder(X)
    for codes, pictures in [(Z, arrays(vae.decoder(Z))), (z_mean, vae.predict(X, verbose=0))]:
        logits = arrays(vae.decoder.logits(codes)).astype("float64")
        np.testing.assert_allclose(pictures, means[kind](logits), atol=2e-6)
    z = keras.random.normal((4, 2), seed=3)
    np.testing.assert_allclose(vae.generate(4, seed=3), arrays(vae.decoder(z)), atol=1e-6)


def test_sigma_is_learned_from_the_pictures_unless_it_is_fixed(tmp_path):
    x = 0.5 + 0.1 * rng.normal(size=(2000, 4, 4, 1))  # any numbers; nothing to encode
    for options, expected in [({}, 0.1), ({"trainable": False}, 0.3)]:
        likelihood = likelihoods.Gaussian(sigma=0.3, **options)
        vae = VAE(Encoder(**SMALL), Decoder(**SMALL, likelihood=likelihood))
        vae.compile(keras.optimizers.Adam(0.02))
        vae.fit(x, batch_size=100, epochs=25, verbose=0)
        assert likelihood.sigma == pytest.approx(expected, rel=0.05)
        vae.save(tmp_path / "gaussian.keras")
        again = keras.saving.load_model(tmp_path / "gaussian.keras").decoder.likelihood
        assert (again.sigma, again.trainable) == (likelihood.sigma, likelihood.trainable)


def test_an_unknown_likelihood_is_named():
    with pytest.raises(ValueError, match=r"likelihood must be one of .*: 'poisson'"):
        Decoder(**SMALL, likelihood="poisson")
    with pytest.raises(ValueError, match="likelihood: the decoder has its own, got 'gaussian'"):
        VAE(Encoder(**SMALL), Decoder(**SMALL), likelihood="gaussian")
