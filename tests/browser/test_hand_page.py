"""Q in the hand in a browser: what its bars say and show, against the library."""

import functools
import io
import re

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from course.hand import MODELS, q_in_the_hand
from vaelib.evaluation.quadrature import elbo_quadrature, log_likelihood_quadrature
from vaelib.linear_gaussian import normal_kl
from vaelib.visual.explorer import as_page

pytestmark = pytest.mark.slow

READY = '[data-q-in-the-hand][data-ready="yes"]'
BARS = ["reconstruction", "kl", "elbo", "gap"]


@pytest.fixture
def address(tmp_path):
    path = tmp_path / "hand.html"
    path.write_text(as_page(q_in_the_hand().data, "Q in the hand"), encoding="utf-8")
    return f"file://{path}"


@pytest.fixture
def page(address, open_page):
    return ready(open_page(address))


def ready(page):
    page.wait_for_selector(READY, state="attached")
    return page


def number(text):
    return float(text.replace("−", "-"))


def place(page):
    """The mean and the deviation that the page names."""
    return [number(page.locator(f".{name}-says").inner_text()) for name in ("mean", "deviation")]


def nats(page):
    """What the bars stand for, to six digits; the numbers beside them are the same, rounded."""
    found = {}
    for name in BARS:
        found[name] = float(page.locator(f".bar.{name}").get_attribute("data-nats"))
        written = number(page.locator(f".number.{name}").text_content())
        assert written == pytest.approx(found[name], abs=0.005001)
    return found


def heights(page):
    """Where on the screen each bar begins and ends, in pixels; and the line of log P(X)."""
    script = """bar => { const box = bar.getBBox(), at = bar.getScreenCTM();
        return [at.f + at.d * box.y, at.f + at.d * (box.y + box.height)]; }"""
    found = {name: page.locator(f".bar.{name}").evaluate(script) for name in BARS}
    return found | {"evidence": page.locator(".evidence").evaluate(script)[0]}


def library(name, mean, deviation):
    """The same four numbers and log P(X) by Gauss-Hermite quadrature and closed forms."""
    model = MODELS[name]

    def log_likelihood(x, z):
        return stats.norm.logpdf(x[:, 0], model.decoder(z[:, 0]), model.noise)

    arguments = np.array([[model.x]]), np.array([[mean]]), np.array([[2 * np.log(deviation)]])
    (elbo,) = elbo_quadrature(log_likelihood, *arguments)
    normal = stats.multivariate_normal
    kl = normal_kl(normal(mean, deviation**2), normal(0, 1))
    evidence = evidence_of(name)
    return {"reconstruction": elbo + kl, "kl": kl, "elbo": elbo, "gap": evidence - elbo}, evidence


@functools.cache
def evidence_of(name):
    """log P(X) in a plane of codes whose second coordinate does nothing."""
    model = MODELS[name]

    def pairwise(x, z):
        return stats.norm.logpdf(x, model.decoder(z[:, 0]), model.noise)

    return log_likelihood_quadrature(pairwise, [[model.x]], step=0.05, limit=8.0)[0][0]


def choose(page, name):
    page.get_by_label(name).check()


def set_slider(page, name, value):
    page.locator(f"input.{name}").fill(str(value))


def middle(page, handle):
    box = page.locator(handle).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, handle, by):
    """By so many pixels to the right, with the mouse."""
    x, y = middle(page, handle)
    page.mouse.move(x, y)
    page.mouse.down()
    for share in (0.3, 0.7, 1):
        page.mouse.move(x + share * by, y)
    page.mouse.up()


def per_unit(page):
    """Pixels for one unit of z: the shoulders are two deviations apart."""
    left, right = (middle(page, f'.shoulder[data-side="{side}"] .knob')[0] for side in (-1, 1))
    return (right - left) / (2 * place(page)[1])


@pytest.mark.parametrize("name", MODELS)
def test_the_bars_say_what_the_library_says(page, name):
    choose(page, name)
    for mean, deviation in [(0, 1), (1.4, 0.3), (-0.75, 0.62), (3, 1.6), (-3, 0.2), (0.05, 0.92)]:
        set_slider(page, "mean", mean)
        set_slider(page, "deviation", deviation)
        assert place(page) == [mean, deviation]
        expected, evidence = library(name, mean, deviation)
        assert nats(page) == pytest.approx(expected, abs=2e-6)
        line = float(page.locator(".evidence").get_attribute("data-nats"))
        assert line == pytest.approx(evidence, abs=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_the_bars_add_up_to_the_line(page, name):
    choose(page, name)
    line = heights(page)["evidence"]
    for mean, deviation in [(0, 1), (1.4, 0.3), (1.1, 0.62), (0.5, 0.8)]:
        set_slider(page, "mean", mean)
        set_slider(page, "deviation", deviation)
        place_of, values = heights(page), nats(page)
        (zero, fallen), (top_kl, end_kl) = place_of["reconstruction"], place_of["kl"]
        (from_zero, elbo), (top_gap, end_gap) = place_of["elbo"], place_of["gap"]
        assert from_zero == pytest.approx(zero, abs=0.01)
        assert top_kl == pytest.approx(fallen, abs=0.01)  # the KL hangs on the reconstruction …
        assert end_kl == pytest.approx(elbo, abs=0.01)  # … and ends where the ELBO does,
        assert end_gap == pytest.approx(elbo, abs=0.01)  # from where the gap …
        assert top_gap == pytest.approx(line, abs=0.01)  # … reaches the line, which stays.
        assert place_of["evidence"] == line
        scale = (elbo - zero) / -values["elbo"]
        assert fallen - zero == pytest.approx(-scale * values["reconstruction"], abs=0.01)


def test_the_sums_are_right_to_the_last_digit(page):
    for name in MODELS:
        choose(page, name)
        for mean in np.arange(-2, 2, 0.35):
            set_slider(page, "mean", round(float(mean) / 0.05) * 0.05)
            text = page.locator(".sums").inner_text().replace("−", "-")
            found = re.findall(r"= (-?\d+\.\d{3}) ([-+]) (-?\d+\.\d{3}) = (-?\d+\.\d{3})", text)
            (r, minus, kl, elbo), (same_elbo, plus, gap, evidence) = found
            assert (minus, plus, elbo) == ("-", "+", same_elbo)
            assert round(float(r) - float(kl), 3) == float(elbo)
            assert round(float(elbo) + float(gap), 3) == float(evidence)
            expected, total = library(name, *place(page))
            shown = dict(zip(BARS, map(float, (r, kl, elbo, gap)), strict=True))
            assert shown == pytest.approx(expected, abs=0.001001)
            assert float(evidence) == pytest.approx(total, abs=0.0005)


def test_what_is_below_the_axis_is_cut_off_and_marked(page):
    set_slider(page, "mean", -3)
    assert nats(page)["elbo"] < -20
    ends = heights(page)
    assert ends["elbo"][1] == ends["gap"][1] == ends["reconstruction"][1]
    assert all(page.locator(f".tip.{name}").get_attribute("d") for name in BARS)
    set_slider(page, "mean", 1)
    assert not any(page.locator(f".tip.{name}").get_attribute("d") for name in BARS)


def test_the_mouse_moves_the_top_and_the_shoulders(page):
    unit = per_unit(page)
    drag(page, ".top .knob", 0.8 * unit)
    assert place(page) == pytest.approx([0.8, 1.0], abs=0.02)
    drag(page, '.shoulder[data-side="1"] .knob', -0.6 * unit)
    assert place(page) == pytest.approx([0.8, 0.4], abs=0.02)
    drag(page, '.shoulder[data-side="-1"] .knob', -0.3 * unit)
    assert place(page) == pytest.approx([0.8, 0.7], abs=0.02)
    drag(page, ".top .knob", 9 * unit)
    assert place(page) == pytest.approx([3.0, 0.7], abs=0.02)  # no further than the axis
    assert page.locator('.shoulder[data-side="1"]').is_hidden()
    drag(page, '.shoulder[data-side="-1"] .knob', 5 * unit)
    assert place(page) == [3.0, 0.2]
    expected, _ = library("one hump", 3.0, 0.2)
    assert nats(page) == pytest.approx(expected, abs=1e-5)


def test_the_bell_itself_can_be_dragged(page):
    unit = per_unit(page)
    x, y = middle(page, ".top .knob")
    page.mouse.move(x + 0.5 * unit, y + 35)
    page.mouse.down()
    page.mouse.move(x - 0.5 * unit, y + 35)
    page.mouse.up()
    assert place(page) == pytest.approx([-1.0, 1.0], abs=0.02)


def test_a_finger_moves_it_on_a_phone(address, open_page):
    page = ready(open_page(address, width=375, height=812, has_touch=True, is_mobile=True))
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    unit, touch = per_unit(page), page.context.new_cdp_session(page)

    def slide(x, y, right, down):
        for kind, share in [("Start", 0), ("Move", 0.5), ("Move", 1), ("End", None)]:
            points = [{"x": x + (share or 0) * right, "y": y + (share or 0) * down}]
            event = {"type": f"touch{kind}", "touchPoints": [] if share is None else points}
            touch.send("Input.dispatchTouchEvent", event)

    slide(*middle(page, ".top .near"), unit, -60)  # a finger does not keep to a straight line
    assert place(page) == pytest.approx([1.0, 1.0], abs=0.03)
    slide(*middle(page, '.shoulder[data-side="-1"] .near'), 0.5 * unit, -60)
    assert place(page) == pytest.approx([1.0, 0.5], abs=0.03)
    x, y = middle(page, ".top .near")
    slide(x, y + 45, -2 * unit, 0)  # the bell itself
    assert place(page) == pytest.approx([-1.0, 0.5], abs=0.03)
    assert page.evaluate("[scrollX, scrollY]") == [0, 0]
    page.wait_for_timeout(500)  # or it would be the second tap of a double one
    expect = pytest.importorskip("playwright.sync_api").expect
    two_humps = page.get_by_label("two humps")
    two_humps.tap()
    expect(two_humps).to_be_checked()  # the click comes a moment after the finger has left
    page.locator(".go").tap()
    page.wait_for_timeout(1500)
    assert place(page) == pytest.approx(MODELS["two humps"].best[0], abs=0.005)


def test_arrow_keys_move_the_sliders_and_the_result_is_read_aloud(page):
    page.locator("input.mean").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    assert place(page) == [0.2, 0.98]
    assert page.locator("input.mean").get_attribute("aria-valuetext") == "0.20"
    expected, _ = library("one hump", 0.2, 0.98)
    assert nats(page) == pytest.approx(expected, abs=2e-6)
    page.wait_for_function(
        f"document.querySelector('{READY}').shadowRoot.querySelector('.aloud').textContent !== ''"
    )
    said = page.locator(".aloud").text_content()
    assert f"gap {expected['gap']:.2f} nats" in said


def test_every_control_has_a_name(page):
    for role, name in [
        ("radio", "one hump"),
        ("radio", "two humps"),
        ("slider", "mean"),
        ("slider", "deviation"),
        ("button", "best Q"),
        ("img", "Densities"),
        ("img", "Four bars"),
    ]:
        assert page.get_by_role(role, name=name).count() == 1, (role, name)


@pytest.mark.parametrize("start", [-0.6, 0.6])
def test_it_moves_smoothly_to_the_nearest_of_the_best(page, start):
    choose(page, "two humps")
    set_slider(page, "mean", start)
    assert page.locator(".best-key").is_hidden()
    page.locator(".go").click()
    page.wait_for_timeout(300)
    mean, best = place(page)[0], np.sign(start) * MODELS["two humps"].best[1][0]
    assert abs(start) < abs(mean) < abs(best)  # on its way
    page.wait_for_timeout(1200)
    assert place(page) == pytest.approx([best, MODELS["two humps"].best[1][1]], abs=0.005)
    assert nats(page)["gap"] == pytest.approx(MODELS["two humps"].terms(*place(page))["gap"], 1e-3)
    assert page.locator(".best-key").is_visible()
    choose(page, "one hump")
    assert page.locator(".best-key").is_hidden()


def test_a_hand_stops_the_movement(page):
    page.locator(".go").click()
    page.wait_for_timeout(200)
    drag(page, ".top .knob", -20)
    rest = place(page)
    page.wait_for_timeout(300)
    assert place(page) == rest


def test_it_jumps_for_whom_motion_is_too_much(address, open_page):
    page = ready(open_page(address, reduced_motion="reduce"))
    page.locator(".go").click()
    assert place(page) == pytest.approx(MODELS["one hump"].best[0], abs=0.005)
    assert nats(page)["gap"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_a_light_page_and_a_dark_one(address, open_page, scheme):
    page = ready(open_page(address, color_scheme=scheme))
    shown = Image.open(io.BytesIO(page.screenshot())).convert("L")
    paper = shown.getpixel((5, 5))
    letters = page.locator(".number.elbo").bounding_box()
    box = [letters["x"], letters["y"], *np.add(*np.reshape(list(letters.values()), (2, 2)))]
    assert np.abs(np.asarray(shown.crop(box)).astype(int) - paper).max() > 150
    assert (paper > 200) == (scheme == "light")


def test_a_narrow_page_and_a_wide_one_are_laid_out_again(page):
    for width in (1200, 700, 600, 375):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = page.locator(".bars").bounding_box()
        assert box["x"] + box["width"] <= width
        beside = page.locator(".right").bounding_box()["y"] < middle(page, ".density")[1]
        assert beside == (width >= 700)
        expected, _ = library("one hump", 0, 1)
        assert nats(page) == pytest.approx(expected, abs=2e-6)


def test_two_on_one_page_move_on_their_own(tmp_path, open_page):
    html = q_in_the_hand().data
    (tmp_path / "two.html").write_text(f"<!DOCTYPE html><meta charset='utf-8'>{html}{html}")
    page = open_page(f"file://{tmp_path / 'two.html'}")
    page.wait_for_function(f"document.querySelectorAll('{READY}').length === 2")
    page.get_by_label("two humps").nth(1).check()
    assert page.get_by_label("one hump").nth(0).is_checked()
    page.locator("input.mean").nth(1).fill("1")
    assert page.locator(".mean-says").all_inner_texts() == ["0.00", "1.00"]


def test_without_scripts_there_is_a_picture(address, open_page):
    page = open_page(address, java_script_enabled=False)
    image = page.locator("[data-q-in-the-hand] img")
    assert image.is_visible()
    assert image.bounding_box()["height"] > 200
    assert "log P(X)" in image.get_attribute("alt")
