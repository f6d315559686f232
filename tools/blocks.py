#!/usr/bin/env python3
"""Writes docs/BLOCKS.md and docs/blocks.svg: regular against depthwise-separable convolutions, fused against plain inverted
bottlenecks, over channels and places in a network, and what falls off the accelerator, as the simulator times them on a Coral Edge TPU.

Run from the top of the source tree after `make`: python3 tools/blocks.py [FOLDER]"""

import math
import os
import sys

sys.path.insert(0, "python")
import edgetpu_sim as sim  # noqa: E402

MACHINE = sim.Arch("coral-usb")
CHANNELS = [16, 24, 32, 48, 64, 96, 128, 192, 256]
MAPS = [112, 56, 28, 14]
WIDTH, HEIGHT, LEFT, TOP, PLOT = 860, 380, 60, 50, 250


def chip_us(build, size, channels):
    """Time of the layers that `build` adds to a map of that size, transfers left out."""
    g = sim.Graph("block")
    x = g.input(size, size, channels)
    g.output(build(g, x, channels))
    layers = sim.simulate(MACHINE, g.model()).layers
    return sum(l.cycles for l in layers) / 500.0, sum(l.macs for l in layers)


def regular(g, x, channels):
    return g.conv(x, channels, 3)


def separable(g, x, channels):
    return g.conv(g.depthwise(x, 3), channels)


def fused(g, x, channels):
    return g.block(x, channels, expansion=8, fused=True)


def plain(g, x, channels):
    return g.block(x, channels, expansion=8)


def excited(g, x, size, channels):
    """Squeeze-and-excite: a factor a channel, from the mean of its map."""
    factors = g.conv(g.conv(g.avg_pool(x, size, padding="valid"), channels // 24, activation="relu"), channels)
    return g.mul(x, g.logistic(factors))


def network(fused, activation, excite):
    """Seven inverted bottlenecks, from 112x112x24 to 14x14x192."""
    g = sim.Graph("network")
    size, before = 112, 24
    x = g.input(size, size, before)
    for channels, stride in ((24, 1), (40, 2), (40, 1), (112, 2), (112, 1), (192, 2), (192, 1)):
        size //= stride
        y = activation(g, g.conv(x, 6 * before, activation=fused))
        y = activation(g, g.depthwise(y, 3, stride=stride, activation=fused))
        y = g.conv(excited(g, y, size, 6 * before) if excite else y, channels)
        x = y if stride > 1 or channels != before else g.add(x, y)
        before = channels
    g.output(x)
    return g.model()


VARIANTS = [("ReLU", "relu", lambda g, x: x, False), ("swish, as x times its logistic function", None, lambda g, x: g.mul(x, g.logistic(x)), False),
            ("hard swish", None, lambda g, x: g.hard_swish(x), False), ("ReLU, squeeze-and-excite", "relu", lambda g, x: x, True)]


def fallen():
    """A row a variant of the network: where its operators run, and how long that takes."""
    rows = ["| activations | operators on the chip | on the host | ms | of it on the host, roughly | `--multi-subgraph`, ms |", "|---|---|---|---|---|---|"]
    once, again = sim.Predictor(MACHINE), sim.Predictor(MACHINE, multi_subgraph=True)
    for name, *how in VARIANTS:
        model = network(*how)
        s, m = once.predict(model), again.predict(model)
        rows.append(f"| {name} | {s.n_tpu_layers} | {s.n_host_layers} | {s.latency_ms:.1f} | {1e3 * s.host_cycles / s.clock_hz:.1f} | {m.latency_ms:.1f} |")
    return "\n".join(rows)


def panel(out, left, title, pair, names):
    """Ratio of times, second to first, over channels; a line a map size."""
    low, high = 0.25, 4.0

    def x_of(channels):
        return left + 320 * math.log(channels / 16) / math.log(256 / 16)

    def y_of(ratio):
        return TOP + PLOT * (1 - math.log(ratio / low) / math.log(high / low))

    out.append(f'<text x="{left}" y="{TOP - 18}" class="title">{title}</text>')
    for tick in (0.25, 0.5, 1, 2, 4):
        y = y_of(tick)
        out.append(f'<line x1="{left}" x2="{left + 320}" y1="{y:.1f}" y2="{y:.1f}" class="{"even" if tick == 1 else "grid"}"/>')
        out.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for channels in CHANNELS:
        out.append(f'<text x="{x_of(channels):.1f}" y="{TOP + PLOT + 18}" text-anchor="middle">{channels}</text>')
    out.append(f'<text x="{left + 160}" y="{TOP + PLOT + 38}" text-anchor="middle">channels</text>')
    out.append(f'<text x="{left + 316}" y="{y_of(1) - 6:.1f}" text-anchor="end" class="note">above: {names[0]} is faster</text>')
    rows = []
    for i, size in enumerate(MAPS):
        points = []
        for channels in CHANNELS:
            (a, macs_a), (b, macs_b) = chip_us(pair[0], size, channels), chip_us(pair[1], size, channels)
            rows.append((size, channels, a, b, macs_a / macs_b))
            points.append((x_of(channels), y_of(min(max(b / a, low), high))))
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        out.append(f'<polyline points="{line}" class="line s{i}"/>')
        out.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="dot s{i}"/>' for x, y in points)
        out.append(f'<line x1="{left + 85 * i}" x2="{left + 85 * i + 18}" y1="{HEIGHT - 18}" y2="{HEIGHT - 18}" class="line s{i}"/>')
        out.append(f'<text x="{left + 85 * i + 23}" y="{HEIGHT - 14}">{size}x{size}</text>')
    return rows


STYLE = """text{font:12px sans-serif;fill:#333}.title{font-size:14px;font-weight:bold}.note{fill:#777}
.grid{stroke:#ddd}.even{stroke:#777}.line{fill:none;stroke-width:2}.s0{stroke:#1b6ca8}.s1{stroke:#d1731f}.s2{stroke:#3a8f3a}.s3{stroke:#8a4fb0}
.dot{stroke:none}.dot.s0{fill:#1b6ca8}.dot.s1{fill:#d1731f}.dot.s2{fill:#3a8f3a}.dot.s3{fill:#8a4fb0}.page{fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#ddd}.note{fill:#999}.grid{stroke:#444}.even{stroke:#999}.page{fill:#181818}}"""


def table(rows, names):
    text = [f"| map | channels | {names[0]}, us | {names[1]}, us | {names[1]} / {names[0]} | MACs, {names[0]} / {names[1]} |",
            "|---|---|---|---|---|---|"]
    for size, channels, a, b, macs in rows:
        text.append(f"| {size}x{size} | {channels} | {a:.1f} | {b:.1f} | {b / a:.2f} | {macs:.1f} |")
    return "\n".join(text)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "docs"
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">', f"<style>{STYLE}</style>",
           f'<rect width="{WIDTH}" height="{HEIGHT}" class="page"/>']
    first = panel(out, LEFT, "3x3: separable time / regular time", (regular, separable), ("regular", "separable"))
    second = panel(out, LEFT + 430, "Bottleneck x8: plain time / fused time", (fused, plain), ("fused", "plain"))
    out.append("</svg>")
    with open(os.path.join(folder, "blocks.svg"), "w") as f:
        f.write("\n".join(out) + "\n")
    with open(os.path.join(folder, "BLOCKS.md"), "w") as f:
        f.write(f"""# Which block is the faster one

Written by `python3 tools/blocks.py`: times of the layers on the chip of `coral-usb`, transfers left out. A regular convolution
fills 64 cells of four products each; a depthwise one uses one product of four in four cells. So the regular one wins where
there are few channels, with several times the multiplications, and loses where there are many: early and late in a network.
That is what the EfficientNet-EdgeTPU search found (fused blocks first, depthwise ones last).

![Ratios of times over channels](blocks.svg)

## 3x3 convolution, C to C channels: regular, or depthwise and 1x1

{table(first, ("regular", "separable"))}

## Inverted bottleneck, C to C channels, expansion 8: fused, or plain

{table(second, ("fused", "plain"))}

## What falls off the accelerator

A network of seven inverted bottlenecks, 112x112x24 to 14x14x192, the whole call. The vendor's compiler knows no hard swish and no product
of a map with one value a channel: the first such operator and all behind it stay on the host, or, with several compiled parts, each
of them with a trip over the link before and behind it. A swish made of two operators that it knows stays, and is slow there. So the
EfficientNet-EdgeTPU networks have neither.

{fallen()}
""")


if __name__ == "__main__":
    main()
