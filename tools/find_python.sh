#!/bin/sh
# Print the command of a Python that suits the course: the one that PYTHON names, or the first on the PATH.
set -eu
if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11 python; fi
found=
for candidate in "$@"; do
    [ -n "${PYTHON:-}" ] || command -v "$candidate" >/dev/null || continue
    # A launcher can be there and yet not start (a version manager's, for a version that is not chosen).
    if reason=$("$candidate" "$(dirname -- "$0")/check_python.py" 2>/dev/null); then
        printf '%s\n' "$candidate"
        exit
    fi
    found="${found:+$found; }${reason:-$candidate, which does not start}"
done
echo "Needed: Python 3.11, 3.12 or 3.13. Found: ${found:-none}. Name another: make setup PYTHON=/path/to/python3.12" >&2
exit 1
