"""What several processes cost: two on this machine, and 8, 64 and 512 workers on paper.

    KERAS_BACKEND=jax .venv/bin/python benchmarks/scaling.py

Measured: notebook 03's training by `tools/many_machines.py`, in one process and in two. One process
already uses all cores, so two cannot be faster: the difference is what they cost. Measured, too, is
what a picture costs one worker in a training step of the dense and of the convolutional model.

On paper: all workers have this machine's speed, compute first and exchange then, over a ring. An
exchange of `size` bytes takes 2 (N − 1) / N · size / BANDWIDTH + 2 (N − 1) · LATENCY. In a step
there is one for all gradients together, and four of a few bytes for each batch normalisation (its
mean and its variance, forward and backward), as the compiled step shows. Writes
`benchmarks/results/scaling.json`; the table is also in docs/many-machines.md. Five minutes.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import machine, save

from vaelib.data import load_mnist
from vaelib.models import VAE, ConvDecoder, ConvEncoder, Decoder, Encoder
from vaelib.runtime import keras, set_up

SCRIPT = Path(__file__).parent.parent / "tools/many_machines.py"
KINDS = {"dense": (Encoder, Decoder), "convolutional": (ConvEncoder, ConvDecoder)}
WORKERS = (8, 64, 512)
BANDWIDTH, LATENCY = 10e9 / 8, 25e-6  # bytes a second of 10 Gbit/s, and seconds
LOCAL, GLOBAL = 250, 4096  # pictures a worker, or all together, have in a batch
PICTURES = 5000  # timed: all others in MNIST cost the same


def training(processes: int) -> dict[str, list[float]]:
    """Notebook 03's losses, and the seconds of all epochs but the first, which compiles."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(SCRIPT), "--here", str(processes), folder]
        subprocess.run(command, check=True)
        state = np.load(f"{folder}/state.npz")
        return {"loss": state["loss"].tolist(), "seconds": state["seconds"][1:].round(2).tolist()}


def cost(kind: str) -> dict[str, Any]:
    """Seconds a picture in a step of one process, bytes of the gradients, and exchanges a step."""
    set_up(0)
    encoder, decoder = KINDS[kind]
    vae = VAE(encoder(), decoder())
    vae.compile(optimizer=keras.optimizers.Adam(1e-4))
    ends: list[float] = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    x = load_mnist()[0][0][:PICTURES]
    vae.fit(x, batch_size=LOCAL, epochs=6, verbose=0, callbacks=[note])
    layers = [layer for half in (vae.encoder, vae.decoder) for layer in half._flatten_layers()]
    normalisations = sum(isinstance(n, keras.layers.BatchNormalization) for n in layers)
    weights = sum(int(np.prod(variable.shape)) for variable in vae.trainable_variables)
    return {
        "model": kind,
        "seconds_a_picture": float(np.diff(ends).min()) / PICTURES,
        "bytes": 4 * weights,
        "normalisations": normalisations,
    }


def ring(size: float, workers: int) -> float:
    """Seconds until all workers have the sum of what each has: `size` bytes, by a ring."""
    return 2 * (workers - 1) * (size / workers / BANDWIDTH + LATENCY)


def on_paper(costs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Times of a step in seconds, and how many times faster all are than one worker alone."""
    rows = []
    for one in costs:
        for workers in WORKERS:
            gradients = ring(one["bytes"], workers)
            averages = 4 * one["normalisations"] * ring(0, workers)
            weak, alone = (one["seconds_a_picture"] * size for size in (LOCAL, GLOBAL))
            exchange = gradients + averages
            rows.append(
                {
                    "model": one["model"],
                    "workers": workers,
                    "gradients": gradients,
                    "averages": averages,
                    "strong_compute": alone / workers,
                    "strong_speedup": alone / (alone / workers + exchange),
                    "strong_bare": alone / (alone / workers + gradients),
                    "weak_compute": weak,
                    "weak_speedup": workers * weak / (weak + exchange),
                    "weak_bare": workers * weak / (weak + gradients),
                }
            )
    return rows


def in_words(here: dict[str, dict[str, list[float]]]) -> str:
    """What docs/many-machines.md says of this machine."""
    one, two = (here[n] for n in ("1", "2"))
    alone, both = (min(run["seconds"]) for run in (one, two))
    return (
        f"The fastest epoch took {alone:.1f} s in one process and {both:.0f} s in two; the last "
        f"training loss was {one['loss'][-1]:.1f} and {two['loss'][-1]:.1f}."
    )


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """The table of docs/many-machines.md: times in milliseconds."""
    lines = [
        "| model | workers | all-reduce: gradients + normalisation | "
        f"{GLOBAL} pictures in all: compute, speed-up | {LOCAL} for each: compute, speed-up |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [row["model"], str(row["workers"])]
        cells.append(f"{1000 * row['gradients']:.1f} + {1000 * row['averages']:.1f} ms")
        for kind in ("strong", "weak"):
            compute, faster, bare = (row[f"{kind}_{of}"] for of in ("compute", "speedup", "bare"))
            cells.append(f"{1000 * compute:.1f} ms, {faster:.1f} ({bare:.1f})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, calculate, print and keep."""
    costs = [cost(kind) for kind in KINDS]
    here = {str(n): training(n) for n in (1, 2)}
    rows = on_paper(costs)
    print(here, costs, in_words(here), as_markdown(rows), sep="\n")
    what = "by number of processes here; and on paper, seconds of a step's parts and speed-ups"
    found = {"what": what, "here": here, "costs": costs, "rows": rows}
    save("scaling", found | {"machine": machine()})


if __name__ == "__main__":
    main()
