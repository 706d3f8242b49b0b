"""What a code costs under different likelihoods, and what the background has to do with it.

    .venv/bin/python benchmarks/likelihoods.py

One architecture, 20 000 digits, five epochs, three seeds. *Dequantised*: each pixel is moved by
noise of the width of a grey level. *Limited*: the decoder's logits cannot leave ±LIMIT, and the
density of a pixel has a ceiling. Writes `benchmarks/results/likelihoods.json`, which notebook 07
reads; about five minutes on two cores.
"""

from typing import Any

import numpy as np
from common import machine, save

from course.experiments import GaussianInk, kl_in_two
from vaelib.data import load_mnist
from vaelib.latent import encode
from vaelib.likelihoods import Bernoulli, ContinuousBernoulli
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.initialization import initialize_from_data

DIGITS, EPOCHS, BATCH_SIZE, PEAK, SEEDS, LIMIT = 20_000, 5, 100, 0.005, 3, 3.0


class Limited(ContinuousBernoulli):
    """A continuous Bernoulli whose logits stay between −LIMIT and LIMIT."""

    def log_prob(self, x: Any, logits: Any) -> Any:
        return super().log_prob(x, LIMIT * keras.ops.tanh(logits / LIMIT))


def gaussian() -> GaussianInk:
    """Normal pixels whose deviation is learned, from e⁻¹ on."""
    return GaussianInk(sigma=np.exp(-1))


def grey(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The pixels as they are."""
    return x


def tossed(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Black or white, with a chance equal to the grey value."""
    return (rng.random(x.shape) < x).astype("float32")


def dequantised(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Spread evenly over the grey level's width, still between 0 and 1."""
    return ((255 * x + rng.random(x.shape)) / 256).astype("float32")


MODELS = {
    "Bernoulli, grey": (Bernoulli, grey),
    "Bernoulli, binarised": (Bernoulli, tossed),
    "continuous Bernoulli, grey": (ContinuousBernoulli, grey),
    "continuous Bernoulli, dequantised": (ContinuousBernoulli, dequantised),
    "continuous Bernoulli, limited": (Limited, grey),
    "Gaussian, grey": (gaussian, grey),
    "Gaussian, dequantised": (gaussian, dequantised),
}


def measure(name: str, seed: int) -> dict[str, Any]:
    """Train once, and judge on the test digits that go with the model."""
    likelihood, prepared = MODELS[name]
    rng = np.random.default_rng(seed)
    (x_all, _), (x_test, _) = load_mnist()
    x, x_test = prepared(x_all[:DIGITS], rng), prepared(x_test, rng)
    set_up(seed)
    encoder = Encoder(batch_normalization=False)
    decoder = Decoder(batch_normalization=False, likelihood=likelihood())
    initialize_from_data(decoder, x, seed=seed)
    model = VAE(encoder, decoder)
    steps = EPOCHS * DIGITS // BATCH_SIZE
    rate = keras.optimizers.schedules.CosineDecay(PEAK, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate))
    model.fit(x, epochs=EPOCHS, batch_size=BATCH_SIZE, verbose=0)
    test = model.evaluate(x_test, batch_size=500, verbose=0, return_dict=True)
    z_mean, z_log_var = encode(model.encoder, x_test)
    outside = float((np.linalg.norm(z_mean, axis=1) > 3).mean())
    found = {"elbo": -test["loss"], **kl_in_two(z_mean, z_log_var), "outside": outside}
    return {"model": name, "seed": seed, **{key: round(each, 3) for key, each in found.items()}}


def main() -> None:
    """Measure all models with all seeds."""
    rows = []
    for seed in range(SEEDS):
        for name in MODELS:
            rows.append(measure(name, seed))
            print(rows[-1], flush=True)
    what = (
        f"nats per picture of the test set; {DIGITS} digits, {EPOCHS} epochs; outside: share of "
        "mean codes farther than 3 from the origin"
    )
    save("likelihoods", {"what": what, "limit": LIMIT, "rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
