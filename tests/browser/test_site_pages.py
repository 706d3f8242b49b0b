"""The site as read on a desk and on a phone: nothing asked of other machines, no error said."""

from pathlib import Path

import jupytext
import pytest
from serving import served

ROOT = Path(__file__).parents[2]
CHAPTERS = [f"notebooks/{path.stem}" for path in sorted(ROOT.glob("notebooks/[0-9]*.py"))]
OTHERS = [
    "index",
    "contents",
    f"code/{Path(CHAPTERS[0]).name}",
    "benchmarks/results/bench",
    "docs/teaching",
    "search",
]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(site):
    with served(site) as found:
        yield found


def typeset(page):
    """Wait for MathJax, and count what it has set."""
    page.wait_for_function("window.MathJax?.startup?.promise !== undefined")
    page.evaluate("() => MathJax.startup.promise.then(() => true)")
    return page.locator("mjx-container").count()


@pytest.mark.parametrize("name", CHAPTERS + OTHERS)
def test_a_page_fits_any_screen_and_its_formulas_are_set(address, open_page, name):
    page = open_page(f"{address}/{name}.html", width=1280)
    formulas = page.locator(".math").count()
    if name in CHAPTERS:
        assert (formulas > 0) == ("$" in (ROOT / f"{name}.py").read_text(encoding="utf-8"))
    if formulas:
        assert typeset(page) == formulas
        assert page.locator("mjx-merror").count() == 0
        # A formula that is too wide would have to be scrolled to its number.
        page.set_viewport_size({"width": 1440, "height": 900})
        wide = """[...document.querySelectorAll('mjx-container[display="true"]')]
            .filter(formula => formula.scrollWidth > formula.clientWidth).length"""
        assert page.evaluate(wide) == 0
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    broken = """[...document.images].filter(image => image.loading !== 'lazy'
        && !(image.complete && image.naturalWidth)).map(image => image.src)"""
    assert page.evaluate(broken) == []


def test_the_explorer_answers_on_the_page_and_has_one_of_its_own(address, open_page):
    ready = '[data-vae-explorer][data-ready="yes"]'
    page = open_page(f"{address}/notebooks/03_vae_in_keras.html")
    page.wait_for_selector(ready, state="attached")
    plane, says = page.locator(".plane"), page.locator(".z")
    plane.scroll_into_view_if_needed()
    plane.hover(position={"x": 60, "y": 60})
    one = says.inner_text()
    plane.hover(position={"x": 160, "y": 200})
    assert says.inner_text() != one
    page.goto(f"{address}/index.html")
    page.locator('a[href="explorer.html"]').first.click()
    page.wait_for_selector(ready, state="attached")
    page.get_by_role("link", name="Back to the course").click()
    page.wait_for_url("**/index.html")


def test_the_animations_move(address, open_page):
    page = open_page(f"{address}/notebooks/05_making_gifs.html")
    image = page.locator('img[src^="data:image/gif"]').nth(1)
    image.scroll_into_view_if_needed()
    first = image.screenshot()
    for _ in range(20):
        page.wait_for_timeout(100)
        if image.screenshot() != first:
            return
    pytest.fail("the same picture for two seconds")


SOLUTIONS = {
    path.stem: sum(
        "solution" in cell.metadata.get("tags", []) for cell in jupytext.read(path).cells
    )
    for path in sorted(ROOT.glob("notebooks/[0-9]*.py"))
}


def bars(page, words):
    """The folded cells whose bar says these words, and no others."""
    return [
        cell
        for cell in page.locator("details.hide").all()
        if cell.locator("summary").inner_text().strip() == words
    ]


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_solution_is_folded_with_all_that_it_shows_and_opens(address, open_page, name):
    page = open_page(f"{address}/notebooks/{name}.html")
    solutions = bars(page, "Show solution")
    assert len(solutions) == SOLUTIONS[name]
    for cell in page.locator(".tag_solution").all():
        assert not any(part.is_visible() for part in cell.locator("pre, img, .output").all())
        assert cell.inner_text().strip() == "Show solution"
    first = solutions[0]
    first.locator("summary").click()
    assert first.locator("pre").first.is_visible()
    assert first.locator("summary").inner_text().strip() == "Hide solution"


def test_checks_and_the_code_of_plots_are_folded_and_figures_are_not(address, open_page):
    page = open_page(f"{address}/notebooks/06_how_good_is_it.html")
    open_cells = page.locator(".cell_input pre:visible").all_inner_texts()
    assert not [code for code in open_cells if code.startswith("assert ")]
    checks, plots = bars(page, "Show check"), bars(page, "Show code")
    assert checks
    assert plots
    for cell in checks + plots:
        code = cell.locator(".cell_input pre")
        assert not code.is_visible()
        cell.locator("summary").click()
        assert code.is_visible()
        assert ("plt" in code.inner_text()) == (cell in plots)
    figures = page.locator(".cell:has(details.hide) > .cell_output img")
    assert figures.count() == len(plots)
    assert all(figure.is_visible() for figure in figures.all())


def results(page):
    """What a search has found, in order."""
    page.wait_for_selector("#search-results li", timeout=20_000)
    return page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")


def test_search_finds(address, open_page):
    page = open_page(f"{address}/search.html?q=amortisation")
    results(page)
    assert "How good is it" in page.locator("#search-results").inner_text()


@pytest.mark.parametrize("word", ["posterior", "ELBO", "epochs", "MNIST"])
def test_search_lists_chapters_before_reports_and_each_once(address, open_page, word):
    found = results(open_page(f"{address}/search.html?q={word}"))
    places = [url.removeprefix(address).split("#")[0] for url in found]
    assert not [place for place in places if place.startswith("/code/")]
    in_course = [place.startswith("/notebooks/") for place in places]
    assert any(in_course)
    assert in_course == sorted(in_course, reverse=True)


def test_next_leads_through_the_course_and_no_further(address, open_page):
    page = open_page(f"{address}/{CHAPTERS[0]}.html")
    seen = [CHAPTERS[0]]
    while (link := page.locator("a.right-next")).count():
        link.click()
        page.wait_for_load_state()
        seen.append(page.url.removeprefix(f"{address}/").removesuffix(".html"))
    assert seen == CHAPTERS
    page.goto(f"{address}/benchmarks/results/bench.html")
    assert page.locator("a.right-next, a.left-prev").count() == 0


def test_the_menu_lists_the_course_first_and_leads_to_the_front_page(address, open_page):
    page = open_page(f"{address}/{CHAPTERS[0]}.html")
    links = page.locator(".bd-links a").evaluate_all("all => all.map(a => a.href)")
    listed = [url.removeprefix(f"{address}/").split(".html")[0] for url in links]
    assert listed[: 1 + len(CHAPTERS)] == ["contents", *CHAPTERS]
    page.locator(".navbar-brand").first.click()
    page.wait_for_url(f"{address}/index.html")


def test_q_can_be_moved_on_the_page(address, open_page):
    page = open_page(f"{address}/notebooks/02a_deriving_the_elbo.html")
    page.wait_for_selector('[data-q-in-the-hand][data-ready="yes"]', state="attached")
    says, slider = page.locator(".mean-says"), page.locator('input[type="range"]').first
    before = says.inner_text()
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert says.inner_text() != before


def test_a_dark_system_gets_a_dark_page(address, open_page):
    page = open_page(f"{address}/index.html", color_scheme="dark")
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])
    assert red + green + blue < 200
