"""Show in a notebook the very code that the course runs and tests, so that it is not typed twice."""

import ast
import inspect
import textwrap
from typing import Any

from IPython.display import Markdown


def source_of(thing: Any) -> str:
    """The source of a function, method or class without its docstrings, which are for `help(thing)`.

    Args:
        thing: anything that `inspect.getsource` knows the source of.

    Returns:
        Python code, indented from the left margin.

    Raises:
        TypeError: if `thing` has no Python source, as a number or a built-in function has not.
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
            comments = [i for i in range(node.body[0].end_lineno or 0, end) if lines[i].strip().startswith("#")]
            for i in range(node.body[0].lineno - 1, comments[0] if comments else end):
                lines[i] = "\0"
    return "\n".join(line for line in lines if line != "\0")


def show_source(*things: Any) -> Markdown:
    """`source_of` each thing as one highlighted block, for the last line of a notebook cell."""
    code = "\n\n\n".join(source_of(thing) for thing in things)
    return Markdown(f"```python\n{code}\n```")
