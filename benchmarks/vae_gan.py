"""What notebook 11 says of the VAE+GAN, with three seeds each.

    .venv/bin/python benchmarks/vae_gan.py

At equal steps: gamma, which weighs the likeness to the original against the game; a discriminator
that judges reconstructions, too, as in Larsen et al.; and a finished GAN that gets an encoder. And
which metrics find a digit moved by a pixel farther from itself than the same digit with a hole.
Writes `benchmarks/results/vae_gan.json` and `.md`; about twenty minutes on two idle cores.
"""

from typing import Any

import numpy as np
from common import machine, save, save_text
from ruler import Ruler, rounded

from course import games
from course.scores import cut_out
from vaelib.models import VAEGAN, ConditionalGAN, Encoder
from vaelib.models.gan import OBJECTIVES, frozen
from vaelib.runtime import keras, set_up

SEEDS, LATENT_DIM, STEPS, BATCH_SIZE, PEAK = 3, 8, 1700, 32, 0.002
GAMMAS, HOLES, BETA = (0, 0.1, 1, 10), (5, 7, 9), 0.1
JUDGED, AFTERWARDS = "reconstructions judged, too", "encoder afterwards"
ops = keras.ops


class Judged(VAEGAN):
    """Half of what the discriminator takes for made are reconstructions: Larsen et al., (8)."""

    def call(self, inputs: Any, training: bool | None = None) -> dict[str, Any]:
        x, y = inputs
        _, _, z = self.encoder((x, y), training=training)
        pictures = self.decoder((ops.stop_gradient(z), y), training=training)
        stopped = ops.stop_gradient(pictures)
        return super().call(inputs, training) | {
            "too": self.discriminator((stopped, y), training=training),
            "wanted_too": frozen(self.discriminator, (pictures, y), training),
        }

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any):
        of_discriminator, of_generator = OBJECTIVES[self.objective]
        others = of_discriminator(y_pred["real"], y_pred["too"])
        ours = of_discriminator(y_pred["real"], y_pred["made"])
        wanted = of_generator(y_pred["wanted_too"]) - of_generator(y_pred["wanted"])
        return super().compute_loss(x, y, y_pred) + ops.mean(others - ours + wanted) / 2


def fit(model: Any, ruler: Ruler) -> Any:
    """By the recipe of the notebook."""
    rate = keras.optimizers.schedules.CosineDecay(PEAK, STEPS, alpha=0.05)
    model.compile(keras.optimizers.Adam(rate, beta_1=0.5), steps_per_execution=20)
    rows = np.random.default_rng(0).permutation(len(ruler.x))[: STEPS * BATCH_SIZE]
    model.fit(ruler.x[rows], ruler.y[rows], batch_size=BATCH_SIZE, verbose=0)
    return model


def trained(way: Any, ruler: Ruler) -> VAEGAN:
    """With this gamma, or in this other way."""
    halves = games.generator(LATENT_DIM), games.feature_discriminator()
    if way == AFTERWARDS:
        gan = fit(ConditionalGAN(*halves), ruler)
        gan.decoder.trainable = gan.discriminator.trainable = False
        return fit(VAEGAN(Encoder(LATENT_DIM), gan.decoder, gan.discriminator, beta=BETA), ruler)
    kind, gamma = (Judged, 1.0) if way == JUDGED else (VAEGAN, way)
    return fit(kind(Encoder(LATENT_DIM), *halves, gamma=gamma, beta=BETA), ruler)


def measured(way: Any, seed: int, ruler: Ruler) -> tuple[dict[str, float], dict[str, Any]]:
    """What it can do, and what its discriminator makes of a shift and of a hole."""
    set_up(seed)
    model = trained(way, ruler)
    test = ruler.x_test, ruler.y_test
    found = ruler.of_new(model.generate(ruler.asked, seed=seed), ruler.asked)
    found |= ruler.of_reconstructions(model.predict(test, batch_size=1000, verbose=0))
    logs = model.evaluate(*test, batch_size=1000, verbose=0, return_dict=True)
    found |= ruler.of_styles(model) | rounded({"kl": logs["kl"]})
    return found | {"seed": seed}, {} if way != 1 else metrics(model, ruler)


def metrics(model: VAEGAN, ruler: Ruler) -> dict[str, Any]:
    """For each metric, in how many of 2000 test digits the shift counts more than the hole."""
    x, y = ruler.x_test[:2000], ruler.y_test[:2000]
    moved, rng = np.roll(x, 1, axis=2), np.random.default_rng(0)
    cut = [cut_out(x, size, rng) for size in HOLES]
    inner = model.discriminator.inner
    maps = keras.Sequential([keras.Input((28, 28, 1)), *inner.layers[:-2]])
    new = games.feature_discriminator()
    phis = {
        "pixels": lambda a: a.reshape(len(a), -1),
        "its convolutions": lambda a: maps.predict(a, batch_size=500, verbose=0),
        "its features": lambda a: inner.predict(a, batch_size=500, verbose=0),
        "an untrained one's": lambda a: new.predict(a, batch_size=500, verbose=0),
        "the judge's": ruler.judge.features,
    }
    found: dict[str, Any] = {}
    for name, phi in phis.items():
        here = phi(x)
        away = np.sum((phi(moved) - here) ** 2, axis=1)
        holes = [np.sum((phi(each) - here) ** 2, axis=1) for each in cut]
        found[name] = [round(float(np.mean(away > each)), 4) for each in holes]
    scores = model.discriminator.given(y)
    pictures = {"as it is": x, "moved": moved}
    pictures |= {f"hole of {size}": each for size, each in zip(HOLES, cut, strict=True)}
    means = {name: float(np.mean(ops.convert_to_numpy(scores(a)))) for name, a in pictures.items()}
    return {"farther": found, "scores": rounded(means)}


COLUMNS = {
    "asked": ("named as asked", "{:.1%}"),
    "frechet": ("Fréchet distance", "{:.1f}"),
    "variety": ("variety", "{:.2f}"),
    "sharpness": ("sharpness", "{:.2f}"),
    "nats": ("reconstruction, nats", "{:.0f}"),
    "away": ("in features", "{:.0f}"),
    "kl": ("KL, nats", "{:.1f}"),
    "restyled": ("restyled as labelled", "{:.1%}"),
    "slant": ("slant kept", "{:.2f}"),
    "ink": ("ink kept", "{:.2f}"),
}


def as_markdown(found: dict[str, Any]) -> str:
    """Both tables, with the three seeds in each cell."""
    made = found["machine"]
    lines = [
        f"# The VAE+GAN, measured on {made['date']}",
        "",
        f"{STEPS} steps of {BATCH_SIZE} digits, {LATENT_DIM} latent units, beta {BETA}, {SEEDS} "
        "seeds. The columns are explained in [scoreboard.md](scoreboard.md).",
        "",
        "| gamma, or another way | " + " | ".join(says for says, _ in COLUMNS.values()) + " |",
        "|---" * (1 + len(COLUMNS)) + "|",
    ]
    for row in found["rows"]:
        cells = [
            ", ".join(form.format(run[key]) for run in row["runs"])
            for key, (_, form) in COLUMNS.items()
        ]
        lines.append(f"| {row['way']} | " + " | ".join(cells) + " |")
    lines += ["", "For how many of 2000 digits is the one moved by a pixel farther away than the"]
    lines += ["one with a hole of so many pixels on each side, by which metric?", ""]
    lines += ["| metric | " + " | ".join(f"{size} × {size}" for size in HOLES) + " |"]
    lines += ["|---" * (1 + len(HOLES)) + "|"]
    for name in found["metrics"][0]["farther"]:
        shares = zip(*(each["farther"][name] for each in found["metrics"]), strict=True)
        cells = [", ".join(f"{value:.1%}" for value in seeds) for seeds in shares]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "| score of the digit | mean over the digits |", "|---|---|"]
    for name in found["metrics"][0]["scores"]:
        cell = ", ".join(f"{each['scores'][name]:.2f}" for each in found["metrics"])
        lines.append(f"| {name} | {cell} |")
    lines += ["", *(f"- {key}: {value}" for key, value in made.items())]
    return "\n".join([*lines, ""])


def main() -> None:
    """Train and measure all, then write."""
    ruler, rows, seen = Ruler(), [], []
    for way in (*GAMMAS, JUDGED, AFTERWARDS):
        runs = []
        for seed in range(SEEDS):
            run, metric = measured(way, seed, ruler)
            print(way, run, metric, flush=True)
            runs.append(run)
            seen += [metric] if metric else []
        rows.append({"way": way, "runs": runs})
    found = {"rows": rows, "metrics": seen, "machine": machine()}
    save("vae_gan", found)
    save_text("vae_gan.md", as_markdown(found))


if __name__ == "__main__":
    main()
