#!/bin/sh
# Installs Reseen into a virtual environment beside this file and shows that it works.
set -eu
cd "$(dirname "$0")"
python3 -m venv .venv
.venv/bin/pip install --quiet ".[openvino]"
echo "Reseen is installed; start it with: $(pwd)/.venv/bin/reseen find PHOTO FOOTAGE"
# The demonstration needs two networks; without them it says how to get them.
.venv/bin/reseen demo || .venv/bin/reseen doctor
