"""What the scoreboard measures of pictures: new ones, reconstructions, and styles carried over."""

from typing import Any

import numpy as np

from course import judging
from course.autoencoders import cost
from course.judging import Judge, frechet_distance, kept, variety
from course.scores import density_and_coverage, sharpness, to_nearest
from vaelib.data import load_mnist
from vaelib.evaluation.bounds import iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood
from vaelib.latent import encode

NEW, SOME = 10_000, 1000


class Ruler:
    """Holds pictures against MNIST's test set, by the judge's features and in pixels."""

    def __init__(self) -> None:
        (x, y), (self.x_test, self.y_test) = load_mnist()
        self.x, self.y, self.judge = x[:55_000], y[:55_000], Judge.load()
        self.asked = np.arange(NEW) % 10
        self.features = self.judge.features(self.x_test)
        self.sharp = sharpness(self.x_test)
        rng = np.random.default_rng(0)
        self.half = rng.permutation(NEW)[: NEW // 2]
        self.near = to_nearest(self.x_test[self.half[:SOME]], self.x)

    def of_new(
        self, new: np.ndarray, asked: np.ndarray | None = None, x: np.ndarray | None = None
    ) -> dict[str, float]:
        """Of 10 000 new pictures; with the labels asked for, if there were any.

        `bias` is how much of the Fréchet distance is due to there being 10 000 new pictures only:
        it falls as 1/n, so half as many show it. `nearest` is the median squared distance, in
        pixels, from a training picture (or from one of `x`), as a share of that of test digits.
        """
        features, n = self.judge.features(new), len(new) // 2
        distance = frechet_distance(features, self.features)
        halves = [frechet_distance(each, self.features) for each in (features[:n], features[n:])]
        density, coverage = density_and_coverage(self.features[self.half], features[:n])
        near = to_nearest(new[:SOME], self.x if x is None else x)
        found = {
            "frechet": distance,
            "bias": np.mean(halves) - distance,
            "density": density,
            "coverage": coverage,
            "sharpness": sharpness(new) / self.sharp,
            "nearest": np.median(near) / np.median(self.near),
        }
        if asked is not None:
            found["asked"] = np.mean(self.judge.labels(new) == asked)
            found["variety"] = variety(features, asked, self.features, self.y_test)
        return rounded(found)

    def of_reconstructions(self, pictures: np.ndarray) -> dict[str, float]:
        """Of the test set's: nats of a Bernoulli likelihood, squared distance in features."""
        away = (self.judge.features(pictures) - self.features) ** 2
        sharp = sharpness(pictures) / self.sharp
        found = {"nats": cost(self.x_test, pictures), "away": away.sum(axis=1).mean()}
        return rounded(found | {"reconstruction_sharpness": sharp})

    def of_styles(self, model: Any) -> dict[str, float]:
        """Of 1000 test digits, each carried over to ten labels."""
        x, y = self.x_test[:SOME], self.y_test[:SOME]
        carried = model.restyle(x, y)
        found = {"restyled": np.mean(self.judge.labels(carried) == np.arange(10))}
        for style in (judging.ink, judging.slant):
            found[style.__name__] = np.mean(kept(style, x, y, carried))
        return rounded(found)

    def log_p(self, model: Any, labelled: bool) -> dict[str, float]:
        """log P(x), or log P(x|y), of the first 1000 test digits: the mean of IWAE-500, in nats."""
        x, y = self.x_test[:SOME], self.y_test[:SOME]
        total = 0.0
        for digit in range(10) if labelled else [None]:
            of = slice(None) if digit is None else y == digit
            decoder = model.decoder if digit is None else model.decoder.given(digit)
            codes = encode(model.encoder, x[of], y[of] if labelled else None)
            log_likelihood = paired_log_likelihood(decoder)
            weights = log_importance_weights(log_likelihood, x[of], *codes, k=500)
            total += float(iwae_bound(weights).sum())
        return rounded({"log_p": total / SOME})


def rounded(found: dict[str, Any]) -> dict[str, float]:
    """To four decimals."""
    return {name: round(float(value), 4) for name, value in found.items()}
