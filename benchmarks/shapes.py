"""What a VAE of coloured shapes depends on: its codes' size, the weight of the KL, the likelihood.

    .venv/bin/python benchmarks/shapes.py

10 000 pictures of 32 × 32 pixels in colour, 20 epochs, three seeds, convolutions; two runs at a
time. Judged on other pictures: bounds and bits per dimension, active units, what each unit tells
about the known factors, odd pictures by their likelihood, and new pictures by how far they are from
the nearest training picture. Writes
`benchmarks/results/shapes.json`, which notebook 08 reads; about twenty minutes on two cores.
"""

import multiprocessing
from typing import Any

import numpy as np
from common import machine, save

from course.factors import (
    auroc,
    dequantised,
    information_table,
    mutual_information_gap,
    odd_pictures,
    readable,
)
from course.scores import to_nearest
from vaelib.data import coloured_shapes

PICTURES, EPOCHS, BATCH_SIZE, PEAK, SEEDS = 10_000, 20, 64, 0.002, 3
SIZES, BETAS = [2, 4, 8, 16], [1.0, 16.0, 64.0, 256.0]
RUNS = [("gaussian", size, 1.0) for size in SIZES]
RUNS += [("gaussian", 8, beta) for beta in BETAS[1:]]
RUNS += [("continuous_bernoulli", 8, 1.0)]


def trained(likelihood: str, latent_dim: int, beta: float, seed: int) -> Any:
    """A convolutional VAE of coloured shapes."""
    from vaelib.likelihoods import Gaussian
    from vaelib.models import VAE, ConvDecoder, ConvEncoder
    from vaelib.runtime import keras, set_up
    from vaelib.training.initialization import initialize_from_data

    set_up(seed)
    x = dequantised(coloured_shapes(PICTURES, seed=seed)[0], np.random.default_rng(seed))
    shape = {"image_shape": (32, 32, 3), "batch_normalization": False}
    kind = Gaussian(sigma=0.05) if likelihood == "gaussian" else likelihood
    decoder = ConvDecoder(latent_dim, likelihood=kind, **shape)
    initialize_from_data(decoder, x, seed=seed)
    vae = VAE(ConvEncoder(latent_dim, **shape), decoder, beta=beta)
    rate = keras.optimizers.schedules.CosineDecay(PEAK, EPOCHS * PICTURES // BATCH_SIZE)
    vae.compile(optimizer=keras.optimizers.Adam(rate))
    vae.fit(x, epochs=EPOCHS, batch_size=BATCH_SIZE, verbose=0)
    return vae


def from_nearest(pictures: np.ndarray, others: np.ndarray) -> float:
    """The mean distance to the nearest of the others, as a root mean square over values."""
    return float(np.sqrt(to_nearest(pictures, others) / pictures[0].size).mean())


def measure(run: tuple[str, int, float, int]) -> dict[str, Any]:
    """Train once, and judge on pictures of other seeds."""
    from vaelib.evaluation.bounds import dataset_elbo
    from vaelib.evaluation.likelihoods import paired_log_likelihood
    from vaelib.latent import encode

    likelihood, latent_dim, beta, seed = run
    vae, rng = trained(*run), np.random.default_rng(seed)
    log_p_x_given_z = paired_log_likelihood(vae.decoder)

    def elbo(x: np.ndarray) -> np.ndarray:
        x = dequantised(x, rng)
        return dataset_elbo(log_p_x_given_z, x, *encode(vae.encoder, x), draws=4)

    x, factors = coloured_shapes(5000, seed=100 + seed)
    z_mean, z_log_var = encode(vae.encoder, dequantised(x, rng))
    kl = (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).mean(axis=0) / 2
    table = information_table(z_mean, factors)
    usual, others = elbo(x[:2000]), coloured_shapes(2000, seed=200 + seed)[0]
    odd = {name: elbo(each) for name, each in odd_pictures(others, x[:2000]).items()}
    expected = elbo(coloured_shapes(2000, seed=300 + seed)[0]).mean()

    def unusual(elbos: np.ndarray, group: int) -> np.ndarray:
        return np.abs(elbos.reshape(-1, group).mean(axis=1) - expected)

    drawn, train = vae.generate(1000, seed=seed).clip(0, 1), coloured_shapes(PICTURES, seed=seed)[0]
    ink = [np.abs(each - x[0, 0, 0]).sum(axis=(1, 2, 3)).mean() for each in (drawn, x)]
    scores = {
        "low": {name: auroc(-each, -usual) for name, each in odd.items()},
        "untypical": {n: auroc(unusual(each, 1), unusual(usual, 1)) for n, each in odd.items()},
        "eight": {n: auroc(unusual(each, 8), unusual(usual, 8)) for n, each in odd.items()},
    }
    return {
        "likelihood": likelihood,
        "latent_dim": latent_dim,
        "beta": beta,
        "seed": seed,
        "elbo": round(float(usual.mean()), 1),
        "kl": round(float(kl.sum()), 2),
        "active units": int((z_mean.var(axis=0) > 0.01).sum()),
        "bits": round(float(8 - usual.mean() / np.log(2) / x[0].size), 4),
        "sigma": round(vae.decoder.likelihood.sigma, 4) if likelihood == "gaussian" else None,
        "rmse": round(float(np.sqrt(np.mean((vae.predict(x, verbose=0) - x) ** 2))), 4),
        "nearest of new": round(from_nearest(drawn, train), 4),
        "nearest of test": round(from_nearest(x[:1000], train), 4),
        "ink of new": round(float(ink[0] / ink[1]), 3),
        "table": table.round(3).tolist(),
        "mig": dict(zip(factors, mutual_information_gap(table).round(3).tolist(), strict=True)),
        "readable": {name: round(readable(z_mean, f), 3) for name, f in factors.items()},
        "auroc": {score: {n: round(v, 3) for n, v in of.items()} for score, of in scores.items()},
    }


def main() -> None:
    """Measure all runs with all seeds; a process for each keeps them from each other's memory."""
    runs = [(*run, seed) for seed in range(SEEDS) for run in RUNS]
    rows = []
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=1) as pool:
        for row in pool.imap(measure, runs, chunksize=1):
            rows.append(row)
            print({name: row[name] for name in list(row)[:10]}, flush=True)
    what = (
        f"{PICTURES} coloured shapes, {EPOCHS} epochs; elbo and kl in nats per picture, bits per "
        "pixel and channel; auroc: odd pictures by a low ELBO, by one far from the expected, and "
        "by the mean of eight far from it; nearest: distance to the nearest training picture, per "
        "value; ink: distance from the background, as a share of that of test pictures"
    )
    save("shapes", {"what": what, "rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
