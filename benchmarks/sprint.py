"""From nothing to a trained model in a fresh process: import, load, train, measure; prints what the
test set says.

    .venv/bin/python benchmarks/sprint.py

`training.py` runs it with a stopwatch. Imports only what it needs.
"""

import os

os.environ.setdefault(
    "TF_ENABLE_ONEDNN_OPTS", "1"
)  # faster here; must be set before TensorFlow is imported

import json
import time

import numpy as np
from common import endless

from vaelib.data import load_mnist
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.initialization import initialize_from_data
from vaelib.training.schedules import warmup_cosine

# Found by trying; see the table of recipes for what each part is worth.
STEPS, BATCH_SIZE, PEAK, WARMUP = 600, 125, 0.01, 50
OPTIONS = {"batch_normalization": False, "activation": "gelu"}


def new_vae(x: np.ndarray, **start: float) -> VAE:
    """The article's layers without batch normalisation, with GELU and the better start."""
    vae = VAE(Encoder(**OPTIONS), Decoder(**OPTIONS))
    initialize_from_data(vae.decoder, x, **start)
    return vae


def main() -> None:
    """Train for a little more than one epoch and print the test set's ELBO and KL."""
    set_up(seed=0)
    (x, _), (x_test, _) = load_mnist()
    vae = new_vae(x)
    rate = warmup_cosine(STEPS, PEAK, WARMUP)
    vae.compile(optimizer=keras.optimizers.Adam(rate), jit_compile=True, steps_per_execution=20)
    begun = time.perf_counter()
    vae.fit(endless(x, BATCH_SIZE), steps_per_epoch=STEPS, shuffle=False, verbose=0)
    seconds = time.perf_counter() - begun
    test = vae.evaluate(x_test, batch_size=1000, verbose=0, return_dict=True)
    print(json.dumps({"elbo": -test["loss"], "kl": test["kl"], "fit": seconds}), flush=True)


if __name__ == "__main__":
    main()
