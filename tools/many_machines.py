"""Train the model of notebook 03 in several processes: on this machine, or on several.

    python tools/many_machines.py --here 2 runs/two
    python tools/many_machines.py --coordinator HOST:PORT --processes 2 --rank 0 runs/two

The first command starts two processes here. The second is given on every machine, each time with
another rank; HOST is the machine of rank 0. Every process computes its share of each batch, and all
of them apply the mean gradient. Process 0 keeps the run in the folder: `state.npz` after every
epoch, from which the same command goes on, and `vae.keras` at the end. See docs/many-machines.md.
"""

import argparse
import importlib.util
import multiprocessing
import os
import signal
import socket
import sys
import time
import traceback
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np

LOST = 75  # exit status of a process that has lost another


def arguments() -> argparse.Namespace:
    """The command line; if it makes no sense, a message and the end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where process 0 keeps the run")
    parser.add_argument("--here", type=int, metavar="N", help="start N processes here, on the CPU")
    parser.add_argument("--coordinator", metavar="HOST:PORT", help="where process 0 listens")
    parser.add_argument("--processes", type=int, metavar="N", help="on all machines together")
    parser.add_argument("--rank", type=int, metavar="I", help="which of them this is, from 0")
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--batch-size", type=int, default=250, help="of all processes together")
    parser.add_argument("--peak", type=float, default=0.02, help="the highest learning rate")
    parser.add_argument("--activation", default="relu", help="of the hidden layers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--digits", type=int, default=60_000, help="how many to train on")
    given = parser.parse_args()
    if importlib.util.find_spec("jax") is None:
        parser.error("this needs JAX: pip install '.[jax]'")
    if given.here:
        with socket.socket() as listener:
            listener.bind(("localhost", 0))
            given.coordinator = f"localhost:{listener.getsockname()[1]}"
        given.processes = given.here
    elif None in (given.coordinator, given.processes, given.rank):
        parser.error("give --here, or all of --coordinator, --processes and --rank")
    if given.batch_size % given.processes:
        parser.error(f"{given.processes} processes cannot share a batch of {given.batch_size}")
    return given


def main() -> str | None:
    """Start the processes of this machine; if one fails, end the others and say how to go on."""
    given = arguments()
    given.folder.mkdir(parents=True, exist_ok=True)
    os.environ["KERAS_BACKEND"] = "jax"
    if given.here:
        os.environ["JAX_PLATFORMS"] = "cpu"  # each of them would take the same card
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    process = multiprocessing.get_context("spawn").Process
    ranks = range(given.here) if given.here else [given.rank]
    workers = {rank: process(target=work, args=(given, rank), daemon=True) for rank in ranks}
    try:
        for worker in workers.values():
            worker.start()
        running = list(workers.values())
        while running and not any(worker.exitcode for worker in workers.values()):
            wait([worker.sentinel for worker in running])
            running = [worker for worker in running if worker.exitcode is None]
        if any(worker.exitcode for worker in workers.values()):
            time.sleep(0.5)  # the lost one may be noticed after the one that lost it
            return ending(given, {rank: worker.exitcode for rank, worker in workers.items()})
    except KeyboardInterrupt:
        return f"Interrupted. {going_on(given)}"
    finally:
        for worker in workers.values():
            worker.kill()
    return None


def ending(given: argparse.Namespace, codes: dict[int, int | None]) -> str:
    """What has happened, by the exit statuses of this machine's processes, and how to go on."""
    failed = {rank: code for rank, code in codes.items() if code}
    # JAX aborts a process that no longer hears from process 0.
    causes = {rank: code for rank, code in failed.items() if code not in (LOST, -signal.SIGABRT)}
    rank, code = next(iter((causes or failed).items()))
    log = given.folder / f"process-{rank}.log"
    if not causes:
        happened = "no longer reaches one of the others"
    elif code < 0:
        happened = f"is gone ({signal.Signals(-code).name})"
    else:
        happened = f"has failed: {log.read_text(encoding='utf-8').splitlines()[-1]}"
    return f"Process {rank} of {given.processes} {happened}. Its log: {log}\n{going_on(given)}"


def going_on(given: argparse.Namespace) -> str:
    """What the same command will do."""
    if not given.here and given.rank:
        kept = "the last epoch that process 0 has kept"
    else:
        path = given.folder / "state.npz"
        kept = f"epoch {len(np.load(path)['loss']) if path.exists() else 0}"
    commands = "command" if given.here else "commands on all machines"
    return f"Start again with the same {commands}, and the run goes on after {kept}."


def work(given: argparse.Namespace, rank: int) -> None:
    """One process: train, with everything but process 0's progress in a log file."""
    log = (given.folder / f"process-{rank}.log").open("w", encoding="utf-8")
    for stream in (sys.stderr, sys.stdout) if rank else (sys.stderr,):
        os.dup2(log.fileno(), stream.fileno())
    try:
        from one_of_many import train  # takes seconds, which the first process needs not wait for

        train(given, rank)
    except Exception as error:
        traceback.print_exc()
        # sys.exit would let JAX wait for the others, who may be gone.
        os._exit(LOST if "Gloo" in str(error) else 1)


if __name__ == "__main__":
    sys.exit(main())
