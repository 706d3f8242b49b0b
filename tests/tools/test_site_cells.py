"""What the site folds, and how it describes figures: from cells alone."""

import importlib.util
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

PATH = Path(__file__).parents[2] / "tools/site/cells.py"


def loaded(path):
    """A module of the folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"site_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cells, equations = loaded(PATH), loaded(PATH.with_name("equations.py"))

PICTURE = new_output("display_data", {"image/png": "AAAA"})
PLOT = "\n".join(["fig, ax = plt.subplots()", *["ax.plot(x)"] * 9, "plt.show()"])


@pytest.mark.parametrize(
    ("source", "outputs", "tags", "expected"),
    [
        ("assert a < b\nassert b < c, 'why'", [], [], "check"),
        ("np.testing.assert_allclose(a, b)", [], [], "check"),
        ("with f(x) as a:\n    assert a", [], [], "check"),
        ("for a in b:\n    assert a\n    c = a", [], [], None),
        ("assert a\nb = 1", [], [], None),
        ("print(a)", [], [], None),
        ("# only words", [], [], None),
        ("%matplotlib inline", [], [], None),
        (PLOT, [PICTURE], [], "plot"),
        (PLOT, [], [], None),
        ("plot_digits(x)\nplt.show()", [PICTURE], [], None),
        (f"def f(x):\n    return x\n\n{PLOT}", [PICTURE], [], None),
        (f"model.fit(x)\n{PLOT}", [PICTURE], [], None),
        ("assert a", [], ["solution"], "solution"),
        (PLOT, [PICTURE], ["solution", "hide-input"], "solution"),
    ],
)
def test_what_is_folded_and_why(source, outputs, tags, expected):
    cell = new_code_cell(source, outputs=outputs, metadata={"tags": tags})
    assert cells.kind(cell) == expected
    cells.fold(cell)
    hidden = {"hide-cell", "hide-input"}.intersection(cell.metadata.tags)
    assert hidden == {None: set(), "plot": {"hide-input"}}.get(expected, {"hide-cell"})
    if expected:
        bar = cell.metadata.mystnb["code_prompt_show"]
        assert bar == {"plot": "Show code"}.get(expected, f"Show {expected}")


def test_a_figure_is_described_by_what_is_written_into_it():
    source = 'ax.set_title("codes of real digits")\nax.set(xlabel="$z_1$", ylabel="z")\n'
    cell = new_code_cell(source + 'ax.plot(x, label="the prior")', outputs=[PICTURE])
    assert cells.described(cell, "The plane") == (
        "The plane: codes of real digits",
        "The plane; titles: codes of real digits; x axis: z_1; y axis: z; labels: the prior",
    )
    cell.metadata["alt"] = "A ring of dots."
    assert cells.described(cell, "The plane") == ("A ring of dots", "A ring of dots.")


def test_a_title_that_is_a_formula_only_is_no_caption():
    cell = new_code_cell('ax.set_title("$x = g(z)$")', outputs=[PICTURE])
    assert cells.described(cell, "The plane")[0] == "The plane"


def test_an_animation_is_described_by_its_own_words():
    page = '<img src="data:image/gif;base64,AA" alt="Dots that move.">'
    cell = new_code_cell("f()", outputs=[new_output("execute_result", {"text/html": page})])
    assert cells.described(cell, "The plane") == ("Dots that move", "Dots that move.")


def test_figures_are_numbered_through_a_chapter():
    table = new_output("execute_result", {"text/html": "<table></table>"})
    chapter = [
        new_markdown_cell("# 2a · One\n\ntext"),
        new_code_cell("a()", outputs=[PICTURE]),
        new_code_cell("t()", outputs=[table]),
        new_markdown_cell("## Two"),
        new_code_cell("b()", outputs=[new_output("stream", text="x"), PICTURE]),
    ]
    cells.prepare(chapter, "02a_name")
    captions = [
        cell.metadata.mystnb["figure"]["caption"]
        for cell in chapter
        if cell.cell_type == "code" and "mystnb" in cell.metadata
    ]
    assert captions == ["**Figure 2a.1.** 2a · One.", "**Figure 2a.2.** Two."]
    nbformat.validate(nbformat.v4.new_notebook(cells=chapter))


def test_each_chapter_has_a_card_and_its_figure_is_found():
    cards = tomllib.loads(PATH.with_name("chapters.toml").read_text(encoding="utf-8"))
    paths = sorted(PATH.parents[2].glob("notebooks/[0-9]*.ipynb"))
    assert list(cards) == [path.stem for path in paths]
    for path in paths:
        card = cards[path.stem]
        found = [
            cell
            for cell in nbformat.read(path, as_version=4).cells
            if card["picture"] in cell.source
            and any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
        ]
        assert len(found) == 1, path.stem


def test_a_formula_is_linked_to_in_prose_only():
    text = "# On (2)\n\nBy (2) and (9), `f(2)`, $f(2)$:\n\n$$f(2) = 1 \\tag{3}$$\n\n- (3), too"
    linked = equations.link(text, {"2", "3"}, {"2", "3"})
    assert linked == (
        "# On (2)\n\nBy [(2)](#formula-2) and (9), `f(2)`, $f(2)$:\n\n"
        "(formula-3)=\n$$f(2) = 1 \\tag{3}$$\n\n- [(3)](#formula-3), too"
    )
