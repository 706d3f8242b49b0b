"""What share of this machine's arithmetic training uses, and where the rest goes.

    .venv/bin/python benchmarks/throughput.py

The peak is the best rate of one large matrix product (2048 × 2048, float32), measured before and
after in the same process. A training step of the article's layers needs 17 products of its own
shapes (six layers: forward, back to the weights, and back to the inputs except the picture): 144
GFLOP an epoch. What comes on top is timed part by part. Writes
`benchmarks/results/throughput.json`; about four minutes.
"""

import os

os.environ.setdefault(
    "TF_ENABLE_ONEDNN_OPTS", "1"
)  # faster here; must be set before TensorFlow is imported

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from article import article_vae
from common import endless, machine, save
from sprint import OPTIONS, new_vae

from vaelib.data import load_mnist
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up, tf

# Inputs and outputs of the dense layers: the encoder's two and its two heads, the decoder's three.
LAYERS = [(784, 256), (256, 128), (128, 4), (2, 128), (128, 256), (256, 784)]
BATCH_SIZES = (250, 1000)


def products_of_an_epoch(n: int = 60_000) -> float:
    """Floating-point operations in GFLOP: forward, and backward to weights and inputs, but not to
    the picture."""
    once = sum(a * b for a, b in LAYERS)
    return 2 * n * (3 * once - LAYERS[0][0] * LAYERS[0][1]) / 1e9


def best(function: Callable[[], Any], repeats: int) -> float:
    """The shortest time of a call, in seconds, after one that is not counted."""
    function()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        function()
        times.append(time.perf_counter() - begun)
    return min(times)


def peak() -> float:
    """GFLOP/s of one large product."""
    a = tf.random.normal((2048, 2048))
    multiply = tf.function(lambda: tf.matmul(a, a))
    return 2 * 2048**3 / best(lambda: multiply().numpy(), 12) / 1e9


def seconds_of_products(batch_size: int) -> float:
    """An epoch's products alone, in their own shapes, nothing else."""
    pairs = [
        (
            tf.random.normal((batch_size, a)),
            tf.random.normal((a, b)),
            tf.random.normal((batch_size, b)),
        )
        for a, b in LAYERS
    ]

    @tf.function
    def products() -> list[tf.Tensor]:
        forward = [tf.matmul(x, w) for x, w, _ in pairs]
        to_weights = [tf.matmul(x, g, transpose_a=True) for x, _, g in pairs]
        to_inputs = [tf.matmul(g, w, transpose_b=True) for _, w, g in pairs[1:]]
        return [tf.reduce_sum(found[:1, :1]) for found in forward + to_weights + to_inputs]

    return best(lambda: products()[0].numpy(), 15) * 60_000 / batch_size


def seconds_of_steps(vae: VAE, x: np.ndarray, jit: bool) -> dict[str, float]:
    """An epoch's worth of gradients, and of whole steps with the optimiser, on one batch that stays
    in place."""
    batch = tf.constant(x)
    variables = vae.trainable_variables
    values = [variable.value for variable in variables]

    @tf.function(jit_compile=jit)
    def gradients() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = vae.compute_loss(batch, y_pred=vae(batch, training=True))
        return tape.gradient(loss, values)

    vae.compile(optimizer=keras.optimizers.Adam(1e-4))
    vae.optimizer.build(variables)

    @tf.function(jit_compile=jit)
    def step() -> tf.Tensor:
        found = gradients()
        vae.optimizer.apply(found)
        return tf.reduce_sum(found[-1])

    epoch = 60_000 / len(x)
    return {
        "gradients": best(lambda: gradients()[-1].numpy(), 15) * epoch,
        "step": best(lambda: step().numpy(), 15) * epoch,
    }


def seconds_of_fit(
    vae: VAE, x: np.ndarray, batch_size: int, endlessly: bool = True, **options: Any
) -> float:
    """The shortest of four epochs of `fit`, after the first."""
    times: list[float] = []
    tell = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter())
    )
    vae.compile(optimizer=keras.optimizers.Adam(1e-4), **options)
    if endlessly:
        vae.fit(
            endless(x, batch_size),
            steps_per_epoch=len(x) // batch_size,
            epochs=5,
            shuffle=False,
            verbose=0,
            callbacks=[tell],
        )
    else:
        vae.fit(x, batch_size=batch_size, epochs=5, shuffle=False, verbose=0, callbacks=[tell])
    return float(np.diff(times).min())


def rows_of(x: np.ndarray, batch_size: int) -> list[dict[str, Any]]:
    """What is timed at one batch size: seconds an epoch."""
    rows = [{"what": "the matrix products alone", "seconds": seconds_of_products(batch_size)}]
    for jit, name in ((False, ""), (True, ", XLA")):
        steps = seconds_of_steps(new_vae(x), x[:batch_size], jit)
        rows += [{"what": f"{what}{name}", "seconds": taken} for what, taken in steps.items()]
        options = {"jit_compile": jit}
        rows.append(
            {"what": f"fit{name}", "seconds": seconds_of_fit(new_vae(x), x, batch_size, **options)}
        )
    rows.append(
        {
            "what": "fit, XLA, 20 steps per execution",
            "seconds": seconds_of_fit(
                new_vae(x), x, batch_size, jit_compile=True, steps_per_execution=20
            ),
        }
    )
    keras.config.set_dtype_policy(
        "mixed_bfloat16"
    )  # half the digits in the products, and a higher peak of its own
    try:
        rows.append(
            {"what": "fit, mixed bfloat16", "seconds": seconds_of_fit(new_vae(x), x, batch_size)}
        )
    finally:
        keras.config.set_dtype_policy("float32")
    return [{"batch_size": batch_size, **row} for row in rows]


def main() -> None:
    """Measure, print and keep."""
    set_up(seed=0)
    x = load_mnist()[0][0]
    needed = products_of_an_epoch()
    rows, peaks = [], [peak()]
    for batch_size in BATCH_SIZES:
        rows += rows_of(x, batch_size)
        peaks.append(peak())
    for batch_size in (1000, 2000):
        bare = VAE(Encoder(batch_normalization=False), Decoder(batch_normalization=False))
        seconds = seconds_of_fit(bare, x, batch_size, jit_compile=True, steps_per_execution=20)
        what = "fit, XLA, 20 steps per execution, ReLU in place of GELU"
        rows.append({"batch_size": batch_size, "what": what, "seconds": seconds})
    plain = VAE(Encoder(), Decoder())
    rows.append(
        {
            "batch_size": 250,
            "what": "notebook 03's network and fit on an array",
            "seconds": seconds_of_fit(plain, x, 250, endlessly=False),
        }
    )
    rows.append(
        {
            "batch_size": 500,
            "what": "the article's recipe, fit on an array",
            "seconds": seconds_of_fit(article_vae(), x, 500, endlessly=False),
        }
    )
    peaks.append(peak())
    top = float(np.median(peaks))
    for row in rows:
        row["share"] = round(needed / row["seconds"] / top, 3)
        row["pictures_a_second"] = round(60_000 / row["seconds"])
        row["seconds"] = round(row["seconds"], 3)
        print(
            f"batch {row['batch_size']:4}: {row['what']:56} {row['seconds']:.2f} s, "
            f"{row['share']:.0%} of the peak"
        )
    print(f"peak {top:.0f} GFLOP/s ({min(peaks):.0f} to {max(peaks):.0f})")
    found = {
        "gflop_an_epoch": round(needed, 1),
        "peaks": [round(value, 1) for value in peaks],
        "options": OPTIONS,
    }
    save("throughput", found | {"rows": rows, "machine": machine()})


if __name__ == "__main__":
    main()
