"""Notebook 03's recipe on each backend of Keras: what it reaches, and the seconds that it takes.

    .venv/bin/python benchmarks/backends.py

Every row is a fresh process: importing, loading the digits, seven epochs of `fit` on an array, and
the test set. The rounds go through all ways in turn, one seed each, so that a machine that slows
down slows all of them; seconds are the median of the rounds. JAX and PyTorch are installed into
folders of their own (tools/backend.sh). Writes `benchmarks/results/backends.json` and `.md`; about
twelve minutes on two cores.
"""

import time

START = time.perf_counter()

import json  # noqa: E402
import os  # noqa: E402
import re  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
SEEDS = 3
EPOCHS, BATCH_SIZE = 7, 250
# Backend, steps per execution, compiled by XLA; None is what Keras does by itself.
WAYS: list[tuple[str, int, bool | None]] = [
    ("tensorflow", 1, None),
    ("tensorflow", 20, None),
    ("tensorflow", 1, True),
    ("tensorflow", 20, True),
    ("jax", 1, None),
    ("jax", 20, None),
    ("torch", 1, None),  # which can take no more
]


def measure(seed: int, steps_per_execution: int, jit: bool | None) -> dict[str, Any]:
    """In a fresh process: train once; seconds until `fit`, of its epochs, and the test set's."""
    from vaelib.data import load_mnist
    from vaelib.models import VAE, Decoder, Encoder
    from vaelib.runtime import keras, set_up
    from vaelib.training.schedules import warmup_cosine

    device = set_up(seed)
    (x, _), (x_test, _) = load_mnist()
    x, times = x[:55_000], []
    tell = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: times.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter()),
    )
    vae = VAE(Encoder(), Decoder())
    rate = warmup_cosine(EPOCHS * len(x) // BATCH_SIZE, 0.02, 200)
    options = {} if jit is None else {"jit_compile": jit}
    vae.compile(keras.optimizers.Adam(rate), steps_per_execution=steps_per_execution, **options)
    ready = time.perf_counter()
    vae.fit(x, epochs=EPOCHS, batch_size=BATCH_SIZE, verbose=0, callbacks=[tell])
    done = time.perf_counter()
    test = vae.evaluate(x_test, batch_size=500, verbose=0, return_dict=True)
    later = float(np.median(np.diff(times)[1:]))
    return {
        "device": device,
        "elbo": round(-test["loss"], 2),
        "start": round(ready - START, 2),  # imports, the digits, the model
        "first": round(times[1] - ready - later, 2),  # what the first epoch takes longer
        "epoch": round(later, 3),
        "fit": round(done - ready, 2),
        "whole": round(done - START, 2),
    }


def in_a_process(way: tuple[str, int, bool | None], seed: int) -> dict[str, Any]:
    """The same, measured by a process of its own on that way's backend."""
    backend, *settings = way
    command = [sys.executable, __file__, json.dumps([seed, *settings])]
    if backend != "tensorflow":
        command = ["sh", str(ROOT / "tools/backend.sh"), backend, *command]
    environment = os.environ | {"KERAS_BACKEND": backend}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def locked(name: str) -> str:
    """The version of a backend that `tools/backend.sh` installs."""
    lock = (ROOT / f"requirements-{name}.lock").read_text(encoding="utf-8")
    return re.search(rf"^{name}==(\S+)", lock, re.MULTILINE).group(1)


def name_of(row: dict[str, Any]) -> str:
    """In words, for the table."""
    from vaelib.runtime import NAMES

    compiled = ", compiled by XLA" if row["jit"] else ""
    return f"{NAMES[row['backend']]}{compiled}"


def as_markdown(rows: list[dict[str, Any]], made: dict[str, Any]) -> str:
    """The table, with medians of the seconds, and the ELBO of every seed."""
    lines = [
        f"# Notebook 03's recipe on Keras's backends, measured on {made['date']}",
        "",
        f"Seconds, the medians of {SEEDS} fresh processes. *Start*: from the start of the process "
        "to `fit` (imports, digits, model). *Tracing*: what the first epoch takes longer than a "
        "later one. *Whole*: start and seven epochs. JAX compiles always, PyTorch never.",
        "",
        "| backend | steps per execution | start | tracing | an epoch | whole | test ELBO, nats |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        middle = {
            key: float(np.median([run[key] for run in row["runs"]]))
            for key in ("start", "first", "epoch", "whole")
        }
        each = ", ".join(f"{run['elbo']:.1f}" for run in row["runs"])
        lines.append(
            f"| {name_of(row)} | {row['steps_per_execution']} | {middle['start']:.1f} | "
            f"{middle['first']:.1f} | {middle['epoch']:.2f} | {middle['whole']:.1f} | {each} |"
        )
    lines += ["", *(f"- {key}: {value}" for key, value in made.items())]
    return "\n".join([*lines, ""])


def main() -> None:
    """Go through all ways, three times; print and keep."""
    from common import machine, save, save_text

    rows: list[dict[str, Any]] = [
        {"backend": way[0], "steps_per_execution": way[1], "jit": way[2], "runs": []}
        for way in WAYS
    ]
    for seed in range(SEEDS):
        for way, row in zip(WAYS, rows, strict=True):
            row["runs"].append({"seed": seed, **in_a_process(way, seed)})
            print(name_of(row), row["steps_per_execution"], row["runs"][-1], flush=True)
    made = machine() | {name: locked(name) for name in ("jax", "torch")}
    save("backends", {"rows": rows, "machine": made})
    save_text("backends.md", as_markdown(rows, made))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(*json.loads(sys.argv[1]))))
    else:
        main()
