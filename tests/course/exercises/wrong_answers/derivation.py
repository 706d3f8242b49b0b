"""Wrong answers to the exercises on deriving the ELBO, and what each hint must say."""

import keras
import numpy as np


def kl(z_mean, z_log_var, deviation=None):
    """The usual formula, with whatever is taken for the standard deviation; summed over units."""
    s = np.exp(0.5 * z_log_var) if deviation is None else deviation
    return 0.5 * np.sum(s**2 + z_mean**2 - 1 - np.log(s**2), axis=-1)


def cloud(x, mean, variance):
    return np.column_stack([mean * x, variance * np.ones(len(x))])


OF = {
    "kl_to_prior": [
        (lambda m, v: -kl(m, v), r"sign"),
        (lambda m, v: np.sum(np.exp(v) + m * m - 1 - v, axis=1), r"½"),
        (lambda m, v: kl(m, v).sum(), r"summed over the pictures"),
        (lambda m, v: np.mean(kl(m, v)), r"averaged over the pictures"),
        (
            lambda m, v: 0.5 * np.mean(np.exp(v) + m**2 - 1 - v, axis=1),
            r"mean over the latent variables",
        ),
        (lambda m, v: kl(m, v, deviation=v), r"standard deviation σ"),
        (lambda m, v: kl(m, v, deviation=np.sqrt(v)), r"for the variance"),
        (lambda m, v: kl(m, v, deviation=np.exp(v)), r"for log σ"),
        (
            lambda m, v: -0.5 * keras.ops.sum(1 + v - m**2 - keras.ops.exp(0.5 * v), axis=1),
            r"exp\(z_log_var / 2\)",
        ),
        (lambda m, v: 0.5 * np.sum(np.exp(v) + m**2 - v, axis=1), r"−1 for each variable"),
        (lambda m, v: 0.5 * (np.exp(v) + m**2 - 1 - v), r"One number for each latent variable"),
        (lambda m, v: 0.5 * np.sum(np.exp(v) + m**2 - 1, axis=1), r"logarithm is missing"),
        (lambda m, v: kl(m, v) + np.sum(v, axis=1), r"sign of z_log_var"),
        (lambda m, v: 0.5 * (np.sum(np.exp(v) + m**2 - v, axis=1) - 1), r"\*each\*"),
        (lambda m, v: -0.5 * np.sum(1 + v - m**2 + np.exp(v), axis=1), r"sign of exp"),
        (lambda m, v: kl(v, m), r"changed places"),
        (lambda m, v: np.sum(0.5 * (np.exp(v) + m**2 - 1) - v, axis=1), r"all four terms"),
        (lambda m, v: kl(m, v) + 0.25 * np.sum(v, axis=1), r"all four terms"),
        (lambda m, v: kl(-m * np.exp(-v / 2), -v), r"other way round"),
        (lambda m, v: 0.5 * np.sum(np.exp(v) + m**2 - 1 - v, axis=0), r"summed over the pictures"),
        (lambda m, v: 0.5 * np.sum(np.exp(v) - m**2 - 1 - v, axis=1), r"sign of z_mean²"),
        (lambda m, v: 0.5 * np.sum(1 + v + m**2 - np.exp(v), axis=1), r"sign of z_mean²"),
        (lambda m, v: 0.5 * np.sum(np.exp(v) ** 2 + m**2 - 1 - v, axis=1), r"square it again"),
        (
            lambda m, v: 0.5 * np.sum(np.exp(v / 2) + m**2 - 1 - v / 2, axis=1),
            r"half of the logarithm",
        ),
        (
            lambda m, v: 0.5 * np.sum(np.exp(v) + m**2 - 1 - np.log(v), axis=1),
            r"a logarithm already",
        ),
        (lambda m, v: np.sum(m * np.nan, axis=1), r"NaN"),
        (lambda m, v: kl(m.astype("float16"), v.astype("float16")), r"Nearly right|float16"),
    ],
    "best_cloud": [
        (lambda x, a, s: cloud(x, 1 / a, s * s / (a * a + s * s)), r"decodes to X exactly"),
        (lambda x, a, s: cloud(x, 1 / a, (s / a) ** 2), r"pull the mean"),
        (lambda x, a, s: cloud(x, a / (a * a + s * s), (s / a) ** 2), r"KL's term −½ v"),
        (
            lambda x, a, s: cloud(x, a / (a * a + s * s), s * (a * a + s * s) ** -0.5),
            r"standard deviation",
        ),
        (lambda x, a, s: cloud(x, a, 1.0) / (a * a + s * s), r"Solve the second"),
        (lambda x, a, s: cloud(x, a / (a * a + s * s), 1 + (a / s) ** 2), r"upside down"),
        (lambda x, a, s: cloud(x, a, s) / (a * a + s), r"variance of the noise"),
        (lambda x, a, s: cloud(x, 1.0, s * s) / (a * a + s * s), r"factor a is missing"),
        (lambda x, a, s: cloud(x, a / (a + s * s), s * s / (a * a + s * s)), r"a must be squared"),
        (lambda x, a, s: cloud(x, a, s * s).T / (a * a + s * s), r"wrong way round"),
        (lambda x, a, s: cloud(x, a, s * s)[:, [1, 0]] / (a * a + s * s), r"changed places"),
        (lambda x, a, s: a * x / (a * a + s * s), r"shape"),
    ],
}
