r"""Formulas that a page refers to by their number become links to them, also from another page.

A formula has its number from `\tag{…}`; in the text "(12)" stands for it.
"""

import re
from typing import Any

TAG = re.compile(r"\\tag\{(\w+)\}")
FORMULA = re.compile(r"^(>? *)\$\$(?:[^$]*?)\\tag\{(\w+)\}\s*\$\$", re.MULTILINE)
# Where a number in brackets is no reference: in formulas, code, links and headings.
ELSEWHERE = re.compile(r"(\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|\[[^\]]*\]\([^)]*\)|^#.*?$)", re.S | re.M)


def numbers(cells: list[Any]) -> set[str]:
    """The numbers of a notebook's formulas."""
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    return {found for text in texts for found in TAG.findall(text)}


def link(text: str, known: set[str]) -> str:
    r"""A markdown cell's text with a target at each numbered formula, and links in the prose.

    >>> print(link("By (2):\n\n$$a = b \\tag{3}$$", {"2", "3"}))
    By [(2)](#formula-2):
    <BLANKLINE>
    (formula-3)=
    $$a = b \tag{3}$$
    """

    def refer(found: re.Match[str]) -> str:
        return f"[{found[0]}](#formula-{found[1]})" if found[1] in known else found[0]

    pieces = ELSEWHERE.split(text)
    pieces[::2] = [re.sub(r"\((\w+)\)", refer, piece) for piece in pieces[::2]]
    return FORMULA.sub(r"\1(formula-\2)=\n\g<0>", "".join(pieces))
