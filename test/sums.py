#!/usr/bin/env python3
"""sums.py PROGRAM - the parts that are shown are the whole, to the cycle, in every format of every command.

Table, CSV, JSON, the page's data, the trace, compare, predict and explain are made of the same networks; layers and what is no layer
follow each other without a gap from 0 to the total, and each part's split is the part.
"""
import csv
import json
import re
import subprocess
import sys
import tempfile

program = sys.argv[1]
bad = 0
CASES = [(model, machine) for model, machines in (
    ("efficientnet-edgetpu-s", ("coral-usb", "systolic-64x64")), ("efficientnet-edgetpu-l", ("coral-usb2",)),
    ("deeplab-v3-mobilenet-v2-1.0-513", ("coral-pcie", "edgetpu-v1")), ("mobilenet-v1-0.25-128", ("coral-devboard-micro", "scalesim-32x32")),
    ("resnet-50-v1-224", ("coral-usb", "systolic-16x16"))) for machine in machines]


def say(text):
    global bad
    bad += 1
    print("sums: " + text)


def run(*args):
    return subprocess.run([program, *args], capture_output=True, check=True, env={"COLUMNS": "200"}).stdout.decode()


def rows_of_table(text):
    """Microseconds of each row: what ends where the heading 'us' ends."""
    lines = text.splitlines()
    heading = next(i for i, line in enumerate(lines) if line.lstrip().startswith("# layer"))
    end = re.search(r" us(?= )", lines[heading]).end()
    for line in lines[heading + 1:]:
        if not line:
            return
        yield line[:end].split()[-1], line[end:end + 1]


for model, machine in CASES:
    here = [model, "--arch", machine]
    what = f"{model} on {machine}"
    report = json.loads(run("profile", *here, "--json"))
    total, hz = report["summary"]["cycles"], report["summary"]["clock_hz"]
    layers, timed = report["layers"], [x for x in report["layers"] if x["cycles"]]
    parts = sorted(timed + report["phases"], key=lambda p: p["start_cycle"])
    at = 0
    for p in parts:
        if p["start_cycle"] != at:
            say(f"{what}: {p['name']} begins at {p['start_cycle']}, what is before it ends at {at}")
        at = p["start_cycle"] + p["cycles"]
    if at != total:
        say(f"{what}: JSON: {at} of {total}")
    for x in timed:
        if x["where"] == "tpu" and sum(x["split"].values()) != x["cycles"]:
            say(f"{what}: JSON: the split of {x['name']}")
    for where, key in (("tpu", "chip_cycles"), ("host", "host_cycles")):
        if sum(x["cycles"] for x in timed if x["where"] == where) != report["summary"][key]:
            say(f"{what}: JSON: {key}")
    if int(total * 1e9 // hz) != round(report["summary"]["latency_ms"] * 1e6):
        say(f"{what}: JSON: latency and cycles")

    table = list(csv.DictReader(run("profile", *here, "--format", "csv").splitlines()))
    if sum(int(r["cycles"] or 0) for r in table) != total or len(table) != len(layers) + len(report["phases"]):
        say(f"{what}: CSV")

    text = run("profile", *here)
    shown = [us for us, _ in rows_of_table(text)]
    want = sorted(layers + report["phases"], key=lambda p: 0)  # any order: compared as a bag
    bag = sorted("%.1f" % (p["cycles"] * 1e6 / hz) if p["cycles"] is not None else "" for p in want if p["cycles"])
    if sorted(us for us in shown if us in bag) != bag:
        say(f"{what}: the table's microseconds are not those of the cycles")
    if f"({total} cycles of" not in text:
        say(f"{what}: the table's total")

    with tempfile.NamedTemporaryFile(suffix=".html") as page:
        run("profile", *here, "--format", "html", "-o", page.name)
        html = open(page.name, encoding="utf-8").read()
    data = json.loads(re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', html, re.S).group(1))[0]
    for key in ("summary", "phases", "layers"):
        if data[key] != report[key]:
            say(f"{what}: the page's {key}")

    events = json.loads(run("profile", *here, "--format", "trace"))["traceEvents"]
    track = [e for e in events if e["ph"] == "X" and e["pid"] == 1]
    if sum(e["args"]["cycles"] for e in track) != total:
        say(f"{what}: trace: {sum(e['args']['cycles'] for e in track)} of {total}")
    end = max(e["ts"] + e["dur"] for e in track)
    if abs(end - total * 1e6 / hz) > 1e-6 * end:
        say(f"{what}: trace: ends at {end} us")
    late = [e for e in events if e["ph"] == "X" and e["ts"] + e["dur"] > end * (1 + 1e-9)]
    if late:
        say(f"{what}: trace: {late[0]['name']} ends after all")

    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    where = {l["index"]: l["where"] for l in report["layers"]}
    for e in (e for e in events if e["ph"] == "X" and e["pid"] != 1):
        by_host = where[e["args"]["layer"]] == "host" if "layer" in e["args"] else e["name"] == "invoke"
        if by_host != (names[e["pid"]] == "host"):
            say(f"{what}: trace: {e['name']} is on the track of {names[e['pid']]}")

    prediction = json.loads(run("predict", *here, "--json"))
    if prediction["cycles"] != total:
        say(f"{what}: predict: {prediction['cycles']}")
    both = json.loads(run("compare", model, "--arch", machine, "--arch", "coral-usb", "--json"))
    if sum(x["cycles"][0] or 0 for x in both["layers"]) + both["other_cycles"][0] != total or both["cycles"][0] != total:
        say(f"{what}: compare --json")
    columns = list(csv.DictReader(run("compare", model, "--arch", machine, "--arch", "coral-usb", "--format", "csv").splitlines()))
    for k, column in enumerate(("a_cycles", "b_cycles")):
        if sum(int(r[column] or 0) for r in columns) != both["cycles"][k]:
            say(f"{what}: compare --format csv: {column}")

    for i in range(0, len(layers), 17):
        e = json.loads(run("explain", model, str(i), "--arch", machine, "--json"))
        if e["layer"] != layers[i] or e["total_cycles"] != total:
            say(f"{what}: explain: layer {i} is another")
        if layers[i]["cycles"] and not any(f["of"] == "the layer" and f["value"] == layers[i]["cycles"] for f in e["formulas"]):
            say(f"{what}: explain: the sum of layer {i}")
    short = run("profile", *here, "--split", "--top", "5")
    if f"({total} cycles of" not in short:
        say(f"{what}: --split --top: the total")
sys.exit(1 if bad else 0)
