"""The best normal distribution for each picture, without the encoder's own error."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vaelib import _validation as check
from vaelib.elbo import Tensor, gaussian_kl
from vaelib.evaluation.quadrature import hermite_nodes
from vaelib.likelihoods import Bernoulli
from vaelib.runtime import keras


def fit_posteriors(
    logits: Callable[[Tensor], Tensor],
    x: Any,
    z_mean: np.ndarray,
    z_log_var: np.ndarray,
    steps: int = 100,
    learning_rate: float = 0.05,
    nodes: int = 5,
    log_likelihood: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The diagonal normal Q(Z|X) with the highest ELBO, for each picture by itself.

    The ELBO, its expectation by Gauss–Hermite quadrature with `nodes` in each direction, is raised
    by Adam with a learning rate that falls to 0; steps are in units of the first Q's standard
    deviation. This finds the best Q *near the start*, `z_mean` and `z_log_var`, shape (n,
    latent_dim) each, like the result: give it several starts if the posterior may have several
    peaks. Source: for the approximation and the amortisation gap, Cremer, Li & Duvenaud,
    arXiv:1801.03558, section 2.2.

    `logits` are the decoder's of codes, such as `decoder.logits`; `x` are pictures, shape (n, ...);
    `log_likelihood` is log P(X|Z) of pictures and logits, pair by pair; left out, that of the
    decoder whose method `logits` is, or of Bernoulli pixels.

    >>> x, start = np.ones((1, 1)), np.zeros((1, 1))  # P(X|Z) = N(Z, 1): the posterior is N(½, ½)
    >>> square = lambda x, z: -0.5 * keras.ops.sum((x - z) ** 2, axis=1)
    >>> z_mean, z_log_var = fit_posteriors(lambda z: z, x, start, start, 200, log_likelihood=square)
    >>> print(z_mean.round(2), np.exp(z_log_var).round(2))
    [[0.5]] [[0.5]]
    """
    x, z_mean, z_log_var = check.posteriors(x, z_mean, z_log_var)
    check.number("learning_rate", learning_rate, above=0)
    if log_likelihood is None:
        decoder: Any = getattr(logits, "__self__", None)
        log_likelihood = (getattr(decoder, "likelihood", None) or Bernoulli()).log_prob
    points, weights = hermite_nodes(check.integer("nodes", nodes), z_mean.shape[1])
    pictures = keras.ops.convert_to_tensor(np.repeat(x, len(points), axis=0), "float32")
    values = z_mean, np.exp(z_log_var / 2), z_log_var, points, weights[:, None]
    first, width, log_var, points, weights = (keras.ops.cast(v, "float32") for v in values)

    def loss(mean: Tensor, log_variance: Tensor) -> Tensor:
        z = mean[:, None] + keras.ops.exp(log_variance[:, None] / 2) * points
        found = log_likelihood(pictures, logits(keras.ops.reshape(z, (-1, z.shape[-1]))))
        found = keras.ops.reshape(keras.ops.cast(found, "float32"), (len(x), -1))
        expected = keras.ops.matmul(found, weights)[:, 0]
        return keras.ops.sum(gaussian_kl(mean, log_variance) - expected)

    posteriors = _Posteriors(first, width, log_var, loss)
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, check.integer("steps", steps))
    posteriors.compile(keras.optimizers.Adam(rate))
    posteriors.fit(np.zeros((steps, 1)), batch_size=1, verbose=0)  # the data are in the loss
    fitted = posteriors(None)
    return tuple(keras.ops.convert_to_numpy(value).astype("float64") for value in fitted)


class _Posteriors(keras.Model):
    """Normal distributions whose parameters are its weights, in units of where they start."""

    def __init__(self, mean: Tensor, width: Tensor, log_var: Tensor, loss_of: Callable) -> None:
        super().__init__(name="posteriors", dtype="float32")
        self.start, self.loss_of = (mean, width, log_var), loss_of
        self.shift = self.add_weight(mean.shape, "zeros", name="shift")
        self.growth = self.add_weight(mean.shape, "zeros", name="growth")
        self.built = True

    def call(self, _: Any) -> tuple[Tensor, Tensor]:
        mean, width, log_var = self.start
        return mean + width * self.shift, log_var + 2 * self.growth

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        return self.loss_of(*y_pred)
