"""Clothes in place of digits, if Debian's `dataset-fashion-mnist` is installed: end to end."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vaelib.evaluation.bounds import iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood, pairwise_log_likelihood
from vaelib.evaluation.quadrature import elbo_quadrature, log_likelihood_quadrature
from vaelib.latent import encode
from vaelib.models import VAE, ConvDecoder, ConvEncoder
from vaelib.runtime import keras
from vaelib.training.initialization import initialize_from_data
from vaelib.training.snapshots import Snapshots
from vaelib.visual.animation import latent_gif, manifold_gif
from vaelib.visual.explorer import latent_explorer

FOLDER = Path("/usr/share/datasets/fashion-mnist")
NAMES = np.array(
    [
        "T-shirt",
        "trousers",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "trainer",
        "bag",
        "boot",
    ]
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.exists(), reason=f"no Fashion-MNIST in {FOLDER}"),
]


def read(name, start, shape):
    """The array in an idx file, whose head is `start` bytes long."""
    content = gzip.decompress((FOLDER / name).read_bytes())
    return np.frombuffer(content, "u1", offset=start).reshape(shape)


def test_clothes_go_through_every_tool(tmp_path):
    x = read("train-images-idx3-ubyte.gz", 16, (-1, 28, 28, 1))[:6000] / np.float32(255)
    x_test = read("t10k-images-idx3-ubyte.gz", 16, (-1, 28, 28, 1))[:1000] / np.float32(255)
    labels = NAMES[read("t10k-labels-idx1-ubyte.gz", 8, -1)[:1000]]
    keras.utils.set_random_seed(0)
    decoder = ConvDecoder(batch_normalization=False)
    initialize_from_data(decoder, x)
    vae, seen = VAE(ConvEncoder(batch_normalization=False), decoder), Snapshots(x_test, n=9)
    vae.compile(keras.optimizers.Adam(0.002))
    vae.fit(x, batch_size=50, epochs=3, verbose=0, callbacks=[seen])
    exact, error = log_likelihood_quadrature(pairwise_log_likelihood(decoder), x_test[:60], 0.06)
    clouds = encode(vae.encoder, x_test[:60])
    log_p = paired_log_likelihood(decoder)
    elbo = elbo_quadrature(log_p, x_test[:60], *clouds)
    bound = iwae_bound(
        log_importance_weights(log_p, x_test[:60], *clouds, k=2000, prior_weight=0.3)
    )
    assert -320 < elbo.mean() < exact.mean() < -230  # 317 is what the average picture costs
    assert (elbo < exact + error + 1e-6).all()
    np.testing.assert_allclose(np.median(bound - exact), 0, atol=0.2)

    options = {"size": 400, "verbose": False, "ink": False}
    gifs = [
        manifold_gif(seen.recording, tmp_path / "map.gif", **options),
        latent_gif(seen.recording, labels, tmp_path / "codes.gif", **options),
        latent_gif(seen.recording, labels, tmp_path / "both.gif", with_manifold=True, **options),
    ]
    for path in gifs:
        with Image.open(path) as gif:
            assert gif.n_frames >= 3
    codes = encode(vae.encoder, x_test)[0]
    explorer = latent_explorer(decoder, codes, labels, x_test, ink=False)
    assert explorer.save(tmp_path / "explorer.html").stat().st_size < 800_000
