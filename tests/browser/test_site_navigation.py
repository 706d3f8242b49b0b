"""One can leave a page and get about in it: menus, contents, search, on any screen."""

from pathlib import Path

import pytest
from serving import served

ROOT = Path(__file__).parents[2]
CHAPTERS = [path.stem for path in sorted(ROOT.glob("notebooks/[0-9]*.py"))]
SCREENS = [(375, 812), (800, 1000), (1440, 900)]

pytestmark = pytest.mark.slow

each_screen = pytest.mark.parametrize(("width", "height"), SCREENS)


@pytest.fixture(scope="module")
def address(site):
    with served(site) as found:
        yield found


@pytest.fixture
def chapter(address, open_page):
    return lambda width, height: open_page(f"{address}/notebooks/{CHAPTERS[0]}.html", width, height)


def on_screen(page, element, width):
    """Whether an element can be seen: inside the window, not only displayed."""
    page.wait_for_timeout(700)  # it slides
    box = element.bounding_box()
    return element.is_visible() and box["x"] >= 0 and box["x"] + box["width"] <= width


def visible(page, selector):
    return [element for element in page.locator(selector).all() if element.is_visible()]


@each_screen
def test_the_menu_button_opens_the_list_of_chapters_and_a_chapter(chapter, width, height):
    page = chapter(width, height)
    (button,) = visible(page, ".primary-toggle")
    link = page.locator(f'.bd-sidebar-primary a[href^="{CHAPTERS[1]}"]').first
    before = link.is_visible() and on_screen(page, link, width)
    assert before == (width >= 992)  # on a wide screen it is there, and the button takes it away
    button.click()
    page.wait_for_timeout(700)
    if before:
        assert not link.is_visible()
        button.click()
    assert on_screen(page, link, width)
    link.click()
    page.wait_for_url(f"**/{CHAPTERS[1]}.html")


@each_screen
def test_the_contents_of_a_page_can_be_opened_and_followed(chapter, width, height):
    page = chapter(width, height)
    button = visible(page, ".secondary-toggle")
    if button:
        button[0].click()
    link = page.locator("#pst-page-toc-nav a:visible, dialog a[href^='#']:visible").nth(2)
    assert on_screen(page, link, width)
    target = link.get_attribute("href")
    link.click()
    page.wait_for_timeout(700)
    top = page.evaluate(
        "id => document.getElementById(id).getBoundingClientRect().top", target.lstrip("#")
    )
    assert -20 <= top <= height / 2


@each_screen
def test_a_dark_page_can_be_asked_for_and_stays(chapter, width, height):
    page = chapter(width, height)
    (button,) = visible(page, ".theme-switch-button")
    button.click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


@each_screen
def test_there_is_one_way_to_search_and_it_finds(chapter, width, height):
    page = chapter(width, height)
    (button,) = visible(page, ".search-button, .search-button-field")
    button.click()
    (field,) = visible(page, 'input[type="search"]')
    field.fill("amortisation")
    field.press("Enter")
    page.wait_for_selector("#search-results li", timeout=20_000)
    assert len(visible(page, 'input[type="search"]')) == 1
    assert not visible(page, ".search-button, .search-button-field")


@pytest.mark.parametrize("name", [*(f"notebooks/{stem}" for stem in CHAPTERS), "search"])
@each_screen
def test_no_empty_header_and_one_heading(address, open_page, name, width, height):
    page = open_page(f"{address}/{name}.html", width, height)
    assert page.locator("h1").count() == 1
    assert not visible(page, "#pst-header")
    (heading,) = visible(page, "h1")
    assert heading.bounding_box()["y"] < 130
