"""Wrong answers to the exercises on how good a model is, and what each hint must say."""

import math

import numpy as np
from scipy import special


def groups(log_w, k):
    return log_w.reshape(len(log_w), log_w.shape[1] // k, k)


def log_mean_exp(values, axis):
    top = values.max(axis=axis, keepdims=True)
    return np.log(np.exp(values - top).mean(axis=axis)) + np.squeeze(top, axis)


def loop(log_w, k):
    return np.array(
        [[log_mean_exp(row[i : i + k], 0) for i in range(0, len(row), k)] for row in log_w]
    )


def plain(log_w, axis):
    return np.log(np.mean(np.exp(log_w), axis=axis))


def picture_by_picture(log_w, k):
    return [np.mean([np.log(np.exp(w).mean()) for w in row.reshape(-1, k)]) for row in log_w]


def without_the_largest(log_w, k):
    top = np.max(log_w)
    return plain(groups(log_w - top, k), -1).mean(-1) + top


def small(log_w, k, number):
    return np.log(np.exp(groups(log_w, k)).mean(-1) + number).mean(-1)


OF = {
    "iwae": [
        (lambda log_w, k: np.mean(log_w, axis=-1), r"ELBO, k = 1"),
        (lambda log_w, k: special.logsumexp(groups(log_w, k), axis=-1).mean(axis=-1), r"log k"),
        (lambda log_w, k: log_mean_exp(log_w, 1), r"one group"),
        (lambda log_w, k: np.log(np.exp(groups(log_w, k)).mean(-1)).mean(-1), r"logsumexp"),
        (loop, r"each group"),
        (lambda log_w, k: log_mean_exp(log_w[:, :k], 1), r"first group only"),
        (lambda log_w, k: loop(log_w, k).mean(), r"for all pictures"),
        (lambda log_w, k: log_mean_exp(groups(log_w, k), 1).mean(-1), r"Wrong axis.*last axis"),
        (
            lambda log_w, k: (special.logsumexp(groups(log_w, k), 1) - np.log(k)).mean(1),
            r"Wrong axis.*last axis",
        ),
        (lambda log_w, k: plain(groups(log_w, k), 1).mean(-1), r"Wrong axis.*last axis"),
        (lambda log_w, k: loop(log_w, k).mean(0), r"axis=0"),
        (
            lambda log_w, k: (special.logsumexp(groups(log_w, k), 0) - np.log(k)).mean(1),
            r"axis=0",
        ),
        (lambda log_w, k: log_mean_exp(log_w, 0), r"axis=0"),
        (lambda log_w, k: log_w.mean(axis=0), r"axis 0 holds the pictures"),
        (lambda log_w, k: log_mean_exp(log_w.reshape(-1, k), 1), r"forgotten which picture"),
        (
            lambda log_w, k: (
                special.logsumexp(log_w.reshape(len(log_w), k, -1), 2) - np.log(k)
            ).mean(-1),
            r"makes k groups",
        ),
        (lambda log_w, k: groups(log_w, k).max(-1).mean(-1), r"only the largest"),
        (lambda log_w, k: np.mean(groups(log_w, k).max(-1) - np.log(k), 1), r"only the largest"),
        (picture_by_picture, r"exp gives 0.*−infinity"),
        (lambda log_w, k: plain(groups(log_w, k), -1).mean(-1) + np.log(k), r"Too large by log k"),
        (lambda log_w, k: plain(log_w, 1), r"one group"),
        (lambda log_w, k: plain(groups(log_w, k), -1), r"each group"),
        (lambda log_w, k: small(log_w, k, 1e-9), r"that number's logarithm"),
        (lambda log_w, k: small(log_w, k, 1e-300), r"that number's logarithm"),
        (without_the_largest, r"the same one for all pictures"),
        (lambda log_w, k: np.exp(groups(log_w, k)).mean(-1).mean(-1), r"Where is the logarithm"),
    ],
    "share_that_counts": [
        (lambda s: np.sqrt(2 * s**2 - 1) / s**2, r"Right for s² > ½"),
        (lambda s: math.sqrt(2 * s**2 - 1) / s**2, r"math domain"),
        (lambda s: s**2 / np.sqrt(2 * s**2 - 1), r"That is E\[w²\]"),
        (lambda s: s**2 / np.sqrt(2 * s**2 - 1) if s**2 > 0.5 else np.inf, r"That is E\[w²\]"),
        (lambda s: np.sqrt(2 - 1 / s**2) if s**2 > 0.5 else 0, r"factor s is missing"),
        (lambda s: np.sqrt(np.maximum(2 * s**2 - 1, 0)) / s, r"factor s is missing"),
        (lambda s: max(2 * s**2 - 1, 0) / s**4, r"its square"),
        (lambda s: np.sqrt(max(2 * s - 1, 0)) / s, r"standard deviation"),
        (lambda s: s * np.sqrt(max(2 - s**2, 0)), r"the other way round"),
        (lambda s: np.sqrt(max(4 * s**2 - 2, 0)) / s**2, r"constant factor"),
    ],
}
