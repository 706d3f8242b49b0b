"""Fifty frames of 800 × 800: the course's GIFs against those of Matplotlib's `FuncAnimation` and
its writers.

    .venv/bin/python benchmarks/gifs.py

Records a training run of fifty frames, then animates the digit map in each way, three times in turn
in one process; what counts is the ratio. The ImageMagick writer is left out if the program is not
installed; the course itself does not need it. Writes `benchmarks/results/gifs.md`.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from common import machine, save, save_text
from matplotlib import animation
from matplotlib import pyplot as plt
from PIL import Image

from vaelib.data import load_mnist
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.recording import Recording
from vaelib.training.schedules import warmup_cosine
from vaelib.training.snapshots import Snapshots
from vaelib.visual.animation import manifold_gif

FRAMES, SIZE, ROUNDS = 50, 800, 3


def record() -> Recording:
    """A run with the course's recipe, on few digits to be short."""
    x = load_mnist()[0][0][:5000]
    vae = VAE(Encoder(), Decoder())
    vae.compile(
        optimizer=keras.optimizers.Adam(
            warmup_cosine(steps=(FRAMES - 1) * len(x) // 100, peak=0.01)
        )
    )
    snapshots = Snapshots(x=x[:1000])
    vae.fit(x, epochs=FRAMES - 1, batch_size=100, callbacks=[snapshots], verbose=0)
    return snapshots.recording


def by_matplotlib(writer: str) -> Callable[[Recording, Path], None]:
    """The plain way: one `imshow` whose data change, its title with them."""

    def draw(recording: Recording, path: Path) -> None:
        fig, ax = plt.subplots(figsize=(SIZE / 80, SIZE / 80), dpi=80)
        image = ax.imshow(recording.manifolds[0], cmap="gray_r", vmin=0, vmax=255)
        ax.set(xticks=[], yticks=[])

        def update(i: int) -> None:
            image.set_data(recording.manifolds[i])
            ax.set_title(f"Epoch: {recording.epochs[i]}")

        animation.FuncAnimation(fig, update, frames=len(recording)).save(
            path, writer=writer, fps=10
        )
        plt.close(fig)

    return draw


def by_the_course(recording: Recording, path: Path) -> None:
    """`vaelib.animation`."""
    manifold_gif(recording, path, size=SIZE, verbose=False)


def main() -> None:
    """Animate in every way, print seconds and bytes, and keep them."""
    device = set_up(seed=0)
    matplotlib.use("Agg")
    ways = {"the course": by_the_course, "FuncAnimation, PillowWriter": by_matplotlib("pillow")}
    if animation.writers.is_available("imagemagick"):
        ways["FuncAnimation, ImageMagickWriter"] = by_matplotlib("imagemagick")
    recording = record()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for name, way in ways.items():
                path = Path(folder) / "run.gif"
                start = time.perf_counter()
                way(recording, path)
                seconds[name].append(time.perf_counter() - start)
                sizes[name] = path.stat().st_size
                with Image.open(path) as image:
                    assert (image.n_frames, image.size) == (FRAMES, (SIZE, SIZE)), name
    ours = float(np.median(seconds["the course"]))
    rows = [
        f"| {name} | {np.median(taken):.2f} | {np.median(taken) / ours:.1f} | "
        f"{sizes[name] / 1e6:.2f} | {sizes[name] / sizes['the course']:.1f} |"
        for name, taken in seconds.items()
    ]
    table = "\n".join(["| by | seconds | ratio | MB | ratio |", "|---|---|---|---|---|", *rows])
    print(table)
    measured = [
        {"by": name, "seconds": round(float(np.median(taken)), 3), "bytes": sizes[name]}
        for name, taken in seconds.items()
    ]
    save("gifs", {"rows": measured, "machine": machine()})
    what = f"The digit map over a training run, {FRAMES} frames of {SIZE} × {SIZE}"
    text = f"# The animation\n\n{what}; medians of {ROUNDS} in turn.\n\n{table}\n\n"
    save_text("gifs.md", f"{text}Made by `benchmarks/gifs.py`, {device}.\n")


if __name__ == "__main__":
    main()
