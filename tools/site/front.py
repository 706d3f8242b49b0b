"""The site's front page: the explorer, and a card for each chapter.

It is written without the theme, whose scripts alone are larger than all that it shows.
"""

import base64
import html
import io
import os
import re
import tomllib
from pathlib import Path
from string import Template
from typing import Any

import nbformat
from PIL import Image, ImageOps

HERE = Path(__file__).resolve().parent
CARDS = tomllib.loads((HERE / "chapters.toml").read_text(encoding="utf-8"))
SIZE = (480, 300)


def title_of(notebook: Any) -> tuple[str, str]:
    """("2a", "Deriving the ELBO"), from the notebook's first line."""
    first = notebook.cells[0].source.split("\n", 1)[0]
    number, _, title = first.removeprefix("# ").partition(" · ")
    return number, title


def minutes(notebook: Any, name: str, readme: str) -> str:
    """Minutes of reading, as the notebook says, or the README's table; or nothing."""
    found = re.search(r"about (\d+) minutes (?:for|of|to) read", notebook.cells[0].source)
    row = re.search(rf"^\|.*{name}\.ipynb.*?\| *(\d+)\b", readme, re.MULTILINE)
    both = found or row
    return both[1] if both else ""


def png(cell: Any) -> str:
    """The picture that a cell shows, as stored; or nothing."""
    found = (output.data["image/png"] for output in cell.get("outputs", []) if has_png(output))
    return next(found, "")


def has_png(output: Any) -> bool:
    """Whether an output has a picture."""
    return "image/png" in output.get("data", {})


def picture(notebook: Any, chosen: dict[str, Any]) -> bytes:
    """A small WebP of the figure that a card asks for, or of the first figure."""
    pictures = [(cell, png(cell)) for cell in notebook.cells if png(cell)]
    mark, (left, right) = chosen.get("picture", "\n"), chosen.get("part", (0, 1))
    data = next((data for cell, data in pictures if mark in cell.source), pictures[0][1])
    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    image = image.crop((round(left * image.width), 0, round(right * image.width), image.height))
    if chosen.get("fill"):
        image = ImageOps.fit(image, SIZE, Image.Resampling.LANCZOS)
    else:
        image = ImageOps.pad(image, SIZE, Image.Resampling.LANCZOS, color="white")
    file = io.BytesIO()
    image.save(file, "WEBP", quality=80, method=6)
    return file.getvalue()


def explorer(notebooks: list[Any]) -> str:
    """The explorer's HTML, from the outputs of the notebook that makes it."""
    for notebook in notebooks:
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                page = "".join(output.get("data", {}).get("text/html", ""))
                if "<div data-vae-explorer" in page:
                    return page
    raise LookupError("no notebook shows the explorer")


def card(name: str, notebook: Any, readme: str) -> str:
    """The link to a chapter: picture, title, minutes, what one can do afterwards."""
    number, title = title_of(notebook)
    time = minutes(notebook, name, readme)
    does = CARDS.get(name, {}).get("does", "")
    says = f'<span class="minutes">{time} minutes</span>' if time else ""
    return (
        f'<li><a class="card" href="notebooks/{name}.html">'
        f'<img src="front/{name}.webp" alt="" width="{SIZE[0]}" height="{SIZE[1]}" loading="lazy">'
        f'<span class="number">{number}{says}</span><strong>{html.escape(title)}</strong>'
        f'<span class="does">{html.escape(does)}</span></a></li>'
    )


def clone() -> str:
    """The first line to type, if the place where the course is published is known."""
    place = os.environ.get("GITHUB_REPOSITORY", "")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", place):
        return ""
    folder = html.escape(place.partition("/")[2])
    return f"git clone https://github.com/{html.escape(place)}\ncd {folder}\n"


def write(root: Path, notebooks: list[Path], into: Path) -> None:
    """Write `index.html`, and the pictures it shows."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    read = {path.stem: nbformat.read(path, as_version=4) for path in notebooks}
    (into / "front").mkdir()
    for name, notebook in read.items():
        (into / f"front/{name}.webp").write_bytes(picture(notebook, CARDS.get(name, {})))
    page = Template((HERE / "front.html").read_text(encoding="utf-8")).substitute(
        first=f"notebooks/{notebooks[0].stem}.html",
        style=(HERE / "front.css").read_text(encoding="utf-8"),
        explorer=explorer(list(read.values())),
        cards="\n".join(card(name, notebook, readme) for name, notebook in read.items()),
        clone=clone(),
    )
    (into / "index.html").write_text(page, encoding="utf-8")
