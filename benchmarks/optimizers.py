"""Adam beside RMSprop in notebook 03's recipe, each with the recipe's learning rate and with its
best of a few; and what the warm-up, and a rate far above the article's, are worth.

    .venv/bin/python benchmarks/optimizers.py

Writes `benchmarks/results/optimizers.json`; about fifteen minutes on two cores. The peak of the
learning rate is chosen by the validation set with one seed, which is not used again; what is
reported comes from other seeds, the same for every row, and from the test set.
"""

from typing import Any

import numpy as np
from common import machine, save
from recipes import EPOCHS, PEAK, WARMUP, prepare

from vaelib.data import load_mnist
from vaelib.runtime import keras

OPTIMIZERS = {"Adam": keras.optimizers.Adam, "RMSprop": keras.optimizers.RMSprop}
PEAKS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02]
CHOOSING, SEEDS = 100, [0, 1, 2, 3, 4]
ARTICLES = 0.0001  # constant


def measure(seed: int, optimizer: str, **rate: Any) -> dict[str, float] | None:
    """Train the recipe; the ELBO of the validation and of the test set, in nats. None if the
    training broke down."""
    (x, _), (x_test, _) = load_mnist()
    vae, one_epoch = prepare(seed, x[:55_000], {}, optimizer=OPTIMIZERS[optimizer], **rate)
    try:
        vae.fit(**one_epoch, epochs=EPOCHS)
    except RuntimeError:
        return None
    elbo = {}
    for name, pictures in (("validation", x[55_000:]), ("test", x_test)):
        found = vae.evaluate(pictures, batch_size=500, verbose=0, return_dict=True)
        elbo[name] = round(-found["reconstruction"] - found["kl"], 2)
    return elbo


def best_peak(tried: list[dict[str, Any]], optimizer: str) -> float:
    """The peak with the highest validation ELBO."""
    mine = [one for one in tried if one["optimizer"] == optimizer and one["validation"]]
    return float(max(mine, key=lambda one: one["validation"])["peak"])


def row_of(optimizer: str, rate: float, schedule: str) -> dict[str, Any]:
    """The test ELBO with each seed, their mean and standard deviation."""
    how = {
        "warm-up, cosine": {"peak": rate, "warmup": WARMUP},
        "cosine": {"peak": rate, "warmup": 0},
        "constant": {"constant": rate},
    }[schedule]
    found = [measure(seed, optimizer, **how) for seed in SEEDS]
    elbo = [one["test"] for one in found if one]
    row = {"optimizer": optimizer, "rate": rate, "schedule": schedule, "elbo": elbo}
    row |= {"mean": round(float(np.mean(elbo)), 2) if elbo else None}
    row |= {"deviation": round(float(np.std(elbo, ddof=1)), 2) if len(elbo) > 1 else None}
    print(row, flush=True)
    return row


def main() -> None:
    """Choose the peaks, then measure with other seeds, and write the file."""
    tried: list[dict[str, Any]] = []
    for optimizer in OPTIMIZERS:
        for peak in PEAKS:
            found = measure(CHOOSING, optimizer, peak=peak)
            validation = found and found["validation"]
            tried.append({"optimizer": optimizer, "peak": peak, "validation": validation})
            print(tried[-1], flush=True)
    rows = [
        row_of(optimizer, peak, "warm-up, cosine")
        for optimizer in OPTIMIZERS
        for peak in sorted({PEAK, best_peak(tried, optimizer)})
    ]
    rows += [row_of("Adam", PEAK, "cosine"), row_of("Adam", ARTICLES, "constant")]
    what = f"ELBO in nats per picture after {EPOCHS} epochs on 55 000 digits"
    seeds = {"choosing_seed": CHOOSING, "seeds": SEEDS}
    save("optimizers", {"what": what, **seeds, "tried": tried, "rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
