"""What notebook 10 says of GANs, with three seeds each.

    .venv/bin/python benchmarks/gan.py

On a line, how far a trained discriminator is from the best; on a ring, how many of eight modes are
drawn during training; of digits, four objectives at equal seconds: how many of 10 000 new digits
the judge names as asked, and their Fréchet distance from the test set. Writes
`benchmarks/results/gan.json` and `.md`; about fifty minutes on two idle cores.
"""

import time
from typing import Any

import numpy as np
from common import machine, save, save_text
from scipy import special
from training import Budget

from course import games
from course.judging import Judge, frechet_distance, variety
from vaelib.data import load_mnist
from vaelib.models import ConditionalGAN
from vaelib.models.gan import OBJECTIVES
from vaelib.runtime import keras, set_up, tf
from vaelib.training.modes import CountModes

SEEDS, BATCH_SIZE, PEAK, NEW = 3, 64, 0.001, 10_000
NAMES = {"non_saturating": "non-saturating", "wasserstein": "WGAN-GP"}
ops = keras.ops

RINGS: dict[str, dict[str, Any]] = {
    "Adam as usual": {},
    "no momentum": {"beta_1": 0.0},
    "discriminator four times as wide": {"width": 256},
    "two points at once": {"together": 2},
}
# Seconds, objective, and whether the rate falls in the second half.
RUNS = [(60, name, True) for name in ("hinge", "non_saturating", "saturating", "wasserstein")]
RUNS += [(60, "hinge", False), (150, "hinge", True), (150, "non_saturating", True)]
RUNS += [(150, "non_saturating", False)]


class Wasserstein(ConditionalGAN):
    """The score as it is, and a penalty for slopes other than 1 between real and made pictures.

    Source: WGAN-GP, Gulrajani et al., arXiv:1704.00028. Keras has no gradient inside a model.
    """

    def scores(self, x: Any, y: Any, pictures: Any, training: Any) -> dict[str, Any]:
        scores = super().scores(x, y, pictures, training)
        share = keras.random.uniform((ops.shape(x)[0], 1, 1, 1), seed=self.seed_generator)
        between = share * x + (1 - share) * ops.stop_gradient(pictures)
        with tf.GradientTape() as tape:
            tape.watch(between)
            here = self.discriminator((between, y), training=training)
        slopes = ops.sqrt(ops.sum(tape.gradient(here, between) ** 2, (1, 2, 3)) + 1e-12)
        return scores | {"real": scores["real"] - 10 * (slopes - 1) ** 2}


OBJECTIVES["wasserstein"] = lambda real, made: made - real, lambda made: -made


class Falling(Budget):
    """Trains for so many seconds, at one rate; in the second half it falls to a twentieth."""

    def __init__(self, seconds: float, peak: float, falls: bool = True) -> None:
        super().__init__(seconds, peak)
        self.falls = falls

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        spent = min(1.0, (time.perf_counter() - self.begun) / self.seconds)
        share = 1 - 0.95 * max(0.0, 2 * spent - 1) * self.falls
        self.model.optimizer.learning_rate.assign(self.peak * share)


def on_a_line(seed: int) -> dict[str, float]:
    """The largest distance of D from the best D within [−5, 5], and both values."""
    set_up(seed)
    model = games.trained_scores(*games.samples(100_000, np.random.default_rng(seed)))
    x = np.linspace(-12, 12, 24_001)
    score = model.predict(x[:, None], batch_size=8000, verbose=0)[:, 0].astype("float64")
    with np.errstate(divide="ignore"):
        best = np.log(games.real_density(x)) - np.log(games.made_density(x))
    away = np.abs(special.expit(score) - special.expit(best))[np.abs(x) <= 5]
    return {
        "largest distance": round(float(away.max()), 4),
        "value": round(games.value(score, x), 4),
        "best value": round(games.value(best, x), 4),
    }


def on_a_ring(seed: int, beta_1: float = 0.9, **options: Any) -> list[int]:
    """The modes found after each 500 steps."""
    set_up(seed)
    gan = games.PlaneGAN(**options)
    gan.compile(keras.optimizers.Adam(PEAK, beta_1=beta_1), steps_per_execution=50)
    points = games.ring(500 * 128, np.random.default_rng(seed))
    counting = CountModes(lambda gan: games.modes(gan.points()))
    run = gan.fit(points, batch_size=128, epochs=8, verbose=0, callbacks=[counting])
    return run.history["modes"]


def digits(
    seconds: float, objective: str, falls: bool, seed: int, judge: Judge, features: np.ndarray
) -> dict[str, Any]:
    """Train for so long, and let the judge see 10 000 new digits."""
    (x, y), (_, y_test) = load_mnist()
    set_up(seed)
    kind: Any = Wasserstein if objective == "wasserstein" else ConditionalGAN
    gan = kind(games.generator(8), games.discriminator(), objective=objective)
    gan.compile(keras.optimizers.Adam(PEAK, beta_1=0.5), steps_per_execution=20)
    budget = Falling(seconds, PEAK, falls)
    run = gan.fit(
        x[:55_000], y[:55_000], batch_size=BATCH_SIZE, epochs=1000, verbose=0, callbacks=[budget]
    )
    asked = np.arange(NEW) % 10
    new = gan.generate(asked, seed=1)
    of_new = judge.features(new)
    found = {
        "asked": np.mean(judge.labels(new) == asked),
        "frechet": frechet_distance(of_new, features),
        "variety": variety(of_new, asked, features, y_test),
        "discriminator": run.history["discriminator"][-1],
        "generator": run.history["generator"][-1],
    }
    steps = {"seed": seed, "steps": int(gan.optimizer.iterations.numpy())}
    return steps | {name: round(float(value), 4) for name, value in found.items()}


def as_markdown(found: dict[str, Any]) -> str:
    """Tables, with the three seeds in each cell."""
    floor, made = found["floor"], found["machine"]
    lines = [
        f"# GANs at equal seconds, measured on {made['date']}",
        "",
        f"{SEEDS} seeds; eight latent units, batches of {BATCH_SIZE}, the networks of notebook 10. "
        "*Falling*: from half the time on, the learning rate falls to a twentieth. Of 10 000 new "
        "digits, against the 10 000 of the test set; 10 000 digits of the training set give "
        f"{floor['asked']:.1%}, {floor['frechet']:.2f} and {floor['variety']:.2f}.",
        "",
        "| seconds | objective | rate | named as asked | Fréchet distance | variety | steps |",
        "|---" * 7 + "|",
    ]
    forms = {"asked": "{:.1%}", "frechet": "{:.2f}", "variety": "{:.2f}", "steps": "{:,}"}
    for row in found["digits"]:
        cells = [
            ", ".join(form.format(run[key]) for run in row["runs"]) for key, form in forms.items()
        ]
        rate = "falling" if row["falls"] else "constant"
        cells = [str(row["seconds"]), row["name"], rate, *cells]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| ring | modes after 1000, 2000, 3000, 4000 steps |", "|---|---|"]
    for name, runs in found["ring"].items():
        counts = "; ".join(" ".join(str(n) for n in run[1::2]) for run in runs)
        lines.append(f"| {name} | {counts} |")
    lines += ["", *(f"- {key}: {value}" for key, value in made.items())]
    return "\n".join([*lines, ""])


def main() -> None:
    """Train and measure all, then write."""
    line = [on_a_line(seed) for seed in range(SEEDS)]
    print(line, flush=True)
    rings = {
        name: [on_a_ring(seed, **options) for seed in range(SEEDS)]
        for name, options in RINGS.items()
    }
    print(rings, flush=True)
    (x, y), (x_test, y_test) = load_mnist()
    judge = Judge.load()
    features, real = judge.features(x_test), judge.features(x[:NEW])
    floor = {
        "asked": float(np.mean(judge.labels(x_test) == y_test)),
        "frechet": round(frechet_distance(real, features), 4),
        "variety": round(variety(real, y[:NEW], features, y_test), 4),
    }
    rows = []
    for seconds, objective, falls in RUNS:
        runs = [digits(seconds, objective, falls, s, judge, features) for s in range(SEEDS)]
        row = {"seconds": seconds, "objective": objective, "name": NAMES.get(objective, objective)}
        rows.append(row | {"falls": falls, "runs": runs})
        print(rows[-1], flush=True)
    found = {"line": line, "ring": rings, "floor": floor, "digits": rows, "machine": machine()}
    save("gan", found)
    save_text("gan.md", as_markdown(found))


if __name__ == "__main__":
    main()
