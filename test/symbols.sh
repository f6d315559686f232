#!/bin/sh
# symbols.sh - the shared library shows ets_ only, the archive ets_ and eti_; nothing in it is global and writable.
set -u
BUILD=${BUILD:-build}
bad=0
say() { echo "symbols: $1"; bad=$((bad + 1)); }
for s in $(nm -D --defined-only "$BUILD"/libedgetpu_sim.so.* | awk '{print $3}' | grep -v '^ets_' | grep -v '^_\|^EDGETPU_SIM_'); do say "the shared library exports $s"; done
for s in $(nm -g --defined-only "$BUILD"/libedgetpu_sim.a | awk 'NF == 3 {print $3}' | grep -v '^et[si]_'); do say "the archive shows $s"; done
writable=$(size -A "$BUILD"/libedgetpu_sim.a | awk '$1 ~ /^\.(data|bss|tdata|tbss)/ && $1 !~ /^\.data\.rel\.ro/ {n += $2} END {print n + 0}')
[ "$writable" = 0 ] || say "$writable bytes of writable data"
exit $bad
