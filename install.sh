#!/bin/sh
# Installs Reseen into a virtual environment beside this file and shows that it works.
set -eu
cd "$(dirname "$0")"
python3 -m venv .venv
.venv/bin/pip install --quiet ".[openvino]"
echo "Reseen is installed; start it with: $(pwd)/.venv/bin/reseen find PHOTO FOOTAGE"
# Should the demonstration fail, the doctor says what is missing.
.venv/bin/reseen demo || .venv/bin/reseen doctor
