"""A decoder's log P(X|Z) as a function of arrays, which is what bounds and quadrature ask for."""

from collections.abc import Callable, Iterator

import numpy as np

from vaelib import _validation as check
from vaelib.likelihoods import Bernoulli, Likelihood
from vaelib.runtime import keras

LogLikelihood = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of pictures and codes
CODES_AT_ONCE = 4_000  # decoded in one call, 10 kB each with MNIST; more would also be slower


def paired_log_likelihood(decoder: keras.Model) -> LogLikelihood:
    """log P(x_i|z_i): n pictures, each under its own code, to shape (n,).

    >>> from vaelib.models import Decoder
    >>> paired_log_likelihood(Decoder())(np.zeros((5, 28, 28, 1)), np.zeros((5, 2))).shape
    (5,)
    """
    likelihood = _of(decoder)
    if isinstance(likelihood, Bernoulli):
        return _bernoulli(decoder, "ij,ij->i")

    def log_likelihood(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        logits = decoder.logits(z.astype("float32"), training=False)
        found = likelihood.log_prob(x.astype("float32"), logits)
        return keras.ops.convert_to_numpy(found).astype("float64")

    return log_likelihood


def pairwise_log_likelihood(decoder: keras.Model) -> LogLikelihood:
    """log P(x_i|z_j): n pictures under all of m codes, to shape (n, m).

    >>> from vaelib.models import Decoder
    >>> pairwise_log_likelihood(Decoder())(np.zeros((5, 28, 28, 1)), np.zeros((3, 2))).shape
    (5, 3)
    """
    likelihood = _of(decoder)
    if isinstance(likelihood, Bernoulli):
        return _bernoulli(decoder, "ik,jk->ij")

    def log_likelihood(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        logits = decoder.logits(z.astype("float32"), training=False)
        repeated = (np.broadcast_to(each, logits.shape) for each in x.astype("float32"))
        found = [likelihood.log_prob(each, logits) for each in repeated]
        return keras.ops.convert_to_numpy(keras.ops.stack(found)).astype("float64")

    return log_likelihood


def _of(decoder: keras.Model) -> Likelihood:
    check.attributes("decoder", decoder, "logits")
    return getattr(decoder, "likelihood", None) or Bernoulli()


def _bernoulli(decoder: keras.Model, product: str) -> LogLikelihood:
    """Σ x·logit − log(1 + e^logit) is linear in x: one product, and a sum for each code."""

    def log_likelihood(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        logits = decoder.logits(z.astype("float32"), training=False)
        logits = keras.ops.cast(keras.ops.reshape(logits, (len(z), -1)), "float32")
        x = x.reshape(len(x), -1).astype("float32")
        check.same_shape("x", x.shape, "the decoder's pictures", (None, logits.shape[1]))
        normalizer = keras.ops.sum(keras.ops.softplus(logits), axis=1)
        found = keras.ops.einsum(product, x, logits) - normalizer
        return keras.ops.convert_to_numpy(found).astype("float64")

    return log_likelihood


def evaluated(function: LogLikelihood, x: np.ndarray, z: np.ndarray, shape: tuple) -> np.ndarray:
    """What a likelihood says, or a ValueError if it has another shape, which would broadcast."""
    found = np.asarray(function(x, z))
    check.same_shape("what log_likelihood returns", found.shape, "what is expected", shape)
    return found


def slices(n: int, codes_each: int = 1) -> Iterator[slice]:
    """0 to n in pieces of at most `CODES_AT_ONCE` codes, and at least one."""
    size = max(1, CODES_AT_ONCE // codes_each)
    for start in range(0, n, size):
        yield slice(start, min(n, start + size))
