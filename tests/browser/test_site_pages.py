"""The site as a reader sees it, on a desk and on a phone; no request leaves this machine, no error on the console."""

import pytest
from serving import served

PAGES = ["index", "notebooks/02_deriving_the_elbo", "notebooks/03_vae_in_keras", "notebooks/06_how_good_is_it"]
OTHERS = ["notebooks/01_mapping_distributions", "notebooks/04_watching_it_learn", "notebooks/05_making_gifs"]
OTHERS += ["code/03_vae_in_keras", "benchmarks/results/bench", "search"]


@pytest.fixture(scope="module")
def address(site):
    with served(site) as found:
        yield found


def typeset(page):
    """Wait for MathJax, and count what it has set."""
    page.wait_for_function("window.MathJax?.startup?.promise !== undefined")
    page.evaluate("() => MathJax.startup.promise.then(() => true)")
    return page.locator("mjx-container").count()


@pytest.mark.parametrize("name", PAGES + OTHERS)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_fits_and_its_formulas_are_set(address, open_page, name, width):
    page = open_page(f"{address}/{name}.html", width=width)
    page.wait_for_load_state("networkidle")
    if "notebooks/" in name:
        formulas = page.locator(".math").count()
        assert formulas > 0 or "04" in name
        if formulas:
            assert typeset(page) == formulas
        assert page.locator("mjx-merror").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    broken = (
        "[...document.images].filter(i => i.loading !== 'lazy' && (!i.complete || !i.naturalWidth)).map(i => i.src)"
    )
    assert page.evaluate(broken) == []


def test_the_explorer_lives_on_the_page(address, open_page):
    page = open_page(f"{address}/notebooks/03_vae_in_keras.html")
    page.wait_for_selector('[data-vae-explorer][data-ready="yes"]', state="attached")
    plane = page.locator(".plane")
    plane.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    says = page.locator(".z")
    plane.hover(position={"x": 60, "y": 60})
    one = says.inner_text()
    plane.hover(position={"x": 160, "y": 200})
    assert says.inner_text() != one


def test_the_explorer_has_a_page_of_its_own(address, open_page):
    page = open_page(f"{address}/index.html")
    page.locator('a[href="explorer.html"]').first.click()
    page.wait_for_selector('[data-vae-explorer][data-ready="yes"]', state="attached")


def test_the_animations_move(address, open_page):
    page = open_page(f"{address}/notebooks/05_making_gifs.html")
    image = page.locator('img[src^="data:image/gif"]').nth(1)
    image.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    pictures = set()
    for _ in range(8):
        pictures.add(image.screenshot())
        page.wait_for_timeout(250)
    assert len(pictures) > 1


def test_a_solution_is_folded_and_opens(address, open_page):
    page = open_page(f"{address}/notebooks/02_deriving_the_elbo.html")
    folded = page.locator("details", has_text="kl_to_prior_solution").first
    assert not folded.locator("pre").first.is_visible()
    folded.locator("summary").click()
    assert folded.locator("pre").first.is_visible()


def test_search_finds(address, open_page):
    page = open_page(f"{address}/search.html?q=amortisation")
    page.wait_for_selector("#search-results li", timeout=20_000)
    assert "How good is it" in page.locator("#search-results").inner_text()


def test_dark_mode(address, open_page):
    page = open_page(f"{address}/index.html", color_scheme="dark")
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])
    assert red + green + blue < 200
