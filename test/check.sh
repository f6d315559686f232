#!/bin/sh
# check.sh - everything that `make check` holds, one line each; ends with a plain sum.
set -u
BUILD=${BUILD:-build}
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

one() { # name, command...
    name=$1
    shift
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
        cat "$log"
    fi
}

# Sanitizers are slow, and several may run side by side. Threads are begun by lib/predict/threads.c alone: ThreadSanitizer sees the suites
# that get there.
[ -z "${SAN:-}" ] || export CK_TIMEOUT_MULTIPLIER=50
case ${SAN:-} in thread) suites="predict builder limits nomem_threads" ;; *) suites="" ;; esac
"$BUILD/unit-tests" $suites >"$log" 2>&1
status=$?
set -- $(sed -n 's/^unit: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log")
passed=$((passed + ${1:-0}))
failed=$((failed + ${2:-1}))
if [ "$status" = 0 ]; then echo "ok    unit tests (${1:-0})"; else echo "FAIL  unit tests"; cat "$log"; fi
sed -n 's/^left out/      left out/p' "$log"
one "fuzz corpora and their mutations" "$BUILD/fuzz-replay" test/fuzz/corpora
one "the command's cases" sh test/cli/run.sh
one "files are whole or not there, whatever happens" python3 test/files.py "$BUILD/edgetpu-sim"
if [ -z "${SAN:-}" ]; then
    one "includes follow the layers" sh test/layers.sh
    one "headers stand alone, C11 and C++17" sh test/headers.sh
    one "symbols" sh test/symbols.sh
    one "the public interface is the one that was listed" python3 test/abi.py
    one "models are those that the tool writes" sh test/models.sh
    one "the installed library" sh test/install.sh
    one "the Python module, its wheel and the examples" sh test/python.sh
    one "the parts are the whole, in every format" python3 test/sums.py "$BUILD/edgetpu-sim"
    one "tables on terminals and in pipes" python3 test/terminal.py "$BUILD/edgetpu-sim"
    one "every JSON output is as its schema says" sh test/schema.sh
    one "completion in bash, and in zsh and fish if they are there" python3 test/completion.py "$BUILD"
    one "man pages" sh test/man.sh
    one "what the page says would help does" python3 test/advice.py "$BUILD/edgetpu-sim"
    one "the page in a browser, if there is one" sh test/page.sh
    one "README and docs show what is printed" sh test/readme.sh
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
