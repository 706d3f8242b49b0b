"""Wrong answers to the exercises on watching a run, and what each hint must say."""

import math

import keras
import numpy as np


class Stop(keras.callbacks.Callback):
    """What the wrong callbacks share."""

    def __init__(self, target):
        super().__init__()
        self.target = target


class OnTrainingLoss(Stop):
    def on_epoch_end(self, epoch, logs=None):
        if logs["loss"] < self.target:
            self.model.stop_training = True


class WhileAbove(Stop):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = logs["val_loss"] > self.target


class OnItself(Stop):
    def on_epoch_end(self, epoch, logs=None):
        if logs["val_loss"] < self.target:
            self.stop_training = True


class AtOnce(Stop):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


class AtTheTarget(Stop):
    def on_epoch_end(self, epoch, logs=None):
        if logs["val_loss"] <= self.target:
            self.model.stop_training = True


class WrongKey(Stop):
    def on_epoch_end(self, epoch, logs=None):
        if logs["validation_loss"] < self.target:
            self.model.stop_training = True


def schedule(step, steps, peak, warmup, down):
    return (
        peak * step / warmup if step < warmup else peak * down((step - warmup) / (steps - warmup))
    )


OF = {
    "StopBelow": [
        (OnTrainingLoss, r"val_loss"),
        (WhileAbove, r"\*above\*"),
        (OnItself, r"of the \*model\*"),
        (AtOnce, r"first epoch, whatever"),
        (AtTheTarget, r"exactly the target"),
        (WrongKey, r"KeyError: 'validation_loss'"),
    ],
    "rate": [
        (
            lambda s, n, p, w: (
                1e-4 + (p - 1e-4) * s / w
                if s < w
                else p / 2 * (1 + math.cos(math.pi * (s - w) / (n - w)))
            ),
            r"starts at 0\.$",
        ),
        (lambda s, n, p, w: p * 0.5 * (1 + math.cos(math.pi * s / n)), r"way up is missing"),
        (lambda s, n, p, w: p * s / w if s < w else p * (1 + np.cos(np.pi * s / n)) / 2, r"jumps"),
        (lambda s, n, p, w: schedule(s, n, p, w, lambda t: math.cos(math.pi * t)), r"below 0"),
        (
            lambda s, n, p, w: schedule(s, n, p, w, lambda t: 0.5 + 0.5 * math.cos(t)),
            r"hardly falls",
        ),
        (lambda s, n, p, w: schedule(s, n, p, w, lambda t: 1 - t), r"straight line"),
        (
            lambda s, n, p, w: p * s / w if s < w else p * (1 + np.cos(np.pi * (s - w) / n)) / 2,
            r"reach 0",
        ),
    ],
}
