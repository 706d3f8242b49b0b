#!/bin/sh
# Open JupyterLab on the first notebook: for this machine only (localhost, with a token), a .py opening as a notebook.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

first=$(ls notebooks | grep '^[0-9].*\.ipynb$' | head -n 1)
set -- --ServerApp.ip=127.0.0.1 --ServerApp.root_dir="$PWD" --LabApp.default_url="/lab/tree/notebooks/$first" \
    --ServerApp.answer_yes=True --KernelManager.transport_encryption=auto
if [ "$(id -u)" -eq 0 ]; then
    echo "Running as root: all right in a container, not on a machine that others use."
    set -- "$@" --allow-root
fi
if [ "$(uname)" != Darwin ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    set -- "$@" --no-browser
fi
# Where JupyterLab learns to open a .py by jupytext, and not to ask the network for news; what the reader has set in
# JupyterLab itself still comes first.
export JUPYTER_CONFIG_PATH="$PWD/tools/jupyter${JUPYTER_CONFIG_PATH:+:$JUPYTER_CONFIG_PATH}"
exec sh tools/run.sh tools/lab.py "$@"
