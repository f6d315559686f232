#!/bin/sh
# portable.sh - every figure of every network, whatever it is built with: gcc and clang, -O0 to -O3, 32 bits, most significant
# byte first; on the last two the unit tests, too. Needs more than `make check`: clang, gcc-12-multilib, gcc-12-s390x-linux-gnu,
# libc6-dev-s390x-cross, qemu-user; fetches libyaml, zlib and Check of the other machines into build/. Says what it leaves out.
# portable.sh [gcc|clang|32|s390x]...: only these. Unit tests go suite by suite, each with a line, since emulation takes long.
set -u
bad=0 first=
rows=${*:-gcc clang 32 s390x}
wanted() { case " $rows " in *" $1 "*) ;; *) false ;; esac }
row() { # name, command...
    name=$1
    shift
    digest=$(sh test/digest.sh "$@") || bad=1
    if [ -z "$first" ]; then same="" first=$digest; elif [ "$digest" = "$first" ]; then same=same; else same=DIFFERENT bad=1; fi
    printf '%-24s %s %s\n' "$name" "$digest" $same
}

# The libraries of another machine, unpacked where nothing else looks.
fetch() { # architecture, its triplet
    root=$(pwd)/build/$1/root
    [ -f "$root/usr/lib/$2/libyaml.a" ] && return
    mkdir -p "build/$1/lists/partial" "build/$1/cache/archives/partial" "$root"
    for what in update "download libyaml-dev zlib1g-dev check libsubunit-dev"; do
        (cd "build/$1" && apt-get -qq -o APT::Architecture="$1" -o APT::Architectures="$1" -o Dir::State::Lists="$(pwd)/lists" \
            -o Dir::Cache="$(pwd)/cache" $what) >/dev/null 2>&1
    done
    for package in "build/$1"/*.deb; do dpkg -x "$package" "$root" || return 1; done
    [ -f "$root/usr/lib/$2/libyaml.a" ]
}

other() { # name, architecture, triplet, runner, compiler and flags...
    name=$1 arch=$2 triplet=$3 runner=$4
    shift 4
    command -v "$1" >/dev/null 2>&1 && fetch "$arch" "$triplet" || { echo "$name: left out (no $1, or no libraries)"; return; }
    include="-I$root/usr/include -I$root/usr/include/$triplet"
    make -s -j2 WERROR=1 BUILD="build/$arch" CC="$* $include" LDFLAGS="-L$root/usr/lib/$triplet -static" "build/$arch/edgetpu-sim" \
        "build/$arch/unit-tests" || { bad=1; return; }
    row "$name" $runner "build/$arch/edgetpu-sim"
    units "$arch" $runner
}

# Every suite by itself, with its seconds: what fails is shown whole. An emulated machine is slow: its limits are 200 times those of Check.
units() { # architecture, runner...
    arch=$1 passed=0 failed=0 before=$(date +%s)
    shift
    for suite in $(sed -n 's/^SUITE(\(.*\))/\1/p' test/suites.def); do
        began=$(date +%s)
        CK_TIMEOUT_MULTIPLIER=200 "$@" "build/$arch/unit-tests" "$suite" >"build/$arch/units" 2>&1
        counts=$(sed -n 's/^unit: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "build/$arch/units")
        printf '    %-18s %4s passed %3s failed %6s s\n' "$suite" ${counts:-0 1} $(($(date +%s) - began))
        case $counts in *" 0") ;; *) cat "build/$arch/units" ;; esac
        passed=$((passed + ${counts% *} + 0)) failed=$((failed + ${counts#* } + 0))
        [ -n "$counts" ] || failed=$((failed + 1))
    done
    echo "    unit: $passed passed, $failed failed, $(($(date +%s) - before)) s"
    [ "$failed" = 0 ] || bad=1
}

for cc in gcc clang; do
    wanted $cc || continue
    command -v $cc >/dev/null 2>&1 || { echo "$cc: left out"; continue; }
    for level in -O0 -O1 -O2 -O3; do
        folder=build/portable/$cc$level
        make -s -j2 WERROR=1 BUILD="$folder" CC=$cc CFLAGS=$level "$folder/edgetpu-sim" || { bad=1; continue; }
        row "$cc $level" "$folder/edgetpu-sim"
    done
done
# the headers of the kernel's interface are those of this machine: the same for both word sizes
wanted 32 && other "gcc, 32 bits" i386 i386-linux-gnu "" gcc -m32 -Wno-psabi -msse2 -mfpmath=sse -idirafter "/usr/include/$(gcc -print-multiarch)"
command -v s390x-linux-gnu-gcc >/dev/null 2>&1 && cross=s390x-linux-gnu-gcc || cross=s390x-linux-gnu-gcc-12
wanted s390x && other "gcc, big-endian (s390x)" s390x s390x-linux-gnu qemu-s390x $cross
exit $bad
