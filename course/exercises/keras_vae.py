"""Checks for the exercises of notebook 03."""

import numpy as np

from course.exercises.checking import Exercise
from vaelib.latent import quantile_grid


def _codes(z1: np.ndarray, z2: np.ndarray) -> np.ndarray:
    return np.stack(np.meshgrid(z1, z2), axis=-1)


def _even(n: int) -> np.ndarray:
    """From the first to the last quantile in even steps."""
    low, high = quantile_grid(2)
    return np.linspace(low, high, n)


check_manifold_codes = Exercise(
    right=lambda n: np.array(
        [[(a, b) for a in quantile_grid(n)] for b in reversed(quantile_grid(n))]
    ),
    cases=[(2,), (5,), (15,)],
    slips=[
        (
            lambda n: _codes(quantile_grid(n), quantile_grid(n)),
            "Upside down: the first row is the top one, so it must have the *largest* z₂.",
        ),
        (
            lambda n: _codes(quantile_grid(n)[::-1], quantile_grid(n)),
            "The two directions are reversed: z₁ must grow from left to right, z₂ from bottom to "
            "top.",
        ),
        (
            lambda n: _codes(quantile_grid(n)[::-1], quantile_grid(n)[::-1]),
            "Left and right are reversed: the first column must have the smallest z₁.",
        ),
        (
            lambda n: _codes(quantile_grid(n), quantile_grid(n)[::-1])[..., ::-1],
            "z₁ and z₂ have changed places: z₁ belongs to the columns, z₂ to the rows. "
            "(np.meshgrid(a, b): a runs along the columns.)",
        ),
        (
            lambda n: np.stack(
                np.meshgrid(quantile_grid(n), quantile_grid(n), indexing="ij"), axis=-1
            ),
            "z₁ and z₂ have changed places: z₁ belongs to the columns, z₂ to the rows, the top row "
            "with the largest z₂.",
        ),
        (
            lambda n: np.stack(
                np.meshgrid(quantile_grid(n), quantile_grid(n)[::-1], indexing="ij"), axis=-1
            ),
            "Rows and columns have changed places: the row must follow z₂, the column z₁. "
            '(Is there an indexing="ij", or a .T?)',
        ),
        (
            lambda n: _codes(_even(n), _even(n)),
            "Two things: it is upside down (the top row has the largest z₂), and the steps are "
            "equal in z. They should be equal in *probability*: stats.norm.ppf of even "
            "probabilities.",
        ),
        (
            lambda n: _codes(np.linspace(0.05, 0.95, n), np.linspace(0.05, 0.95, n)),
            "Two things: it is upside down (the top row has the largest z₂), and these are "
            "probabilities. The codes are their quantiles: stats.norm.ppf(…).",
        ),
        (
            lambda n: _codes(_even(n), _even(n)[::-1]),
            "Equal steps of z. The map should have equal steps of *probability*: so that each "
            "digit stands for as many draws from the prior. Take even probabilities, and their "
            "quantiles (stats.norm.ppf).",
        ),
        (
            lambda n: _codes(np.linspace(0.05, 0.95, n), np.linspace(0.05, 0.95, n)[::-1]),
            "These are the probabilities. The codes are their quantiles: stats.norm.ppf(…).",
        ),
        (
            lambda n: _codes(quantile_grid(n), quantile_grid(n)[::-1]).reshape(-1, 2),
            "The right codes, in one long row. Keep the square: shape (n, n, 2).",
        ),
        (
            lambda n: np.stack(np.meshgrid(quantile_grid(n), quantile_grid(n)[::-1])),
            "The right codes, but z₁ and z₂ should come last: np.stack(…, axis=-1), shape (n, n, "
            "2).",
        ),
    ],
    praise="decoder.predict(manifold_codes(15).reshape(-1, 2)) would draw the map.",
)


def _right_beta(
    pixels: int, latent_dim: int, mean_over_pixels: bool, mean_over_units: bool
) -> float:
    """From a loss made up with numbers: how much one more nat of KL costs, in units of one nat of
    reconstruction."""

    def loss(nats_of_pixels: np.ndarray, nats_of_units: np.ndarray) -> float:
        reconstruction = nats_of_pixels.mean() if mean_over_pixels else nats_of_pixels.sum()
        return float(
            reconstruction + (nats_of_units.mean() if mean_over_units else nats_of_units.sum())
        )

    none, first_pixel, first_unit = np.zeros(pixels), np.eye(1, pixels)[0], np.eye(1, latent_dim)[0]
    return loss(none, first_unit) / loss(first_pixel, np.zeros(latent_dim))


check_effective_beta = Exercise(
    right=_right_beta,
    cases=[
        (784, 2, True, True),
        (784, 3, False, True),
        (100, 7, True, False),
        (64, 5, False, False),
        (90, 7, True, True),
    ],
    slips=[
        (
            lambda p, d, mp, md: 1 / _right_beta(p, d, mp, md),
            "Upside down. A mean over pixels makes the *reconstruction* small, so that the KL "
            "weighs more: β > 1.",
        ),
        (
            lambda p, d, mp, md: (p if mp else 1) * (d if md else 1),
            "Pixels are right. But a mean over the units makes the KL itself *smaller*: divide by "
            "latent_dim, not multiply.",
        ),
        (
            lambda p, d, mp, md: (d if md else 1) / (p if mp else 1),
            "Upside down. A mean over pixels makes the *reconstruction* small, so that the KL "
            "weighs more: β > 1.",
        ),
        (
            lambda p, d, mp, md: (1 / p if mp else 1) / (d if md else 1),
            "A mean over pixels divides the *reconstruction* by their number. Multiply the whole "
            "loss by it to get the sum back: what then stands before the KL?",
        ),
        (
            lambda p, d, mp, md: (p if md else 1) / (d if mp else 1),
            "The two flags have changed places.",
        ),
        (
            lambda p, d, mp, md: (d if mp else 1) / (p if md else 1),
            "pixels and latent_dim have changed places.",
        ),
        (
            lambda p, d, mp, md: p if mp else (1 / d if md else 1),
            "Right unless both are means: then both factors count. (Is there an `elif` or an early "
            "`return`?)",
        ),
        (
            lambda p, d, mp, md: (p if mp else 1) // (d if md else 1),
            "β need not be a whole number: divide by `/`, not by `//`.",
        ),
        (
            lambda p, d, mp, md: (784 if mp else 1) / (d if md else 1),
            "Right for MNIST. Other pictures have another number of pixels.",
        ),
        (
            lambda p, d, mp, md: p if mp else 1,
            "The mean over the units of the code matters, too: it divides the KL.",
        ),
        (
            lambda p, d, mp, md: 1 / d if md else 1,
            "The mean over pixels matters, too, and much more.",
        ),
        (
            lambda p, d, mp, md: p / d,
            "Right where both are means. Where a sum is taken, its number does not occur.",
        ),
    ],
    praise="392 for means over both, with 784 pixels and two units: an autoencoder that forgets "
    "its code.",
)
