"""P(X|Z): what a decoder's output means, and how likely a picture is under it.

`logits` are what the decoder's last layer returns, any real numbers, shape (batch, ...), and the
pictures have that shape, too.
"""

from typing import Any

import numpy as np

from vaelib import _validation as check
from vaelib import elbo
from vaelib.elbo import Tensor
from vaelib.runtime import keras

register = keras.saving.register_keras_serializable(package="vaelib")


class Likelihood(keras.layers.Layer):
    """A distribution of pictures for each output of a decoder. Called with logits: its mean."""

    unit_interval = True  # whether pixels must lie in [0, 1]
    is_density = True  # whether log P(X|Z) may be positive

    def __init__(self, dtype: Any = "float32", **kwargs: Any) -> None:
        super().__init__(dtype=dtype, **kwargs)  # pictures are float32, also in half precision

    def log_prob(self, x: Tensor, logits: Tensor) -> Tensor:
        """log P(X|Z) of pictures: nats, shape (batch,)."""
        raise NotImplementedError

    def call(self, logits: Tensor) -> Tensor:
        """The expectation of a picture, which is what is shown."""
        raise NotImplementedError

    def logits(self, output: Tensor) -> Tensor:
        """The logits of a decoder that ends in a sigmoid, as many do: clipped at 1e-7, as Keras
        does in a cross-entropy of probabilities."""
        small = keras.config.epsilon()
        p = keras.ops.clip(keras.ops.cast(output, "float32"), small, 1 - small)
        return keras.ops.log(p) - keras.ops.log1p(-p)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape


@register
class Bernoulli(Likelihood):
    """Pixels that are ink with probability sigmoid(logit), each by itself.

    >>> print(np.asarray(Bernoulli().log_prob([[1.0, 0.0]], [[0.0, 0.0]])))  # two fair coins
    [-1.3862944]
    """

    is_density = False

    def log_prob(self, x: Tensor, logits: Tensor) -> Tensor:
        return elbo.bernoulli_log_likelihood(x, logits)

    def call(self, logits: Tensor) -> Tensor:
        return keras.ops.sigmoid(logits)


@register
class ContinuousBernoulli(Likelihood):
    """Grey pixels with the density C(λ)·λˣ(1 − λ)¹⁻ˣ, λ = sigmoid(logit).

    Their mean 1/(1 − e⁻ᵃ) − 1/a, with the logit a, is not λ. Source: Loaiza-Ganem & Cunningham,
    arXiv:1907.06845, equation (8).

    >>> logits = np.array([[0.0, 2.1972246]])  # λ = ½ and 0.9
    >>> print(np.asarray(ContinuousBernoulli()(logits)).round(3))
    [[0.5  0.67]]
    """

    def log_prob(self, x: Tensor, logits: Tensor) -> Tensor:
        return elbo.continuous_bernoulli_log_likelihood(x, logits)

    def call(self, logits: Tensor) -> Tensor:
        # ½ + ½ coth(a/2) − 1/a, and near 0, where the large terms cancel, its series.
        near = keras.ops.abs(logits) < 0.5
        a = keras.ops.where(near, 1.0, logits)
        closed = 0.5 / keras.ops.tanh(a / 2) - 1 / a
        b = keras.ops.where(near, logits, 0.0)
        series = b / 12 * (1 - b**2 / 60 * (1 - b**2 / 42))
        return 0.5 + keras.ops.where(near, series, closed)


@register
class Gaussian(Likelihood):
    """Normal pixels around the output, all of one standard deviation σ. They may be any numbers.

    σ is learned, from `sigma` on; `Gaussian(sigma, trainable=False)` fixes it.

    >>> print(np.asarray(Gaussian(sigma=1.0).log_prob([[0.5]], [[0.5]])))  # −½ log 2π
    [-0.9189385]
    """

    unit_interval = False

    def __init__(self, sigma: float = 0.2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first_sigma = check.number("sigma", sigma, above=0)
        start = keras.initializers.Constant(2 * np.log(self.first_sigma))
        self.log_var = self.add_weight(name="log_var", initializer=start)

    @property
    def sigma(self) -> float:
        """The standard deviation as it is now."""
        return float(keras.ops.exp(0.5 * self.log_var))

    def log_prob(self, x: Tensor, logits: Tensor) -> Tensor:
        return elbo.gaussian_log_likelihood(x, logits, self.log_var)

    def call(self, logits: Tensor) -> Tensor:
        return logits

    def logits(self, output: Tensor) -> Tensor:
        return output

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"sigma": self.first_sigma}


KINDS = {"bernoulli": Bernoulli, "continuous_bernoulli": ContinuousBernoulli, "gaussian": Gaussian}


def get(likelihood: "str | dict | Likelihood") -> Likelihood:
    """The likelihood of this name, one of `KINDS`, or the one that is given, or that was saved.

    >>> get("gaussian").sigma.__round__(2)
    0.2
    """
    if isinstance(likelihood, dict):
        likelihood = keras.saving.deserialize_keras_object(likelihood)
    if isinstance(likelihood, Likelihood):
        return likelihood
    if not isinstance(likelihood, str) or likelihood not in KINDS:
        raise ValueError(f"likelihood must be one of {list(KINDS)} or a Likelihood: {likelihood!r}")
    return KINDS[likelihood]()
