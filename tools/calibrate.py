#!/usr/bin/env python3
"""Fits the open values of the Coral machines to measured latencies and prints them; writes no file.

Run from the top of the source tree after `make build/truth`: python3 tools/calibrate.py [TRUTH_DIR] [ROUNDS]
Only the rows that `truth --part fit` keeps are looked at; the error on the others is printed at the end. Every value has a range
that the hardware sets and names a unit; none belongs to a network, an operator or a table. Coordinate search: one value after the
other, up or down by a step that shrinks."""

import csv
import math
import os
import subprocess
import sys
import tempfile

# key, first value, lowest, highest
CHIP = [("scalar.issue_cycles_per_iword", 1, 1, 4), ("scalar.fence_cycles", 260, 20, 1000), ("ring.latency_cycles", 80, 8, 200),
        ("mesh.latency_cycles", 5, 2, 200), ("mesh.cycles_per_word", 2, 1, 4), ("relay.hop_cycles", 150, 60, 300),
        ("scalar.packet_cycles", 40, 8, 200), ("tile.output_cycles", 1, 0, 2), ("tile.fill_cycles", 36, 10, 80)]
LINKS = [(f"{machine}:link.{key}", value, low, high)
         for machine, values in {"coral-usb": (445e6, 100e6, 180e3), "coral-devboard": (475e6, 40e6, 40e3),
                                 "coral-pcie": (381e6, 92e6, 78e3), "coral-devboard-micro": (27.5e6, 7e6, 250e3)}.items()
         for (key, low, high), value in zip((("in_bytes_per_s", 5e6, 700e6), ("out_bytes_per_s", 2e6, 400e6),
                                             ("invoke_ns", 20e3, 20e6)), values)]
# how much each set counts; sets that are not named do not
WEIGHTS = {"nas_bench": 4, "coral_benchmarks": 3, "coral_models": 2, "onchip": 2, "convolution stacks": 2, "fully connected": 1,
           "latency": 3}
MOST_ERROR = 0.4  # one row of another kind must not decide


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


def search(truth, rounds):
    values = {key: value for key, value, _, _ in CHIP + LINKS}
    best = loss(values, truth)
    step = {key: 1.35 for key in values}
    for turn in range(rounds):
        for key, _, low, high in CHIP + LINKS:
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
    truth = sys.argv[1] if len(sys.argv) > 1 else "../shared/truth"
    values = search(truth, int(sys.argv[2]) if len(sys.argv) > 2 else 6)
    for key, _, low, high in CHIP + LINKS:
        print(f"{key:45} {round(values[key]):12}   of {low:g} to {high:g}")
    for kind, error in errors(values, truth, "rest").items():
        print(f"rows that were not fitted on: {kind:25} {100 * error:5.1f} %")


if __name__ == "__main__":
    main()
