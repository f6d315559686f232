#!/bin/sh
# install.sh - installs into a scratch folder, builds docs/example.c by pkg-config alone, shared and static, and runs it
# and the installed program from elsewhere.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
try() { "$@" >"$work/log" 2>&1 || { echo "install: $*"; tail -n 3 "$work/log"; bad=$((bad + 1)); }; }
here=$(pwd)
try make -s install PREFIX="$work/usr" BUILD="$work/build" CFLAGS=-O1 SAN=
export PKG_CONFIG_PATH="$work/usr/lib/pkgconfig" LD_LIBRARY_PATH="$work/usr/lib"
unset EDGETPU_SIM_DATA
cd "$work" || exit 1
try ${CC:-cc} -std=c11 -Wall -Wextra -Werror -o shared "$here/docs/example.c" $(pkg-config --cflags --libs edgetpu_sim)
try ${CC:-cc} -std=c11 -o static "$here/docs/example.c" $(pkg-config --cflags edgetpu_sim) usr/lib/libedgetpu_sim.a -lyaml -lz -lm -pthread
try ${CC:-cc} -std=c11 -Wall -Wextra -Werror -o predict "$here/examples/predict.c" $(pkg-config --cflags --libs edgetpu_sim)
try ./predict coral-usb 2.0
try ./shared coral-usb efficientnet-edgetpu-s
try ./static coral-usb efficientnet-edgetpu-s
try usr/bin/edgetpu-sim profile efficientnet-edgetpu-s
try usr/bin/edgetpu-sim arch coral-usb
for file in man/man1/edgetpu-sim.1 man/man1/edgetpu-sim-explain.1 edgetpu_sim/schema/report.schema.json \
    bash-completion/completions/edgetpu-sim zsh/site-functions/_edgetpu-sim fish/vendor_completions.d/edgetpu-sim.fish; do
    try test -s "usr/share/$file"
done
cd "$here" || exit 1
try make -s uninstall PREFIX="$work/usr" BUILD="$work/build"
left=$(find "$work/usr" -type f -o -type l | wc -l)
[ "$left" = 0 ] || { echo "install: uninstall leaves $left files"; bad=$((bad + 1)); }
exit $bad
