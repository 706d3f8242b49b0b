"""Animations of a recorded training run, as GIFs: the digit map and the codes over the epochs.

What stands still is drawn once by Matplotlib; what moves is painted over it as palette indices, all
of one palette. With a transparent colour and `optimize`, Pillow stores only what has changed.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from vaelib import _validation as check
from vaelib._files import PathLike, atomic_path, check_suffix
from vaelib.training.recording import Recording
from vaelib.visual import frames


def manifold_gif(
    recording: Recording, path: PathLike, size: int = 800, ink: bool = True, **options: Any
) -> Path:
    """The digit map over the epochs, written to `path`, which ends in `.gif` and is returned.

    `size` is its width and height in pixels, from 100 to 2000; with `ink=False` a grey pixel of 1
    is white. Options: `frame_ms`, milliseconds that a frame stays (100); `hold_ms`, the last one
    (2000); `verbose`, to print its progress.

    >>> run = [(epoch, np.zeros((28, 28), "uint8"), *np.zeros((2, 4, 2))) for epoch in range(3)]
    >>> manifold_gif(Recording.from_frames(run), "manifold.gif", verbose=False).name
    'manifold.gif'
    """
    _check_plane(recording)
    palette = frames.color_palette(classes=0, manifolds=recording.manifolds)
    still, (box,) = frames.background([None], size, palette[: frames.GREYS])
    painters = [frames.manifold_painter(recording, box, palette, ink)]
    return _write(path, still, painters, recording, palette, **options)


def latent_gif(
    recording: Recording,
    labels: Any,
    path: PathLike,
    size: int = 800,
    limit: float | None = None,
    colors: str = "digits",
    with_manifold: bool = False,
    ink: bool = True,
    **options: Any,
) -> Path:
    """The mean codes of the recorded pictures over the epochs, one colour for each class.

    Args:
        labels: digits of the recorded pictures, other integers, or names, shape (pictures,).
        limit: the axes go from −limit to limit; left out, to hold 99 % of the codes in each
            of the later half of the frames, at least 3.
        colors: "digits", or any Matplotlib colour map, such as the article's "coolwarm".
        with_manifold: whether the map stands at the right, which doubles the width.
        path, size, ink, options: as for `manifold_gif`, but a frame stays 150 milliseconds.

    >>> run = [(epoch, np.zeros((28, 28), "uint8"), *np.zeros((2, 4, 2))) for epoch in range(3)]
    >>> latent_gif(Recording.from_frames(run), [1, 2, 3, 3], "latent.gif", verbose=False).name
    'latent.gif'
    """
    _check_plane(recording, with_manifold)
    labels, names = check.labels(labels, recording.z_mean.shape[1])
    # Of the later half: a first epoch with codes far out would leave all others a dot.
    late = np.abs(recording.z_mean[len(recording) // 2 :]).max(axis=-1)
    most = np.quantile(late, 0.99, axis=1).max()
    limit = max(3.0, np.ceil(most)) if limit is None else limit
    check.number("limit", limit, above=0)
    manifolds = recording.manifolds if with_manifold else None
    palette = frames.color_palette(colors, len(names), manifolds)
    fixed = palette[: frames.GREYS + len(names)]
    axes = partial(frames.draw_latent_axes, limit=limit, palette=palette)
    draws = [partial(axes, labels=labels, names=names), None]
    still, (box, *others) = frames.background(draws[: 1 + with_manifold], size, fixed)
    paint = [frames.latent_painter(recording, labels, box, limit)]
    paint += [frames.manifold_painter(recording, box, palette, ink) for box in others]
    return _write(path, still, paint, recording, palette, **{"frame_ms": 150} | options)


def _check_plane(recording: Recording, with_manifold: bool = True) -> None:
    check.attributes("recording", recording, "z_mean", "manifolds")
    check.array("recording's z_mean", recording.z_mean, "frames", "pictures", 2)
    if with_manifold:
        shape = ("frames", "height", "width", 3)[: max(3, np.ndim(recording.manifolds))]
        check.array("recording's manifolds", recording.manifolds, *shape)


def _write(
    path: PathLike,
    still: np.ndarray,
    painters: list[frames.Painter],
    recording: Recording,
    palette: np.ndarray,
    frame_ms: int = 100,
    hold_ms: int = 2000,
    verbose: bool = True,
) -> Path:
    """Paint every frame, and write the file whole."""
    path = check_suffix(path, ".gif")
    check.integer("frame_ms", frame_ms, 20)  # shorter ones are slowed down by browsers
    check.integer("hold_ms", hold_ms, 20)
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size=max(10, len(still) // 32))
    pictures = []
    for i, epoch in enumerate(recording.epochs):
        canvas = still.copy()
        for paint in painters:
            paint(canvas, i)
        np.copyto(canvas, still, where=still > 0)  # lines stay in sight
        frame = Image.fromarray(canvas, mode="P")
        frame.putpalette(palette.tobytes() + bytes(3))  # one more colour: transparent
        place, title = (frame.width // 2, round(0.035 * frame.height)), f"Epoch: {epoch}"
        ImageDraw.Draw(frame).text(place, title, fill=frames.GREYS - 1, font=font, anchor="mm")
        pictures.append(frame)
        if verbose:
            end = "\n" if i + 1 == len(recording) else ""
            print(f"\r{path.name}: frame {i + 1} of {len(recording)}", end=end, flush=True)
    options: dict[str, Any] = {"transparency": len(palette), "optimize": True, "disposal": 1}
    options |= {"loop": 0, "duration": [frame_ms] * (len(pictures) - 1) + [hold_ms]}
    with atomic_path(path) as temporary:
        pictures[0].save(temporary, save_all=True, append_images=pictures[1:], **options)
    return path
