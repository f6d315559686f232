#!/bin/sh
# portable.sh - every figure of every network, whatever it is built with: gcc and clang, -O0 to -O3, 32 bits, most significant
# byte first; on the last two the unit tests, too. Needs more than `make check`: clang, gcc-12-multilib, gcc-12-s390x-linux-gnu,
# libc6-dev-s390x-cross, qemu-user; fetches libyaml, zlib and Check of the other machines into build/. Says what it leaves out.
set -u
bad=0 first=
row() { # name, command...
    name=$1
    shift
    digest=$(sh test/digest.sh "$@") || bad=1
    first=${first:-$digest}
    [ "$digest" = "$first" ] && same=same || { same=DIFFERENT; bad=1; }
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
    CK_TIMEOUT_MULTIPLIER=1000 $runner "build/$arch/unit-tests" | tail -n 1 | sed "s/^/    /" | tee "build/$arch/units"
    grep -q ' 0 failed' "build/$arch/units" || bad=1
}

for cc in gcc clang; do
    command -v $cc >/dev/null 2>&1 || { echo "$cc: left out"; continue; }
    for level in -O0 -O1 -O2 -O3; do
        folder=build/portable/$cc$level
        make -s -j2 WERROR=1 BUILD="$folder" CC=$cc CFLAGS=$level "$folder/edgetpu-sim" || { bad=1; continue; }
        row "$cc $level" "$folder/edgetpu-sim"
    done
done
# the headers of the kernel's interface are those of this machine: the same for both word sizes
other "gcc, 32 bits" i386 i386-linux-gnu "" gcc -m32 -Wno-psabi -msse2 -mfpmath=sse -idirafter "/usr/include/$(gcc -print-multiarch)"
command -v s390x-linux-gnu-gcc >/dev/null 2>&1 && cross=s390x-linux-gnu-gcc || cross=s390x-linux-gnu-gcc-12
other "gcc, big-endian (s390x)" s390x s390x-linux-gnu qemu-s390x $cross
exit $bad
