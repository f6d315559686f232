#!/usr/bin/env python3
"""Regularised evolution (Real et al., AAAI 2019) over the space of EfficientNet-EdgeTPU, with predicted latencies.

Each of six stages chooses its block (fused or with a depthwise convolution), kernel, expansion, depth and width. There is no
training here: ACCURACY IS A PROXY, see accuracy_proxy(). What the search finds is what the machine rewards: regular
convolutions early, where there are few channels and many pixels, depthwise ones late, where regular ones would be all
parameters.

    python3 examples/nas_evolution.py [--arch coral-usb] [--target-ms 5] [--rounds 10000] [--restarts 3] [--seed 1]
"""

import argparse
import collections
import math
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
import edgetpu_sim as ets  # noqa: E402

# Of EfficientNet-EdgeTPU-S, stage by stage: stride of the first block, channels, depth.
STAGES = [(1, 24, 1), (2, 32, 2), (2, 48, 4), (2, 96, 5), (1, 144, 4), (2, 192, 2)]
CHOICES = {
    "fused": [False, True],
    "kernel": [3, 5],
    "expansion": [3, 4, 6, 8],
    "depth": [-1, 0, 1],  # added to the stage's own
    "width": [0.75, 1.0, 1.25],  # times its own, in eights
}
Gene = collections.namedtuple("Gene", CHOICES)
POPULATION, TOURNAMENT = 400, 10


def channels(stage, gene):
    return max(8, int(STAGES[stage][1] * gene.width / 8 + 0.5) * 8)


def depth(stage, gene):
    return max(1, STAGES[stage][2] + gene.depth)


def build(genes):
    graph = ets.Graph("candidate")
    x = graph.conv(graph.input(224, 224, 3), 32, kernel=3, stride=2, activation="relu")
    for stage, gene in enumerate(genes):
        for i in range(depth(stage, gene)):
            x = graph.block(x, channels(stage, gene), gene.kernel, STAGES[stage][0] if i == 0 else 1, gene.expansion, gene.fused)
    x = graph.global_mean(graph.conv(x, 1280, activation="relu"))
    graph.softmax(graph.fully_connected(x, 1001))
    return graph


def stage_macs(genes):
    """Multiply-accumulates of the 1x1 convolutions of each stage, counted as if none were fused."""
    size, before, sums = 112, 32, []
    for stage, gene in enumerate(genes):
        total = 0
        for i in range(depth(stage, gene)):
            after = channels(stage, gene)
            total += size * size * before * before * gene.expansion
            size = -(-size // STAGES[stage][0]) if i == 0 else size
            total += size * size * before * gene.expansion * after
            before = after
        sums.append(total)
    return sums


REFERENCE = stage_macs([Gene(True, 3, 4, 0, 1.0)] + [Gene(True, 3, 8, 0, 1.0)] * 2 + [Gene(False, 3, 8, 0, 1.0)]
                       + [Gene(False, 5, 8, 0, 1.0)] * 2)


def accuracy_proxy(genes):
    """NOT AN ACCURACY. A stand-in that grows as published accuracies do: EfficientNet-EdgeTPU-S, M and L gain 2 % of ImageNet
    accuracy each time their MACs grow by e (the mean over stages keeps a candidate from putting all of them into one); a fused
    stage gains 0.1 %, a third of what EfficientNetV2 reports for fusing its first three (Tan and Le, ICML 2021); a 5x5 kernel is
    given half of that. Which stages are worth fusing is left to the latency."""
    gains = [math.log(now / then) for now, then in zip(stage_macs(genes), REFERENCE)]
    return 0.772 + 0.020 * sum(gains) / len(gains) + 0.001 * sum(g.fused for g in genes) + 0.0005 * sum(g.kernel == 5 for g in genes)


def evolve(predictor, target_ns, rounds, seed):
    chance = random.Random(seed)

    def score(genes):
        summary = predictor.predict(build(genes))
        return ets.reward(accuracy_proxy(genes), summary, target_ns, w=(0.0, -1.0), onchip_bonus=0.02), genes, summary

    population = collections.deque(score([Gene(*(chance.choice(v) for v in CHOICES.values())) for _ in STAGES]) for _ in range(POPULATION))
    best = max(population, key=lambda c: c[0])
    for _ in range(rounds):
        parent = max(chance.sample(population, TOURNAMENT), key=lambda c: c[0])[1]
        stage, what = chance.randrange(len(STAGES)), chance.choice(list(CHOICES))
        child = list(parent)
        child[stage] = child[stage]._replace(**{what: chance.choice(CHOICES[what])})
        population.append(score(child))
        population.popleft()  # the oldest goes, however good it is
        best = max(best, population[-1], key=lambda c: c[0])
    return best


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--arch", default="coral-usb")
    options.add_argument("--target-ms", type=float, default=5.0)
    options.add_argument("--rounds", type=int, default=10000)
    options.add_argument("--restarts", type=int, default=3, help="independent searches; the best of them counts")
    options.add_argument("--seed", type=int, default=1)
    o = options.parse_args()
    predictor = ets.Predictor(o.arch)
    begin = time.perf_counter()
    runs = [evolve(predictor, int(o.target_ms * 1e6), o.rounds, o.seed + i) for i in range(o.restarts)]
    reward, genes, summary = max(runs, key=lambda run: run[0])
    seconds = time.perf_counter() - begin
    print("stage  block      kernel  expansion  channels  depth  M MACs")
    for stage, gene in enumerate(genes):
        print(f"{stage + 1:5}  {'fused' if gene.fused else 'depthwise':9}  {gene.kernel}x{gene.kernel:<4}  {gene.expansion:9}"
              f"  {channels(stage, gene):8}  {depth(stage, gene):5}  {stage_macs(genes)[stage] / 1e6:6.0f}")
    print(f"\nlatency {summary.latency_ms:.3f} ms of {o.target_ms:.3f} ms, {summary.macs / 1e9:.2f} G MACs, parameters "
          f"{'on the chip' if summary.fits_on_chip else 'streamed'}; accuracy PROXY {accuracy_proxy(genes):.4f}, reward {reward:.4f}")
    print(f"{predictor.info.predictions} candidates, {predictor.info.entries} items simulated", file=sys.stderr)
    print(f"{predictor.info.predictions / seconds:.0f} candidates a second", file=sys.stderr)
    early, late = genes[:2], genes[-2:]
    return 0 if all(g.fused for g in early) and not any(g.fused for g in late) else 1


if __name__ == "__main__":
    sys.exit(main())
