"""Animations of a recorded training run: the digit map and the codes from epoch to epoch, as GIFs.

Axes, ticks and legend are the same in all frames, so Matplotlib draws them once. What moves is painted over them as
numbers: every frame is an array of palette indices, all share one palette, and nothing flickers. Only what changed
from one frame to the next is stored. Pillow writes; neither ImageMagick nor ffmpeg is needed.
"""

import base64
import html
import os
from pathlib import Path
from typing import Any

import numpy as np
from IPython.display import HTML
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from vaelib.checks import as_numbers, as_real
from vaelib.files import whole_file
from vaelib.painting import (
    GREYS,
    Painter,
    background,
    code_axes,
    code_painter,
    greys,
    map_axes,
    map_painter,
    with_digits,
)
from vaelib.recording import Recording


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
        TypeError: if it is no recording, or an argument no number.
    """
    _require_recording(recording)
    palette = greys()
    still, boxes = background([map_axes(recording)], size, palette)
    return _write(path, still, [map_painter(recording, boxes[0])], recording, palette, frame_ms, hold_ms, verbose)


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
        ValueError: if codes are not two-dimensional and finite, labels do not fit, or an argument is out of range.
        TypeError: if it is no recording, or an argument no number.
    """
    limit = _limit(recording, limit)
    labels, palette = _labels(recording, labels), with_digits(colors)
    still, boxes = background([code_axes(limit, palette, labels)], size, palette)
    painters = [code_painter(recording, labels, boxes[0], limit)]
    return _write(path, still, painters, recording, palette, frame_ms, hold_ms, verbose)


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
    labels, palette = _labels(recording, labels), with_digits(colors)
    still, boxes = background([code_axes(limit, palette, labels), map_axes(recording)], size, palette)
    painters = [code_painter(recording, labels, boxes[0], limit), map_painter(recording, boxes[1])]
    return _write(path, still, painters, recording, palette, frame_ms, hold_ms, verbose)


def show_gif(path: str | os.PathLike[str], alt: str) -> HTML:
    """A GIF inside the page, for the last line of a notebook cell: the notebook then holds all of it, a third larger.

    Args:
        path: the file.
        alt: what it shows, in words, for those who cannot see it.

    Raises:
        ValueError: if the file is no GIF.
    """
    content = Path(path).read_bytes()
    if not content.startswith(b"GIF8"):
        raise ValueError(f"path must name a GIF, got {str(path)!r}")
    return HTML(f'<img src="data:image/gif;base64,{base64.b64encode(content).decode()}" alt="{html.escape(alt)}">')


def _require_recording(recording: Any) -> None:
    if not isinstance(recording, Recording):
        raise TypeError(f"recording must be a Recording, got {type(recording).__name__}")


def _labels(recording: Recording, labels: Any) -> np.ndarray:
    labels, n = np.asarray(labels), recording.z_mean.shape[1]
    if labels.shape != (n,) or labels.dtype.kind not in "iu" or not np.isin(labels, np.arange(10)).all():
        raise ValueError(f"labels must be {n} integers from 0 to 9, got {labels.dtype} {labels.shape}")
    return labels


def _limit(recording: Recording, limit: float | None) -> float:
    """Half the width of the plane of codes, once it is clear that it is a plane."""
    _require_recording(recording)
    if recording.z_mean.shape[-1] != 2 or not recording.z_mean.size:
        raise ValueError(f"codes must have shape (frames, pictures, 2), got {recording.z_mean.shape}")
    as_numbers("codes", recording.z_mean)
    if limit is None:
        return max(5.0, float(np.ceil(np.abs(recording.z_mean).max())))
    if not as_real("limit", limit) > 0:
        raise ValueError(f"limit must be positive, got {limit}")
    return float(limit)


def _write(
    path: str | os.PathLike[str],
    still: np.ndarray,
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
        if as_real(name, value) < 20 or value % 10:
            raise ValueError(f"{name} must be at least 20 and a multiple of 10 milliseconds, got {value}")
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size=max(10, len(still) // 32))
    frames = []
    for i, epoch in enumerate(recording.epochs):
        canvas = still.copy()
        for paint in painters:
            paint(canvas, i)
        frame = Image.fromarray(canvas, mode="P")
        frame.putpalette(palette.tobytes() + bytes(3))  # one more colour: transparent
        middle = (frame.width // 2, round(0.035 * frame.height))
        ImageDraw.Draw(frame).text(middle, f"Epoch: {epoch}", fill=GREYS - 1, font=font, anchor="mm")
        frames.append(frame)
        if verbose:
            print(f"\r{path.name}: frame {i + 1} of {len(recording)}", end="", flush=True)
    if verbose:
        print()
    durations = [frame_ms] * (len(frames) - 1) + [hold_ms]
    # With a transparent colour and `optimize`, Pillow makes transparent what is as in the frame before.
    options: dict[str, Any] = {"transparency": len(palette), "optimize": True, "disposal": 1, "loop": 0}
    with whole_file(path, ".gif") as file:
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=durations, **options)
    return path
