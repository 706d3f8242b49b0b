"""What notebook 11 says of the VAE+GAN, with three seeds each.

    .venv/bin/python benchmarks/vae_gan.py

At equal steps: gamma, which weighs the likeness to the original against the game; a discriminator
that judges reconstructions, too, as in Larsen et al.; and a finished GAN that gets an encoder. And
which metrics find a digit moved by a pixel farther from itself than the same digit with a hole.
Writes `benchmarks/results/vae_gan.json` and `.md`; about twenty minutes on two idle cores.
"""

from typing import Any

import numpy as np
from common import cells, machine, save, save_text
from ruler import Ruler, rounded

from course import games
from course.scores import cut_out
from vaelib.models import VAEGAN, ConditionalGAN, Encoder
from vaelib.runtime import keras, set_up

SEEDS, LATENT_DIM, STEPS, BATCH_SIZE, PEAK = 3, 8, 1700, 32, 0.002
GAMMAS, HOLES, BETA = (0, 0.1, 1, 10), (5, 7, 9), 0.1
JUDGED, AFTERWARDS = "reconstructions judged, too", "encoder afterwards"
ops = keras.ops


class Judged(VAEGAN):
    """Half of what the discriminator must tell from real digits are reconstructions."""

    def call(self, inputs: Any, training: bool | None = None) -> dict[str, Any]:
        found, (x, y) = super().call(inputs, training), inputs
        scores = self.scores(x, y, found["reconstruction"], training)
        return found | {name: ops.concatenate([found[name], scores[name]]) for name in scores}


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


def with_holes(x: np.ndarray) -> dict[int, np.ndarray]:
    """The pictures once for each size of a hole, always the same holes."""
    rng = np.random.default_rng(0)
    return {size: cut_out(x, size, rng) for size in HOLES}


def farther(phi: Any, ruler: Ruler) -> dict[str, list[float]]:
    """By these features, in how many of 2000 test digits a shift counts more than each hole."""
    x = ruler.x_test[:2000]
    moved = {
        way: [np.roll(x, step, axis) for step in (-1, 1)]
        for way, axis in (("to the side", 2), ("up or down", 1))
    }
    here = phi(x)
    holes = [np.sum((phi(each) - here) ** 2, axis=1) for each in with_holes(x).values()]
    found = {}
    for way, pair in moved.items():
        away = [np.sum((phi(each) - here) ** 2, axis=1) for each in pair]
        shares = np.mean([[np.mean(each > hole) for hole in holes] for each in away], axis=0)
        found[way] = [round(float(share), 4) for share in shares]
    return found


def features(network: keras.Model) -> Any:
    """A network as a function of many pictures."""
    return lambda x: network.predict(x, batch_size=500, verbose=0)


def metrics(model: VAEGAN, ruler: Ruler) -> dict[str, Any]:
    """What the parts of a trained discriminator see, and what it says."""
    x, y = ruler.x_test[:2000], ruler.y_test[:2000]
    inner = model.discriminator.inner
    maps = keras.Sequential([keras.Input((28, 28, 1)), *inner.layers[:-2]])
    scores = model.discriminator.given(y)
    pictures = {"as it is": x, "to the side": np.roll(x, 1, 2), "down": np.roll(x, 1, 1)}
    pictures |= {f"hole of {size}": each for size, each in with_holes(x).items()}
    means = {name: np.mean(ops.convert_to_numpy(scores(a))) for name, a in pictures.items()}
    parts = {"convolutions": features(maps), "features": features(inner)}
    shares = {name: farther(phi, ruler) for name, phi in parts.items()}
    return {"farther": shares, "scores": rounded(means)}


def others(ruler: Ruler) -> dict[str, list[dict[str, Any]]]:
    """The same of pixels, of the judge, and of ten discriminators before any training."""
    untrained = []
    for seed in range(10):
        set_up(seed)
        untrained.append(farther(features(games.feature_discriminator()), ruler))
    pixels = farther(lambda x: x.reshape(len(x), -1), ruler)
    judge = farther(ruler.judge.features, ruler)
    return {"pixels": [pixels], "untrained features": untrained, "the judge's": [judge]}


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
        lines.append(f"| {row['way']} | " + " | ".join(cells(row["runs"], COLUMNS)) + " |")
    lines += ["", "For how many of 2000 digits is the one moved by a pixel farther away than the"]
    lines += ["one with a hole of so many pixels on each side, by which metric?", ""]
    lines += ["| metric | moved | " + " | ".join(f"{size} × {size}" for size in HOLES) + " |"]
    lines += ["|---" * (2 + len(HOLES)) + "|"]
    seen = {
        name: [run["farther"][name] for run in found["metrics"]]
        for name in found["metrics"][0]["farther"]
    }
    for name, runs in (seen | found["others"]).items():
        for way in runs[0]:
            shares = zip(*(run[way] for run in runs), strict=True)
            each = [", ".join(f"{value:.0%}" for value in seeds) for seeds in shares]
            lines.append(f"| {name} | {way} | " + " | ".join(each) + " |")
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
    found = {"rows": rows, "metrics": seen, "others": others(ruler), "machine": machine()}
    save("vae_gan", found)
    save_text("vae_gan.md", as_markdown(found))


if __name__ == "__main__":
    main()
