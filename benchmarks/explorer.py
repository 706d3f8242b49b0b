"""The explorer of the latent plane: its bytes, its error, how long after a movement the digit is
drawn, and how many frames a second it shows while it moves by itself.

    .venv/bin/python benchmarks/explorer.py

Trains notebook 03's model, opens its explorer in a headless Chromium and moves the mouse over it.
Writes `benchmarks/results/explorer.json` and `.md`; about a minute. Needs Chromium on the PATH, or
named by CHROMIUM.
"""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from common import machine, save, save_text

from vaelib.data import load_mnist
from vaelib.latent import encode
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.schedules import warmup_cosine
from vaelib.visual.explorer import Explorer, latent_explorer

MOVES = 400
# After the page's own listener, at the same event: how long ago did the browser register the
# movement? And drawing alone, called a thousand times.
LISTEN = """() => {
    window.waited = [];
    const plane = document.querySelector('[data-vae-explorer]').shadowRoot.querySelector('.plane');
    plane.addEventListener('pointermove',
        (event) => window.waited.push(performance.now() - event.timeStamp));
}"""
DRAW = """() => {
    const plane = document.querySelector('[data-vae-explorer]').shadowRoot.querySelector('.plane');
    const box = plane.getBoundingClientRect(), begun = performance.now();
    for (let i = 0; i < 1000; i++) plane.dispatchEvent(new PointerEvent('pointermove', {
        clientX: box.left + (i * 37 % 500) / 500 * box.width,
        clientY: box.top + (i * 91 % 500) / 500 * box.height }));
    return (performance.now() - begun) / 1000;
}"""
FRAMES = """() => new Promise((done) => {
    const times = [], frame = (now) => {
        times.push(now);
        if (times.length < 301) requestAnimationFrame(frame); else done(times);
    };
    requestAnimationFrame(frame);
})"""


def trained(x: np.ndarray) -> VAE:
    """Notebook 03's model."""
    set_up(seed=0)
    vae = VAE(Encoder(), Decoder())
    vae.compile(optimizer=keras.optimizers.Adam(warmup_cosine(7 * len(x) // 250)))
    vae.fit(x, batch_size=250, epochs=7, verbose=0)
    return vae


def milliseconds(explorer: Explorer, browser: str) -> tuple[np.ndarray, np.ndarray, float]:
    """From frame to frame; from a movement of the mouse to the drawn digit; the drawing alone."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page()
        page.goto(f"file://{explorer.save(Path(folder) / 'explorer.html')}")
        page.wait_for_selector('[data-ready="yes"]', state="attached")
        page.wait_for_timeout(500)
        frames = np.diff(page.evaluate(FRAMES))
        page.evaluate(LISTEN)
        box = page.locator(".plane").bounding_box()
        assert box is not None
        for i in range(MOVES):
            share = np.array([i / MOVES, (np.sin(i / 9) + 1) / 2])
            page.mouse.move(box["x"] + share[0] * box["width"], box["y"] + share[1] * box["height"])
        waited = np.array(page.evaluate("window.waited"))
        alone = page.evaluate(DRAW)
        chromium.close()
    return frames, waited, alone


def main() -> None:
    """Measure, print and keep."""
    browser = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    if browser is None:
        raise SystemExit("no Chromium on the PATH, and CHROMIUM is not set")
    (x, _), (x_test, y_test) = load_mnist()
    vae = trained(x[:55_000])
    explorer = latent_explorer(vae.decoder, encode(vae.encoder, x_test)[0], y_test, x_test)
    z = np.random.default_rng(0).uniform(-3, 3, size=(20_000, 2)).astype("float32")
    error = np.abs(explorer.picture(z) - vae.decoder.predict(z, batch_size=1000, verbose=0)[..., 0])
    frames, waited, alone = milliseconds(explorer, browser)
    found = {
        "bytes": len(explorer.html.encode()),
        "nodes": len(explorer.sheet),
        "pixel_error": {
            "mean": round(float(error.mean()), 5),
            "largest": round(float(error.max()), 4),
        },
        "moves": len(waited),
        "milliseconds": {
            "median": round(float(np.median(waited)), 2),
            "99 of 100": round(float(np.quantile(waited, 0.99)), 2),
            "largest": round(float(waited.max()), 2),
            "drawing alone": round(alone, 3),
        },
        "frames_per_second": round(1000 / float(frames.mean()), 1),
        "machine": machine(),
    }
    save("explorer", found)
    lines = [
        f"# The explorer, measured on {found['machine']['date']}",
        "",
        "| | |",
        "|---|---|",
        f"| nodes | {found['nodes']} × {found['nodes']} |",
        f"| bytes of the page's content | {found['bytes']:,} |",
        f"| a pixel against the decoder, 20,000 random codes | {error.mean():.4f} of full ink on "
        f"average, {error.max():.3f} at most |",
        f"| from a movement of the mouse to the drawn digit, {len(waited)} movements, headless "
        f"Chromium | median {np.median(waited):.1f} ms, 99 of 100 below "
        f"{np.quantile(waited, 0.99):.1f} ms, at most {waited.max():.1f} ms |",
        f"| the drawing alone | {alone:.2f} ms |",
        f"| frames while it moves by itself, {len(frames)} of them | {1000 / frames.mean():.0f} a "
        "second |",
        "",
    ]
    save_text("explorer.md", "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
