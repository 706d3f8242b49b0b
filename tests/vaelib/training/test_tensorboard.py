"""A real TensorBoard server on logs written as notebook 04 writes them."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from importlib.metadata import version

import numpy as np
import pytest

from vaelib.runtime import keras

pytestmark = pytest.mark.slow  # a server

# The program imports TensorFlow, and then Keras's backend: PyTorch may crash there (docs/gpu.md).
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}


@pytest.fixture(scope="module")
def run(make_vae, small_digits, tmp_path_factory):
    """The folder of a short run's log, and the history that Keras returned."""
    folder, x = tmp_path_factory.mktemp("runs"), small_digits
    vae = make_vae(rate=0.001)
    board = keras.callbacks.TensorBoard(folder / "a_run", write_graph=False)
    options = {"batch_size": 100, "epochs": 3, "verbose": 0}
    history = vae.fit(x[:500], validation_data=x[500:], callbacks=[board], **options).history
    return folder, history


@pytest.fixture(scope="module")
def ask(run):
    """Start the server on a free port of this machine; ask it for JSON; stop it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--logdir", str(run[0]), "--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "tensorboard.main", *options]
    nowhere = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, env=ENVIRONMENT)

    def get(path, **query):
        address = f"http://127.0.0.1:{port}/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)

    def wait(seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert server.poll() is None, "the server has stopped"
            try:
                if len(get("data/runs")) == 2:
                    return
            except urllib.error.URLError:
                pass
            time.sleep(0.3)
        raise TimeoutError("the server does not show the run")

    try:
        wait()
        yield get
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_it_shows_the_runs(ask):
    assert sorted(ask("data/runs")) == ["a_run/train", "a_run/validation"]


@pytest.mark.parametrize("quantity", ["loss", "reconstruction", "kl"])
@pytest.mark.parametrize(("part", "prefix"), [("train", ""), ("validation", "val_")])
def test_every_epoch_is_there_with_its_value(ask, run, quantity, part, prefix):
    points = ask("data/plugin/scalars/scalars", run=f"a_run/{part}", tag=f"epoch_{quantity}")
    assert [step for _, step, _ in points] == [0, 1, 2]
    np.testing.assert_allclose(
        [value for *_, value in points], run[1][prefix + quantity], rtol=1e-6
    )


def test_it_shows_the_learning_rate(ask):
    points = ask("data/plugin/scalars/scalars", run="a_run/train", tag="epoch_learning_rate")
    np.testing.assert_allclose([value for *_, value in points], [0.001] * 3, rtol=1e-6)


def test_a_notebook_finds_the_program_though_it_is_not_on_the_path():
    code = """
import os, subprocess
import vaelib.runtime
subprocess.run([os.environ["TENSORBOARD_BINARY"], "--version_tb"])
"""
    bare = {k: v for k, v in ENVIRONMENT.items() if k not in ("PATH", "TENSORBOARD_BINARY")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=bare, capture_output=True, text=True, check=True)
    assert version("tensorboard") in done.stdout
