#!/bin/sh
# layers.sh - each file of lib/ includes only what layers.txt allows; the engine sees no more of schedule/ than program.h;
# the command sees only the public header, and the library says nothing of the command's options.
set -u
bad=0
say() { echo "layers: $1"; bad=$((bad + 1)); }
for file in lib/*.c lib/*/*.c lib/*/*.h; do
    case $file in lib/*/*) room=${file#lib/}; room=${room%%/*} ;; *) room=api ;; esac
    allowed=$(sed -n "s/^$room://p" test/layers.txt)
    for include in $(sed -n 's/^#include "\(.*\)".*/\1/p' "$file"); do
        to=${include%%/*}
        case " $allowed $room edgetpu_sim " in *" $to "*) ;; *) say "$file may not include $include" ;; esac
        if [ "$room" = engine ] && [ "$to" = schedule ] && [ "$include" != schedule/program.h ]; then say "$file may only include schedule/program.h of schedule"; fi
        if [ "$room" != arch ] && [ "$room" != api ] && [ "$to" = arch ] && [ "$include" != arch/arch.h ]; then say "$file may only include arch/arch.h of arch"; fi
    done
done
options=$(grep -nE '"[^"]*--[a-z]' lib/*.c lib/*/*.[ch] lib/*/*.def) && say "options of the command in the library: $options"
for include in $(sed -n 's/^#include "\(.*\)".*/\1/p' cli/*.c cli/*.h | sort -u); do
    case $include in edgetpu_sim/edgetpu_sim.h | cli.h | sweep.h | plot.h | interrupt.h | kept.h | listing.h | options.h | table.h) ;; *) say "cli/ may not include $include" ;; esac
done
exit $bad
