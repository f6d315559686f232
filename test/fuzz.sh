#!/bin/sh
# fuzz.sh - TIME seconds of each fuzzer (FUZZ: of that one), one after the other. What they learn stays in $DIR/work, what they
# find goes to $DIR/found; a line for each: executions, executions a second, edges covered, findings.
set -u
DIR=${DIR:-build/fuzz} TIME=${TIME:-60}
names=${FUZZ:-$(sed -n 's/^FUZZ(\([a-z_]*\),.*/\1/p' test/fuzz/targets.def)}
found=0
# memory that is freed is asked for again at once: it stays
export ASAN_OPTIONS="allocator_release_to_os_interval_ms=-1:quarantine_size_mb=32${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
printf '%-14s %12s %9s %7s %7s %9s\n' fuzzer executions 'a second' edges inputs findings
for name in $names; do
    mkdir -p "$DIR/bin" "$DIR/work/$name" "$DIR/found/$name"
    ln -f "$DIR/fuzzer" "$DIR/bin/$name"
    log=$DIR/$name.log
    largest=4096
    [ "$name" = pipeline ] && largest=400 # choices; more are networks that take longer and say nothing new
    "$DIR/bin/$name" -max_total_time="$TIME" -timeout=10 -rss_limit_mb=2048 -max_len=$largest -entropic=0 -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="$DIR/found/$name/" "$DIR/work/$name" "test/fuzz/corpora/$name" >"$log" 2>&1
    n=$(find "$DIR/found/$name" -type f | wc -l)
    found=$((found + n))
    printf '%-14s %12s %9s %7s %7s %9s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")" "$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)" \
        "$(find "$DIR/work/$name" -type f | wc -l)" "$n"
done
[ "$found" = 0 ] || { echo "findings are in $DIR/found: replay one with $DIR/bin/NAME FILE"; exit 1; }
