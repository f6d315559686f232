#!/bin/sh
# headers.sh - the public header is strict C11 and C++17; every header of lib/ stands by itself.
set -u
bad=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
try() { "$@" >"$work/log" 2>&1 || { echo "headers: $*"; head -n 3 "$work/log"; bad=$((bad + 1)); }; }
echo '#include "edgetpu_sim/edgetpu_sim.h"' >"$work/t.c"
cp "$work/t.c" "$work/t.cc"
for cc in "${CC:-cc}" clang; do
    command -v ${cc%% *} >/dev/null 2>&1 || continue
    try $cc -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -Iinclude -fsyntax-only "$work/t.c"
done
try ${CXX:-c++} -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Werror -Iinclude -fsyntax-only "$work/t.cc"
for header in lib/*/*.h; do
    echo "#include \"${header#lib/}\"" >"$work/h.c"
    [ "$header" = lib/import/tflite_schema.h ] && echo '#include "graph/graph.h"
#include "import/tflite_schema.h"' >"$work/h.c"
    try ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wno-unused -Werror -Iinclude -Ilib -fsyntax-only "$work/h.c"
done
exit $bad
