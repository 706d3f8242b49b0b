"""Answers as learners write them, and a word that the hint must have: for each exercise, by the stub's name."""

import math

import keras
import numpy as np
from scipy import special, stats

normal = stats.norm


def kl(z_mean, z_log_var, deviation=None):
    """The usual formula, with whatever is taken for the standard deviation; summed over units."""
    s = np.exp(0.5 * z_log_var) if deviation is None else deviation
    return 0.5 * np.sum(s**2 + z_mean**2 - 1 - np.log(s**2), axis=-1)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def cross_entropy(x, logits):
    return np.sum(np.maximum(logits, 0) - logits * x + np.log1p(np.exp(-np.abs(logits))), axis=-1)


class Stop(keras.callbacks.Callback):
    """What the wrong callbacks share."""

    def __init__(self, target):
        super().__init__()
        self.target = target


class OnTrainingLoss(Stop):
    def on_epoch_end(self, epoch, logs=None):
        if logs["loss"] < self.target:
            self.model.stop_training = True


class WhileAbove(Stop):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = logs["val_loss"] > self.target


class OnItself(Stop):
    def on_epoch_end(self, epoch, logs=None):
        if logs["val_loss"] < self.target:
            self.stop_training = True


class AtOnce(Stop):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


class AtTheTarget(Stop):
    def on_epoch_end(self, epoch, logs=None):
        if logs["val_loss"] <= self.target:
            self.model.stop_training = True


class WrongKey(Stop):
    def on_epoch_end(self, epoch, logs=None):
        if logs["validation_loss"] < self.target:
            self.model.stop_training = True


def groups(log_w, k):
    return log_w.reshape(len(log_w), log_w.shape[1] // k, k)


def log_mean_exp(values, axis):
    top = values.max(axis=axis, keepdims=True)
    return np.log(np.exp(values - top).mean(axis=axis)) + np.squeeze(top, axis)


def loop(log_w, k):
    return np.array([[log_mean_exp(row[i : i + k], 0) for i in range(0, len(row), k)] for row in log_w])


def changed_rows_and_columns(before, after):
    changed = before.astype(int) - after.astype(int) != 0
    return np.where(changed.any(1))[0], np.where(changed.any(0))[0]


def box(before, after, beyond=1):
    rows, columns = changed_rows_and_columns(before, after)
    return [columns[0], rows[0], columns[-1] + beyond, rows[-1] + beyond]


def rows_first(before, after):
    left, top, right, bottom = box(before, after)
    return top, left, bottom, right


def brighter_only(before, after):
    rows, columns = np.nonzero(before > after)
    return (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) if len(rows) else (0, 0, 0, 0)


def with_size(before, after):
    left, top, right, bottom = box(before, after)
    return left, top, right - left, bottom - top


def with_xlogy(x, p):
    return np.sum(special.xlogy(x, p) + special.xlog1py(1 - x, -p), axis=1)


def grid(n, values=None, flip=True, swap=False):
    q = normal.ppf(np.linspace(0.05, 0.95, n)) if values is None else values
    codes = np.empty((n, n, 2))
    for row in range(n):
        for column in range(n):
            z1, z2 = q[column], q[n - 1 - row if flip else row]
            codes[row, column] = (z2, z1) if swap else (z1, z2)
    return codes


def schedule(step, steps, peak, warmup, down):
    return peak * step / warmup if step < warmup else peak * down((step - warmup) / (steps - warmup))


OF = {
    "log_normal_density": [
        (lambda y: normal.pdf(np.log(y)), r"\|dz/dy\| is missing"),
        (lambda y: y * np.exp(-0.5 * np.log(y) ** 2) / np.sqrt(2 * np.pi), r"its inverse"),
        (lambda y: np.exp(-(y**2) / 2) / np.sqrt(2 * np.pi) / y, r"at the code that leads to y"),
        (lambda y: normal.pdf(y), r"density of z"),
        (lambda y: normal.cdf(np.log(y)), r"derivative"),
        (lambda y: -normal.pdf(np.log(y)) / y, r"-1 times"),
    ],
    "to_triangle": [
        (lambda z: np.square(normal.cdf(z)), r"inverse"),
        (lambda z: normal.cdf(z), r"half of the way"),
        (lambda z: (1 - normal.cdf(z)) ** 0.5, r"the map falls"),
        (lambda z: normal.pdf(z) ** 0.5, r"\*density\*"),
        (lambda z: 2 * normal.cdf(z), r"x|yours|times|right"),
    ],
    "kl_to_prior": [
        (lambda m, v: -kl(m, v), r"sign"),
        (lambda m, v: np.sum(np.exp(v) + m * m - 1 - v, axis=1), r"½"),
        (lambda m, v: kl(m, v).sum(), r"summed over the pictures"),
        (lambda m, v: np.mean(kl(m, v)), r"averaged over the pictures"),
        (lambda m, v: 0.5 * np.mean(np.exp(v) + m**2 - 1 - v, axis=1), r"mean over the latent units"),
        (lambda m, v: kl(m, v, deviation=v), r"standard deviation σ"),
        (lambda m, v: kl(m, v, deviation=np.sqrt(v)), r"for the variance"),
        (lambda m, v: kl(m, v, deviation=np.exp(v)), r"for log σ"),
        (lambda m, v: -0.5 * keras.ops.sum(1 + v - m**2 - keras.ops.exp(0.5 * v), axis=1), r"exp\(z_log_var / 2\)"),
        (lambda m, v: 0.5 * np.sum(np.exp(v) + m**2 - v, axis=1), r"−1 for each latent unit"),
        (lambda m, v: 0.5 * (np.exp(v) + m**2 - 1 - v), r"One number for each unit"),
        (lambda m, v: 0.5 * np.sum(np.exp(v) + m**2 - 1, axis=1), r"logarithm is missing"),
        (lambda m, v: kl(m, v) + np.sum(v, axis=1), r"sign of z_log_var"),
        (lambda m, v: 0.5 * (np.sum(np.exp(v) + m**2 - v, axis=1) - 1), r"\*each\*"),
        (lambda m, v: -0.5 * np.sum(1 + v - m**2 + np.exp(v), axis=1), r"sign of exp"),
        (lambda m, v: kl(v, m), r"changed places"),
        (lambda m, v: np.sum(0.5 * (np.exp(v) + m**2 - 1) - v, axis=1), r"all four terms"),
        (lambda m, v: kl(m, v) + 0.25 * np.sum(v, axis=1), r"all four terms"),
        (lambda m, v: kl(-m * np.exp(-v / 2), -v), r"other way round"),
        (lambda m, v: 0.5 * np.sum(np.exp(v) + m**2 - 1 - v, axis=0), r"summed over the pictures"),
        (lambda m, v: np.sum(m * np.nan, axis=1), r"NaN"),
        (lambda m, v: kl(m.astype("float16"), v.astype("float16")), r"Nearly right|float16"),
    ],
    "bernoulli": [
        (cross_entropy, r"cross-entropy"),
        (lambda x, a: -cross_entropy(x, a) / a.shape[-1], r"mean over the pixels"),
        (lambda x, a: -np.sum(cross_entropy(x, a)), r"whole batch"),
        (lambda x, a: (x * np.log(sigmoid(a)) + (1 - x) * np.log(1 - sigmoid(a))).sum(-1), r"Right for small logits"),
        (lambda x, a: normal_clip(x, sigmoid(a), 1e-7), r"Clipping"),
        (lambda x, a: normal_clip(x, sigmoid(a), 1e-9), r"shape|yours|Clipping"),
        (lambda x, a: np.sum(x * np.log(a) + (1 - x) * np.log(1 - a), axis=1), r"logits for probabilities"),
        (lambda x, a: np.sum(-x * np.logaddexp(0, -a), axis=1), r"not\* inked"),
        (lambda x, a: -cross_entropy(x, -a), r"large logits mean ink"),
        (lambda x, a: -cross_entropy(x, np.clip(a, -30, 30)), r"Clipping the logits"),
        (lambda x, a: -cross_entropy(np.where(x > 0.5, 1.0, 0.0), a), r"may be grey"),
        (lambda x, a: -cross_entropy(a, x), r"x and logits have changed places"),
        (lambda x, a: np.sum(x * a - np.logaddexp(0, a), axis=0), r"summed over the pictures"),
        (lambda x, a: np.sum((x - 1) * np.logaddexp(0, a), axis=1), r"x log p is missing"),
        (lambda x, a: np.sum(-x * np.logaddexp(0, -a) + (1 - x) * np.logaddexp(0, a), axis=1), r"wrong sign"),
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
        (lambda m, v, e: m + np.exp(v / 2) * np.random.default_rng().normal(size=m.shape), r"each time"),
        (lambda m, v, e: m + np.exp(v) ** 1 / 2 * e, r"half of x"),
        (lambda m, v, e: m + 0.5 * v * e, r"take exp"),
        (lambda m, v, e: (m + np.exp(v / 2)) * e, r"Without brackets"),
        (lambda m, v, e: m + np.sqrt(np.exp(v)), r"Nothing is drawn"),
        (lambda m, v, e: m + e / np.exp(v / 2), r"1 / σ"),
        (lambda m, v, e: (m + e) * np.sqrt(np.exp(v)), r"scaled the mean"),
        (lambda m, v, e: m - np.sqrt(np.exp(v)) * e, r"symmetric"),
    ],
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
        (lambda p, d, over_d, over_p: p ** int(over_p) / d ** int(over_d), r"flags have changed places"),
        (lambda d, p, over_p, over_d: p ** int(over_p) / d ** int(over_d), r"latent_dim have changed places"),
        (lambda p, d, over_p, over_d: p if over_p else 1 / d if over_d else 1, r"elif"),
        (lambda p, d, over_p, over_d: p ** int(over_p) // d ** int(over_d), r"whole number"),
        (lambda p, d, over_p, over_d: p ** int(over_p) / (2 if over_d else 1), r"."),
        (lambda p, d, over_p, over_d: round(p ** int(over_p) / d ** int(over_d), 2), r"."),
        (lambda p, d, over_p, over_d: p ** int(over_p) * (1 - 1 / d if over_d else 1), r"."),
        (lambda p, d, over_p, over_d: 784 ** int(over_p) / d ** int(over_d), r"MNIST"),
        (lambda p, d, over_p, over_d: None if over_p else 1.0, r"None.*\n.*784"),
    ],
    "StopBelow": [
        (OnTrainingLoss, r"val_loss"),
        (WhileAbove, r"\*above\*"),
        (OnItself, r"of the \*model\*"),
        (AtOnce, r"first epoch, whatever"),
        (AtTheTarget, r"exactly the target"),
        (WrongKey, r"KeyError: 'validation_loss'"),
    ],
    "rate": [
        (
            lambda s, n, p, w: (
                1e-4 + (p - 1e-4) * s / w if s < w else p / 2 * (1 + math.cos(math.pi * (s - w) / (n - w)))
            ),
            r"starts at 0\.$",
        ),
        (lambda s, n, p, w: p * 0.5 * (1 + math.cos(math.pi * s / n)), r"way up is missing"),
        (lambda s, n, p, w: p * s / w if s < w else p * (1 + np.cos(np.pi * s / n)) / 2, r"jumps"),
        (lambda s, n, p, w: schedule(s, n, p, w, lambda t: math.cos(math.pi * t)), r"below 0"),
        (lambda s, n, p, w: schedule(s, n, p, w, lambda t: 0.5 + 0.5 * math.cos(t)), r"hardly falls"),
        (lambda s, n, p, w: schedule(s, n, p, w, lambda t: 1 - t), r"straight line"),
        (lambda s, n, p, w: p * s / w if s < w else p * (1 + np.cos(np.pi * (s - w) / n)) / 2, r"reach 0"),
    ],
    "ping_pong": [
        (lambda frames: [*frames, *reversed(frames)], r"Both ends"),
        (lambda frames: frames + list(reversed(frames[:-1])), r"first frame comes twice"),
        (lambda frames: frames + list(reversed(frames[1:])), r"last frame comes twice"),
        (lambda frames: list(reversed(frames)), r"Only the way back"),
        (lambda frames: frames.reverse(), r"return"),
    ],
    "changed_box": [
        (rows_first, r"changed places"),
        (lambda before, after: box(before, after, beyond=0), r"one too small"),
        (with_size, r"width and height"),
        (brighter_only, r"either direction"),
        (lambda before, after: (0, 0, *before.T.shape), r"whole picture"),
    ],
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


def normal_clip(x, p, smallest):
    """With probabilities kept away from 0 and 1, as Keras's own loss does."""
    p = np.clip(p, smallest, 1 - smallest)
    return (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
