"""What several tests share: small digits, and a small model of them."""

import numpy as np
import pytest

from vaelib.data import load_mnist
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras


@pytest.fixture(autouse=True)
def _double_precision(request):
    """JAX keeps to single precision unless it is asked for double, as the mathematics is here."""
    if keras.config.backend() != "jax" or not request.node.get_closest_marker("double"):
        yield
        return
    import jax

    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def digits():
    return load_mnist()[0][0][:2000]


@pytest.fixture(scope="session")
def small_digits(digits):
    """600 digits of 7 × 7 pixels, each the mean of 4 × 4."""
    return digits[:600].reshape(600, 7, 4, 7, 4, 1).mean(axis=(2, 4))


@pytest.fixture(scope="session")
def make_vae():
    """A small model, compiled; its options are those of both halves.

    Run eagerly it saves a second or two of tracing, which is longer than some steps take.
    """

    def make(seed=0, rate=1e-2, beta=1.0, latent_dim=2, kind=VAE, eagerly=False, **options):
        keras.utils.set_random_seed(seed)
        options = {"hidden_units": (16,), "image_shape": (7, 7, 1)} | options
        vae = kind(Encoder(latent_dim, **options), Decoder(latent_dim, **options), beta=beta)
        vae.compile(optimizer=keras.optimizers.Adam(rate), run_eagerly=eagerly)
        return vae

    return make


@pytest.fixture(scope="session")
def without_chance():
    """Make every Q(Z|X) of a model a point, so that its ELBO can be recomputed by other means."""

    def change(vae):
        kernel, bias = vae.encoder.z_log_var.get_weights()
        vae.encoder.z_log_var.set_weights([np.zeros_like(kernel), np.full_like(bias, -60.0)])
        return vae

    return change


@pytest.fixture(scope="session")
def trained(make_vae, small_digits):
    """A model after three epochs. To be looked at, not to be changed."""
    vae = make_vae(dropout_rate=0.1)
    vae.fit(small_digits, batch_size=50, epochs=3, verbose=0)
    return vae
