"""What notebooks 06 and 07 share with the benchmarks: variants of the VAE, and its KL in two."""

import itertools
from typing import Any

import numpy as np
from scipy import special, stats

from vaelib.elbo import Tensor, gaussian_kl, gaussian_log_likelihood
from vaelib.latent import encode
from vaelib.likelihoods import Gaussian
from vaelib.models import VAE
from vaelib.runtime import keras


class GaussianInk(Gaussian):
    """Normal pixels around sigmoid(logit), with one learned standard deviation."""

    unit_interval = True

    def log_prob(self, x: Tensor, logits: Tensor) -> Tensor:
        return super().log_prob(x, keras.ops.sigmoid(logits))

    def call(self, logits: Tensor) -> Tensor:
        return keras.ops.sigmoid(logits)


class ImportanceWeightedVAE(VAE):
    """Trained to raise IWAE_k, from `k` codes of each picture's Q(Z|X), in place of the ELBO.

    `fit` reports minus the bound, in nats per picture, as `loss`. Source: Burda, Grosse &
    Salakhutdinov, arXiv:1509.00519, equation (8).
    """

    def __init__(self, *halves: keras.Model, k: int, **options: Any) -> None:
        super().__init__(*halves, **options)
        self.k = k

    def call(self, x: Tensor, training: bool | None = None) -> dict[str, Tensor]:
        z_mean, z_log_var, _ = self.encoder(x, training=training)
        q = [keras.ops.repeat(each, self.k, axis=0) for each in (z_mean, z_log_var)]
        z = self.encoder.sampling(q)
        prior = keras.ops.zeros_like(z), keras.ops.zeros_like(z)
        log_ratio = gaussian_log_likelihood(z, *prior) - gaussian_log_likelihood(z, *q)
        logits = self.decoder.logits(z, training=training)
        return {"log_ratio": log_ratio, "logits": logits}

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Any = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Minus IWAE_k: a mean over the batch."""
        target = self.checked_target(x, y, sample_weight)
        pictures = keras.ops.repeat(target, self.k, axis=0)
        log_w = self.log_likelihood(pictures, y_pred["logits"]) + y_pred["log_ratio"]
        log_sum = keras.ops.logsumexp(keras.ops.reshape(log_w, (-1, self.k)), axis=1)
        return np.log(self.k) - keras.ops.mean(log_sum)


def warm_up(model: VAE, beta: float, steps: int) -> keras.callbacks.Callback:
    """A callback that raises the model's beta from 0 to `beta` along a line, over `steps`."""
    taken = itertools.count()

    def climb(batch: int, logs: dict | None = None) -> None:
        model.beta.assign(beta * min(1.0, next(taken) / steps))

    return keras.callbacks.LambdaCallback(on_train_batch_begin=climb)


def spread_of_means(vae: VAE, x: np.ndarray) -> np.ndarray:
    """The variance of each unit's `z_mean` over pictures: (latent_dim,)."""
    return encode(vae.encoder, x)[0].var(axis=0)


def kl_in_two(
    z_mean: np.ndarray, z_log_var: np.ndarray, codes: int = 2000, seed: int = 0
) -> dict[str, float]:
    """The average KL as information plus distance.

    Nats: `kl`, by its formula; `information`, what a code tells about its picture, from `codes`
    draws of the mixture of all clouds, q(z); and `distance`, KL[q(z) ‖ p(z)], the rest. Source:
    Hoffman & Johnson, *ELBO surgery*, 2016.
    """
    rng = np.random.default_rng(seed)
    some = rng.choice(len(z_mean), min(codes, len(z_mean)), replace=False)
    deviation = np.exp(z_log_var / 2)
    z = (z_mean + deviation * rng.normal(size=z_mean.shape))[some]
    own = stats.norm.logpdf(z, z_mean[some], deviation[some]).sum(axis=1)
    each = (stats.norm.logpdf(one, z_mean, deviation).sum(axis=1) for one in z)
    log_q = np.array([special.logsumexp(log_p) for log_p in each]) - np.log(len(z_mean))
    kl = float(keras.ops.convert_to_numpy(gaussian_kl(z_mean, z_log_var)).mean())
    information = float((own - log_q).mean())
    return {"kl": kl, "information": information, "distance": kl - information}
