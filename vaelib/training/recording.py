"""What a training run looked like, from epoch to epoch; to be drawn without TensorFlow."""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from vaelib import _validation as check
from vaelib._files import PathLike, atomic_path, check_suffix

Frame = tuple[int, np.ndarray, np.ndarray, np.ndarray]  # epoch, manifold, z_mean, z_log_var


def snapshot_epochs(last: int) -> list[int]:
    """Epochs to record a run at, dense early and sparse late: the first ten, then ⌊i^1.701⌋.

    They are numbers of *finished* epochs, from 0 (not trained yet) to `last`. Source: the 2017
    article that the course follows, whose exponent is chosen so that 58^1.701 is just below 1000.

    >>> snapshot_epochs(50)
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 21, 27, 34, 41, 50]
    """
    check.integer("last", last, least=0)
    powers = (int(i**1.701) for i in range(int(last ** (1 / 1.701)) + 2))
    chosen = {*range(11), *powers, int(last)}
    return sorted(epoch for epoch in chosen if epoch <= last)


@dataclass(frozen=True)
class Recording:
    """Frames of a training run; ValueError if the arrays do not fit one another.

    `epochs` are numbers of finished epochs, increasing from 0, the untrained model, shape
    (frames,); `manifolds` the map of pictures at each of them, uint8 from 0 to 255 (full ink, or
    light), shape (frames, height, width) or (frames, height, width, 3), empty unless the latent
    space has two dimensions; `z_mean` and `z_log_var` the codes of some pictures, float32, shape
    (frames, pictures, latent_dim) each.

    >>> run = Recording.from_frames([(0, np.zeros((9, 9), "uint8"), *np.zeros((2, 4, 2)))])
    >>> run.z_mean.shape
    (1, 4, 2)
    """

    epochs: np.ndarray
    manifolds: np.ndarray
    z_mean: np.ndarray
    z_log_var: np.ndarray

    def __post_init__(self) -> None:
        shapes = {name: np.shape(value) for name, value in vars(self).items()}
        ranks = [len(shape) for shape in shapes.values()]
        if (
            ranks not in ([1, 3, 3, 3], [1, 4, 3, 3])
            or len({shape[0] for shape in shapes.values()}) != 1
        ):
            raise ValueError(f"each array must have an entry for each frame, got {shapes}")
        check.same_shape("z_mean", self.z_mean.shape, "z_log_var", self.z_log_var.shape)
        if self.manifolds.dtype != np.uint8 or np.any(np.diff(self.epochs) <= 0):
            got = f"{self.manifolds.dtype} and {self.epochs.tolist()}"
            raise ValueError(f"manifolds must be uint8, and epochs increase, got {got}")

    def __len__(self) -> int:
        return len(self.epochs)

    @classmethod
    def from_frames(cls, frames: Sequence[Frame]) -> Self:
        """From at least one frame: its epoch, manifold, mean codes and logarithms of variances."""
        check.integer("the number of frames", len(frames))
        return cls(*map(np.stack, zip(*frames, strict=True)))

    def frames(self) -> list[Frame]:
        """The reverse of `from_frames`."""
        return list(zip(self.epochs.tolist(), *list(vars(self).values())[1:], strict=True))

    def save(self, path: PathLike) -> None:
        """Write one `.npz` file, whole or not at all."""
        with atomic_path(check_suffix(path, ".npz")) as temporary:
            np.savez_compressed(temporary, **vars(self))

    @classmethod
    def load(cls, path: PathLike) -> Self:
        """Read what `save` wrote; ValueError if the file is damaged, or holds anything else."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(*(stored[name] for name in cls.__dataclass_fields__))
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, TypeError) as error:
            raise ValueError(f"{path} is not a recording, or damaged: {error}") from error
