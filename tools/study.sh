#!/bin/sh
# study.sh - runs the sweeps of docs/STUDY.md and writes that page and its pictures (docs/study/), into another folder if one is named.
# `make study`; test/readme.sh compares.
set -eu
program=${BUILD:-build}/edgetpu-sim
docs=${1:-docs}
page=$docs/STUDY.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$docs/study"

# Quantised top-1 of each network, per cent, and where it is from.
cat >"$work/accuracy" <<'EOF'
mobilenet-v2-1.0-224 70.8
efficientnet-edgetpu-s 77.0
efficientnet-edgetpu-m 78.6
efficientnet-edgetpu-l 80.2
EOF
networks=$(cut -d' ' -f1 "$work/accuracy")

say() { cat >>"$page"; }
sweep() { # name, title of the command block's options...: CSV to $work/name.csv, the command into the page
    name=$1
    shift
    "$program" sweep "$@" --format csv -o "$work/$name.csv" --plot "$docs/study/$name.svg"
    { echo '```sh'; echo "edgetpu-sim sweep $* --plot $name.svg" | fold -s -w 110 | sed '$!s/ *$/ \\/; 2,$s/^/    /'; echo '```'; } >>"$page"
}
# A table: a row a value of column `key`, a column a model with the value of `column`; `target`: which network is the most
# accurate of those under so many ms.
table() { # name key column digits target
    awk -F, -v key="$2" -v column="$3" -v digits="$4" -v target="$5" -v accuracy="$work/accuracy" '
        BEGIN { while ((getline line < accuracy) > 0) { split(line, a, " "); top[a[1]] = a[2] } }
        { gsub(/["\r]/, "") }
        NR == 1 { for (i = 1; i <= NF; i++) { if ($i == key) k = i; if ($i == column) c = i; if ($i == "latency_ms") l = i }; next }
        !($1 in seen) { seen[$1] = 1; models[++m] = $1 }
        !($k in row) { row[$k] = 1; rows[++n] = $k }
        !(($k, $1) in best) || $c < best[$k, $1] { best[$k, $1] = $c; time[$k, $1] = $l }
        END {
            printf "| `%s` |", key; for (i = 1; i <= m; i++) printf " %s |", models[i]; if (target) printf " most accurate under %s ms |", target
            printf "\n|---|"; for (i = 1; i <= m; i++) printf "---|"; if (target) printf "---|"
            for (j = 1; j <= n; j++) {
                printf "\n| %s |", rows[j]; chosen = "none"; most = 0
                for (i = 1; i <= m; i++) {
                    v = best[rows[j], models[i]]
                    printf v == "" ? " - |" : " %." digits "f |", v
                    if (v != "" && time[rows[j], models[i]] < target && top[models[i]] > most) { most = top[models[i]]; chosen = models[i] }
                }
                if (target) printf " %s |", chosen
            }
            print ""
        }' "$work/$1.csv" >>"$page"
}

: >"$page"
say <<'EOF'
# An architecture study

How the size of the array, the number of tiles and the memory on the chip change which network is the best one. Every number and
picture on this page comes from `make study` (`tools/study.sh`), which runs the commands shown. "Best" is the most accurate network
within a time: quantised top-1 accuracies are 70.8 % (MobileNet v2, TensorFlow's hosted models), 77.0, 78.6 and 80.2 %
(EfficientNet-EdgeTPU S, M, L, from their authors).

## 1. How large an array

One array of multipliers with 8 MiB of memory and 12.8 GB/s of DRAM, the best dataflow for each layer, latency in ms:

EOF
# shellcheck disable=SC2086
sweep array $networks --arch systolic-64x64 --set schedule.dataflow=auto --vary array.rows,array.columns=8..256*2
echo >>"$page"
table array array.rows latency_ms 2 5
say <<'EOF'

![latency over array size](study/array.svg)

Doubling both sides makes four times the multipliers. Up to 64 x 64 that is what is missing; beyond 128 x 128 nothing is gained,
because layers with few channels leave rows and columns empty, depthwise layers use a column a channel on one diagonal, and the
activations of early layers have to come from DRAM whatever the array does. The larger the network's layers, the longer it profits.

## 2. Its shape, dataflow and memory

EfficientNet-EdgeTPU-S over rows, columns, three dataflows and four sizes of memory; each place of the map is the best of the others:

EOF
sweep shape efficientnet-edgetpu-s --arch systolic-64x64 --vary array.rows=8..256*2 --vary array.columns=8..256*2 \
    --vary schedule.dataflow=ws,os,is --vary input_sram.bytes,weight_sram.bytes,output_sram.bytes=64Ki..4Mi*4
echo >>"$page"
table shape schedule.dataflow latency_ms 2 ''
say <<'EOF'

![latency over rows and columns](study/shape.svg)

Rows are worth more than columns: a row takes a step of the reduction (25 taps of a depthwise kernel side by side need rows), a
column takes an output channel, of which the projections of an inverted bottleneck have only 24 to 192. No dataflow wins by much
once the parts are cut for it: the DRAM in front is the same.

## 3. How many tiles

The Edge TPU's own grid (coral-usb), tiles on a side; weights still come over one ring and instructions over the same USB:

EOF
# shellcheck disable=SC2086
sweep tiles $networks --arch coral-usb --vary grid.x,grid.y=1..8*2
echo >>"$page"
table tiles grid.x latency_ms 2 5
say <<'EOF'

![latency over tiles](study/tiles.svg)

With few tiles the parameter memory is small as well as the array, so networks stream their weights from the host and the link
decides; that is where MobileNet v2 is the only choice. A grid large enough to keep the parameters changes the order.

## 4. How much memory on the chip

The same stick with wide memories from 64 KiB to 1 MiB a tile. First latency, then parameters streamed at every inference, in bytes:

EOF
# shellcheck disable=SC2086
sweep memory $networks --arch coral-usb --vary tile.wide_bytes=65536,131072,262144,393216,532480,786432,1048576
echo >>"$page"
table memory tile.wide_bytes latency_ms 2 10
echo >>"$page"
table memory tile.wide_bytes streamed_parameter_bytes 0 ''
say <<'EOF'

![latency over wide memory](study/memory.svg)

The step is where the last layer stays: what is streamed costs more than two milliseconds a MiB. On an array with DRAM the same memory
buys traffic and energy rather than time (all three memories of the array varied together, best dataflow for each layer; energy in mJ):

EOF
# shellcheck disable=SC2086
sweep energy $networks --arch systolic-64x64 --set schedule.dataflow=auto --objective energy \
    --vary input_sram.bytes,weight_sram.bytes,output_sram.bytes=16Ki..4Mi*4
echo >>"$page"
table energy input_sram.bytes energy_mj 2 ''
say <<'EOF'

![energy over memory](study/energy.svg)

Too little memory fetches everything several times; too much makes each access dearer (a memory's energy grows with the square root
of its size). The least is in between.

## 5. The family

The three accelerators of the published study (arXiv 2102.10423) and the USB stick, latency in ms:

EOF
{
    printf '| machine |'; for n in $networks; do printf ' %s |' "$n"; done; echo
    printf '|---|'; for n in $networks; do printf -- '---|'; done; echo
    for a in edgetpu-v1 edgetpu-v2 edgetpu-v3 coral-usb systolic-64x64; do
        printf '| %s |' "$a"
        # shellcheck disable=SC2086
        "$program" sweep $networks --arch "$a" --vary clock_hz="$("$program" arch "$a" | awk '$1 == "clock_hz" { print $2 }')" --format csv |
            awk -F, '{ gsub(/"/, "") } NR == 1 { for (i = 1; i <= NF; i++) if ($i == "latency_ms") l = i; next } { printf " %.2f |", $l }'
        echo
    done
} >>"$page"
say <<'EOF'

Peak throughput does not order them: V1 has three times the multipliers of V2 and half the bandwidth to memory, and its tiles of 256
channels are empty where a layer has 24. What a network needs is in `edgetpu-sim profile NETWORK --arch MACHINE`, layer by layer;
`edgetpu-sim compare NETWORK --arch A --arch B` puts two machines side by side.
EOF
echo "wrote $page"
