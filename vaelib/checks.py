"""What several modules ask of their arguments."""

import numbers
from typing import Any

import numpy as np


def as_pictures(x: Any) -> np.ndarray:
    """A batch as an array, or a ValueError."""
    x = np.asarray(x)
    if x.ndim < 2 or not len(x):
        raise ValueError(f"x must be a batch of pictures, shape (n, ...), got {x.shape}")
    return x


def as_count(name: str, value: Any) -> int:
    """A whole number of at least 1, or a ValueError."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number, at least 1, got {value!r}")
    return int(value)
