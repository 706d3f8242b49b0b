"""Rate and distortion: notebook 03's recipe under eleven weights of the KL, several seeds each.

    .venv/bin/python benchmarks/rates.py

Writes `benchmarks/results/rates.json`, which notebook 07 draws; about fifteen minutes on two cores.
β = 392 is what taking the mean over 784 pixels and over two latent units amounts to, β = 0.5 the
mean over latent units alone. Where differences are small there are more seeds.
"""

from common import machine, save
from recipes import EPOCHS, measure

BETAS = (0.01, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 25.0, 60.0, 392.0)
SEEDS = {beta: 5 if 0.5 <= beta <= 2 else 3 for beta in BETAS}


def main() -> None:
    """Train for every β and seed, and keep what the test set says."""
    rows = []
    for seed in range(max(SEEDS.values())):
        for beta in [beta for beta in BETAS if seed < SEEDS[beta]]:
            found = measure(seed, networks={}, beta=beta)
            rate, distortion = round(found["kl"], 3), round(found["reconstruction"], 2)
            rows.append({"beta": beta, "seed": seed, "rate": rate, "distortion": distortion})
            print(rows[-1], flush=True)
    what = (
        f"nats per picture of the test set after {EPOCHS} epochs: rate = KL, distortion = "
        "reconstruction"
    )
    save("rates", {"what": what, "rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
