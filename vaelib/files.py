"""Writing files so that a failure loses nothing."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str], suffix: str) -> Iterator[BinaryIO]:
    """Write a file whole or not at all: under a temporary name beside it, which becomes the real one at the end.

    Args:
        path: where the file shall be; missing folders are made.
        suffix: what its name must end in, such as ".gif".

    Yields:
        The file, opened for writing bytes. If the block fails, an earlier file of that name stays as it was.

    Raises:
        ValueError: if the name ends in something else.
        TypeError: if it is no name.
        OSError: if the folder cannot be written to, or the disk is full.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a path, got {path!r}")
    path = Path(path)
    if path.suffix != suffix:
        raise ValueError(f"path must end in {suffix}, got {str(path)!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        # mkstemp makes files that nobody else may read; give them the rights of any new file.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        with os.fdopen(handle, "wb") as file:
            yield file
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def whole_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The same for what writes by itself, given a name: under the same name in a temporary folder beside it.

    Args:
        path: where the file shall be; its folder must be there.

    Yields:
        The name to write to. If the block fails, an earlier file at `path` stays as it was.

    Raises:
        OSError: if the folder cannot be written to, or the disk is full.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        yield Path(folder) / path.name
        os.replace(Path(folder) / path.name, path)
