"""The site as read on a desk and on a phone: nothing asked of other machines, no error said."""

from pathlib import Path

import pytest
from serving import served

ROOT = Path(__file__).parents[2]
CHAPTERS = [f"notebooks/{path.stem}" for path in sorted(ROOT.glob("notebooks/[0-9]*.py"))]
OTHERS = ["index", f"code/{Path(CHAPTERS[0]).name}", "benchmarks/results/bench", "search"]

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


def test_a_solution_is_folded_and_opens(address, open_page):
    page = open_page(f"{address}/notebooks/02a_deriving_the_elbo.html")
    folded = page.locator("details", has_text="kl_to_prior_solution").first
    assert not folded.locator("pre").first.is_visible()
    folded.locator("summary").click()
    assert folded.locator("pre").first.is_visible()


def test_search_finds(address, open_page):
    page = open_page(f"{address}/search.html?q=amortisation")
    page.wait_for_selector("#search-results li", timeout=20_000)
    assert "How good is it" in page.locator("#search-results").inner_text()


def test_a_dark_system_gets_a_dark_page(address, open_page):
    page = open_page(f"{address}/index.html", color_scheme="dark")
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])
    assert red + green + blue < 200
