#!/bin/sh
# Make .venv hold exactly what the lock file says, and vaelib. Does nothing where that is so already.
#
# .venv/.ready is written last, so an interrupted set-up has none and is begun again. It holds what .venv was made from.
set -eu
cd "$(dirname "$0")/.."

python=.venv/bin/python
ready=.venv/.ready
if [ -n "${GPU:-}" ] || grep -q '^gpu' "$ready" 2>/dev/null; then
    lock=requirements-gpu.lock kind=gpu # once taken, the GPU packages stay: they do no harm on the CPU
else
    lock=requirements.lock kind=cpu
fi
wanted="$kind $(cat "$lock" pyproject.toml | cksum) $PWD"

works() { [ -f "$ready" ] && "$python" -c 'import pip' 2>/dev/null; }

if works && [ "$(cat "$ready")" = "$wanted" ]; then exit 0; fi

# A complete environment of this folder is brought up to date; whatever else stands there is made anew.
if ! { works && [ "$(sed 's/^[a-z]* [0-9]* [0-9]* //' "$ready")" = "$PWD" ]; }; then
    found=
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if ! command -v "$candidate" >/dev/null 2>&1; then
            [ -z "${PYTHON:-}" ] || found="no command $candidate"
            continue
        fi
        # A launcher can be there and yet not start (a version manager's, for a version that is not chosen).
        if reason=$("$candidate" tools/check_python.py 2>/dev/null); then chosen=$candidate && break; fi
        found="${found:+$found; }${reason:-$candidate, which does not start}"
    done
    if [ -z "${chosen:-}" ]; then
        echo "Needed: Python 3.11, 3.12 or 3.13. Found: ${found:-none}. Name another: make setup PYTHON=/path/to/python3.12" >&2
        exit 1
    fi
    echo "Making .venv with $("$chosen" --version) ..."
    rm -f "$ready"
    "$chosen" -m venv --clear .venv
fi

rm -f "$ready"
echo "Installing the packages of $lock (the first time about 1 GB, some minutes) ..."
"$python" -m pip install --disable-pip-version-check --quiet --require-hashes -r "$lock"
"$python" -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
echo "$wanted" >"$ready"
echo "The environment in .venv is complete."
