#!/bin/sh
# setup.sh build|check|bench|fuzz|analyse|coverage|ci - installs what is missing for that, after saying so. Silent when nothing is.
set -u
goal=${1:-build}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Can a program that includes $1 and links with $2 be built?
has() {
    printf '#include <%s>\nint main(void) { return 0; }\n' "$1" >"$work/t.c"
    ${CC:-cc} -o "$work/t" "$work/t.c" $2 >/dev/null 2>&1
}
# The same in C++, of which Google Benchmark is.
has_cxx() {
    printf '#include <%s>\nint main() { return 0; }\n' "$1" >"$work/t.cc"
    ${CXX:-c++} -std=c++17 -o "$work/t" "$work/t.cc" $2 >/dev/null 2>&1
}

missing=""
need() { missing="$missing $1"; }
has yaml.h -lyaml || need libyaml-dev
has zlib.h -lz || need zlib1g-dev
[ -n "${D3:-}" ] || [ -s /usr/share/nodejs/d3/dist/d3.min.js ] || need node-d3 # the charts of the HTML page; D3 names another file
case $goal in
check | coverage | ci)
    has check.h "-lcheck -lm -lpthread -lrt" || has check.h "-lcheck -lsubunit -lm -lpthread -lrt" || need check
    command -v pkg-config >/dev/null 2>&1 || need pkg-config
    command -v python3 >/dev/null 2>&1 || need python3
    command -v ${CXX:-c++} >/dev/null 2>&1 || need g++
    # the Python module is tested with whichever Python has numpy, else with Debian's
    found=no
    for python in ${PYTHON:-python3 /usr/bin/python3}; do
        "$python" -c 'import numpy, pip' >/dev/null 2>&1 && found=yes
    done
    [ $found = yes ] || need python3-numpy
    [ $found = yes ] || need python3-pip
    found=no
    for python in ${PYTHON:-python3} python3 /usr/bin/python3; do
        "$python" -c 'import jsonschema' >/dev/null 2>&1 && found=yes
    done
    [ $found = yes ] || need python3-jsonschema
    ;;
esac
case $goal in
bench | ci)
    command -v ${CXX:-c++} >/dev/null 2>&1 || case " $missing " in *" g++ "*) ;; *) need g++ ;; esac
    has_cxx benchmark/benchmark.h "-lbenchmark -lpthread" || need libbenchmark-dev
    ;;
esac
case $goal in
fuzz | ci) command -v clang >/dev/null 2>&1 || need clang ;;
esac
case $goal in
analyse | ci) command -v cppcheck >/dev/null 2>&1 || need cppcheck ;;
esac
if [ "$goal" = coverage ]; then
    command -v gcovr >/dev/null 2>&1 || need gcovr
fi
if [ "$goal" = ci ]; then
    command -v zsh >/dev/null 2>&1 || need zsh # test/completion.py
    command -v fish >/dev/null 2>&1 || need fish
    command -v mandoc >/dev/null 2>&1 || need mandoc # test/man.sh
    command -v chromium >/dev/null 2>&1 || need chromium # test/page.sh; too large to ask of everyone who runs the tests
fi
if [ "$goal" = fuzz ]; then
    printf 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { (void)d; return n > 9000; }\n' >"$work/f.c"
    clang -fsanitize=fuzzer -o "$work/f" "$work/f.c" >/dev/null 2>&1 || need libclang-rt-14-dev
fi
[ -n "$missing" ] || exit 0

sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo "
echo "setup: these Debian packages are missing and will be installed:$missing"
if ! command -v apt-get >/dev/null 2>&1 || { [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; }; then
    echo "setup: cannot do it here; as root, run: apt-get install -y$missing (or your system's equivalent)" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
if ${sudo}apt-get update -qq >"$work/log" 2>&1 && ${sudo}apt-get install -y -qq --no-install-recommends $missing >>"$work/log" 2>&1; then
    echo "setup: done"
else
    tail -n 5 "$work/log" >&2
    echo "setup: that failed; run by hand: ${sudo}apt-get install -y$missing" >&2
    exit 1
fi
