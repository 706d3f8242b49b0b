"""The digits of MNIST, shipped with the package: nothing is downloaded, and damage is noticed."""

import hashlib
import io
from importlib import resources

import numpy as np

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
