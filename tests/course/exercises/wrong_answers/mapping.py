"""Wrong answers to the exercises on mapping distributions, and what each hint must say."""

import numpy as np
from scipy import stats

normal = stats.norm


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
}
