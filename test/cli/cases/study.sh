# What an architect does: sweeps, pictures, comparisons, another simulator's files.
run() { edgetpu-sim "$@"; echo "status $?"; }
cat > net.yaml <<'YAML'
edgetpu_sim_model: 1
name: net
inputs: {x: [1, 28, 28, 16]}
layers:
  - {op: conv_2d, name: a, kernel: 3, out: 32}
  - {op: depthwise_conv_2d, name: b, kernel: 3}
  - {op: conv_2d, name: c, out: 64}
YAML
run sweep net.yaml --arch systolic-16x16 --vary array.rows,array.columns=4..16*2 --vary schedule.dataflow=ws,auto
run sweep net.yaml --arch systolic-16x16 --vary array.rows=8..16+8 --format csv
run sweep net.yaml --arch systolic-16x16 --vary array.rows=8 --vary output_sram.bytes=64,64Ki --json --objective area
run sweep net.yaml --arch systolic-16x16 --vary array.row=8
run sweep net.yaml --arch systolic-16x16 --vary array.rows=8,0
run sweep net.yaml --vary tile.cells=64,66 --json
run sweep net.yaml --vary tile.wide_bytes=512Ki,524289
run sweep net.yaml --vary tile.narrow_bytes=1Ki,64Ki
run sweep net.yaml --vary tile.narrow_bytes=1Ki --format csv
run sweep net.yaml --vary tile.wide_bytes=4Ki..64Ki*4
run sweep net.yaml --vary tile.cells=64,66
run sweep net.yaml --vary tile.cells=66,70
run sweep net.yaml --arch systolic-16x16 --vary array.rows=16..8*2
run sweep net.yaml --arch systolic-16x16 --vary array.rows=8..
run sweep net.yaml --arch systolic-16x16 --vary array.rows
run sweep net.yaml --arch systolic-16x16
run sweep --vary array.rows=8
run sweep net.yaml --vary grid.x=1,2 -j 0
run sweep net.yaml --vary grid.x=1,2 --objective speed
run profile net.yaml --vary grid.x=1,2
run sweep net.yaml --vary grid.x=1 --vary grid.y,grid.x=1,2
run sweep net.yaml --vary grid.x=1,2 --plot lines.png

# A killed sweep goes on where it was, and ends as one that was not.
points="sweep efficientnet-edgetpu-s --arch systolic-64x64 --vary array.rows=8..256+8 --vary array.columns=8..256*2 --vary schedule.dataflow=ws,os --format csv"
edgetpu-sim $points -j 2 -o whole.csv
edgetpu-sim $points -j 1 -o killed.csv &
pid=$!
while kill -0 $pid 2>/dev/null && [ "$(cat killed.csv.part 2>/dev/null | wc -l)" -le 3 ]; do sleep 0.01; done
kill -9 $pid
wait $pid 2>/dev/null
printf '70 12' >> killed.csv.part # and its last line was cut off
run $points --vary clock_hz=250M -o killed.csv
run $points -o killed.csv
cmp whole.csv killed.csv && ls

run sweep net.yaml net.yaml --arch systolic-16x16 --vary array.rows=4..16*2 --plot lines.svg --format csv -o lines.csv
run sweep net.yaml --arch systolic-16x16 --vary array.rows=4..16*2 --vary array.columns=4..16*2 --plot map.svg -o map.txt
grep -c '<path' lines.svg
grep -c '<rect' map.svg
run sweep net.yaml --vary clock_hz=200M..800M*2 --plot clock.svg -o map.txt
grep -o '>[248]00[^<]*<' clock.svg
run sweep net.yaml --vary tile.wide_bytes=4Ki..64Ki*4 --plot hollow.svg -o map.txt
grep -c 'fill="#fff" stroke=' hollow.svg
run sweep net.yaml --vary tile.wide_bytes=4Ki..64Ki*4 --vary tile.narrow_bytes=1Ki,64Ki --plot grey.svg -o map.txt
grep -c 'fill="#f4f4f4"' grey.svg
grep -o 'on coral-usb[^<]*' hollow.svg grey.svg

run compare net.yaml --arch systolic-64x64 --arch systolic-16x16
run compare net.yaml --arch coral-usb
run compare net.yaml --arch coral-usb --arch coral-usb2 --set clock_hz=250M | head -n 4
run compare net.yaml --set clock_hz=250M --set link.invoke_ns=0
run compare net.yaml --set nothing=1
run compare mobilenet-v2-1.0-224 --arch coral-usb --arch edgetpu-v3 | tail -n 4
sed 's/name: a/name: network\/of\/many\/rooms\/größe\/erste/; s/name: b/name: "network\/of\/many\/rooms\/größe\/ünd die zweite"/' net.yaml >long.yaml
run compare long.yaml --arch coral-usb --arch coral-usb2
run sweep net.yaml --vary 'name=a"b'

printf 'Layer, M, N, K,\nqk, 5, 7, 9,\n' > gemm.csv
printf '[x]\nArrayHeight: 4\nArrayWidth: 4\nIfmapSramSzkB: 1\nFilterSramSzkB: 1\nOfmapSramSzkB: 1\nDataflow: os\n' > tool.cfg
run profile gemm.csv --arch tool.cfg --format scalesim
cat COMPUTE_REPORT.csv BANDWIDTH_REPORT.csv DETAILED_ACCESS_REPORT.csv
run profile gemm.csv --format scalesim
run profile gemm.csv --arch tool.cfg --format scalesim -o made && cmp made/COMPUTE_REPORT.csv COMPUTE_REPORT.csv && rm -r made
run profile gemm.csv --arch tool.cfg --format scalesim -o missing/made
run sweep net.yaml --arch systolic-16x16 --vary array.rows=4 --plot missing/x.svg -o map.txt
