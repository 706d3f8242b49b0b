"""How far the recipe of notebook 03 carries: other seeds and threads, ten times as long, other
rates, half precision.

    .venv/bin/python benchmarks/limits.py

Writes `benchmarks/results/limits.md` and `.json`; about ten minutes on two cores. Nats do not
depend on the speed of the machine, and hardly on its kind.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from common import machine, save, save_text

from vaelib.data import load_mnist
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.schedules import warmup_cosine

EPOCHS, BATCH_SIZE, PEAK, WARMUP = 7, 250, 0.02, 200
SEEDS = 10
THREADS = [1, 2]
RATES = [1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 1e-1]
POLICIES = ["float32", "mixed_float16", "mixed_bfloat16"]


def measure(
    seed: int, epochs: int = EPOCHS, rate: float | None = None, policy: str = "float32"
) -> dict[str, Any]:
    """Train, and the test set's ELBO; or what the error said. A rate is constant, the recipe's is
    not."""
    (x, _), (x_test, _) = load_mnist()
    x = x[:55_000]
    set_up(seed)
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        vae = VAE(Encoder(), Decoder())
        schedule = (
            warmup_cosine(epochs * len(x) // BATCH_SIZE, PEAK, WARMUP) if rate is None else rate
        )
        vae.compile(optimizer=keras.optimizers.Adam(schedule))
        try:
            losses = vae.fit(x, epochs=epochs, batch_size=BATCH_SIZE, verbose=0).history["loss"]
        except RuntimeError as error:
            return {"error": str(error)}
        test = vae.evaluate(x_test, batch_size=500, verbose=0, return_dict=True)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    assert np.isfinite(losses).all()
    return {"elbo": round(-test["reconstruction"] - test["kl"], 2)}


def measure_with(threads: int) -> dict[str, Any]:
    """The same in a process of its own, whose sums are made by so many threads, each in its own
    order."""
    code = "import json, limits; print(json.dumps(limits.measure(0)))"
    environment = os.environ | {"TF_NUM_INTRAOP_THREADS": str(threads)}
    command, folder = [sys.executable, "-c", code], Path(__file__).parent
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def all_measured() -> dict[str, Any]:
    """Everything, progress shown."""
    found: dict[str, Any] = {"seeds": [], "threads": [], "rates": [], "policies": []}
    for seed in range(SEEDS):
        found["seeds"].append({"seed": seed, **measure(seed)})
        print(found["seeds"][-1], flush=True)
    for threads in THREADS:
        found["threads"].append({"threads": threads, **measure_with(threads)})
        print(found["threads"][-1], flush=True)
    found["long"] = {"epochs": 10 * EPOCHS, **measure(0, 10 * EPOCHS)}
    print(found["long"], flush=True)
    for rate in RATES:
        found["rates"].append({"rate": rate, **measure(0, epochs=2, rate=rate)})
        print(found["rates"][-1], flush=True)
    for policy in POLICIES:
        found["policies"].append({"policy": policy, **measure(0, policy=policy)})
        print(found["policies"][-1], flush=True)
    return found


def as_markdown(found: dict[str, Any], made: dict[str, Any]) -> str:
    """The figures as Markdown, and on what they were made."""
    each = np.array([row["elbo"] for row in found["seeds"]])
    said = [
        (row["rate"], f"{row['elbo']:.1f}" if "elbo" in row else row["error"])
        for row in found["rates"]
    ]
    lines = [
        f"# How far the recipe of notebook 03 carries, measured on {made['date']}",
        "",
        f"Test ELBO in nats per picture, trained on 55 000 digits; {EPOCHS} epochs where nothing "
        "else is said.",
        "",
        "## Ten seeds",
        "",
        f"Mean {each.mean():.2f}, standard deviation {each.std(ddof=1):.2f}, {each.min():.2f} to "
        f"{each.max():.2f}: " + ", ".join(f"{value:.2f}" for value in each) + ".",
        "",
        "## The same seed with another number of threads (`TF_NUM_INTRAOP_THREADS`)",
        "",
        "The order of the additions is another, and training enlarges what differs in the last "
        "digit: as another seed.",
        "",
        "| threads | ELBO |",
        "|---|---|",
        *[f"| {row['threads']} | {row['elbo']:.2f} |" for row in found["threads"]],
        "",
        "## Ten times as long",
        "",
        f"{found['long']['epochs']} epochs: "
        f"{found['long'].get('elbo', found['long'].get('error'))}.",
        "",
        "## A constant learning rate, without warm-up, two epochs",
        "",
        "| rate | ELBO, or what the error says |",
        "|---|---|",
        *[f"| {rate:g} | {what} |" for rate, what in said],
        "",
        "## Half precision (Keras's `set_dtype_policy`)",
        "",
        "| policy | ELBO |",
        "|---|---|",
        *[
            f"| {row['policy']} | {row.get('elbo', row.get('error'))} |"
            for row in found["policies"]
        ],
        "",
        f"Machine: {made['processor']}, {made['cores']} cores; Python {made['python']}, TensorFlow "
        f"{made['tensorflow']}, Keras {made['keras']}.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and write both files."""
    found, made = all_measured(), machine()
    save("limits", found | {"machine": made})
    save_text("limits.md", as_markdown(found, made))


if __name__ == "__main__":
    main()
