"""Whole models trained to raise the ELBO or the importance-weighted bound; log P(X) computed.

    .venv/bin/python benchmarks/objectives.py

The networks of notebook 03, four epochs, 1 or 10 codes for each digit; three seeds. With one code
the bound is the ELBO, its KL estimated from the code. Writes `benchmarks/results/objectives.json`,
which notebook 06 reads; about six minutes on two cores.
"""

from typing import Any

import numpy as np
from common import machine, save
from scipy import special

from course.experiments import ImportanceWeightedVAE
from vaelib.data import load_mnist
from vaelib.evaluation.bounds import iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood, pairwise_log_likelihood
from vaelib.evaluation.quadrature import elbo_quadrature, log_likelihood_quadrature
from vaelib.latent import encode
from vaelib.models import Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.schedules import warmup_cosine

EPOCHS, BATCH_SIZE, KS, SEEDS, DIGITS = 4, 250, (1, 10), 3, 500


def measure(k: int, seed: int) -> dict[str, Any]:
    """Train once, and look at the first test digits from all sides."""
    (x_all, _), (x_test, _) = load_mnist()
    x_train, x = x_all[:55_000], x_test[:DIGITS]
    set_up(seed)
    model = ImportanceWeightedVAE(Encoder(), Decoder(), k=k)
    rate = warmup_cosine(EPOCHS * len(x_train) // BATCH_SIZE)
    model.compile(optimizer=keras.optimizers.Adam(rate))
    model.fit(x_train, epochs=EPOCHS, batch_size=BATCH_SIZE, verbose=0)
    z_mean, z_log_var = encode(model.encoder, x)
    pairs = paired_log_likelihood(model.decoder)
    exact, error = log_likelihood_quadrature(pairwise_log_likelihood(model.decoder), x, 0.03)
    log_w = log_importance_weights(pairs, x, z_mean, z_log_var, k=1000)
    effective = 1 / np.square(special.softmax(log_w, axis=1)).sum(axis=1)
    found = {
        "log_p": exact.mean(),
        "error": error.mean(),
        "elbo": elbo_quadrature(pairs, x, z_mean, z_log_var).mean(),
        "iwae_10": iwae_bound(log_w, 10).mean(),
        "iwae_1000": iwae_bound(log_w).mean(),
        "deviation": np.median(np.exp(z_log_var / 2)),
        "effective": np.median(effective),
        "suspect": (effective < 50).mean(),
    }
    return {"k": k, "seed": seed, **{name: round(float(each), 4) for name, each in found.items()}}


def main() -> None:
    """Measure all k with all seeds."""
    rows = []
    for seed in range(SEEDS):
        for k in KS:
            rows.append(measure(k, seed))
            print(rows[-1], flush=True)
    what = (
        f"nats per picture, the first {DIGITS} test digits, after {EPOCHS} epochs; deviation: "
        "median standard deviation of a cloud; effective: median effective sample size of 1000 "
        "draws; suspect: share of digits where it is below 50"
    )
    save("objectives", {"what": what, "rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
