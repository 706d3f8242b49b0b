"""Animations of a recorded training run: the digit map and the codes from epoch to epoch, as GIFs.

Axes, ticks and legend are the same in all frames, so Matplotlib draws them once. What moves is painted over them as
numbers: every frame is an array of palette indices, all frames share one palette, and nothing flickers. Only Pillow
writes; neither ImageMagick nor ffmpeg is needed.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from vaelib.plots import DIGIT_COLORS
from vaelib.recording import Recording

GREYS = 32  # levels of ink: more could not be told apart in motion, and each doubling costs a fifth of the file
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels
Painter = Callable[[np.ndarray, int], None]  # paints frame i on an array of palette indices


def manifold_gif(
    recording: Recording,
    path: str | os.PathLike[str],
    size: int = 800,
    frame_ms: int = 100,
    hold_ms: int = 2000,
    verbose: bool = True,
) -> Path:
    """The digit map over the epochs.

    Args:
        recording: at least one frame, of a run with two latent dimensions.
        path: where to write, ending in `.gif`; written whole or not at all.
        size: width and height in pixels.
        frame_ms, hold_ms: milliseconds that each frame stays, and the last one; multiples of 10, the clock of a GIF.
        verbose: print which frame is being drawn.

    Returns:
        The path.

    Raises:
        ValueError: if there are no maps in the recording, or an argument is out of range.
    """
    palette = _greys()
    background, boxes = _background([_map_axes(recording)], size, palette)
    return _write(path, background, [_map_painter(recording, boxes[0])], recording, palette, frame_ms, hold_ms, verbose)


def latent_gif(
    recording: Recording,
    labels: Any,
    path: str | os.PathLike[str],
    size: int = 800,
    limit: float | None = None,
    colors: str = "digits",
    frame_ms: int = 150,
    hold_ms: int = 2000,
    verbose: bool = True,
) -> Path:
    """The mean codes of the recorded pictures over the epochs, one colour for each digit.

    Args:
        recording: at least one frame, with two latent dimensions.
        labels: digits of the recorded pictures, integers from 0 to 9, shape (pictures,).
        limit: the axes go from −limit to limit in all frames; 5, or as far as any code lies, if left out.
        colors: "digits" for ten colours that are told apart, or any Matplotlib colour map, such as the article's
            "coolwarm".
        path, size, frame_ms, hold_ms, verbose: as for `manifold_gif`.

    Returns:
        The path.

    Raises:
        ValueError: if codes are not two-dimensional, labels do not fit, or an argument is out of range.
    """
    limit = _limit(recording, limit)
    labels, palette = _labels(recording, labels), _with_digits(colors)
    background, boxes = _background([_code_axes(limit, palette, labels)], size, palette)
    painters = [_code_painter(recording, labels, boxes[0], limit)]
    return _write(path, background, painters, recording, palette, frame_ms, hold_ms, verbose)


def latent_manifold_gif(
    recording: Recording,
    labels: Any,
    path: str | os.PathLike[str],
    size: int = 600,
    limit: float | None = None,
    colors: str = "digits",
    frame_ms: int = 150,
    hold_ms: int = 2000,
    verbose: bool = True,
) -> Path:
    """Codes on the left and digit map on the right, each `size` pixels wide; all else as for `latent_gif`."""
    limit = _limit(recording, limit)
    labels, palette = _labels(recording, labels), _with_digits(colors)
    background, boxes = _background([_code_axes(limit, palette, labels), _map_axes(recording)], size, palette)
    painters = [_code_painter(recording, labels, boxes[0], limit), _map_painter(recording, boxes[1])]
    return _write(path, background, painters, recording, palette, frame_ms, hold_ms, verbose)


def _greys() -> np.ndarray:
    """White to black, shape (GREYS, 3)."""
    return np.linspace(255, 0, GREYS).round().astype("uint8")[:, None].repeat(3, axis=1)


def _with_digits(colors: str) -> np.ndarray:
    """The greys, then a colour for each digit."""
    if colors == "digits":
        chosen = [matplotlib.colors.to_rgb(color) for color in DIGIT_COLORS]
    elif colors in matplotlib.colormaps:
        chosen = matplotlib.colormaps[colors](np.linspace(0, 1, 10))[:, :3].tolist()
    else:
        raise ValueError(f'colors must be "digits" or a Matplotlib colour map, got {colors!r}')
    return np.concatenate([_greys(), (255 * np.array(chosen)).round().astype("uint8")])


def _labels(recording: Recording, labels: Any) -> np.ndarray:
    labels, n = np.asarray(labels), recording.z_mean.shape[1]
    if labels.shape != (n,) or labels.dtype.kind not in "iu" or not np.isin(labels, np.arange(10)).all():
        raise ValueError(f"labels must be {n} integers from 0 to 9, got {labels.dtype} {labels.shape}")
    return labels


def _limit(recording: Recording, limit: float | None) -> float:
    """Half the width of the plane of codes, once it is clear that it is a plane."""
    if recording.z_mean.shape[-1] != 2 or not recording.z_mean.size:
        raise ValueError(f"codes must have shape (frames, pictures, 2), got {recording.z_mean.shape}")
    if limit is None:
        return max(5.0, float(np.ceil(np.abs(recording.z_mean).max())))
    if not 0 < limit < np.inf:
        raise ValueError(f"limit must be positive, got {limit}")
    return float(limit)


def _map_axes(recording: Recording) -> Callable[[Axes], None]:
    if not recording.manifolds.size:
        raise ValueError(f"the recording has no maps to show, manifolds have shape {recording.manifolds.shape}")

    def draw(ax: Axes) -> None:
        ax.set(xticks=[], yticks=[], xlabel="$z_1$", ylabel="$z_2$", xlim=(0, 1), ylim=(0, 1))

    return draw


def _code_axes(limit: float, palette: np.ndarray, labels: np.ndarray) -> Callable[[Axes], None]:
    def draw(ax: Axes) -> None:
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xlabel="$z_1$", ylabel="$z_2$")
        for digit in np.unique(labels):
            ax.plot([], [], "o", color=palette[GREYS + digit] / 255, label=str(digit))
        columns = {"ncols": 10, "handletextpad": 0.1, "columnspacing": 0.9}
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.09), frameon=False, fontsize=10, **columns)

    return draw


def _background(draws: list[Callable[[Axes], None]], size: int, palette: np.ndarray) -> tuple[np.ndarray, list[Box]]:
    """What stands still, as palette indices, and where each of the axes' insides is."""
    if isinstance(size, bool) or not isinstance(size, int) or not 100 <= size <= 2000:
        raise ValueError(f"size must be from 100 to 2000 pixels, got {size!r}")
    figure = Figure(figsize=(8 * len(draws), 8), dpi=size / 8, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    boxes = []
    for i, draw in enumerate(draws):
        ax = figure.add_axes(((i + 0.1) / len(draws), 0.13, 0.8 / len(draws), 0.8))
        draw(ax)
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


def _map_painter(recording: Recording, box: Box) -> Painter:
    left, top, right, bottom = box

    def paint(canvas: np.ndarray, i: int) -> None:
        scaled = Image.fromarray(recording.manifolds[i]).resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        canvas[top:bottom, left:right] = (np.asarray(scaled) / 255 * (GREYS - 1)).round().astype("uint8")

    return paint


def _code_painter(recording: Recording, labels: np.ndarray, box: Box, limit: float) -> Painter:
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


def _write(
    path: str | os.PathLike[str],
    background: np.ndarray,
    painters: list[Painter],
    recording: Recording,
    palette: np.ndarray,
    frame_ms: int,
    hold_ms: int,
    verbose: bool,
) -> Path:
    """Paint every frame, and write the file under a temporary name that becomes the real one when all is well."""
    path = Path(path)
    if path.suffix != ".gif":
        raise ValueError(f"path must end in .gif, got {str(path)!r}")
    for name, value in [("frame_ms", frame_ms), ("hold_ms", hold_ms)]:
        if value < 20 or value % 10:
            raise ValueError(f"{name} must be at least 20 and a multiple of 10 milliseconds, got {value}")
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size=max(10, len(background) // 32))
    frames = []
    for i, epoch in enumerate(recording.epochs):
        canvas = background.copy()
        for paint in painters:
            paint(canvas, i)
        frame = Image.fromarray(canvas, mode="P")
        frame.putpalette(palette.tobytes())
        middle = (frame.width // 2, round(0.035 * frame.height))
        ImageDraw.Draw(frame).text(middle, f"Epoch: {epoch}", fill=GREYS - 1, font=font, anchor="mm")
        frames.append(frame)
        if verbose:
            print(f"\r{path.name}: frame {i + 1} of {len(recording)}", end="", flush=True)
    if verbose:
        print()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".gif")
    try:
        with os.fdopen(handle, "wb") as file:
            durations = [frame_ms] * (len(frames) - 1) + [hold_ms]
            frames[0].save(
                file, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=False
            )
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
