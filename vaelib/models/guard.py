"""A run that cannot go on is ended, and the reason is said: the data, or the training."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from vaelib.runtime import keras


class Guard(keras.callbacks.TerminateOnNaN):
    """Raises where a loss is no number, or where a cost is negative that cannot be."""

    def __init__(self) -> None:
        super().__init__(raise_error=True)

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_batch_end(batch, logs)
        cost = (logs or {}).get("reconstruction", 0.0)
        if cost < -1e-3 and not self.model.is_density:
            raise RuntimeError(f"minus the log of a probability is {cost} at batch {batch}")

    on_test_batch_end = on_batch_end


def fault_of(stream: Any, unit_interval: bool, explains_y: bool = True) -> str | None:
    """What is wrong with the pictures of a data set, which an array would have been refused for.

    None if nothing is, or if the stream, being a generator, is gone. Without `explains_y` the
    pictures are x, or the first of a pair.
    """
    for batch, (x, *y) in enumerate(_batches(stream)):
        if not explains_y:
            x, y = x[0] if isinstance(x, tuple | list) else x, []
        for name, values in zip("xy", (x, *y), strict=False):
            values = np.asarray(keras.ops.convert_to_numpy(values), "float32")
            if not np.isfinite(values).all():
                return f"{name} holds NaN or infinity, in batch {batch}"
            explained = name == "y" or not y
            if unit_interval and explained and not (values.min() >= 0 and values.max() <= 1):
                found = f"{values.min():g} to {values.max():g}"
                return f"{name} must have pixels in [0, 1], got {found} in batch {batch}"
    return None


def is_array(value: Any) -> bool:
    """Whether a method of Keras would take this as pictures, and not as a stream of batches."""
    return isinstance(value, np.ndarray | list) or keras.ops.is_tensor(value)


def _batches(stream: Any) -> Iterator[tuple]:
    batches: Iterable = ()
    if isinstance(stream, keras.utils.PyDataset):
        batches = map(stream.__getitem__, range(stream.num_batches or 0))
    elif isinstance(stream, Iterable) and not isinstance(stream, Iterator | tuple):
        batches = () if is_array(stream) else stream  # of tf.data or PyTorch
    for batch in batches:
        x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
        yield (x,) if y is None else (x, y)
