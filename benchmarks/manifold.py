"""The 15 × 15 manifold: one batched call to the decoder against one `predict` for each digit.

    .venv/bin/python benchmarks/manifold.py

Both draw the same picture, which is checked, in one process and one run; what counts is the ratio.
Writes `benchmarks/results/manifold.md`.
"""

import time
from collections.abc import Callable

import numpy as np
from common import machine, save, save_text

from vaelib.latent import decode_grid, quantile_grid
from vaelib.models import Decoder
from vaelib.runtime import set_up


def seconds(function: Callable[[], np.ndarray], repeats: int) -> tuple[float, np.ndarray]:
    """The median time of a call, after a first one that is not counted, and what it returned."""
    result = function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return float(np.median(times)), result


def main() -> None:
    """Time both ways, print the ratio and keep it."""
    device = set_up(seed=0)
    decoder, z_values = Decoder(), quantile_grid(15)

    def one_call() -> np.ndarray:
        return decode_grid(decoder, z_values)

    def one_predict_each() -> np.ndarray:
        rows = []
        for z2 in z_values[::-1]:
            codes = [np.array([[z1, z2]], "float32") for z1 in z_values]
            rows.append(np.hstack([decoder.predict(code, verbose=0)[0, ..., 0] for code in codes]))
        return np.vstack(rows)

    batched, picture = seconds(one_call, repeats=51)
    single, same = seconds(one_predict_each, repeats=3)
    np.testing.assert_allclose(picture, same, atol=1e-5)
    found = (
        f"one call {1000 * batched:.1f} ms, 225 calls of `predict` {single:.1f} s: ratio "
        f"{single / batched:.0f}"
    )
    print(found)
    ratio = round(single / batched, 1)
    save("manifold", {"one_call": batched, "predict": single, "ratio": ratio, "machine": machine()})
    text = (
        f"# The map of digits\n\nThe 15 × 15 manifold, {found}.\n\nMade by "
        f"`benchmarks/manifold.py`, {device}.\n"
    )
    save_text("manifold.md", text)


if __name__ == "__main__":
    main()
