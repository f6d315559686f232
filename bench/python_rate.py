#!/usr/bin/env python3
"""Networks a second from Python: of EfficientNet-EdgeTPU's kind, 22 rows and some 50 layers each, built one by one and predicted:
when they are new, when they are known, and in batches. Processor time of this process, the best of several rounds."""

import itertools
import time

import edgetpu_sim as ets

STAGES = ((1, 3, 1, 4, True), (2, 3, 2, 8, True), (4, 3, 2, 8, True), (5, 3, 2, 8, False), (6, 5, 1, 8, False), (1, 5, 2, 8, False))
WIDTHS = tuple(itertools.product((24, 32), (32, 40), (48, 64), (96, 112), (128, 144), (160, 192, 200, 224)))  # 128 networks


def network(widths):
    g = ets.Graph()
    x = g.conv(g.input(224, 224, 3), 32, kernel=3, stride=2, activation="relu")
    for (depth, kernel, stride, expansion, fused), width in zip(STAGES, widths):
        for i in range(depth):
            x = g.block(x, width, kernel=kernel, stride=1 if i else stride, expansion=expansion, fused=fused)
    return g


def rate(rounds, n, work):
    """Networks a second of work(), which handles n; `rounds` times, the best."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return n / best


def each(predictor):
    for widths in WIDTHS:
        predictor.predict(network(widths))


predictor = ets.Predictor("coral-usb")
each(predictor)  # layers are known from here on, and these networks
fresh = []
for _ in range(7):
    fresh.append(ets.Predictor("coral-usb"))
new = rate(7, len(WIDTHS), lambda: each(fresh.pop()))
known = rate(7, 8 * len(WIDTHS), lambda: [each(predictor) for _ in range(8)])
batch = [network(widths) for widths in WIDTHS] * 64
batches = rate(7, len(batch), lambda: predictor.predict_batch(batch, threads=1))
print(f"built and predicted each by itself: {new:8.0f} a second by a predictor that knew nothing, {known:.0f} of networks that it knew")
print(f"one batch of {len(batch)}, built before: {batches:8.0f} a second")
