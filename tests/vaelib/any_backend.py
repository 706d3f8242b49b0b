"""What the tests ask of Keras's backends, each in its own words."""

import numpy as np
import pytest

from vaelib.runtime import keras

BACKEND = keras.config.backend()
# Some of Keras's functions work on JAX in single precision, whatever comes in.
ROUNDING = 1e-6 if BACKEND == "jax" else 0.0
needs_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="of TensorFlow alone")


def arrays(tensors):
    """Tensors, also nested ones, as NumPy's arrays."""
    return keras.tree.map_structure(keras.ops.convert_to_numpy, tensors)


def gradients(function, *inputs):
    """The values of a function, and the gradients of their sum with respect to each input."""
    if BACKEND == "jax":
        import jax

        inputs = [jax.numpy.asarray(value) for value in inputs]
        slopes = jax.grad(lambda *t: function(*t).sum(), argnums=range(len(inputs)))(*inputs)
        return [np.asarray(value) for value in (function(*inputs), *slopes)]
    if BACKEND == "torch":
        import torch

        tensors = [torch.tensor(value, requires_grad=True) for value in inputs]
        value = function(*tensors)
        value.sum().backward()
        return arrays([value, *(tensor.grad for tensor in tensors)])
    import tensorflow as tf

    tensors = [tf.constant(value) for value in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
    return arrays([value, *tape.gradient(value, tensors)])
