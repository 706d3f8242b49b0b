"""What the frames of an animation are made of: a background drawn once, and painters for what moves on it.

Pictures are arrays of palette indices, uint8 of shape (height, width): first the greys, then a colour for each digit.
"""

from collections.abc import Callable

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from vaelib.plots import DIGIT_COLORS
from vaelib.recording import Recording

# Levels of ink, from white to black: more could hardly be told apart in motion. One less than a power of two leaves
# room for the mark "as in the frame before" without a bit more for each pixel.
GREYS = 31
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels
Painter = Callable[[np.ndarray, int], None]  # paints frame i on a picture


def greys() -> np.ndarray:
    """White to black, shape (GREYS, 3)."""
    return np.linspace(255, 0, GREYS).round().astype("uint8")[:, None].repeat(3, axis=1)


def with_digits(colors: str) -> np.ndarray:
    """The greys, then a colour for each digit."""
    if colors == "digits":
        chosen = [matplotlib.colors.to_rgb(color) for color in DIGIT_COLORS]
    elif isinstance(colors, str) and colors in matplotlib.colormaps:
        chosen = matplotlib.colormaps[colors](np.linspace(0, 1, 10))[:, :3].tolist()
    else:
        raise ValueError(f'colors must be "digits" or a Matplotlib colour map, got {colors!r}')
    return np.concatenate([greys(), (255 * np.array(chosen)).round().astype("uint8")])


def map_axes(recording: Recording) -> Callable[[Axes], None]:
    """How to draw what stands still around the digit map; ValueError if the recording has none."""
    if not recording.manifolds.size:
        raise ValueError(f"the recording has no maps to show, manifolds have shape {recording.manifolds.shape}")

    def draw(ax: Axes) -> None:
        ax.set(xticks=[], yticks=[], xlabel="$z_1$", ylabel="$z_2$", xlim=(0, 1), ylim=(0, 1))

    return draw


def code_axes(limit: float, palette: np.ndarray, labels: np.ndarray) -> Callable[[Axes], None]:
    """How to draw what stands still around the codes: axes from −limit to limit, and a legend below."""

    def draw(ax: Axes) -> None:
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xlabel="$z_1$", ylabel="$z_2$")
        for digit in np.unique(labels):
            ax.plot([], [], "o", color=palette[GREYS + digit] / 255, label=str(digit))
        columns = {"ncols": 10, "handletextpad": 0.1, "columnspacing": 0.7}
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.09), frameon=False, fontsize=14, **columns)

    return draw


def background(draws: list[Callable[[Axes], None]], size: int, palette: np.ndarray) -> tuple[np.ndarray, list[Box]]:
    """What stands still, as palette indices, and where each of the axes' insides is."""
    if isinstance(size, bool) or not isinstance(size, int) or not 100 <= size <= 2000:
        raise ValueError(f"size must be from 100 to 2000 pixels, got {size!r}")
    figure = Figure(figsize=(8 * len(draws), 8), dpi=size / 8, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    boxes = []
    for i, draw in enumerate(draws):
        ax = figure.add_axes(((i + 0.1) / len(draws), 0.13, 0.8 / len(draws), 0.8))
        draw(ax)
        ax.tick_params(labelsize=12)
        ax.xaxis.label.set_fontsize(15)
        ax.yaxis.label.set_fontsize(15)
        inside = ax.get_window_extent()
        left, right = round(inside.x0) + 1, round(inside.x1) - 1
        boxes.append((left, size - round(inside.y1) + 1, right, size - round(inside.y0) - 1))
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    return np.asarray(picture.quantize(palette=_palette_image(palette), dither=Image.Dither.NONE)).copy(), boxes


def _palette_image(palette: np.ndarray) -> Image.Image:
    image = Image.new("P", (1, 1))
    image.putpalette(palette.tobytes())
    return image


def map_painter(recording: Recording, box: Box) -> Painter:
    """Paints the digit map into a box, frame by frame in order: a pixel keeps its grey until it is a whole level off.

    Nobody sees so small a change, and what stays the same costs no bytes: that halves the file.
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


def code_painter(recording: Recording, labels: np.ndarray, box: Box, limit: float) -> Painter:
    """Paints every mean code into a box as a small disc in its digit's colour; codes outside are left out."""
    left, top, right, bottom = box
    radius = max(1.0, (right - left) / 400)
    reach = np.arange(-int(radius), int(radius) + 1)
    disc = [(dx, dy) for dx in reach for dy in reach if dx**2 + dy**2 <= radius**2 + 0.5]

    def paint(canvas: np.ndarray, i: int) -> None:
        z = recording.z_mean[i]
        x = left + (z[:, 0] + limit) / (2 * limit) * (right - left)
        y = bottom - (z[:, 1] + limit) / (2 * limit) * (bottom - top)
        columns, rows = np.floor(x).astype(int), np.floor(y).astype(int)
        for dx, dy in disc:
            inside = (columns + dx >= left) & (columns + dx < right) & (rows + dy >= top) & (rows + dy < bottom)
            canvas[rows[inside] + dy, columns[inside] + dx] = GREYS + labels[inside]

    return paint
