"""The conditional VAE: both halves are told the label, and the code holds what it leaves open."""

from typing import Any

from vaelib.elbo import Tensor
from vaelib.models.conditional_halves import ConditionalDecoder, ConditionalEncoder
from vaelib.models.foreign import as_decoder
from vaelib.models.labelled import Encoded, pair
from vaelib.models.vae import VAE
from vaelib.runtime import keras


@keras.saving.register_keras_serializable(package="vaelib")
class ConditionalVAE(Encoded, VAE):
    """A VAE of pictures with labels, trained by `fit(x, y)` to raise a bound on log P(X|Y).

    The prior stays N(0, I) for every label, so the code need not say what the label says. All else
    is as for `VAE`; where that takes pictures, this takes `(x, y)`. Tools made for a VAE's halves
    take `vae.encoder.given(y)` and `vae.decoder.given(y)`. Source: Sohn, Lee & Yan, NeurIPS 2015.

    Args:
        encoder: as for `VAE`; it becomes a `ConditionalEncoder`.
        decoder: as for `VAE`, of codes of latent_dim + n_classes numbers; it becomes a
            `ConditionalDecoder`.
        n_classes: how many labels there are, at least 2.
        beta, likelihood: as for `VAE`; a finished `ConditionalDecoder` has a likelihood of its own.

    >>> import numpy as np
    >>> from vaelib.models import Decoder, Encoder
    >>> vae = ConditionalVAE(Encoder(latent_dim=2), Decoder(latent_dim=2 + 10))
    >>> vae.compile(optimizer="adam")
    >>> history = vae.fit(np.zeros((8, 28, 28, 1)), np.arange(8), epochs=1, verbose=0)
    >>> vae.generate([3, 3, 7]).shape  # two threes and a seven
    (3, 28, 28, 1)
    """

    def __init__(
        self,
        encoder: Any,
        decoder: Any,
        n_classes: int = 10,
        beta: float = 1.0,
        likelihood: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(encoder, ConditionalEncoder):
            encoder = ConditionalEncoder(encoder, n_classes)
        if not isinstance(decoder, ConditionalDecoder):
            decoder = ConditionalDecoder(as_decoder(decoder, likelihood), n_classes)
        counts = [n_classes, encoder.n_classes, decoder.n_classes]
        if len({*counts}) > 1:
            raise ValueError(f"n_classes must be one number for all, got {counts}")
        super().__init__(encoder, decoder, beta, **kwargs)
        self.n_classes = n_classes

    def make_weights(self) -> None:
        """The halves have made theirs."""

    def call(self, inputs: Any, training: bool | None = None) -> dict[str, Tensor]:
        x, y = pair(inputs)
        z_mean, z_log_var, z = self.encoder((x, y), training=training)
        logits = self.decoder.logits((z, y), training=training)
        return {"z_mean": z_mean, "z_log_var": z_log_var, "logits": logits}

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"n_classes": self.n_classes}
