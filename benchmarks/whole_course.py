"""The whole course: seconds and peak memory of every notebook, each run from a fresh kernel.

    .venv/bin/python benchmarks/whole_course.py

The notebooks run in a copy of the folder, so that nothing of theirs is changed. Memory is that of
the largest process of a run, its kernel, at its largest: the maximum resident set size that the
system reports at the end. Writes `benchmarks/results/whole_course.json`; about five minutes on two
cores.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import RESULTS, machine, save

ROOT = Path(__file__).resolve().parent.parent
RUN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from rerun import execute, read_source
script = Path(sys.argv[1])
execute(read_source(script), script.parent, script.stem)
"""


def run(script: Path) -> tuple[float, float]:
    """Execute one notebook in a process of its own; seconds, and GB of the largest process."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", RUN, str(script), str(ROOT / "tools")])
    _, status, usage = os.wait4(
        process.pid, 0
    )  # of the process and of the kernel that it waited for
    seconds = time.perf_counter() - begun
    if status:
        raise RuntimeError(f"{script.name} failed")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def main() -> None:
    """Run all notebooks, print and keep."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "notebooks"
        shutil.copytree(
            ROOT / "notebooks", copy, ignore=shutil.ignore_patterns("runs", "*.ipynb*", ".*")
        )
        shutil.copytree(RESULTS, Path(folder) / "benchmarks" / "results")
        for script in sorted(copy.glob("[0-9]*.py")):
            seconds, memory = run(script)
            rows.append(
                {
                    "notebook": script.stem,
                    "seconds": round(seconds, 1),
                    "gigabytes": round(memory, 2),
                }
            )
            print(f"{script.stem}: {seconds:.0f} s, {memory:.2f} GB", flush=True)
    total = round(sum(row["seconds"] for row in rows), 1)
    print(f"together {total:.0f} s")
    save("whole_course", {"rows": rows, "seconds_together": total, "machine": machine()})


if __name__ == "__main__":
    main()
