#!/bin/sh
# venv.sh PYTHON VENV LOCK: make the virtual environment if needed and install exactly what the lock file says.
set -eu
python=$1 venv=$2 lock=$3
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "LabelKit needs Python 3.11 or newer; '$python' is not. Try: make PYTHON=python3.12 ..." >&2
    exit 1
fi
if [ ! -x "$venv/bin/python" ]; then
    "$python" -m venv "$venv" || {
        echo "python -m venv failed; on Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1
echo "installing what $lock names into $venv (about a minute)"
"$venv/bin/python" -m pip install --quiet --require-hashes -r "$lock"
"$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable . 2>/dev/null ||
    "$venv/bin/python" -m pip install --quiet --no-deps --editable .
