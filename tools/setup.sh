#!/bin/sh
# Make .venv hold exactly what the lock file says, and vaelib. Does nothing where that is so already.
#
# .venv/.ready is written last, so an interrupted set-up has none and is begun again. It holds what .venv was made from.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."
here=$(pwd -P)
python=.venv/bin/python
ready=.venv/.ready

# Once taken, the GPU packages stay: they do no harm on a CPU, and a plain `make lab` must not throw them away.
case "${GPU:-}" in
    "" | 0 | no) kind=$(cat .venv/.kind 2>/dev/null || echo cpu) ;;
    *) kind=gpu ;;
esac
lock=requirements.lock
[ "$kind" = cpu ] || lock=requirements-gpu.lock
packages="$kind $(cksum <"$lock") $here"
wanted="$packages $(cksum <pyproject.toml)"

is_ready() { [ "$(cat "$ready" 2>/dev/null)" = "$1" ] && "$python" -c 'import pip' 2>/dev/null; }
version_of() { "$1" -c 'import sys; print(sys.version_info[:2])' 2>/dev/null; }
# A Python that is named has its way, even if .venv is complete with another.
agrees() { [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON" || true)" = "$(version_of "$python")" ]; }

if is_ready "$wanted" && agrees; then exit 0; fi

# Two set-ups at once would write into each other's .venv. A lock whose owner is gone is nobody's.
if ! mkdir .venv.lock 2>/dev/null && kill -0 "$(cat .venv.lock/owner 2>/dev/null)" 2>/dev/null; then
    echo "Another set-up of this folder is running (process $(cat .venv.lock/owner)); wait for it to end." >&2
    exit 1
fi
echo $$ >.venv.lock/owner
trap 'rm -rf .venv.lock' EXIT
trap 'exit 130' HUP INT TERM

install() { "$python" -m pip install --disable-pip-version-check "$@"; }

# Packages are only ever installed into an empty environment: pip removes nothing that a new lock leaves out.
if ! { agrees && "$python" -c 'import pip' 2>/dev/null && grep -qF "$packages " "$ready" 2>/dev/null; }; then
    found=
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.13 python3.12 python3.11 python
    fi
    for candidate in "$@"; do
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
    echo "$kind" >.venv/.kind
    echo "Installing the packages of $lock (about 1 GB, some minutes) ..."
    quiet=--quiet
    [ ! -t 1 ] || quiet=--no-input # somebody is watching: show what pip is doing
    install "$quiet" --require-hashes -r "$lock"
fi

rm -f "$ready"
install --quiet --no-deps --no-build-isolation --editable .
echo "$wanted" >"$ready"
echo "The environment in .venv is complete."
