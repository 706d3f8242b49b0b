"""The pictures of the course: digits in rows, the manifold, the latent plane.

Every function draws into the matplotlib axes it is given, or into a new figure's, and returns those axes. Digits are
drawn dark on light, as written on paper: a pixel of 1 is full ink.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from scipy import spatial, stats

from vaelib.checks import as_count, as_numbers, as_real, require_unit_interval

INK = "gray_r"
DIGIT_COLORS = sns.color_palette("colorblind", 10)


def _axes(ax: Axes | None, width: float, height: float) -> Axes:
    """The axes given, or those of a new figure of that many inches."""
    return plt.subplots(figsize=(width, height), layout="constrained")[1] if ax is None else ax


def _tiled(pictures: np.ndarray) -> np.ndarray:
    """Pictures in a grid, shape (rows, columns, height, width[, 1]), as one of shape (rows·height, columns·width)."""
    rows, columns, height, width = pictures.shape[:4]
    return pictures.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)


def _as_pictures(name: str, value: Any) -> np.ndarray:
    """A batch of grey pictures as a NumPy array of shape (n, height, width), or a ValueError or TypeError."""
    pictures = as_numbers(name, value)
    if pictures.ndim == 3 and pictures.shape[-1] == 1:
        raise ValueError(f"{name} must be a batch, got one picture of shape {pictures.shape}: pass x[:1] for x[0]")
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    if pictures.ndim != 3 or not len(pictures):
        raise ValueError(f"{name} must have shape (n, height, width) or (n, height, width, 1), got {pictures.shape}")
    return pictures


def plot_digits(*rows: Any, labels: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw rows of digits, the first row on top; for instance originals above their reconstructions.

    Args:
        rows: each a batch of pictures in [0, 1], shape (n, height, width) or (n, height, width, 1), all of one shape.
        labels: a word for each row, written at its left.
        ax: where to draw; a new figure as wide as the row if left out.

    Returns:
        The axes.

    Raises:
        ValueError: if there is no row, if rows differ in shape, have NaN or pixels outside [0, 1], or if there are not
            as many labels as rows.
        TypeError: if pixels are no numbers.
    """
    if not rows:
        raise ValueError("rows: at least one batch of pictures is needed, got none")
    pictures = [_as_pictures(f"row {i}", row) for i, row in enumerate(rows)]
    for i, row in enumerate(pictures):
        require_unit_interval(row, f"row {i}")
    if len({row.shape for row in pictures}) > 1:
        raise ValueError(f"rows must share one shape, got {[row.shape for row in pictures]}")
    if labels is not None and len(labels) != len(rows):
        raise ValueError(f"labels must name each of the {len(rows)} rows, got {len(labels)}")
    count, height, width = pictures[0].shape
    ax = _axes(ax, 10, 0.3 + 9.2 * len(rows) / count)
    ax.imshow(_tiled(np.stack(pictures)), cmap=INK, vmin=0, vmax=1)
    # A thin line between the digits keeps neighbours apart without taking room from them.
    ax.vlines(np.arange(1, count) * width - 0.5, -0.5, len(rows) * height - 0.5, color="white", linewidth=1.5)
    ax.hlines(np.arange(1, len(rows)) * height - 0.5, -0.5, count * width - 0.5, color="white", linewidth=3)
    ax.set_xticks([])
    names = [] if labels is None else list(labels)
    ax.set_yticks((np.arange(len(names)) + 0.5) * height - 0.5, names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def quantile_grid(n: int = 15, low: float = 0.05, high: float = 0.95) -> np.ndarray:
    """`n` points that cut the standard normal distribution into steps of equal probability: Φ⁻¹ of even steps.

    Args:
        n: how many, at least 2.
        low: probability to the left of the first point.
        high: probability to the left of the last one; 0 < low < high < 1.

    Returns:
        Increasing values, shape (n,).

    Raises:
        ValueError: if an argument is out of its range.
        TypeError: if a probability is no number.
    """
    n = as_count("n", n, least=2)
    if not 0 < as_real("low and high", low) < as_real("low and high", high) < 1:
        raise ValueError(f"low and high must be probabilities with 0 < low < high < 1, got {low} and {high}")
    return stats.norm.ppf(np.linspace(low, high, n))


def decode_grid(decoder: Callable[[Any], Any], z_values: np.ndarray) -> np.ndarray:
    """Decode every point of a square grid in the latent plane, in one batched call.

    Args:
        decoder: anything that turns codes, float32 of shape (batch, 2), into grey pictures, (batch, height, width, 1).
        z_values: the grid's values on either axis, increasing, shape (n,).

    Returns:
        One picture of shape (n·height, n·width): z₁ grows to the right and z₂ *upwards*, as in a plot.

    Raises:
        ValueError: if the decoder does not return one grey picture for each code, or its latent space is no plane, or
            the values are not finite numbers in increasing order.
        TypeError: if the decoder cannot be called.
    """
    if not callable(decoder):
        raise TypeError(f"decoder must be a model or a function, got {decoder!r}")
    latent_dim = getattr(decoder, "latent_dim", 2)
    if latent_dim != 2:
        raise ValueError(f"decoder must have two latent dimensions, got {latent_dim}")
    z_values = as_numbers("z_values", z_values)
    if z_values.ndim != 1 or not len(z_values) or (np.diff(z_values) <= 0).any():
        raise ValueError(f"z_values must increase, shape (n,), got {z_values}")
    z1, z2 = np.meshgrid(z_values, z_values[::-1])
    codes = np.stack([z1.ravel(), z2.ravel()], axis=-1).astype(np.float32)
    pictures = _as_pictures("the decoder's output", decoder(codes))
    if len(pictures) != len(codes):
        raise ValueError(f"decoder must return {len(codes)} pictures, one for each code, got {len(pictures)}")
    return _tiled(pictures.reshape(len(z_values), len(z_values), *pictures.shape[1:]))


def plot_manifold(
    decoder: Callable[[Any], Any], n: int = 15, low: float = 0.05, high: float = 0.95, ax: Axes | None = None
) -> Axes:
    """Draw what a decoder with a two-dimensional latent space makes of each point of a grid of normal quantiles.

    Args:
        decoder: as for `decode_grid`.
        n, low, high: as for `quantile_grid`.
        ax: where to draw; a new square figure if left out.

    Returns:
        The axes; the ticks give z₁ and z₂ of the columns and rows they stand at.

    Raises:
        ValueError: as `quantile_grid` and `decode_grid` do.

    Source: Kingma & Welling, arXiv:1312.6114, figure 4.
    """
    z_values = quantile_grid(n, low, high)
    picture = decode_grid(decoder, z_values)
    ax = _axes(ax, 8, 8)
    ax.imshow(picture, cmap=INK, vmin=0, vmax=1, extent=(0, n, 0, n))
    shown = np.unique(np.linspace(0, n - 1, min(n, 7)).round().astype(int))
    names = [f"{z_values[i]:.2f}".replace("-", "−").replace("−0.00", "0.00") for i in shown]
    ax.set_xticks(shown + 0.5, names)
    ax.set_yticks(shown + 0.5, names)
    ax.set(xlabel="$z_1$", ylabel="$z_2$")
    return ax


def plot_latent(z: Any, labels: Any, ax: Axes | None = None) -> Axes:
    """Scatter codes over the latent plane, one colour for each digit, its name where its codes are densest.

    Args:
        z: codes, shape (n, 2).
        labels: the digits they belong to, integers from 0 to 9, shape (n,).
        ax: where to draw; a new square figure if left out.

    Returns:
        The axes, with a legend.

    Raises:
        ValueError: if codes are not two-dimensional and finite, or labels not digits, one for each code.
    """
    z, labels = as_numbers("z", z), np.asarray(labels)
    if z.ndim != 2 or z.shape[1] != 2 or not len(z):
        raise ValueError(f"z must have shape (n, 2), got {z.shape}")
    if labels.shape != z.shape[:1] or labels.dtype.kind not in "iu" or not np.isin(labels, np.arange(10)).all():
        raise ValueError(f"labels must be {len(z)} integers from 0 to 9, got {labels.dtype} {labels.shape}")
    ax = _axes(ax, 8, 7.4)
    # In the order of the file, not digit by digit: otherwise the last digit would lie on top of all others.
    ax.scatter(z[:, 0], z[:, 1], s=4, c=np.array(DIGIT_COLORS)[labels], alpha=0.5, linewidths=0, rasterized=True)
    for digit in np.unique(labels):
        ax.scatter([], [], s=30, color=DIGIT_COLORS[digit], label=str(digit))
        own = z[labels == digit]
        crowded = spatial.KDTree(own).query_ball_point(own, r=0.3 * z.std() + 1e-9, return_length=True).argmax()
        box = {"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": DIGIT_COLORS[digit], "linewidth": 2}
        ax.annotate(str(digit), own[crowded], ha="center", va="center", fontsize=10, weight="bold", bbox=box)
    ax.set(xlabel="$z_1$", ylabel="$z_2$", aspect="equal")
    ax.legend(title="digit", loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return ax
