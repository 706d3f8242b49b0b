"""Wrong answers to the exercises on the conditional VAE, and what each hint must say."""

import numpy as np
from scipy import special


def plain(counts):
    p = counts / counts.sum()
    return p, p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)


def with_errors(counts):
    p, both = plain(counts)
    with np.errstate(all="ignore"):
        return (p * np.log(p / both)).sum()


OF = {
    "posterior": [
        (lambda log_p, prior: special.softmax(log_p, axis=1), r"left the prior out"),
        (lambda log_p, prior: special.softmax(log_p + prior, axis=1), r"logarithm of the prior"),
        (lambda log_p, prior: np.exp(log_p) * prior, r"Divide by its sum"),
        (lambda log_p, prior: special.log_softmax(log_p + np.log(prior), axis=1), r"logarithms"),
        (lambda log_p, prior: special.softmax(log_p, axis=0), r"a row"),
        (lambda log_p, prior: special.softmax(log_p + np.log(prior)), r"differ|times"),
        (lambda log_p, prior: (log_p + np.log(prior)).argmax(axis=1), r"shape"),
        (
            lambda log_p, prior: (
                (np.exp(log_p) * prior) / (np.exp(log_p) * prior).sum(axis=1, keepdims=True)
            ),
            r"softmax",
        ),
    ],
    "told": [
        (lambda counts: special.rel_entr(*plain(counts)).sum() / np.log(2), r"bits"),
        (lambda counts: special.rel_entr(counts, plain(counts)[1]).sum(), r"differ|times|total"),
        (lambda counts: np.diag(counts).sum() / counts.sum(), r"how often the guess is right"),
        (lambda counts: -special.rel_entr(*plain(counts)).sum(), r"sign"),
        (lambda counts: special.entr(plain(counts)[0]).sum(), r"entropy of the pairs"),
        (lambda counts: special.entr(plain(counts)[0].sum(axis=1)).sum(), r"perfect guess"),
        (lambda counts: special.rel_entr(*plain(counts)), r"shape"),
        (with_errors, r"empty cell"),
    ],
}
