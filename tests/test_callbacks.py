import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from matplotlib import pyplot as plt

from vaelib import callbacks
from vaelib.callbacks import LiveView, Snapshots
from vaelib.data import load_mnist
from vaelib.device import keras
from vaelib.model import VAE, Decoder, Encoder
from vaelib.plots import decode_grid, quantile_grid
from vaelib.recording import Recording


@pytest.fixture(scope="module")
def digits():
    return load_mnist()[0][0][:300]


def small_vae(latent_dim=2):
    keras.utils.set_random_seed(1)
    vae = VAE(Encoder(latent_dim, hidden_units=(16,)), Decoder(latent_dim, hidden_units=(16,)))
    vae.compile(optimizer="adam")
    return vae


def train(vae, digits, epochs, *callbacks):
    return vae.fit(digits, batch_size=100, epochs=epochs, verbose=0, callbacks=list(callbacks))


def test_a_frame_shows_the_model_as_it_is_at_that_epoch(digits):
    vae, snapshots = small_vae(), Snapshots(digits[:20], n=4)
    untrained = vae.encoder.predict(digits[:20], verbose=0)[0]
    train(vae, digits, 2, snapshots)
    recording = snapshots.recording
    assert recording.epochs.tolist() == [0, 1, 2]
    np.testing.assert_allclose(recording.z_mean[0], untrained, atol=1e-6)
    z_mean, z_log_var, _ = vae.encoder.predict(digits[:20], verbose=0)
    np.testing.assert_allclose(recording.z_mean[-1], z_mean, atol=1e-6)
    np.testing.assert_allclose(recording.z_log_var[-1], z_log_var, atol=1e-6)
    picture = decode_grid(lambda z: vae.decoder(z, training=False), quantile_grid(4))
    assert np.abs(recording.manifolds[-1] / 255 - picture).max() < 0.6 / 255
    assert np.abs(recording.z_mean[0] - recording.z_mean[1]).max() > 1e-3


def test_only_chosen_epochs_of_the_whole_test_set_by_default(digits):
    snapshots = Snapshots(epochs=[0, 2], n=3)
    train(small_vae(), digits, 3, snapshots)
    assert snapshots.recording.epochs.tolist() == [0, 2]
    assert snapshots.recording.z_mean.shape == (2, 10_000, 2)
    assert snapshots.recording.z_mean.dtype == snapshots.recording.z_log_var.dtype == np.float32


def test_recording_and_looking_do_not_change_the_run(digits, monkeypatch):
    monkeypatch.setattr(callbacks, "_in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: None)
    alone, watched = small_vae(), small_vae()
    train(alone, digits, 2)
    train(watched, digits, 2, Snapshots(digits[:20], n=3), LiveView(digits[:3], every=2, n=3))
    for mine, other in zip(alone.weights, watched.weights, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(mine), keras.ops.convert_to_numpy(other))


def test_a_second_run_of_the_same_callback_starts_anew(digits):
    snapshots = Snapshots(digits[:5], n=3)
    train(small_vae(), digits, 2, snapshots)
    train(small_vae(), digits, 1, snapshots)
    assert snapshots.recording.epochs.tolist() == [0, 1]


def test_other_latent_spaces_have_codes_but_no_map(digits):
    snapshots = Snapshots(digits[:5])
    train(small_vae(3), digits, 1, snapshots)
    assert snapshots.recording.z_mean.shape == (2, 5, 3)
    assert snapshots.recording.manifolds.shape == (2, 0, 0)


def test_an_interrupted_run_goes_on_where_the_backup_was(digits, tmp_path):
    """The frames of the first part are kept, one recorded after the backup is made again."""

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                raise InterruptedError

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    whole = Snapshots(digits[:20], n=3)
    uninterrupted = small_vae()
    train(uninterrupted, digits, 5, whole)

    first = Snapshots(digits[:20], n=3, path=tmp_path / "run.npz")
    with pytest.raises(InterruptedError):
        train(small_vae(), digits, 5, first, Stop(), backup())
    assert first.recording.epochs.tolist() == [0, 1, 2, 3]

    vae, second = small_vae(), Snapshots(digits[:20], n=3, path=tmp_path / "run.npz")
    history = train(vae, digits, 5, second, backup())
    assert history.epoch == [2, 3, 4]
    assert second.recording.epochs.tolist() == whole.recording.epochs.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(second.recording.z_mean[:3], whole.recording.z_mean[:3])
    assert vae.optimizer.iterations == uninterrupted.optimizer.iterations == 15


KILLED = """
import sys, time
from vaelib.callbacks import Snapshots
from vaelib.data import load_mnist
from vaelib.device import keras
from vaelib.model import VAE, Decoder, Encoder

class Slow(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(epoch + 1, flush=True)
        time.sleep(float(sys.argv[2]))

digits = load_mnist()[0][0][:300]
keras.utils.set_random_seed(1)
vae = VAE(Encoder(hidden_units=(16,)), Decoder(hidden_units=(16,)))
vae.compile(optimizer="adam")
folder = sys.argv[1]
snapshots = Snapshots(digits[:20], n=3, path=folder + "/run.npz")
backup = keras.callbacks.BackupAndRestore(folder + "/backup")
history = vae.fit(digits, batch_size=100, epochs=6, verbose=0, callbacks=[snapshots, backup, Slow()])
print("epochs", history.epoch, "steps", int(vae.optimizer.iterations))
"""


def test_a_killed_run_loses_nothing_from_before_its_backup(tmp_path):
    """kill -9 gives the process no chance to tidy up."""
    script = tmp_path / "train.py"
    script.write_text(textwrap.dedent(KILLED))
    command = [sys.executable, str(script), str(tmp_path)]
    process = subprocess.Popen([*command, "60"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().strip() == "1"
        time.sleep(0.5)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    before = Recording.load(tmp_path / "run.npz")
    assert before.epochs.tolist() == [0, 1]
    done = subprocess.run([*command, "0"], capture_output=True, text=True, check=True, timeout=240)
    assert "epochs [1, 2, 3, 4, 5] steps 18" in done.stdout
    after = Recording.load(tmp_path / "run.npz")
    assert after.epochs.tolist() == [0, 1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(after.z_mean[:2], before.z_mean)
    np.testing.assert_array_equal(after.manifolds[:2], before.manifolds)


class Shown:
    """Stands in for IPython's display: remembers what was shown first and what replaced it."""

    def __init__(self):
        self.first, self.replaced = [], []

    def __call__(self, figure, display_id):
        assert display_id
        self.first.append(figure)
        return self

    def update(self, figure):
        self.replaced.append(figure)


def test_the_live_view_redraws_one_picture_in_place(digits, monkeypatch):
    shown = Shown()
    monkeypatch.setattr(callbacks, "_in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown)
    train(small_vae(), digits, 5, LiveView(digits[:4], every=2, n=3))
    assert (len(shown.first), len(shown.replaced)) == (1, 2)
    titles = [figure.get_suptitle() for figure in shown.first + shown.replaced]
    assert [title.split(",")[0] for title in titles] == ["Epoch: 2", "Epoch: 4", "Epoch: 5"]
    assert "loss" in titles[-1]
    assert "nats" in titles[-1]
    assert not plt.get_fignums()


def test_the_live_view_is_silent_in_a_terminal(digits, capfd):
    train(small_vae(), digits, 1, LiveView(digits[:4], n=3))
    assert capfd.readouterr().out == ""


def test_the_live_view_needs_no_plane(digits, monkeypatch):
    shown = Shown()
    monkeypatch.setattr(callbacks, "_in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown)
    train(small_vae(3), digits, 1, LiveView(digits[:4]))
    assert len(shown.first) == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LiveView(every=0), "every must be"),
        (lambda: Snapshots(epochs=[3, -1]), "epochs must be a whole number, at least 0, got -1"),
        (lambda: Snapshots(path="run.txt"), "path must end in .npz"),
        (lambda: Snapshots(np.zeros((1, 28, 28, 1))).recording, "at least one"),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()
