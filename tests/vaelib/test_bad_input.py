"""What makes no sense is refused where it comes in, by an error that names the argument."""

import functools
import re

import numpy as np
import pytest

from vaelib.elbo import (
    bernoulli_log_likelihood,
    continuous_bernoulli_log_normalizer,
    gaussian_kl,
    gaussian_log_likelihood,
)
from vaelib.evaluation.bounds import dataset_elbo, iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood
from vaelib.evaluation.posteriors import fit_posteriors
from vaelib.evaluation.quadrature import elbo_quadrature, log_likelihood_quadrature
from vaelib.latent import decode_grid, encode, quantile_grid
from vaelib.linear_gaussian import LinearGaussian, normal_kl
from vaelib.models import VAE, Decoder, Encoder, Sampling
from vaelib.runtime import set_up
from vaelib.training.initialization import initialize_from_data
from vaelib.training.recording import Recording, snapshot_epochs
from vaelib.training.schedules import warmup_cosine
from vaelib.training.snapshots import Snapshots
from vaelib.visual.animation import latent_gif, manifold_gif
from vaelib.visual.explorer import latent_explorer
from vaelib.visual.live import LiveView
from vaelib.visual.plots import plot_digits, plot_latent

NAN, INF = float("nan"), float("inf")
X, Z, LABELS = np.full((4, 6), 0.5), np.zeros((4, 2)), np.arange(4)
PICTURES = np.full((4, 3, 3, 1), 0.5, "float32")
SMALL = {"hidden_units": (3,), "image_shape": (3, 3, 1)}


def spoiled(array, value=NAN):
    array = np.array(array)
    array.flat[1] = value
    return array


@functools.cache
def vae():
    model = VAE(Encoder(**SMALL), Decoder(**SMALL))
    model.compile(optimizer="sgd")
    return model


def exact(**change):
    return LinearGaussian(**{"weights": np.eye(3, 2), "bias": np.zeros(3), "sigma": 1.0} | change)


def paired(x, z):
    return -((x.mean(axis=1) - z[:, 0]) ** 2)


def pairwise(x, z):
    return -((x.mean(axis=1)[:, None] - z[:, 0]) ** 2)


def decoder(z):
    return np.full((len(z), 3, 3, 1), 0.5)


class Solid:
    """A decoder of another latent space."""

    latent_dim = 3

    def __call__(self, z):
        return decoder(z)


def recording(**change):
    arrays = {"epochs": np.arange(3), "manifolds": np.zeros((3, 6, 6), "uint8")}
    return Recording(
        **arrays | dict.fromkeys(["z_mean", "z_log_var"], np.zeros((3, 4, 2))) | change
    )


def solid():
    """A recording of a latent space of three dimensions, which has no map."""
    codes = dict.fromkeys(["z_mean", "z_log_var"], np.zeros((3, 4, 3)))
    return recording(manifolds=np.zeros((3, 0, 0), "uint8"), **codes)


weights = functools.partial(log_importance_weights, paired)
quadrature = functools.partial(log_likelihood_quadrature, pairwise)

# What is called, what the message names, and the kind of error if it is not ValueError.
CASES = [
    (lambda: gaussian_kl(Z, spoiled(Z, INF)), "z_log_var"),
    (lambda: gaussian_kl(None, Z), "z_mean", TypeError),
    (lambda: bernoulli_log_likelihood(255 * X, X), "x"),
    (lambda: bernoulli_log_likelihood([[-7.0]], [[0.0]]), "x"),
    (lambda: bernoulli_log_likelihood(X, spoiled(X)), "logits"),
    (lambda: gaussian_log_likelihood(X, X, -INF), "log_var"),
    (lambda: continuous_bernoulli_log_normalizer([NAN]), "logits"),
    (lambda: normal_kl(exact().prior, exact().evidence), "p"),
    (lambda: normal_kl(0.0, exact().prior), "q", TypeError),
    (lambda: normal_kl(exact().prior, 0.0), "p", TypeError),
    (lambda: exact(weights=[1.0, 2.0]), "weights"),
    (lambda: exact(bias=np.zeros(2)), "bias"),
    (lambda: exact(sigma=0.0), "sigma"),
    (lambda: LinearGaussian.fit(np.ones(3), 1), "x"),
    (lambda: LinearGaussian.fit(np.eye(4), 4), "latent_dim"),
    (lambda: LinearGaussian.fit(np.ones((4, 3)), 1), "x"),
    (lambda: LinearGaussian.fit(np.outer(np.arange(5), [1, 2, 3]), 1), "x"),
    (lambda: exact().log_likelihood(np.zeros(3), np.zeros((5, 3))), "z"),
    (lambda: exact().log_likelihood(np.zeros(1), Z), "x"),
    (lambda: exact().elbo(np.zeros(3), exact().evidence), "q"),
    (lambda: exact().sample(-1, np.random.default_rng(0)), "n"),
    (lambda: encode(lambda x, training: (x, x), X[0]), "x"),
    (lambda: quantile_grid(1), "n"),
    (lambda: quantile_grid(5, low=0), "low"),
    (lambda: quantile_grid(5, 0.9, 0.1), "high"),
    (lambda: quantile_grid(5, 0.1, 1), "high"),
    (lambda: decode_grid(decoder, [0, 1, 1]), "z_values"),
    (lambda: decode_grid(None, [0, 1]), "decoder", TypeError),
    (lambda: decode_grid(Solid(), [0, 1]), "latent_dim"),
    (lambda: decode_grid(lambda z: decoder(z[:2]), [0, 1]), "decoder"),
    (lambda: decode_grid(lambda z: NAN * decoder(z), [0, 1]), "decoder"),
    (lambda: decode_grid(lambda z: np.zeros((len(z), 9)), [0, 1]), "decoder"),
    (lambda: dataset_elbo(paired, X, Z, Z, draws=0), "draws"),
    (lambda: dataset_elbo(paired, X, Z[:1], Z[:1]), "z_mean"),
    (lambda: dataset_elbo(pairwise, X, Z, Z), "log_likelihood"),
    (lambda: weights(X, Z, Z, 2.5), "k", TypeError),
    (lambda: weights(X, Z, Z, 5, prior_weight=1.0), "prior_weight"),
    (lambda: weights(X, Z, Z, 5, prior_weight=NAN), "prior_weight"),
    (lambda: iwae_bound(np.zeros((2, 10)), 3), "k"),
    (lambda: iwae_bound(np.zeros(10)), "log_w"),
    (lambda: iwae_bound(np.zeros((2, 0))), "log_w"),
    (lambda: iwae_bound([[0.0, INF]]), "log_w"),
    (lambda: iwae_bound([[0.0, NAN]]), "log_w"),
    (lambda: quadrature(X, step=0), "step"),
    (lambda: quadrature(X, step=7), "step"),
    (lambda: quadrature(X, limit=0), "limit"),
    (lambda: quadrature(X, limit=INF), "limit"),
    (lambda: log_likelihood_quadrature(lambda x, z: z[:, 0], X), "log_likelihood"),
    (lambda: elbo_quadrature(paired, X, Z, Z, nodes=0), "nodes"),
    (lambda: fit_posteriors(None, X, Z, Z, steps=0), "steps"),
    (lambda: fit_posteriors(None, X, Z, Z, learning_rate=0.0), "learning_rate"),
    (lambda: fit_posteriors(None, X, Z, Z[:, :1]), "z_log_var"),
    (lambda: paired_log_likelihood(np.tanh), "decoder", TypeError),
    (lambda: paired_log_likelihood(vae().decoder)(PICTURES[:, :2], Z), "x"),
    (lambda: Encoder(latent_dim=True), "latent_dim", TypeError),
    (lambda: Encoder(hidden_units=(8, -1)), "hidden_units"),
    (lambda: Encoder(hidden_units=8), "hidden_units", TypeError),
    (lambda: Encoder(image_shape=(28, 0, 1)), "image_shape"),
    (lambda: Decoder(dropout_rate=1.0), "dropout_rate"),
    (lambda: Decoder(activation="geluu"), "geluu"),
    (lambda: Sampling(seed="x"), "seed", TypeError),
    (lambda: vae().encoder(PICTURES[..., 0]), "image_shape"),
    (lambda: vae().decoder(np.zeros((2, 3))), "latent_dim"),
    (lambda: VAE(Encoder(**SMALL), Decoder(3, **SMALL)), "latent_dim"),
    (lambda: VAE(Encoder(**SMALL), Decoder()), "image_shape"),
    (lambda: VAE(None, Decoder(**SMALL)), "encoder", TypeError),
    (lambda: VAE(Encoder(**SMALL), Encoder(**SMALL)), "decoder", TypeError),
    (lambda: VAE(Encoder(**SMALL), Decoder(**SMALL), beta=-1), "beta"),
    (lambda: vae().fit(spoiled(PICTURES)), "x"),
    (lambda: vae().fit(PICTURES[0]), "x"),
    (lambda: vae().fit(PICTURES[:0]), "x"),
    (lambda: vae().fit(PICTURES, np.zeros(4)), "y"),
    (lambda: vae().generate(0), "n"),
    (lambda: vae().generate(2, seed=-1), "seed"),
    (lambda: set_up(-1), "seed"),
    (lambda: warmup_cosine(0), "steps"),
    (lambda: warmup_cosine(100, warmup=100), "warmup"),
    (lambda: warmup_cosine(300, peak=INF), "peak"),
    (lambda: initialize_from_data(None, PICTURES), "decoder", TypeError),
    (lambda: initialize_from_data(vae().decoder, PICTURES[:, :2]), "x"),
    (lambda: initialize_from_data(vae().decoder, PICTURES, spread=-1), "spread"),
    (lambda: initialize_from_data(vae().decoder, PICTURES, sharpness="1"), "sharpness", TypeError),
    (lambda: initialize_from_data(Decoder(**SMALL | {"hidden_units": ()}), PICTURES), "decoder"),
    (lambda: snapshot_epochs(-1), "last"),
    (lambda: Snapshots(PICTURES, epochs=[0.5]), "epochs", TypeError),
    (lambda: Snapshots(PICTURES, path="run.zip"), "path"),
    (lambda: LiveView(PICTURES, every=0), "every"),
    (lambda: recording(manifolds=np.zeros((2, 4, 4), "uint8")), "manifolds"),
    (lambda: recording(manifolds=np.zeros((3, 4, 4))), "manifolds"),
    (lambda: recording(epochs=np.array([0, 1, 1])), "epochs"),
    (lambda: recording(z_log_var=np.zeros((3, 4, 3))), "z_log_var"),
    (lambda: Recording.from_frames([]), "frames"),
    (lambda: plot_digits(), "rows"),
    (lambda: plot_digits(PICTURES, PICTURES[:2]), "row 1"),
    (lambda: plot_digits(PICTURES[0]), "row 0"),
    (lambda: plot_digits(255 * PICTURES), "row 0"),
    (lambda: plot_digits(PICTURES, labels=["a", "b"]), "labels"),
    (lambda: plot_latent(np.zeros((4, 3)), LABELS), "z"),
    (lambda: plot_latent(Z, LABELS[:3]), "labels"),
    (lambda: plot_latent(Z, LABELS / 2), "labels", TypeError),
    (lambda: manifold_gif(PICTURES, "a.gif"), "recording", TypeError),
    (lambda: manifold_gif(solid(), "a.gif"), "recording"),
    (lambda: manifold_gif(recording(), "a.gif", size=10), "size"),
    (lambda: manifold_gif(recording(), "a.gif", frame_ms=5), "frame_ms"),
    (lambda: manifold_gif(recording(), "a.gif", hold_ms="long"), "hold_ms", TypeError),
    (lambda: latent_gif(recording(), LABELS[:3], "a.gif"), "labels"),
    (lambda: latent_gif(recording(), LABELS, "a.gif", limit=0), "limit"),
    (lambda: latent_gif(recording(), LABELS, "a.gif", colors="nice"), "nice"),
    (lambda: latent_explorer(decoder, np.zeros((4, 3))), "codes"),
    (lambda: latent_explorer(decoder, labels=LABELS), "codes", TypeError),
    (lambda: latent_explorer(decoder, originals=PICTURES), "codes", TypeError),
    (lambda: latent_explorer(decoder, np.zeros((4, 2)), originals=PICTURES[:3]), "originals"),
    (lambda: latent_explorer(decoder, np.zeros((4, 2)), originals=PICTURES[:, :2]), "originals"),
    (lambda: latent_explorer(decoder, np.zeros((4, 2)), originals=PICTURES * 255), "originals"),
    (lambda: latent_explorer(decoder, limit=NAN), "limit"),
    (lambda: latent_explorer(decoder, n=1), "n"),
    (lambda: latent_explorer(decoder, n=2000), "n"),
    (lambda: latent_explorer(decoder, n=3).picture([1, 2, 3]), "z"),
    (lambda: latent_explorer(decoder, n=3).save("a.txt"), "path"),
]


def title(case):
    """The function that is called first, and the argument."""
    return f"{case[0].__code__.co_names[0]}: {case[1]}"


@pytest.mark.parametrize("case", CASES, ids=title)
def test_the_error_names_the_argument(case, tmp_path, monkeypatch):
    call, name, *kind = case
    monkeypatch.chdir(tmp_path)
    with pytest.raises(*kind or [ValueError], match=rf"\b{re.escape(name)}\b"):
        call()
    assert not list(tmp_path.iterdir())
