#!/bin/sh
# page.sh - the HTML report in headless Chromium: every shipped model, two side by side, hostile names, a thousand layers. Each page
# must draw, hover, sort, filter, show a span and zoom without a message on the console, in less than 2 MB.
set -u
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { echo "page: skipped: there is no chromium here"; exit 0; }
program=${BUILD:-build}/edgetpu-sim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
say() { echo "page: $1"; bad=$((bad + 1)); }

open_page() { # name, options of profile...
    name=$1
    shift
    "$program" profile "$@" --format html -o "$work/page.html" || { say "$name: profile failed"; return; }
    [ "$(wc -c <"$work/page.html")" -lt 2000000 ] || say "$name: larger than 2 MB"
    { sed '/<\/body>/,$d' "$work/page.html"; echo '<script>'; cat test/page.js; echo '</script></body></html>'; } >"$work/test.html"
    timeout 300 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --enable-logging=stderr --dump-dom \
        "file://$work/test.html" >"$work/dom" 2>"$work/log"
    result=$(sed -n 's/.*<html[^>]* data-test="\([^"]*\)".*/\1/p' "$work/dom" | head -n 1)
    [ "$result" = good ] || say "$name: ${result:-nothing was drawn}"
    if grep CONSOLE "$work/log"; then say "$name: a message on the console"; fi
}

{
    printf 'edgetpu_sim_model: 1\nname: "</script><script>alert(1)</script> \\u2028 <!-- \\"quoted\\" \\u00fc"\ntype: uint8\nper_channel: false\n'
    printf 'inputs: {image: [1, 16, 16, 8]}\nlayers:\n  - {op: conv_2d, name: "<img src=x onerror=alert(1)>", kernel: 3, out: 16}\n'
    printf '  - {op: hard_swish, name: "swish & </script>"}\n'
} >"$work/hostile.yaml"
{
    printf 'edgetpu_sim_model: 1\nname: thousand\ntype: uint8\nper_channel: false\ninputs: {image: [1, 16, 16, 16]}\nlayers:\n'
    i=0
    while [ $i -lt 1000 ]; do echo "  - {op: conv_2d, name: layer$i, kernel: 3, out: 16}"; i=$((i + 1)); done
} >"$work/thousand.yaml"

open_page "hostile names" "$work/hostile.yaml"
open_page "a thousand layers" "$work/thousand.yaml"
printf 'edgetpu_sim_model: 1\ntype: float32\ninputs: {x: [1, 8, 8, 3]}\nlayers: [{op: conv_2d, out: 8}, {op: relu}]\n' >"$work/float.yaml"
open_page "nothing on the accelerator" "$work/float.yaml"
open_page "two machines" efficientnet-edgetpu-s --compare coral-pcie
open_page "two models" efficientnet-edgetpu-s --compare efficientnet-edgetpu-l
open_page "a systolic array" mobilenet-v1-0.25-128 --arch systolic-64x64
for model in models/*.yaml; do open_page "$model" "$model"; done
exit $bad
