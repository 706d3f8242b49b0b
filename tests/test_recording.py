import numpy as np
import pytest

from vaelib.recording import Recording, article_epochs


def frame(epoch, seed=0):
    rng = np.random.default_rng(seed + epoch)
    picture = rng.integers(0, 256, (6, 8)).astype("uint8")
    return epoch, picture, rng.normal(size=(5, 2)).astype("float32"), rng.normal(size=(5, 2)).astype("float32")


@pytest.fixture
def recording():
    return Recording.of([frame(epoch) for epoch in (0, 1, 5)])


def test_the_articles_schedule():
    """Up to 1000 its exponent gives 58 different numbers below 1000; we add 0, 10 and the last."""
    epochs = article_epochs(1000)
    assert set(epochs) == {*range(11), *(int(i**1.701) for i in range(59)), 1000}
    assert epochs == sorted(set(epochs))
    steps = np.diff(epochs)
    assert steps[:9].max() == 1
    assert steps[-3:-1].min() > 25


@pytest.mark.parametrize("last", [0, 1, 7, 10, 12, 33, 999, 5000])
def test_the_schedule_ends_at_any_last_epoch(last):
    epochs = article_epochs(last)
    assert (epochs[0], epochs[-1]) == (0, last)
    assert set(range(min(last, 10) + 1)) <= set(epochs)
    i = 0
    while int(i**1.701) <= last:
        assert int(i**1.701) in epochs
        i += 1


@pytest.mark.parametrize("last", [-1, 2.5, "3", True])
def test_the_schedule_names_a_wrong_last_epoch(last):
    with pytest.raises(ValueError, match="last must be a whole number"):
        article_epochs(last)


def test_what_is_saved_is_loaded(recording, tmp_path):
    recording.save(tmp_path / "new" / "run.npz")
    again = Recording.load(tmp_path / "new" / "run.npz")
    for name, value in vars(recording).items():
        np.testing.assert_array_equal(getattr(again, name), value)
        assert getattr(again, name).dtype == value.dtype
    assert len(again) == 3
    assert [f.name for f in (tmp_path / "new").iterdir()] == ["run.npz"]


def test_a_failure_while_saving_loses_nothing(recording, tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    recording.save(path)
    before = path.read_bytes()

    def broken(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", broken)
    with pytest.raises(OSError, match="disk full"):
        recording.save(path)
    assert path.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == ["run.npz"]


def test_frames_that_do_not_fit_are_refused(recording, tmp_path):
    parts = vars(recording)
    for change, words in [
        ({"epochs": np.array([0, 5, 5])}, "epochs must increase"),
        ({"epochs": np.array([0, 1])}, "one entry for each frame"),
        ({"manifolds": parts["manifolds"] / 255}, "must be uint8"),
        ({"z_log_var": parts["z_log_var"][:, :4]}, "same shape"),
    ]:
        with pytest.raises(ValueError, match=words):
            Recording(**parts | change)
    with pytest.raises(ValueError, match="at least one"):
        Recording.of([])
    with pytest.raises(ValueError, match=r"\.npz"):
        recording.save(tmp_path / "run.npy")
    np.savez(tmp_path / "other.npz", epochs=[1])
    with pytest.raises(ValueError, match="manifolds"):
        Recording.load(tmp_path / "other.npz")
