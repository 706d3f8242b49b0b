"""Figures on the site: their shape, their words, and their look on a dark page."""

from pathlib import Path

import pytest
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
    captions = page.locator("figcaption").all_text_contents()
    chapter = name.split("_")[0].lstrip("0")
    assert [text.strip().split(". ")[0] for text in captions] == [
        f"Figure {chapter}.{1 + i}" for i in range(len(captions))
    ]
    assert len(captions) >= len(texts)
