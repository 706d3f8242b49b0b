"""Start JupyterLab with the given options, say in three lines what a reader needs, log the rest.

sh tools/lab.sh
"""

import re
import signal
import subprocess
import sys
from pathlib import Path

LOG = Path(__file__).parent.parent / ".venv/lab.log"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab/tree/\S+token=\w+")
WHAT_TO_DO = """The course is at {address}
If no browser opens by itself, copy that address, all of it, into one.
To stop: press Ctrl-C here. (What JupyterLab says meanwhile is in .venv/lab.log.)"""


def main(options: list[str]) -> int:
    """Run JupyterLab until it is stopped; returns its exit status."""
    LOG.write_text("")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    # Programs that a shell starts in the background ignore Ctrl-C otherwise.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    told, stopped, said = False, False, ""
    with LOG.open("a", buffering=1) as log:  # appending: a second JupyterLab may write there, too
        while process.poll() is None:
            try:
                for line in process.stdout:
                    log.write(line)
                    said += "" if told else line
                    if not told and (found := ADDRESS.search(line)):
                        print(WHAT_TO_DO.format(address=found[0]), flush=True)
                        told = True
                process.wait()
            except KeyboardInterrupt:  # JupyterLab gets it, too, but while it starts it may miss it
                process.terminate()
                stopped = True
    if not told and not stopped:
        print(said, file=sys.stderr)
    return 0 if stopped else process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
