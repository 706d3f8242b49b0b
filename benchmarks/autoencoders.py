"""What notebook 00 says of autoencoders, with three seeds each.

    .venv/bin/python benchmarks/autoencoders.py

Three networks with a code of 49 numbers, trained for equal seconds; pictures of another kind;
noise, at the level trained on and at others; sparse codes; subspaces and curves, in the plane and
for digits (with six numbers: the sixth and the seventh variance differ clearly, and where two are
equal PCA's subspace is not unique); half-way between two digits; 25 points; and what lies between
the codes.
Writes `benchmarks/results/autoencoders.json`; about twelve minutes on two idle cores.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from common import machine, save
from scipy import ndimage, spatial
from training import Budget

from course import autoencoders as ae
from course.judging import Judge
from vaelib.data import load_mnist
from vaelib.runtime import keras, set_up

SEEDS, SECONDS, NOISE, PENALTIES = 3, 30.0, (0.25, 0.5, 0.75), (0.0, 0.1, 0.3)
# The largest learning rate: for each of the three kinds, of 0.001 to 0.02, it had the best
# validation (with another seed).
PEAK = 0.005
Figures = dict[str, float]


def kinds(x: np.ndarray, x_test: np.ndarray) -> list[dict[str, Any]]:
    """Three networks at equal seconds, compilation included."""
    rows = []
    for kind in ae.KINDS:
        row: dict[str, Any] = {"kind": kind, "epochs": [], "nats": [], "units never active": []}
        for seed in range(SEEDS):
            set_up(seed)
            encoder, decoder = ae.halves(kind)
            model = keras.Sequential([encoder, decoder])
            model.compile(keras.optimizers.Adam(PEAK), loss=ae.nats)
            budget = Budget(SECONDS, PEAK, warmup=0.05)
            run = model.fit(x, x, batch_size=250, epochs=1000, verbose=0, callbacks=[budget])
            row["parameters"] = model.count_params()
            row["epochs"].append(len(run.epoch))
            row["nats"].append(round(ae.cost(x_test, ae.drawn(model, x_test)), 1))
            never = ae.drawn(encoder, x_test).max(axis=0) == 0
            row["units never active"].append(int(never.sum()))
        rows.append(row)
        print(row, flush=True)
    return rows


def strangers(seed: int, x: np.ndarray, x_test: np.ndarray) -> Figures:
    """Nats above the floor, for digits and for what the network has never seen."""
    model = keras.Sequential([*ae.halves("dense")])
    ae.train(model, x, x, 6, 0.01)
    shown = {"digits": x_test, "mirrored": x_test[:, ::-1], "letters": ae.letters()}
    shown["negative"] = 1 - x_test
    return {name: ae.cost(y, ae.drawn(model, y)) - ae.floor(y) for name, y in shown.items()}


def denoising(seed: int, x: np.ndarray, x_test: np.ndarray) -> Figures:
    """Trained at a noise of 0.5 and measured at three levels: decibels, and nats."""
    narrow, wide = (keras.Sequential([*ae.halves("dense", code)]) for code in (49, 784))
    noisy = ae.noisy(x, 0.5, seed)
    ae.train(narrow, noisy, x, 5, 0.005)
    ae.train(wide, noisy, x, 5, 0.002)
    found = {}
    for level in NOISE:
        seen = ae.noisy(x_test, level, 100 + seed)
        ways = {"nothing": seen, "median filter": ndimage.median_filter(seen, (1, 3, 3, 1))}
        ways |= {"code of 49": ae.drawn(narrow, seen), "code of 784": ae.drawn(wide, seen)}
        for name, y in ways.items():
            found[f"{level}, {name}, dB"] = ae.psnr(x_test, y)
            found[f"{level}, {name}, nats"] = ae.cost(x_test, y)
    return found


def sparse(seed: int, x: np.ndarray, x_test: np.ndarray) -> Figures:
    """Active units, and nats."""
    found = {}
    for penalty in PENALTIES:
        encoder, decoder = ae.halves("dense", 256, penalty)
        ae.train(keras.Sequential([encoder, decoder]), x, x, 4)
        code = ae.drawn(encoder, x_test)
        found[f"{penalty} active"] = np.mean(np.sum(code > 0, axis=1))
        found[f"{penalty} nats"] = ae.cost(x_test, ae.drawn(decoder, code))
    return found


def longer(seed: int, x: np.ndarray, x_test: np.ndarray) -> Figures:
    """What a penalty's sparse code becomes, with more training, in nats and active units."""
    found = {}
    for epochs in (4, 16, 48):
        encoder, decoder = ae.halves("dense", 256, 0.3)
        ae.train(keras.Sequential([encoder, decoder]), x, x, epochs)
        code = ae.drawn(encoder, x_test)
        reading = np.linalg.norm(decoder.layers[0].get_weights()[0], axis=1)
        found[f"{epochs} epochs: price of a code, nats"] = 0.3 * code.sum() / len(code)
        found[f"{epochs} epochs: units active"] = np.mean(np.sum(code > 0, axis=1))
        found[f"{epochs} epochs: size of a unit's weights"] = reading.mean()
    return found


def manifold(seed: int, x: np.ndarray, x_test: np.ndarray) -> Figures:
    """Angles to PCA's subspace in degrees, and distances from the sine."""
    points = ae.sine(4000, np.random.default_rng(seed))
    line, deep = ae.plane_halves(), ae.plane_halves((32, 32, 32))
    ae.train(keras.Sequential([*line]), points, points, 20, 0.01, "mse", 50)
    ae.train(keras.Sequential([*deep]), points, points, 60, 0.01, "mse", 50)
    away = {"line": ae.from_sine(ae.along(*line, points))}
    away["curve"] = ae.from_sine(ae.along(*deep, points))
    direction = line[1].get_weights()[0].T
    found = {"angle of the line": ae.largest_angle(direction, ae.principal(points, 1))}
    for name, distance in away.items():
        found |= {f"mean distance of the {name}": distance.mean()}
        found |= {f"largest distance of the {name}": distance.max()}
    flat, axes = x.reshape(len(x), -1), ae.principal(x.reshape(len(x), -1), 6)
    model = keras.Sequential([keras.Input((784,)), ae.layers.Dense(6), ae.layers.Dense(784)])
    ae.train(model, flat, flat, 30, 0.01, "mse", 500)
    found["angle for digits"] = ae.largest_angle(model.layers[1].get_weights()[0].T, axes)
    codes, scores = ae.drawn(model.layers[0], flat), (flat - flat.mean(axis=0)) @ axes
    found["code and components"] = closest(codes, scores)
    # The same of random mixtures of components that vary equally.
    mixtures = np.random.default_rng(seed).normal(size=(1000, 6, 6))
    shares = np.abs(mixtures) / np.linalg.norm(mixtures, axis=1, keepdims=True)
    return found | {"random mixtures": shares.max(axis=1).mean()}


def closest(codes: np.ndarray, scores: np.ndarray) -> float:
    """The correlation of each unit with the component that it is most like, averaged."""
    k = codes.shape[1]
    return float(np.abs(np.corrcoef(codes.T, scores.T)[:k, k:]).max(axis=1).mean())


def middles(seed: int, x: np.ndarray, x_test: np.ndarray) -> Figures:
    """Half-way between two digits of one kind, and their ends: what the judge says, and how far the
    nearest training digit is by the judge's features."""
    _, (_, y) = load_mnist()
    encoder, decoder = ae.halves("deep", 16)
    ae.train(keras.Sequential([encoder, decoder]), x, x, 8)
    rng, judge = np.random.default_rng(seed), Judge.load()
    pairs = [rng.choice(np.flatnonzero(y == d), (2, 50), replace=False) for d in range(10)]
    a, b = x_test[np.concatenate(pairs, axis=1)]
    code_a, code_b = ae.drawn(encoder, a), ae.drawn(encoder, b)
    again, again_b = ae.drawn(decoder, code_a), ae.drawn(decoder, code_b)
    shown = {"digit": a, "digit, reconstructed": again, "middle of pixels": (a + b) / 2}
    # Both as blurred as what the decoder draws.
    shown["middle of reconstructed pixels"] = (again + again_b) / 2
    shown["middle of codes"] = ae.drawn(decoder, (code_a + code_b) / 2)
    near, found = spatial.KDTree(judge.features(x[:20_000])), {}
    for name, pictures in shown.items():
        right = judge.labels(pictures) == np.repeat(np.arange(10), 50)
        found[f"{name}: named correctly"] = np.mean(right)
        found[f"{name}: distance"] = near.query(judge.features(pictures))[0].mean()
    return found


def few(seed: int, x: np.ndarray, x_test: np.ndarray) -> Figures:
    """Squared errors of a curve through 25 random points: on them, and on others."""
    known, others = np.random.default_rng(10 + seed).normal(size=(2, 25, 2)).astype("float32")
    model, again = keras.Sequential([*ae.plane_halves((64, 64, 64))]), np.tile(known, (100, 1))
    ae.train(model, again, again, 80, loss="mse", batch_size=25)
    found = {}
    for name, z in {"points": known, "others": others}.items():
        found[f"curve, {name}"] = np.mean((ae.drawn(model, z) - z) ** 2)
        found[f"PCA's line, {name}"] = np.mean((ae.on_line(known, z) - z) ** 2)
    return found


def joint(seed: int, x: np.ndarray, x_test: np.ndarray) -> Figures:
    """How many draws from a normal distribution with the codes' mean and covariance fall where
    hardly any code lies."""
    found = {}
    for penalty in (0.0, 0.3):
        encoder, decoder = ae.halves("deep", 2, penalty, "linear")
        ae.train(keras.Sequential([encoder, decoder]), x, x, 5)
        codes, rng = ae.drawn(encoder, x), np.random.default_rng(seed)
        draws = rng.multivariate_normal(codes.mean(axis=0), np.cov(codes.T), 5000)
        found[f"{penalty} stray"] = np.mean(ae.stray(codes, draws))
    return found


MEASURED: list[Callable[[int, np.ndarray, np.ndarray], Figures]] = [
    strangers,
    denoising,
    sparse,
    longer,
    manifold,
    middles,
    few,
    joint,
]


def main() -> None:
    """Measure all of it, and keep it."""
    (x, _), (x_test, _) = load_mnist()
    x = x[:55_000]
    found: dict[str, Any] = {"floor": round(ae.floor(x_test), 2), "kinds": kinds(x, x_test)}
    for measure in MEASURED:
        rows = []
        for seed in range(SEEDS):
            set_up(seed)
            rows.append(measure(seed, x, x_test))
        found[measure.__name__] = {
            name: [round(float(row[name]), 4) for row in rows] for name in rows[0]
        }
        print(measure.__name__, found[measure.__name__], flush=True)
    save("autoencoders", found | {"machine": machine()})


if __name__ == "__main__":
    main()
