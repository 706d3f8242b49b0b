"""Full disks, folders that may not be written to, odd names: what was there stays, and the next try succeeds."""

import contextlib
import os
import resource
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from vaelib.animation import manifold_gif
from vaelib.files import whole_file, whole_path
from vaelib.model import VAE, Decoder, Encoder
from vaelib.recording import Recording

NOBODY = 65534


def recording(frames=3):
    maps = np.random.default_rng(0).integers(0, 256, (frames, 60, 60), "uint8")
    codes = np.zeros((2, frames, 4, 2), "float32")
    return Recording(np.arange(frames), maps, *codes)


def a_gif(path):
    manifold_gif(recording(30), path, size=300, verbose=False)


def a_model(path):
    VAE(Encoder(hidden_units=(64,)), Decoder(hidden_units=(64,))).save(path)


def its_weights(path):
    VAE(Encoder(hidden_units=(64,)), Decoder(hidden_units=(64,))).save_weights(path)


WRITERS = {
    "film.gif": a_gif,
    "run.npz": lambda path: recording(30).save(path),
    "vae.keras": a_model,
    "vae.weights.h5": its_weights,
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


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # h5py, closing what it could not write
@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_the_earlier_file(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path)
    earlier = path.read_bytes()
    with files_of_at_most(len(earlier) // 3), pytest.raises(OSError):  # noqa: PT011 (of many kinds)
        WRITERS[name](path)
    assert path.read_bytes() == earlier
    assert list(tmp_path.iterdir()) == [path]
    WRITERS[name](path)


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
def an_ordinary_user(*folders):
    """Root may write anywhere: for the time of a test it becomes somebody else."""
    if os.geteuid():
        yield
        return
    for folder in folders:
        os.chown(folder, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_path(tmp_path):
    """A folder that any user may reach."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


def test_a_folder_that_may_not_be_written_to_is_named(open_path):
    folder = open_path / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    with an_ordinary_user():
        with pytest.raises(PermissionError, match="read-only"), whole_file(folder / "a.txt", ".txt") as file:
            file.write(b"text")
        with pytest.raises(PermissionError, match="read-only"), whole_path(folder / "a.txt"):
            pass
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", WRITERS)
def test_names_with_blanks_and_letters_of_other_alphabets(tmp_path, name):
    folder = tmp_path / "Übung 3 – 変分 é"
    folder.mkdir()
    WRITERS[name](folder / f"ёлка {name}")
    assert [path.name for path in folder.iterdir()] == [f"ёлка {name}"]
