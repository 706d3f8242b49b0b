"""Wrong answers to the exercises on the VAE+GAN, and what each hint must say."""

import numpy as np


def inside(away, reach):
    return away <= reach[:, None]


OF = {
    "coverage": [
        (lambda away, reach: inside(away, reach).sum() / away.size, r"pairs"),
        (lambda away, reach: np.mean((reach >= away.T).any(axis=1)), r"other axis"),
        (lambda away, reach: np.count_nonzero(inside(away, reach).any(axis=1)), r"share"),
        (lambda away, reach: np.mean(away.max(axis=1) <= reach), r"One is enough"),
        (lambda away, reach: 1 - np.mean(inside(away, reach).any(axis=1)), r"without"),
        (lambda away, reach: inside(away, reach).any(axis=1), r"shape"),
    ],
    "unbiased": [
        (lambda f_n, n, f_m, m: np.mean([f_n, f_m]), r"too large"),
        (lambda f_n, n, f_m, m: np.average([f_n, f_m], weights=[n, m]), r"subtract"),
        (lambda f_n, n, f_m, m: (n * f_m - m * f_n) / (n - m), r"wrong way round"),
        (lambda f_n, n, f_m, m: n * m * (f_n - f_m) / (m - n), r"That is c"),
        (lambda f_n, n, f_m, m: f_m + (f_m - f_n), r"twice"),
        (lambda f_n, n, f_m, m: min(f_n, f_m), r"differ|times"),
    ],
}
