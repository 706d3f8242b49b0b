"""What seven epochs give: the recipe of notebook 03, and the same with something changed, three seeds each.

    .venv/bin/python benchmarks/recipes.py

Writes `benchmarks/results/recipes.md`; about ten minutes on two cores. All figures are nats per picture, so that the
speed of the machine does not enter.
"""

import os
import platform
from pathlib import Path

import numpy as np

from vaelib.data import load_mnist
from vaelib.device import keras, set_up
from vaelib.model import VAE, Decoder, Encoder, warmup_cosine

EPOCHS, BATCH_SIZE, WARMUP, SEEDS = 7, 250, 200, (0, 1, 2)
RESULTS = Path(__file__).parent / "results" / "recipes.md"

# What differs from the notebook's recipe.
RECIPES = {
    "notebook 03": {},
    "dropout 0.3": {"dropout_rate": 0.3},
    "no batch normalisation": {"batch_normalization": False},
    "learning rate 0.004, no warm-up": {"peak": 0.004, "warmup": 0},
    "learning rate 0.0001, constant": {"peak": None},
    "the article's: dropout 0.3, rate 0.0001, batch 500": {"dropout_rate": 0.3, "peak": None, "batch_size": 500},
}


def measure(
    seed: int,
    dropout_rate: float = 0.0,
    batch_normalization: bool = True,
    peak: float | None = 0.02,
    warmup: int = WARMUP,
    batch_size: int = BATCH_SIZE,
) -> tuple[float, float, float, float]:
    """Train once; minus training loss and validation loss of the last epoch, test ELBO and test KL."""
    set_up(seed)
    (x, _), (x_test, _) = load_mnist()
    x_train, x_val = x[:55_000], x[55_000:]
    options = {"dropout_rate": dropout_rate, "batch_normalization": batch_normalization}
    vae = VAE(Encoder(**options), Decoder(**options))
    steps = EPOCHS * len(x_train) // batch_size
    vae.compile(optimizer=keras.optimizers.Adam(1e-4 if peak is None else warmup_cosine(steps, peak, warmup)))
    logs = vae.fit(x_train, validation_data=x_val, epochs=EPOCHS, batch_size=batch_size, verbose=0).history
    test = vae.evaluate(x_test, batch_size=500, verbose=0, return_dict=True)
    return -logs["loss"][-1], -logs["val_loss"][-1], -test["loss"], test["kl"]


def main() -> None:
    """Measure all recipes and write the table."""
    lines = [
        f"ELBO in nats per picture after {EPOCHS} epochs on 55 000 digits, mean of {len(SEEDS)} seeds; for the",
        "test set also seed by seed. Training figures are running means over the last epoch, with dropout on.",
        "",
        "| recipe | training | validation | test | test, seed by seed | KL |",
        "|---|---|---|---|---|---|",
    ]
    for name, changes in RECIPES.items():
        runs = np.array([measure(seed, **changes) for seed in SEEDS])
        training, validation, test, kl = runs.mean(axis=0)
        each = ", ".join(f"−{-value:.1f}" for value in runs[:, 2])
        lines.append(f"| {name} | −{-training:.1f} | −{-validation:.1f} | **−{-test:.1f}** | {each} | {kl:.1f} |")
        print(lines[-1], flush=True)
    versions = f"Keras {keras.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores"
    lines += ["", f"Made by `benchmarks/recipes.py` on {platform.system()} {platform.machine()}: {versions}.", ""]
    temporary = RESULTS.with_suffix(".tmp")
    temporary.write_text("\n".join(lines), encoding="utf-8")
    temporary.replace(RESULTS)


if __name__ == "__main__":
    main()
