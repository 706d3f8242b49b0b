"""A Keras callback that shows a training run while it happens."""

from functools import partial
from typing import Any

import numpy as np
from IPython import get_ipython
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from vaelib import _validation as check
from vaelib.data import mnist_test_digits
from vaelib.latent import halves
from vaelib.runtime import keras, preserve_random_state
from vaelib.visual.plots import plot_digits, plot_manifold


class LiveView(keras.callbacks.Callback):
    """Redraw reconstructions and the digit map in one place; the last picture stays on the page.
    Of a GAN, new pictures of the same codes take the place of reconstructions.

    In a terminal it does nothing. Training gives the same weights, bit for bit, as without. `x` are
    pictures to reconstruct, (n, height, width, channels), or ten of MNIST's test set; they are
    drawn after `every` so many epochs and after the last; the map has n × n pictures; with
    `ink=False` a grey pixel of 1 is white. `label` is for a `ConditionalVAE` or a
    GAN: that of all `x`, whose map it is.

    >>> view = LiveView(every=5)  # then vae.fit(x, epochs=20, callbacks=[view])
    """

    def __init__(
        self, x: Any = None, every: int = 1, n: int = 15, ink: bool = True, label: Any = None
    ) -> None:
        super().__init__()
        self.label = label
        x = mnist_test_digits(label)[:10] if x is None else x
        self.x = check.batch("x", x).astype("float32")
        self.every, self.n = check.integer("every", every), check.integer("n", n, least=2)
        self._handle: Any = None
        self.ink = ink

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._handle = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        last = epoch + 1 == (self.params or {}).get("epochs")
        in_a_notebook = type(get_ipython()).__name__ == "ZMQInteractiveShell"
        if not in_a_notebook or ((epoch + 1) % self.every and not last):
            return
        figure = self.draw(epoch + 1, logs or {})
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)
        plt.close(figure)

    def draw(self, epoch: int, logs: dict[str, Any]) -> Figure:
        """The model as it is: reconstructions beside the map, if the codes have two dimensions;
        epoch and losses in the title."""
        encoder, decoder = halves(self.model, self.label)
        pictures, names = self._pictures(encoder, decoder)
        if decoder.latent_dim == 2:
            shape = {"figsize": (7, 5), "width_ratios": [1, 4]}
            figure, axes = plt.subplots(1, 2, layout="constrained", **shape)
            plot_digits(*zip(*pictures, strict=True), ax=axes[0], ink=self.ink)
            axes[0].set_xticks([self.x.shape[2] * (i + 0.5) for i in range(len(names))], names)
            plot_manifold(partial(decoder, training=False), n=self.n, ax=axes[1], ink=self.ink)
        else:
            figure, ax = plt.subplots(figsize=(7, 0.5 + 0.7 * len(names)), layout="constrained")
            labels = [name.strip() for name in names]
            plot_digits(*pictures, labels=labels, ax=ax, ink=self.ink)
        keys, unit = ("loss", "val_loss"), " nats"
        if hasattr(self.model, "discriminator"):
            keys, unit = ("discriminator", "generator"), ""
        losses = [f"{key} {logs[key]:.1f}" for key in keys if key in logs]
        figure.suptitle(", ".join([f"Epoch: {epoch}", *losses]) + unit * bool(losses))
        return figure

    def _pictures(self, encoder: Any, decoder: Any) -> tuple[list[Any], list[str]]:
        """Columns of pictures, and what they are."""
        if encoder is None:
            z = np.random.default_rng(0).normal(size=(len(self.x), decoder.latent_dim))
            made = decoder(z.astype("float32"), training=False)
            return [keras.ops.convert_to_numpy(made)], ["new"]
        inputs = self.x if self.label is None else (self.x, np.full(len(self.x), self.label))
        with preserve_random_state(self.model):
            return [self.x, self.model.predict_on_batch(inputs)], ["picture", "\nfrom code"]
