"""A film of the article's long run: the digit map and the codes, recorded while it trains.

    .venv/bin/python benchmarks/film.py 1000

About forty minutes on two cores for 1000 epochs; notebook 05 sets it in motion. The recipe is that
of `article.py`. Writes `benchmarks/results/film.npz`, again after every frame: a run that is broken
off leaves a shorter film.
"""

import sys

import article
from common import RESULTS, endless

from vaelib.data import load_mnist
from vaelib.runtime import set_up
from vaelib.training.recording import snapshot_epochs
from vaelib.training.snapshots import Snapshots

PICTURES, N = 2000, 10  # fewer than usual, to keep the file small


def main(epochs: int) -> None:
    """Train, and record at the article's epochs."""
    set_up(seed=0)
    (x, _), (x_test, _) = load_mnist()
    snapshots = Snapshots(
        x_test[:PICTURES], snapshot_epochs(epochs), n=N, path=RESULTS / "film.npz"
    )
    article.article_vae().fit(
        endless(x, article.BATCH_SIZE),
        steps_per_epoch=len(x) // article.BATCH_SIZE,
        epochs=epochs,
        callbacks=[snapshots],
        shuffle=False,
        verbose=0,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
