"""Answers as learners write them, by the stub's name, each with a word that its hint must have."""

from . import (
    autoencoders,
    conditional,
    dependence,
    derivation,
    evaluation,
    gan,
    gifs,
    keras_vae,
    mapping,
    pictures,
    raising,
    vae_gan,
    watching,
)

OF = mapping.OF | derivation.OF | raising.OF | keras_vae.OF | watching.OF | gifs.OF
OF |= evaluation.OF | dependence.OF | pictures.OF | conditional.OF | autoencoders.OF
OF |= gan.OF | vae_gan.OF
