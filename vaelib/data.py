"""Data: the digits of MNIST, shipped with the package, and coloured shapes, drawn by code.

Nothing is downloaded.
"""

import hashlib
import io
import math
from importlib import resources

import numpy as np

from vaelib import _validation as check

# Of mnist.npz, byte for byte. The arrays in it are those of the original MNIST files.
MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"


def load_mnist() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """MNIST: 60 000 handwritten digits to train on and 10 000 to test on.

    Pictures are float32 from 0, the background, to 1, full ink, shape (n, 28, 28, 1); labels are
    int64 from 0 to 9, shape (n,). ValueError if the file is damaged. Source: Y. LeCun, C. Cortes,
    C. J. C. Burges, *The MNIST database of handwritten digits* (CC BY-SA 3.0).

    >>> (x_train, y_train), (x_test, y_test) = load_mnist()
    >>> x_train.shape, x_test.shape
    ((60000, 28, 28, 1), (10000, 28, 28, 1))
    """
    file = resources.files("vaelib") / "mnist" / "mnist.npz"
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != MNIST_SHA256:
        raise ValueError(
            f"{file} is damaged ({len(content):,} bytes): get it again from the repository"
        )
    with np.load(io.BytesIO(content)) as arrays:
        pictures = [arrays[name][..., np.newaxis] for name in ("x_train", "x_test")]
        y_train, y_test = (arrays[name].astype(np.int64) for name in ("y_train", "y_test"))
    x_train, x_test = (each.astype(np.float32) / np.float32(255) for each in pictures)
    return (x_train, y_train), (x_test, y_test)


def mnist_test_digits(label: int | None = None) -> np.ndarray:
    """The pictures of MNIST's test set, or those with this label: (n, 28, 28, 1)."""
    _, (pictures, labels) = load_mnist()
    return pictures if label is None else pictures[labels == label]


SHAPES = ("square", "disc", "triangle")


def coloured_shapes(n: int, seed: int = 0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Pictures whose causes are known: one shape each, on dark grey, drawn with soft edges.

    Pictures are float32 from 0 to 1, shape (n, 32, 32, 3). The factors, each of shape (n,) and
    drawn evenly and by itself, are `shape`, a number of `SHAPES`; `x` and `y`, the centre, from
    −0.37 to 0.37 of a picture that reaches from −1 to 1, y upwards; `size`, the radius of a disc
    of the same area, from 0.2 to 0.4; `hue` from 0, red, to 0.75, violet; `rotation` from 0 to 90
    degrees, which a disc does not show.

    >>> x, factors = coloured_shapes(5)
    >>> x.shape, factors["shape"].shape
    ((5, 32, 32, 3), (5,))
    """
    rng = np.random.default_rng(check.integer("seed", seed, least=0))
    factors: dict[str, np.ndarray] = {
        "shape": rng.integers(len(SHAPES), size=check.integer("n", n))
    }
    ranges = {"x": (-0.37, 0.37), "y": (-0.37, 0.37), "size": (0.2, 0.4), "hue": (0, 0.75)}
    for name, (low, high) in (ranges | {"rotation": (0, 90)}).items():
        factors[name] = rng.uniform(low, high, n)
    pictures = np.empty((n, 32, 32, 3), "float32")
    for start in range(0, n, 500):
        part = slice(start, start + 500)
        pictures[part] = _draw(*(values[part] for values in factors.values()))
    return pictures, factors


def _draw(
    shape: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    size: np.ndarray,
    hue: np.ndarray,
    rotation: np.ndarray,
) -> np.ndarray:
    """Shapes on a grid of points: how far each lies outside says how much of the shape it sees."""
    pixels = 32
    axis = ((np.arange(pixels) + 0.5) * 2 / pixels - 1).astype("float32")
    x, y, size, angle = (
        each.astype("float32")[:, None, None] for each in (x, y, size, np.deg2rad(rotation))
    )
    across, up = axis - x, -axis[:, None] - y
    u, v = np.cos(angle) * across + np.sin(angle) * up, np.cos(angle) * up - np.sin(angle) * across
    # How far a pixel lies outside; the constants give all shapes the area of the disc.
    square = np.maximum(np.abs(u), np.abs(v)) - math.sqrt(math.pi) / 2 * size
    slanted = math.sqrt(3) / 2 * np.abs(u) + v / 2
    triangle = np.maximum(slanted, -v) - math.sqrt(math.pi / math.sqrt(27)) * size
    disc = np.sqrt(u**2 + v**2) - size
    outside = np.choose(shape[:, None, None], [square, disc, triangle])
    cover = (0.5 - outside * (pixels / 2)).clip(0, 1)[..., None]
    colour = (np.abs((6 * hue[:, None] + [0, 4, 2]) % 6 - 3) - 1).clip(0, 1)
    return 0.1 + cover * (colour.astype("float32") - 0.1)[:, None, None]
