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


def link(text: str, known: set[str], everywhere: set[str]) -> str:
    r"""A markdown cell's text with a target at each numbered formula, and links in the prose.

    `known` are the numbers that the page uses as they are; after "02." any is known.

    >>> print(link("By (2), (02.4):\n\n$$a = b \\tag{3}$$", {"2", "3"}, {"2", "3", "4"}))
    By [(2)](#formula-2), [(02.4)](#formula-4):
    <BLANKLINE>
    (formula-3)=
    $$a = b \tag{3}$$
    """

    def refer(found: re.Match[str]) -> str:
        linked = found[2] in (everywhere if found[1] else known)
        return f"[{found[0]}](#formula-{found[2]})" if linked else found[0]

    pieces = ELSEWHERE.split(text)
    pieces[::2] = [re.sub(r"\((02\.)?(\w+)\)", refer, piece) for piece in pieces[::2]]
    return FORMULA.sub(r"\1(formula-\2)=\n\g<0>", "".join(pieces))
