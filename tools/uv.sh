#!/bin/sh
# Run .venv's uv, with what it does not find out by itself: sh tools/uv.sh install …
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."
# uv does not look into pip's settings, where a mirror may be named.
if [ -z "${UV_DEFAULT_INDEX:-}" ]; then
    export UV_DEFAULT_INDEX="${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}"
fi
# Where Python may store no bytecode, it would compile everything anew at every start.
if [ -n "${PYTHONDONTWRITEBYTECODE:-}" ]; then export UV_COMPILE_BYTECODE=1; fi
exec sh tools/run.sh -m uv pip "$@" --python .venv/bin/python # run.sh: its cache needs a home
