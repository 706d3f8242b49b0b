"""The article's recipe, trained for as long as the article did: the mark that the course's own
training is held to.

    .venv/bin/python benchmarks/article.py 1000

Half an hour to an hour on two cores for 1000 epochs: 2.0 to 3.4 seconds an epoch were measured.
Writes `benchmarks/results/article.json`: the test ELBO after every tenth epoch. What is trained is
the article's, batch for batch (batch normalisation, dropout 0.3, Adam at 0.0001, 500 digits at a
time); only the way the batches are fed and the steps compiled is today's.
"""

import os

# Faster here, measured; must be set before TensorFlow is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import sys
import time

import numpy as np
from common import endless, machine, save

from vaelib.data import load_mnist
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up

BATCH_SIZE, DROPOUT, LEARNING_RATE, EVERY = 500, 0.3, 1e-4, 10


def article_vae(**options: object) -> VAE:
    """The article's networks and optimiser, untrained; `options` go to `compile`."""
    vae = VAE(Encoder(dropout_rate=DROPOUT), Decoder(dropout_rate=DROPOUT))
    vae.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), **options)
    return vae


class TestCurve(keras.callbacks.Callback):
    """Measures the test set after every tenth epoch, and keeps the seconds that training took."""

    def __init__(self, x_test: np.ndarray) -> None:
        super().__init__()
        self.x_test = x_test
        self.rows: list[dict[str, float]] = []
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.begun = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.seconds.append(time.perf_counter() - self.begun)
        if (epoch + 1) % EVERY == 0 or epoch == 0:
            test = self.model.evaluate(self.x_test, batch_size=1000, verbose=0, return_dict=True)
            row = {
                "epoch": epoch + 1,
                "elbo": -test["loss"],
                "reconstruction": test["reconstruction"],
                "kl": test["kl"],
            }
            self.rows.append({key: round(value, 3) for key, value in row.items()})
            print(
                f"epoch {epoch + 1}: test ELBO {-test['loss']:.2f}, {self.seconds[-1]:.2f} s",
                flush=True,
            )


def main(epochs: int) -> None:
    """Train, and keep the curve."""
    set_up(seed=0)
    (x, _), (x_test, _) = load_mnist()
    curve = TestCurve(x_test)
    steps = len(x) // BATCH_SIZE
    article_vae(jit_compile=True).fit(
        endless(x, BATCH_SIZE),
        steps_per_epoch=steps,
        epochs=epochs,
        callbacks=[curve],
        shuffle=False,
        verbose=0,
    )
    found = {
        "what": "test ELBO in nats per picture, one code for each; batch 500, dropout 0.3, Adam "
        "0.0001",
        "seconds_an_epoch": round(float(np.median(curve.seconds)), 3),
        "curve": curve.rows,
        "machine": machine(),
    }
    save("article", found)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
