"""Wrong answers to the exercises on mapping distributions, and what each hint must say."""

import numpy as np
from scipy import stats

normal = stats.norm


def bell(y, factor=0.5, area=(2 * np.pi) ** 0.5):
    """The log-normal density written out, with whatever is taken for the two constants."""
    return np.exp(-factor * np.log(y) ** 2) / area / y


def room(x):
    return 1 - (x**2).sum(axis=1)


def cloud(x):
    """The density of the cloud at the z that leads to x."""
    return normal.pdf(x / np.sqrt(room(x))[:, None]).prod(axis=1)


def left_as_a_quotient(x):
    r = np.linalg.norm(x, axis=1)
    with np.errstate(invalid="ignore"):
        return cloud(x) / room(x) ** 1.5 * (r / np.sqrt(room(x))) / r


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
    "density_in_the_disc": [
        (cloud, r"determinant is missing"),
        (lambda x: cloud(x) * room(x) ** 2, r"its inverse"),
        (lambda x: cloud(x) * room(x) ** -1.5, r"Across it"),
        (lambda x: cloud(x) / room(x) ** 0.5, r"Along it"),
        (lambda x: cloud(x) / room(x), r"s/r for both"),
        (lambda x: cloud(x) / room(x) ** 3, r"ds/dr for both"),
        (lambda x: normal.pdf(x).prod(axis=1) / room(x) ** 2, r"taken at the z"),
        (lambda x: normal.pdf(x).prod(axis=1), r"at x itself"),
        (lambda x: np.exp(-(1 / room(x) - 1)) / (2 * np.pi) / room(x) ** 2, r"−s²/2"),
        (lambda x: np.exp((1 - 1 / room(x)) / 2) / room(x) ** 2, r"1/√\(2π\) comes twice"),
        (lambda x: cloud(x)[:, None] / room(x)[:, None] ** 2, r"shape"),
        (lambda x: (x**2).sum(axis=0), r"shape should be \(3,\); yours has shape \(2,\)"),
        (lambda x: x[0] ** 2 + x[1] ** 2, r"shape should be \(3,\); yours has shape \(2,\)"),
        (left_as_a_quotient, r"s/r is 0/0"),
    ],
}
