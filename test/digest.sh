#!/bin/sh
# digest.sh PROGRAM... - one digest of everything that the command predicts of every network that ships, on a grid of tiles
# and on a systolic array with DRAM: what must not depend on compiler, optimisation, word size or byte order.
set -u
EDGETPU_SIM_DATA=$(pwd)
export EDGETPU_SIM_DATA
all=$(mktemp)
trap 'rm -f "$all"' EXIT
for model in models/*.yaml; do
    for arch in coral-usb systolic-64x64; do
        "$@" profile "$model" --arch $arch --json >>"$all" || { echo "no figures: $model on $arch"; exit 1; }
    done
    "$@" predict "$model" >>"$all" || { echo "no prediction: $model"; exit 1; }
done
sha256sum <"$all" | cut -c1-16
