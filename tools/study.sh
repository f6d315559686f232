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
# A table: a row a value of column `key`, a column a model (or a value of `series`) with the best value of `column`; `target`: which
# network is the most accurate of those under so many ms; `size`: peak and area of the machine.
table() { # name key heading column divisor digits [target=ms] [series=key] [size=1] [only=awk condition on the first fields, by name]
    name=$1 key=$2 heading=$3 column=$4 divisor=$5 digits=$6
    shift 6
    target='' series=model size=''
    for option; do eval "${option%%=*}='${option#*=}'"; done
    awk -F, -v key="$key" -v heading="$heading" -v column="$column" -v divisor="$divisor" -v digits="$digits" -v target="$target" -v series="$series" \
        -v size="$size" -v accuracy="$work/accuracy" '
        BEGIN { while ((getline line < accuracy) > 0) { split(line, a, " "); top[a[1]] = a[2] } }
        { gsub(/["\r]/, "") }
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; k = at[key]; c = at[column]; l = at["latency_ms"]; o = at["overfull_layers"]; x = at[series]; next }
        !($x in seen) { seen[$x] = 1; names[++m] = $x }
        !($k in row) { row[$k] = 1; rows[++n] = $k; peak[$k] = $(at["peak_tops"]); area[$k] = $(at["area_mm2"]) }
        !(($k, $x) in best) || $c < best[$k, $x] { best[$k, $x] = $c; time[$k, $x] = $l; short[$k, $x] = ($o > 0) }
        END {
            printf "| %s |", heading; if (size) printf " TOPS | mm2 |"; for (i = 1; i <= m; i++) printf " %s |", names[i]
            if (target) printf " most accurate under %s ms |", target
            printf "\n|---|"; if (size) printf "---|---|"; for (i = 1; i <= m; i++) printf "---|"; if (target) printf "---|"
            for (j = 1; j <= n; j++) {
                printf "\n| %s |", rows[j]; chosen = "none"; most = 0
                if (size) printf " %.3g | %.3g |", peak[rows[j]], area[rows[j]]
                for (i = 1; i <= m; i++) {
                    v = best[rows[j], names[i]]
                    printf v == "" ? " - |" : " %." digits "f%s |", v / divisor, (short[rows[j], names[i]] ? " !" : "")
                    if (v != "" && !short[rows[j], names[i]] && time[rows[j], names[i]] < target && top[names[i]] > most) { most = top[names[i]]; chosen = names[i] }
                }
                if (target) printf " %s |", chosen
            }
            print ""
        }' "$work/$name.csv" >>"$page"
}

: >"$page"
say <<'EOF'
# An architecture study

Which network is the best one depends on the machine. Three questions: how large an array, how many tiles, how much memory on the chip?
"Best" is the most accurate network within a time; quantised top-1 accuracies are 70.8 % (MobileNet v2, TensorFlow's hosted
models), 77.0, 78.6 and 80.2 % (EfficientNet-EdgeTPU S, M, L, from their authors). Every number and picture comes from `make study`
(`tools/study.sh`), which runs the commands shown. Areas are relative: arithmetic and memory of 45 nm (docs/MODEL.md).
A `!` is a machine whose tiles have too little memory for some operators of the network, which are timed as if they had it; in pictures
such points are hollow.

- **Array.** A larger array admits a larger network, until layers no longer fill it: from 128 x 128 on, four times the multipliers
  bring next to nothing, whatever the network. Rows are worth more than columns.
- **Tiles.** More tiles bring multipliers and parameter memory at once. A network gains most from the step that lets its parameters
  stay on the chip; that is where it takes the place of a smaller one.
- **Memory.** Behind a slow link, a network is worth its accuracy only where its parameters fit: each MiB that does not costs about
  two milliseconds. Beside DRAM memory is traffic, so energy, and has an optimum; time shrinks much more slowly than area grows.

## 1. How large an array

One array with 8 MiB of memory and 12.8 GB/s of DRAM, the best dataflow for each layer; latency in ms:

EOF
# shellcheck disable=SC2086
sweep array $networks --arch systolic-64x64 --set schedule.dataflow=auto --vary array.rows,array.columns=8..256*2
echo >>"$page"
table array array.rows 'rows, columns' latency_ms 1 2 target=5 size=1
say <<'EOF'

![latency over array size](study/array.svg)

Doubling both sides makes four times the multipliers, but most of the area is memory: up to 64 x 64 they are nearly free, and they are
what is missing. From 128 x 128 on nothing is gained, because layers with few channels leave rows and columns empty, depthwise
layers use a column a channel on one diagonal, and the activations of early layers have to come from DRAM whatever the array does. The
larger a network's layers, the longer it profits.

## 2. Its shape, dataflow and memory

EfficientNet-EdgeTPU-S over rows, columns, three dataflows and four sizes of memory; each place of the map is the best of the others:

EOF
sweep shape efficientnet-edgetpu-s --arch systolic-64x64 --vary array.rows=8..256*2 --vary array.columns=8..256*2 \
    --vary schedule.dataflow=ws,os,is --vary input_sram.bytes,weight_sram.bytes,output_sram.bytes=64Ki..4Mi*4
say <<'EOF'

![latency over rows and columns](study/shape.svg)

Rows are worth more than columns: a row takes a step of the reduction (25 taps of a depthwise kernel side by side need rows), a
column takes an output channel, of which the projections of an inverted bottleneck have only 24 to 192. The dataflow matters where the
array is small, at the best number of columns for each (latency in ms):

EOF
table shape array.rows rows latency_ms 1 2 series=schedule.dataflow
say <<'EOF'

## 3. How many tiles

The Edge TPU's own grid (coral-usb), tiles on a side; weights still come over one ring and instructions over the same USB:

EOF
# shellcheck disable=SC2086
sweep tiles $networks --arch coral-usb --vary grid.x,grid.y=1..8*2
echo >>"$page"
table tiles grid.x 'tiles a side' latency_ms 1 2 target=5 size=1
say <<'EOF'

![latency over tiles](study/tiles.svg)

With few tiles the parameter memory is small as well as the array, so networks stream their weights from the host and the link
decides; there MobileNet v2 comes first. EfficientNet-EdgeTPU-L gains most from the step from 4 to 8: its parameters fit then.

## 4. How much memory on the chip

The same stick with wide memories from 64 KiB to 1 MiB a tile. First latency, then MiB of parameters streamed at every inference:

EOF
# shellcheck disable=SC2086
sweep memory $networks --arch coral-usb --vary tile.wide_bytes=64Ki,128Ki,256Ki,384Ki,512Ki,768Ki,1Mi
echo >>"$page"
table memory tile.wide_bytes 'wide memory a tile' latency_ms 1 2 target=10
echo >>"$page"
table memory tile.wide_bytes 'wide memory a tile' streamed_parameter_bytes 1048576 2
say <<'EOF'

![latency over wide memory](study/memory.svg)

The step is where the last layer stays: what is streamed costs about two milliseconds a MiB. On an array with DRAM the same memory
buys less traffic and so energy (all three memories of the array varied together, best dataflow for each layer; energy in mJ):

EOF
# shellcheck disable=SC2086
sweep energy $networks --arch systolic-64x64 --set schedule.dataflow=auto --objective energy \
    --vary input_sram.bytes,weight_sram.bytes,output_sram.bytes=16Ki..4Mi*4
echo >>"$page"
table energy input_sram.bytes 'each memory, bytes' energy_mj 1 2
say <<'EOF'

![energy over memory](study/energy.svg)

Too little memory fetches everything several times; too much makes each access dearer (a memory's energy grows with the square root
of its size). The least is in between; where depends on the network's layers more than on its size.

## 5. The family

The three accelerators of the published study (arXiv 2102.10423), the USB stick and an array of its size; latency in ms:

EOF
{
    printf '| machine | TOPS | mm2 |'; for n in $networks; do printf ' %s |' "$n"; done; echo
    printf '|---|---|---|'; for n in $networks; do printf -- '---|'; done; echo
    for a in edgetpu-v1 edgetpu-v2 edgetpu-v3 coral-usb systolic-64x64; do
        printf '| %s |' "$a"
        # shellcheck disable=SC2086
        "$program" sweep $networks --arch "$a" --vary clock_hz="$("$program" arch "$a" | awk '$1 == "clock_hz" { print $2 }')" --format csv |
            awk -F, '{ gsub(/["\r]/, "") } NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
                NR == 2 { printf " %.3g | %.3g |", $(at["peak_tops"]), $(at["area_mm2"]) } { printf " %.2f%s |", $(at["latency_ms"]), ($(at["overfull_layers"]) > 0 ? " !" : "") }'
        echo
    done
} >>"$page"
say <<'EOF'

Peak throughput does not order them. V2 and V3 have the same, and V3 is the faster one: it has twice the cores with half the cells, and
depthwise layers use four cells of a core, layers of few channels leave less of 32 empty than of 64. V1 has three times the
multipliers and half the bandwidth to memory: the larger the network, the more that is worth. V1 to V3 are derived from their
published table; how wide their ring is, and how cores share the work, are guesses (`edgetpu-sim arch edgetpu-v3`); so is that partial
sums lie beside the weights, as on the Edge TPU, and their core memories have no room for those of dense layers with large maps.

## 6. Where more is not faster

Tiles on a side again, with memory for everything:

EOF
sweep sides mobilenet-v2-1.0-224 efficientnet-edgetpu-s resnet-50-v1-224 vgg-16-224 --arch coral-usb --set tile.wide_bytes=256Mi \
    --set tile.narrow_bytes=4Mi --vary grid.x,grid.y=1..8+1
echo >>"$page"
table sides grid.x 'tiles a side' latency_ms 1 2
say <<'EOF'

![latency over tiles with memory for everything](study/sides.svg)

Maps of 224, 112, 56, 28, 14 and 7 pixels divide by 7, not by 8, 6 or 5: the busiest of 8 x 8 tiles has as many pixels of a 14 x 14
map as that of 7 x 7. On the whole, a curve that turns has one of these reasons, and `edgetpu-sim explain` on both sides of the turn
tells which:

- *Remainders.* ceil(rows / grid.y) x ceil(columns / grid.x) pixels, ceil(channels / tile.cells) groups, ceil(channels / tile.lanes) words.
- *What grows with the part.* A weight row is cells x lanes bytes and comes over the same ring, so more cells wait for longer rows
  (`ring.bytes_per_cycle`) and layers of few channels fill them less; a group of `tile.lanes` channels of a depthwise layer takes
  lanes x lanes bytes a tap, so wide lanes fill the cache with zeros; each core has its FIFO and partial sums in the same wide memory.
- *Parts.* What does not fit narrow memory runs in groups of operators whose parameters are sent for each part. More memory forms
  other groups, not always better ones: of 9,065 steps of 15 % (all networks that ship, 32 KiB to 1 MiB, from eight starts, where
  everything fits), 51 are slower by more than 1 %, none by more than 10 %; the most is ResNet-50 of 299x299 from 234 to 270 KiB, where
  two groups of 4 and 16 parts follow one of 4. Wide memory packs layers whole, the largest first: six of 12,151 steps by more than
  1 %, at most 2.7 %.

What a network needs is in `edgetpu-sim profile NETWORK --arch MACHINE`, layer by layer; `edgetpu-sim compare NETWORK --arch A --arch B`
puts two machines side by side.
EOF
echo "wrote $page"
