#!/bin/sh
# Run a command on another backend of Keras: sh tools/backend.sh jax COMMAND. What JAX or PyTorch ("torch") needs beyond
# .venv's packages is installed into .venv/jax or .venv/torch the first time, and .venv stays as it is.
set -eu
unset CDPATH
here=$(cd -- "$(dirname -- "$0")/.." && pwd -P)
backend=$1
shift
lock="$here/requirements-$backend.lock" folder="$here/.venv/$backend"
case "$backend" in jax | torch) ;; *)
    echo "BACKEND must be jax or torch, got: $backend" >&2
    exit 1
    ;;
esac

if ! cmp -s "$lock" "$folder/.lock"; then # the copy is written last
    echo "Installing what Keras needs for $backend ..." >&2
    rm -rf "$folder"
    sh "$here/tools/uv.sh" install --quiet --no-deps --require-hashes --requirements "$lock" --target "$folder"
    cp "$lock" "$folder/.lock"
fi
export KERAS_BACKEND="$backend" PYTHONPATH="$folder${PYTHONPATH:+:$PYTHONPATH}"
exec "$@"
