"""What telling a VAE the label gains, and what wrong wirings do: three seeds each.

    .venv/bin/python benchmarks/conditional.py

The recipe of notebook 09, whole and with a part left out: the label to one half only, to none (the
VAE of notebook 03), and ten VAEs, one for each digit, each with a tenth of the batches. All see as
many pictures in training. Measured on the test set: the loss in nats; how many of 5000 new digits
the judge names as asked, and of 1000 test digits restyled to all ten labels; how well ten nearest
neighbours guess the label from the code; and the accuracy of Bayes' classifier. Writes
`benchmarks/results/conditional.json` and `.md`; about twenty-five minutes on two cores.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from common import cells, machine, save, save_text
from scipy import special

from course import judging
from course.judging import Judge, frechet_distance, guessed, kept
from vaelib.data import load_mnist
from vaelib.elbo import Tensor, gaussian_kl
from vaelib.evaluation.bounds import iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood, pairwise_log_likelihood
from vaelib.evaluation.quadrature import log_likelihood_quadrature
from vaelib.latent import encode
from vaelib.models import VAE, ConditionalVAE, Decoder, Encoder
from vaelib.models.conditional_halves import ConditionalDecoder, ConditionalEncoder
from vaelib.runtime import keras, set_up
from vaelib.training.schedules import warmup_cosine

SEEDS = 3
EPOCHS, BATCH_SIZE, PEAK, WARMUP = 15, 250, 0.02, 200
NEW, SOME = 5000, 1000  # digits: new ones, and those of the test set that are restyled and read


def untold(kind: type) -> type:
    """The same half, but it gets zeros in place of the label."""

    class Untold(kind):
        def vectors(self, y: Tensor) -> Tensor:
            return keras.ops.zeros_like(super().vectors(y))

    return Untold


def conditional(
    encoder: type = ConditionalEncoder, decoder: type = ConditionalDecoder, latent_dim: int = 2
) -> VAE:
    """The network of notebook 09, told the label in both halves unless they are others."""
    return ConditionalVAE(encoder(Encoder(latent_dim)), decoder(Decoder(latent_dim + 10)))


def trained(vae: VAE, epochs: int, *data: np.ndarray) -> VAE:
    """By the recipe of notebook 03, for so many epochs."""
    steps = epochs * (len(data[0]) // BATCH_SIZE)
    rate = warmup_cosine(steps, PEAK, min(WARMUP, steps // 3))
    vae.compile(keras.optimizers.Adam(rate), steps_per_execution=20)
    vae.fit(*data, epochs=epochs, batch_size=BATCH_SIZE, verbose=0)
    return vae


class Ten:
    """A VAE for each digit, as if they were one conditional VAE."""

    def __init__(self, vaes: list[VAE]) -> None:
        self.vaes = vaes

    def generate(self, y: np.ndarray, seed: int) -> np.ndarray:
        found = np.empty((len(y), 28, 28, 1), "float32")
        for digit, vae in enumerate(self.vaes):
            found[y == digit] = vae.generate(int(np.sum(y == digit)), seed=seed + digit)
        return found

    def codes(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = np.empty((2, len(x), 2))
        for digit in np.unique(y):
            found[:, y == digit] = encode(self.vaes[digit].encoder, x[y == digit])
        return found[0], found[1]

    def decoder(self, digit: int) -> Any:
        return self.vaes[digit].decoder


class One:
    """A conditional VAE, by the names that `Ten` has."""

    def __init__(self, vae: ConditionalVAE) -> None:
        self.vae, self.generate = vae, vae.generate

    def codes(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return encode(self.vae.encoder, x, y)

    def decoder(self, digit: int) -> Any:
        return self.vae.decoder.given(digit)


def drawn(codes: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """One code of every cloud."""
    z_mean, z_log_var = codes
    noise = np.random.default_rng(0).normal(size=z_mean.shape)
    return z_mean + np.exp(z_log_var / 2) * noise


def log_p_given(model: Any, x: np.ndarray) -> np.ndarray:
    """log P(x|y) for every label, (n, 10): on a grid of two dimensions, by IWAE_500 in more."""
    columns = []
    for digit in range(10):
        decoder = model.decoder(digit)
        if decoder.latent_dim == 2:
            log_likelihood = pairwise_log_likelihood(decoder)
            columns.append(log_likelihood_quadrature(log_likelihood, x, 0.04, 4.4)[0])
        else:
            codes = model.codes(x, np.full(len(x), digit))
            log_likelihood = paired_log_likelihood(decoder)
            columns.append(iwae_bound(log_importance_weights(log_likelihood, x, *codes, k=500)))
    return np.stack(columns, axis=1)


def measure(model: Any, judge: Judge, seed: int) -> dict[str, float]:
    """What the table has, of a model that can be told the label."""
    _, (x_test, y_test) = load_mnist()
    codes = model.codes(x_test, y_test)
    elbo = np.empty(len(x_test))
    for digit in range(10):
        of = y_test == digit
        log_likelihood = paired_log_likelihood(model.decoder(digit))
        weights = log_importance_weights(log_likelihood, x_test[of], *(c[of] for c in codes), k=10)
        elbo[of] = weights.mean(axis=1)
    kl = keras.ops.convert_to_numpy(gaussian_kl(*codes))
    asked = np.arange(NEW) % 10
    new = model.generate(asked, seed=seed)
    x, y, z_mean = (each[:SOME] for each in (x_test, y_test, codes[0].astype("float32")))
    carried = np.stack([np.asarray(model.decoder(d)(z_mean)) for d in range(10)], axis=1)
    labels = judge.labels(carried)
    log_p = log_p_given(model, x)
    p = special.softmax(log_p, axis=1)
    found = {
        "loss": -elbo.mean(),
        "kl": kl.mean(),
        "asked": np.mean(judge.labels(new) == asked),
        "restyled": np.mean(labels == np.arange(10)),
        "guessed": guessed(drawn(codes), y_test),
        "bayes": np.mean(log_p.argmax(axis=1) == y),
        "errors_expected": np.mean(1 - p.max(axis=1)),
        "log_p": np.mean(special.logsumexp(log_p, axis=1) - np.log(10)),
        "frechet": frechet_distance(judge.features(new), judge.features(x_test)),
    }
    for name, style in (("ink", judging.ink), ("slant", judging.slant)):
        each = kept(style, x, y, carried)
        found |= {name: np.mean(each), f"{name}_either_way": np.mean(np.abs(each))}
    return {name: round(float(value), 4) for name, value in found.items()}


def ways(x: np.ndarray, y: np.ndarray) -> dict[str, Callable[[], Any]]:
    """What is trained for each row of the table; all with as many batches."""
    blind, silent = untold(ConditionalEncoder), untold(ConditionalDecoder)
    return {
        "label to both halves": lambda: One(trained(conditional(), EPOCHS, x, y)),
        "to the decoder only": lambda: One(trained(conditional(encoder=blind), EPOCHS, x, y)),
        "to the encoder only": lambda: One(trained(conditional(decoder=silent), EPOCHS, x, y)),
        "ten VAEs": lambda: Ten(
            [trained(VAE(Encoder(), Decoder()), EPOCHS, x[y == digit]) for digit in range(10)]
        ),
        "no label": lambda: trained(VAE(Encoder(), Decoder()), EPOCHS, x),
        "both halves, 4 units": lambda: One(trained(conditional(latent_dim=4), EPOCHS, x, y)),
        "both halves, 8 units": lambda: One(trained(conditional(latent_dim=8), EPOCHS, x, y)),
    }


def measure_untold(vae: VAE, judge: Judge) -> dict[str, float]:
    """What can be said of a VAE that is told nothing."""
    _, (x_test, y_test) = load_mnist()
    z_mean, z_log_var = encode(vae.encoder, x_test)
    log_likelihood = paired_log_likelihood(vae.decoder)
    weights = log_importance_weights(log_likelihood, x_test, z_mean, z_log_var, k=10)
    log_p, _ = log_likelihood_quadrature(
        pairwise_log_likelihood(vae.decoder), x_test[:SOME], 0.04, 4.4
    )
    kl = keras.ops.convert_to_numpy(gaussian_kl(z_mean, z_log_var))
    new = judge.features(vae.generate(NEW, seed=0))
    found = {
        "loss": -weights.mean(),
        "kl": kl.mean(),
        "guessed": guessed(drawn((z_mean, z_log_var)), y_test),
    }
    found |= {"log_p": log_p.mean(), "frechet": frechet_distance(new, judge.features(x_test))}
    return {name: round(float(value), 4) for name, value in found.items()}


COLUMNS = {
    "loss": ("test loss, nats", "{:.1f}"),
    "log_p": ("log P(X), nats", "{:.1f}"),
    "asked": ("new digits as asked", "{:.1%}"),
    "restyled": ("restyled as labelled", "{:.1%}"),
    "slant": ("slant kept", "{:.2f}"),
    "slant_either_way": ("either way", "{:.2f}"),
    "ink": ("ink kept", "{:.2f}"),
    "ink_either_way": ("either way", "{:.2f}"),
    "guessed": ("label guessed from the code", "{:.1%}"),
    "bayes": ("Bayes right", "{:.1%}"),
    "errors_expected": ("errors it expects", "{:.1%}"),
    "frechet": ("Fréchet distance", "{:.1f}"),
}


def as_markdown(rows: list[dict[str, Any]], made: dict[str, Any]) -> str:
    """The table: a row for each way, and in each cell the seeds one after the other."""
    lines = [
        f"# What telling a VAE the label gains, measured on {made['date']}",
        "",
        f"Two latent units but in the last two rows, {EPOCHS} epochs by the recipe of notebook 03, "
        f"{SEEDS} seeds. The judge names the digits. *Kept* is the mean, over the new labels, of "
        "the correlation before and after, of what a digit has beyond its label's average; "
        "*either way* is that of its absolute value. The label is guessed from drawn codes. "
        "log P(X), a mixture over the labels, and Bayes are of the first "
        f"{SOME} test digits: on a grid with two units, by IWAE-500 with more.",
        "",
        "| the label is given | " + " | ".join(says for says, _ in COLUMNS.values()) + " |",
        "|---" * (1 + len(COLUMNS)) + "|",
    ]
    for row in rows:
        lines.append(f"| {row['way']} | " + " | ".join(cells(row["runs"], COLUMNS)) + " |")
    lines += ["", *(f"- {key}: {value}" for key, value in made.items())]
    return "\n".join([*lines, ""])


def main() -> None:
    """Train and measure all, then write."""
    (x, y), _ = load_mnist()
    judge = Judge.load()
    rows: dict[str, dict[str, Any]] = {}
    for seed in range(SEEDS):
        for way, make in ways(x[:55_000], y[:55_000]).items():
            set_up(seed)
            begun = time.perf_counter()
            model = make()
            seconds = round(time.perf_counter() - begun, 1)
            found = (
                measure_untold(model, judge) if way == "no label" else measure(model, judge, seed)
            )
            row = rows.setdefault(way, {"way": way, "runs": []})
            row["runs"].append({"seed": seed, "seconds": seconds} | found)
            print(way, row["runs"][-1], flush=True)
    made = machine()
    save("conditional", {"rows": [*rows.values()], "machine": made})
    save_text("conditional.md", as_markdown([*rows.values()], made))


if __name__ == "__main__":
    main()
