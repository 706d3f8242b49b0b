"""A folder of pictures as an array, and each kind of file that cannot be one."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from vaelib.pictures import load_pictures

rng = np.random.default_rng(0)
NOISE = Image.fromarray(rng.integers(256, size=(40, 40, 3), dtype="uint8"))


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def rotated_file():
    """A picture whose upper half is red, stored on its side, with a note to turn it."""
    image = Image.new("RGB", (32, 32), "blue")
    image.paste("red", (0, 0, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to view
    return encoded(image.rotate(90), "JPEG", exif=exif, quality=95)


GREY16 = Image.fromarray(np.full((8, 8), 32768, "uint16"))
HALF = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
GOOD = {
    "grey": (encoded(Image.new("L", (8, 8), 128), "PNG"), [0.502] * 3),
    "sixteen bits": (encoded(GREY16, "PNG"), [0.5] * 3),
    "transparent": (encoded(HALF, "PNG"), [1, 1, 1]),
    "palette": (encoded(Image.new("RGB", (8, 8), "lime").quantize(4), "PNG"), [0, 1, 0]),
    "cmyk.jpg": (encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"), [1, 0, 0]),
    "turned.JPG": (rotated_file(), [1, 0, 0]),
    "wide": (encoded(Image.new("RGB", (900, 30), "blue"), "PNG"), [0, 0, 1]),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_usable_file_of_any_kind_is_read(name, tmp_path):
    content, top = GOOD[name]
    (tmp_path / (name if "." in name else f"{name}.png")).write_bytes(content)
    x, labels = load_pictures(tmp_path, size=(6, 8), verbose=False)
    assert (x.shape, x.dtype, labels.tolist()) == ((1, 6, 8, 3), "float32", [""])
    np.testing.assert_allclose(x[0, 1].mean(axis=0), top, atol=0.03)
    grey, _ = load_pictures(tmp_path, size=6, channels=1, verbose=False)
    assert grey.shape == (1, 6, 6, 1)


JPEG, PNG = encoded(NOISE, "JPEG"), encoded(NOISE, "PNG")
BAD = {
    "empty.png": (b"", "it is empty"),
    "words.png": (b"no picture", "cannot identify image file"),
    "cut.jpg": (JPEG[: len(JPEG) // 2], "truncated"),
    "cut.png": (PNG[: len(PNG) // 2], "truncated"),
    "header.png": (PNG[:20], "not a usable picture"),
    "damaged.png": (PNG[:60] + bytes(40) + PNG[100:], "not a usable picture"),
    "gif.png": (encoded(NOISE, "GIF"), "it is a GIF file, named .png"),
    "jpeg.png": (JPEG, "it is a JPEG file, named .png"),
    "webp.jpg": (encoded(NOISE, "WEBP"), "it is a WEBP file, named .jpg"),
    "table.csv": (b"1,2", "only .png, .jpg and .jpeg are read"),
    "huge.png": (encoded(Image.new("1", (20_000, 20_000)), "PNG"), "decompression bomb"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_unusable_file_is_named_with_the_reason(name, tmp_path):
    content, reason = BAD[name]
    (tmp_path / "good.png").write_bytes(PNG)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=reason) as caught:
        load_pictures(tmp_path, size=8, verbose=False)
    assert str(tmp_path / name) in str(caught.value)


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    os.symlink(tmp_path / "gone.png", tmp_path / "link.png")
    with pytest.raises(ValueError, match=r"link\.png is not a usable picture"):
        load_pictures(tmp_path, size=8, verbose=False)


def test_a_folder_without_pictures_is_named(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ValueError, match="folder must .*" + folder.name):
            load_pictures(folder, size=8)


def test_folders_become_labels_and_progress_is_printed(tmp_path, capsys):
    for name in ("cats/b.png", "cats/a.png", "dogs/small/c.png", ".hidden.png", "d.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(PNG)
    x, labels = load_pictures(tmp_path, size=4)
    assert labels.tolist() == ["cats", "cats", "", "dogs/small"]
    assert len(x) == 4
    assert capsys.readouterr().out == "\r4 of 4 pictures\n"


@pytest.mark.parametrize(
    ("options", "named"), [({"size": 0}, "size"), ({"channels": 2}, "channels")]
)
def test_a_wrong_argument_is_named(options, named, tmp_path):
    with pytest.raises(ValueError, match=named):
        load_pictures(tmp_path, **{"size": 8} | options)
