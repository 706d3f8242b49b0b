import matplotlib
import pytest

import vaelib.device  # noqa: F401  (first of all: it decides how TensorFlow starts)

matplotlib.use("Agg")  # no test opens a window


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")
