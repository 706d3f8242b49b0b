"""The explorer in a browser: what its canvases show, against Python and the decoder itself."""

import base64
import contextlib
import io
import socket
import time

import nbformat
import numpy as np
import pytest
from lab_server import copy_tools, running
from PIL import Image
from scipy import stats

from vaelib.visual.explorer import latent_explorer

pytestmark = pytest.mark.slow

HEIGHT, WIDTH = 28, 20  # not square, so that no side is taken for the other
rng = np.random.default_rng(3)
LABELS = np.arange(600) % 10
TURN = -2 * np.pi * (LABELS * 3 % 10) / 10  # the order clockwise is 0 7 4 1 8 5 2 9 6 3
HOMES = 1.8 * np.stack([np.cos(TURN), np.sin(TURN)], axis=1)[:10]
CODES = HOMES[LABELS] + rng.normal(scale=0.12, size=(600, 2))


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
def address(explorer, tmp_path):
    return f"file://{explorer.save(tmp_path / 'explorer.html')}"


@pytest.fixture
def page(address, open_page):
    return ready(open_page(address))


@pytest.fixture
def phone(address, open_page):
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


def at_rest(page):
    """The code when nothing plays any more."""
    page.locator(".plane").focus()
    page.keyboard.press("Escape")
    return np.array(drawn(page)[1])


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
    z = at_rest(page)
    for key, step in [
        ("ArrowRight", (0.1, 0)),
        ("ArrowUp", (0, 0.1)),
        ("Shift+ArrowLeft", (-0.5, 0)),
    ]:
        page.keyboard.press(key)
        z += step
        ink, said = drawn(page)
        np.testing.assert_allclose(said, z, atol=0.011)
        assert np.abs(ink - 255 * explorer.picture(said)).max() <= 2
    for _ in range(12):
        page.keyboard.press("Shift+ArrowDown")
    assert drawn(page)[1][1] == -3.0  # not beyond the edge
    assert page.evaluate("scrollY") == 0  # the page stays where it is


def test_two_clicks_play_a_path(page, explorer):
    ends = [(-1.5, 0.5), (1.5, -1.0)]
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
    one = drawn(page)[1]
    page.wait_for_timeout(200)
    assert drawn(page)[1] != one


def test_nothing_plays_by_itself_for_whom_motion_is_too_much(address, open_page):
    page = ready(open_page(address, reduced_motion="reduce"))
    one = drawn(page)[1]
    np.testing.assert_allclose(one, HOMES[0], atol=0.25)  # still, but at a plain picture
    page.wait_for_timeout(400)
    assert drawn(page)[1] == one
    for end in [(-1.5, 0.5), (1.5, -1.0)]:
        page.mouse.click(*place(page, *end))
    assert page.locator(".play").inner_text() == "Play path"
    assert page.locator(".strip").is_visible()


def test_dots_come_and_go(page):
    at_rest(page)
    before = pixels(page, ".still")
    page.locator(".dots").check()
    shown = pixels(page, ".still")
    assert (before != shown).any()
    assert page.locator(".legend").is_visible()
    colors = {tuple(color) for color in shown.reshape(-1, 4)[:, :3] if np.ptp(color) > 60}
    assert len(colors) >= 8  # ten digits; one of the colours is a grey
    page.locator(".dots").uncheck()
    np.testing.assert_array_equal(pixels(page, ".still"), before)


def test_a_finger_does_it_too(phone, explorer):
    x, y = (round(value) for value in place(phone, 1.2, 0.6))
    phone.touchscreen.tap(x, y)
    ink, said = drawn(phone)
    np.testing.assert_allclose(said, code_at(phone, x, y), atol=0.02)
    assert np.abs(ink - 255 * explorer.picture(code_at(phone, x, y))).max() <= 2


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
    assert page.locator(".codes-name").all_inner_texts() == [name] * 3


def still_at_once(page):
    one = drawn(page)[1]
    page.wait_for_timeout(300)
    return drawn(page)[1] == one


@pytest.mark.parametrize("first", ["touch", "click", "key", "its button"])
def test_it_moves_by_itself_until_the_first_touch_click_or_key(address, open_page, first):
    page = ready(open_page(address, has_touch=first == "touch"))
    assert not still_at_once(page)
    assert page.locator(".play").inner_text() == "Stop"
    if first == "touch":
        page.locator(".axis-name").tap()
    elif first == "click":
        page.locator(".axis-name").click()
    elif first == "key":
        page.locator(".plane").press("ArrowUp")
    else:
        page.locator(".play").click()
    assert still_at_once(page)
    page.locator(".play").click()
    assert not still_at_once(page)


def test_it_begins_at_a_plain_picture_and_goes_past_every_class(page, explorer):
    """The way is where the codes of one label lie, in their order around the origin."""
    np.testing.assert_allclose(drawn(page)[1], HOMES[0], atol=0.4)
    side = page.locator(".plane").bounding_box()["width"]
    numbers = page.locator(".way").get_attribute("d").replace("M", "").split("L")
    way = (np.array([pair.split() for pair in numbers], dtype=float) / side * 2 - 1) * [3, -3]
    distances = np.linalg.norm(way[:, None] - HOMES, axis=2)
    assert distances.min(axis=0).max() < 0.25
    passed = distances[:-1].argmin(axis=0)
    order = [0, 7, 4, 1, 8, 5, 2, 9, 6, 3]
    assert (np.diff((passed[order] + 10) % 160) > 0).all()
    strip = 255 - pixels(page, ".strip")[..., 0].reshape(HEIGHT, 10, WIDTH).swapaxes(0, 1)
    for label, shown in zip(order, strip.astype(int), strict=True):
        assert np.abs(shown - 255 * explorer.picture(HOMES[label])).mean() < 12


def test_the_pointer_leads_while_it_moves_by_itself(page):
    page.mouse.move(*place(page, 0.0, -2.0))
    np.testing.assert_allclose(drawn(page)[1], (0.0, -2.0), atol=0.02)
    assert still_at_once(page)
    page.mouse.move(2, 2)
    assert not still_at_once(page)


@pytest.mark.parametrize(("width", "least"), [(1200, 300), (700, 230), (375, 200)])
def test_the_digit_is_large(address, open_page, width, least):
    page = ready(open_page(address, width=width))
    assert page.locator(".digit").bounding_box()["width"] >= least


def drag(page, start, end):
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *end), steps=4)
    page.mouse.up()


def pictures(page):
    """The nine pictures of the path, as ink."""
    return 255 - pixels(page, ".strip")[..., 0].reshape(HEIGHT, 9, WIDTH).swapaxes(0, 1).astype(int)


def test_the_ends_of_a_path_can_be_dragged(page, explorer):
    play_a_path(page)
    drag(page, (1.5, -1.0), (0.5, 2.0))
    for shown, z in zip(pictures(page)[[0, 8]], [(-1.5, 0.5), (0.5, 2.0)], strict=True):
        assert np.abs(shown - 255 * explorer.picture(z)).max() <= 4
    assert not still_at_once(page)  # it played before, and does again
    drag(page, (0.5, 2.0), (-1.5, 0.5))  # onto the other end: one point, and no path
    assert not page.locator(".strip").is_visible()
    assert page.locator(".play").is_disabled()


def test_a_finger_drags_an_end_too(phone, explorer):
    for end in [(-1.5, 0.5), (1.5, -1.0)]:
        phone.touchscreen.tap(*place(phone, *end))
    touch = phone.context.new_cdp_session(phone)
    for kind, z in [("touchStart", (1.4, -0.9)), ("touchMove", (1, 0)), ("touchMove", (0.5, 2.0))]:
        x, y = place(phone, *z)
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert np.abs(pictures(phone)[8] - 255 * explorer.picture((0.5, 2.0))).max() <= 6


def test_tours(page, explorer):
    page.get_by_role("button", name="1 → 7").click()
    for shown, label in zip(pictures(page)[[0, 8]], [1, 7], strict=True):
        assert np.abs(shown - 255 * explorer.picture(HOMES[label])).mean() < 12
    assert not still_at_once(page)
    page.get_by_role("button", name="round the ring").click()
    page.wait_for_timeout(700)
    one = drawn(page)[1]
    page.wait_for_timeout(500)
    two = drawn(page)[1]
    half = np.sqrt(stats.chi2(2).ppf(0.5))
    np.testing.assert_allclose(np.linalg.norm([one, two], axis=1), half, atol=0.01)
    assert np.cross([*two, 0], [*one, 0])[2] > 0  # clockwise
    page.get_by_role("button", name="every class").click()
    np.testing.assert_allclose(drawn(page)[1], HOMES[0], atol=0.4)


def test_the_contours_hold_what_they_say_of_the_prior(page):
    side = page.locator(".plane").bounding_box()["width"]
    for share in (0.5, 0.95):
        circle = page.locator(f'.contours circle[data-share="{share}"]')
        r = float(circle.get_attribute("r")) / side * 6
        assert r == pytest.approx(np.sqrt(stats.chi2(2).ppf(share)), rel=1e-3)
        assert float(circle.get_attribute("cx")) == pytest.approx(side / 2, abs=0.51)
    page.get_by_label("prior").uncheck()
    assert not page.locator(".contours").is_visible()


@pytest.fixture(scope="module")
def with_originals():
    x = np.random.default_rng(5).random((600, HEIGHT, WIDTH))
    return x, latent_explorer(decoder, CODES, LABELS, x, limit=3.0, n=41)


@pytest.mark.parametrize("by", ["click", "touch", "key"])
def test_a_dot_shows_its_original_beside_its_reconstruction(
    with_originals, tmp_path, open_page, by
):
    x, explorer = with_originals
    path = explorer.save(tmp_path / "explorer.html")
    page = ready(open_page(f"file://{path}", has_touch=by == "touch"))
    page.locator(".dots").check()
    assert not page.locator(".pair").is_visible()
    k = 17
    if by == "touch":
        page.touchscreen.tap(*place(page, *CODES[k]))
    else:
        page.mouse.move(*place(page, *CODES[k]))
        if by == "key":
            page.locator(".plane").press("Enter")
        else:
            page.mouse.down()
            page.mouse.up()
    shown = 255 - pixels(page, ".original")[..., 0].astype(int)
    np.testing.assert_array_equal(shown, 17 * np.round(15 * x[k]))
    shown = 255 - pixels(page, ".reconstruction")[..., 0].astype(int)
    assert np.abs(shown - 255 * explorer.picture(CODES[k])).max() <= 1
    assert page.locator(".original-says").inner_text() == f"original: {LABELS[k]}"
    np.testing.assert_allclose(drawn(page)[1], CODES[k], atol=0.006)
    page.locator(".clear").click()
    assert not page.locator(".pair").is_visible()


def test_the_first_571_have_originals(with_originals, tmp_path, open_page):
    """The dot nearest to the last code, whose original did not fit, is another."""
    _, explorer = with_originals
    page = ready(open_page(f"file://{explorer.save(tmp_path / 'explorer.html')}"))
    page.locator(".dots").check()
    page.mouse.click(*place(page, *CODES[599]))
    near = CODES[np.linalg.norm(CODES[:571] - CODES[599], axis=1).argmin()]
    np.testing.assert_allclose(drawn(page)[1], near, atol=0.02)


def is_dark(page):
    return np.median(pixels(page, ".digit")[..., 0]) < 50 and pixels(page, ".still").mean() < 128


def test_the_map_is_inverted_in_the_dark(address, open_page, explorer):
    page = ready(open_page(address, color_scheme="dark"))
    x, y = (round(value) for value in place(page, 1.03, -2.2))
    page.mouse.move(x, y)
    ink = pixels(page, ".digit")[..., 0].astype(int)
    assert np.abs(ink - 255 * explorer.picture(code_at(page, x, y))).max() <= 1
    assert pixels(page, ".still")[..., 0].mean() < 128


@pytest.mark.parametrize("theme", ["system", "site", "JupyterLab"])
def test_it_changes_with_the_theme(explorer, tmp_path, open_page, theme):
    """As the system, the pages of the site and JupyterLab go from light to dark and back."""
    style = """@media (prefers-color-scheme: dark) { .system { color: #eee; background: #111 } }
        html[data-theme=dark], [data-jp-theme-light=false] .jp { color: #ddd; background: #111 }"""
    (tmp_path / "page.html").write_text(
        f"<!DOCTYPE html><meta charset='utf-8'><style>{style}</style><body class='system'>"
        f"<div class='jp'>{explorer.html}</div>"
    )
    page = ready(open_page(f"file://{tmp_path / 'page.html'}"))
    for dark in (False, True, False):
        if theme == "system":
            page.emulate_media(color_scheme="dark" if dark else "light")
        elif theme == "site":
            name = "dark" if dark else "light"
            page.evaluate("name => document.documentElement.dataset.theme = name", name)
        else:
            page.evaluate("light => document.body.dataset.jpThemeLight = light", not dark)
        page.wait_for_timeout(300)
        assert is_dark(page) == dark


def test_the_help_on_a_phone_speaks_of_fingers(page, phone):
    words = " ".join(phone.locator(".help:visible").all_inner_texts()).lower()
    assert all(word in words for word in ("finger", "tap"))
    for other in ("click", "key", "escape", "pointer", "mouse"):
        assert other not in words
    words = " ".join(page.locator(".help:visible").all_inner_texts()).lower()
    assert all(word in words for word in ("arrow keys", "click", "escape"))
    assert "finger" not in words


def test_a_page_of_its_own_has_a_title_and_a_way_back(explorer, tmp_path, open_page):
    (tmp_path / "index.html").write_text("<!DOCTYPE html><link rel=icon href=data:,><h1>Home</h1>")
    path = explorer.save(tmp_path / "explorer.html", "The plane", back="index.html")
    page = ready(open_page(f"file://{path}"))
    assert page.title() == page.locator("h1").inner_text() == "The plane"
    page.get_by_role("link", name="Back to the course").click()
    assert page.locator("h1").inner_text() == "Home"
    page = ready(open_page(f"file://{explorer.save(tmp_path / 'explorer.html')}"))
    assert page.get_by_role("link").count() == 0


def test_another_model_without_codes_or_labels_moves_too(tmp_path, open_page):
    codes = rng.normal(size=(50, 2))
    for arguments in [(), (codes,), (codes, np.full(50, 3))]:
        explorer = latent_explorer(decoder, *arguments, limit=1.5, n=9)
        page = ready(open_page(f"file://{explorer.save(tmp_path / 'explorer.html')}"))
        assert not still_at_once(page)
        assert not page.locator(".tour").is_visible()
        assert not page.locator(".all").is_visible()
        assert page.locator(".codes").is_visible() == bool(arguments)
    explorer = latent_explorer(decoder, CODES, LABELS % 2 + 4, limit=3, n=9)
    page = ready(open_page(f"file://{explorer.save(tmp_path / 'explorer.html')}"))
    assert page.locator(".tour").inner_text() == "4 → 5"
    page.locator(".dots").check()
    assert page.locator(".legend span").all_inner_texts() == ["4", "5"]


def test_starting_twice_at_once_does_not_play_twice_as_fast(page):
    page.get_by_role("button", name="round the ring").click()
    script = """async page => {
        const root = document.querySelector('[data-vae-explorer]').shadowRoot;
        for (let i = 0; i < 5; i++) root.querySelector('.ring').click();
    }"""
    page.evaluate(script)
    page.wait_for_timeout(1000)
    angles = []
    for _ in range(2):
        page.wait_for_timeout(1000)
        angles.append(np.arctan2(*drawn(page)[1]))
    assert 0 < np.ptp(angles) / (2 * np.pi) * 20 < 2  # seconds of the ring's twenty


def test_tab_reaches_everything_and_the_keys_work_there(address, open_page):
    page = ready(open_page(address, reduced_motion="reduce"))
    focused = """() => document.activeElement.shadowRoot?.activeElement?.className ?? ''"""
    names = []
    for _ in range(9):
        page.keyboard.press("Tab")
        names.append(page.evaluate(focused))
    controls = ["plane", "play", "clear", "tour", "all", "ring", "dots", "prior"]
    assert [name for name in names if name] == controls
    for name in ["dots", "prior"]:
        one = page.locator(f".{name}").is_checked()
        page.locator(f".{name}").press("Space")
        assert page.locator(f".{name}").is_checked() != one
    page.locator(".tour").press("Enter")
    assert page.locator(".strip").is_visible()
    page.locator(".play").press("Enter")
    assert not still_at_once(page)
    page.locator(".play").press("Enter")
    assert still_at_once(page)
    page.locator(".clear").press("Enter")
    assert not page.locator(".strip").is_visible()


def test_a_screen_reader_is_told_what_is_there_once_nothing_moves(with_originals, page, open_page):
    live = page.get_by_role("status")
    assert live.get_attribute("aria-live") == "polite"
    page.wait_for_timeout(1000)
    assert live.inner_text() == ""  # silent as long as it moves
    z = at_rest(page)
    page.wait_for_timeout(900)
    place_said = f"z = ({z[0]:.2f}, {z[1]:.2f})".replace("-", "−")
    assert live.inner_text().startswith(f"{place_said}, codes here: ")
    page.locator(".plane").press("Shift+ArrowUp")
    assert live.inner_text().startswith(place_said)  # not at each step
    page.wait_for_timeout(900)
    assert not live.inner_text().startswith(place_said)
    for _ in range(8):
        page.locator(".plane").press("Shift+ArrowUp")
    assert page.locator(".near").inner_text() == "no codes here"
    assert page.get_by_role("application").get_attribute("aria-label").startswith("The latent")
    unnamed = "[...document.querySelector('[data-vae-explorer]').shadowRoot.querySelectorAll("
    unnamed += "'canvas[role], [role=group]')].filter(each => !each.ariaLabel).length"
    assert page.evaluate(unnamed) == 0


def test_the_codes_here_are_those_around(page):
    for label in (3, 6):
        page.mouse.move(*place(page, *HOMES[label]))
        assert page.locator(".near").inner_text() == f"codes here: {label}"


@pytest.mark.parametrize("width", [320, 375, 768])
def test_on_a_phone_it_fits_and_a_finger_hits(with_originals, tmp_path, open_page, width):
    _, explorer = with_originals
    address = f"file://{explorer.save(tmp_path / 'explorer.html')}"
    page = ready(open_page(address, width=width, height=700, has_touch=True, is_mobile=True))
    page.locator(".tour").tap()
    page.locator(".dots").check()
    page.touchscreen.tap(*place(page, *CODES[0]))
    assert page.locator(".pair").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for target in page.locator("button, label").all():
        if target.is_visible():
            box = target.bounding_box()
            assert min(box["width"], box["height"]) >= 40
            assert box["x"] + box["width"] <= width
    wide = """width => [...document.querySelector('[data-vae-explorer]').shadowRoot
        .querySelectorAll('figcaption, p, canvas, span')]
        .filter(each => each.className !== 'aloud' && each.scrollWidth > each.clientWidth + 1
            && getComputedStyle(each).display !== 'inline').map(each => each.textContent)"""
    assert page.evaluate(wide, width) == []


def test_sixty_frames_a_second(page):
    """Drawing takes a small part of a frame; how many the browser shows depends on the machine."""
    script = """() => new Promise(done => {
        const root = document.querySelector('[data-vae-explorer]').shadowRoot;
        const plane = root.querySelector('.plane'), box = plane.getBoundingClientRect();
        const begun = performance.now();
        for (let i = 0; i < 300; i++) plane.dispatchEvent(new PointerEvent('pointermove', {
            clientX: box.left + (i * 37 % 100) / 100 * box.width,
            clientY: box.top + (i * 91 % 100) / 100 * box.height }));
        done((performance.now() - begun) / 300);
    })"""
    assert page.evaluate(script) < 4  # milliseconds, of the 16.7 of a frame


@pytest.fixture(scope="module")
def lab(explorer, tmp_path_factory):
    """A JupyterLab with an explorer in a notebook that nobody has trusted."""
    folder = tmp_path_factory.mktemp("lab")
    copy_tools(folder)
    (folder / "explorer.html").write_text(explorer.html, encoding="utf-8")
    code = "from IPython.display import HTML\n\nHTML(open('../explorer.html').read())"
    cell = nbformat.v4.new_code_cell(code)
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": explorer.html})]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "notebooks/explorer.ipynb")
    with running(folder) as server:
        for _ in range(100):  # it names its address a little before it answers
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port)):
                break
            time.sleep(0.2)
        yield server


def test_in_jupyterlab_it_waits_to_be_trusted_and_follows_the_theme(lab, open_page):
    page = open_page(lab.address("notebooks/explorer.ipynb"))
    page.get_by_text("once the cell has been run, or the notebook is trusted").wait_for()
    page.wait_for_function(
        """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status
            === 'idle'""",
        timeout=120_000,
    )
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")
    ready(page)
    assert not still_at_once(page)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        page.wait_for_timeout(3000)
        assert is_dark(page) == ("Dark" in theme)
    page.locator(".plane").press("ArrowDown")  # which JupyterLab leaves to the explorer
    one = drawn(page)[1]
    page.locator(".plane").press("ArrowDown")
    assert drawn(page)[1] == pytest.approx([one[0], one[1] - 0.1], abs=0.011)


def coloured(z):
    """The same spot, in a colour that depends on the code."""
    spot, share = decoder(z), stats.norm.cdf(np.asarray(z, dtype=float)[:, 0])[:, None, None]
    return np.concatenate([spot * share[..., None], spot, 1 - spot], axis=-1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", [True, False])
def test_photographs_keep_their_colours_and_names_are_shown(open_page, tmp_path, scheme, colour):
    kinds = np.array([f"<b>kind {label}" for label in LABELS])
    shown = coloured if colour else decoder
    page_of = latent_explorer(
        shown, CODES, kinds, coloured(CODES) if colour else None, n=21, ink=False
    )
    address = page_of.save(tmp_path / "colour.html").as_uri()
    page = open_page(address, color_scheme=scheme)
    page.wait_for_selector('[data-ready="yes"]', state="attached")
    x, y = (round(value) for value in place(page, 0.4, 1.31))
    page.mouse.move(x, y)
    page.wait_for_timeout(300)
    expected = 255 * page_of.picture(code_at(page, x, y))
    found = pixels(page, ".digit")[..., :3].astype(float)
    assert np.abs(found - expected.reshape(*found.shape[:2], -1)).max() <= 2
    page.locator(".dots").check()
    assert "<b>kind 3" in page.locator(".legend").inner_text()
    assert page.locator(".tour").inner_text() == "<b>kind 1 → <b>kind 7"
