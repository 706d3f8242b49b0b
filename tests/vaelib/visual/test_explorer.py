"""The explorer without a browser: what goes into the page."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from vaelib.visual.explorer import MAX_BYTES, MAX_BYTES_OF_SEVERAL, latent_explorer


def decoder(z):
    """Six by four pixels whose ink is known: z₁ along the rows, z₂ along the columns."""
    z = np.asarray(z, dtype=float)
    ink = np.zeros((len(z), 6, 4, 1))
    ink[:, :, 1, 0] = (z[:, :1] + 3) / 6
    ink[:, 2, :, 0] = (z[:, 1:] + 3) / 6
    return ink


def test_the_sheet_in_the_page_is_the_decoders():
    explorer = latent_explorer(decoder, n=5)
    (image,) = re.findall(r'"sheets": \["data:image/webp;base64,([^"]+)"\]', explorer.html)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(image))).convert("L"))
    assert pixels.shape == (6 * 5, 4 * 5)
    top_right = pixels.reshape(6, 5, 4, 5)[:, 0, :, 4]  # both coordinates at 3
    np.testing.assert_array_equal(255 - top_right, np.round(255 * decoder([[3.0, 3.0]])[0, ..., 0]))
    np.testing.assert_array_equal(
        255 - pixels.reshape(6, 5, 4, 5).transpose(1, 3, 0, 2), explorer.sheet
    )


def several(n=5, codes=None, labels=None):
    decoders = {name: lambda z, i=i: decoder(z) / (1 + i) for i, name in enumerate("abc")}
    return latent_explorer(decoders, codes, labels, n=n)


def test_each_label_has_a_map_and_the_dots_of_its_own():
    explorer = several(codes=np.eye(2)[[0, 1, 0, 1]], labels=np.array(["c", "a", "a", "x"]))
    z = np.array([1.0, -2.0])
    for i, name in enumerate("abc"):
        expected = decoder([z])[0, ..., 0] / (1 + i)
        assert np.abs(explorer.picture(z, name) - expected).max() <= 1 / 255
    assert '"choices": ["a", "b", "c"]' in explorer.html
    assert '"names": ["a", "c", "x"]' in explorer.html
    assert '"own": [0, 2, -1]' in explorer.html  # the maps of these names
    assert re.fullmatch(r"Explorer: 3 × 5 × 5 pictures from −3 to 3, \d+ kB", repr(explorer))


def test_several_maps_fit_into_a_page():
    noisy = {
        i: lambda z, i=i: np.random.default_rng(i).random((len(z), 28, 28, 1)) for i in range(10)
    }
    explorer = latent_explorer(noisy)
    assert 600_000 < len(explorer.html.encode()) <= MAX_BYTES_OF_SEVERAL
    with pytest.raises(ValueError, match="labels"):
        several(codes=np.zeros((2, 2)))
    with pytest.raises(ValueError, match="decoders"):
        latent_explorer({})


def test_a_linear_decoder_is_blended_exactly():
    explorer = latent_explorer(decoder, n=7)
    z = np.random.default_rng(0).uniform(-3, 3, size=(50, 2))
    assert np.abs(explorer.picture(z) - decoder(z)[..., 0]).max() <= 1 / 255
    assert explorer.picture([9.0, -9.0]).shape == (6, 4)
    np.testing.assert_array_equal(explorer.picture([9.0, -9.0]), explorer.picture([3.0, -3.0]))
    assert explorer.picture(z.reshape(5, 10, 2)).shape == (5, 10, 6, 4)


def test_codes_outside_are_left_out_and_the_page_stays_small():
    rng = np.random.default_rng(1)
    codes, labels = rng.normal(size=(10_000, 2)), rng.integers(0, 10, 10_000)

    def noise(z):
        return np.random.default_rng(0).random((len(z), 28, 28, 1))  # cannot be compressed

    explorer = latent_explorer(noise, codes, labels)
    assert len(explorer.html.encode()) <= MAX_BYTES
    assert len(explorer.sheet) < 41  # fewer nodes, so that it fits
    kept = base64.b64decode(re.search(r'"labels": "([^"]+)"', explorer.html).group(1))
    assert len(kept) == (np.abs(codes).max(axis=1) <= 3).sum() < 10_000
    assert re.fullmatch(r"Explorer: \d+ × \d+ pictures from −3 to 3, \d+ kB", repr(explorer))


def test_originals_are_those_of_the_codes_inside_in_16_shades():
    rng = np.random.default_rng(2)
    codes, x = 2 * rng.normal(size=(40, 2)), rng.random((40, 6, 4, 1))
    explorer = latent_explorer(decoder, codes, originals=x, n=5)
    (image,) = re.findall(r'"originals": "data:image/webp;base64,([^"]+)"', explorer.html)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(image))).convert("L"))
    inside = np.abs(codes).max(axis=1) <= 3
    assert 0 < inside.sum() < 40
    np.testing.assert_array_equal(
        255 - pixels.reshape(-1, 6, 4), np.round(x[inside, ..., 0] * 15) * 17
    )


def test_codes_that_are_all_outside_leave_a_map_without_dots():
    codes, x = np.full((3, 2), 9.0), np.zeros((3, 6, 4))
    explorer = latent_explorer(decoder, codes, np.arange(3), x, n=5)
    assert '"codes": ""' in explorer.html
    assert '"originals"' not in explorer.html


def test_a_page_has_a_way_back_if_it_is_told_where(tmp_path):
    explorer = latent_explorer(decoder, n=5)
    page = explorer.save(tmp_path / "page.html", back='../index.html?a="&b').read_text("utf-8")
    assert 'href="../index.html?a=&quot;&amp;b">← Back to the course</a>' in page
    assert 'href="">' in explorer.save(tmp_path / "page.html").read_text("utf-8")  # hidden


def test_the_same_input_makes_the_same_page():
    assert latent_explorer(decoder, n=5).html == latent_explorer(decoder, n=5)._repr_html_()


def test_saving_is_whole_or_not_at_all(tmp_path):
    explorer = latent_explorer(decoder, n=5)
    text = explorer.save(tmp_path / "new" / "page.html", title="<Mine> & yours").read_text(
        encoding="utf-8"
    )
    assert text.startswith("<!DOCTYPE html>")
    assert "<title>&lt;Mine&gt; &amp; yours</title>" in text
    assert explorer.html in text
