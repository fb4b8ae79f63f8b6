#!/bin/sh
# Finds an interpreter and hands over to setup.py. It is shell because at this point no Python is known to work:
# a name on PATH may be a version manager's shim that fails, or lack the modules that make an environment.
set -eu
cd "$(dirname "$0")/.."

works() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if works "$candidate"; then
        exec "$candidate" local/setup.py
    fi
done

echo "Logstead needs Python 3.11 or later with its venv module; none of these works here:" >&2
echo "  ${PYTHON:-python3.13 python3.12 python3.11 python3}" >&2
echo "Install one (on Debian and Ubuntu: apt-get install python3 python3-venv), or name one:" >&2
echo "  make run PYTHON=/path/to/python3" >&2
exit 1
