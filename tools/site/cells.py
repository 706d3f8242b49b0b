"""What the site does to a notebook's cells: it folds some, and gives figures a number and words.

All of it is read from the cells themselves, so that a new cell needs no word about the site.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any

FIGURES = (
    "data:image/gif;base64",
    "data:image/png;base64",
    "data-vae-explorer",
    "data-q-in-the-hand",
)
SHORT = 6  # lines of a plotting cell that stay open
BAR = {"solution": "solution", "check": "check", "plot": "code"}

# What `folded` in course/display.py makes.
FOLDED = re.compile(r'(?s)<details class="result"><summary>.*?</summary>(.*)</details>')


def parsed(source: str) -> list[ast.stmt]:
    """The statements of a cell; none if it has magics."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def is_check(statement: ast.stmt) -> bool:
    """`assert …`, a call like `np.testing.assert_allclose(…)`, or a block of these only."""
    if isinstance(statement, ast.With | ast.For):
        return all(map(is_check, statement.body))
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return ast.unparse(statement.value.func).rpartition(".")[2].startswith("assert_")
    return isinstance(statement, ast.Assert)


def kind(cell: Any) -> str | None:
    """Why a cell is folded: "solution", "check", "plot"; None if it is open."""
    if "solution" in cell.metadata.get("tags", []):
        return "solution"
    statements = parsed(cell.source)
    folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)  # in JupyterLab, too
    if folded or (statements and all(map(is_check, statements))):
        return "check"
    if not any("image/png" in output.get("data", {}) for output in cell.outputs):
        return None
    # A cell that defines or trains something is part of the story, whatever it draws.
    story = (ast.FunctionDef, ast.ClassDef)
    trains = re.search(r"\.fit\(", cell.source)
    if trains or any(isinstance(statement, story) for statement in statements):
        return None
    return "plot" if len(cell.source.splitlines()) > SHORT else None


def fold(cell: Any) -> None:
    """Fold a solution with its outputs, a check, and the code of a plot."""
    why = kind(cell)
    for output in cell.outputs:  # the whole solution is folded: no fold within it
        page = "".join(output.get("data", {}).get("text/html", ""))
        if found := FOLDED.fullmatch(page):
            output.data["text/html"] = f"<div>{found[1]}</div>"
    tags = {*cell.metadata.get("tags", [])} - {"hide-input", "hide-cell"}
    if why:
        tags.add("hide-input" if why == "plot" else "hide-cell")
        words = {f"code_prompt_{verb}": f"{verb.title()} {BAR[why]}" for verb in ("show", "hide")}
        cell.metadata.setdefault("mystnb", {}).update(words)
    cell.metadata["tags"] = sorted(tags)


def shown(cell: Any) -> list[Any]:
    """What a cell displays, apart from printed text."""
    return [output for output in cell.outputs if "data" in output]


def is_figure(output: Any) -> bool:
    """A picture, an animation, or a page to play with."""
    page = "".join(output.data.get("text/html", ""))
    return "image/png" in output.data or any(mark in page for mark in FIGURES)


def strings(node: ast.AST) -> list[str]:
    """The texts in an expression, in order; a number that is put in when it runs is left out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        whole = all(isinstance(part, ast.Constant) for part in node.values)
        return ["".join(part.value for part in node.values)] if whole else []  # type: ignore
    if isinstance(node, ast.List | ast.Tuple):
        return [text for part in node.elts for text in strings(part)]
    return []


CALLS = {"set_title": "title", "suptitle": "title", "set_xlabel": "x", "set_ylabel": "y"}
ARGUMENTS = {"title": "title", "xlabel": "x", "ylabel": "y", "label": "label", "labels": "label"}


def words(source: str) -> dict[str, list[str]]:
    """What a plotting cell writes into its figure: titles, axes, labels."""
    found: dict[str, list[str]] = {"title": [], "x": [], "y": [], "label": []}
    for node in [part for statement in parsed(source) for part in ast.walk(statement)]:
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in CALLS and node.args:
                found[CALLS[name]] += strings(node.args[0])
            for given in node.keywords:
                found[ARGUMENTS.get(given.arg or "", "label")] += (
                    strings(given.value) if given.arg in ARGUMENTS else []
                )
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("titles", "labels"):
            found["title" if "titles" in ast.unparse(node.targets[0]) else "label"] += strings(
                node.value
            )
    return {
        key: list(dict.fromkeys(" ".join(text.split()) for text in texts))
        for key, texts in found.items()
    }


def described(cell: Any, heading: str) -> tuple[str, str]:
    """Caption and alternative text of a figure.

    A cell's own `alt` comes first, then the words on an animation, then what is written into the
    figure, then the heading above it.
    """
    own = cell.metadata.get("alt") or next(
        iter(re.findall(r'^alt = "(.+)"$', cell.source, re.MULTILINE)), None
    )
    page = "".join(text for output in shown(cell) for text in output.data.get("text/html", ""))
    own = own or next(iter(re.findall(r'src="data:image/gif[^>]* alt="([^"]+)"', page)), None)
    if own:
        return own.rstrip(".?!"), own
    found = words(cell.source)
    heads = [head for head in found["title"] if says_something(head)]
    if not found["title"] and found["x"] and found["y"]:
        heads = [f"{found['y'][0]} against {found['x'][0]}"]
    caption = f"{heading}: {'; '.join(heads)}" if heads else heading
    names = {"title": "titles", "x": "x axis", "y": "y axis", "label": "labels"}
    parts = [f"{names[key]}: {', '.join(texts)}" for key, texts in found.items() if texts]
    return caption.rstrip(".?!"), "; ".join([heading, *parts]).replace("$", "")


def says_something(title: str) -> bool:
    """Whether a title has at least two words, formulas left out."""
    return len(re.findall(r"[^\W\d]{2,}", re.sub(r"\$[^$]*\$", "", title))) >= 2


def number(name: str) -> str:
    """ "2a" for "02a_deriving_the_elbo"."""
    return name.partition("_")[0].lstrip("0")


def with_headings(cells: list[Any]) -> Iterator[tuple[Any, str]]:
    """Each code cell with the heading that it stands under."""
    heading = ""
    for cell in cells:
        if cell.cell_type == "markdown":
            found = re.findall(r"^#+ (.+)$", cell.source, re.MULTILINE)
            heading = found[-1] if found else heading
        elif cell.cell_type == "code":
            yield cell, heading


def prepare(cells: list[Any], name: str) -> None:
    """Fold, and number and describe the figures, of one chapter."""
    count = 0
    for cell, heading in with_headings(cells):
        fold(cell)
        if len(shown(cell)) == 1 and is_figure(shown(cell)[0]):
            count += 1
            caption, alt = described(cell, heading)
            figure = {"caption": f"**Figure {number(name)}.{count}.** {caption}."}
            options = cell.metadata.setdefault("mystnb", {})
            options |= {"figure": figure, "image": {"alt": alt}}
