"""What the benchmarks share: data that never stop, and files that name their machine."""

import datetime
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from vaelib._files import atomic_path
from vaelib.runtime import keras, tf

RESULTS = Path(__file__).parent / "results"


def endless(x: np.ndarray, batch_size: int) -> tf.data.Dataset:
    """Batches of `x`, shuffled anew each time round, without an end: to be used with
    `steps_per_epoch`.

    `fit` on an array makes a new iterator for every epoch, and tf.data takes up to a second to take
    an old one with its tuning thread apart. One iterator for the whole run, and no tuning of two
    steps that need none, avoid both.
    """
    held = tf.constant(x)
    order = tf.data.Dataset.range(len(x)).shuffle(len(x)).repeat().batch(batch_size)
    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    return order.map(lambda rows: tf.gather(held, rows)).prefetch(2).with_options(options)


def cpu_name() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, cores, memory, system and versions; and the day."""
    gpus = [
        tf.config.experimental.get_device_details(gpu)
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    backend = keras.config.backend()
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "processor": cpu_name(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "gpus": [details.get("device_name", "unknown") for details in gpus],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        backend: version(backend),
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def cells(runs: list[dict[str, Any]], columns: dict[str, tuple[str, str]]) -> list[str]:
    """A row of a table: for each column, a title and a form by key, one run after the other."""
    return [
        ", ".join(form.format(run[key]) for run in runs if key in run) or "–"
        for key, (_, form) in columns.items()
    ]


def save(name: str, found: dict[str, Any]) -> None:
    """Write `results/NAME.json`, whole or not at all."""
    save_text(f"{name}.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def save_text(name: str, text: str) -> None:
    """Write `results/NAME`, whole or not at all."""
    with atomic_path(RESULTS / name) as temporary:
        temporary.write_text(text, encoding="utf-8")
