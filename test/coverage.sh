#!/bin/sh
# coverage.sh - lines and branches of lib/ that the unit tests, the fuzz corpora and the command's cases reach; a list of what
# they do not reach is left in build/coverage/missed.txt. docs/TESTING.md names what that is. Needs gcc and gcovr.
set -u
command -v gcovr >/dev/null 2>&1 || { echo "coverage: apt-get install gcovr"; exit 1; }
build=build/coverage
make -s -j2 BUILD=$build CC=gcc CFLAGS="-O0 -g --coverage -fprofile-update=atomic" LDFLAGS=--coverage all $build/unit-tests $build/fuzz-replay || exit 1
find $build -name '*.gcda' -delete
CK_FORK=no $build/unit-tests | tail -n 1
$build/fuzz-replay test/fuzz/corpora >/dev/null || echo "coverage: the fuzz corpora fail"
BUILD=$build sh test/cli/run.sh >/dev/null || echo "coverage: the command's cases fail"
gcovr -r . --object-directory $build -f lib/ --csv $build/files.csv --txt $build/missed.txt --json $build/all.json -s \
    --fail-under-line 95 --fail-under-branch 90
