"""What a training run looked like from epoch to epoch: the digit map and every code, kept small, saved whole.

Nothing here needs TensorFlow: a recording can be drawn or animated long after the run, on any machine.
"""

import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from vaelib.files import whole_file


def article_epochs(last: int) -> list[int]:
    """The epochs at which the article keeps a picture: the first ten, then ⌊i^1.701⌋, dense early and sparse late.

    Args:
        last: last epoch of the run; always among the chosen. The article's own run has `last=1000`.

    Returns:
        Increasing numbers of *finished* epochs, from 0 (not trained yet) to `last`.

    Raises:
        ValueError: if `last` is not a whole number, or negative.

    Source: the 2017 article that the course follows, whose exponent is chosen so that 58^1.701 is just below 1000.
    """
    if isinstance(last, bool) or not isinstance(last, int | np.integer) or last < 0:
        raise ValueError(f"last must be a whole number of epochs, at least 0, got {last!r}")
    chosen = {*range(11), *(int(i**1.701) for i in range(int(last ** (1 / 1.701)) + 2)), int(last)}
    return sorted(epoch for epoch in chosen if epoch <= last)


@dataclass(frozen=True)
class Recording:
    """Frames of a training run.

    Attributes:
        epochs: numbers of finished epochs, strictly increasing, 0 standing for the untrained model; shape (frames,).
        manifolds: the digit map at each of them, uint8 from 0 to 255 (255 is full ink), shape (frames, height, width);
            height and width are 0 where the latent space has not two dimensions.
        z_mean: mean codes of a fixed set of pictures, float32, shape (frames, pictures, latent_dim).
        z_log_var: logarithms of their variances, likewise.

    Raises:
        ValueError: if the arrays do not fit one another.
        TypeError: if something is no NumPy array.

    With a 15 × 15 map of MNIST and the codes of 10 000 pictures a frame takes 176 kB + 160 kB.
    """

    epochs: np.ndarray
    manifolds: np.ndarray
    z_mean: np.ndarray
    z_log_var: np.ndarray

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, np.ndarray):
                raise TypeError(f"a recording needs NumPy arrays, got {type(value).__name__} for {name}")
        shapes = {name: value.shape for name, value in vars(self).items()}
        dimensions = {"epochs": 1, "manifolds": 3, "z_mean": 3, "z_log_var": 3}
        if any(len(shapes[name]) != n for name, n in dimensions.items()) or len({s[0] for s in shapes.values()}) != 1:
            raise ValueError(f"a recording needs one entry for each frame in every array, got shapes {shapes}")
        if shapes["z_mean"] != shapes["z_log_var"]:
            raise ValueError(f"z_mean and z_log_var must have the same shape, got {shapes}")
        if self.manifolds.dtype != np.uint8:
            raise ValueError(f"manifolds must be uint8, got {self.manifolds.dtype}")
        if np.any(np.diff(self.epochs) <= 0):
            raise ValueError(f"epochs must increase, got {self.epochs.tolist()}")

    def __len__(self) -> int:
        return len(self.epochs)

    @classmethod
    def of(cls, frames: Sequence[tuple[int, np.ndarray, np.ndarray, np.ndarray]]) -> Self:
        """From at least one frame: its epoch, map, mean codes and logarithms of variances."""
        if not frames:
            raise ValueError("frames: at least one expected, got none")
        return cls(*(np.stack([np.asarray(frame[i]) for frame in frames]) for i in range(4)))

    def frames(self) -> list[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
        """The reverse of `of`."""
        return list(zip(self.epochs.tolist(), self.manifolds, self.z_mean, self.z_log_var, strict=True))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one `.npz` file, whole or not at all: a run killed while writing leaves the earlier file as it was.

        ValueError if the name does not end in `.npz`.
        """
        with whole_file(path, ".npz") as file:
            np.savez_compressed(file, **vars(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises:
            OSError: if there is no such file.
            ValueError: if it is no recording, or damaged. Python objects in it are never loaded.
        """
        names = ("epochs", "manifolds", "z_mean", "z_log_var")
        try:
            with zipfile.ZipFile(path) as archive:
                missing = {f"{name}.npy" for name in names} - set(archive.namelist())
            if missing:
                raise ValueError(f"{sorted(missing)} missing")
            with np.load(path, allow_pickle=False) as stored:
                return cls(*(stored[name] for name in names))
        except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{path} is no recording, or damaged: {error}") from error
