"""Sphinx's settings for the edition to read in a browser; `tools/site/build.py` puts the sources
together."""

import re
import sys
from html import escape
from pathlib import Path
from typing import Any

from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator as HTMLTranslator

project = "Variational autoencoders, from the picture to the proof"
html_title = "Variational autoencoders"
author = ""
project_copyright = ""
language = "en"

# MathJax comes with the site, so that formulas need no network.
root_doc = "contents"  # index.html is written by front.py
extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx-mathjax-offline"]
exclude_patterns = ["downloads", "pictures"]
templates_path = ["templates"]
html_extra_path = ["extra"]
html_static_path = ["static"]
html_css_files = ["course.css"]
html_search_scorer = str(Path(__file__).parent / "static/scorer.js")
html_favicon = "static/favicon.svg"

# The committed outputs are shown; nothing is executed. Without widgets no script is fetched for
# them.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
sys.path.insert(0, str(Path(__file__).parent))
myst_heading_slug_func = "anchors.as_in_jupyterlab"

html_theme = "sphinx_book_theme"
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system
html_use_index = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "use_download_button": False,  # each chapter has its own two links
    "use_fullscreen_button": False,
    # Without these the theme adds an empty header, whose hidden buttons take the clicks of the
    # visible ones (pydata-sphinx-theme#2451).
    "navbar_start": [],
    "navbar_center": [],
    "navbar_end": [],
    "navbar_persistent": [],
    "show_toc_level": 2,
    "home_page_in_toc": True,
}


def open_bar(self: HTMLTranslator, node: HideCodeCellNode) -> None:
    """The bar of a folded cell, which says what it hides, to a screen reader as well."""
    self.body.append(f'<details class="admonition hide {" ".join(node["classes"])}"><summary>')
    for state, verb in (("collapsed", "show"), ("expanded", "hide")):
        words = escape(node[f"prompt_{verb}"])
        self.body.append(f'<p class="{state} admonition-title">{words}</p>')
    self.body.append("</summary>\n")


def close_bar(self: HTMLTranslator, node: HideCodeCellNode) -> None:
    """The end of a folded cell."""
    self.body.append("</details>\n")


def turn_pages_within_the_course(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Previous and next lead from chapter to chapter, and from the last one nowhere else."""
    for way in ("prev", "next"):
        target = (context.get(way) or {}).get("link", "")
        if not (page.startswith("notebooks/") and re.match(r"\d\d", target)):
            context[way] = None


def setup(app: Sphinx) -> None:
    """Replace what the extensions do otherwise."""
    app.connect("html-page-context", turn_pages_within_the_course)
    app.add_node(HideCodeCellNode, override=True, html=(open_bar, close_bar))
