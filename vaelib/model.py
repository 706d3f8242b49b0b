"""The variational autoencoder itself: an encoder and a decoder trained together to raise the ELBO.

Losses are in nats per picture. `keras.saving.load_model` needs no `custom_objects` for a saved model, only that this
module has been imported.
"""

import os
from pathlib import Path
from typing import Any, Self

import numpy as np

from vaelib.checks import as_count, as_real, as_seed, require_attributes
from vaelib.device import keras, tf
from vaelib.elbo import Tensor, bernoulli_log_likelihood, gaussian_kl, require_same_shape
from vaelib.files import whole_path
from vaelib.guard import guarded, require_trainable
from vaelib.networks import Decoder, Encoder, Sampling

__all__ = ["VAE", "Decoder", "Encoder", "Sampling", "warmup_cosine"]


@keras.saving.register_keras_serializable(package="vaelib")
class VAE(keras.Model):
    """A variational autoencoder, trained by plain `compile` and `fit` to raise the ELBO of its pictures.

    `fit(x)` and `evaluate(x)` report `reconstruction` (minus log P(X|Z)), `kl` (KL[Q(Z|X) ‖ N(0, I)]) and `loss`, their
    sum, minus the ELBO: nats per picture, one sampled code for each, averaged over all pictures seen. `predict(x)`
    returns reconstructions through the *mean* code, so that the same picture always gives the same one. Calling the
    model returns what the loss needs: `z_mean`, `z_log_var` and the `logits` decoded from a sampled code.

    For another likelihood than Bernoulli pixels, override `log_likelihood`; and if its pixels may be any numbers, set
    the class attribute `unit_interval` to False.

    Args:
        encoder: an `Encoder`, or a model of your own with the same outputs, `latent_dim` and `image_shape`.
        decoder: a `Decoder`, or a model of your own with the same `logits` method, `latent_dim` and `image_shape`.
        beta: weight of the KL in `loss`, a variable that a callback may `assign`. It enters neither `reconstruction`
            nor `kl`: minus their sum is the ELBO whatever beta is, and `loss` is minus the ELBO for beta = 1 only.

    Raises:
        ValueError: if encoder and decoder disagree about `latent_dim` or `image_shape`, or if `beta` is negative.
        TypeError: if one of them is no such model, or `beta` no number.

    Source: Kingma & Welling, arXiv:1312.6114, equation (10) with L = 1; beta, Higgins et al., ICLR 2017.
    """

    unit_interval = True  # whether pixels must be from 0 to 1

    def __init__(self, encoder: keras.Model, decoder: keras.Model, beta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_attributes("encoder", encoder, "latent_dim image_shape")
        require_attributes("decoder", decoder, "latent_dim image_shape logits")
        for name in ("latent_dim", "image_shape"):
            mine, other = getattr(encoder, name), getattr(decoder, name)
            if mine != other:
                raise ValueError(f"encoder and decoder must share {name}, got {mine} and {other}")
        if as_real("beta", beta) < 0:
            raise ValueError(f"beta must be a number of at least 0, got {beta}")
        self.encoder = encoder
        self.decoder = decoder
        self._first_beta = float(beta)
        self.beta = self.add_weight(name="beta", initializer=lambda shape, dtype: beta, trainable=False)
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self.built = True  # both halves made their weights when they were created

    def call(self, x: Tensor, training: bool | None = None) -> dict[str, Tensor]:
        z_mean, z_log_var, z = self.encoder(x, training=training)
        return {"z_mean": z_mean, "z_log_var": z_log_var, "logits": self.decoder.logits(z, training=training)}

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
        """Minus the ELBO (if beta is 1), averaged over the batch; Keras calls it in every training and test step.

        `y`, if given, is the picture to be explained in place of `x` (the article's `fit(x, x)`, or a clean picture for
        a noisy one). ValueError if it is not of the picture's shape, if `compile` was given another loss, or if
        examples are weighted.
        """
        target = self._target(x, y, sample_weight, y_pred["logits"].shape)
        reconstruction = -self.log_likelihood(target, y_pred["logits"])
        kl = gaussian_kl(y_pred["z_mean"], y_pred["z_log_var"])
        self.reconstruction_tracker.update_state(reconstruction)
        self.kl_tracker.update_state(kl)
        # Regularisers, if the layers have any, count too; the losses of several devices will be added up.
        total = keras.ops.mean(reconstruction + self.beta * kl) + sum(self.losses)
        return total / tf.distribute.get_strategy().num_replicas_in_sync

    def _target(self, x: Tensor, y: Tensor, sample_weight: Tensor, shape: tuple[int | None, ...]) -> Tensor:
        """The picture to be explained, once it is clear that Keras was asked for nothing that the loss does not do."""
        if self.loss is not None:
            raise ValueError(f"loss: the VAE brings its own, minus the ELBO; compile was given {self.loss!r}")
        target = x if y is None else y
        require_same_shape("y (leave it out, or give pictures)", target.shape, "the output", shape)
        if sample_weight is not None:
            raise ValueError("sample_weight is not supported: every picture counts alike in the ELBO")
        return target

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """As `keras.Model.fit`; but arrays are looked at first, and training that diverges ends in an error.

        Raises:
            ValueError: if pictures are not of `image_shape`, not from 0 to 1 or not finite, or examples are weighted.
            TypeError: if they are no numbers.
            FloatingPointError: after an epoch whose loss is NaN or infinite.
        """
        shape = self.encoder.image_shape
        require_trainable(x, y, shape, self.unit_interval)
        if kwargs.get("sample_weight") is not None or kwargs.get("class_weight") is not None:
            raise ValueError("sample_weight is not supported: every picture counts alike in the ELBO")
        if isinstance(kwargs.get("validation_data"), tuple | list):
            x_val, y_val, _ = keras.utils.unpack_x_y_sample_weight(tuple(kwargs["validation_data"]))
            require_trainable(x_val, y_val, shape, self.unit_interval, "validation_data's ")
        return super().fit(x, y, batch_size, epochs, verbose, guarded(callbacks, self), **kwargs)

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As `keras.Model.evaluate`; but arrays are looked at first, with `fit`'s errors."""
        require_trainable(x, y, self.encoder.image_shape, self.unit_interval)
        return super().evaluate(x, y, *args, **kwargs)

    def predict_step(self, data: Any) -> Tensor:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        z_mean, _, _ = self.encoder(x, training=False)
        return self.decoder(z_mean, training=False)

    def generate(self, n: int, seed: int | None = None) -> np.ndarray:
        """Draw `n` new pictures: codes from the prior N(0, I), decoded. Returns shape (n, *image_shape), in [0, 1].

        ValueError if `n` is no whole number of at least 1, or `seed` negative; TypeError if `seed` is no integer.
        """
        start = None if seed is None else as_seed("seed", seed)
        z = keras.random.normal((as_count("n", n), self.decoder.latent_dim), seed=start)
        return self.decoder.predict(z, batch_size=1000, verbose=0)

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True, **kwargs: Any) -> None:
        """As `keras.Model.save`, but whole or not at all: a full disk leaves an earlier file as it was."""
        if _is_new_or_file(filepath, overwrite):
            with whole_path(filepath) as temporary:
                super().save(temporary, **kwargs)
        else:
            super().save(filepath, overwrite=overwrite, **kwargs)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True, **kwargs: Any) -> None:
        """As `keras.Model.save_weights`, but whole or not at all, as `save`; a backup while training comes this way."""
        if "max_shard_size" not in kwargs and _is_new_or_file(filepath, overwrite):
            with whole_path(filepath) as temporary:
                super().save_weights(temporary, **kwargs)
        else:
            super().save_weights(filepath, overwrite=overwrite, **kwargs)

    def get_config(self) -> dict[str, Any]:
        halves = {"encoder": self.encoder, "decoder": self.decoder}
        saved = {name: keras.saving.serialize_keras_object(half) for name, half in halves.items()}
        return super().get_config() | saved | {"beta": self._first_beta}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        halves = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects) for name in ("encoder", "decoder")
        }
        return cls(**config | halves)


def _is_new_or_file(filepath: Any, overwrite: bool) -> bool:
    """Whether a file can be put there; all else (a folder, a remote address, a question first) is Keras's business."""
    if not isinstance(filepath, str | os.PathLike) or "://" in str(filepath):
        return False
    path = Path(filepath)
    return path.parent.is_dir() and ((path.is_file() and overwrite) or not path.exists())


def warmup_cosine(steps: int, peak: float = 0.02, warmup: int = 200) -> keras.optimizers.schedules.LearningRateSchedule:
    """The course's learning rate: up a line to `peak`, then down half a cosine to 0.

    Args:
        steps: how many batches there are in all epochs together.
        peak: the largest rate.
        warmup: after how many batches it is reached, from 0.0001 at the first; 0 to start at the peak.

    Raises:
        ValueError: if `steps` or `warmup` is no whole number, `warmup` is negative or not below `steps`, or `peak` is
            not a positive number.

    Source: the cosine, Loshchilov & Hutter, arXiv:1608.03983, equation (5) without restarts; the warm-up, Goyal et
    al., arXiv:1706.02677, section 2.2.
    """
    if as_count("warmup", warmup, least=0) >= as_count("steps", steps):
        raise ValueError(f"warmup must be below the {steps} steps, got {warmup}")
    if not as_real("peak", peak) > 0:
        raise ValueError(f"peak must be positive, got {peak}")
    if not warmup:
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    return keras.optimizers.schedules.CosineDecay(1e-4, steps - warmup, warmup_target=peak, warmup_steps=warmup)
