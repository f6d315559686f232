#!/bin/sh
# coverage.sh - lines and branches of lib/ that the unit tests, the fuzz corpora, the command's cases and failing allocations reach (as
# `make nomem`, each object of an arena a request of its own); a list of what they do not reach is left in build/coverage/missed.txt.
# docs/TESTING.md names what that is.
set -u
build=build/coverage
coverage() { # folder, flags, targets...
    folder=$1 flags=$2
    shift 2
    make -s -j2 BUILD="$folder" CC=gcc CFLAGS="-O0 -g --coverage -fprofile-update=atomic $flags" LDFLAGS=--coverage "$@" || exit 1
    find "$folder" -name '*.gcda' -delete
}
coverage $build "" all $build/unit-tests $build/fuzz-replay
coverage $build/nomem "-DETI_ONE_OBJECT_A_REQUEST" $build/nomem/unit-tests
failed=0
ran() { # what it was, command...
    what=$1
    shift
    "$@" >$build/log 2>&1 || { echo "coverage: fails: $what"; tail -n 20 $build/log; failed=1; }
}
export CK_FORK=no
ran "the unit tests" $build/unit-tests
ran "failing allocations" $build/nomem/unit-tests nomem
ran "the fuzz corpora" $build/fuzz-replay test/fuzz/corpora
BUILD=$build ran "the command's cases" sh test/cli/run.sh
gcovr -r . --object-directory $build -f lib/ --csv $build/files.csv --txt $build/missed.txt --json $build/all.json -s \
    --exclude-branches-by-pattern '.*\bassert\(.*' \
    --fail-under-line 95 --fail-under-branch 90 $build || failed=1
exit $failed
