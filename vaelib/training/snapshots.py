"""A Keras callback that records a training run, for a look at it later."""

from typing import Any

import numpy as np

from vaelib import _validation as check
from vaelib._files import PathLike, check_suffix
from vaelib.data import mnist_test_digits
from vaelib.latent import decode_grid, encode, halves, quantile_grid
from vaelib.runtime import keras, preserve_random_state
from vaelib.training.recording import Frame, Recording


class Snapshots(keras.callbacks.Callback):
    """Record the digit map and the codes of some pictures at chosen epochs, in `recording`.

    Epoch 0 is the untrained model, epoch n the model after n epochs. Looking at the model uses up
    none of its random numbers: training gives the same weights, bit for bit, as without.

    Args:
        x: pictures whose codes are kept, (n, height, width, channels); left out, MNIST's test set.
        epochs: numbers of finished epochs to record, such as `snapshot_epochs(30)`; left out, all.
        n: the map has n × n pictures, at `quantile_grid(n)` on either axis.
        path: an `.npz` file, rewritten after every frame. A run that `BackupAndRestore` resumes
            takes the frames so far from there; a run from the beginning starts it anew.
        label: of a `ConditionalVAE` or GAN: that of all `x`, whose map it is. A GAN has no codes.

    >>> from vaelib.models import VAE, Decoder, Encoder
    >>> vae, x, snapshots = VAE(Encoder(), Decoder()), np.zeros((8, 28, 28, 1)), Snapshots()
    >>> vae.compile(optimizer="adam")
    >>> history = vae.fit(x, epochs=2, verbose=0, callbacks=[snapshots])
    >>> snapshots.recording.epochs.tolist()
    [0, 1, 2]
    """

    def __init__(
        self,
        x: Any = None,
        epochs: Any = None,
        n: int = 15,
        path: PathLike | None = None,
        label: Any = None,
    ) -> None:
        super().__init__()
        self.label = label
        self.x = check.batch("x", mnist_test_digits(label) if x is None else x).astype("float32")
        self.epochs = None if epochs is None else check.sizes("epochs", epochs, least=0)
        self.z_values = quantile_grid(n)
        self.path = None if path is None else check_suffix(path, ".npz")
        self._frames: list[Frame] = []
        self._started = False

    @property
    def recording(self) -> Recording:
        """The frames so far; ValueError if there are none."""
        return Recording.from_frames(self._frames)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._started = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._started:
            return
        # Only here is it known where a restored run goes on.
        self._started = True
        if epoch and not self._frames and self.path and self.path.exists():
            self._frames = Recording.load(self.path).frames()
        self._frames = [frame for frame in self._frames if epoch and frame[0] <= epoch]
        if not self._frames or self._frames[-1][0] < epoch:
            self._record(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._record(epoch + 1)

    def _record(self, epoch: int) -> None:
        if self.epochs is not None and epoch not in self.epochs:
            return
        encoder, decoder = halves(self.model, self.label)
        z_mean = z_log_var = np.zeros((0, decoder.latent_dim))
        if encoder is not None:
            with preserve_random_state(self.model):
                z_mean, z_log_var = encode(encoder, self.x)
        manifold = np.zeros((0, 0), "uint8")
        if decoder.latent_dim == 2:
            pictures = decode_grid(lambda z: decoder(z, training=False), self.z_values)
            manifold = (255 * pictures.clip(0, 1)).round().astype("uint8")
        codes = z_mean.astype("float32"), z_log_var.astype("float32")
        self._frames.append((epoch, manifold, *codes))
        if self.path is not None:
            self.recording.save(self.path)
