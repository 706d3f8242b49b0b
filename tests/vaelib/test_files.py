"""Files are written whole or not at all, on a full disk, too, and whatever their names."""

import contextlib
import os
import resource
import shutil
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest

from vaelib._files import atomic_path, check_suffix
from vaelib.models import VAE, Decoder, Encoder
from vaelib.training.recording import Recording
from vaelib.visual.animation import manifold_gif
from vaelib.visual.explorer import latent_explorer

NOBODY = 65534


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "a.bin"
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"one")
        assert temporary.name == "a.bin"
        assert not path.exists()
    assert path.read_bytes() == b"one"
    assert os.listdir(path.parent) == ["a.bin"]


def test_a_failure_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def interrupted():
        with atomic_path(str(path)) as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_it_may_be_read_by_whom_other_new_files_may(tmp_path):
    with atomic_path(tmp_path / "a.bin") as temporary:
        temporary.write_bytes(b"one")
    (tmp_path / "b.bin").write_bytes(b"two")
    rights = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a.bin", "b.bin")]
    assert rights[0] == rights[1]


def test_the_ending_is_checked():
    assert check_suffix("runs/a.bin", ".bin") == Path("runs/a.bin")
    with pytest.raises(ValueError, match=r"path must end in \.bin"):
        check_suffix("a.txt", ".bin")


def recording():
    maps = np.random.default_rng(0).integers(0, 256, (5, 60, 60), "uint8")
    return Recording(np.arange(5), maps, *np.zeros((2, 5, 4, 2), "float32"))


def model():
    """Not too small: HDF5 crashes when it closes a small file that it could not write."""
    return VAE(Encoder(hidden_units=(64,)), Decoder(hidden_units=(64,)))


def explorer():
    return latent_explorer(lambda z: np.full((len(z), 4, 4, 1), 0.5), n=3)


WRITERS = {
    "film.gif": lambda path: manifold_gif(recording(), path, size=200, verbose=False),
    "run.npz": lambda path: recording().save(path),
    "page.html": lambda path: explorer().save(path),
    "vae.keras": lambda path: model().save(path),
    "vae.weights.h5": lambda path: model().save_weights(path),
}


@contextlib.contextmanager
def files_of_at_most(size):
    """As a full disk does, the system refuses to write more (on Linux and macOS, for any user)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow  # an injected fault
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # h5py, closing what it could not write
@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_the_earlier_file_and_the_next_try_succeeds(tmp_path, name):
    path = tmp_path / "Übung 3 – 変分 é" / f"ёлка {name}"
    path.parent.mkdir()
    WRITERS[name](path)
    earlier = path.read_bytes()
    with files_of_at_most(len(earlier) // 3), pytest.raises(OSError):  # noqa: PT011 (of many kinds)
        WRITERS[name](path)
    assert path.read_bytes() == earlier
    assert list(path.parent.iterdir()) == [path]
    WRITERS[name](path)


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_a_really_full_disk(tmp_path, name):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root on Linux may make a small disk")
    try:
        path = disk / name
        WRITERS[name](path)
        earlier = path.read_bytes()
        filler = os.open(disk / "filler", os.O_WRONLY | os.O_CREAT)
        with contextlib.suppress(OSError):
            while os.write(filler, bytes(1000)):
                pass
        os.close(filler)
        with pytest.raises(OSError):  # noqa: PT011
            WRITERS[name](path)
        assert path.read_bytes() == earlier
        (disk / "filler").unlink()
        WRITERS[name](path)
        assert [found.name for found in disk.iterdir()] == [name]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@contextlib.contextmanager
def an_ordinary_user():
    """Root may write anywhere: for the time of a test it becomes somebody else."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path):
    for folder in (tmp_path, *tmp_path.parents):  # that any user may reach
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    with (
        an_ordinary_user(),
        pytest.raises(PermissionError, match="read-only"),
        atomic_path(folder / "a.txt"),
    ):
        pass
    assert list(folder.iterdir()) == []
