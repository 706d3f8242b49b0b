"""Every check of an argument: errors name the argument, what came and what was expected."""

import math
from typing import Any

import numpy as np


def array(name: str, value: Any, *shape: int | str) -> np.ndarray:
    """Finite real numbers, of this shape if one is given; a size in words may be any but 0."""
    if hasattr(value, "detach"):  # a tensor of PyTorch's, with the history of its gradient
        value = value.detach().cpu()
    array = np.asarray(value)
    if array.dtype.name == "bfloat16":  # which NumPy does not know
        array = array.astype("float32")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, got {array.dtype}: {value!r:.60}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    sizes = zip(array.shape, shape, strict=False)
    fits = all(size == wanted if isinstance(wanted, int) else size for size, wanted in sizes)
    if shape and not (array.ndim == len(shape) and fits):
        wanted = f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
        raise ValueError(f"{name} must have shape {wanted}, got {array.shape}")
    return array


def batch(name: str, x: Any) -> np.ndarray:
    """One or more examples of any shape, stacked along the first axis."""
    x = array(name, x)
    if x.ndim < 2 or not len(x):
        raise ValueError(f"{name} must be a batch of pictures, shape (n, ...), got {x.shape}")
    return x


def pictures(name: str, x: Any) -> np.ndarray:
    """A batch to be drawn: grey ones as (n, height, width), coloured as (n, height, width, 3)."""
    x = array(name, x)
    if x.ndim == 3 and (x.shape[-1] == 1 or (x.shape[-1] == 3 and min(x.shape[:2]) > 7)):
        raise ValueError(f"{name} must be a batch, got one picture {x.shape}: x[:1], not x[0]")
    if x.ndim == 4 and x.shape[-1] == 3:
        return array(name, x, "n", "height", "width", 3)
    return array(name, x[..., 0] if x.ndim == 4 and x.shape[-1] == 1 else x, "n", "height", "width")


def drawable(name: str, x: np.ndarray) -> np.ndarray:
    """Clipped to [0, 1], which a mean may leave a little; ValueError if it is far outside."""
    if x.size and not (x.min() >= -1 and x.max() <= 2):
        unit_interval(name, x)
    return x.clip(0, 1)


def unit_interval(name: str, x: np.ndarray) -> None:
    """ValueError if a pixel lies outside [0, 1]."""
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        hint = ": divide by 255" if x.min() >= 0 else ""
        raise ValueError(f"{name} must have pixels in [0, 1], got {x.min()} to {x.max()}{hint}")


def same_shape(name_a: str, a: Any, name_b: str, b: Any) -> None:
    """ValueError if shapes differ, which might broadcast silently; None fits any size."""
    if len(a) != len(b) or any(i != j for i, j in zip(a, b, strict=True) if None not in (i, j)):
        got = f"{tuple(a)} and {tuple(b)}"
        raise ValueError(f"{name_a} and {name_b} must have the same shape, got {got}")


def posteriors(x: Any, z_mean: Any, z_log_var: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A batch, and the parameters of a normal distribution for each, shape (n, latent_dim)."""
    x, z_mean = batch("x", x), array("z_mean", z_mean, len(x), "latent_dim")
    return x, z_mean, array("z_log_var", z_log_var, *z_mean.shape)


def labels(labels: Any, n: int) -> tuple[np.ndarray, list[str]]:
    """The classes of `n` codes, integers or names, as numbers and the names that these stand for.

    Digits from 0 to 9 keep their numbers; other classes are counted in order.
    """
    labels = np.asarray(labels)
    if labels.dtype == object and all(isinstance(label, str) for label in labels.flat):
        labels = labels.astype(str)  # as a column of pandas has them
    if labels.dtype.kind not in "iuU":
        raise TypeError(f"labels must be integers or strings, got {labels.dtype}")
    if labels.shape != (n,):
        raise ValueError(f"labels must have shape ({n},), got {labels.shape}")
    if labels.dtype.kind != "U" and n and labels.min() >= 0 and labels.max() <= 9:
        return labels.astype(int), [str(digit) for digit in range(10)]
    names, numbers = np.unique(labels, return_inverse=True)
    return numbers, [str(name) for name in names]


def integer(name: str, value: Any, least: int = 1, most: float = math.inf) -> int:
    """A whole number from `least` to `most`; NumPy's are welcome, True is not."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}: {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}, got {value}")
    return int(value)


def choice(name: str, value: Any, *allowed: Any) -> Any:
    """One of a few values."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
    return value


def sizes(name: str, values: Any, least: int = 1) -> tuple[int, ...]:
    """Integers, such as a shape, as the Python integers that a saved config needs."""
    if not np.iterable(values):
        raise TypeError(f"{name} must be a sequence of integers, got {values!r}")
    return tuple(integer(f"each of {name}", value, least) for value in values)


def number(name: str, value: Any, above: float | None = None, below: float = math.inf) -> float:
    """A finite number, at least 0 or greater than `above`, and less than `below`."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}: {value!r}")
    number = float(value)
    if not (number >= 0 if above is None else number > above) or not number < below:
        expected = "at least 0" if above is None else f"greater than {above}"
        raise ValueError(f"{name} must be {expected} and less than {below}, got {value}")
    return number


def attributes(name: str, value: Any, *needed: str) -> None:
    """TypeError if something lacks what will be used of it."""
    missing = ", ".join(attribute for attribute in needed if not hasattr(value, attribute))
    if missing:
        raise TypeError(f"{name} must have {missing}, got {type(value).__name__}")
