# bad input: one line with its place, status 1, nothing left behind
try() { edgetpu-sim "$@"; echo "status $?"; }
try profile nothing-like-it
try profile efficientnet-edgetpu-x
try profile ./missing.tflite
try profile .
: >empty.tflite
try profile empty.tflite
printf 'edgetpu_sim_model: 1\ninputs: {x: [1, 8, 8, 3]}\nlayers:\n  - {op: conv_2d, kernl: 3, out: 8}\n' >typo.yaml
try profile typo.yaml
try inspect typo.yaml -o out.json --json
printf 'edgetpu_sim_model: 1\ninputs: {x: [1, 8, 8, 3]}\nlayers: [{op: conv_2d, out: 8}]\n' >good.yaml
try profile good.yaml --arch no-such-machine
try profile good.yaml --set grid.z=2
try profile good.yaml --set grid.x=99
cp "$TREE/arch/coral-usb.yaml" own.yaml
try profile good.yaml --arch own.yaml --set tile.cells=66
echo 'grid.z: 2' >>own.yaml
try profile good.yaml --arch own.yaml --set grid.x=2
rm own.yaml
try profile good.yaml -o no/such/folder/out.json
try profile good.yaml -o .
try profile good.yaml --json -o /dev/full
gzip -c good.yaml | head -c 40 >cut.gz
try profile cut.gz
head -c 1000 /dev/zero >zeros.bin
try profile zeros.bin
ls
printf 'edgetpu_sim_model: 1\ninputs: {x: [1, 8, 8, 3]}\nlayers: [{op: conv_2d, out: 8, act: swish}]\n' | try profile -
try profile mobilenet-v1-0.25-12
try profile densenet
try profile no-such.tflite
try profile good.yaml --arch good.yaml
echo 'edgetpu_sim_arch: 1' >machine.yaml
try profile machine.yaml
try profile good.yaml --format html --compare machine.yaml
# a name that is nearly a machine's, or a model's
try profile good.yaml --format html --compare coral-pci
try profile good.yaml --format html --compare mobilenet-v1-0.25-12
