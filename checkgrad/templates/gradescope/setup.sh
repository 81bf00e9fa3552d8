#!/usr/bin/env bash
# Runs once, when Gradescope builds the image. checkgrad is the wheel beside this file.
# Where no package index answers, put the wheels of all the others beside it as well:
#   python3.11 -m pip download --dest . --find-links . "checkgrad=={{ checkgrad }}" "numpy=={{ numpy }}"
set -euo pipefail
cd "$(dirname "$0")"

# Ubuntu 22.04 comes with Python 3.10, which is too old, and has 3.11 beside it.
python=$(command -v python3.13 || command -v python3.12 || command -v python3.11 || true)
if [ -z "$python" ]; then
    apt-get update
    apt-get install -y --no-install-recommends python3.11 python3.11-venv
    python=python3.11
fi
"$python" -m venv "${CHECKGRAD_VENV:-/opt/checkgrad}"
pip=("${CHECKGRAD_VENV:-/opt/checkgrad}/bin/python" -m pip install --find-links .)
wanted=("checkgrad=={{ checkgrad }}" "numpy=={{ numpy }}")
"${pip[@]}" --no-index "${wanted[@]}" || "${pip[@]}" "${wanted[@]}"
