# predict: a line a model, in the order asked, whatever goes wrong with some
try() { edgetpu-sim "$@"; echo "status $?"; }
try predict mobilenet-v1-0.25-128 none.tflite mobilenet-v1-0.5-160 -j 3 | awk '{ print $NF }'
edgetpu-sim predict --json mobilenet-v1-0.25-128 none.tflite 2>&1 | sed 's/"cycles".*/.../'
tiny='"name": "tiny", "inputs": {"image": [1, 8, 8, 3]}, "layers": [{"op": "conv_2d", "out": 4}]'
lines() {
    printf '%s\n' '{"model": "mobilenet-v1-0.25-128"}' '' "{\"edgetpu_sim_model\": 1, $tiny}" "{$tiny}" '{"model": ["x"]}' \
        '{"model": "none.tflite"}' '{"model": "-"}' '{"model": "mobilenet-v1-0.25\u002d128"}' '[1, 2' "{\"edgetpu_sim_model\": 1, $tiny, \"outputs\": [nix]}"
    printf '%s' '{"model": "mobilenet-v1-0.5-160"}'
}
lines | edgetpu-sim predict --stdin | sed 's/"cycles".*"complete"/... "complete"/'
lines | edgetpu-sim predict --stdin >one || echo "status $?"
lines | edgetpu-sim predict --stdin -j 4 >four || echo "status $?"
cmp one four && echo "the same by four threads"
# a file's name is bytes; what is shown of it is plain text
printf '{"model": "x\377\\u001b\\u00f6.tflite"}\n' | edgetpu-sim predict --stdin
try predict --json "$(printf 'x\377\033.tflite')"
cp "$TREE/models/mobilenet-v1-0.25-128.yaml" "$(printf 'x\377.yaml')"
printf '{"model": "x\377.yaml"}\n' | edgetpu-sim predict --stdin | grep -o '"model": "[^"]*"'
try "$(printf 'x\033')"
try predict
try predict --stdin mobilenet-v1-0.25-128
try predict --stdin --format table
try predict -j 0 x
try predict --format csv x
try profile -j 2 x
edgetpu-sim predict --stdin <.
echo "status $?"
# a float model among others; weights that are only unpacked are no operators; float at both ends of a quantised network does not send it to the host
edgetpu-sim predict "$TREE/test/fuzz/corpora/tflite/packed.tflite" "$TREE/test/fuzz/corpora/tflite/float_ends.tflite" mobilenet-v1-0.25-128
