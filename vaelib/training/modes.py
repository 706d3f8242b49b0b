"""A Keras callback that counts the modes a generator draws, and stops when they are too few."""

from collections.abc import Callable
from typing import Any

from vaelib import _validation as check
from vaelib.runtime import keras, preserve_random_state


class CountModes(keras.callbacks.Callback):
    """Count the modes after every epoch, as `modes` of the history; stop a run that collapsed.

    Training gives the same weights, bit for bit, as without.

    Args:
        count: from the model to how many modes it draws, such as the number of labels that a
            classifier finds in new pictures.
        least: stop, and say why, when `patience` counts in a row are below it; left out, never.
        patience: how many.

    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(loss="mse")
    >>> counting, x = CountModes(lambda model: 3, least=8), keras.ops.ones((4, 1))
    >>> model.fit(x, x, epochs=9, verbose=0, callbacks=[counting]).history["modes"]
    Stopped after epoch 3: fewer than 8 modes in 3 counts (3, 3, 3).
    [3, 3, 3]
    """

    def __init__(
        self, count: Callable[[Any], int], least: int | None = None, patience: int = 3
    ) -> None:
        super().__init__()
        self.count, self.patience = count, check.integer("patience", patience)
        self.least = None if least is None else check.integer("least", least)
        self._few: list[int] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._few = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        with preserve_random_state(self.model):
            found = int(self.count(self.model))
        if logs is not None:
            logs["modes"] = found
        self._few = [*self._few, found] if self.least and found < self.least else []
        if len(self._few) == self.patience:
            self.model.stop_training = True
            which = f"{self.patience} counts ({', '.join(map(str, self._few))})"
            print(f"Stopped after epoch {epoch + 1}: fewer than {self.least} modes in {which}.")
