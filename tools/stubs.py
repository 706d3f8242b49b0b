"""Exercises: the stub that a learner fills in is made from the solution, so that the two cannot
drift.

In a notebook's `.py` an exercise to be written is three code cells: stub, check and solution. The
solution is tagged "solution" and defines a function `NAME_solution` (or a class `NAMESolution`)
with a docstring. Write the solution, and above it a cell that defines NAME in any way; `make
course` turns that into the stub: signature and docstring of the solution, and `return ...` where
the answer belongs. Of a class, `__init__` is given to the learner as it is.
"""

import ast
import re
from pathlib import Path

import jupytext
from nbformat import NotebookNode

SUFFIX = re.compile("(_s|S)olution$")
ANSWER = "return ...  # your answer"


def solutions(source: str) -> list[ast.FunctionDef | ast.ClassDef]:
    """The functions and classes of a solution cell that have a stub."""
    body = ast.parse(source).body
    return [
        node
        for node in body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and SUFFIX.search(node.name)
    ]


def _head(node: ast.FunctionDef | ast.ClassDef, lines: list[str]) -> list[str]:
    """Signature and docstring."""
    if ast.get_docstring(node) is None:
        raise ValueError(f"{node.name} must have a docstring that says what is asked for")
    return lines[node.lineno - 1 : node.body[0].end_lineno]


def stub_of(source: str) -> str:
    """What stands in the cell above: the solution without its body.

    Raises ValueError if a function, a class or a method other than `__init__` has no docstring.
    """
    lines, stubs = source.splitlines(), []
    for node in solutions(source):
        kept = _head(node, lines)
        if isinstance(node, ast.FunctionDef):
            kept.append(f"    {ANSWER}")
        else:
            for method in node.body[1:]:
                if not isinstance(method, ast.FunctionDef):
                    raise ValueError(f"{node.name} may hold methods only")
                given = method.name == "__init__"
                kept += [
                    "",
                    *(
                        lines[method.lineno - 1 : method.end_lineno]
                        if given
                        else _head(method, lines)
                    ),
                ]
                kept += [] if given else [f"        {ANSWER}"]
        stubs.append(re.sub(rf"\b{node.name}\b", SUFFIX.sub("", node.name), "\n".join(kept)))
    return "\n\n\n".join(stubs)


def pairs(notebook: NotebookNode) -> list[tuple[NotebookNode, NotebookNode]]:
    """The stub cell and the solution cell of every function exercise; ValueError if a solution has
    no stub."""
    found = []
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and "solution" in cell.metadata.get("tags", []):
            for node in solutions(cell.source):
                name = SUFFIX.sub("", node.name)
                above = [
                    other
                    for other in notebook.cells[:position]
                    if other.cell_type == "code"
                    and re.search(rf"^(def|class) {name}\b", other.source, re.MULTILINE)
                ]
                if not above:
                    raise ValueError(f"{node.name} has no stub: no cell above it defines {name}")
                found.append((above[-1], cell))
    return found


def refreshed(script: Path) -> str:
    """The text of a notebook's `.py` with every stub as its solution wants it."""
    text = script.read_text(encoding="utf-8")
    for stub, solution in pairs(jupytext.reads(text, fmt="py:percent")):
        wanted = stub_of(solution.source)
        if stub.source != wanted:
            if text.count(stub.source) != 1:
                raise ValueError(
                    f"{script.name}: the stub cannot be told from another cell:\n{stub.source}"
                )
            text = text.replace(stub.source, wanted)
    return text
