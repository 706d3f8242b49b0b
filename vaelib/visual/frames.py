"""The parts of an animation's frames: a background drawn once, and painters for what moves.

Pictures are arrays of palette indices, uint8: first the greys, then a colour for each class, then
those of coloured pictures.
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
from vaelib.visual.plots import class_colors

# Levels of ink. One less than a power of two leaves room for the mark "as in the frame before".
GREYS = 31
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels
Painter = Callable[[np.ndarray, int], None]  # paints frame i on a picture


def color_palette(
    colors: str = "digits", classes: int = 10, manifolds: np.ndarray | None = None
) -> np.ndarray:
    """White to black in GREYS steps, then a colour for each class: uint8, shape (colours, 3).

    If `manifolds` are coloured, as many of their colours follow as a GIF has room for.
    """
    greys = np.linspace(255, 0, GREYS).round()[:, None].repeat(3, axis=1)
    of_classes = np.array(class_colors(classes)).reshape(-1, 3)
    if colors != "digits":
        of_classes = matplotlib.colormaps.get_cmap(colors)(np.linspace(0, 1, classes))[:, :3]
    palette = np.concatenate([greys, (255 * of_classes).round()]).astype("uint8")
    if manifolds is None or manifolds.ndim == 3:
        return palette
    some = manifolds[:: -(-len(manifolds) // 20)]  # early frames and late ones
    column = Image.fromarray(some.reshape(-1, *some.shape[2:]))
    own = column.quantize(255 - len(palette)).getpalette()
    return np.concatenate([palette, np.array(own, "uint8").reshape(-1, 3)])


def as_image(palette: np.ndarray) -> Image.Image:
    """What Pillow takes a palette from."""
    image = Image.new("P", (1, 1))
    image.putpalette(palette.tobytes())
    return image


def draw_latent_axes(
    ax: Axes, limit: float, palette: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> None:
    """What stands still: axes up to ±limit, circles around 50 and 95 % of the prior, a legend."""
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit))
    for radius in np.sqrt(-2 * np.log([0.5, 0.05])):
        ax.add_patch(matplotlib.patches.Circle((0, 0), radius, fill=False, ec="k", ls="--", lw=1.4))
    present = np.unique(labels)
    letters = sum(len(names[number]) + 3 for number in present)  # in one row, as large as fits
    size = min(17, 680 / max(letters, 1))
    for number in present:
        color = palette[GREYS + number] / 255
        ax.plot([], [], "o", ms=size * 10 / 17, color=color, label=names[number])
    style = {"frameon": False, "handletextpad": 0, "columnspacing": 0.3, "fontsize": size}
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=max(len(present), 1), **style)


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
        wide = max(len(label.get_text()) for label in ax.get_yticklabels()) if draw else 0
        ax.tick_params(labelsize=15 if wide < 4 else 10)
        ax.set_xlabel("$z_1$", fontsize=17)
        ax.set_ylabel("$z_2$", fontsize=17)
        if wide > 3:
            ax.yaxis.set_label_coords(-0.07, 0.5)
        left, bottom, right, top = (round(edge) for edge in ax.get_window_extent().extents)
        boxes.append((left + 1, size - top + 1, right - 1, size - bottom - 1))
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    colors = as_image(palette)
    return np.array(picture.quantize(palette=colors, dither=Image.Dither.NONE)), boxes


def manifold_painter(
    recording: Recording, box: Box, palette: np.ndarray, ink: bool = True
) -> Painter:
    """Paints the map. A grey pixel keeps its level until it is one off: a quarter of the file less.

    Coloured maps take the nearest colours of `palette`; with `ink=False` a grey 255 is white.

    >>> run = Recording.from_frames([(0, np.full((9, 9), 255, "uint8"), *np.zeros((2, 4, 2)))])
    >>> canvas = np.zeros((1, 5), "uint8")
    >>> manifold_painter(run, (1, 0, 4, 1), color_palette())(canvas, 0)
    >>> print(canvas)
    [[ 0 30 30 30  0]]
    """
    left, top, right, bottom = box
    shown, colors = np.full((bottom - top, right - left), -1.0), as_image(palette)

    def paint(canvas: np.ndarray, i: int) -> None:
        picture = Image.fromarray(recording.manifolds[i])
        scaled = picture.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        if recording.manifolds.ndim == 4:
            flat = scaled.quantize(palette=colors, dither=Image.Dither.NONE)
            canvas[top:bottom, left:right] = np.asarray(flat)
            return
        level = np.asarray(scaled) / 255 * (GREYS - 1)
        level = level if ink else GREYS - 1 - level
        shown[:] = np.where(np.abs(level - shown) < 1, shown, level.round())
        canvas[top:bottom, left:right] = shown

    return paint


def latent_painter(recording: Recording, labels: np.ndarray, box: Box, limit: float) -> Painter:
    """Paints every mean code inside the box as a small disc in its class's colour."""
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
