"""Wrong answers to the exercises on raising the bound, and what each hint must say."""

import keras
import numpy as np
from scipy import special


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def cross_entropy(x, logits):
    return np.sum(np.maximum(logits, 0) - logits * x + np.log1p(np.exp(-np.abs(logits))), axis=-1)


def with_xlogy(x, p):
    return np.sum(special.xlogy(x, p) + special.xlog1py(1 - x, -p), axis=1)


def normal_clip(x, p, smallest):
    """With probabilities kept away from 0 and 1, as Keras's own loss does."""
    p = np.clip(p, smallest, 1 - smallest)
    return (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)


OF = {
    "bernoulli": [
        (cross_entropy, r"cross-entropy"),
        (lambda x, a: -cross_entropy(x, a) / a.shape[-1], r"mean over the pixels"),
        (lambda x, a: -np.sum(cross_entropy(x, a)), r"whole batch"),
        (
            lambda x, a: (x * np.log(sigmoid(a)) + (1 - x) * np.log(1 - sigmoid(a))).sum(-1),
            r"Right for small logits",
        ),
        (lambda x, a: normal_clip(x, sigmoid(a), 1e-7), r"Clipping"),
        (lambda x, a: normal_clip(x, sigmoid(a), 1e-9), r"Clipping"),
        (lambda x, a: np.sum(x * a - np.logaddexp(0, -a), axis=1), r"sign inside the logarithm"),
        (
            lambda x, a: np.sum(
                x * np.log(sigmoid(a) + 1e-9) + (1 - x) * np.log(1 - sigmoid(a) + 1e-9), axis=1
            ),
            r"adding a small number",
        ),
        (
            lambda x, a: np.sum(x * np.log(a) + (1 - x) * np.log(1 - a), axis=1),
            r"logits for probabilities",
        ),
        (lambda x, a: np.sum(-x * np.logaddexp(0, -a), axis=1), r"not\* inked"),
        (lambda x, a: -cross_entropy(x, -a), r"large logits mean ink"),
        (lambda x, a: -cross_entropy(x, np.clip(a, -30, 30)), r"Clipping the logits"),
        (lambda x, a: -cross_entropy(np.where(x > 0.5, 1.0, 0.0), a), r"may be grey"),
        (lambda x, a: -cross_entropy(a, x), r"x and logits have changed places"),
        (lambda x, a: np.sum(x * a - np.logaddexp(0, a), axis=0), r"summed over the pictures"),
        (lambda x, a: np.sum((x - 1) * np.logaddexp(0, a), axis=1), r"x log p is missing"),
        (
            lambda x, a: np.sum(-x * np.logaddexp(0, -a) + (1 - x) * np.logaddexp(0, a), axis=1),
            r"wrong sign",
        ),
        (lambda x, a: cross_entropy(x, a) / a.shape[1], r"as Keras averages it"),
        (lambda x, a: x * a - np.logaddexp(0, a), r"One number for each pixel"),
        (lambda x, a: with_xlogy(x, special.expit(a)), r"p rounds"),
        (lambda x, a: np.log(-np.logaddexp(0, -a)).sum(axis=1), r"NaN"),
    ],
    "draw": [
        (lambda m, v, e: m + keras.ops.exp(v) * e, r"by the variance"),
        (lambda m, v, e: m + v * e, r"z_log_var for the standard deviation"),
        (lambda m, v, e: e * np.exp(0.5 * v), r"around 0"),
        (lambda m, v, e: m + np.sqrt(v) * e, r"√z_log_var"),
        (lambda m, v, e: m + e, r"has a size"),
        (
            lambda m, v, e: m + np.exp(v / 2) * np.random.default_rng().normal(size=m.shape),
            r"each time",
        ),
        (lambda m, v, e: m + np.exp(v) ** 1 / 2 * e, r"half of x"),
        (lambda m, v, e: m + 0.5 * v * e, r"take exp"),
        (lambda m, v, e: (m + np.exp(v / 2)) * e, r"Without brackets"),
        (lambda m, v, e: m + np.sqrt(np.exp(v)), r"Nothing is drawn"),
        (lambda m, v, e: m + e / np.exp(v / 2), r"1 / σ"),
        (lambda m, v, e: (m + e) * np.sqrt(np.exp(v)), r"scaled the mean"),
        (lambda m, v, e: m - np.sqrt(np.exp(v)) * e, r"symmetric"),
        (
            lambda m, v, e: m + np.exp(v / 2) * np.random.default_rng(7).normal(size=m.shape),
            r"whatever epsilon is",
        ),
        (lambda m, v, e: m + np.exp(v / 2) * e[0], r"same noise, the first row"),
        (lambda m, v, e: m + np.exp(v / 2) * e[:, [0]], r"first column"),
    ],
    "best_sigma": [
        (lambda e, d: np.average(e) / d, r"σ², the variance"),
        (lambda e, d: np.sqrt(np.average(e)), r"number of pixels is missing"),
        (lambda e, d: np.sqrt(np.sum(e) / d), r"number of pictures"),
        (lambda e, d: (e / d) ** 0.5, r"One σ for each picture"),
        (lambda e, d: np.mean((e / d) ** 0.5), r"First the mean"),
        (lambda e, d: np.sqrt(2 * np.mean(e) / d), r"factor is off"),
        (lambda e, d: np.sqrt(np.mean(e) / (2 * d)), r"factor is off"),
        (lambda e, d: np.mean(e) ** -0.5 * d**0.5, r"Upside down"),
        (lambda e, d: np.mean(e) ** 0.5 / d, r"under the root"),
        (lambda e, d: np.sqrt(np.mean(np.square(e)) / d), r"squared already"),
    ],
}
