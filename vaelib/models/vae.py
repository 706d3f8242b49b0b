"""The variational autoencoder: an encoder and a decoder, trained together to raise the ELBO."""

from typing import Any

import numpy as np

from vaelib import _validation as check
from vaelib.elbo import Tensor, gaussian_kl
from vaelib.models.base import PictureModel
from vaelib.models.foreign import as_decoder, as_encoder
from vaelib.runtime import keras, replicas


@keras.saving.register_keras_serializable(package="vaelib")
class VAE(PictureModel):
    """A variational autoencoder, trained by plain `compile` and `fit` to raise its pictures' ELBO.

    `fit(x)` and `evaluate(x)` report `reconstruction` (minus log P(X|Z)), `kl` (KL[Q(Z|X) ‖ N(0,
    I)]) and `loss`, their sum, minus the ELBO: nats per picture, one sampled code for each.
    `predict(x)` reconstructs through the *mean* code. Calling the model returns what the loss
    needs: `z_mean`, `z_log_var` and the `logits` decoded from a sampled code.

    The decoder's `likelihood` says what its output means. Source: Kingma & Welling,
    arXiv:1312.6114, (10).

    Args:
        encoder: an `Encoder`, or another model with its three outputs.
        decoder: a `Decoder`, another model with a method `logits`, or a functional model, which
            returns pictures (see `ForeignDecoder`).
        beta: weight of the KL in `loss` (Higgins et al., ICLR 2017), a variable that a callback may
            `assign`. Minus the sum of `reconstruction` and `kl` is the ELBO, whatever beta is.
        likelihood: as for `Decoder`, for a decoder that hasn't one: "bernoulli" if left out.

    >>> from vaelib.models import Decoder, Encoder
    >>> vae = VAE(Encoder(latent_dim=2), Decoder(latent_dim=2))
    >>> vae.compile(optimizer="adam")
    >>> history = vae.fit(np.zeros((8, 28, 28, 1)), epochs=1, verbose=0)
    >>> vae.generate(3).shape
    (3, 28, 28, 1)
    """

    parts = ("encoder", "decoder")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        beta: float = 1.0,
        likelihood: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.encoder, self.decoder = as_encoder(encoder), as_decoder(decoder, likelihood)
        sizes = [(half.latent_dim, *half.image_shape) for half in (self.encoder, self.decoder)]
        check.same_shape("latent_dim and image_shape of encoder", sizes[0], "decoder", sizes[1])
        self.image_shape = sizes[0][1:]
        start = keras.initializers.Constant(check.number("beta", beta))
        self.beta = self.add_weight(name="beta", initializer=start, trainable=False)
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.make_weights()
        self.built = True

    def make_weights(self) -> None:
        """Of halves that wait for data to make theirs: otherwise some would get lost."""
        self.encoder(keras.Input(self.image_shape))
        self.decoder(keras.Input((self.decoder.latent_dim,)))

    @property
    def unit_interval(self) -> bool:  # type: ignore[override]
        return self.decoder.likelihood.unit_interval

    @property
    def is_density(self) -> bool:  # type: ignore[override]
        own = type(self).log_likelihood is not VAE.log_likelihood
        return own or self.decoder.likelihood.is_density

    def call(self, x: Tensor, training: bool | None = None) -> dict[str, Tensor]:
        z_mean, z_log_var, z = self.encoder(x, training=training)
        logits = self.decoder.logits(z, training=training)
        return {"z_mean": z_mean, "z_log_var": z_log_var, "logits": logits}

    def log_likelihood(self, x: Tensor, logits: Tensor) -> Tensor:
        """log P(X|Z): nats, shape (batch,)."""
        return self.decoder.likelihood.log_prob(x, logits)

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Any = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Minus the ELBO, if beta is 1: a mean over the batch. `y` may take the place of `x`."""
        target = self.checked_target(x, y, sample_weight)
        reconstruction = -self.log_likelihood(target, y_pred["logits"])
        kl = gaussian_kl(y_pred["z_mean"], y_pred["z_log_var"])
        self.reconstruction_tracker.update_state(reconstruction)
        self.kl_tracker.update_state(kl)
        # Regularisers count, too; the losses of several devices are added up.
        total = keras.ops.mean(reconstruction + self.beta * kl) + sum(self.losses)
        return total / replicas()

    def reconstruct(self, x: Tensor) -> Tensor:
        """Pictures decoded from the mean codes, which is what `predict` returns."""
        z_mean, _, _ = self.encoder(x, training=False)
        return self.decoder(z_mean, training=False)

    def generate(self, n: int, seed: int | None = None) -> np.ndarray:
        """`n` new pictures, decoded from codes of the prior N(0, I): (n, *image_shape)."""
        shape = (check.integer("n", n), self.decoder.latent_dim)
        seed = None if seed is None else check.integer("seed", seed, least=0)
        z = keras.random.normal(shape, seed=seed)
        return self.decoder.predict(z, batch_size=1000, verbose=0)

    def get_config(self) -> dict[str, Any]:
        beta = float(str(keras.ops.convert_to_numpy(self.beta)))  # 0.1, not its nearest float32
        return super().get_config() | {"beta": beta}
