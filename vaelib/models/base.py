"""What models of pictures share: a look at the data before training, and files written whole."""

import contextlib
import inspect
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Self

import numpy as np

from vaelib import _validation as check
from vaelib._files import PathLike, atomic_path
from vaelib.models.guard import Guard, fault_of, is_array
from vaelib.runtime import keras


class PictureModel(keras.Model):
    """A `keras.Model` that refuses arrays it cannot learn from, and ends a run that diverges."""

    unit_interval = True  # whether pixels must lie in [0, 1]
    is_density = True  # whether the log-likelihood may be positive
    explains_y = True  # whether `y`, if it is given, is what is to be explained in place of `x`
    image_shape: tuple[int, ...]  # set by a subclass
    reconstruct: Callable[[Any], Any]  # by a subclass: what `predict` returns for a batch
    parts: tuple[str, ...] = ()  # by a subclass: which of its arguments are models

    @property
    def steps_per_execution(self) -> int:
        """As `compile` was told; but PyTorch comes back to Python after each step in any case."""
        return 1 if keras.config.backend() == "torch" else self._steps_at_a_stretch

    @steps_per_execution.setter
    def steps_per_execution(self, steps: int) -> None:
        self._steps_at_a_stretch = steps

    def predict_step(self, *state_and_data: Any) -> Any:
        *state, data = state_and_data  # JAX hands over the weights, too, and wants them back
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        if not state:
            return self.reconstruct(x)
        trainable, others = state[0]
        variables = self.trainable_variables + self.non_trainable_variables
        with keras.StatelessScope(list(zip(variables, [*trainable, *others], strict=True))):
            return self.reconstruct(x), others

    @wraps(keras.Model.fit)
    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        return self._guarded(super().fit, args, kwargs)

    @wraps(keras.Model.evaluate)
    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        return self._guarded(super().evaluate, args, kwargs)

    @wraps(keras.Model.train_on_batch)
    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        return self._guarded(super().train_on_batch, args, kwargs)

    @wraps(keras.Model.test_on_batch)
    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        return self._guarded(super().test_on_batch, args, kwargs)

    def _guarded(self, method: Callable, args: tuple, kwargs: dict) -> Any:
        """Look at arrays before a method of Keras, and at streams if it fails."""
        signature = inspect.signature(method)
        call = signature.bind(*args, **kwargs)
        names = ("x", "y", "sample_weight", "class_weight")
        self._check_data(*(call.arguments.get(name) for name in names))
        validation = call.arguments.get("validation_data")
        if isinstance(validation, tuple | list):
            self._check_data(*validation, of="validation_data's ")
        within_fit = "_use_cached_eval_dataset" in kwargs  # which has a guard
        if "callbacks" in signature.parameters and not within_fit:
            # Before all other callbacks: none of them shall keep a broken model.
            callbacks = [Guard(), call.arguments.get("callbacks") or []]
            call.arguments["callbacks"] = keras.tree.flatten(callbacks)
        try:
            return method(*call.args, **call.kwargs)
        except RuntimeError as error:
            for stream in (call.arguments.get("x"), validation):
                if fault := fault_of(stream, self.unit_interval, self.explains_y):
                    raise ValueError(fault) from error
            raise

    def _check_data(self, x: Any, y: Any = None, *weights: Any, of: str = "") -> None:
        """`y` is what is to be explained, if it is given, and then `x` may be any numbers."""
        _refuse_weights(*weights)
        if is_array(x):
            shape = check.batch(f"{of}x", x).shape
            check.same_shape(f"{of}x", shape, "pictures", (None, *self.image_shape))
        if is_array(y):
            name, shape = f"{of}y (leave it out, or give pictures)", check.array(f"{of}y", y).shape
            check.same_shape(name, shape, "the output", (None, *self.image_shape))
        explained, name = (x, "x") if y is None else (y, "y")
        if self.unit_interval and is_array(explained):
            check.unit_interval(f"{of}{name}", np.asarray(explained))

    def checked_target(self, x: Any, y: Any, sample_weight: Any) -> Any:
        """What a training step explains, a tensor: `y` if it is given, and otherwise `x`."""
        if self.loss is not None:
            raise ValueError(f"loss: the model brings its own, got {self.loss!r}")
        _refuse_weights(sample_weight)
        target, name = x if y is None else y, "y (leave it out, or give pictures)"
        check.same_shape(name, target.shape, "the output", (None, *self.image_shape))
        return keras.ops.cast(target, self.variable_dtype)

    def placeholder(self) -> Any:
        """What the model is called with, in any number."""
        return keras.Input(self.image_shape)

    def get_config(self) -> dict[str, Any]:
        save = keras.saving.serialize_keras_object
        return super().get_config() | {name: save(getattr(self, name)) for name in self.parts}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        load = keras.saving.deserialize_keras_object
        return cls(**config | {name: load(config[name], custom_objects) for name in cls.parts})

    @wraps(keras.Model.export)
    def export(self, *args: Any, **kwargs: Any) -> None:
        if keras.config.backend() == "torch":
            raise RuntimeError(
                "export needs TensorFlow or JAX: save a .keras file, and load it there"
            )
        self.built = False  # so that Keras notes the shape, which it exports
        self(self.placeholder())
        super().export(*args, **kwargs)

    @wraps(keras.Model.get_compile_config)
    def get_compile_config(self) -> Any:
        config = super().get_compile_config()
        optimizer = (config or {}).get("optimizer")
        if isinstance(optimizer, dict) and optimizer["module"].startswith("keras.src.backend."):
            optimizer["module"] = "keras.optimizers"  # not PyTorch's own class, which others lack
        return config

    @wraps(keras.Model.save)
    def save(self, filepath: PathLike, overwrite: bool = True, **kwargs: Any) -> None:
        with _atomic(filepath, overwrite) as path:
            super().save(path, overwrite=overwrite, **kwargs)

    @wraps(keras.Model.save_weights)  # a backup during training comes this way, too
    def save_weights(self, filepath: PathLike, overwrite: bool = True, **kwargs: Any) -> None:
        with _atomic(filepath, overwrite and "max_shard_size" not in kwargs) as path:
            super().save_weights(path, overwrite=overwrite, **kwargs)


def _refuse_weights(*weights: Any) -> None:
    if any(weight is not None for weight in weights):
        raise ValueError("sample_weight and class_weight are refused: all pictures count alike")


def _atomic(filepath: Any, overwrite: bool) -> contextlib.AbstractContextManager:
    """A temporary name for a local file; folders, addresses and questions are Keras's business."""
    local = isinstance(filepath, str | os.PathLike) and "://" not in str(filepath)
    whole = local and Path(filepath).parent.is_dir() and not Path(filepath).is_dir()
    return atomic_path(filepath) if whole and overwrite else contextlib.nullcontext(filepath)
