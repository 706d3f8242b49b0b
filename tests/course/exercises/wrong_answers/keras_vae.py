"""Wrong answers to the exercises on the VAE in Keras, and what each hint must say."""

import numpy as np
from scipy import stats

normal = stats.norm


def grid(n, values=None, flip=True, swap=False):
    q = normal.ppf(np.linspace(0.05, 0.95, n)) if values is None else values
    codes = np.empty((n, n, 2))
    for row in range(n):
        for column in range(n):
            z1, z2 = q[column], q[n - 1 - row if flip else row]
            codes[row, column] = (z2, z1) if swap else (z1, z2)
    return codes


OF = {
    "manifold_codes": [
        (lambda n: grid(n, flip=False), r"Upside down"),
        (lambda n: grid(n, swap=True), r"changed places"),
        (lambda n: grid(n, np.linspace(-1.645, 1.645, n)), r"Equal steps of z"),
        (lambda n: grid(n, np.linspace(0.05, 0.95, n)), r"stats.norm.ppf"),
        (lambda n: grid(n).reshape(n * n, 2), r"\(n, n, 2\)"),
        (lambda n: np.moveaxis(grid(n), -1, 0), r"axis=-1"),
        (lambda n: grid(n, normal.ppf(np.linspace(0, 1, n))), r"infinity|yours"),
        (lambda n: np.swapaxes(grid(n), 0, 1), r"row must follow z₂"),
        (lambda n: grid(n, np.linspace(0.05, 0.95, n), flip=False), r"Two things.*probabilities"),
        (lambda n: grid(n, np.linspace(-1.645, 1.645, n), flip=False), r"Two things.*equal in z"),
    ],
    "effective_beta": [
        (lambda p, d, over_p, over_d: (d if over_d else 1) / (p if over_p else 1), r"Upside down"),
        (lambda p, d, over_p, over_d: p ** int(over_p) * d ** int(over_d), r"divide by latent_dim"),
        (lambda p, d, over_p, over_d: p if over_p else 1, r"units of the code"),
        (lambda p, d, over_p, over_d: 1 / d if over_d else 1, r"much more"),
        (lambda p, d, over_p, over_d: p / d, r"Where a sum is taken"),
        (
            lambda p, d, over_d, over_p: p ** int(over_p) / d ** int(over_d),
            r"flags have changed places",
        ),
        (
            lambda d, p, over_p, over_d: p ** int(over_p) / d ** int(over_d),
            r"latent_dim have changed places",
        ),
        (lambda p, d, over_p, over_d: p if over_p else 1 / d if over_d else 1, r"elif"),
        (lambda p, d, over_p, over_d: p ** int(over_p) // d ** int(over_d), r"whole number"),
        (lambda p, d, over_p, over_d: p ** int(over_p) / (2 if over_d else 1), r"."),
        (lambda p, d, over_p, over_d: round(p ** int(over_p) / d ** int(over_d), 2), r"."),
        (lambda p, d, over_p, over_d: p ** int(over_p) * (1 - 1 / d if over_d else 1), r"."),
        (lambda p, d, over_p, over_d: 784 ** int(over_p) / d ** int(over_d), r"MNIST"),
        (lambda p, d, over_p, over_d: None if over_p else 1.0, r"None.*\n.*784"),
    ],
}
