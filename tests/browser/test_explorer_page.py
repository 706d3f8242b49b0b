"""The explorer in a browser: what its canvases show, against Python and the decoder itself."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from vaelib.visual.explorer import latent_explorer

pytestmark = pytest.mark.slow

HEIGHT, WIDTH = 28, 20  # not square, so that no side is taken for the other
rng = np.random.default_rng(3)
CODES, LABELS = rng.normal(size=(300, 2)), rng.integers(0, 10, 300)


def decoder(z):
    """Smooth pictures with a bright spot that moves with the code, wider for large z₁."""
    z = np.asarray(z, dtype=float)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    across = (x - WIDTH / 2)[None] - 2.5 * z[:, 0, None, None]
    down = (y - HEIGHT / 2)[None] + 3.5 * z[:, 1, None, None]
    return np.exp(-(across**2 / 18 + down**2 / (30 + 4 * z[:, 0, None, None])))[..., None]


@pytest.fixture(scope="module")
def explorer():
    return latent_explorer(decoder, CODES, LABELS, limit=3.0, n=41)


@pytest.fixture
def page(explorer, tmp_path, open_page):
    return ready(open_page(f"file://{explorer.save(tmp_path / 'explorer.html')}"))


@pytest.fixture
def phone(explorer, tmp_path, open_page):
    address = f"file://{explorer.save(tmp_path / 'explorer.html')}"
    return ready(open_page(address, width=375, height=667, has_touch=True, is_mobile=True))


def ready(page):
    page.wait_for_selector('[data-vae-explorer][data-ready="yes"]', state="attached")
    page.wait_for_timeout(200)  # the map is drawn when its size is known
    return page


def pixels(page, name):
    """What a canvas shows, shape (height, width, 4)."""
    script = """name => document.querySelector('[data-vae-explorer]').shadowRoot
        .querySelector(name).toDataURL('image/png')"""
    content = base64.b64decode(page.evaluate(script, name).split(",")[1])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


def drawn(page):
    """Ink on the digit's canvas, shape (height, width), and the code that the page names."""
    rgba = pixels(page, ".digit")
    assert (rgba[..., :3] == rgba[..., :1]).all()
    assert (rgba[..., 3] == 255).all()
    text = page.locator(".z").inner_text().replace("−", "-")
    z = [float(number) for number in text.split("(")[1].rstrip(")").split(",")]
    return 255 - rgba[..., 0].astype(int), z


def place(page, a, b):
    """Where on the screen the code (a, b) is, to the nearest hundredth of a pixel."""
    box = page.locator(".plane").bounding_box()
    return box["x"] + (a / 3 + 1) / 2 * box["width"], box["y"] + (1 - b / 3) / 2 * box["height"]


def code_at(page, x, y):
    box = page.locator(".plane").bounding_box()
    return 3 * (2 * (x - box["x"]) / box["width"] - 1), 3 * (1 - 2 * (y - box["y"]) / box["height"])


def test_the_digit_under_the_pointer_is_the_decoders(page, explorer):
    for aim in [(0.0, 0.0), (1.03, -2.2), (-2.61, 0.7), (2.97, 2.97), (0.4, 1.31)]:
        x, y = (round(value) for value in place(page, *aim))
        page.mouse.move(x, y)
        ink, said = drawn(page)
        z = code_at(page, x, y)
        np.testing.assert_allclose(said, z, atol=0.006)
        # The script and Python blend alike, but for the rounding of a half …
        blend, exact = explorer.picture(z), decoder(np.array([z]))[0, ..., 0]
        assert np.abs(ink - 255 * blend).max() <= 1, aim
        # … and the blend is near the decoder: but for that rounding and the bend between nodes.
        error = np.abs(ink / 255 - exact).max()
        assert error <= np.abs(blend - exact).max() + 1.5 / 255, aim
        assert error < 0.02, aim


def test_nodes_are_exact_and_the_blend_is_bilinear(explorer):
    nodes = np.linspace(-3, 3, 41)
    z = np.stack(np.meshgrid(nodes[::8], nodes[::8]), axis=-1).reshape(-1, 2)
    assert np.abs(explorer.picture(z) - decoder(z)[..., 0]).max() <= 0.5 / 255 + 1e-9
    four = np.array([explorer.picture((a, b)) for a in nodes[4:6] for b in nodes[20:22]])
    middle = explorer.picture((nodes[4:6].mean(), nodes[20:22].mean()))
    assert np.abs(middle - four.mean(axis=0)).max() <= 0.5 / 255 + 1e-9


def test_arrows_move_and_shift_moves_further(page, explorer):
    page.locator(".plane").focus()
    for key, z in [
        ("ArrowRight", (0.1, 0)),
        ("ArrowUp", (0.1, 0.1)),
        ("Shift+ArrowLeft", (-0.4, 0.1)),
    ]:
        page.keyboard.press(key)
        ink, said = drawn(page)
        np.testing.assert_allclose(said, z, atol=1e-9)
        assert np.abs(ink - 255 * explorer.picture(z)).max() <= 1
    for _ in range(9):
        page.keyboard.press("Shift+ArrowDown")
    assert drawn(page)[1] == [-0.4, -3.0]  # not beyond the edge
    assert page.evaluate("scrollY") == 0  # the page stays where it is


def test_two_clicks_play_a_path(page, explorer):
    ends = [(-1.5, 0.5), (1.5, -1.0)]
    assert page.locator(".play").is_disabled()
    for end in ends:
        page.mouse.click(*place(page, *end))
    assert page.locator(".play").inner_text() == "Stop"
    seen = []
    for _ in range(8):
        page.wait_for_timeout(350)
        seen.append(drawn(page)[1])
    seen = np.array(seen)
    assert np.ptp(seen[:, 0]) > 2  # it moves …
    share = (seen - ends[0]) / np.subtract(ends[1], ends[0])
    np.testing.assert_allclose(share[:, 0], share[:, 1], atol=0.02)  # … along the straight line
    page.locator(".play").click()
    rest = drawn(page)[1]
    page.wait_for_timeout(200)
    assert drawn(page)[1] == rest
    page.locator(".plane").focus()
    page.keyboard.press("Escape")
    assert page.locator(".play").is_disabled()
    assert not page.locator(".strip").is_visible()


def test_the_keyboard_makes_a_path_too(page):
    page.locator(".plane").focus()
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_timeout(900)
    assert page.locator(".strip").is_visible()
    assert 0 < drawn(page)[1][0] < 1.5


def test_nothing_plays_by_itself_for_whom_motion_is_too_much(explorer, tmp_path, open_page):
    address = f"file://{explorer.save(tmp_path / 'explorer.html')}"
    page = ready(open_page(address, reduced_motion="reduce"))
    for end in [(-1.5, 0.5), (1.5, -1.0)]:
        page.mouse.click(*place(page, *end))
    assert page.locator(".play").inner_text() == "Play path"
    assert page.locator(".strip").is_visible()


def test_dots_come_and_go(page):
    before = pixels(page, ".still")
    page.locator(".dots").check()
    shown = pixels(page, ".still")
    assert (before != shown).any()
    assert page.locator(".legend").is_visible()
    colors = {tuple(color) for color in shown.reshape(-1, 4)[:, :3] if np.ptp(color) > 60}
    assert len(colors) >= 8  # ten digits; one of the colours is a grey
    page.locator(".dots").uncheck()
    np.testing.assert_array_equal(pixels(page, ".still"), before)


def test_a_finger_does_it_too(explorer, tmp_path, open_page):
    address = f"file://{explorer.save(tmp_path / 'explorer.html')}"
    page = ready(open_page(address, width=390, height=844, has_touch=True, is_mobile=True))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    x, y = (round(value) for value in place(page, 1.2, 0.6))
    page.touchscreen.tap(x, y)
    ink, said = drawn(page)
    np.testing.assert_allclose(said, code_at(page, x, y), atol=0.02)
    assert np.abs(ink - 255 * explorer.picture(code_at(page, x, y))).max() <= 2


def test_a_double_click_makes_no_path(page):
    page.mouse.dblclick(*place(page, 1.0, 0.5))
    assert not page.locator(".strip").is_visible()
    assert page.locator(".play").is_disabled()
    page.mouse.move(*place(page, -1.0, -0.5))
    np.testing.assert_allclose(drawn(page)[1], (-1.0, -0.5), atol=0.02)
    page.mouse.click(*place(page, -1.0, -0.5))  # the second end of the path
    assert page.locator(".strip").is_visible()


def test_the_same_place_twice_by_keyboard_makes_no_path(page):
    page.locator(".plane").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert not page.locator(".strip").is_visible()
    assert page.locator(".play").is_disabled()


def play_a_path(page):
    for end in [(-1.5, 0.5), (1.5, -1.0)]:
        page.mouse.click(*place(page, *end))
    assert page.locator(".play").inner_text() == "Stop"
    page.wait_for_timeout(200)


def test_the_pointer_leads_while_a_path_plays_which_goes_on_when_it_leaves(page):
    play_a_path(page)
    for aim in [(0.0, 2.0), (-2.0, -2.0)]:
        page.mouse.move(*place(page, *aim))
        np.testing.assert_allclose(drawn(page)[1], aim, atol=0.02)
    page.wait_for_timeout(200)
    np.testing.assert_allclose(drawn(page)[1], aim, atol=0.02)
    page.mouse.move(2, 2)
    page.wait_for_timeout(900)
    one = drawn(page)[1]
    page.wait_for_timeout(500)
    assert drawn(page)[1] != one


def test_dragging_takes_over_from_a_path_that_plays(page):
    play_a_path(page)
    page.mouse.move(*place(page, 0.0, 2.0))
    page.mouse.down()
    page.mouse.move(*place(page, 1.0, 2.5), steps=5)
    np.testing.assert_allclose(drawn(page)[1], (1.0, 2.5), atol=0.02)
    page.mouse.up()
    page.wait_for_timeout(300)
    np.testing.assert_allclose(drawn(page)[1], (1.0, 2.5), atol=0.02)
    assert page.locator(".play").inner_text() == "Play path"  # the path is still there


def test_a_finger_clears_a_path(phone):
    for end in [(-1.5, 0.5), (1.5, -1.0)]:
        phone.touchscreen.tap(*place(phone, *end))
    assert phone.locator(".strip").is_visible()
    phone.locator(".clear").tap(timeout=2000)
    assert not phone.locator(".strip").is_visible()
    assert phone.locator(".play").is_disabled()
    one = drawn(phone)[1]
    phone.wait_for_timeout(300)
    assert drawn(phone)[1] == one


def test_two_on_one_page_and_texts_that_look_like_html(tmp_path, open_page):
    name = '</script><img src=x onerror="alert(1)">&'
    one, two = (
        latent_explorer(decoder, CODES, n=9, limit=side, codes_name=name) for side in (2.0, 3.0)
    )
    (tmp_path / "both.html").write_text(
        f"<!DOCTYPE html><meta charset='utf-8'>{one.html}{two.html}{two.html}"
    )
    page = open_page(f"file://{tmp_path / 'both.html'}")
    page.wait_for_function("document.querySelectorAll('[data-ready=yes]').length === 3")
    labels = page.locator("label").all_inner_texts()
    assert [text.strip() for text in labels] == [name] * 3
