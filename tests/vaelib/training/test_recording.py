"""The schedule of snapshots, and recordings that are saved and loaded."""

import os

import numpy as np
import pytest

from vaelib.training.recording import Recording, snapshot_epochs


@pytest.fixture
def recording():
    rng = np.random.default_rng(0)
    maps = rng.integers(0, 256, (3, 6, 8), "uint8")
    return Recording(np.array([0, 1, 5]), maps, *rng.normal(size=(2, 3, 5, 2)).astype("float32"))


def test_the_schedule_of_the_article():
    """Up to 1000 its exponent gives 58 different numbers; we add 0, 10 and the last."""
    epochs = snapshot_epochs(1000)
    assert set(epochs) == {*range(11), *(int(i**1.701) for i in range(59)), 1000}
    assert epochs == sorted(set(epochs))
    steps = np.diff(epochs)
    assert steps[:9].max() == 1
    assert steps[-3:-1].min() > 25


@pytest.mark.parametrize("last", [0, 1, 7, 10, 12, 33, 999, 5000])
def test_the_schedule_ends_at_any_last_epoch(last):
    epochs = snapshot_epochs(last)
    assert (epochs[0], epochs[-1]) == (0, last)
    assert set(range(min(last, 10) + 1)) <= set(epochs)
    i = 0
    while int(i**1.701) <= last:
        assert int(i**1.701) in epochs
        i += 1


def test_frames_and_recording_are_one_another(recording):
    again = Recording.from_frames(recording.frames())
    assert len(again) == len(recording) == 3
    assert [frame[0] for frame in recording.frames()] == [0, 1, 5]
    for name, value in vars(recording).items():
        np.testing.assert_array_equal(getattr(again, name), value)


def test_what_is_saved_is_loaded(recording, tmp_path):
    recording.save(tmp_path / "new" / "run.npz")
    again = Recording.load(tmp_path / "new" / "run.npz")
    for name, value in vars(recording).items():
        np.testing.assert_array_equal(getattr(again, name), value)
        assert getattr(again, name).dtype == value.dtype
    assert [f.name for f in (tmp_path / "new").iterdir()] == ["run.npz"]


def test_a_failure_while_saving_loses_nothing(recording, tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    recording.save(path)
    before = path.read_bytes()

    def broken(file, **arrays):
        file.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", broken)
    with pytest.raises(OSError, match="disk full"):
        recording.save(path)
    assert path.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == ["run.npz"]


def flip(path):
    content = bytearray(path.read_bytes())
    content[60:64] = bytes(byte ^ 0xFF for byte in content[60:64])
    path.write_bytes(content)


def with_objects(path):
    names = ["epochs", "manifolds", "z_mean", "z_log_var"]
    np.savez(path, **dict.fromkeys(names, np.array([{}], dtype=object)))


DAMAGE = {
    "half of it": lambda path: os.truncate(path, 200),
    "empty": lambda path: os.truncate(path, 0),
    "flipped bits": flip,
    "a text": lambda path: path.write_text("hello"),
    "one array": lambda path: np.save(path.open("wb"), np.zeros(3)),
    "another archive": lambda path: np.savez(path, epochs=[1]),
    "Python objects": with_objects,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused_by_its_name(recording, tmp_path, damage):
    path = tmp_path / "run.npz"
    recording.save(path)
    DAMAGE[damage](path)
    with pytest.raises(ValueError, match=r"run\.npz"):
        Recording.load(path)


def test_a_file_that_is_not_there_or_cannot_be_written_is_an_os_error(recording, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a\.npz"):
        Recording.load(tmp_path / "a.npz")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="file"):
        recording.save(tmp_path / "file" / "run.npz")
    (tmp_path / "run.npz").mkdir()
    with pytest.raises(OSError, match=r"run\.npz"):
        recording.save(tmp_path / "run.npz")
