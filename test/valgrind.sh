#!/bin/sh
# valgrind.sh - the unit tests that work on memory and some runs of the command, without an error and without a leak.
set -u
BUILD=${BUILD:-build}
bad=0
under() {
    valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect "$@" >"$work/out" 2>"$work/err"
    status=$?
    if [ $status = 0 ] && ! grep -q '^==[0-9]*== ' "$work/err"; then
        echo "ok    $*"
    else
        echo "FAIL  $* ($status)"
        cat "$work/err"
        bad=1
    fi
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tool=$BUILD/edgetpu-sim
net=mobilenet-v1-0.25-128
# in one process: what a forked test leaves to the end of its process is no leak
CK_FORK=no under "$BUILD/unit-tests" io graph arch
under "$tool" profile $net --split
under "$tool" profile $net --arch systolic-16x16 --format json
under "$tool" profile $net --format html -o "$work/page.html"
under "$tool" profile $net --format trace -o "$work/trace.json"
under "$tool" explain $net 1
under "$tool" predict $net
under "$tool" sweep $net --vary clock_hz=100M,200M -j 2
under "$tool" profile test/fuzz/corpora/tflite/conv.tflite
exit $bad
