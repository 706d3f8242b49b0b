"""Dense against convolutional, 60 seconds of training each: on MNIST, and on coloured shapes.

    .venv/bin/python benchmarks/convolution.py

All 60 000 digits with Bernoulli pixels, or 10 000 shapes with Gaussian ones; Adam, batches of 100,
no batch normalisation. The learning rate falls along a cosine of the time that has passed, and
training ends with the budget. Three seeds. Writes `benchmarks/results/convolution.json`, which
notebook 08 reads; about twenty minutes on a machine with nothing else to do.
"""

import time
from typing import Any

import numpy as np
from common import endless, machine, save

from course.factors import dequantised
from vaelib.data import coloured_shapes, load_mnist
from vaelib.likelihoods import Gaussian
from vaelib.models import VAE, ConvDecoder, ConvEncoder, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.initialization import initialize_from_data

SECONDS, BATCH_SIZE, PEAK, SEEDS = 60.0, 100, 0.002, 3
KINDS = {"dense": (Encoder, Decoder), "convolutional": (ConvEncoder, ConvDecoder)}
TASKS = [("digits", 2), ("digits", 16), ("shapes", 8)]


class Budget(keras.callbacks.Callback):
    """Lowers the learning rate with the clock, and stops when the time is over."""

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        if batch == 1:  # the first step was compiled
            self.start = time.perf_counter()
        share = (time.perf_counter() - self.start) / SECONDS if batch else 0.0
        rate = PEAK * (1 + np.cos(np.pi * min(1.0, share))) / 2
        self.model.optimizer.learning_rate.assign(rate)
        if share >= 1:
            self.model.stop_training = True

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.steps = batch + 1


def pictures(data: str) -> tuple[np.ndarray, np.ndarray]:
    """To train on, and to test on."""
    if data == "digits":
        (x, _), (x_test, _) = load_mnist()
        return x, x_test
    rng = np.random.default_rng(0)
    x, x_test = (dequantised(coloured_shapes(n, seed=n)[0], rng) for n in (10_000, 2000))
    return x, x_test


def measure(data: str, latent_dim: int, kind: str, seed: int) -> dict[str, Any]:
    """Train for the time given, and judge on the test set."""
    set_up(seed)
    x, x_test = pictures(data)
    options = {"image_shape": x.shape[1:], "batch_normalization": False}
    encoder, decoder = KINDS[kind]
    likelihood = "bernoulli" if data == "digits" else Gaussian(sigma=0.05)
    vae = VAE(encoder(latent_dim, **options), decoder(latent_dim, likelihood=likelihood, **options))
    initialize_from_data(vae.decoder, x, seed=seed)
    vae.compile(optimizer=keras.optimizers.Adam(PEAK))
    budget, batches = Budget(), endless(x, BATCH_SIZE)
    vae.fit(batches, steps_per_epoch=10**6, callbacks=[budget], shuffle=False, verbose=0)
    found = vae.evaluate(x_test, batch_size=500, verbose=0, return_dict=True)
    return {
        "data": data,
        "latent_dim": latent_dim,
        "kind": kind,
        "seed": seed,
        "epochs": round(budget.steps * BATCH_SIZE / len(x), 1),
        "elbo": round(-found["loss"], 2),
        "kl": round(found["kl"], 2),
        "weights": vae.count_params(),
    }


def main() -> None:
    """All kinds on all tasks with all seeds, in turns."""
    rows = []
    for seed in range(SEEDS):
        for task in TASKS:
            for kind in KINDS:
                rows.append(measure(*task, kind, seed))
                print(rows[-1], flush=True)
    what = f"{SECONDS:.0f} s of training; elbo and kl in nats per picture of the test set"
    save("convolution", {"what": what, "rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
