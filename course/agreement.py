"""Three ways to hold one result against another, for the notebooks on the ELBO.

Each prints what it compared, and stops with a message where the two disagree.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def same(name: str, one: ArrayLike, other: ArrayLike, within: float = 1e-9) -> None:
    """Print two results that must agree; stop if they do not.

    >>> same("log 1 and 0", np.log(1), 0)
    log 1 and 0: 0.000000 = 0.000000, error below 1e-09
    """
    error = np.abs(np.asarray(one) - np.asarray(other)).max()
    assert error < within, f"{name}: the two results differ by {error}"
    numbers = np.ndim(one) == np.ndim(other) == 0
    shown = f"{np.asarray(one):.6f} = {np.asarray(other):.6f}, " if numbers else ""
    print(f"{name}: {shown}error below {within:g}")


def estimate(name: str, values: ArrayLike, exact: float) -> None:
    """Print the mean of random values beside what it must be; stop if it is far off.

    >>> estimate("a die", [1, 2, 3, 4, 5, 6], 3.5)
    a die: 3.500 ± 0.7, exactly 3.500 (+0.0 standard errors)
    """
    values = np.asarray(values, dtype=float)
    mean, error = values.mean(), values.std() / np.sqrt(values.size)
    distance = (mean - exact) / error
    assert abs(distance) < 4.5, f"{name}: {distance:.1f} standard errors off"
    print(f"{name}: {mean:#.4g} ± {error:.2g}, exactly {exact:#.4g} ", end="")
    print(f"({distance:+.1f} standard errors)")


def follows(name: str, draws: ArrayLike, claimed: Any) -> None:
    """Print the p-value of one-dimensional draws; stop if the claim is refuted.

    `claimed` is a distribution of SciPy's, of which only `cdf` is used.

    >>> follows("evenly spread", np.linspace(0.005, 0.995, 100), stats.uniform)
    evenly spread: Kolmogorov-Smirnov p = 1.00
    """
    p_value = stats.kstest(draws, claimed.cdf).pvalue
    assert p_value > 1e-6, f"{name}: the claim is refuted, p = {p_value:.1g}"
    print(f"{name}: Kolmogorov-Smirnov p = {p_value:.2f}")
