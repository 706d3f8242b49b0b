"""What several modules ask of their arguments: each check names the argument, and says what came."""

import numbers
from typing import Any

import numpy as np


def as_numbers(name: str, value: Any) -> np.ndarray:
    """An array of finite real numbers; TypeError if they are no numbers, ValueError if one is NaN or infinite."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, got {array.dtype}: {value!r:.60}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return array


def as_pictures(x: Any, name: str = "x") -> np.ndarray:
    """A batch as an array of finite numbers, or a ValueError or TypeError."""
    x = as_numbers(name, x)
    if x.ndim < 2 or not len(x):
        raise ValueError(f"{name} must be a batch of pictures, shape (n, ...), got {x.shape}")
    return x


def require_unit_interval(x: np.ndarray, name: str = "x") -> None:
    """ValueError if a pixel is not from 0 to 1."""
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        hint = ": divide by 255" if 1 < x.max() <= 255 and x.min() >= 0 else ""
        raise ValueError(f"{name} must have pixels in [0, 1], got {x.min()} to {x.max()}{hint}")


def as_clouds(n: int, z_mean: Any, z_log_var: Any) -> tuple[np.ndarray, np.ndarray]:
    """Means and log-variances of `n` normal distributions, shape (n, latent_dim) each, or a ValueError or TypeError."""
    z_mean, z_log_var = as_numbers("z_mean", z_mean), as_numbers("z_log_var", z_log_var)
    if z_mean.ndim != 2 or len(z_mean) != n or z_mean.shape != z_log_var.shape:
        shapes = f"{z_mean.shape} and {z_log_var.shape}"
        raise ValueError(f"z_mean and z_log_var must have shape ({n}, latent_dim), got {shapes}")
    return z_mean, z_log_var


def as_count(name: str, value: Any, least: int = 1) -> int:
    """A whole number of at least `least`, or a ValueError."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name} must be a whole number, at least {least}, got {value!r}")
    return int(value)


def as_real(name: str, value: Any) -> float:
    """A finite number; TypeError if it is none, ValueError if it is NaN or infinite."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}: {value!r}")
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{name} must be a finite number, got {value}")
    return number


def as_seed(name: str, value: Any) -> int:
    """A whole number from 0 to 2³² − 1, or a TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}: {value!r}")
    seed = int(value)
    if not 0 <= seed < 2**32:
        raise ValueError(f"{name} must be from 0 to 2**32 − 1, got {seed}")
    return seed


def require_attributes(name: str, value: Any, attributes: str) -> None:
    """TypeError if something has not what is going to be used of it."""
    missing = [attribute for attribute in attributes.split() if not hasattr(value, attribute)]
    if missing:
        raise TypeError(f"{name} must be a model with {', '.join(missing)}, got {type(value).__name__}")
