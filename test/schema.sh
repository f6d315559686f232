#!/bin/sh
# schema.sh - test/schema.py with a Python that has jsonschema.
set -u
for python in "${PYTHON:-python3}" python3 /usr/bin/python3; do
    "$python" -c 'import jsonschema' >/dev/null 2>&1 && exec "$python" -W ignore test/schema.py "${BUILD:-build}/edgetpu-sim"
done
echo "schema: no Python with jsonschema (Debian: python3-jsonschema)"
exit 1
