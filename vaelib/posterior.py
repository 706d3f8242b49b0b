"""The best cloud a picture could have: what is left of the gap when the encoder's own error is taken out."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vaelib.checks import as_clouds, as_count, as_pictures, as_real
from vaelib.device import keras, tf
from vaelib.elbo import Tensor, bernoulli_log_likelihood, gaussian_kl
from vaelib.quadrature import hermite_nodes

__all__ = ["best_normals"]


def best_normals(
    logits: Callable[[Tensor], Tensor],
    x: Any,
    z_mean: np.ndarray,
    z_log_var: np.ndarray,
    steps: int = 100,
    learning_rate: float = 0.05,
    nodes: int = 5,
    log_likelihood: Callable[[Tensor, Tensor], Tensor] = bernoulli_log_likelihood,
) -> tuple[np.ndarray, np.ndarray]:
    """The diagonal normal distribution with the highest ELBO, for every picture by itself, the decoder held fixed.

    The ELBO's expectation is worked out by Gauss–Hermite quadrature, so that nothing is left to chance, and raised by
    Adam, with a learning rate that falls to 0. Steps are in units of the starting cloud's standard deviation. It finds
    the best cloud *near the start*: give it several starts if the posterior may have several peaks.

    Args:
        logits: the decoder's logits of codes, such as `decoder.logits`.
        x: pictures, shape (n, ...).
        z_mean, z_log_var: where to start, shape (n, latent_dim), such as what `encode` returns.
        steps: of the optimiser.
        learning_rate: of the first step.
        nodes: of the quadrature, in each direction.
        log_likelihood: log P(X|Z) of pictures and logits, row by row.

    Returns:
        `z_mean` and `z_log_var`, float64, shape (n, latent_dim).

    Raises:
        ValueError: if shapes do not fit, a number is not finite, a count is below 1, or the rate is not positive.

    Source: Cremer, Li & Duvenaud, arXiv:1801.03558, section 2.2: what the best normal leaves of the gap is the
    approximation gap, and what the encoder's adds to it the amortisation gap.
    """
    x = as_pictures(x)
    z_mean, z_log_var = as_clouds(len(x), z_mean, z_log_var)
    if not as_real("learning_rate", learning_rate) > 0:
        raise ValueError(f"learning_rate must be positive, got {learning_rate}")
    points, weights = hermite_nodes(as_count("nodes", nodes), z_mean.shape[1])
    pictures = keras.ops.convert_to_tensor(np.repeat(x, len(points), axis=0), "float32")
    first, width, log_var, points, weights = (
        keras.ops.cast(value, "float32") for value in (z_mean, np.exp(z_log_var / 2), z_log_var, points, weights)
    )
    shift, growth = (keras.Variable(keras.ops.zeros_like(first)) for _ in range(2))
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, as_count("steps", steps)))
    optimizer.build([shift, growth])

    @tf.function
    def step() -> None:
        with tf.GradientTape() as tape:
            mean, log_variance = first + width * shift, log_var + 2 * growth
            z = mean[:, None] + keras.ops.exp(log_variance[:, None] / 2) * points
            found = log_likelihood(pictures, logits(keras.ops.reshape(z, (-1, z.shape[-1]))))
            expected = keras.ops.matmul(keras.ops.reshape(found, (len(x), -1)), weights[:, None])[:, 0]
            loss = keras.ops.sum(gaussian_kl(mean, log_variance) - expected)
        optimizer.apply(tape.gradient(loss, [shift.value, growth.value]))

    for _ in range(steps):
        step()
    mean, log_variance = first + width * shift, log_var + 2 * growth
    return tuple(keras.ops.convert_to_numpy(value).astype("float64") for value in (mean, log_variance))
