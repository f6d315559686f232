#!/bin/sh
# run.sh [--update] - runs test/cli/cases/*.sh, each in a folder of its own with edgetpu-sim on the PATH, and compares
# what it prints (both streams and the exit status) with the .expected file beside it; --update writes that file.
set -u
top=$(pwd)
program=$(cd "${BUILD:-build}" && pwd)
bad=0
for case in test/cli/cases/*.sh; do
    work=$(mktemp -d)
    (cd "$work" && PATH="$program:$PATH" TREE="$top" EDGETPU_SIM_DATA= NO_COLOR=1 sh "$top/$case") >"$work/.got" 2>&1
    expected=${case%.sh}.expected
    if [ "${1:-}" = --update ]; then
        cp "$work/.got" "$expected"
    elif ! diff -u "$expected" "$work/.got"; then
        echo "cli: $case differs"
        bad=$((bad + 1))
    fi
    rm -rf "$work"
done
exit $bad
