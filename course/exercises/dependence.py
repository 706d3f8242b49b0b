"""Checks for the exercises of notebook 07."""

import numpy as np

from course.exercises.checking import Exercise

_rng = np.random.default_rng(60)

# Seven units: the mean's standard deviation over pictures, its average, and the clouds' variance.
# The fourth and the sixth have large clouds, yet are active; the fifth has small ones, yet is not.
_codes = _rng.normal(0, [1.2, 0.004, 0.5, 0.17, 0.07, 0.05**0.5, 0.05], size=(4000, 7))
_codes += np.array([0, 3, 0, 0, 0, 0, 0]) - _codes.mean(axis=0)
_log_vars = np.log([0.2, 1.0, 0.0025, 1.02, 0.3, 0.9, 1.003])
_log_vars = _log_vars + _rng.normal(0, [0.2, 0, 0, 0, 0.5, 0, 0], size=(4000, 7))

check_active_units = Exercise(
    right=lambda z_mean, z_log_var: np.count_nonzero(
        np.square(z_mean - z_mean.mean(axis=0)).mean(axis=0) > 0.01
    ),
    # The first unit alone, and beside each other: their numbers tell which units were counted.
    cases=[(_codes, _log_vars)]
    + [(_codes[:, units], _log_vars[:, units]) for units in ([0], *([0, i] for i in range(1, 7)))],
    slips=[
        (
            lambda m, v: np.count_nonzero(m.std(axis=0) > 0.01),
            "You compared the standard deviation with 0.01. The threshold is for the *variance* of "
            "the means.",
        ),
        (
            lambda m, v: np.count_nonzero(m.var(axis=1) > 0.01),
            "You took the variance over the units of a picture. A unit is active if its mean "
            "differs between *pictures*: axis=0.",
        ),
        (
            lambda m, v: (m.var(axis=0) > 0.01).astype(float),
            "You return which units are active. How many are they?",
        ),
        (
            lambda m, v: np.count_nonzero(np.square(m).mean(axis=0) > 0.01),
            "A mean that stands far from 0, but in the same place for all pictures, tells nothing "
            "about them. Subtract the average over pictures: variance.",
        ),
        (
            lambda m, v: np.count_nonzero(np.abs(m.mean(axis=0)) > 0.01),
            "You looked at how far the average is from 0. The question is how much the means "
            "differ between pictures.",
        ),
        (
            lambda m, v: np.count_nonzero(np.exp(v).mean(axis=0) > 0.01),
            "You looked at the clouds' own variances, exp(z_log_var). An unused unit has a large "
            "one. What matters is the variance of z_mean over pictures.",
        ),
        *(
            (
                lambda m, v, below=below: np.count_nonzero(np.exp(v).mean(axis=0) < below),
                "You counted the units with small clouds, by exp(z_log_var). An active unit often "
                "has them, but need not. What matters is the variance of z_mean over pictures.",
            )
            for below in (0.1, 0.5, 0.95)
        ),
        (
            lambda m, v: np.count_nonzero(m.var(axis=0) > np.exp(v).mean(axis=0)),
            "You compared the variance of the means with the clouds' own. A unit can be "
            "active although its clouds are large: only the threshold of 0.01 counts.",
        ),
        (
            lambda m, v: np.count_nonzero(m.var(axis=0) > 0.01 * np.exp(v).mean(axis=0)),
            "You divided the variance of the means by that of the clouds. The rule asks for the "
            "variance of the means alone.",
        ),
        (
            lambda m, v: np.count_nonzero(
                (np.exp(v) + np.square(m) - 1 - v).mean(axis=0) / 2 > 0.01
            ),
            "You counted the units with a KL divergence. A unit can have one and still be the same "
            "for all pictures. The rule asks how much z_mean varies over them.",
        ),
        (
            lambda m, v: m.shape[1],
            "You counted all units. Only those count whose mean varies enough over the pictures.",
        ),
        (
            lambda m, v: np.count_nonzero(m.var(axis=0) <= 0.01),
            "These are the *inactive* units: the comparison is the wrong way round.",
        ),
        (
            lambda m, v: np.count_nonzero(m.var() > 0.01),
            "You took one variance over everything, pictures and units. Each unit needs one of its "
            "own.",
        ),
        *(
            (
                lambda m, v, of=of: np.count_nonzero(of(v).var(axis=0) > 0.01),
                "You took the variance over pictures, but of z_log_var. Burda et al. ask how the "
                "*means* vary.",
            )
            for of in (np.asarray, np.exp)
        ),
    ],
    praise="Units that say nothing about the picture are not counted, whatever they cost.",
)


def _bits(log_density: np.ndarray, pixels: int) -> np.ndarray:
    """With log₂, for a pixel that counts grey levels of width 1 in place of 1/256."""
    return -(log_density - pixels * np.log(256)) / np.log(2) / pixels


check_bits_per_pixel = Exercise(
    right=_bits,
    cases=[
        (np.array([1200.0, -300.0, 0.0]), 784),
        (np.array([11.0, 4.5]), 3),
    ],
    slips=[
        (
            lambda log_p, pixels: -log_p / pixels / np.log(2),
            "The change of unit is missing. A grey level is 1/256 wide on the scale from 0 to 1, "
            "so each pixel's density is multiplied by 1/256, which costs log₂ 256 = 8 bits.",
        ),
        (
            lambda log_p, pixels: -_bits(log_p, pixels),
            "The sign: bits are a cost, minus the logarithm.",
        ),
        (
            lambda log_p, pixels: _bits(log_p, pixels) - 16,
            "The change of unit goes the other way: the probability of a grey level is *smaller* "
            "than the density, so that it costs 8 bits more, not 8 less.",
        ),
        (
            lambda log_p, pixels: _bits(log_p, pixels) * np.log(2),
            "These are nats per pixel. Divide by log 2.",
        ),
        (
            lambda log_p, pixels: _bits(log_p, pixels) * pixels,
            "These are bits per picture. Divide by the number of pixels.",
        ),
        (
            lambda log_p, pixels: -log_p / pixels + 8,
            "The first part is still in nats: divide the log-density by log 2.",
        ),
        (
            lambda log_p, pixels: -log_p / pixels / np.log(2) + np.log2(255),
            "There are 256 grey levels, so each is 1/256 wide: log₂ 256 = 8.",
        ),
        (
            lambda log_p, pixels: -log_p / pixels / np.log(2) + np.log(256),
            "log 256 = 5.5 is in nats. In bits the change of unit is log₂ 256 = 8.",
        ),
        (
            lambda log_p, pixels: -log_p / pixels / np.log(2) + 8 / pixels,
            "The 8 bits are for *each* pixel: they are not divided by their number.",
        ),
        (
            lambda log_p, pixels: -log_p / pixels * np.log(2) + 8,
            "From nats to bits one *divides* by log 2: a bit is less than a nat.",
        ),
        (
            lambda log_p, pixels: _bits(log_p, pixels).mean(),
            "One number for all pictures. Each picture has its own: no mean.",
        ),
    ],
    praise="A picture stored as it is takes 8 bits per pixel: what is below, the model has saved.",
)
