"""A mark from the literature: log P(X) of binarised MNIST, one stochastic layer of 50 units.

    .venv/bin/python benchmarks/literature.py [vae] [iwae]

The network of Burda, Grosse & Salakhutdinov, arXiv:1509.00519, has two hidden layers of 200 units
each way and Bernoulli pixels. Training digits are binarised anew each time they are seen. One model
is trained for 15 minutes to raise the ELBO (`vae`), one for 30 to raise IWAE-5 (`iwae`); the paper
takes 3280 epochs. log P(X) of all test digits, binarised once by NumPy's generator with the seed
1509, is then estimated by 5000 importance samples of each, as in the paper's table 1.

The recipe is today's: ELU in place of tanh, Adam, batches of 100, a cosine over the time, and
gradients with less noise. It was chosen by the last 10 000 training digits, without the test set.
`--validation` trains on the other 50 000 digits and measures those. It writes nothing, and neither
does a shorter run (`--share 0.1`).

Writes `benchmarks/results/literature.json`, in which a part that is not asked for stays as it is;
about 55 minutes on two cores with nothing else to do.
"""

import os

os.environ.setdefault(
    "TF_ENABLE_ONEDNN_OPTS", "1"
)  # faster here; must be set before TensorFlow is imported

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from common import RESULTS, endless, machine, save, save_text
from scipy import special
from training import Budget

from course.experiments import ImportanceWeightedVAE
from vaelib.data import load_mnist
from vaelib.elbo import Tensor, gaussian_kl
from vaelib.latent import encode
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up, tf

# Codes of a digit in training, seconds of training, and log P(X) in table 1.
PARTS = {"vae": (1, 900.0, -86.76), "iwae": (5, 1800.0, -85.54)}
ACTIVATION, BATCH_SIZE, PEAK = "elu", 100, 0.003
TEST_SEED, DRAWS, DRAWS_AT_ONCE, DIGITS_AT_ONCE = 1509, 5000, 250, 4


class OneLayer(ImportanceWeightedVAE):
    """Raises IWAE_k, which with k = 1 is the ELBO, by a gradient with less noise.

    Doubly reparametrised (Tucker et al., arXiv:1810.04152, equation (8)): none flows through the
    parameters of log Q(z|x), and what reaches a code is multiplied by its share of the k weights.
    With k = 1 this is to stick the landing (Roeder et al., arXiv:1703.09194).
    """

    def call(self, x: Tensor, training: bool | None = None) -> dict[str, Tensor]:
        hidden = self.encoder.hidden(x, training=training)
        heads = self.encoder.z_mean(hidden), self.encoder.z_log_var(hidden)
        z_mean, z_log_var = (keras.ops.repeat(each, self.k, axis=0) for each in heads)
        # keras.random.normal, compiled by XLA on a CPU, would take longer than all the rest.
        seed = self.encoder.sampling.seed_generator.next()
        noise = tf.random.stateless_normal(tf.shape(z_mean), seed, alg="philox")

        @tf.custom_gradient
        def weighted(z: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
            return z, lambda gradient: gradient * tf.reshape(shares, (-1, 1))

        z = weighted(z_mean + tf.exp(z_log_var / 2) * noise)
        mean, log_var = tf.stop_gradient(z_mean), tf.stop_gradient(z_log_var)
        log_ratio = tf.reduce_sum((z - mean) ** 2 / tf.exp(log_var) + log_var - z**2, axis=1) / 2
        logits = self.decoder.logits(z, training=training)
        log_w = self.log_likelihood(keras.ops.repeat(x, self.k, axis=0), logits) + log_ratio
        log_w = tf.reshape(log_w, (-1, self.k))
        shares = tf.nn.softmax(tf.stop_gradient(log_w))  # what `weighted` needs on the way back
        return {"log_w": log_w}

    def compute_loss(self, x: Tensor, y: None, y_pred: Any, *_: Any, **__: Any) -> Tensor:
        return np.log(self.k) - tf.reduce_mean(tf.reduce_logsumexp(y_pred["log_w"], axis=1))


def binarise(grey: Tensor) -> Tensor:
    """Each pixel is 1 with its grey value as probability, drawn anew at each call."""
    return tf.cast(tf.random.uniform(tf.shape(grey)) < grey, "float32")


def train(k: int, seconds: float, x: np.ndarray) -> tuple[VAE, dict[str, float]]:
    """Train for so many seconds, compilation included: the model, and what the training took."""
    set_up(seed=0)
    options = {"activation": ACTIVATION, "batch_normalization": False}
    vae = OneLayer(Encoder(50, (200, 200), **options), Decoder(50, (200, 200), **options), k=k)
    ink = np.clip(x.mean(axis=0), 0.001, 0.999)
    vae.decoder.to_logits.get_layer("pixels").bias.assign(np.log(ink / (1 - ink)).ravel())
    vae.compile(optimizer=keras.optimizers.Adam(PEAK), jit_compile=True, steps_per_execution=20)
    begun = time.perf_counter()
    logs = vae.fit(
        endless(x, BATCH_SIZE).map(binarise).prefetch(2),
        steps_per_epoch=len(x) // BATCH_SIZE,
        epochs=100_000,
        callbacks=[Budget(seconds, PEAK, warmup=0.02)],
        shuffle=False,
        verbose=0,
    ).history
    taken = time.perf_counter() - begun
    return vae, {"epochs": len(logs["loss"]), "seconds": taken, "training": -logs["loss"][-1]}


def log_weights(decoder: keras.Model, draws: int) -> Callable[..., tf.Tensor]:
    """As `log_importance_weights`, for a few pictures and a seed: compiled, and so faster."""

    @tf.function(jit_compile=True)
    def compiled(x: Tensor, z_mean: Tensor, z_log_var: Tensor, seed: Tensor) -> Tensor:
        shape = len(x), draws, decoder.latent_dim
        noise = tf.random.stateless_normal(shape, seed, alg="philox")
        z = z_mean[:, None] + tf.exp(z_log_var / 2)[:, None] * noise
        log_ratio = tf.reduce_sum(noise**2 + z_log_var[:, None] - z**2, axis=2) / 2
        logits = decoder.logits(tf.reshape(z, (-1, decoder.latent_dim)), training=False)
        logits = tf.reshape(logits, (len(x), draws, -1))
        normalizer = tf.nn.relu(logits) + tf.math.log(1 + tf.exp(-tf.abs(logits)))
        pixels = tf.reshape(x, (len(x), 1, -1)) * logits - normalizer
        return log_ratio + tf.reduce_sum(pixels, axis=2)

    return compiled


def measure(vae: VAE, x: np.ndarray, draws: int = DRAWS) -> dict[str, float]:
    """log P(X) of binary pictures by importance sampling, its errors, the ELBO, KL, active units.

    `error` is the standard error that the draws leave in the mean over the digits, `bias` how much
    too low they make it, both by the delta method; `digits_error` is what other digits would give.
    """
    begun = time.perf_counter()
    z_mean, z_log_var = encode(vae.encoder, x)
    weigh = log_weights(vae.decoder, DRAWS_AT_ONCE)

    def of_digits(start: int) -> list[np.ndarray]:
        some = [each[start : start + DIGITS_AT_ONCE] for each in (x, z_mean, z_log_var)]
        some = [tf.constant(each, "float32") for each in some]
        seeds = [tf.constant([start, number]) for number in range(draws // DRAWS_AT_ONCE)]
        log_w = np.concatenate([weigh(*some, seed) for seed in seeds], axis=1, dtype="float64")
        log_p = special.logsumexp(log_w, axis=1) - np.log(draws)
        square = special.logsumexp(2 * (log_w - log_p[:, None]), axis=1) - np.log(draws)
        return [log_p, np.expm1(square) / draws, log_w.mean(axis=1)]

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a call of XLA's keeps one core busy
        rows = list(pool.map(of_digits, range(0, len(x), DIGITS_AT_ONCE)))
    log_p, variance, elbo = np.concatenate(rows, axis=1)
    kl = keras.ops.convert_to_numpy(gaussian_kl(z_mean, z_log_var))
    return {
        "log_p": log_p.mean(),
        "error": np.sqrt(variance.sum()) / len(x),
        "bias": -variance.mean() / 2,
        "digits_error": log_p.std() / np.sqrt(len(x)),
        "elbo": elbo.mean(),
        "kl": kl.mean(),
        "active_units": (z_mean.var(axis=0) > 0.01).sum(),
        "seconds_of_measuring": time.perf_counter() - begun,
    }


def as_markdown(found: dict[str, Any]) -> str:
    """The table, beside the paper's, and the machine of each part."""
    lines = [
        "# A mark from the literature: log P(X) of binarised MNIST",
        "",
        "One stochastic layer of 50 units, two hidden layers of 200 units each way. log P(X) of "
        f"the test digits by {DRAWS} importance samples each, in nats per digit. The paper, "
        "Burda, Grosse & Salakhutdinov ([arXiv:1509.00519](https://arxiv.org/abs/1509.00519), "
        "table 1), trains for 3280 epochs.",
        "",
        "| raises | the paper's | here | error of the draws | too low by | ELBO | active units | "
        "epochs | minutes |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in found.values():
        raised = "ELBO" if row["k"] == 1 else f"IWAE-{row['k']:.0f}"
        lines.append(
            f"| {raised} | {row['paper']:.2f} | {row['log_p']:.2f} | {row['error']:.3f} | "
            f"{-row['bias']:.3f} | {row['elbo']:.2f} | {row['active_units']:.0f} | "
            f"{row['epochs']:.0f} | {row['seconds'] / 60:.0f} |"
        )
    for part, row in found.items():
        lines += ["", f"Machine of `{part}`:", ""]
        lines += [f"- {key}: {value}" for key, value in row["machine"].items()]
    return "\n".join([*lines, ""])


def main() -> None:
    """Train and measure the parts that are asked for, and keep what is known of the others."""
    parser = argparse.ArgumentParser(description="A mark from the literature.")
    parser.add_argument("parts", nargs="*", help="vae, iwae; both if left out")
    parser.add_argument("--validation", action="store_true", help="without the test set")
    parser.add_argument("--share", type=float, default=1.0, help="of the seconds, for trying")
    options = parser.parse_args()
    parts = {part: PARTS[part] for part in options.parts or PARTS}
    (x, _), (x_test, _) = load_mnist()
    if options.validation:
        x, x_test = x[:50_000], x[50_000:]
    x_test = (np.random.default_rng(TEST_SEED).random(x_test.shape) < x_test).astype("float32")
    file = RESULTS / "literature.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for part, (k, seconds, mark) in parts.items():
        vae, trained = train(k, seconds * options.share, x)
        row = {"k": k, "paper": mark} | trained | measure(vae, x_test)
        row = {key: round(float(value), 4) for key, value in row.items()}
        print(part, row, flush=True)
        found[part] = row | {"machine": machine()}
        if options.share == 1 and not options.validation:
            save("literature", found)
            save_text("literature.md", as_markdown(found))


if __name__ == "__main__":
    main()
