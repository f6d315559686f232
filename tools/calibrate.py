#!/usr/bin/env python3
"""Fits the open values of the Coral machines to measured latencies and prints them; writes no file.

Run from the top of the source tree after `make all build/truth`: python3 tools/calibrate.py [--keys PATTERN] [--rounds N] [TRUTH_DIR]
The search begins at what the machines have. Only the rows that `truth --part fit` keeps are looked at; the error on the others is
printed at the end. Every value has a range that the hardware sets and names a unit; none belongs to a network, an operator or a
table. Coordinate search: one value after the other, up or down by a step that shrinks."""

import argparse
import csv
import fnmatch
import json
import math
import os
import subprocess
import sys
import tempfile

# machine (all others inherit what the first one has), key, lowest, highest
OPEN = [("coral-usb", key, low, high) for key, low, high in (
    ("scalar.issue_cycles_per_iword", 1, 4), ("scalar.fence_cycles", 20, 1000), ("ring.latency_cycles", 8, 200),
    ("mesh.latency_cycles", 2, 200), ("mesh.cycles_per_word", 1, 4), ("relay.hop_cycles", 60, 300),
    ("scalar.packet_cycles", 8, 200), ("tile.output_cycles", 0, 2), ("tile.fill_cycles", 10, 80))]
OPEN += [(machine, key, low, high) for machine in ("coral-usb", "coral-devboard", "coral-pcie", "coral-devboard-micro") for key, low, high in (
    ("link.in_bytes_per_s", 5e6, 700e6), ("link.out_bytes_per_s", 2e6, 400e6), ("link.invoke_ns", 20e3, 20e6))]
# how much each set counts; sets that are not named do not
WEIGHTS = {"nas_bench": 4, "coral_benchmarks": 3, "coral_models": 2, "onchip": 2, "convolution stacks": 2, "fully connected": 1,
           "latency": 3}
MOST_ERROR = 0.4  # one row of another kind must not decide


SUFFIXES = {"k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20}


def name_of(machine, key):
    """As `truth --set` takes it: a link is one machine's, the chip is everybody's."""
    return f"{machine}:{key}" if key.startswith("link.") else key


def number(text):
    unit = text.lstrip("0123456789.")
    return float(text[:len(text) - len(unit)]) * SUFFIXES.get(unit, 1)


def present_values():
    values, fields = {}, {}
    for machine, key, _, _ in OPEN:
        if machine not in fields:
            said = subprocess.run(["build/edgetpu-sim", "arch", machine, "--json"], capture_output=True, text=True, check=True)
            fields[machine] = {f["key"]: f["value"] for f in json.loads(said.stdout)["fields"]}
        values[name_of(machine, key)] = number(fields[machine][key])
    return values


def rows(values, truth, part):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.csv")
        command = ["build/truth", "--data", ".", "--part", part, "--rows", path]
        for key, value in values.items():
            command += ["--set", f"{key}={round(value)}"]
        subprocess.run(command + [truth], stdout=subprocess.DEVNULL, check=True)
        with open(path, newline="") as f:
            return [r for r in csv.DictReader(f) if r["reason"] == "" and r["predicted"] != "nan"]


def errors(values, truth, part):
    """Mean of |ln(predicted / measured)| of each weighted set."""
    sets = {}
    for row in rows(values, truth, part):
        kind = next((k for k in WEIGHTS if row["file"].startswith(k) or row["set"].startswith(k)), None)
        if kind is None or "host" in row["set"] or row["file"].startswith("other"):
            continue
        error = abs(math.log(float(row["predicted"]) / float(row["measured"])))
        sets.setdefault(kind, []).append(min(error, MOST_ERROR))
    return {k: sum(v) / len(v) for k, v in sets.items()}


def loss(values, truth):
    found = errors(values, truth, "fit")
    return sum(WEIGHTS[k] * v for k, v in found.items()) / sum(WEIGHTS[k] for k in found)


def neighbours(value, step):
    up, down = value * step, value / step
    return (round(max(up, value + 1)), round(min(down, value - 1)))


def search(truth, rounds, pattern):
    values = present_values()
    best = loss(values, truth)
    open_now = [(name_of(machine, key), low, high) for machine, key, low, high in OPEN if fnmatch.fnmatch(name_of(machine, key), pattern)]
    step = {key: 1.35 for key in values}
    print(f"at first: mean error {100 * best:.2f} %, {len(open_now)} open values", file=sys.stderr)
    for turn in range(rounds):
        for key, low, high in open_now:
            for candidate in neighbours(values[key], step[key]):
                trial = dict(values, **{key: candidate})
                now = loss(trial, truth) if low <= candidate <= high else best
                if now < best - 1e-6:
                    best, values = now, trial
                    break
            else:
                step[key] = 1 + (step[key] - 1) / 2
        print(f"round {turn + 1}: mean error {100 * best:.2f} %", file=sys.stderr)
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("truth", nargs="?", default="../shared/truth", metavar="TRUTH_DIR", help="the tables (default ../shared/truth)")
    parser.add_argument("--rounds", type=int, default=6, help="how often each value is tried (default 6)")
    parser.add_argument("--keys", default="*", metavar="PATTERN", help="fit these only, e.g. 'coral-usb:*'; the others stay as they are")
    options = parser.parse_args()
    for needed in ("build/truth", "build/edgetpu-sim", options.truth):
        if not os.path.exists(needed):
            parser.error(f"{needed} is not there; run it from the top of the tree after 'make all build/truth'")
    values = search(options.truth, options.rounds, options.keys)
    for machine, key, low, high in OPEN:
        print(f"{name_of(machine, key):45} {round(values[name_of(machine, key)]):12}   of {low:g} to {high:g}")
    for kind, error in errors(values, options.truth, "rest").items():
        print(f"rows that were not fitted on: {kind:25} {100 * error:5.1f} %")


if __name__ == "__main__":
    main()
