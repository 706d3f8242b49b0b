"""What seven epochs give: the recipe of notebook 03, and the same with something changed.

    .venv/bin/python benchmarks/recipes.py

Writes `benchmarks/results/recipes.md` and `.json`; about ten minutes on two cores. Every row sees
the same digits as often. The nats do not depend on the speed of the machine; the seconds do, and
are taken afterwards, one recipe right after the other.
"""

import time
from typing import Any

import numpy as np
from common import endless, machine, save, save_text

from vaelib.data import load_mnist
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.initialization import initialize_from_data
from vaelib.training.schedules import warmup_cosine

EPOCHS, BATCH_SIZE, PEAK, WARMUP = 7, 250, 0.02, 200
NO_BN = {"batch_normalization": False}
GELU = NO_BN | {"activation": "gelu"}

# What differs from the notebook's recipe: the networks' options, and how they are trained; and how
# many seeds.
RECIPES: list[tuple[str, dict[str, Any], dict[str, Any], int]] = [
    ("notebook 03", {}, {}, 3),
    ("dropout 0.3", {"dropout_rate": 0.3}, {}, 3),
    ("no BN", NO_BN, {}, 3),
    ("no BN, peak 0.005", NO_BN, {"peak": 0.005}, 3),
    ("no BN, peak 0.005, better start", NO_BN, {"peak": 0.005, "start": True}, 3),
    ("no BN, peak 0.005, better start, GELU", GELU, {"peak": 0.005, "start": True}, 3),
    ("learning rate: 0.004, no warm-up", {}, {"peak": 0.004, "warmup": 0}, 1),
    ("schedule: constant 0.003", {}, {"constant": 0.003}, 1),
    ("learning rate: constant 0.0001", {}, {"constant": 1e-4}, 1),
    ("batch of 100", {}, {"batch_size": 100}, 1),
    ("batch of 1000", {}, {"batch_size": 1000, "warmup": 50}, 1),
    (
        "the article's: dropout 0.3, 0.0001, batch 500",
        {"dropout_rate": 0.3},
        {"constant": 1e-4, "batch_size": 500},
        1,
    ),
    ("latent size 5", {"latent_dim": 5}, {}, 1),
    ("latent size 20", {"latent_dim": 20}, {}, 1),
]


def prepare(
    seed: int,
    x: np.ndarray,
    networks: dict[str, Any],
    peak: float = PEAK,
    warmup: int = WARMUP,
    constant: float | None = None,
    batch_size: int = BATCH_SIZE,
    start: bool = False,
    beta: float = 1.0,
    optimizer: type[keras.optimizers.Optimizer] = keras.optimizers.Adam,
) -> tuple[VAE, dict[str, Any]]:
    """The model of a recipe, compiled, and what its `fit` takes for one epoch."""
    set_up(seed)
    vae = VAE(Encoder(**networks), Decoder(**networks), beta=beta)
    if start:
        initialize_from_data(vae.decoder, x, seed=seed)
    steps = len(x) // batch_size
    rate = warmup_cosine(EPOCHS * steps, peak, warmup) if constant is None else constant
    vae.compile(optimizer=optimizer(rate))
    return vae, {
        "x": endless(x, batch_size),
        "steps_per_epoch": steps,
        "shuffle": False,
        "verbose": 0,
    }


def measure(seed: int, networks: dict[str, Any], **training: Any) -> dict[str, float]:
    """Train once; the training loss of the last epoch, and the test set's terms."""
    (x, _), (x_test, _) = load_mnist()
    vae, one_epoch = prepare(seed, x[:55_000], networks, **training)
    logs = vae.fit(**one_epoch, epochs=EPOCHS).history
    test = vae.evaluate(x_test, batch_size=500, verbose=0, return_dict=True)
    return {
        "training": -logs["loss"][-1],
        "elbo": -test["reconstruction"] - test["kl"],
        "reconstruction": test["reconstruction"],
        "kl": test["kl"],
    }


def seconds_an_epoch(networks: dict[str, Any], training: dict[str, Any]) -> float:
    """The shorter of two epochs, after one that is not counted."""
    vae, one_epoch = prepare(0, load_mnist()[0][0][:55_000], networks, **training)
    times: list[float] = []
    tell = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter())
    )
    vae.fit(**one_epoch, epochs=3, callbacks=[tell])
    return float(np.diff(times).min())


def row_of(
    name: str, networks: dict[str, Any], training: dict[str, Any], seeds: int
) -> dict[str, Any]:
    """One row of the table: means over the seeds, and their range."""
    runs = [measure(seed, networks, **training) for seed in range(seeds)]
    mean = {key: round(float(np.mean([run[key] for run in runs])), 2) for key in runs[0]}
    each = [round(run["elbo"], 2) for run in runs]
    latent_dim = networks.get("latent_dim", 2)
    return {
        "recipe": name,
        **mean,
        "low": min(each),
        "high": max(each),
        "seeds": seeds,
        "latent_dim": latent_dim,
    }


def as_markdown(rows: list[dict[str, Any]], made: dict[str, Any]) -> str:
    """The table as Markdown, and on what it was made."""
    lines = [
        "# The recipes, one thing changed at a time",
        "",
        f"ELBO in nats per picture after {EPOCHS} epochs on 55 000 digits. Training figures are "
        "running means over the",
        "last epoch, with dropout on. Seconds are those of one epoch. BN: batch normalisation.",
        "",
        "| recipe | seeds | training | test | lowest, highest | KL | seconds an epoch |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        ends = "" if row["seeds"] == 1 else f"−{-row['low']:.1f}, −{-row['high']:.1f}"
        lines.append(
            f"| {row['recipe']} | {row['seeds']} | −{-row['training']:.1f} | "
            f"**−{-row['elbo']:.1f}** | {ends} | {row['kl']:.1f} | {row['seconds']:.1f} |"
        )
    what = ", ".join(f"{key} {value}" for key, value in made.items())
    return "\n".join([*lines, "", f"Made by `benchmarks/recipes.py`: {what}.", ""])


def main() -> None:
    """Measure all recipes and write the table."""
    rows = []
    for recipe in RECIPES:
        rows.append(row_of(*recipe))
        print(f"{rows[-1]['recipe']}: test ELBO {rows[-1]['elbo']:.1f}", flush=True)
    for row, (name, networks, training, _) in zip(rows, RECIPES, strict=True):
        row["seconds"] = round(seconds_an_epoch(networks, training), 2)
        print(f"{name}: {row['seconds']} s an epoch", flush=True)
    made = machine()
    save(
        "recipes",
        {"what": f"nats per picture after {EPOCHS} epochs", "rows": rows, "machine": made},
    )
    save_text("recipes.md", as_markdown(rows, made))


if __name__ == "__main__":
    main()
