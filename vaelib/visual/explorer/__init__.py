"""A page to move over the latent plane with: the digit under the pointer is drawn at once.

Everything is in the HTML: it works in JupyterLab, on a web page and in a file, without a network.
"""

import hashlib
import io
import json
import math
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_hex
from PIL import Image
from scipy import interpolate

from vaelib import _validation as check
from vaelib._files import PathLike, atomic_path, check_suffix
from vaelib.latent import decode_grid
from vaelib.visual.plots import DIGIT_COLORS, class_colors

MAX_BYTES, MAX_BYTES_OF_SEVERAL = 600_000, 1_500_000  # with one map, or one for each label


@dataclass(frozen=True)
class Explorer:
    """An interactive page for one decoder. At the end of a notebook cell it shows itself.

    `html` is its content, to stand inside another page; `sheets` has, by label, the decoder's
    pictures at the nodes, uint8, (n, n, height, width) or (n, n, height, width, 3), 255 for 1, the
    largest z₂ first; see `latent_explorer`.
    """

    html: str
    sheets: dict[str, np.ndarray]
    limit: float

    @property
    def sheet(self) -> np.ndarray:
        """The only one, or the first."""
        return next(iter(self.sheets.values()))

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        n, kb = len(self.sheet), len(self.html.encode()) / 1000
        many = f"{len(self.sheets)} × " if len(self.sheets) > 1 else ""
        reach = f"from −{self.limit:g} to {self.limit:g}"
        return f"Explorer: {many}{n} × {n} pictures {reach}, {kb:.0f} kB"

    def picture(self, z: Any, label: Any = None) -> np.ndarray:
        """What the page draws at codes (..., 2): from 0 to 1, (..., height, width) or coloured.

        The bilinear blend of the four nodes around a code; outside the plane, of its edge.
        """
        sheet = self.sheet if label is None else self.sheets[str(label)]
        z = check.array("z", z)
        check.same_shape("z", z.shape[-1:], "a code", (2,))
        axis = np.linspace(-self.limit, self.limit, len(sheet))
        blend = interpolate.RegularGridInterpolator((axis, axis), sheet[::-1].astype(float))
        pictures = np.floor(blend(np.clip(z, axis[0], axis[-1])[..., ::-1]) + 0.5) / 255
        return pictures.reshape(*z.shape[:-1], *sheet.shape[2:])

    def save(self, path: PathLike, title: str = "The latent plane", back: str = "") -> Path:
        """Write it as a page of its own, ending in `.html`, whole or not at all; see `as_page`."""
        with atomic_path(check_suffix(path, ".html")) as temporary:
            temporary.write_text(as_page(self.html, title, back), encoding="utf-8")
        return Path(path)


def as_page(content: str, title: str, back: str = "") -> str:
    """A complete HTML page around an explorer; `back` is the address of the course, if any."""
    return _asset("standalone.html").format(title=escape(title), content=content, back=escape(back))


def latent_explorer(
    decoder: Callable[[Any], Any] | dict[Any, Callable[[Any], Any]],
    codes: Any = None,
    labels: Any = None,
    originals: Any = None,
    *,
    limit: float = 3.0,
    n: int | None = None,
    codes_name: str = "codes of the test set",
    ink: bool = True,
) -> Explorer:
    """A page where the decoder's picture follows the pointer, with the map of pictures behind it.

    Args:
        decoder: as for `decode_grid`; or one for each label, whose maps can be chosen, such as
            `{digit: vae.decoder.given(digit) for digit in range(10)}`.
        codes: codes to show as dots, shape (m, 2), if they are inside the plane.
        labels: the digit that each code belongs to, other integers, or names, shape (m,).
        originals: their pictures; a dot of the first 571 shows its own beside its reconstruction.
        ink: whether a grey pixel of 1 is ink, black on a light page; otherwise it is white.
        limit, n: the decoder is run beforehand at n × n nodes from −limit to limit, and the page
            blends the four nearest pictures; without n, as many nodes as fit in 600 kB, or in
            1.5 MB if there are several maps.

    >>> from vaelib.models import Decoder
    >>> latent_explorer(Decoder(), n=9).picture([0.0, 1.5]).shape
    (28, 28)
    """
    limit = check.number("limit", limit, above=0)
    decoders = decoder if isinstance(decoder, dict) else {"": decoder}
    check.integer("the number of decoders", len(decoders))
    size = _sheet(next(iter(decoders.values())), 2, limit).shape[2:]
    given = not (codes is labels is originals is None)
    dots = _dots(codes, labels, originals, limit, size) if given else {}
    names, several = [str(name) for name in decoders], len(decoders) > 1
    if several and given:
        if labels is None:
            raise ValueError("labels must be given: there are several decoders, one for each")
        dots["own"] = [names.index(name) if name in names else -1 for name in dots["names"]]
    most = MAX_BYTES_OF_SEVERAL if several else MAX_BYTES
    finest = min(61, int(96 / math.sqrt(len(decoders))))  # what may fit
    for nodes in range(finest, 8, -4) if n is None else [check.integer("n", n, least=2)]:
        if nodes * max(size[0], math.prod(size[1:])) <= 4096:  # pixels: more is refused by phones
            sheets = {str(name): _sheet(each, nodes, limit) for name, each in decoders.items()}
            content = _content(sheets, limit, dots, codes_name, ink)
            if len(content.encode()) <= most:
                return Explorer(content, sheets, limit)
    raise ValueError(f"the page would exceed {most} bytes: take fewer codes, or n below {n}")


def _dots(codes: Any, labels: Any, originals: Any, limit: float, size: Any) -> dict[str, Any]:
    """Codes and labels as text, two bytes for each coordinate, one for each label; originals."""
    codes = check.array("codes", codes, "m", 2).astype(float)
    inside = np.abs(codes).max(axis=1, initial=0) <= limit
    places = (codes[inside] * [1, -1] / limit + 1) / 2 * 65535
    text: dict[str, Any] = {"codes": b64encode(places.round().astype("<u2")).decode()}
    if labels is not None:
        numbers, names = check.labels(labels, len(codes))
        text["labels"] = b64encode(numbers[inside].astype("u1")).decode()
        text |= {"names": names, "colors": [*map(to_hex, class_colors(len(names)))]}
    if originals is not None and inside.any():  # in 16 shades, as high as WebP may be
        x = check.array("originals", check.pictures("originals", originals), len(codes), *size)
        x = check.drawable("originals", x)
        column = x[inside][: 16_000 // size[0]].reshape(-1, *size[1:])
        text["originals"] = _picture(255 - 17 * np.round(15 * column).astype("u1"))
    return text


def _sheet(decoder: Callable[[Any], Any], n: int, limit: float) -> np.ndarray:
    """The decoder's pictures at the nodes, 255 for 1."""
    whole = decode_grid(decoder, np.linspace(-limit, limit, n))
    whole = check.drawable("the decoder's output", whole)
    height, width = (side // n for side in whole.shape[:2])
    tiles = whole.reshape(n, height, n, width, *whole.shape[2:]).swapaxes(1, 2)
    return np.floor(255 * tiles.astype(float) + 0.5).astype("u1")


def _content(
    sheets: dict[str, np.ndarray], limit: float, dots: dict[str, Any], codes_name: str, ink: bool
) -> str:
    """The HTML: the sheets as pictures, and the script that makes them move."""
    sheet = next(iter(sheets.values()))
    n, _, height, width, *channels = sheet.shape
    # One map of the plane for each pixel, or each of its three colours: a third smaller than a
    # picture for each code.
    values = [each.reshape(n, n, height, -1).transpose(2, 0, 3, 1) for each in sheets.values()]
    maps = [_picture(255 - each.reshape(height * n, -1)) for each in values]
    few = sheet[:: -(-n // 15), :: -(-n // 15)].swapaxes(1, 2)
    few = few.reshape(few.shape[0] * height, few.shape[2] * width, *channels)
    image = _picture(few if channels or not ink else 255 - few, exact=False)
    config: dict[str, Any] = {"n": n, "limit": limit, "height": height, "width": width}
    config |= {"channels": 3 if channels else 1, "ink": ink and not channels}
    config |= {"colors": [*map(to_hex, DIGIT_COLORS)], "sheets": maps, "codesName": codes_name}
    config["choices"] = [*sheets] if len(sheets) > 1 else []
    config |= dots
    config["page"] = f"<style>{_asset('explorer.css')}</style>{_asset('page.html')}"
    config["id"] = hashlib.sha256((image + json.dumps(config)).encode()).hexdigest()[:12]
    data = json.dumps(config, ensure_ascii=False).replace("<", "\\u003c")  # no end of the script
    parts = {"id": config["id"], "image": image, "few": -(-n // -(-n // 15)), "data": data}
    return _asset("fragment.html").format(script=_asset("explorer.js"), **parts).rstrip("\n")


def _asset(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")


def _picture(pixels: np.ndarray, exact: bool = True) -> str:
    """A picture as a data address, in WebP: lossless, a seventh smaller than PNG here."""
    file = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(file, "WEBP", lossless=exact, quality=40, method=4)
    return "data:image/webp;base64," + b64encode(file.getvalue()).decode()
