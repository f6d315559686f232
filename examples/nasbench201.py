#!/usr/bin/env python3
"""All 15,625 architectures of NAS-Bench-201 (Dong and Yang, ICLR 2020), built, predicted and ranked by latency.

    python3 examples/nasbench201.py [--arch coral-usb] [--threads 1]
"""

import argparse
import collections
import itertools
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
import edgetpu_sim as ets  # noqa: E402

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # in the order of the architecture string


def name_of(cell):
    o = [OPERATIONS[i] for i in cell]
    return f"|{o[0]}~0|+|{o[1]}~0|{o[2]}~1|+|{o[3]}~0|{o[4]}~1|{o[5]}~2|"


def live_edges(cell):
    """Edges that are not "none", lead from the cell's input, and to its result."""
    reached, live = {0}, {3}
    for e in range(6):
        if cell[e] and EDGES[e][0] in reached:
            reached.add(EDGES[e][1])
    used = []
    for e in reversed(range(6)):
        if cell[e] and EDGES[e][0] in reached and EDGES[e][1] in live:
            live.add(EDGES[e][0])
            used.append(e)
    return used[::-1]


def add_cell(graph, x, cell, edges, channels):
    """A node is the sum of its edges; a cell that nothing leads through hands on what it is given."""
    nodes = {0: x}
    for e in edges:
        source, to = EDGES[e]
        y = nodes[source]
        if cell[e] == 2:
            y = graph.conv(y, channels, 1, activation="relu")
        elif cell[e] == 3:
            y = graph.conv(y, channels, 3, activation="relu")
        elif cell[e] == 4:
            y = graph.avg_pool(y, 3)
        nodes[to] = graph.add(nodes[to], y) if to in nodes else y
    return nodes.get(3, x)


def build(cell):
    graph = ets.Graph("nasbench201")
    edges = live_edges(cell)
    x = graph.conv(graph.input(32, 32, 3), 16, 3, activation="relu")
    for stage in range(3):
        channels = 16 << stage
        if stage:
            a = graph.conv(graph.conv(x, channels, 3, 2, activation="relu"), channels, 3, activation="relu")
            x = graph.add(a, graph.conv(graph.avg_pool(x, 2, 2), channels, 1))
        for _ in range(5):
            x = add_cell(graph, x, cell, edges, channels)
    graph.fully_connected(graph.global_mean(x), 10)
    return graph


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--arch", default="coral-usb")
    options.add_argument("--threads", type=int, default=1)
    o = options.parse_args()
    predictor = ets.Predictor(o.arch)
    cells = list(itertools.product(range(5), repeat=6))
    begin = time.perf_counter()
    graphs = [build(cell) for cell in cells]
    middle = time.perf_counter()
    latency = predictor.predict_batch(graphs, threads=o.threads)["latency_ns"] * 1e-6
    end = time.perf_counter()
    order = latency.argsort(kind="stable")
    print("  rank      ms  architecture")
    for rank in [*range(5), *range(len(order) - 5, len(order))]:
        print(f"{rank + 1:6}  {latency[order[rank]]:6.3f}  {name_of(cells[order[rank]])}")
    print("\n3x3 convolutions and pools that a cell's input passes: fastest, mean and slowest, ms")
    groups = collections.defaultdict(list)
    for cell, ms in zip(cells, latency):
        used = [cell[e] for e in live_edges(cell)]
        groups[used.count(3) + used.count(4)].append(ms)
    for count, times in sorted(groups.items()):
        print(f"  {count}  {min(times):6.3f} {sum(times) / len(times):6.3f} {max(times):6.3f}  ({len(times)} architectures)")
    print(f"{len(cells)} built in {middle - begin:.2f} s ({len(cells) / (middle - begin):.0f} a second), predicted in "
          f"{end - middle:.2f} s ({len(cells) / (end - middle):.0f} a second)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
