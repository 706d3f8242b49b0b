"""log P(X) of training and of new digits over a long training, by quadrature.

    .venv/bin/python benchmarks/overfitting.py

The better start of notebook 07, 100 epochs on 55 000 digits, three seeds; at some epochs the log
P(X) and the ELBO of 500 digits of either kind. Writes `benchmarks/results/overfitting.json`, which
notebook 06 draws; about fifteen minutes on two cores.
"""

import os

os.environ.setdefault(
    "TF_ENABLE_ONEDNN_OPTS", "1"
)  # faster here; must be set before TensorFlow is imported

from typing import Any

import numpy as np
from common import endless, machine, save
from sprint import new_vae

from vaelib.data import load_mnist
from vaelib.evaluation.likelihoods import paired_log_likelihood, pairwise_log_likelihood
from vaelib.evaluation.quadrature import elbo_quadrature, log_likelihood_quadrature
from vaelib.latent import encode
from vaelib.runtime import keras, set_up
from vaelib.training.schedules import warmup_cosine

AT, BATCH_SIZE, PEAK, SEEDS, DIGITS = (1, 2, 4, 7, 12, 20, 35, 60, 100), 250, 0.003, 3, 500


class LogP(keras.callbacks.Callback):
    """Measures digits of both kinds after the epochs of `AT`."""

    def __init__(self, kinds: dict[str, np.ndarray], seed: int) -> None:
        super().__init__()
        self.kinds, self.seed = kinds, seed
        self.rows: list[dict[str, Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if epoch + 1 not in AT:
            return
        decoder, row = self.model.decoder, {"seed": self.seed, "epoch": epoch + 1}
        pairs, grid = paired_log_likelihood(decoder), pairwise_log_likelihood(decoder)
        for name, x in self.kinds.items():
            exact, error = log_likelihood_quadrature(grid, x, 0.03)
            elbos = elbo_quadrature(pairs, x, *encode(self.model.encoder, x))
            found = {"log_p": exact, "error": error, "elbo": elbos}
            row |= {f"{name}_{key}": round(float(each.mean()), 3) for key, each in found.items()}
        self.rows.append(row)
        print(row, flush=True)


def main() -> None:
    """Train with all seeds, and keep what was measured."""
    (x, _), (x_test, _) = load_mnist()
    x, rows = x[:55_000], []
    for seed in range(SEEDS):
        set_up(seed)
        vae, watch = new_vae(x), LogP({"train": x[:DIGITS], "test": x_test[:DIGITS]}, seed)
        steps = len(x) // BATCH_SIZE
        optimizer = keras.optimizers.Adam(
            warmup_cosine(AT[-1] * steps, PEAK), beta_2=0.99, global_clipnorm=100.0
        )
        vae.compile(optimizer=optimizer, jit_compile=True, steps_per_execution=20)
        batches = {"x": endless(x, BATCH_SIZE), "steps_per_epoch": steps, "epochs": AT[-1]}
        vae.fit(**batches, callbacks=[watch], shuffle=False, verbose=0)
        rows += watch.rows
    what = f"nats per picture, the first {DIGITS} training and test digits"
    save("overfitting", {"what": what, "rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
