#!/bin/sh
# models.sh - the committed networks are those that tools/make_models.py writes.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -B tools/make_models.py "$work" && diff -r models "$work"
