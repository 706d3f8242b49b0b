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
    "active_units": [
        (lambda m, v: int(sum(np.std(m, axis=0) > 0.01)), r"standard deviation"),
        (lambda m, v: int(sum(np.var(m, axis=1) > 0.01)), r"axis=0"),
        (lambda m, v: np.var(m, axis=0) > 0.01, r"How many"),
        (lambda m, v: int(sum(np.mean(m**2, axis=0) > 0.01)), r"Subtract"),
        (lambda m, v: int(sum(np.mean(np.exp(v), axis=0) > 0.01)), r"own variances"),
        *(
            (lambda m, v, below=below: (np.exp(v).mean(0) < below).sum(), r"small clouds")
            for below in (0.01, 0.1, 0.5, 0.9, 0.95, 1)
        ),
        (lambda m, v: (m.var(0) > np.exp(v).mean(0)).sum(), r"with the clouds' own"),
        (lambda m, v: (m.var(0) / np.exp(v).mean(0) > 0.01).sum(), r"You divided"),
        (lambda m, v: (np.mean(np.exp(v) + m**2 - 1 - v, axis=0) / 2 > 0.01).sum(), r"KL"),
        (lambda m, v: m.shape[1], r"all units"),
        (lambda m, v: np.count_nonzero(m.var(0)), r"all units"),
        (lambda m, v: (m.var(0) < 0.01).sum(), r"\*inactive\*"),
        (lambda m, v: m.shape[1] - (m.var(0) > 0.01).sum(), r"\*inactive\*"),
        (lambda m, v: int(m.var() > 0.01), r"Each unit needs one"),
        (lambda m, v: (v.var(0) > 0.01).sum(), r"of z_log_var"),
        (lambda m, v: (np.exp(v).var(0) > 0.01).sum(), r"of z_log_var"),
    ],
}
