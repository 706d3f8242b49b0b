"""Recording a run: every frame shows the model as it is, and looking changes nothing."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from vaelib.latent import decode_grid, quantile_grid
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras
from vaelib.training.recording import Recording
from vaelib.training.snapshots import Snapshots
from vaelib.visual.live import LiveView


def train(vae, x, epochs, *callbacks):
    return vae.fit(x, batch_size=300, epochs=epochs, verbose=0, callbacks=list(callbacks))


def test_a_frame_shows_the_model_as_it_is_at_that_epoch(make_vae, small_digits):
    vae, snapshots = make_vae(eagerly=True), Snapshots(small_digits[:20], n=4)
    untrained = vae.encoder.predict_on_batch(small_digits[:20])[0]
    train(vae, small_digits, 2, snapshots)
    recording = snapshots.recording
    assert recording.epochs.tolist() == [0, 1, 2]
    np.testing.assert_allclose(recording.z_mean[0], untrained, atol=1e-6)
    z_mean, z_log_var, _ = vae.encoder.predict_on_batch(small_digits[:20])
    np.testing.assert_allclose(recording.z_mean[-1], z_mean, atol=1e-6)
    np.testing.assert_allclose(recording.z_log_var[-1], z_log_var, atol=1e-6)
    picture = decode_grid(lambda z: vae.decoder(z, training=False), quantile_grid(4))
    assert np.abs(recording.manifolds[-1] / 255 - picture).max() < 0.6 / 255
    assert np.abs(recording.z_mean[0] - recording.z_mean[1]).max() > 1e-3
    train(make_vae(eagerly=True), small_digits, 1, snapshots)
    assert snapshots.recording.epochs.tolist() == [0, 1]  # a second run starts anew


def test_only_chosen_epochs_of_the_whole_test_set_by_default(digits):
    sizes = {"hidden_units": (8,)}
    vae, snapshots = VAE(Encoder(**sizes), Decoder(**sizes)), Snapshots(epochs=[0, 2])
    vae.compile(optimizer="adam", run_eagerly=True)
    train(vae, digits[:200], 3, snapshots)
    recording = snapshots.recording
    assert recording.epochs.tolist() == [0, 2]
    assert recording.z_mean.shape == (2, 10_000, 2)
    assert recording.manifolds.shape == (2, 15 * 28, 15 * 28)
    assert recording.z_mean.dtype == recording.z_log_var.dtype == np.float32


def test_recording_and_looking_do_not_change_the_run(make_vae, small_digits, monkeypatch):
    monkeypatch.setattr(LiveView, "on_epoch_end", lambda self, epoch, logs: self.draw(epoch, logs))
    looking = Snapshots(small_digits[:20], n=3), LiveView(small_digits[:3], n=3)
    alone = make_vae(dropout_rate=0.2)
    train(alone, small_digits, 2)
    watched = make_vae(dropout_rate=0.2)
    train(watched, small_digits, 2, *looking)
    for mine, other in zip(alone.weights, watched.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(other))


def test_other_latent_spaces_have_codes_but_no_map(make_vae, small_digits):
    snapshots = Snapshots(small_digits[:5])
    train(make_vae(latent_dim=3, eagerly=True), small_digits, 1, snapshots)
    assert snapshots.recording.z_mean.shape == (2, 5, 3)
    assert snapshots.recording.manifolds.shape == (2, 0, 0)


def test_an_interrupted_run_goes_on_where_the_backup_was(make_vae, small_digits, tmp_path):
    """The frames of the first part are kept, one recorded after the backup is made again."""

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                raise InterruptedError

    def watching(path=None):
        return Snapshots(small_digits[:20], n=3, path=path)

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    whole, uninterrupted = watching(), make_vae(eagerly=True)
    train(uninterrupted, small_digits, 5, whole)

    first = watching(tmp_path / "run.npz")
    with pytest.raises(InterruptedError):
        train(make_vae(eagerly=True), small_digits, 5, first, Stop(), backup())
    assert first.recording.epochs.tolist() == [0, 1, 2, 3]

    vae, second = make_vae(eagerly=True), watching(tmp_path / "run.npz")
    history = train(vae, small_digits, 5, second, backup())
    assert history.epoch == [2, 3, 4]
    assert second.recording.epochs.tolist() == whole.recording.epochs.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(second.recording.z_mean[:3], whole.recording.z_mean[:3])
    assert vae.optimizer.iterations == uninterrupted.optimizer.iterations == 10


KILLED = """
import sys, time
import numpy as np
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras
from vaelib.training.snapshots import Snapshots

class Slow(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(epoch + 1, flush=True)
        time.sleep(float(sys.argv[2]))

folder, x = sys.argv[1], np.random.default_rng(0).random((300, 4, 4, 1))
keras.utils.set_random_seed(1)
sizes = {"hidden_units": (8,), "image_shape": (4, 4, 1)}
vae = VAE(Encoder(**sizes), Decoder(**sizes))
vae.compile(optimizer="adam")
snapshots = Snapshots(x[:20], n=3, path=folder + "/run.npz")
backup = keras.callbacks.BackupAndRestore(folder + "/backup")
callbacks = [snapshots, backup, Slow()]
history = vae.fit(x, batch_size=100, epochs=6, verbose=0, callbacks=callbacks)
print("epochs", history.epoch, "steps", int(vae.optimizer.iterations))
"""


@pytest.mark.slow
def test_a_killed_run_loses_nothing_from_before_its_backup(tmp_path):
    """kill -9 gives the process no chance to tidy up."""
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
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
