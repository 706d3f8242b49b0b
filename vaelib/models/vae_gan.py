"""A VAE and a GAN in one: pictures are compared by the features of a discriminator."""

from typing import Any

from vaelib import _validation as check
from vaelib.elbo import Tensor, gaussian_kl
from vaelib.models.conditional_halves import ConditionalEncoder
from vaelib.models.gan import ConditionalGAN, frozen
from vaelib.models.labelled import Encoded, pair
from vaelib.runtime import keras

ops = keras.ops


@keras.saving.register_keras_serializable(package="vaelib")
class VAEGAN(Encoded, ConditionalGAN):
    """A conditional GAN with an encoder, whose `distance` of pictures is one of features.

    Each of three parts has a cost of its own, and no gradient of one reaches the others. The
    encoder pays beta times its KL plus the distance; the decoder, gamma times the distance plus
    what a GAN's generator pays for new pictures; the discriminator, what it pays in a GAN. The
    distance of a picture from its reconstruction is ½ |φ(x) − φ(x̂)|², where φ are the features of
    the network inside the discriminator: up to constants, minus beta times the logarithm of a
    normal density N(φ(x̂), beta · I). `loss` is the sum of the three costs, and tells nothing.

    A part whose `trainable` is False stays as it is: so a finished GAN gets an encoder. Source:
    Larsen et al., arXiv:1512.09300, who let the discriminator judge reconstructions, too.

    Args:
        encoder: as for `ConditionalVAE`.
        decoder, discriminator: as for `ConditionalGAN`.
        n_classes: how many labels there are, at least 2.
        gamma: what the distance counts for the decoder.
        beta: what the KL counts for the encoder.
        objective: as for `ConditionalGAN`.

    >>> from vaelib.models import Decoder, Encoder
    >>> inner = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    >>> model = VAEGAN(Encoder(latent_dim=8), Decoder(latent_dim=8 + 10), inner)
    >>> model.compile(keras.optimizers.Adam(1e-3, beta_1=0.5))
    >>> history = model.fit(ops.zeros((8, 28, 28, 1)), ops.arange(8), epochs=1, verbose=0)
    >>> model.restyle(ops.zeros((2, 28, 28, 1)), [3, 7]).shape
    (2, 10, 28, 28, 1)
    """

    parts = ("encoder", "decoder", "discriminator")

    def __init__(
        self,
        encoder: Any,
        decoder: Any,
        discriminator: Any,
        n_classes: int = 10,
        gamma: float = 1.0,
        beta: float = 1.0,
        objective: str = "hinge",
        **kwargs: Any,
    ) -> None:
        super().__init__(decoder, discriminator, n_classes, objective, **kwargs)
        if not isinstance(encoder, ConditionalEncoder):
            encoder = ConditionalEncoder(encoder, n_classes)
        sizes = [
            (half.latent_dim, half.n_classes, *half.image_shape) for half in (encoder, self.decoder)
        ]
        name = "latent_dim, n_classes and image_shape of encoder"
        check.same_shape(name, sizes[0], "the model", sizes[1])
        self.encoder = encoder
        self.gamma, self.beta = check.number("gamma", gamma), check.number("beta", beta)
        self.distance_tracker = keras.metrics.Mean(name="distance")
        self.kl_tracker = keras.metrics.Mean(name="kl")

    def call(self, inputs: Any, training: bool | None = None) -> dict[str, Tensor]:
        x, y = pair(inputs)
        z_mean, z_log_var, z = self.encoder((x, y), training=training)
        # The same picture, once with a way back to the encoder, and once to the decoder.
        to_encoder = frozen(self.decoder, (z, y), training)
        to_decoder = self.decoder((ops.stop_gradient(z), y), training=training)
        return super().call(inputs, training) | {
            "z_mean": z_mean,
            "z_log_var": z_log_var,
            "reconstruction": to_decoder,
            "encoder_distance": self.distance(x, to_encoder, training),
            "decoder_distance": self.distance(x, to_decoder, training),
        }

    def distance(self, x: Tensor, pictures: Tensor, training: bool | None = None) -> Tensor:
        """½ |φ(x) − φ(pictures)|²: shape (batch,). The discriminator gets no gradient of it."""
        phi = self.discriminator.inner
        apart = frozen(phi, x, training) - frozen(phi, pictures, training)
        return ops.sum(ops.cast(apart, "float32") ** 2, axis=1) / 2

    def costs(self, y_pred: dict[str, Tensor]) -> Tensor:
        """What all three parts pay, together: a mean over the batch."""
        kl = gaussian_kl(y_pred["z_mean"], y_pred["z_log_var"])
        self.kl_tracker.update_state(kl)
        self.distance_tracker.update_state(y_pred["encoder_distance"])
        encoder_pays = self.beta * kl + y_pred["encoder_distance"]
        decoder_pays = self.gamma * y_pred["decoder_distance"]
        return super().costs(y_pred) + ops.mean(encoder_pays + decoder_pays)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"gamma": self.gamma, "beta": self.beta}
