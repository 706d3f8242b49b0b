"""The parts of an animation's frames: a background drawn once, and painters for what moves.

Pictures are arrays of palette indices, uint8: first the greys, then a colour for each digit.
"""

from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from vaelib import _validation as check
from vaelib.training.recording import Recording
from vaelib.visual.plots import DIGIT_COLORS

# Levels of ink. One less than a power of two leaves room for the mark "as in the frame before".
GREYS = 31
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels
Painter = Callable[[np.ndarray, int], None]  # paints frame i on a picture


def color_palette(colors: str = "digits") -> np.ndarray:
    """White to black in GREYS steps, then a colour for each digit: uint8, shape (GREYS + 10, 3)."""
    greys = np.linspace(255, 0, GREYS).round()[:, None].repeat(3, axis=1)
    t = np.linspace(0, 1, 10)
    digits = DIGIT_COLORS if colors == "digits" else matplotlib.colormaps.get_cmap(colors)(t)[:, :3]
    return np.concatenate([greys, (255 * np.array(digits)).round()]).astype("uint8")


def draw_latent_axes(ax: Axes, limit: float, palette: np.ndarray, labels: np.ndarray) -> None:
    """What stands still: axes up to ±limit, circles around 50 and 95 % of the prior, a legend."""
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit))
    for radius in np.sqrt(-2 * np.log([0.5, 0.05])):
        ax.add_patch(matplotlib.patches.Circle((0, 0), radius, fill=False, ec="k", ls="--", lw=1.4))
    for digit in np.unique(labels):
        ax.plot([], [], "o", ms=10, color=palette[GREYS + digit] / 255, label=str(digit))
    style = {"frameon": False, "fontsize": 17, "handletextpad": 0, "columnspacing": 0.3}
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=10, **style)


def background(
    draws: Sequence[Callable[[Axes], None] | None], size: int, palette: np.ndarray
) -> tuple[np.ndarray, list[Box]]:
    """What stands still, as palette indices, and the inside of each axes; None: without ticks."""
    check.integer("size", size, 100, 2000)
    canvas = FigureCanvasAgg(Figure(figsize=(8 * len(draws), 8), dpi=size / 8, facecolor="white"))
    boxes = []
    for i, draw in enumerate(draws):
        ax = canvas.figure.add_axes(((i + 0.1) / len(draws), 0.13, 0.8 / len(draws), 0.8))
        ax.set(xticks=[], yticks=[]) if draw is None else draw(ax)
        ax.tick_params(labelsize=15)
        ax.set_xlabel("$z_1$", fontsize=17)
        ax.set_ylabel("$z_2$", fontsize=17)
        left, bottom, right, top = (round(edge) for edge in ax.get_window_extent().extents)
        boxes.append((left + 1, size - top + 1, right - 1, size - bottom - 1))
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    colors = Image.new("P", (1, 1))
    colors.putpalette(palette.tobytes())
    return np.array(picture.quantize(palette=colors, dither=Image.Dither.NONE)), boxes


def manifold_painter(recording: Recording, box: Box) -> Painter:
    """Paints the digit map. A pixel keeps its grey until it is a level off: that halves the file.

    >>> run = Recording.from_frames([(0, np.full((9, 9), 255, "uint8"), *np.zeros((2, 4, 2)))])
    >>> canvas = np.zeros((1, 5), "uint8")
    >>> manifold_painter(run, (1, 0, 4, 1))(canvas, 0)
    >>> print(canvas)
    [[ 0 30 30 30  0]]
    """
    left, top, right, bottom = box
    shown = np.full((bottom - top, right - left), -1.0)

    def paint(canvas: np.ndarray, i: int) -> None:
        picture = Image.fromarray(recording.manifolds[i])
        scaled = picture.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        level = np.asarray(scaled) / 255 * (GREYS - 1)
        shown[:] = np.where(np.abs(level - shown) < 1, shown, level.round())
        canvas[top:bottom, left:right] = shown

    return paint


def latent_painter(recording: Recording, labels: np.ndarray, box: Box, limit: float) -> Painter:
    """Paints every mean code inside the box as a small disc in its digit's colour."""
    left, top, right, bottom = box
    radius = max(1.0, (right - left) / 400)
    reach = np.arange(-int(radius), int(radius) + 1)
    disc = [(dx, dy) for dx in reach for dy in reach if dx**2 + dy**2 <= radius**2 + 0.5]

    def paint(canvas: np.ndarray, i: int) -> None:
        z = recording.z_mean[i]
        x = left + (z[:, 0] + limit) / (2 * limit) * (right - left)
        y = bottom - (z[:, 1] + limit) / (2 * limit) * (bottom - top)
        for dx, dy in disc:
            across, down = np.floor(x).astype(int) + dx, np.floor(y).astype(int) + dy
            inside = (across >= left) & (across < right) & (down >= top) & (down < bottom)
            canvas[down[inside], across[inside]] = GREYS + labels[inside]

    return paint
