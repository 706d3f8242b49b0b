"""A film of the article's long run: the digit map and the codes, recorded while it trains.

    .venv/bin/python benchmarks/film.py 486

Up to half an hour on two cores; notebook 05 sets it in motion. The recipe is that of `article.py`.
All frames go to `runs/film.npz`, again after each of them, so that a run that is broken off leaves
what it has; the small film of them is `benchmarks/results/film.npz`.
"""

import sys
from pathlib import Path

import article
from common import RESULTS, endless

from vaelib.data import load_mnist
from vaelib.runtime import set_up
from vaelib.training.recording import Recording, snapshot_epochs
from vaelib.training.snapshots import Snapshots

PICTURES, N = 2000, 10
KEPT, GREYS, STEPS = 1000, 16, 64  # pictures; levels of ink; steps of a code to a unit


def reduced(recording: Recording) -> Recording:
    """A third of the frames, half of the pictures, and rounded numbers: a tenth of the file."""
    rows = sorted({*range(6), 10, *range(13, len(recording), 4), len(recording) - 1})
    step = 255 / (GREYS - 1)
    return Recording(
        recording.epochs[rows],
        (step * (recording.manifolds[rows] / step).round()).astype("uint8"),
        *(
            ((codes[rows, :KEPT] * STEPS).round() / STEPS).astype("float32")
            for codes in (recording.z_mean, recording.z_log_var)
        ),
    )


def main(epochs: int) -> None:
    """Train, record at the article's epochs, and keep the small film."""
    set_up(seed=0)
    (x, _), (x_test, _) = load_mnist()
    whole = Path("runs/film.npz")
    snapshots = Snapshots(x_test[:PICTURES], snapshot_epochs(epochs), n=N, path=whole)
    article.article_vae().fit(
        endless(x, article.BATCH_SIZE),
        steps_per_epoch=len(x) // article.BATCH_SIZE,
        epochs=epochs,
        callbacks=[snapshots],
        shuffle=False,
        verbose=0,
    )
    reduced(Recording.load(whole)).save(RESULTS / "film.npz")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 486)
