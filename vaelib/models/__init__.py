"""Variational autoencoders and the networks they are made of."""

from vaelib.models.dense import Decoder, Encoder, Sampling
from vaelib.models.vae import VAE

__all__ = ["VAE", "Decoder", "Encoder", "Sampling"]
