"""Wrong answers to the exercises on mapping distributions, and what each hint must say."""

import numpy as np
from scipy import stats

normal = stats.norm


def bell(y, factor=0.5, area=(2 * np.pi) ** 0.5):
    """The log-normal density written out, with whatever is taken for the two constants."""
    return np.exp(-factor * np.log(y) ** 2) / area / y


OF = {
    "log_normal_density": [
        (lambda y: normal.pdf(np.log(y)), r"\|dz/dy\| is missing"),
        (lambda y: y * np.exp(-0.5 * np.log(y) ** 2) / np.sqrt(2 * np.pi), r"its inverse"),
        (lambda y: np.exp(-(y**2) / 2) / np.sqrt(2 * np.pi) / y, r"at the code that leads to y"),
        (lambda y: normal.pdf(y), r"density of z"),
        (lambda y: normal.cdf(np.log(y)), r"derivative"),
        (lambda y: -normal.pdf(np.log(y)) / y, r"-1 times"),
        (lambda y: bell(y, factor=1), r"before z²"),
        (lambda y: bell(y, area=1), r"is √\(2π\).*missing"),
        (lambda y: bell(y, area=2 * np.pi), r"1/√\(2π\).*lost its root"),
        (lambda y: normal.pdf(np.log(y)) * (1 / np.exp(y)), r"y is not the code"),
        (lambda y: normal.pdf(y) * np.exp(-y), r"Both belong to the code"),
    ],
    "to_triangle": [
        (lambda z: np.square(normal.cdf(z)), r"inverse"),
        (lambda z: normal.cdf(z), r"half of the way"),
        (lambda z: (1 - normal.cdf(z)) ** 0.5, r"the map falls"),
        (lambda z: normal.pdf(z) ** 0.5, r"\*density\*"),
        (lambda z: 2 * normal.cdf(z), r"into the density 2y"),
        (lambda z: normal.cdf(z) / 2, r"Halving undoes doubling"),
        (lambda z: 1 - np.sqrt(1 - normal.cdf(z)), r"2\(1 − y\)"),
        (lambda z: 1 - normal.cdf(z) ** 0.5, r"2\(1 − y\)"),
        (lambda z: 2 * normal.pdf(z), r"\*density\*"),
        (lambda z: normal.pdf(z), r"\*density\*"),
        (lambda z: np.sqrt(normal.ppf(z)), r"from probabilities to values, so it gives NaN"),
        (lambda z: normal.ppf(z), r"from probabilities to values, so it gives NaN"),
        (lambda z: normal.ppf(z) ** 2, r"from probabilities to values, so it gives NaN"),
        (lambda z: np.sqrt(z), r"The root is right"),
    ],
}
