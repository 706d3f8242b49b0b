"""Pictures in rows, the manifold and the latent plane.

A grey pixel of 1 is full ink, and drawn black, or with `ink=False` light, and drawn white. Every
function returns the Matplotlib axes that it was given, or those of a new figure.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import color_sequences, colormaps
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from scipy import spatial

from vaelib import _validation as check
from vaelib.latent import decode_grid, quantile_grid, tiled

INK = "gray_r"
# Ten colours for colour-blind eyes, too, in an order that keeps neighbours apart.
DIGIT_COLORS = [color_sequences["petroff10"][i] for i in (7, 3, 8, 6, 1, 4, 2, 5, 9, 0)]


def class_colors(classes: int) -> list[Any]:
    """A colour for each class; ten are taken for the digits."""
    if classes <= len(DIGIT_COLORS):
        return DIGIT_COLORS if classes == 10 else list(color_sequences["petroff10"][:classes])
    return list(colormaps["turbo"](np.linspace(0.05, 0.95, classes))[:, :3])


def show_picture(ax: Axes, picture: np.ndarray, ink: bool, **options: Any) -> None:
    """Draw a grey or coloured picture with the right colours."""
    cmap = INK if ink else "gray"
    picture = picture.clip(0, 1) if picture.ndim == 3 else picture
    ax.imshow(picture, cmap=cmap, vmin=0, vmax=1, **options)


def plot_digits(
    *rows: Any, labels: Sequence[str] | None = None, ax: Axes | None = None, ink: bool = True
) -> Axes:
    """Draw rows of pictures, first at the top; for instance originals above reconstructions.

    Each row is a batch of pictures in [0, 1], (n, height, width), (n, height, width, 1) or (n,
    height, width, 3), all of one shape; `labels` is a word for each, written at its left.

    >>> ax = plot_digits(np.zeros((5, 28, 28, 1)), np.ones((5, 28, 28, 1)), labels=["white", "ink"])
    """
    check.integer("the number of rows", len(rows))
    pictures = [check.pictures(f"row {i}", row) for i, row in enumerate(rows)]
    for i, row in enumerate(pictures):
        pictures[i] = check.drawable(f"row {i}", row)
        check.same_shape("row 0", pictures[0].shape, f"row {i}", row.shape)
    if labels is not None:
        check.same_shape("labels", np.shape(labels), "one for each row", (len(rows),))
    count, height, width = pictures[0].shape[:3]
    ax = ax or plt.subplots(figsize=(10, 0.3 + 9.2 * len(rows) / count), layout="constrained")[1]
    show_picture(ax, tiled(np.stack(pictures)), ink)
    # A thin line keeps neighbours apart without taking room from them.
    bottom, right = len(rows) * height - 0.5, count * width - 0.5
    ax.vlines(np.arange(1, count) * width - 0.5, -0.5, bottom, color="white", linewidth=1.5)
    ax.hlines(np.arange(1, len(rows)) * height - 0.5, -0.5, right, color="white", linewidth=3)
    ax.set_xticks([])
    labels = [] if labels is None else labels
    ax.set_yticks((np.arange(len(labels)) + 0.5) * height - 0.5, labels)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_manifold(
    decoder: Callable,
    n: int = 15,
    low: float = 0.05,
    high: float = 0.95,
    ax: Axes | None = None,
    ink: bool = True,
) -> Axes:
    """Draw what a decoder makes of each point of `quantile_grid(n, low, high)` in the latent plane.

    The decoder is as for `decode_grid`. Ticks give z₁ and z₂ of the columns and rows they stand at.
    Source: Kingma & Welling, arXiv:1312.6114, figure 4.

    >>> from vaelib.models import Decoder
    >>> ax = plot_manifold(Decoder(), n=3)
    """
    z_values = quantile_grid(n, low, high)
    picture = decode_grid(decoder, z_values)
    ax = ax or plt.subplots(figsize=(8, 8), layout="constrained")[1]
    show_picture(ax, picture, ink, extent=(0, n, 0, n))
    shown = np.unique(np.linspace(0, n - 1, min(n, 7)).round().astype(int))
    names = [f"{z_values[i]:.2f}".replace("-", "−").replace("−0.00", "0.00") for i in shown]
    ax.set_xticks(shown + 0.5, names)
    ax.set_yticks(shown + 0.5, names)
    ax.set(xlabel="$z_1$", ylabel="$z_2$")
    return ax


def plot_latent(z: Any, labels: Any, ax: Axes | None = None, legend_title: str = "digit") -> Axes:
    """Scatter codes over the latent plane, a colour for each class, named where it is densest.

    Codes `z` have shape (n, 2); `labels` are the digits they belong to, other integers, or names.

    >>> ax = plot_latent([[0.0, 1.0], [2.0, 3.0]], labels=[7, 7])
    """
    z = check.array("z", z, "n", 2)
    labels, names = check.labels(labels, len(z))
    palette = class_colors(len(names))
    ax = ax or plt.subplots(figsize=(8, 7.4), layout="constrained")[1]
    # In the order of the file, not digit by digit: otherwise the last digit would cover all others.
    colors = np.array(palette)[labels]
    ax.scatter(z[:, 0], z[:, 1], s=4, c=colors, alpha=0.5, linewidths=0, rasterized=True)
    for number in np.unique(labels):
        color, own = palette[number], z[labels == number]
        ax.scatter([], [], s=30, color=color, label=names[number])
        near = spatial.KDTree(own).query_ball_point(own, r=0.3 * z.std() + 1e-9, return_length=True)
        shape = "circle" if len(names[number]) < 3 else "round"
        box = {"boxstyle": f"{shape},pad=0.2", "fc": "white", "ec": color, "lw": 2}
        style: dict[str, Any] = {"ha": "center", "va": "center", "weight": "bold", "bbox": box}
        ax.annotate(names[number], own[near.argmax()], fontsize=10, **style)
    ax.set(xlabel="$z_1$", ylabel="$z_2$", aspect="equal")
    ax.legend(title=legend_title, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return ax
