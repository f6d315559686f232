# One layer: on the grid, in parts, on an array, on the host; which layer is meant.
net() { printf 'edgetpu_sim_model: 1\nname: net\ninputs: {x: [1, %s, %s, 16]}\nlayers:\n' "$1" "$1"
        printf '  - {op: conv_2d, name: first.conv, kernel: 3, out: 70}\n  - {op: depthwise_conv_2d, name: first.depthwise, kernel: 3, stride: 2}\n'
        printf '  - {op: reshape, name: flat, shape: [1, %s]}\n  - {op: fully_connected, name: logits, out: 10}\n  - {op: hard_swish, name: act}\n' "$2"; }
net 14 3430 >net.yaml
net 320 1792000 >large.yaml
try() { echo "== $*"; edgetpu-sim explain "$@"; echo "status $?"; }
try net.yaml first.conv
try net.yaml first.conv --arch systolic-16x16 --set array.rows=8
try net.yaml logits
try large.yaml 1 | head -n 37
try net.yaml first.conv --set tile.wide_bytes=8Ki | head -n 7
try net.yaml first.conv --set compiler.others_bytes=8Mi | head -n 7
try net.yaml flat
try net.yaml act
COLUMNS=60 edgetpu-sim explain net.yaml 1 --color always | head -n 22
edgetpu-sim explain net.yaml 1 --json -o a.json && edgetpu-sim explain net.yaml first.d --format json | cmp - a.json && ls
try net.yaml first
try net.yaml frst.conv
try net.yaml 5
try net.yaml nothing.like.it
try net.yaml
try
try net.yaml 1 2
try net.yaml 1 --format csv
edgetpu-sim compare net.yaml --arch coral-usb --arch systolic-16x16 --format csv
