"""Writing files whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

PathLike = str | os.PathLike[str]


def check_suffix(path: PathLike, suffix: str) -> Path:
    """A path whose name ends as it must: ValueError otherwise."""
    if Path(path).suffix != suffix:
        raise ValueError(f"path must end in {suffix}, got {str(path)!r}")
    return Path(path)


@contextlib.contextmanager
def atomic_path(path: PathLike) -> Iterator[Path]:
    """A temporary name beside `path`, to be written to; OSError if that is impossible.

    What was written takes the place of `path` if the block succeeds; if it fails, an earlier file
    stays. Missing folders are made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(".tmp", f".{path.name}.", path.parent) as folder:
        yield Path(folder) / path.name
        os.replace(Path(folder) / path.name, path)
