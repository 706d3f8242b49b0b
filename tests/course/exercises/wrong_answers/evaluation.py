"""Wrong answers to the exercises on how good a model is, and what each hint must say."""

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


OF = {
    "iwae": [
        (lambda log_w, k: np.mean(log_w, axis=-1), r"ELBO, k = 1"),
        (lambda log_w, k: special.logsumexp(groups(log_w, k), axis=-1).mean(axis=-1), r"log k"),
        (lambda log_w, k: log_mean_exp(log_w, 1), r"one group"),
        (lambda log_w, k: np.log(np.exp(groups(log_w, k)).mean(-1)).mean(-1), r"logsumexp"),
        (loop, r"each group"),
        (lambda log_w, k: log_mean_exp(log_w[:, :k], 1), r"first group only"),
        (lambda log_w, k: loop(log_w, k).mean(), r"for all pictures"),
    ],
    "active_units": [
        (lambda m, v: int(sum(np.std(m, axis=0) > 0.01)), r"standard deviation"),
        (lambda m, v: int(sum(np.var(m, axis=1) > 0.01)), r"axis=0"),
        (lambda m, v: np.var(m, axis=0) > 0.01, r"How many"),
        (lambda m, v: int(sum(np.mean(m**2, axis=0) > 0.01)), r"Subtract"),
        (lambda m, v: int(sum(np.mean(np.exp(v), axis=0) > 0.01)), r"own variances"),
    ],
}
