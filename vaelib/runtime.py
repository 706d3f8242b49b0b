"""Start Keras's backend quietly, take a GPU if there is one, and keep chance repeatable.

The backend is TensorFlow, or what `KERAS_BACKEND` says: "jax" or "torch". All modules import Keras
from here: while TensorFlow loads, it writes lines of its own ("could not find cuda drivers"),
before any log setting applies, which look like errors in a notebook.
"""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator

from vaelib import _validation as check

NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
# Read by TensorFlow's C++ side during the import. oneDNN reorders sums, and gains nothing here.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
# JAX would take most of a card's memory at once.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
# A notebook's %tensorboard looks on the PATH, where an environment that is not activated is not.
_tensorboard = shutil.which("tensorboard", path=os.path.dirname(sys.executable))
os.environ.setdefault("TENSORBOARD_BINARY", _tensorboard or "tensorboard")
# Here, and not in ~/.keras/keras.json, is where another backend is asked for.
_asked = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
check.choice("KERAS_BACKEND", _asked, *NAMES)


@contextlib.contextmanager
def _muted_stderr() -> Iterator[None]:
    """Drop what C++ code writes to file descriptor 2; Python's errors carry their own text."""
    saved = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


with _muted_stderr():
    try:
        import keras
    except ModuleNotFoundError as error:
        hint = f"pip install '.[{_asked}]', or unset KERAS_BACKEND for TensorFlow"
        raise ImportError(f"KERAS_BACKEND is {_asked!r}, but {error}: {hint}") from error
    _backend = keras.config.backend()  # another, if Keras was imported before
    # Keras loads it on every backend, for seeds and files, but on the others can do without.
    with contextlib.nullcontext() if _backend == "tensorflow" else contextlib.suppress(ImportError):
        import tensorflow as tf

# What another project has written to ~/.keras/keras.json would change every number of the course.
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")


def set_up(seed: int = 0) -> str:
    """Seed Python, NumPy and Keras, take a GPU if there is one, and say in a line what it is.

    The same seed, from 0 to 2³² − 1, repeats a run on the same machine: on a CPU bit for bit, where
    TensorFlow's deterministic operations would only switch XLA off; on a GPU they are asked for,
    and so is memory growth, because TensorFlow otherwise takes all of the card's memory at once.

    >>> set_up(seed=0)  # doctest: +SKIP
    'TensorFlow, CPU (2 cores)'
    """
    keras.utils.set_random_seed(check.integer("seed", seed, 0, 2**32 - 1))
    if _backend == "tensorflow":
        cards, other = _tensorflow_cards(), ""
    else:
        place = str(keras.ops.zeros(1).device)  # such as "cuda:0" or "TFRT_CPU_0"
        cards = [] if "cpu" in place.lower() else [place]
        other = "; the stored outputs are TensorFlow's"
    device = ", ".join(cards) if cards else f"CPU ({os.cpu_count()} cores)"
    return f"{NAMES[_backend]}, {device}{other}"


def _tensorflow_cards() -> list[str]:
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        # TensorFlow refuses (RuntimeError) once a card is in use, as when a cell is run again.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    if gpus:
        tf.config.experimental.enable_op_determinism()
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return [f"GPU ({detail.get('device_name', 'unnamed')})" for detail in details]


def replicas() -> int:
    """How many devices' losses TensorFlow adds up, within a strategy's scope; otherwise 1."""
    return tf.distribute.get_strategy().num_replicas_in_sync if _backend == "tensorflow" else 1


@contextlib.contextmanager
def preserve_random_state(model: keras.Model) -> Iterator[None]:
    """Put a model's random generators back afterwards: an encoder draws a code at every call.

    >>> model = keras.Sequential([keras.layers.GaussianNoise(1.0, seed=0)])
    >>> with preserve_random_state(model):
    ...     first = model(keras.ops.zeros((1, 1)), training=True)
    >>> bool(first == model(keras.ops.zeros((1, 1)), training=True))
    True
    """
    generators = [v for v in model.non_trainable_variables if "seed_generator" in v.path]
    before = [keras.ops.convert_to_numpy(variable) for variable in generators]
    # PyTorch also draws from a generator of its own, as in dropout without a seed.
    own = sys.modules["torch"].random.fork_rng() if _backend == "torch" else None
    try:
        with own or contextlib.nullcontext():
            yield
    finally:
        for variable, value in zip(generators, before, strict=True):
            variable.assign(value)
