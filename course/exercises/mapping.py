"""Checks for the exercises of notebook 01."""

from typing import Any

import numpy as np
from scipy import stats

from course.exercises.checking import Exercise

_phi = stats.norm.pdf

check_log_normal_density = Exercise(
    right=lambda y: stats.lognorm(s=1).pdf(y),
    cases=[(np.array([0.5, 1.0, 2.0]),), (np.array([0.1, 0.9, 3.0, 7.5]),)],
    slips=[
        (
            lambda y: _phi(np.log(y)),
            "You went back to z = log y, as you must. But a stretch of the z-axis becomes a longer "
            "or shorter stretch of the y-axis, and the same probability is spread over it: the "
            "factor |dz/dy| is missing.",
        ),
        (
            lambda y: _phi(np.log(y)) * y,
            "You multiply by dy/dz = y. Where the map stretches (dy/dz large), the density gets "
            "*smaller*: the factor is |dz/dy|, its inverse.",
        ),
        (
            lambda y: _phi(y) / y,
            "The factor is right, but the normal density has to be taken at the code that leads to "
            "y, z = log y, not at y.",
        ),
        (
            lambda y: _phi(y),
            "That is the density of z. Of what z does y come, and how is the axis stretched there?",
        ),
        (
            lambda y: _phi(np.exp(y)) * np.exp(y),
            "You used y → exp(y). To know how dense y is you must go the other way, back to z = "
            "log y.",
        ),
        (
            lambda y: _phi(np.log(y)) / np.exp(y),
            "You divide by exp(y). The stretch dy/dz is indeed an exponential, but of the code z, "
            "and y is not the code.",
        ),
        (
            lambda y: _phi(y) / np.exp(y),
            "You took both the normal density and the stretch at y. Both belong to the code z that "
            "leads to y. Go back to that code first.",
        ),
        (
            lambda y: np.exp(-(np.log(y) ** 2)) / np.sqrt(2 * np.pi) / y,
            "Only the exponent is wrong: exp(−z²) falls too fast for a standard normal density. "
            "What comes before z² there?",
        ),
        (
            lambda y: _phi(np.log(y)) / y * np.sqrt(2 * np.pi),
            "The curve has the right shape, but its area is √(2π), and that of a density is 1. The "
            "constant of the normal density is missing.",
        ),
        (
            lambda y: _phi(np.log(y)) / y / np.sqrt(2 * np.pi),
            "The curve has the right shape, but its area is 1/√(2π), and that of a density is 1. "
            "Look at the constant of the normal density: is it there twice, or has it lost its "
            "root?",
        ),
        (
            lambda y: stats.norm.cdf(np.log(y)),
            "That is the distribution function P(Y ≤ y). The density is its derivative.",
        ),
    ],
    praise="It is the density of the log-normal distribution, scipy.stats.lognorm(1).",
)

check_to_triangle = Exercise(
    right=lambda z: stats.triang(c=1).ppf(stats.norm.cdf(z)),
    cases=[(np.array([-1.0, 0.0, 1.0]),), (np.array([-2.5, -0.3, 0.7, 2.2]),)],
    slips=[
        (
            lambda z: stats.norm.cdf(z) ** 2,
            "You applied the distribution function y² to Φ(z). What leads from probabilities to "
            "values is its inverse.",
        ),
        (
            lambda z: stats.norm.cdf(z),
            "Φ(z) is uniform on (0, 1): half of the way. Now send it through the inverse of P(Y ≤ "
            "y) = y².",
        ),
        (
            lambda z: np.sqrt(stats.norm.sf(z)),
            "The distribution is right, but the map falls: a large z should become a large y. "
            "Start from Φ(z), not 1 − Φ(z).",
        ),
        (
            lambda z: stats.norm.cdf(z) / 2,
            "You halved Φ(z). Halving undoes doubling; the distribution function y² squares.",
        ),
        (
            lambda z: 2 * stats.norm.cdf(z),
            "You put Φ(z) into the density 2y. A density leads neither from values to "
            "probabilities nor back: use the distribution function, y².",
        ),
        *(
            (
                mirrored,
                "Your draws lie between 0 and 1, but their density is 2(1 − y): the triangle in a "
                "mirror. Small values should be rare, and large ones common.",
            )
            for mirrored in (
                lambda z: 1 - np.sqrt(stats.norm.sf(z)),
                lambda z: 1 - np.sqrt(stats.norm.cdf(z)),
            )
        ),
        *(
            (
                from_density,
                "You used the normal *density* φ(z). The first step takes the distribution "
                "function Φ(z): the probability to the left of z.",
            )
            for from_density in (
                lambda z: np.sqrt(stats.norm.pdf(z)),
                lambda z: 2 * stats.norm.pdf(z),
                lambda z: stats.norm.pdf(z),
            )
        ),
        *(
            (
                backwards,
                "`ppf` leads from probabilities to values, so it gives NaN for a z that is no "
                "probability. Your first step must go the other way: from z to a probability.",
            )
            for backwards in (
                lambda z: np.sqrt(stats.norm.ppf(z)),
                lambda z: stats.norm.ppf(z) ** 2,
                lambda z: stats.norm.ppf(z),
            )
        ),
        (
            lambda z: z**2,
            "Square z and it is still unbounded; y must lie between 0 and 1. First step: Φ(z).",
        ),
        (
            lambda z: np.sqrt(z),
            "The root is right, but of what? It takes a probability between 0 and 1; first step: "
            "Φ(z).",
        ),
    ],
    praise="Normal draws become draws from the density 2y, and their order stays.",
)


def _from_disc(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt(1 - (x**2).sum(axis=-1, keepdims=True))


def _by_small_steps(x: np.ndarray) -> np.ndarray:
    """The normal density at the point that leads to x, times the determinant of the way back, whose
    derivatives are differences."""
    steps = 1e-5 * np.eye(2)
    columns = [(_from_disc(x + step) - _from_disc(x - step)) / 2e-5 for step in steps]
    determinant = np.abs(np.linalg.det(np.stack(columns, axis=-1)))
    return _phi(_from_disc(x)).prod(axis=-1) * determinant


def _disc(power: float, **how: Any) -> Any:
    """The formula with another power of 1 − r², or with the normal density taken elsewhere."""

    def density(x: np.ndarray) -> np.ndarray:
        r2 = (x**2).sum(axis=1)
        s2 = r2 / (1 - r2)
        squared = {"s2": s2, "r2": r2, "s": np.sqrt(s2), "forward": r2 / (1 + r2)}
        at, constant = squared[how.get("at", "s2")], how.get("constant", 1 / (2 * np.pi))
        return constant * np.exp(-at * how.get("factor", 0.5)) * (1 - r2) ** power

    return density


def _divided_by_r(x: np.ndarray) -> np.ndarray:
    """As hint 2 has it, with s/r left as a quotient: 0/0 in the middle."""
    r = np.linalg.norm(x, axis=1)
    s = r / np.sqrt(1 - r**2)
    with np.errstate(invalid="ignore"):
        return np.exp(-(s**2) / 2) / (2 * np.pi) * (1 - r**2) ** -1.5 * s / r


_constant = (
    "The curve has the right shape, but its constant is off. The normal density of two coordinates "
    "is the product of two: 1/√(2π) comes twice, which makes 1/(2π)."
)
_elsewhere = (
    "The factor is right, but the normal density has to be taken at the z that leads to x, with s² "
    "= r² / (1 − r²)."
)

check_density_in_the_disc = Exercise(
    right=_by_small_steps,
    cases=[
        (np.array([[0.6, 0.0], [0.3, -0.4], [-0.5, 0.2]]),),
        (np.array([[0.0, 0.0], [-0.2, 0.7], [0.55, 0.5], [-0.9, 0.1]]),),
    ],
    slips=[
        (
            _disc(0),
            "You went back to z, as you must, but a patch of the disc becomes a larger patch of "
            "the plane: the determinant is missing.",
        ),
        (
            _disc(2),
            "That is the determinant of h. A patch that is squeezed gets *denser*: the factor is "
            "the determinant of the way back, its inverse.",
        ),
        (
            _disc(-1.5),
            "That is the stretch along the radius, ds/dr. Across it h⁻¹ stretches, too: by s/r.",
        ),
        (
            _disc(-0.5),
            "That is the stretch across the radius, s/r. Along it h⁻¹ stretches, too: by ds/dr.",
        ),
        (
            _disc(-1),
            "You took s/r for both directions. Along the radius the stretch is the derivative "
            "ds/dr, which is larger, since the root in s = r / √(1 − r²) depends on r as well.",
        ),
        (
            _disc(-3),
            "You took ds/dr for both directions. Across the radius, a circle of radius r becomes "
            "one of radius s: the stretch is s/r.",
        ),
        *((_disc(-2, at=at), _elsewhere) for at in ("r2", "forward")),
        (
            _divided_by_r,
            "Right everywhere but in the middle, where s/r is 0/0. Write it as a power of 1 − r² "
            "first, as in hint 2.",
        ),
        (
            _disc(0, at="r2"),
            "That is the normal density at x itself. Go back to the z that leads to x, and "
            "multiply by the determinant.",
        ),
        (
            _disc(-2, at="s"),
            "Only the exponent is wrong: the normal density has s², not s.",
        ),
        (
            _disc(-2, factor=1),
            "Only the exponent is wrong: the normal density has −s²/2.",
        ),
        *((_disc(-2, constant=c), _constant) for c in (1.0, (2 * np.pi) ** -0.5, 2 * np.pi)),
    ],
    praise="Your formula agrees with derivatives taken by small steps. At the middle of the disc "
    "the density is that of the cloud, 1/(2π): there h hardly changes anything.",
)
