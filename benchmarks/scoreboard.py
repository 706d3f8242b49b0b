"""All of the course's models of digits on one scoreboard, at equal seconds of training.

    .venv/bin/python benchmarks/scoreboard.py [--go-on] [SECONDS …]

A VAE, a conditional VAE, a GAN, a conditional GAN and a VAE+GAN, with eight latent units each, for
60 and for 300 seconds (or the SECONDS given), three seeds; beside them two humble baselines, and
10 000 training digits as the floor. What is measured, `ruler.py` says. Writes
`benchmarks/results/scoreboard.json` and `.md`; about two hours on two idle cores. With `--go-on`,
what the file has already is kept.
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from baselines import Kernels, Normals
from common import RESULTS, machine, save, save_text
from gan import Falling
from ruler import NEW, Ruler, rounded
from training import ENOUGH, PEAK, PEAK_LONG, Budget

from course import games
from vaelib.models import VAE, VAEGAN, ConditionalGAN, ConditionalVAE, Decoder, Encoder
from vaelib.runtime import keras, set_up

SEEDS, BUDGETS, LATENT_DIM = 3, (60, 300), 8
MODELS = ("VAE", "conditional VAE", "GAN", "conditional GAN", "VAE+GAN")
BASELINES = ("kernel density estimate", "ten normals", "real digits")


def vae(kind: Callable, decoder_inputs: int, seconds: float, *data: np.ndarray) -> Any:
    """By the recipe of `training.py`, for half of 300 s at most: then the loss of validation digits
    rises."""
    model = kind(Encoder(LATENT_DIM), Decoder(decoder_inputs))
    peak = PEAK if seconds <= 60 else PEAK_LONG
    adam = keras.optimizers.Adam(peak, beta_2=0.99, global_clipnorm=100.0)
    model.compile(adam, steps_per_execution=20)
    budget = Budget(min(seconds, ENOUGH), peak)
    model.fit(*data, batch_size=250, epochs=10_000, verbose=0, callbacks=[budget])
    return model


def game(model: Any, seconds: float, *data: np.ndarray) -> Any:
    """By the recipe of notebooks 10 and 11."""
    model.compile(keras.optimizers.Adam(0.002, beta_1=0.5), steps_per_execution=20)
    falling = Falling(seconds, 0.002)
    model.fit(*data, batch_size=32, epochs=10_000, verbose=0, callbacks=[falling])
    return model


def trained(name: str, seconds: float, x: np.ndarray, y: np.ndarray) -> Any:
    """The model of this name."""
    generator = games.generator(LATENT_DIM, 2 if name == "GAN" else 10)
    if name == "VAE":
        return vae(VAE, LATENT_DIM, seconds, x)
    if name == "conditional VAE":
        return vae(ConditionalVAE, LATENT_DIM + 10, seconds, x, y)
    if name == "GAN":  # told the same label every time, it is told nothing
        return game(ConditionalGAN(generator, games.discriminator(), 2), seconds, x, 0 * y)
    if name == "conditional GAN":
        return game(ConditionalGAN(generator, games.discriminator()), seconds, x, y)
    discriminator = games.feature_discriminator()
    return game(VAEGAN(Encoder(LATENT_DIM), generator, discriminator, beta=0.1), seconds, x, y)


def measured(name: str, seconds: float, seed: int, ruler: Ruler) -> dict[str, Any]:
    """Train one, and measure what it can do."""
    set_up(seed)
    begun = time.perf_counter()
    model = trained(name, seconds, ruler.x, ruler.y)
    taken = time.perf_counter() - begun
    if name == "VAE":
        found = ruler.of_new(model.generate(NEW, seed=seed))
    elif name == "GAN":
        found = ruler.of_new(model.generate(np.zeros(NEW, int), seed=seed))
    else:
        found = ruler.of_new(model.generate(ruler.asked, seed=seed), ruler.asked)
    if hasattr(model, "encoder"):
        labelled = name != "VAE"
        test = (ruler.x_test, ruler.y_test) if labelled else ruler.x_test
        found |= ruler.of_reconstructions(model.predict(test, batch_size=1000, verbose=0))
        found |= ruler.log_p(model, labelled)
        found |= ruler.of_styles(model) if labelled else {}
    made = {"seed": seed, "steps": int(model.optimizer.iterations.numpy())}
    return made | found | {"seconds": round(taken, 1), "bytes": 4 * model.count_params()}


def baseline(name: str, seed: int, ruler: Ruler) -> dict[str, Any]:
    """Fit it, or take real digits, and measure."""
    begun, extra, x = time.perf_counter(), {}, ruler.x
    if name == "real digits":
        order = np.random.default_rng(seed).permutation(len(ruler.x))[:NEW]
        others = np.setdiff1d(np.arange(len(ruler.x)), order)
        new, asked, size = ruler.x[order], ruler.y[order], 0
        x = ruler.x[others]  # a digit is not a copy of itself
    else:
        if name == "ten normals":
            model: Any = Normals(ruler.x, ruler.y)
        else:
            model = Kernels(ruler.x[:50_000], ruler.y[:50_000], ruler.x[50_000:], ruler.y[50_000:])
            extra = {"width": model.width}
        asked, size = ruler.asked, model.bytes
        new = model.generate(asked, seed)
    taken = round(time.perf_counter() - begun, 1)
    found = {"seed": seed} | ruler.of_new(new, asked, x) | rounded(extra)
    return found | {"seconds": taken, "bytes": size}


COLUMNS = {
    "asked": ("named as asked", "{:.1%}"),
    "frechet": ("Fréchet distance", "{:.1f}"),
    "bias": ("bias in it", "{:.2f}"),
    "density": ("density", "{:.2f}"),
    "coverage": ("coverage", "{:.2f}"),
    "variety": ("variety", "{:.2f}"),
    "sharpness": ("sharpness", "{:.2f}"),
    "nearest": ("distance to the nearest", "{:.2f}"),
    "log_p": ("log P, nats", "{:.0f}"),
    "nats": ("reconstruction, nats", "{:.0f}"),
    "away": ("in features", "{:.0f}"),
    "reconstruction_sharpness": ("its sharpness", "{:.2f}"),
    "restyled": ("restyled as labelled", "{:.1%}"),
    "slant": ("slant kept", "{:.2f}"),
    "ink": ("ink kept", "{:.2f}"),
    "steps": ("steps", "{:,}"),
    "bytes": ("bytes", "{:,}"),
}


def as_markdown(rows: list[dict[str, Any]], made: dict[str, Any]) -> str:
    """The table: in each cell the seeds one after the other, or once if they agree."""
    lines = [
        f"# One scoreboard, measured on {made['date']}",
        "",
        f"{LATENT_DIM} latent units, {SEEDS} seeds. Of 10 000 new digits against the test set, by "
        "the judge's features; *bias* is how much of the Fréchet distance comes from there being "
        "10 000 only. *Sharpness*, and the median distance *to the nearest* training picture, "
        "are shares of those of the test digits. *log P* is log P(x) of the VAE, otherwise "
        "log P(x|y), by IWAE-500, of the first 1000 test digits. *Restyled* digits are those 1000, "
        f"each with ten labels. VAEs stop after {ENOUGH:g} seconds.",
        "",
        "| seconds | model | " + " | ".join(says for says, _ in COLUMNS.values()) + " |",
        "|---" * (2 + len(COLUMNS)) + "|",
    ]
    for row in rows:
        cells = []
        for key, (_, form) in COLUMNS.items():
            values = [form.format(run[key]) for run in row["runs"] if key in run]
            cells.append(", ".join(values if len(set(values)) > 1 else values[:1]) or "–")
        seconds = row["seconds"] or "–"
        lines.append(f"| {seconds} | {row['name']} | " + " | ".join(cells) + " |")
    lines += ["", *(f"- {key}: {value}" for key, value in made.items())]
    return "\n".join([*lines, ""])


def main(budgets: list[int], go_on: bool) -> None:
    """Train and measure all; write after every model, so that nothing is lost."""
    known = json.loads((RESULTS / "scoreboard.json").read_text(encoding="utf-8")) if go_on else {}
    runs = {(row["seconds"], row["name"]): row["runs"] for row in known.get("rows", [])}
    ruler = Ruler()
    wanted = [(0, name) for name in BASELINES]
    wanted += [(seconds, name) for seconds in budgets for name in MODELS]
    for seed in range(SEEDS):
        for seconds, name in wanted:
            own = runs.setdefault((seconds, name), [])
            if seed < len(own):
                continue
            if seconds:
                own.append(measured(name, seconds, seed, ruler))
            else:
                own.append(baseline(name, seed, ruler))
            print(seconds, name, own[-1], flush=True)
            rows = [
                {"seconds": key[0], "name": key[1], "runs": found} for key, found in runs.items()
            ]
            rows.sort(key=lambda row: (row["seconds"], (MODELS + BASELINES).index(row["name"])))
            save("scoreboard", {"rows": rows, "machine": machine()})
            save_text("scoreboard.md", as_markdown(rows, machine()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Put all models of digits on one scoreboard.")
    parser.add_argument("seconds", type=int, nargs="*", default=list(BUDGETS))
    parser.add_argument("--go-on", action="store_true", help="keep what the file has")
    options = parser.parse_args()
    main(options.seconds, options.go_on)
