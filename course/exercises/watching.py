"""Checks for the exercises of notebook 04."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from course.exercises.checking import Exercise, Function
from vaelib.runtime import keras


def epochs_trained(callback_class: Any) -> Function:
    """A function that plays a training run to such a callback, and says after how many epochs it
    was stopped."""

    def play(target: float, val_loss: list[float]) -> Any:
        callback, model = callback_class(target), SimpleNamespace(stop_training=False)
        callback.set_model(model)
        for epoch, value in enumerate(val_loss):
            # Dropout and batch normalisation make the training loss another one; it must not be
            # mistaken.
            if callback.on_epoch_end(epoch, {"loss": value - 10, "val_loss": value}) is ...:
                return ...
            if model.stop_training:
                return epoch + 1
        return len(val_loss)

    return play


def _first(passed: Any) -> Function:
    """Epochs trained if training stops at the first epoch that passes."""

    def count(target: float, val_loss: list[float]) -> int:
        return next(
            (epoch + 1 for epoch, value in enumerate(val_loss) if passed(value, target)),
            len(val_loss),
        )

    return count


check_stop_below = Exercise(
    right=_first(lambda value, target: value < target),
    cases=[
        (150.0, [180.0, 165.0, 155.0, 149.0, 147.0, 146.0]),
        (150.0, [170.0, 158.0, 156.0, 155.0, 155.0]),
        (200.0, [199.0, 180.0]),
        (150.0, [160.0, 150.0, 149.0, 140.0]),
    ],
    slips=[
        (
            _first(lambda value, target: value - 10 < target),
            'It stops too early: it looks at the training loss, logs["loss"]. Take '
            'logs["val_loss"].',
        ),
        (
            _first(lambda value, target: value <= target),
            "Right but for one case: a loss that is exactly the target is not *below* it.",
        ),
        (
            _first(lambda value, target: value > target),
            "It stops while the loss is still *above* the target. Turn the comparison round.",
        ),
        (
            _first(lambda value, target: False),
            "It never stops. What Keras looks at is `self.model.stop_training`, an attribute of "
            "the *model*: assign True.",
        ),
        (
            _first(lambda value, target: True),
            "It stops after the first epoch, whatever the loss. Compare with the target.",
        ),
    ],
    praise="Keras asks the model after every epoch whether to go on.",
    prepare=epochs_trained,
)


def _rate(step: float, steps: int, peak: float, warmup: int) -> float:
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=peak, warmup_steps=warmup
    )
    return float(schedule(step))


def _cosine(share: float) -> float:
    return (1 + math.cos(math.pi * share)) / 2


_every = [(step, 1000, 0.02, 200) for step in (100, 0, 200, 300, 600, 1000)]

check_rate = Exercise(
    right=_rate,
    cases=[*_every, *((step, 50, 0.5, 10) for step in range(0, 51, 5))],
    slips=[
        (
            lambda step, steps, peak, warmup: peak * _cosine(step / steps),
            "The fall is a cosine, but the way up is missing: for step < warmup the rate is peak · "
            "step / warmup.",
        ),
        (
            lambda step, steps, peak, warmup: (
                1e-4 + (peak - 1e-4) * step / warmup
                if step < warmup
                else peak * _cosine((step - warmup) / (steps - warmup))
            ),
            "Right for a start at 0.0001, as the course's own has it; this one starts at 0.",
        ),
        (
            lambda step, steps, peak, warmup: (
                peak * (step / warmup if step < warmup else _cosine(step / steps))
            ),
            "After the warm-up the rate jumps: the cosine must begin *there*, at its top. What "
            "share of the steps after the warm-up is over?",
        ),
        (
            lambda step, steps, peak, warmup: (
                peak * (step / warmup if step < warmup else _cosine((step - warmup) / steps))
            ),
            "It does not reach 0 at the end: after the warm-up there are only steps − warmup steps "
            "left.",
        ),
        (
            lambda step, steps, peak, warmup: (
                peak
                * (
                    step / warmup
                    if step < warmup
                    else math.cos(math.pi * (step - warmup) / (steps - warmup))
                )
            ),
            "It falls below 0: a cosine runs from 1 to −1. (1 + cos) / 2 runs from 1 to 0.",
        ),
        (
            lambda step, steps, peak, warmup: (
                peak
                * (
                    step / warmup
                    if step < warmup
                    else _cosine((step - warmup) / (steps - warmup) / np.pi)
                )
            ),
            "It hardly falls: at the end the cosine's argument must be π, half a turn.",
        ),
        (
            lambda step, steps, peak, warmup: (
                peak
                * (
                    step / warmup
                    if step < warmup
                    else math.cos(math.pi / 2 * (step - warmup) / (steps - warmup))
                )
            ),
            "A quarter of a turn: it hits 0 at full speed. Half of a cosine, (1 + cos(π · share)) "
            "/ 2, arrives gently.",
        ),
        (
            lambda step, steps, peak, warmup: (
                peak * (step / warmup if step < warmup else (steps - step) / (steps - warmup))
            ),
            "The way up is right; down you took a straight line. Half of a cosine: (1 + cos(π · "
            "share)) / 2.",
        ),
    ],
    praise="The same as Keras's CosineDecay with a warm-up.",
)
