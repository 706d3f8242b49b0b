"""Leave of a lock what requirements.lock hasn't got: tools/lock_beyond.py requirements-jax.lock."""

import re
import sys
from pathlib import Path


def entries(lock: str) -> list[tuple[str, str]]:
    """The packages of a lock: each with its hashes, and its name."""
    return re.findall(r"^(([\w.-]+)==.*\n(?:    .*\n)*)", lock, re.MULTILINE)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    known = {name for _, name in entries(Path("requirements.lock").read_text())}
    path.write_text("".join(e for e, name in entries(path.read_text()) if name not in known))
