# every operator on its own, on both kinds of machine: the figures of its layer
one() { # name, input, layers...
    name=$1 input=$2
    shift 2
    { printf 'edgetpu_sim_model: 1\nname: %s\ninputs: {x: %s}\nlayers:\n' "$name" "$input"; printf '  - %s\n' "$@"; } >"$name.yaml"
    for arch in coral-usb systolic-16x16; do
        edgetpu-sim profile "$name.yaml" --arch $arch --multi-subgraph --json >"$name.json" || continue
        printf '%s on %s: ' "$name" $arch
        tr -d ' \n' <"$name.json" | sed 's/.*"instruction_bytes":\([0-9]*\).*/instructions \1/' | cut -c1-40
        edgetpu-sim profile "$name.yaml" --arch $arch --multi-subgraph --format csv | sed 1d | cut -d, -f2-5,7-9,11-13,15,18
    done
}
map='[1, 30, 26, 72]'
one conv "$map" '{op: conv_2d, kernel: 3, out: 40}' '{op: conv_2d, kernel: [1, 7], out: 70, stride: 2, bias: false}' '{op: conv_2d, kernel: 3, dilation: 2, out: 9}'
one depthwise "$map" '{op: depthwise_conv_2d, kernel: 5, stride: 2}' '{op: depthwise_conv_2d, kernel: 3, out: 144, pad: valid}'
one transposed "$map" '{op: transpose_conv, kernel: 3, stride: 2, out: 24}' '{op: transpose_conv, kernel: 2, stride: 2, out: 8, pad: valid}'
one matrices "$map" '{op: fully_connected, out: 300}' '{op: fully_connected, out: 2000}' '{op: fully_connected, out: 10}'
one recurrent '[1, 20, 24]' '{op: lstm, out: 130}' '{op: lstm, out: 9}'
one pools "$map" '{op: max_pool, kernel: 3, stride: 2}' '{op: avg_pool, kernel: 3, stride: 1}' '{op: avg_pool, kernel: [15, 13]}'
one sums "$map" '{op: add, name: a, from: [x, x]}' '{op: sub, name: b, from: [a, x]}' '{op: mul, name: c, from: [b, a]}' \
    '{op: maximum, name: d, from: [c, a]}' '{op: minimum, name: e, from: [d, a]}' '{op: squared_difference, from: [e, a]}' \
    '{op: add, constant: [72]}' '{op: mul, constant: [1]}'
one functions "$map" '{op: relu}' '{op: relu6}' '{op: relu_n1_to_1}' '{op: prelu}' '{op: logistic}' '{op: tanh}' '{op: rsqrt}' '{op: quantize}' \
    '{op: l2_normalization}' '{op: hard_swish}' '{op: dequantize}'
one reductions "$map" '{op: mean, name: m, keep_dims: true}' '{op: sum, name: s, from: x}' '{op: reduce_max, name: h, from: x, axes: [3]}' \
    '{op: reduce_min, name: l, from: x, axes: [2]}' '{op: arg_max, from: x, axis: 3}'
one softmax '[1, 1001]' '{op: softmax}'
one little_softmax '[1, 10]' '{op: softmax}'
one joins "$map" '{op: relu, name: r}' '{op: concat, name: c, from: [x, r]}' '{op: split, name: s, axis: 3, parts: 3}' '{op: pack, from: ["s:0", "s:1"], axis: 1}'
one moves "$map" '{op: pad, pads: [[1, 2], [3, 4]]}' '{op: slice, begin: [0, 3, 2, 0], size: [1, 24, 24, 64]}' '{op: space_to_depth, block: 2}' \
    '{op: depth_to_space, block: 4}' '{op: transpose, permutation: [0, 2, 1, 3]}' '{op: reshape, shape: [1, -1]}' '{op: expand_dims, axis: 1}' '{op: squeeze, axes: [1]}'
one sizes "$map" '{op: resize_bilinear, size: [60, 52]}' '{op: resize_nearest, size: [120, 104]}' '{op: resize_nearest, size: [100, 104]}'
one other "$map" '{op: custom, custom: Mine, shape: [1, 10]}'
