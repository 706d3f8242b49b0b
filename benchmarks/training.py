"""How fast the course's networks learn, at the article's layer sizes and two latent dimensions.

    .venv/bin/python benchmarks/training.py [SECONDS …]

1. Seconds from the start of the process until the test ELBO passes what the article's recipe
reaches in 1000 epochs (`results/article.json`), against 1000 times the seconds of one epoch of that
recipe through a plain `fit`. 2. The test ELBO after 60 and after 300 seconds of training (or after
the SECONDS given).

All in one run on one machine. Writes `benchmarks/results/training.json`; about eight minutes.
"""

import os

os.environ.setdefault(
    "TF_ENABLE_ONEDNN_OPTS", "1"
)  # faster here; must be set before TensorFlow is imported

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import article
import numpy as np
from common import RESULTS, endless, machine, save
from sprint import new_vae

from vaelib.data import load_mnist
from vaelib.evaluation.bounds import iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood
from vaelib.latent import encode
from vaelib.runtime import keras, set_up

BATCH_SIZE = 250
# The largest learning rate of a run of one minute, and of a longer one: at 0.005 Adam may throw the
# weights off after fifty epochs or so, and the loss is NaN from then on.
PEAK, PEAK_LONG = 0.005, 0.003
# Seconds after which the digits begin to be learned by heart. (Dropout in the encoder helps against
# it, but slows XLA down on a CPU to a quarter, and takes back more than it gives.)
ENOUGH = 150.0


def one_sprint() -> dict[str, float]:
    """Seconds from the start of a fresh process to its result; the seconds of `fit` among them, and
    the test ELBO."""
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "sprint.py")],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - begun
        process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"the sprint failed with exit status {process.returncode}")
    found = {"seconds": seconds, **json.loads(line)}
    return {key: round(value, 2) for key, value in found.items()}


def seconds_an_article_epoch(x: np.ndarray) -> float:
    """The article's recipe through a plain `fit` on an array: the median of five epochs after the
    first."""
    times: list[float] = []
    tell = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: times.append(time.perf_counter()),
        on_train_end=lambda logs: times.append(time.perf_counter()),
    )
    article.article_vae().fit(
        x, epochs=6, batch_size=article.BATCH_SIZE, callbacks=[tell], verbose=0
    )
    return float(np.median(np.diff(times)[1:]))


class Budget(keras.callbacks.Callback):
    """Trains for so many seconds; the rate climbs, then falls along a cosine of the *time* spent,
    to 0 at the end."""

    def __init__(self, seconds: float, peak: float, warmup: float = 0.01) -> None:
        super().__init__()
        self.seconds, self.peak, self.warmup = seconds, peak, warmup

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.begun = time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        spent = min(1.0, (time.perf_counter() - self.begun) / self.seconds)
        rate = self.peak * min(1.0, spent / self.warmup + 0.01) * (1 + np.cos(np.pi * spent)) / 2
        self.model.optimizer.learning_rate.assign(rate)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if time.perf_counter() - self.begun > self.seconds:
            self.model.stop_training = True


def after(seconds: float, x: np.ndarray, x_test: np.ndarray) -> dict[str, Any]:
    """Train for at most so long, and measure the test set: ELBO, and IWAE-200 of the first 1000
    digits."""
    set_up(seed=0)
    vae = new_vae(x, spread=1.0, sharpness=2.0)  # sharp features pay in long runs only
    peak = PEAK if seconds <= 60 else PEAK_LONG
    # The faster memory and the clipping keep a rare picture from throwing Adam off its course.
    vae.compile(
        optimizer=keras.optimizers.Adam(peak, beta_2=0.99, global_clipnorm=100.0),
        jit_compile=True,
        steps_per_execution=20,
    )
    budget, begun = Budget(min(seconds, ENOUGH), peak), time.perf_counter()
    logs = vae.fit(
        endless(x, BATCH_SIZE),
        steps_per_epoch=len(x) // BATCH_SIZE,
        epochs=10_000,
        callbacks=[budget],
        shuffle=False,
        verbose=0,
    ).history
    taken = time.perf_counter() - begun
    test = vae.evaluate(x_test, batch_size=1000, verbose=0, return_dict=True)
    some = x_test[:1000]
    log_likelihood = paired_log_likelihood(vae.decoder)
    log_w = log_importance_weights(log_likelihood, some, *encode(vae.encoder, some), k=200)
    iwae = iwae_bound(log_w).mean()
    found = {
        "seconds": taken,
        "elbo": -test["loss"],
        "kl": test["kl"],
        "iwae_200": iwae,
        "training": -logs["loss"][-1],
    }
    return {
        "epochs": len(logs["loss"]),
        **{key: round(float(value), 2) for key, value in found.items()},
    }


def main(budgets: list[float]) -> None:
    """Measure, print and keep."""
    mark = json.loads((RESULTS / "article.json").read_text(encoding="utf-8"))["curve"][-1]
    set_up(seed=0)
    (x, _), (x_test, _) = load_mnist()
    epoch = seconds_an_article_epoch(x)
    print(
        f"the article's recipe: {epoch:.2f} s an epoch; {mark['elbo']:.1f} after {mark['epoch']}",
        flush=True,
    )
    sprints = [one_sprint() for _ in range(3)]
    again = seconds_an_article_epoch(x)
    print(f"sprints: {sprints}", flush=True)
    seconds, training = (
        float(np.median([sprint[key] for sprint in sprints])) for key in ("seconds", "fit")
    )
    found: dict[str, Any] = {
        "article": {**mark, "seconds_an_epoch": [round(epoch, 3), round(again, 3)]},
        "sprints": sprints,
        "ratio": round(500 * (epoch + again) / seconds, 1),
        "ratio_of_fit_alone": round(500 * (epoch + again) / training, 1),
        "all_passed": all(sprint["elbo"] > mark["elbo"] for sprint in sprints),
        "after": {},
    }
    for budget in budgets:
        found["after"][f"{budget:g}"] = after(budget, x, x_test)
        print(f"after {budget:g} s: {found['after'][f'{budget:g}']}", flush=True)
    save("training", found | {"machine": machine()})


if __name__ == "__main__":
    main([float(value) for value in sys.argv[1:]] or [60.0, 300.0])
