"""What each process of `many_machines.py` does: train on its share of every batch.

The gradient is the mean over all shares, and so are the averages of batch normalisation; the random
numbers are drawn for the whole batch. What is learnt is what one process learns, but for rounding.
"""

import itertools
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.experimental.multihost_utils import broadcast_one_to_all

from vaelib._files import atomic_path
from vaelib.data import load_mnist
from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras, set_up
from vaelib.training.schedules import warmup_cosine

SILENCE = 40  # seconds without a sign of life after which a process is given up


def join(given: Namespace, rank: int) -> None:
    """Meet the other processes, and let Keras spread each batch over all of them."""
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    # keras.distribution.initialize does the same, but waits 100 s for a process that is gone.
    jax.distributed.initialize(
        given.coordinator, given.processes, rank, heartbeat_timeout_seconds=SILENCE
    )
    shared = keras.distribution.DataParallel(auto_shard_dataset=False)
    keras.distribution.set_distribution(shared)


def new_vae(given: Namespace, steps: int) -> Any:
    """The network, optimiser and learning rates of notebook 03; `steps` make an epoch."""
    total = given.epochs * steps
    vae = VAE(Encoder(activation=given.activation), Decoder(activation=given.activation))
    rate = warmup_cosine(total, given.peak, warmup=min(200, total // 3))
    vae.compile(optimizer=keras.optimizers.Adam(rate))
    vae.optimizer.build(vae.trainable_variables)
    return vae


def batches(x: np.ndarray, given: Namespace, rank: int, epoch: int) -> Iterator[tuple[np.ndarray]]:
    """This process's share of every batch, from an epoch on; all processes know the same order."""
    share = given.batch_size // given.processes
    for now in itertools.count(epoch):
        order = np.random.default_rng([given.seed, now]).permutation(len(x))
        for start in range(0, len(x) - given.batch_size + 1, given.batch_size):
            rows = order[start + rank * share :][:share]
            yield (x[rows],)


def variables(vae: Any) -> list[Any]:
    """All that a step changes: weights, averages, random generators and the optimiser's state."""
    return vae.variables + vae.optimizer.variables


def restore(vae: Any, path: Path, rank: int) -> dict[str, Any]:
    """Put all processes where process 0 has been, or starts; returns the epochs' history."""
    history: dict[str, Any] = {"loss": [], "seconds": []}
    values = [np.asarray(variable) for variable in variables(vae)]
    if rank == 0 and path.exists():
        with np.load(path) as kept:
            values = [kept[f"arr_{i}"] for i in range(len(values))]
            history = {name: list(kept[name]) for name in history}
    for variable, value in zip(variables(vae), broadcast_one_to_all(values), strict=True):
        where = variable.value.sharding  # all processes; Keras would compare the values once more
        variable.assign(jax.make_array_from_process_local_data(where, value))
    return history


def train(given: Namespace, rank: int) -> None:
    """Go on from the last epoch that process 0 has kept to the end."""
    if given.processes > 1:
        join(given, rank)
    set_up(given.seed)
    x = load_mnist()[0][0][: given.digits]
    steps = len(x) // given.batch_size
    vae = new_vae(given, steps)
    path = given.folder / "state.npz"
    history = restore(vae, path, rank)
    first = int(vae.optimizer.iterations) // steps
    begun = time.perf_counter()

    def keep(epoch: int, logs: dict[str, float]) -> None:
        nonlocal begun
        history["loss"].append(logs["loss"])
        history["seconds"].append(time.perf_counter() - begun)
        if rank == 0:
            with atomic_path(path) as temporary:
                np.savez(temporary, *map(np.asarray, variables(vae)), **history)
        begun = time.perf_counter()

    vae.fit(
        batches(x, given, rank, first),
        steps_per_epoch=steps,
        initial_epoch=first,
        epochs=given.epochs,
        shuffle=False,
        verbose=0 if rank else 2,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=keep)],
    )
    if rank == 0:
        keras.distribution.set_distribution(None)  # what Keras makes to save is no shared matter
        vae.save(given.folder / "vae.keras")
