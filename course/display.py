"""What a notebook shows at the end of a cell: the code that is run and tested, and its GIFs."""

import ast
import base64
import html
import inspect
import os
import textwrap
from pathlib import Path
from typing import Any

from IPython.display import HTML, Markdown


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
