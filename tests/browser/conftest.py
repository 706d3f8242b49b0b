"""A real browser: Playwright drives the installed Chromium (Debian: apt install chromium)."""

import os
import shutil
from pathlib import Path

import pytest

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def pytest_collection_modifyitems(items):
    """A busy machine may be late, or take a tap for a long press: up to two more tries."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=2))


def executable():
    """The browser: what CHROMIUM names, or the first one on the PATH; None if there is none."""
    return os.environ.get("CHROMIUM") or next(
        (path for name in NAMES if (path := shutil.which(name))), None
    )


@pytest.fixture(scope="module")
def browser():
    path = executable()
    if path is None:
        pytest.skip(
            f"no Chromium: none of {', '.join(NAMES)} is on the PATH, and CHROMIUM is not set"
        )
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """Opens addresses in new pages; in the end none has asked another machine, nor erred."""
    contexts, requests, errors = [], [], []

    def open_(address, width=1200, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(address)
        return page

    open_.requests, open_.errors = requests, errors
    yield open_
    for context in contexts:
        context.close()
    near = ("http://127.0.0.1:", "file://", "data:", "blob:", "about:")
    assert [url for url in requests if not url.startswith(near)] == []
    assert errors == []
