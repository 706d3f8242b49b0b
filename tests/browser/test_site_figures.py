"""Figures and code on the site: shape, words, and their look on a dark page."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from serving import served

ROOT = Path(__file__).parents[2]
CHAPTERS = [path.stem for path in sorted(ROOT.glob("notebooks/[0-9]*.py"))]

pytestmark = pytest.mark.slow

each_chapter = pytest.mark.parametrize("name", CHAPTERS)


@pytest.fixture(scope="module")
def address(site):
    with served(site) as found:
        yield found


# Without the pictures that a page to play with has replaced.
SHAPES = """() => Promise.all([...document.querySelectorAll(
    '.cell_output img:not([data-vae-explorer] *, [data-q-in-the-hand] *)')].map(image => {
    image.closest('details')?.setAttribute('open', '');
    image.loading = 'eager';
    return image.decode().then(() => [image.alt || image.src.slice(-40),
        image.clientWidth, image.clientHeight, image.naturalWidth, image.naturalHeight]);
}))"""


@each_chapter
def test_no_figure_is_squeezed(address, open_page, name):
    page = open_page(f"{address}/notebooks/{name}.html")
    for width in (375, 800, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        shapes = page.evaluate(SHAPES)
        assert shapes
        for text, wide, high, own_width, own_height in shapes:
            assert wide > 100, text
            # Drawn in whole pixels: one more or less is no other shape.
            assert abs(high - wide * own_height / own_width) <= 1.5, (text, width, wide, high)


@each_chapter
def test_every_figure_has_words_and_a_number(address, open_page, name):
    page = open_page(f"{address}/notebooks/{name}.html")
    texts = page.eval_on_selector_all(".cell_output img", "all => all.map(image => image.alt)")
    assert [text for text in texts if len(text) < 8 or ".png" in text or "_images" in text] == []
    # The explorer has captions of its own.
    captions = page.locator("figcaption:not([data-vae-explorer] *)").all_text_contents()
    chapter = name.split("_")[0].lstrip("0")
    assert [text.strip().split(". ")[0] for text in captions] == [
        f"Figure {chapter}.{1 + i}" for i in range(len(captions))
    ]
    assert len(captions) >= len(texts)


def colours(image):
    """The share of white pixels, and the mean of all."""
    pixels = np.asarray(Image.open(io.BytesIO(image)).convert("L"), float)
    return (pixels > 250).mean(), pixels.mean()


@pytest.mark.parametrize(
    ("name", "selector"),
    [("01_mapping_distributions", "figure img"), ("05_making_gifs", "img[alt^='Dots']")],
)
def test_pictures_are_as_readable_on_a_dark_page(address, open_page, name, selector):
    page = open_page(f"{address}/notebooks/{name}.html", color_scheme="dark")
    picture = page.locator(selector).first
    picture.scroll_into_view_if_needed()
    white, _ = colours(picture.screenshot())
    assert white > 0.4


@pytest.mark.parametrize(
    ("name", "host"),
    [("03_vae_in_keras", "data-vae-explorer"), ("02a_deriving_the_elbo", "data-q-in-the-hand")],
)
def test_pages_to_play_with_are_dark_on_a_dark_page(address, open_page, name, host):
    page = open_page(f"{address}/notebooks/{name}.html", color_scheme="dark")
    place = page.locator(f'[{host}][data-ready="yes"]')
    place.wait_for(state="attached")
    colour = place.evaluate("e => getComputedStyle(e).color")
    assert min(int(part) for part in re.findall(r"\d+", colour)[:3]) > 150
    ground = """e => { for (; e; e = e.parentElement) {
        const c = getComputedStyle(e).backgroundColor; if (!c.endsWith(', 0)')) return c; } }"""
    assert max(int(part) for part in re.findall(r"\d+", place.evaluate(ground))[:3]) < 80


@each_chapter
def test_code_needs_no_sideways_scroll_on_a_desk(address, open_page, name):
    page = open_page(f"{address}/notebooks/{name}.html")
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    cut = """[...document.querySelectorAll('.cell_input pre')]
        .filter(code => code.scrollWidth > code.clientWidth).map(code => code.innerText)"""
    for width in (1280, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(cut) == []
