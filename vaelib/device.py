"""Start TensorFlow quietly, and take a GPU when there is one.

Every other module that needs Keras imports this one first: TensorFlow writes a few lines of its own to the terminal
while it loads ("could not find cuda drivers", "oneDNN custom operations are on"), before any log setting applies.
They look like errors in a notebook and are none.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vaelib.checks import as_seed

# Read by TensorFlow's C++ side while it is imported. oneDNN reorders sums, and gains nothing on a model of this size.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
# The course is written for TensorFlow; a backend set for another project would only lead to a confusing failure.
os.environ["KERAS_BACKEND"] = "tensorflow"
# A notebook's %tensorboard looks for the program on the PATH, where it is only if the environment was activated.
_tensorboard = shutil.which("tensorboard", path=str(Path(sys.executable).parent))
if _tensorboard is not None:
    os.environ.setdefault("TENSORBOARD_BINARY", _tensorboard)


@contextlib.contextmanager
def _muted_stderr() -> Iterator[None]:
    """Hold back what C++ code writes to file descriptor 2; show it after all if the block raises."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        saved = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            held.seek(0)
            sys.stderr.write(held.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


with _muted_stderr():
    import keras
    import tensorflow as tf

# What another project has written to ~/.keras/keras.json would change every number of the course.
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")


def set_up(seed: int = 0) -> str:
    """Seed everything, take a GPU if there is one, and say on what the notebook will run.

    Args:
        seed: for Python, NumPy and Keras alike; the same seed gives the same run on the same machine.

    Returns:
        One line for a person: the device and the number of CPU cores.

    Raises:
        TypeError: if `seed` is not an integer.
        ValueError: if it is negative, or 2³² or more.

    With a GPU, memory growth is switched on (TensorFlow otherwise takes all of the card's memory at once) and
    operations are made deterministic. On a CPU the same seed is enough to repeat a run bit for bit, and asking for
    more would switch XLA off.
    """
    keras.utils.set_random_seed(as_seed("seed", seed))
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"CPU ({os.cpu_count()} cores)"
    for gpu in gpus:
        # TensorFlow refuses (RuntimeError) once a card is in use, as when a cell is run a second time.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_op_determinism()
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    return f"GPU ({', '.join(names)})"
