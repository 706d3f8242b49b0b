"""The digits of MNIST, shipped with the package: no download, and a check that they arrived whole."""

import hashlib
import io
from importlib import resources

import numpy as np

# Of mnist.npz, byte for byte. The arrays in it are those of the original MNIST files.
MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"

Split = tuple[np.ndarray, np.ndarray]


def load_mnist() -> tuple[Split, Split]:
    """Load MNIST: 60 000 handwritten digits to train on and 10 000 to test on.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, as Keras's `mnist.load_data` has it. Pictures are float32 in [0, 1],
        0 the background and 1 full ink, shape (n, 28, 28, 1); labels are int64 from 0 to 9, shape (n,).

    Raises:
        FileNotFoundError: if the file is not in the package.
        ValueError: if the file is not the one the course was written for, letter for letter (SHA-256).

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits* (CC BY-SA 3.0).
    """
    file = resources.files("vaelib") / "mnist" / "mnist.npz"
    if not file.is_file():
        raise FileNotFoundError(
            f"MNIST is missing: {file}. It belongs to the package; get it again from the repository."
        )
    content = file.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != MNIST_SHA256:
        raise ValueError(
            f"MNIST is damaged: {file} has {len(content):,} bytes and SHA-256 {found[:16]}…, "
            f"expected {MNIST_SHA256[:16]}…. Get it again from the repository."
        )
    with np.load(io.BytesIO(content)) as arrays:
        x_train, y_train, x_test, y_test = (arrays[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    return (_scaled(x_train), y_train.astype(np.int64)), (_scaled(x_test), y_test.astype(np.int64))


def _scaled(pictures: np.ndarray) -> np.ndarray:
    """uint8 (n, 28, 28) in 0…255 to float32 (n, 28, 28, 1) in [0, 1]."""
    return pictures[..., np.newaxis].astype(np.float32) / np.float32(255)
