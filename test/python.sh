#!/bin/sh
# python.sh - the Python module: its tests from the source tree, the examples, what documents show, and a wheel built and installed offline with
# pip, then used from elsewhere.
set -u
python=${PYTHON:-python3}
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
export PYTHONDONTWRITEBYTECODE=1
EDGETPU_SIM_LIBRARY=$(cd "${BUILD:-build}" && ls "$PWD"/libedgetpu_sim.so.*.*)
export EDGETPU_SIM_LIBRARY
try() { "$@" >"$work/log" 2>&1 || { echo "python: $*"; tail -n 25 "$work/log"; bad=$((bad + 1)); }; }

for tests in test/python/test_*.py; do try env PYTHONPATH="$here/python" "$python" -W error "$tests"; done
try "$python" examples/nas_evolution.py
grep -q "^    1  fused" "$work/log" && grep -q "^    6  depthwise" "$work/log" || { echo "nas_evolution: not fused early and depthwise late"; bad=$((bad + 1)); }
try "$python" examples/nasbench201.py
grep -q "^ *15625  .*avg_pool_3x3~0" "$work/log" || { echo "nasbench201: not 15625 ranked"; bad=$((bad + 1)); }
try env PYTHONPATH="$here/python" "$python" bench/python_rate.py
# What documents show, each block by itself; and it is rightly typed, if there is something that can say so.
mkdir "$work/shown"
awk -v to="$work/shown" '/^```python$/ { on = 1; n++; next } /^```$/ { on = 0 } on { print > (to "/shown" n ".py") }' README.md docs/PYTHON.md
[ "$(ls "$work/shown" | wc -l)" -ge 5 ] || { echo "python: the documents show no programs"; bad=$((bad + 1)); }
for shown in "$work"/shown/*.py; do (cd "$work" && PYTHONPATH="$here/python" "$python" -W error "$shown") >"$work/log" 2>&1 || { echo "python: ${shown##*/} of README.md, docs/PYTHON.md"; tail -n 25 "$work/log"; bad=$((bad + 1)); }; done
if command -v mypy >/dev/null; then
    try mypy --strict --no-warn-unused-ignores --cache-dir "$work/mypy" python/edgetpu_sim
    try env MYPYPATH=python mypy --check-untyped-defs --cache-dir "$work/mypy" "$work"/shown/*.py
fi
mkdir "$work/blocks"
try "$python" tools/blocks.py "$work/blocks"
for page in BLOCKS.md blocks.svg; do
    cmp -s "docs/$page" "$work/blocks/$page" || { echo "docs/$page is not what tools/blocks.py writes today"; bad=$((bad + 1)); }
done

unset EDGETPU_SIM_LIBRARY
export BUILD="$work/build" CFLAGS=-O1
try "$python" -m pip install -q --no-index --no-deps --disable-pip-version-check --target "$work/site" "$here/python"
[ -n "$(find "$work/site" -name d3-licence.txt)" ] || { echo "python: the wheel has no licence of D3"; bad=$((bad + 1)); }
cd "$work" || exit 1
try env PYTHONPATH="$work/site" "$python" -c "
import edgetpu_sim as ets, sys
assert ets.__file__.startswith('$work/site'), ets.__file__
assert ets._native.lib._name.startswith('$work/site'), ets._native.lib._name
assert ets.Predictor().predict(ets.Model('efficientnet-edgetpu-s')).fits_on_chip"
cd "$here" || exit 1
try make -s install PREFIX="$work/usr" SAN=
try make -s install-python PREFIX="$work/usr" PYTHON="$python"
site=$(dirname "$(find "$work/usr" -name edgetpu_sim -path '*packages*')")
cd "$work" || exit 1
try env PYTHONPATH="$site" "$python" -c "
import edgetpu_sim as ets
assert ets._native.lib._name.startswith('$work/usr'), ets._native.lib._name
assert len(ets.machines()) > 0 and ets.Predictor().predict(ets.Model('efficientnet-edgetpu-s')).fits_on_chip"
exit $bad
