"""Rate and distortion: the recipe of notebook 03 under eleven weights of the KL.

    .venv/bin/python benchmarks/rates.py

Writes `benchmarks/results/rates.json`, which notebook 06 draws; about three minutes on two cores. β
= 392 is what taking the mean over 784 pixels and over two latent units amounts to, β = 0.5 the mean
over latent units alone.
"""

from common import machine, save
from recipes import EPOCHS, measure

BETAS = (0.01, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 25.0, 60.0, 392.0)


def main() -> None:
    """Train once for every β and keep what the test set says."""
    rows = []
    for beta in BETAS:
        found = measure(seed=0, networks={}, beta=beta)
        rows.append(
            {
                "beta": beta,
                "rate": round(found["kl"], 3),
                "distortion": round(found["reconstruction"], 2),
            }
        )
        print(
            f"beta {beta:g}: rate {found['kl']:.2f}, distortion {found['reconstruction']:.1f}",
            flush=True,
        )
    what = (
        f"nats per picture of the test set after {EPOCHS} epochs: rate = KL, distortion = "
        "reconstruction"
    )
    save("rates", {"what": what, "rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
