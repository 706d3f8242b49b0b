#!/bin/sh
# Make .venv hold exactly what the lock file says, and vaelib. Does nothing where that is so already.
# .venv/.ready, written last, says from what and where .venv was made. Without it .venv is made anew: uv takes a package
# of which half is there for a whole one.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."
here=$(pwd -P) python=.venv/bin/python ready=.venv/.ready

# Once taken, the GPU packages stay: they do no harm on a CPU, and a plain `make lab` must not throw them away.
case "${GPU:-}" in "" | 0 | no) kind=$(cat .venv/.kind 2>/dev/null || echo cpu) ;; *) kind=gpu ;; esac
if [ "$kind" = gpu ]; then lock=requirements-gpu.lock; else lock=requirements.lock; fi
sums="$(cksum <"$lock") $(cksum <pyproject.toml)"

version() { "$1" -c 'import sys; print(sys.version_info[:2])' 2>/dev/null || true; }
sound() { # completed in this folder, still starting, and of the Python that is named, if one is
    [ "$(sed -n 2p "$ready" 2>/dev/null)" = "$here" ] && "$python" -c 'import uv' 2>/dev/null || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version "$PYTHON")" = "$(version "$python")" ]
}
if sound && [ "$(sed -n 1p "$ready")" = "$sums" ]; then exit 0; fi

# Two set-ups at once would write into each other's .venv. A lock whose owner is gone is nobody's.
if ! mkdir .venv.lock 2>/dev/null && kill -0 "$(cat .venv.lock/owner 2>/dev/null)" 2>/dev/null; then
    echo "Another set-up of this folder is running (process $(cat .venv.lock/owner)); wait for it to end." >&2
    exit 1
fi
echo $$ >.venv.lock/owner
trap 'rm -rf .venv.lock' EXIT; trap 'exit 130' HUP INT TERM

new=
sound || new=$(sh tools/find_python.sh)
rm -f "$ready"
if [ -n "$new" ]; then
    echo "Making .venv with $("$new" --version) (the first time about 1 GB is fetched) ..."
    "$new" -m venv --clear .venv
fi
echo "$kind" >.venv/.kind

# pip only installs uv, with the lock's own hashes; uv does the rest, in a fraction of pip's time.
sed -n '/^uv==/,/[^\\]$/p' "$lock" |
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r /dev/stdin
sync() { sh tools/uv.sh sync --require-hashes "$lock" "$@"; }
sync --offline 2>/dev/null || if [ -t 2 ]; then sync; else sync --quiet; fi # what is there already needs no network
sh tools/uv.sh install --quiet --offline --no-deps --no-build-isolation --editable .
printf '%s\n' "$sums" "$here" >"$ready"
echo "The environment in .venv is complete."
