#!/usr/bin/env bash
# Runs once, when Gradescope builds the image: Ubuntu 22.04, whose Python 3.10 is too old for checkgrad.
set -euo pipefail

apt-get update
apt-get install -y --no-install-recommends python3-pip
python3 -m pip install uv
export UV_PYTHON_INSTALL_DIR=/opt/python
uv venv --python 3.12 /opt/checkgrad

# A wheel that lies beside this file is taken before what the package index has.
cd /autograder/source
uv pip install --python /opt/checkgrad/bin/python --find-links . \
    "checkgrad=={{ checkgrad }}" "numpy=={{ numpy }}"
