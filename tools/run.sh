#!/bin/sh
# Run .venv's Python, for the course alone: a reader's own Matplotlib style and IPython start-up files would change what
# notebooks show. And where there is no home, or one that cannot be written to, with a home inside .venv.
set -eu
unset CDPATH
here=$(cd -- "$(dirname -- "$0")/.." && pwd -P)
export MPLCONFIGDIR="$here/.venv/matplotlib" IPYTHONDIR="$here/.venv/ipython"
if ! { [ -d "${HOME:-}" ] && [ -w "$HOME" ]; }; then
    export HOME="$here/.venv/home"
    unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR
    mkdir -p "$HOME"
fi
exec "$here/.venv/bin/python" "$@"
