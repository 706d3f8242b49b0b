"""Points on two curves, and autoencoders with a code of one number, for notebook 09."""

from typing import Any

import numpy as np
from scipy import spatial

from vaelib.runtime import keras
from vaelib.training.schedules import warmup_cosine

Pair = tuple[keras.Model, keras.Model]


def true_curve(label: int, t: Any) -> np.ndarray:
    """Points of the sine (label 0) or of the circle (1), for t from −1 to 1: (n, 2)."""
    if label == 0:
        return np.stack([2.2 * t, np.sin(2.2 * t)], axis=1)
    return [1.5, -0.5] + 0.5 * np.stack([np.cos(np.pi * t), np.sin(np.pi * t)], axis=1)


def two_curves(
    n: int, rng: np.random.Generator, noise: float = 0.06
) -> tuple[np.ndarray, np.ndarray]:
    """Points near the two curves, (n, 2), and their labels, (n,)."""
    y = rng.integers(2, size=n)
    t = rng.uniform(-1, 1, n)
    clean = np.where(y[:, None] == 0, true_curve(0, t), true_curve(1, t))
    return (clean + noise * rng.normal(size=(n, 2))).astype("float32"), y


def network(inputs: int, outputs: int) -> keras.Model:
    """Three dense layers of 64 units; `inputs` numbers and a label go in."""
    x, label = keras.Input((inputs,)), keras.Input((1,))
    hidden = keras.layers.Concatenate()([x, label])
    for _ in range(3):
        hidden = keras.layers.Dense(64, activation="gelu")(hidden)
    return keras.Model([x, label], keras.layers.Dense(outputs)(hidden))


def train(
    points: np.ndarray, label: np.ndarray, copies: int = 3, epochs: int = 60, batch_size: int = 50
) -> list[Pair]:
    """Pairs of an encoder and a decoder, trained to reconstruct the points.

    The loss is the sum of all pairs' losses. They share no weight, and Adam treats each weight by
    itself, so this is the same as training each alone, only faster.
    """
    pairs = [(network(2, 1), network(1, 2)) for _ in range(copies)]
    x, y = keras.Input((2,)), keras.Input((1,))
    drawn = [decoder([encoder([x, y]), y]) for encoder, decoder in pairs]
    steps = epochs * len(points) // batch_size
    rate = warmup_cosine(steps, peak=0.01)
    together = keras.Model([x, y], drawn)
    together.compile(keras.optimizers.Adam(rate), "mse", steps_per_execution=20)
    options = {"epochs": epochs, "batch_size": batch_size, "verbose": 0}
    together.fit([points, label], [points] * copies, **options)
    return pairs


def curve_of(pair: Pair, points: np.ndarray, label: float) -> np.ndarray:
    """What a decoder draws between the smallest and the largest code of its points: (2000, 2)."""
    encoder, decoder = pair
    codes = np.asarray(encoder([points, np.full((len(points), 1), label, "float32")]))
    along = np.linspace(codes.min(), codes.max(), 2000, dtype="float32")[:, None]
    return np.asarray(decoder([along, np.full_like(along, label)]))


def strays(curves: list[np.ndarray]) -> np.ndarray:
    """How far points that were drawn are from the true curves: one curve from the nearer of the
    two, two curves each from its own."""
    t = np.linspace(-1, 1, 2000)
    trees = [spatial.KDTree(true_curve(label, t)) for label in (0, 1)]
    if len(curves) == 1:
        return np.min([tree.query(curves[0])[0] for tree in trees], axis=0)
    own = zip(trees, curves, strict=True)
    return np.concatenate([tree.query(curve)[0] for tree, curve in own])
