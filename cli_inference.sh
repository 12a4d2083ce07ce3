#!/bin/sh
# Asks for what a map should be like, and runs or prints the command; takes the .venv beside this file where there is one.
here=$(cd "$(dirname "$0")" && pwd)
for python in "$here/.venv/bin/python" "$here/.venv/Scripts/python.exe" python3 python; do
    if command -v "$python" >/dev/null 2>&1; then
        exec "$python" "$here/cli_inference.py" "$@"
    fi
done
echo "cli_inference.sh: Python 3.11 or newer is needed" >&2
exit 2
