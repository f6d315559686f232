#!/bin/sh
# install.sh - builds, then installs into a scratch folder, builds every C example by pkg-config alone, as C and C++, shared and static,
# and runs it and the installed program from elsewhere.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
try() { "$@" >"$work/log" 2>&1 || { echo "install: $*"; tail -n 3 "$work/log"; bad=$((bad + 1)); }; }
here=$(pwd)
strict="-Wall -Wextra -Wpedantic -Werror"
try make -s all BUILD="$work/build" CFLAGS=-O1 SAN= # as people do: where it goes is said later
try make -s install PREFIX="$work/usr" BUILD="$work/build" CFLAGS=-O1 SAN=
export PKG_CONFIG_PATH="$work/usr/lib/pkgconfig"
unset EDGETPU_SIM_DATA
cd "$work" || exit 1
for source in docs/example examples/predict; do
    name=$(basename $source)
    try ${CC:-cc} -std=c11 $strict -o $name.shared "$here/$source.c" $(pkg-config --cflags --libs edgetpu_sim)
    try ${CC:-cc} -std=c11 $strict -static -o $name.static "$here/$source.c" $(pkg-config --static --cflags --libs edgetpu_sim)
    try ${CXX:-c++} -std=c++17 $strict -Wno-missing-field-initializers -o $name.cxx -x c++ "$here/$source.c" -x none $(pkg-config --cflags --libs edgetpu_sim)
done
[ "$(ls "$here"/examples/*.c)" = "$here/examples/predict.c" ] || { echo "install: an example that is not built here"; bad=$((bad + 1)); }
for how in shared static cxx; do
    [ $how = static ] && unset LD_LIBRARY_PATH || export LD_LIBRARY_PATH="$work/usr/lib"
    try ./example.$how coral-usb efficientnet-edgetpu-s
    try ./predict.$how coral-usb 2.0
done
soname=$(readelf -d example.shared | sed -n 's/.*NEEDED.*\[\(libedgetpu_sim[^]]*\)\]/\1/p')
[ "$soname" = "libedgetpu_sim.so.$(pkg-config --modversion edgetpu_sim | cut -d. -f1)" ] || { echo "install: needs '$soname'"; bad=$((bad + 1)); }
try usr/bin/edgetpu-sim profile efficientnet-edgetpu-s
try usr/bin/edgetpu-sim arch coral-usb
for file in doc/edgetpu_sim/LICENSE doc/edgetpu_sim/d3-licence.txt man/man1/edgetpu-sim.1 man/man1/edgetpu-sim-explain.1 edgetpu_sim/schema/report.schema.json \
    bash-completion/completions/edgetpu-sim zsh/site-functions/_edgetpu-sim fish/vendor_completions.d/edgetpu-sim.fish; do
    try test -s "usr/share/$file"
done
mv usr/share/edgetpu_sim data
if usr/bin/edgetpu-sim arch >"$work/log" 2>&1 || ! grep -q 'no machine is found' "$work/log"; then echo "install: without its data: $(cat "$work/log")"; bad=$((bad + 1)); fi
mv data usr/share/edgetpu_sim
cd "$here" || exit 1
try make -s uninstall PREFIX="$work/usr" BUILD="$work/build"
left=$(find "$work/usr" -type f -o -type l | wc -l)
[ "$left" = 0 ] || { echo "install: uninstall leaves $left files"; bad=$((bad + 1)); }
exit $bad
