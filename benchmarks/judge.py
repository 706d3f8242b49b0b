"""The judge: a small classifier of digits, by which the course tells what generated digits show.

    .venv/bin/python benchmarks/judge.py          measure the one that is shipped
    .venv/bin/python benchmarks/judge.py again    train it again first, five minutes

Three convolutions, a layer of 64 units, whose outputs are its features, and ten classes. It learns
from 55 000 training digits, each moved, turned and scaled a little whenever it is seen; its weights
are averages over the last steps. The other 5 000 are for validation. Measured are its accuracy, and
how far real digits are from real digits by its features: the floor of every Fréchet distance, which
falls with the number of pictures. Writes `course/judge.keras` and `benchmarks/results/judge.json`.
"""

import sys

import numpy as np
from common import machine, save
from scipy import ndimage

from course.judging import FEATURES, FILE, Judge, frechet_distance
from vaelib._files import atomic_path
from vaelib.data import load_mnist
from vaelib.runtime import keras, set_up

EPOCHS, BATCH_SIZE, PEAK = 10, 125, 0.003


def network() -> keras.Model:
    """About 60 000 weights, and little else in the file."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(48, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name=FEATURES),
            layers.Dropout(0.3),
            layers.Dense(10, name="logits"),
        ],
        name="judge",
    )


class Moved(keras.utils.PyDataset):
    """Batches of digits, each turned, scaled, sheared and moved a little, anew in every epoch."""

    def __init__(self, x: np.ndarray, y: np.ndarray, seed: int) -> None:
        super().__init__()
        self.x, self.y, self.rng = x, y, np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self.x) // BATCH_SIZE

    def on_epoch_end(self) -> None:
        self.order = self.rng.permutation(len(self.x))

    def __getitem__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self.order[i * BATCH_SIZE : (i + 1) * BATCH_SIZE]
        return np.stack([self.moved(picture) for picture in self.x[chosen, ..., 0]]), self.y[chosen]

    def moved(self, picture: np.ndarray) -> np.ndarray:
        """By up to two pixels, 12 degrees, a tenth of its size, and a tenth of shear."""
        turn, shear = self.rng.uniform([-0.2, -0.1], [0.2, 0.1])
        scale, shift = self.rng.uniform(0.9, 1.1), self.rng.uniform(-2, 2, 2)
        cosine, sine = np.cos(turn), np.sin(turn)
        matrix = np.array([[cosine, -sine], [sine, cosine]]) @ [[1, shear], [0, 1]] / scale
        offset = 13.5 - matrix @ (13.5 + shift)
        return ndimage.affine_transform(picture, matrix, offset, order=1)[..., None]


def train(x: np.ndarray, y: np.ndarray) -> keras.Model:
    """The classifier without its optimizer, its weights averaged over the last steps."""
    set_up(seed=0)
    model = network()
    steps = EPOCHS * ((len(x) - 5000) // BATCH_SIZE)
    rate = keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=PEAK, warmup_steps=400)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = keras.optimizers.Adam(rate, use_ema=True, ema_momentum=0.998)
    model.compile(adam, loss, metrics=["accuracy"])
    data = Moved(x[:-5000], y[:-5000], seed=0)
    model.fit(data, epochs=EPOCHS, validation_data=(x[-5000:], y[-5000:]), verbose=2)
    bare = network()
    bare.set_weights(model.get_weights())  # the averages: `fit` has put them there at its end
    return bare


def main() -> None:
    """Train it if that is asked for; measure it."""
    (x, y), (x_test, y_test) = load_mnist()
    if "again" in sys.argv[1:]:
        model = train(x, y)
        with atomic_path(FILE) as temporary:
            model.save(temporary)
    judge = Judge.load()
    right = {"training": (x[:-5000], y[:-5000]), "validation": (x[-5000:], y[-5000:])}
    right["test"] = x_test, y_test
    real = judge.features(x_test)
    found = {
        "bytes": FILE.stat().st_size,
        "accuracy": {name: float(np.mean(judge.labels(a) == b)) for name, (a, b) in right.items()},
        "floors": {
            str(n): round(frechet_distance(judge.features(x[:n]), real), 4)
            for n in (500, 1000, 2000, 5000, 10_000)
        },
        "machine": machine(),
    }
    print(found)
    save("judge", found)


if __name__ == "__main__":
    main()
