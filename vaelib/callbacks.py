"""Keras callbacks of the course: record a training run for later, and watch it while it happens."""

import contextlib
import math
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from vaelib.checks import as_count, as_pictures
from vaelib.data import load_mnist
from vaelib.device import keras
from vaelib.plots import decode_grid, plot_digits, plot_manifold, quantile_grid
from vaelib.recording import Recording


@contextlib.contextmanager
def _same_chance_after(model: keras.Model) -> Iterator[None]:
    """Put a model's random generators back where they were: the encoder draws a code with every call."""
    generators = [v for v in model.non_trainable_variables if "seed_generator" in v.path]
    before = [keras.ops.convert_to_numpy(variable) for variable in generators]
    yield
    for variable, value in zip(generators, before, strict=True):
        variable.assign(value)


class Snapshots(keras.callbacks.Callback):
    """Record the digit map and the codes of a fixed set of pictures at chosen epochs; the run itself stays as it was.

    `recording` holds what was seen so far. Epoch 0 is the untrained model, epoch n the model after n epochs.
    Looking at the model uses up none of its random numbers: training gives the same weights, bit for bit, as without.

    Args:
        x: pictures whose codes are kept, shape (n, height, width, channels); MNIST's test set if left out.
        epochs: numbers of finished epochs to record, such as `article_epochs(30)`; every epoch if left out.
        n: the map has n × n pictures, at `quantile_grid(n)` on either axis; drawn for two latent dimensions only.
        path: an `.npz` file that is rewritten after every frame. If training is resumed by `BackupAndRestore`, the
            frames up to the epoch it resumes from are taken from there; a run from the beginning starts it anew.

    Raises:
        ValueError: if `path` does not end in `.npz`, an epoch is no whole number of at least 0, `n` is below 2, or `x`
            is no batch of finite numbers.

    Memory: 4 bytes for each coordinate of a code, mean and log variance, and 1 for each pixel of the map. By default
    that is 336 kB a frame, 17 MB for fifty.
    """

    def __init__(
        self,
        x: Any = None,
        epochs: Collection[int] | None = None,
        n: int = 15,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__()
        if path is not None and Path(path).suffix != ".npz":
            raise ValueError(f"path must end in .npz, got {str(path)!r}")
        self.x = load_mnist()[1][0] if x is None else as_pictures(x).astype("float32")
        self.epochs = None if epochs is None else frozenset(as_count("epochs", epoch, least=0) for epoch in epochs)
        self.z_values = quantile_grid(n)
        self.path = None if path is None else Path(path)
        self._frames: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]] = []
        self._started = False

    @property
    def recording(self) -> Recording:
        """The frames so far; ValueError if there are none."""
        return Recording.of(self._frames)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._started = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._started:
            return
        # Only here is it known where a restored run goes on.
        self._started = True
        if epoch and not self._frames and self.path and self.path.exists():
            self._frames = Recording.load(self.path).frames()
        self._frames = [frame for frame in self._frames if epoch and frame[0] <= epoch]
        if not self._frames or self._frames[-1][0] < epoch:
            self._record(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._record(epoch + 1)

    def _record(self, epoch: int) -> None:
        """One frame, if the epoch is among the chosen."""
        if self.epochs is not None and epoch not in self.epochs:
            return
        with _same_chance_after(self.model):
            # `predict` would take twice as long: it sets up a data pipeline each time.
            halves = [self.model.encoder(self.x[i : i + 2000], training=False)[:2] for i in range(0, len(self.x), 2000)]
            z_mean, z_log_var = (
                np.concatenate([keras.ops.convert_to_numpy(v) for v in of]) for of in zip(*halves, strict=True)
            )
        picture = np.zeros((0, 0), "uint8")
        if self.model.decoder.latent_dim == 2:
            grid = decode_grid(lambda z: self.model.decoder(z, training=False), self.z_values)
            picture = (255 * grid).round().astype("uint8")
        self._frames.append((epoch, picture, z_mean.astype("float32"), z_log_var.astype("float32")))
        if self.path is not None:
            self.recording.save(self.path)


def _in_a_notebook() -> bool:
    """Whether what is displayed now will be seen in a browser."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return type(get_ipython()).__name__ == "ZMQInteractiveShell"


class LiveView(keras.callbacks.Callback):
    """Redraw reconstructions and the digit map in one place while training; the last picture stays on the page.

    In a terminal it does nothing. A figure is made anew each time and closed again, so that none pile up.

    Args:
        x: pictures to reconstruct, shape (n, height, width, channels); the first ten of MNIST's test set if left out.
        every: draw after every so many epochs, and after the last.
        n: the map has n × n pictures; drawn for two latent dimensions only.

    Raises:
        ValueError: if `every` is not a positive whole number, `n` is below 2, or `x` is no batch of finite numbers.
    """

    def __init__(self, x: Any = None, every: int = 1, n: int = 15) -> None:
        super().__init__()
        self.x = load_mnist()[1][0][:10] if x is None else as_pictures(x).astype("float32")
        self.every, self.n = as_count("every", every), as_count("n", n, least=2)
        self._handle: Any = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._handle = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        last = epoch + 1 == (self.params or {}).get("epochs")
        if not _in_a_notebook() or ((epoch + 1) % self.every and not last):
            return
        from IPython.display import display

        figure = self.draw(epoch + 1, logs or {})
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)
        plt.close(figure)

    def draw(self, epoch: int, logs: dict[str, Any]) -> Figure:
        """The figure for the model as it is: reconstructions above the map, epoch and losses in the title."""
        with _same_chance_after(self.model):
            pictures = self.x, self.model.predict_on_batch(self.x)
        figure, (top, below) = plt.subplots(2, 1, figsize=(6, 7.6), height_ratios=[1, 4.4], layout="constrained")
        plot_digits(*pictures, labels=["picture", "from its code"], ax=top)
        if self.model.decoder.latent_dim == 2:
            plot_manifold(lambda z: self.model.decoder(z, training=False), n=self.n, ax=below)
        else:
            below.set_axis_off()
        losses = [f"{key} {logs[key]:.1f}" for key in ("loss", "val_loss") if math.isfinite(logs.get(key, math.nan))]
        figure.suptitle(", ".join([f"Epoch: {epoch}", *losses]) + (" nats" if losses else ""))
        return figure
