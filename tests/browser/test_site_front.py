"""The front page: what is seen first, what can be done at once, and how much is fetched for it."""

import re
from pathlib import Path

import pytest
from serving import served

ROOT = Path(__file__).parents[2]
CHAPTERS = [path.stem for path in sorted(ROOT.glob("notebooks/[0-9]*.py"))]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(site):
    with served(site) as found:
        yield found


def bottom(element):
    box = element.bounding_box()
    return box["y"] + box["height"]


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (375, 812), (1440, 900)])
def test_title_sentence_start_and_explorer_are_seen_at_once(address, open_page, width, height):
    page = open_page(address, width, height)
    page.wait_for_selector('[data-vae-explorer][data-ready="yes"]', state="attached")
    (heading,) = page.locator("h1").all()
    for element in (heading, page.locator(".lead"), page.get_by_role("link", name="Start")):
        assert bottom(element) < height
    # On a phone the large digit comes before the map.
    alive = page.locator(".digit" if width < 600 else ".plane").first.bounding_box()
    assert height - alive["y"] > 0.5 * alive["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_map_answers(address, open_page):
    page = open_page(address, 1280, 720)
    page.wait_for_selector('[data-vae-explorer][data-ready="yes"]', state="attached")
    plane = page.locator(".plane").first
    plane.hover(position={"x": 60, "y": 60})
    one = page.locator(".z").first.inner_text()
    plane.hover(position={"x": 200, "y": 160})
    assert page.locator(".z").first.inner_text() != one


def test_start_opens_the_first_chapter_and_run_the_commands(address, open_page):
    page = open_page(address, 1280, 720)
    page.locator(".actions").get_by_role("link", name="Run it yourself").click()
    assert page.locator("pre", has_text="make lab").is_visible()
    page.get_by_role("link", name="Start").click()
    page.wait_for_url(f"**/{CHAPTERS[0]}.html")


def test_a_card_for_each_chapter(address, open_page):
    page = open_page(address, 1280, 720)
    page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
    cards = page.locator("a.card")
    assert cards.evaluate_all("all => all.map(a => a.getAttribute('href'))") == [
        f"notebooks/{name}.html" for name in CHAPTERS
    ]
    for card in cards.all():
        assert re.fullmatch(r"\d\d minutes", card.locator(".minutes").inner_text())
        assert len(card.locator(".does").inner_text()) > 40
        decoded = "image => image.decode().then(() => image.naturalWidth)"
        assert card.locator("img").evaluate(decoded) >= 400


def test_the_first_view_is_small(site, address, open_page):
    page = open_page(address, 1280, 720)
    page.wait_for_load_state("networkidle")
    paths = {url.removeprefix(address).lstrip("/") or "index.html" for url in open_page.requests}
    paths = {path for path in paths if not path.startswith("data:") and "blob:" not in path}
    assert sum((site / path).stat().st_size for path in paths) <= 1_500_000


def test_it_works_as_files_and_under_any_prefix(site, tmp_path, open_page):
    (tmp_path / "some").mkdir()
    (tmp_path / "some/place").symlink_to(site)
    with served(tmp_path) as address:
        starts = [f"{address}/some/place/", f"file://{site}/index.html"]
        for start in starts:
            page = open_page(start, 1280, 720)
            page.wait_for_selector('[data-vae-explorer][data-ready="yes"]', state="attached")
            page.get_by_role("link", name="Start").click()
            page.wait_for_selector("mjx-container", state="attached")
            page.locator(".navbar-brand").first.click()
            page.get_by_role("link", name="Search").click()
            page.locator("main input[type=search]").fill("posterior")
            page.keyboard.press("Enter")
            page.wait_for_selector("#search-results li", timeout=20_000)
            page.locator("#search-results a").first.click()
            page.wait_for_selector("h1")
    places = tuple(start.removesuffix("index.html") for start in starts)
    asked = [url for url in open_page.requests if not url.startswith(("data:", "blob:"))]
    assert [url for url in asked if not url.startswith(places)] == []
