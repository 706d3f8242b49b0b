"""Pictures of your own, from a folder to an array."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from vaelib import _validation as check
from vaelib._files import PathLike

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}


def load_pictures(
    folder: PathLike, size: int | Sequence[int], channels: int = 3, verbose: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """All PNG and JPEG files of a folder, and of the folders in it, whose names become labels.

    Each is turned as its EXIF data say, put on white where it is transparent, cut to the wanted
    shape around its middle, and scaled. Returns pictures, float32 from 0 to 1, shape (n, height,
    width, channels), in the order of their paths, and the names of their folders, shape (n,): ""
    for those that lie in `folder` itself. Files whose names begin with a dot are left out.

    Args:
        size: height and width, or one number for both.
        channels: 3 for colour, 1 for grey.
        verbose: whether to print the progress.

    Raises:
        ValueError: a file is not a whole PNG or JPEG, or there is none; it is named.

    >>> Image.new("RGB", (40, 30), "red").save("red.png")
    >>> x, labels = load_pictures(".", size=16, verbose=False)
    >>> x.shape, x[0, 0, 0].tolist(), labels.tolist()
    ((1, 16, 16, 3), [1.0, 0.0, 0.0], [''])
    """
    height, width = check.sizes("size", (size, size) if np.ndim(size) == 0 else size)
    mode = {1: "L", 3: "RGB"}[check.choice("channels", channels, 1, 3)]
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"folder must be a folder with pictures, got {str(folder)!r}")
    found = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    paths = [path for path in found if not path.name.startswith(".")]
    if not paths:
        raise ValueError(f"folder must hold PNG or JPEG files, got {str(folder)!r}, an empty one")
    x = np.empty((len(paths), height, width, channels), "float32")
    for i, path in enumerate(paths):
        picture = _read(path, mode, (width, height))
        x[i] = np.asarray(picture, "float32").reshape(height, width, channels) / 255
        if verbose and (i % 50 == 49 or i + 1 == len(paths)):
            end = "\n" if i + 1 == len(paths) else ""
            print(f"\r{i + 1} of {len(paths)} pictures", end=end, flush=True)
    parents = [path.parent.relative_to(folder).as_posix() for path in paths]
    return x, np.array(["" if name == "." else name for name in parents])


def _read(path: Path, mode: str, size: tuple[int, int]) -> Image.Image:
    """One picture in this mode and of this width and height; ValueError that names the file."""
    expected = FORMATS.get(path.suffix.lower())
    if expected is None:
        raise ValueError(f"{path}: only .png, .jpg and .jpeg are read")
    try:
        with Image.open(path) as file:
            if file.format != expected:
                raise ValueError(f"it is a {file.format} file, named {path.suffix}")
            file.draft("RGB", (2 * size[0], 2 * size[1]))  # a large JPEG is decoded smaller
            image = _opaque(ImageOps.exif_transpose(file))
            return ImageOps.fit(image.convert(mode), size, Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        empty = path.exists() and not path.stat().st_size
        reason = "it is empty" if empty else f"{error}".replace(str(path), "it")
        raise ValueError(f"{path} is not a usable picture: {reason}") from error


def _opaque(image: Image.Image) -> Image.Image:
    """On white, where it is transparent; 16 bits of grey as 8, which Pillow would clip."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) / 257).round().clip(0, 255).astype("uint8"))
    if "A" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image
