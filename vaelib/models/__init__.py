"""Variational autoencoders and the networks they are made of."""

from vaelib.models.conditional import ConditionalVAE
from vaelib.models.conv import ConvDecoder, ConvEncoder
from vaelib.models.dense import Decoder, Encoder, Sampling
from vaelib.models.gan import ConditionalGAN, Discriminator
from vaelib.models.vae import VAE
from vaelib.models.vae_gan import VAEGAN

__all__ = [
    "VAE",
    "VAEGAN",
    "ConditionalGAN",
    "ConditionalVAE",
    "ConvDecoder",
    "ConvEncoder",
    "Decoder",
    "Discriminator",
    "Encoder",
    "Sampling",
]
