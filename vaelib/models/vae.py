"""The variational autoencoder: an encoder and a decoder, trained together to raise the ELBO."""

from typing import Any, Self

import numpy as np

from vaelib import _validation as check
from vaelib.elbo import Tensor, bernoulli_log_likelihood, gaussian_kl
from vaelib.models.base import PictureModel
from vaelib.runtime import keras, tf


@keras.saving.register_keras_serializable(package="vaelib")
class VAE(PictureModel):
    """A variational autoencoder, trained by plain `compile` and `fit` to raise its pictures' ELBO.

    `fit(x)` and `evaluate(x)` report `reconstruction` (minus log P(X|Z)), `kl` (KL[Q(Z|X) ‖ N(0,
    I)]) and `loss`, their sum, minus the ELBO: nats per picture, one sampled code for each.
    `predict(x)` reconstructs through the *mean* code. Calling the model returns what the loss
    needs: `z_mean`, `z_log_var` and the `logits` decoded from a sampled code.

    For another likelihood than Bernoulli pixels, override `log_likelihood`; if its pixels may be
    any numbers, set `unit_interval = False`. Source: Kingma & Welling, arXiv:1312.6114, (10).

    Args:
        encoder: an `Encoder`, or a model with its outputs, `latent_dim` and `image_shape`.
        decoder: a `Decoder`, or a model with a method `logits` and the same two attributes.
        beta: weight of the KL in `loss` (Higgins et al., ICLR 2017), a variable that a callback may
            `assign`. Minus the sum of `reconstruction` and `kl` is the ELBO, whatever beta is.

    >>> from vaelib.models import Decoder, Encoder
    >>> vae = VAE(Encoder(latent_dim=2), Decoder(latent_dim=2))
    >>> vae.compile(optimizer="adam")
    >>> history = vae.fit(np.zeros((8, 28, 28, 1)), epochs=1, verbose=0)
    >>> vae.generate(3).shape
    (3, 28, 28, 1)
    """

    def __init__(
        self, encoder: keras.Model, decoder: keras.Model, beta: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check.attributes("encoder", encoder, "latent_dim", "image_shape")
        check.attributes("decoder", decoder, "latent_dim", "image_shape", "logits")
        sizes = [(half.latent_dim, *half.image_shape) for half in (encoder, decoder)]
        check.same_shape("latent_dim and image_shape of encoder", sizes[0], "decoder", sizes[1])
        self.encoder, self.decoder, self.image_shape = encoder, decoder, encoder.image_shape
        self.initial_beta = check.number("beta", beta)
        start = keras.initializers.Constant(self.initial_beta)
        self.beta = self.add_weight(name="beta", initializer=start, trainable=False)
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.built = True  # both halves made their weights when they were created

    def call(self, x: Tensor, training: bool | None = None) -> dict[str, Tensor]:
        z_mean, z_log_var, z = self.encoder(x, training=training)
        logits = self.decoder.logits(z, training=training)
        return {"z_mean": z_mean, "z_log_var": z_log_var, "logits": logits}

    def log_likelihood(self, x: Tensor, logits: Tensor) -> Tensor:
        """log P(X|Z): nats, shape (batch,)."""
        return bernoulli_log_likelihood(x, logits)

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
        return total / tf.distribute.get_strategy().num_replicas_in_sync

    def predict_step(self, data: Any) -> Tensor:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        z_mean, _, _ = self.encoder(x, training=False)
        return self.decoder(z_mean, training=False)

    def generate(self, n: int, seed: int | None = None) -> np.ndarray:
        """`n` new pictures, decoded from codes of the prior N(0, I): (n, *image_shape)."""
        shape = (check.integer("n", n), self.decoder.latent_dim)
        seed = None if seed is None else check.integer("seed", seed, least=0)
        z = keras.random.normal(shape, seed=seed)
        return self.decoder.predict(z, batch_size=1000, verbose=0)

    def get_config(self) -> dict[str, Any]:
        halves = {"encoder": self.encoder, "decoder": self.decoder}
        saved = {name: keras.saving.serialize_keras_object(half) for name, half in halves.items()}
        return super().get_config() | saved | {"beta": self.initial_beta}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        load, halves = keras.saving.deserialize_keras_object, ("encoder", "decoder")
        return cls(**config | {name: load(config[name], custom_objects) for name in halves})
