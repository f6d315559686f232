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
