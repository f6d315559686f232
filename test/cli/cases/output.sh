# formats, files, standard input, compressed input
printf 'edgetpu_sim_model: 1\nname: net\ninputs: {x: [1, 8, 8, 3]}\nlayers:\n  - {op: conv_2d, name: a, kernel: 3, out: 8}\n  - {op: hard_swish, name: b}\n  - {op: conv_2d, name: c, out: 8}\n' >net.yaml
edgetpu-sim inspect net.yaml
edgetpu-sim inspect net.yaml --multi-subgraph | tail -n 8
edgetpu-sim profile net.yaml --json -o a.json
edgetpu-sim profile --format=json - <net.yaml >b.json
gzip -c net.yaml | edgetpu-sim profile - --json >c.json
cmp a.json b.json && cmp a.json c.json && echo same
grep -c '"cycles": null' a.json
edgetpu-sim profile net.yaml --format csv | cut -d, -f1-8
ls
# nothing runs on the accelerator: no time is claimed
printf 'edgetpu_sim_model: 1\nname: float\ntype: float32\ninputs: {x: [1, 8, 8, 3]}\nlayers:\n  - {op: conv_2d, name: a, out: 8}\n' | tee float.yaml | edgetpu-sim profile -
edgetpu-sim inspect float.yaml --as-int8 | head -n 4
# a view before all else stands behind the input
printf 'edgetpu_sim_model: 1\nname: doubled\ninputs: {x: [1, 8, 8, 3]}\nlayers:\n  - {op: concat, name: a, from: [x, x]}\n  - {op: conv_2d, name: b, out: 8}\n' | edgetpu-sim profile - | head -n 9
# a machine of one's own, wherever it lies, beside the first
printf 'edgetpu_sim_arch: 1\ninherit: coral-usb\nname: mine\nclock_hz: 250M\n' >mine.yaml
edgetpu-sim profile net.yaml --format html --compare mine.yaml -o page.html && grep -c mine page.html
