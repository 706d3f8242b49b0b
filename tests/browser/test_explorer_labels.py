"""The explorer of a conditional decoder: a map for each label, and a code with all of them."""

import numpy as np
import pytest
from test_explorer_page import HEIGHT, WIDTH, decoder, drawn, pixels, place, ready

from vaelib.visual.explorer import latent_explorer

pytestmark = pytest.mark.slow

DECODERS = {name: lambda z, i=i: decoder(z) * (1 - i / 4) for i, name in enumerate("klm")}
rng = np.random.default_rng(3)
LABELS = np.array(list("klm"))[np.arange(90) % 3]
CODES = rng.uniform(-2.5, 2.5, size=(90, 2))
ORIGINALS = rng.random((90, HEIGHT, WIDTH))


@pytest.fixture(scope="module")
def explorer():
    return latent_explorer(DECODERS, CODES, LABELS, ORIGINALS, n=21)


@pytest.fixture
def page(explorer, tmp_path, open_page):
    page = ready(open_page(f"file://{explorer.save(tmp_path / 'labels.html')}"))
    page.locator(".plane").focus()
    page.keyboard.press("Escape")
    return page


def test_the_code_is_drawn_with_every_label(page, explorer):
    page.mouse.move(*place(page, -1.2, 0.6))
    ink, z = drawn(page)
    assert np.abs(ink - 255 * explorer.picture(z, "k")).max() <= 2
    for i, name in enumerate("klm"):
        style = 255 - pixels(page, f".styles button:nth-child({i + 1}) canvas")[..., 0].astype(int)
        assert np.abs(style - 255 * explorer.picture(z, name)).max() <= 2
    assert page.locator(".styles").inner_text().split() == ["k", "l", "m"]


def test_a_label_can_be_chosen_for_the_map(page, explorer):
    before = pixels(page, ".still")
    page.locator(".styles button", has_text="m").click()
    assert (pixels(page, ".still") != before).any()
    pressed = [b.get_attribute("aria-pressed") for b in page.locator(".styles button").all()]
    assert pressed == ["false", "false", "true"]
    page.mouse.move(*place(page, 0.4, -1.0))
    ink, z = drawn(page)
    assert np.abs(ink - 255 * explorer.picture(z, "m")).max() <= 2
    assert not page.locator(".all").is_visible()  # nor is there a tour past all labels
    assert not page.locator(".tour").is_visible()
    assert page.locator(".ring").is_visible()


def test_a_dot_of_the_chosen_label_is_picked_and_its_style_shown(page, explorer):
    page.locator(".styles button", has_text="l").click()
    page.locator(".dots").check()
    own = np.flatnonzero(LABELS == "l")
    aim = CODES[own[4]] + 0.02
    page.mouse.click(*place(page, *aim))
    nearest = own[np.argmin(np.linalg.norm(CODES[own] - aim, axis=1))]
    assert page.locator(".original-says").inner_text() == "original: l"
    original = 255 - pixels(page, ".original")[..., 0].astype(int)
    assert np.abs(original - 255 * ORIGINALS[nearest]).max() <= 9  # in 16 shades
    for i, name in enumerate("klm"):
        style = 255 - pixels(page, f".styles button:nth-child({i + 1}) canvas")[..., 0].astype(int)
        assert np.abs(style - 255 * explorer.picture(CODES[nearest], name)).max() <= 2
    page.locator(".styles button", has_text="k").click()
    assert page.locator(".reconstruction-says").inner_text() == "in its style: k"
    assert page.locator(".original-says").inner_text() == "original: l"
    shown = 255 - pixels(page, ".reconstruction")[..., 0].astype(int)
    assert np.abs(shown - 255 * explorer.picture(CODES[nearest], "k")).max() <= 2
