"""The pictures of README.md, cut from what the notebooks have drawn, in `docs/pictures`.

    make course         does this at its end

For every chapter a small square of one of its figures, and the animation of codes and map side by
side. Nothing is run: the figures are those stored in the notebooks.
"""

import base64
import io
import re
import sys
from pathlib import Path

import nbformat
from PIL import Image

from vaelib._files import atomic_path

ROOT = Path(__file__).resolve().parent.parent
SIDE = 192  # pixels; README shows them at half this size, sharp on any screen

# A piece of the code of the cell that draws the figure, and the square: left, top, right, bottom,
# as shares of the figure.
SQUARES = {
    "00_autoencoders": ("curves[name].T", (0.53, 0.03, 0.941, 0.83)),
    "01_mapping_distributions": ('"$x = g(z)$"', (0.571, 0.069, 0.974, 0.869)),
    "02a_deriving_the_elbo": ("centers[:40]", (0.081, 0.079, 0.435, 0.847)),
    "02b_raising_the_bound": ("after, height = touching", (0.117, 0.125, 0.506, 0.825)),
    "03_vae_in_keras": ("plot_latent(z_mean, y_test, ax=ax)", (0.103, 0.08, 0.874, 0.765)),
    "04_watching_it_learn": ("named_correctly(codes[epoch])", (0.081, 0.064, 0.812, 0.868)),
    "05_making_gifs": ("candidates[name].T, **how", (0.068, 0.067, 0.436, 0.867)),
    "06_how_good_is_it": ("top.imshow(x[i, ..., 0]", (0.557, 0.439, 0.741, 0.827)),
    "07_what_the_numbers_depend_on": ("plain, spread_out = Decoder", (0.078, 0.068, 0.496, 0.864)),
    "08_your_own_pictures": ("plot_digits(x_test[:12]", (0.0, 0.0, 0.17, 1.0)),
    "09_conditional_vae": ("Left, a digit of the test set", (0.1, 0.05, 0.5, 0.45)),
    "10_gan": ("usual[3]", (0.532, 0.1, 0.744, 0.868)),
    "11_vae_gan": ("subplots(3, 8", (0.396, 0.676, 0.511, 0.93)),
}
ANIMATION = ("05_making_gifs", "runs/long_run.gif", "learning.gif")


def drawn(root: Path, chapter: str, code: str, pattern: str) -> bytes:
    """The one picture that a cell with this code has drawn; LookupError if it is not just one."""
    notebook = nbformat.read(root / "notebooks" / f"{chapter}.ipynb", as_version=4)
    data = [
        output.get("data", {})
        for cell in notebook.cells
        if cell.cell_type == "code" and code in cell.source
        for output in cell.outputs
    ]
    texts = [each.get("image/png", "") + each.get("text/html", "") for each in data]
    found = [text for each in texts for text in re.findall(pattern, each)]
    if len(found) != 1:
        raise LookupError(f"{chapter}: {len(found)} pictures of cells with {code!r}, not one")
    return base64.b64decode(found[0])


def thumbnail(root: Path, chapter: str) -> Image.Image:
    """The square of a chapter, in few colours."""
    code, (left, top, right, bottom) = SQUARES[chapter]
    figure = Image.open(io.BytesIO(drawn(root, chapter, code, r"(?s)^.+$"))).convert("RGB")
    width, height = figure.size
    edges = (left * width, top * height, right * width, bottom * height)
    return figure.resize((SIDE, SIDE), Image.Resampling.LANCZOS, edges).quantize(64)


def animation(root: Path) -> bytes:
    """The GIF of codes and map, as it is in its notebook."""
    chapter, code, _ = ANIMATION
    return drawn(root, chapter, code, 'src="data:image/gif;base64,([^"]+)"')


def main(root: Path = ROOT) -> int:
    """Cut all of them; returns the exit status."""
    folder = root / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for chapter in SQUARES:
            with atomic_path(folder / f"{chapter}.png") as temporary:
                thumbnail(root, chapter).save(temporary, "PNG", optimize=True)
        with atomic_path(folder / ANIMATION[-1]) as temporary:
            temporary.write_bytes(animation(root))
    except LookupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
