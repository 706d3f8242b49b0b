"""A page to move over the latent plane with: the digit under the pointer is drawn at once.

Everything is in the HTML: no kernel, no network, no widget manager. It works in JupyterLab, VS Code, on a web page and
in a saved file, for any decoder with a two-dimensional latent space.
"""

import base64
import hashlib
import html
import io
import json
import numbers
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_hex
from PIL import Image

from vaelib.checks import as_count, as_numbers
from vaelib.files import whole_file
from vaelib.plots import DIGIT_COLORS, decode_grid

MAX_BYTES = 700_000
COLORS = [to_hex(color) for color in DIGIT_COLORS]
MAX_SIDE = 4096  # of the sheet, in pixels: more is refused by some phones
NODES = range(61, 8, -4)  # tried in this order until the page is small enough


@dataclass(frozen=True)
class Explorer:
    """An interactive page for one decoder. At the end of a notebook cell it shows itself.

    Attributes:
        html: the page's content, to stand inside another page.
        sheet: the decoder's pictures at the nodes, uint8 of shape (n, n, height, width), 255 is ink; the first row has
            the largest z₂.
        limit: the plane goes from −limit to limit in both directions.
    """

    html: str
    sheet: np.ndarray
    limit: float

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        n, side = len(self.sheet), self.limit
        return f"Explorer: {n} × {n} pictures from −{side:g} to {side:g}, {len(self.html.encode()) / 1000:.0f} kB"

    def picture(self, z: Any) -> np.ndarray:
        """What the page draws at a code: the bilinear blend of the four nodes around it.

        Args:
            z: codes, shape (..., 2); those outside the plane are moved to its edge.

        Returns:
            Ink from 0 to 1, shape (..., height, width), in steps of 1/255.
        """
        z, n = as_numbers("z", z).astype(float), len(self.sheet)
        if z.shape[-1:] != (2,):
            raise ValueError(f"z must be codes of two numbers, shape (..., 2), got {z.shape}")
        place = np.clip((np.stack([-z[..., 1], z[..., 0]], axis=-1) / self.limit + 1) / 2, 0, 1) * (n - 1)
        first = np.minimum(place.astype(int), n - 2)
        (down, across), (row, column) = np.moveaxis(place - first, -1, 0)[..., None, None], np.moveaxis(first, -1, 0)
        upper = self.sheet[row, column] * (1 - across) + self.sheet[row, column + 1] * across
        lower = self.sheet[row + 1, column] * (1 - across) + self.sheet[row + 1, column + 1] * across
        return np.floor(upper * (1 - down) + lower * down + 0.5) / 255

    def save(self, path: str | os.PathLike[str], title: str = "The latent plane") -> Path:
        """Write it as a page of its own, whole or not at all; ValueError if the name does not end in .html."""
        with whole_file(path, ".html") as file:
            file.write(as_page(self.html, title).encode())
        return Path(path)


def as_page(content: str, title: str) -> str:
    """A complete HTML page around the content of an explorer."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{html.escape(title)}</title>\n'
        "<style>:root { color-scheme: light dark; } body { margin: 16px auto; max-width: 880px; padding: 0 12px; "
        "font: 16px/1.5 system-ui, sans-serif; }</style>\n"
        f"</head>\n<body>\n<h1>{html.escape(title)}</h1>\n{content}\n</body>\n</html>\n"
    )


def latent_explorer(
    decoder: Callable[[Any], Any],
    codes: Any = None,
    labels: Any = None,
    *,
    limit: float = 3.0,
    n: int | None = None,
    codes_name: str = "codes of the test set",
) -> Explorer:
    """A page on which the decoder's picture follows the pointer, with the map of pictures behind it.

    The decoder is run beforehand at n × n nodes; the page blends the four nearest. `Explorer.picture` does the same in
    Python, so that the error of the blend can be measured against the decoder.

    Args:
        decoder: anything that turns codes, float32 of shape (batch, 2), into grey pictures with values from 0 to 1,
            (batch, height, width, 1).
        codes: codes to show as dots, shape (m, 2); those outside the plane are left out.
        labels: the digit that each code belongs to, whole numbers from 0 to 9, shape (m,), for the dots' colours.
        limit: the plane goes from −limit to limit in both directions.
        n: nodes in each direction, at least 2; left out, as many as fit in 700 kB.
        codes_name: what the box that shows the dots is called.

    Raises:
        ValueError: if an argument has the wrong shape or range, or the decoder does not return such pictures, or the
            page cannot be made smaller than 700 kB.
    """
    if not (isinstance(limit, numbers.Real) and 0 < limit < np.inf):
        raise ValueError(f"limit must be a positive number, got {limit!r}")
    if n is not None and as_count("n", n) < 2:
        raise ValueError(f"n must be at least 2, got {n}")
    dots = _dots(codes, labels, limit)
    side = max(_sheet(decoder, 2, limit).shape[2:])
    for nodes in NODES if n is None else [int(n)]:
        if nodes * side > MAX_SIDE:
            continue
        sheet = _sheet(decoder, nodes, limit)
        content = _content(sheet, limit, dots, codes_name)
        if len(content.encode()) <= MAX_BYTES:
            return Explorer(content, sheet, float(limit))
    raise ValueError(f"the page would be larger than {MAX_BYTES} bytes: take a smaller n, or fewer codes; n was {n}")


def _dots(codes: Any, labels: Any, limit: float) -> dict[str, str]:
    """Codes and labels as text: two bytes for each coordinate, one for each label."""
    if codes is None:
        if labels is not None:
            raise ValueError("labels without codes: give the codes that they belong to")
        return {}
    codes = np.asarray(codes, dtype=float)
    if codes.ndim != 2 or codes.shape[1] != 2:
        raise ValueError(f"codes must have two numbers each, shape (m, 2), got {codes.shape}")
    if not np.isfinite(codes).all():
        raise ValueError("codes must be finite, got NaN or infinity")
    inside = np.abs(codes).max(axis=1, initial=0) <= limit
    places = (codes[inside] * [1, -1] / limit + 1) / 2 * 65535
    text = {"codes": _base64(places.round().astype("<u2").tobytes())}
    if labels is not None:
        labels = np.asarray(labels)
        if labels.shape != codes.shape[:1] or labels.dtype.kind not in "iu":
            raise ValueError(
                f"labels must be whole numbers, one for each of {len(codes)} codes, got {labels.dtype} {labels.shape}"
            )
        if len(labels) and (labels.min() < 0 or labels.max() > 9):
            raise ValueError(f"labels must be digits from 0 to 9, got {labels.min()} to {labels.max()}")
        text["labels"] = _base64(labels[inside].astype("u1").tobytes())
    return text


def _sheet(decoder: Callable[[Any], Any], n: int, limit: float) -> np.ndarray:
    """The decoder's pictures at the nodes, 255 for ink."""
    whole = decode_grid(decoder, np.linspace(-limit, limit, n))
    if not np.isfinite(whole).all() or whole.min() < 0 or whole.max() > 1:
        raise ValueError(f"decoder must return values from 0 to 1, got {whole.min()} to {whole.max()}")
    height, width = whole.shape[0] // n, whole.shape[1] // n
    tiles = whole.reshape(n, height, n, width).swapaxes(1, 2)
    return np.floor(255 * tiles.astype(float) + 0.5).astype("u1")


def _content(sheet: np.ndarray, limit: float, dots: dict[str, str], codes_name: str) -> str:
    """The HTML: the sheet as a picture, and the script that makes it move."""
    n, _, height, width = sheet.shape
    # One map of the plane for each pixel: smoother than a picture for each code, and smaller by a third.
    maps = _picture(255 - sheet.transpose(2, 0, 3, 1).reshape(height * n, width * n))
    few = sheet[:: max(1, n // 15), :: max(1, n // 15)].swapaxes(1, 2)
    image = _picture(255 - few.reshape(len(few) * height, -1))
    config: dict[str, Any] = {
        "n": n,
        "limit": float(limit),
        "height": height,
        "width": width,
        "colors": COLORS,
        "sheet": maps,
    }
    config |= {"page": _page(limit, dots, codes_name), **dots}
    config["id"] = hashlib.sha256((image + json.dumps(config)).encode()).hexdigest()[:12]
    # "<" would let a text end the script.
    data = json.dumps(config, ensure_ascii=False).replace("<", "\\u003c")
    script = _asset("explorer.js")
    return (
        f'<div data-vae-explorer="{config["id"]}">\n'
        "<p><em>This map answers to the pointer once the cell has been run, or the notebook is trusted.</em></p>\n"
        f'<img src="{image}" alt="A map of the latent plane: what the decoder draws at {len(few)} × {len(few)} codes." '
        'style="width: 100%; max-width: 540px; image-rendering: auto;">\n</div>\n'
        f"<script>\n(function () {{\n{script}\nstartExplorer({data});\n}})();\n</script>"
    )


def _page(limit: float, dots: dict[str, str], codes_name: str) -> str:
    """What stands in the explorer: ticks at whole numbers, the legend."""
    whole = range(-int(limit), int(limit) + 1)
    names = [str(value).replace("-", "−") for value in whole]
    shares = [50 * (value / limit + 1) for value in whole]
    ticks = list(zip(shares, names, strict=True))
    return _asset("page.html").format(
        css=_asset("explorer.css"),
        across="".join(f'<span class="tick across" style="left: {at:.2f}%">{name}</span>' for at, name in ticks),
        up="".join(f'<span class="tick up" style="bottom: {at:.2f}%">{name}</span>' for at, name in ticks),
        no_codes="" if dots else " hidden",
        codes_name=html.escape(codes_name),
        legend="".join(
            f'<span><i style="background: {color}"></i>{digit}</span>' for digit, color in enumerate(COLORS)
        ),
    )


def _asset(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _picture(pixels: np.ndarray) -> str:
    """A grey picture as a data address, in lossless WebP: a seventh smaller than PNG here."""
    file = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(file, "WEBP", lossless=True, quality=75, method=4)
    return "data:image/webp;base64," + _base64(file.getvalue())
