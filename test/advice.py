#!/usr/bin/env python3
"""advice.py PROGRAM - does what the page says would help, as a reader would: the model's YAML is edited line by line (or the machine by
--set), profiled, and compared with the promise. Prints the table of docs/REPORT.md."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

MODELS = ["mobilenet-v2-1.0-224", "efficientnet-edgetpu-l", "resnet-50-v1-224"]
program = os.path.abspath(shutil.which(sys.argv[1]) or sys.argv[1])
bad = 0


def page_of(model):
    html = subprocess.run([program, "profile", model, "--format", "html"], check=True, capture_output=True, text=True).stdout
    return json.loads(re.search(r'id="data">(.*?)</script>', html, re.S).group(1))[0]


def latency_ms(model, *options):
    run = subprocess.run([program, "profile", model, "--json", *options], check=True, capture_output=True, text=True)
    return json.loads(run.stdout)["summary"]["latency_ms"]


def line_of(lines, layer):
    return next(i for i, line in enumerate(lines) if f"name: {layer}," in line or f"name: {layer}}}" in line)


def set_width(line, width):
    return re.sub(r"out: (\d+)", lambda m: f"out: {width(int(m.group(1)))}", line)


def smaller_input(lines, old, new):
    """The input, and a pool over all that is left of it."""
    for line in lines:
        if "op: avg_pool" in line:
            line = re.sub(r"kernel: (\d+)", lambda m: f"kernel: {-(-new * int(m.group(1)) // old)}", line)
        yield line.replace(f"[1, {old}, {old}, 3]", f"[1, {new}, {new}, 3]")


def fused(lines, depthwise, kernel):
    """The expansion with the window and stride of the depthwise convolution behind it, which goes."""
    at = line_of(lines, depthwise)
    stride = re.search(r", stride: \d+", lines[at])
    expand = lines[at - 1].replace("kernel: 1", f"kernel: {kernel}{stride.group(0) if stride else ''}")
    return lines[:at - 1] + [expand] + lines[at + 1:]


def done(model, change, folder):
    """(what was edited, the latency then)"""
    kind, old, new, layer = change["dimension"], change["from"], change["to"], change["layer_name"]
    if kind == "link":
        machine = subprocess.run([program, "arch", "coral-usb"], check=True, capture_output=True, text=True).stdout
        out = int(re.search(r"link\.out_bytes_per_s +(\d+)M", machine).group(1))
        options = ["--set", f"link.in_bytes_per_s={new}M", "--set", f"link.out_bytes_per_s={2 * out}M"]
        return " ".join(options), latency_ms(model, *options)
    with open(f"models/{model}.yaml", encoding="utf-8") as file:
        lines = file.read().splitlines()
    if kind == "resolution":
        what, lines = f"inputs: {{image: [1, {new}, {new}, 3]}}", list(smaller_input(lines, old, new))
    elif kind == "widths":
        what = f"each out: {new} % of it, nearest multiple of 4; not the classes"
        lines = [line if "name: logits" in line else set_width(line, lambda w: max(1, (w * new // 100 + 2) // 4) * 4) for line in lines]
    elif kind == "channels":
        what, at = f"{layer}: out: {new}", line_of(lines, layer)
        lines[at] = set_width(lines[at], lambda _: new)
    elif kind == "kernel":
        what, at = f"{layer}: kernel: {new}", line_of(lines, layer)
        lines[at] = lines[at].replace(f"kernel: {old}", f"kernel: {new}")
    elif kind == "fused":
        what, lines = f"{layer} taken out, kernel: {new} in the layer before it", fused(lines, layer, new)
    else:
        raise ValueError(f"{model}: nobody knows how to do '{kind}'")
    path = os.path.join(folder, "edited.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return what, latency_ms(path)


print("network                 now, ms  promised  found  what was done")
with tempfile.TemporaryDirectory() as folder:
    for model in MODELS:
        report = page_of(model)
        if len(report["changes"]) != 3:
            bad += 1
            print(f"{model}: {len(report['changes'])} changes", file=sys.stderr)
        for change in report["changes"]:
            what, found = done(model, change, folder)
            print(f"{model:24}{report['summary']['latency_ms']:6.3f}{change['latency_ms']:10.3f}{found:7.3f}  {what}")
            if found != change["latency_ms"]:
                bad += 1
                print(f"{model}: {what}: {change['latency_ms']} ms promised, {found} found", file=sys.stderr)
sys.exit(bad > 0)
