"""Plain autoencoders, for notebook 00 and its benchmark: networks, training, data, distances."""

import gc
from typing import Any

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont
from scipy import linalg, spatial, special

from vaelib.runtime import keras
from vaelib.training.schedules import warmup_cosine

KINDS = ("dense", "deep", "convolutional")
layers = keras.layers


def halves(
    kind: str = "dense", code: int = 49, penalty: float = 0.0, activation: str = "relu"
) -> tuple[keras.Model, keras.Model]:
    """Encoder and decoder of 28 × 28 pixels; the code may have an L1 penalty.

    `dense` has no other layer, `deep` two of 256 and 128 ReLU units on either side, `convolutional`
    two convolutions, each of which halves the sides, and what undoes them.
    """
    l1 = keras.regularizers.L1(penalty) if penalty else None
    bottleneck = layers.Dense(code, activation, activity_regularizer=l1, name="code")
    before, after = inside(kind)
    encoder = [keras.Input((28, 28, 1)), *before, bottleneck]
    decoder = [keras.Input((code,)), *after]
    return keras.Sequential(encoder, name="encoder"), keras.Sequential(decoder, name="decoder")


def inside(kind: str) -> tuple[list[Any], list[Any]]:
    """The layers between a picture and its code, and those between a code and its picture."""
    pixels = [layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
    if kind == "dense":
        return [layers.Flatten()], pixels
    if kind == "deep":
        down = [layers.Flatten(), layers.Dense(256, "relu"), layers.Dense(128, "relu")]
        return down, [layers.Dense(128, "relu"), layers.Dense(256, "relu"), *pixels]
    if kind != "convolutional":
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    how = {"kernel_size": 3, "strides": 2, "padding": "same", "activation": "relu"}
    down = [layers.Conv2D(16, **how), layers.Conv2D(32, **how), layers.Flatten()]
    up = [layers.Dense(7 * 7 * 32, "relu"), layers.Reshape((7, 7, 32))]
    up += [layers.Conv2DTranspose(16, **how)]
    return down, [*up, layers.Conv2DTranspose(1, **how | {"activation": "sigmoid"})]


def plane_halves(hidden: tuple[int, ...] = ()) -> tuple[keras.Model, keras.Model]:
    """Encoder and decoder between the plane and one number, with ELU units; linear without any."""
    between = [[layers.Dense(units, "elu") for units in hidden] for _ in range(2)]
    encoder = [keras.Input((2,)), *between[0], layers.Dense(1)]
    return keras.Sequential(encoder), keras.Sequential(
        [keras.Input((1,)), *between[1], layers.Dense(2)]
    )


def nats(x: Any, p: Any) -> Any:
    """Binary cross-entropy of each picture, summed over its pixels: a loss, shape (batch,)."""
    each = keras.losses.binary_crossentropy(x, p)  # of each pixel
    return keras.ops.sum(each, axis=(1, 2))


def train(
    model: keras.Model,
    x: Any,
    y: Any,
    epochs: int,
    peak: float = 0.005,
    loss: Any = nats,
    batch_size: int = 250,
) -> None:
    """Train by Adam, its learning rate climbing to `peak` and falling to 0 along a cosine."""
    steps = epochs * (len(x) // batch_size)
    adam = keras.optimizers.Adam(warmup_cosine(steps, peak, warmup=min(200, steps // 3)))
    model.compile(adam, loss=loss, steps_per_execution=20)
    same = y is x
    x = tensor(x)
    y = x if same else tensor(y)
    model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0)
    del x, y
    model.train_function = None  # a step's graph, which takes 50 MB
    gc.collect()  # `fit` leaves copies of its pictures behind


def tensor(x: np.ndarray) -> Any:
    """An array as a tensor. TensorFlow keeps one more copy, until its next operation."""
    made = keras.ops.convert_to_tensor(x)
    keras.ops.add(0, 0)
    return made


def drawn(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """What a model makes of many inputs, 2000 at a time."""
    parts = [model(x[piece], training=False) for piece in pieces(len(x))]
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])


def pieces(n: int) -> list[slice]:
    """0 to n, 2000 at a time, for the sake of memory."""
    return [slice(i, i + 2000) for i in range(0, n, 2000)]


def cost(x: np.ndarray, p: np.ndarray) -> float:
    """Nats per picture; as in Keras, a pixel of exactly 0 or 1 counts as 1e-7 away from it."""
    each = [nats(x[piece], p[piece]) for piece in pieces(len(x))]
    return float(np.mean(np.concatenate(each)))


def floor(x: np.ndarray) -> float:
    """What a perfect reconstruction would cost, nats per picture: the entropy of grey pixels."""
    x = x.astype("float64")
    return float((special.entr(x) + special.entr(1 - x)).sum() / len(x))


def psnr(x: np.ndarray, y: np.ndarray) -> float:
    """Peak signal-to-noise ratio of pictures in [0, 1], in decibels, over all pixels together."""
    return float(-10 * np.log10(np.mean((x.astype("float64") - y) ** 2)))


def noisy(x: np.ndarray, deviation: float, seed: int) -> np.ndarray:
    """Normal noise on every pixel, cut off at 0 and 1."""
    rng, noisier = np.random.default_rng(seed), np.empty(x.shape, "float32")
    for i in range(0, len(x), 5000):  # all at once would take a gigabyte
        part = x[i : i + 5000]
        noisier[i : i + 5000] = (part + rng.normal(scale=deviation, size=part.shape)).clip(0, 1)
    return noisier


def letters(size: int = 22) -> np.ndarray:
    """The capitals from A to Z in a font that comes with Matplotlib: (26, 28, 28, 1), 1 for ink."""
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size)
    pictures = []
    for letter in map(chr, range(ord("A"), ord("Z") + 1)):
        image = Image.new("L", (28, 28))
        ImageDraw.Draw(image).text((14, 14), letter, fill=255, font=font, anchor="mm")
        pictures.append(np.asarray(image, "float32") / 255)
    return np.stack(pictures)[..., None]


def sine(n: int, rng: np.random.Generator, noise: float = 0.06) -> np.ndarray:
    """Points near the sine from −2.2 to 2.2: (n, 2)."""
    t = rng.uniform(-2.2, 2.2, n)
    points = np.stack([t, np.sin(t)], axis=1) + noise * rng.normal(size=(n, 2))
    return points.astype("float32")


def from_sine(points: np.ndarray) -> np.ndarray:
    """How far points are from the sine: (n,). It is taken a little longer than the data's."""
    s = np.linspace(-2.5, 2.5, 5001)
    return spatial.KDTree(np.stack([s, np.sin(s)], axis=1)).query(points)[0]


def along(encoder: keras.Model, decoder: keras.Model, points: np.ndarray) -> np.ndarray:
    """The curve that a code of one number draws, between the ends of its points: (4000, 2)."""
    codes = drawn(encoder, points)
    return drawn(decoder, np.linspace(codes.min(), codes.max(), 4000)[:, None])


def principal(x: np.ndarray, k: int) -> np.ndarray:
    """The k principal directions, as columns."""
    return np.linalg.eigh(np.cov(x.T.astype("float64")))[1][:, : -k - 1 : -1]


def on_line(known: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The points nearest to x on the first principal line of the known points."""
    middle, axis = known.mean(axis=0), principal(known, 1)
    return middle + (x - middle) @ axis @ axis.T


def largest_angle(a: np.ndarray, b: np.ndarray) -> float:
    """The largest principal angle between the spans of the columns of two matrices, in degrees.

    Source: Björck & Golub, Math. Comp. 27 (1973), by way of SciPy.
    """
    return float(np.degrees(linalg.subspace_angles(a, b).max()))


def stray(codes: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Which draws fall where hardly any code lies: farther from the nearest one than 99 % of the
    codes are from theirs. Shape (n,), true or false."""
    tree = spatial.KDTree(codes)
    reach = np.quantile(tree.query(codes, k=2)[0][:, 1], 0.99)
    return tree.query(draws)[0] > reach
