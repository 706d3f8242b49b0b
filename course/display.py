"""What a notebook shows at the end of a cell: source code, GIFs, and what is folded away."""

import ast
import base64
import contextlib
import html
import inspect
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from IPython.display import HTML, Markdown, display
from IPython.utils.capture import capture_output
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont


def source_of(thing: Any) -> str:
    """The source of a function, method or class without its docstrings, which are for
    `help(thing)`.

    TypeError if `thing` has no Python source, as a number or a built-in function has none.
    """
    code = textwrap.dedent(inspect.getsource(thing))
    lines = code.splitlines()
    kinds = (ast.FunctionDef, ast.ClassDef)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, kinds) and ast.get_docstring(node) is not None and len(node.body) > 1:
            # Blank out the docstring and the empty lines that only set it apart.
            end = node.body[1].lineno - 1
            if isinstance(node.body[1], kinds) and node.body[1].decorator_list:
                end = node.body[1].decorator_list[0].lineno - 1
            comments = [
                i
                for i in range(node.body[0].end_lineno or 0, end)
                if lines[i].strip().startswith("#")
            ]
            for i in range(node.body[0].lineno - 1, comments[0] if comments else end):
                lines[i] = "\0"
    return "\n".join(line for line in lines if line != "\0")


def show_source(*things: Any) -> Markdown:
    """`source_of` each thing as one highlighted block, for the last line of a notebook cell."""
    code = "\n\n\n".join(source_of(thing) for thing in things)
    return Markdown(f"```python\n{code}\n```")


def show_gif(path: str | os.PathLike[str], alt: str) -> HTML:
    """A GIF inside the page, a third larger than the file; `alt` says what it shows, in words.

    ValueError if the file is not a GIF.
    """
    content = Path(path).read_bytes()
    if not content.startswith(b"GIF8"):
        raise ValueError(f"path must name a GIF, got {str(path)!r}")
    source = f"data:image/gif;base64,{base64.b64encode(content).decode()}"
    return HTML(f'<img src="{source}" alt="{html.escape(alt)}">')


@contextlib.contextmanager
def folded(alt: str = "") -> Iterator[None]:
    """What is printed and drawn inside appears behind a line that the reader clicks.

    Unlike JupyterLab's own folding of outputs it stays closed when all cells are run. `alt` says
    what a figure shows, in words.
    """
    with capture_output(stderr=False) as found:
        yield
    parts = [f"<pre>{html.escape(found.stdout)}</pre>"] if found.stdout else []
    for output in found.outputs:
        png = output.data["image/png"]
        code = png if isinstance(png, str) else base64.b64encode(png).decode()
        width = output.metadata.get("image/png", {}).get("width", "")
        source = f'src="data:image/png;base64,{"".join(code.split())}"'
        parts.append(f'<img {source} alt="{html.escape(alt)}" width="{width}">')
    summary = "<summary>Show what comes out</summary>"
    display(HTML(f'<details class="result">{summary}{"".join(parts)}</details>'))


def save_films(
    path: Path, films: np.ndarray, names: list[str], titles: list[str], colours: int
) -> None:
    """A GIF of films in two rows, (films, frames, height, width), from 0 to 255 where 255 is ink.
    Each has its name above it, and each frame a title above all. All frames have the same greys:
    so many `colours`, evenly spaced from black to white."""
    _, frames, height, width = films.shape
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 12)
    columns, across, down = -(-len(films) // 2), width + 8, height + 22
    greys = np.repeat(np.linspace(0, 255, colours).round().astype("uint8"), 3)  # RGB
    drawn = []
    for frame in range(frames):
        page = Image.new("L", (columns * across, 20 + 2 * down), 255)
        pen = ImageDraw.Draw(page)
        pen.text((4, 2), titles[frame], fill=0, font=font)
        for i, (film, name) in enumerate(zip(films, names, strict=True)):
            left, top = i % columns * across + 4, i // columns * down + 20
            pen.text((left + width // 2, top + 2), name, fill=0, font=font, anchor="ma")
            page.paste(Image.fromarray(255 - film[frame]), (left, top + 18))
        nearest = np.rint(np.asarray(page) / 255 * (colours - 1)).astype("uint8")
        drawn.append(Image.fromarray(nearest))
        drawn[-1].putpalette(greys.tobytes())
    times = [700] * (frames - 1) + [2500]
    drawn[0].save(path, save_all=True, append_images=drawn[1:], duration=times, loop=0)
