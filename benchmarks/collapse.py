"""How many of two latent units live at a high price of information, with and without warm-up.

    .venv/bin/python benchmarks/collapse.py

10 000 digits, four epochs, β = 20 from the start, or raised to it over 300 of 400 steps; ten
seeds. Writes `benchmarks/results/collapse.json`, which notebook 07 reads; about three minutes on
two cores.
"""

from typing import Any

import numpy as np
from common import machine, save

from course.experiments import warm_up
from vaelib.data import load_mnist
from vaelib.latent import encode
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up

DIGITS, EPOCHS, BATCH_SIZE, BETA, STEPS, SEEDS = 10_000, 4, 100, 20.0, 300, 10


def measure(seed: int, warmed: bool) -> dict[str, Any]:
    """Train once; the variances of the mean codes over pictures, and the test set's terms."""
    (x, _), (x_test, _) = load_mnist()
    set_up(seed)
    encoder, decoder = Encoder(batch_normalization=False), Decoder(batch_normalization=False)
    vae = VAE(encoder, decoder, beta=BETA)
    vae.compile(optimizer=keras.optimizers.Adam(0.005))
    callbacks = [warm_up(vae, BETA, STEPS)] if warmed else []
    vae.fit(x[:DIGITS], epochs=EPOCHS, batch_size=BATCH_SIZE, callbacks=callbacks, verbose=0)
    how = {"batch_size": 500, "verbose": 0, "return_dict": True}
    draws = [vae.evaluate(x_test, **how) for _ in range(10)]  # each with codes of its own
    test = {name: np.mean([each[name] for each in draws]) for name in draws[0]}
    spread = np.sort(encode(vae.encoder, x_test)[0].var(axis=0))
    terms = {name: round(float(test[name]), 3) for name in ("reconstruction", "kl", "loss")}
    return {"seed": seed, "warmed": warmed, "variances": spread.round(4).tolist(), **terms}


def main() -> None:
    """Measure both ways with all seeds."""
    rows = []
    for seed in range(SEEDS):
        for warmed in (False, True):
            rows.append(measure(seed, warmed))
            print(rows[-1], flush=True)
    what = (
        f"test set, nats per picture, ten evaluations averaged; β = {BETA:g}, {DIGITS} digits, "
        f"{EPOCHS} epochs"
    )
    save("collapse", {"what": what, "rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
