"""What keeps a training run from going wrong in silence: a look at the pictures before it, at the loss during it."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from vaelib.checks import as_numbers, as_pictures, require_unit_interval
from vaelib.device import keras
from vaelib.elbo import require_same_shape


def require_trainable(x: Any, y: Any, image_shape: Sequence[int], unit_interval: bool = True, of: str = "") -> None:
    """ValueError or TypeError for arrays that a VAE cannot learn from.

    Args:
        x: pictures, shape (n, *image_shape). Streams of batches (`tf.data`, generators) are not looked into.
        y: pictures to be explained in place of x, or None.
        image_shape: height, width and channels of a picture.
        unit_interval: whether what is explained must be from 0 to 1.
        of: what the two are part of, for the message.
    """
    if _is_array(x):
        x = as_pictures(x, f"{of}x")
        if x.shape[1:] != tuple(image_shape):
            raise ValueError(f"{of}x must be pictures of shape {tuple(image_shape)}, got {x.shape[1:]} each")
        if y is None and unit_interval:
            require_unit_interval(x, f"{of}x")
    if _is_array(y):
        y = as_numbers(f"{of}y", y)
        require_same_shape(f"{of}y (leave it out, or give pictures)", y.shape, "the output", (None, *image_shape))
        if unit_interval:
            require_unit_interval(y, f"{of}y")


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray | list) or keras.ops.is_tensor(value)


class StopWhenDiverged(keras.callbacks.Callback):
    """FloatingPointError in place of epochs full of NaN."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
            raise FloatingPointError(
                f"training has diverged: the loss is {loss} in epoch {epoch + 1}, and the model is of no use any more. "
                f"Make it anew, and take a smaller learning rate (it was {rate:.3g}) or a longer warm-up"
            )


def guarded(callbacks: Any, model: keras.Model) -> Any:
    """Callbacks as `fit` takes them, before them all the one that stops: none shall keep a broken model."""
    guard = StopWhenDiverged()
    if isinstance(callbacks, keras.callbacks.CallbackList):
        guard.set_model(model)
        callbacks.callbacks.insert(0, guard)
        return callbacks
    if callbacks is None:
        callbacks = []
    return [guard, *(callbacks if isinstance(callbacks, list | tuple) else [callbacks])]
