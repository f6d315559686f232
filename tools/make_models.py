#!/usr/bin/env python3
"""Writes models/*.yaml from compact descriptions of published networks.

Run from the top of the source tree: python3 tools/make_models.py
Only the standard library is used. The files are committed; a test checks their counts against published figures."""

import math
import os


class Net:
    """Collects layers, one line each, in the order in which they are added."""

    def __init__(self, name, size, head, kind="uint8", per_channel=False):
        self.name, self.head, self.kind, self.per_channel = name, head, kind, per_channel
        self.size, self.lines, self.last = size, [], "image"

    def add(self, op, name, source=None, **keys):
        parts = [f"op: {op}", f"name: {name}"]
        if source is not None:
            parts.append("from: " + (f"[{', '.join(source)}]" if isinstance(source, list) else source))
        for key, value in keys.items():
            if value is None:
                continue
            text = "[" + ", ".join(map(str, value)) + "]" if isinstance(value, (list, tuple)) else str(value)
            parts.append(f"{key}: {text}")
        self.lines.append("  - {" + ", ".join(parts) + "}")
        self.last = name
        return name

    def conv(self, name, out, kernel=1, stride=1, act="relu", source=None, pad=None):
        return self.add("conv_2d", name, source, kernel=kernel, stride=stride if stride > 1 else None, out=out,
                        act=act, pad=pad)

    def depthwise(self, name, kernel, stride=1, act="relu", source=None):
        return self.add("depthwise_conv_2d", name, source, kernel=kernel, stride=stride if stride > 1 else None, act=act)

    def write(self, folder):
        with open(os.path.join(folder, self.name + ".yaml"), "w") as f:
            f.write("edgetpu_sim_model: 1\n")
            for line in self.head.strip().splitlines():
                f.write(f"# {line.strip()}\n")
            f.write(f"name: {self.name}\ntype: {self.kind}\nper_channel: {str(self.per_channel).lower()}\n")
            f.write(f"inputs: {{image: [1, {self.size}, {self.size}, 3]}}\nlayers:\n")
            f.write("\n".join(self.lines) + "\n")


def rounded(channels, width, divisor=8):
    """Channels scaled by a width multiplier, rounded to a multiple of 8 and never below 90 % (EfficientNet, MobileNet)."""
    scaled = channels * width
    out = max(divisor, int(scaled + divisor / 2) // divisor * divisor)
    return out + divisor if out < 0.9 * scaled else out


def efficientnet_edgetpu(letter, size, width, depth, counts):
    net = Net(f"efficientnet-edgetpu-{letter}", size, f"""
        EfficientNet-EdgeTPU-{letter.upper()} (Gupta and Akin, 2020, arXiv 2003.02838; tensorflow/tpu models/efficientnet_edgetpu).
        Fused blocks (k x k expansion, 1x1 projection) early, depthwise ones late; ReLU, no squeeze-and-excite, 1001 classes.
        {counts}""")
    # repeats, kernel, stride, expansion, nominal input channels, output channels, fused, skip
    stages = [(1, 3, 1, 4, 24, 24, True, False), (2, 3, 2, 8, 24, 32, True, True), (4, 3, 2, 8, 32, 48, True, True),
              (5, 5, 2, 8, 48, 96, False, True), (4, 5, 1, 8, 96, 144, False, True), (2, 5, 2, 8, 144, 192, False, True)]
    channels = rounded(32, width)
    net.conv("stem", channels, 3, 2)
    for s, (repeats, kernel, stride, expansion, nominal, out, fused, skip) in enumerate(stages, 1):
        out_channels = rounded(out, width)
        for i in range(math.ceil(repeats * depth)):
            name, step = f"b{s}{chr(97 + i)}", stride if i == 0 else 1
            # the expansion multiplies the block's nominal input, which the stem does not keep to
            expanded = expansion * (rounded(nominal, width) if i == 0 else out_channels)
            before = net.last
            if fused:
                net.conv(f"{name}.expand", expanded, kernel, step)
            else:
                net.conv(f"{name}.expand", expanded)
                net.depthwise(f"{name}.depthwise", kernel, step)
            net.conv(f"{name}.project", out_channels, act=None)
            if skip and step == 1 and channels == out_channels:
                net.add("add", f"{name}.add", [f"{name}.project", before])
            channels = out_channels
    net.conv("head", rounded(1280, width))
    finish(net, 1001)
    return net


def finish(net, classes):
    """Average over the map, fully connected, softmax."""
    net.add("mean", "pool")
    net.add("fully_connected", "logits", out=classes)
    net.add("softmax", "probabilities")


def mobilenet_v1(width, size, counts):
    net = Net(f"mobilenet-v1-{width}-{size}", size, f"""
        MobileNet v1, width {width}, {size}x{size} (Howard et al., 2017, arXiv 1704.04861), as in TensorFlow's quantised files.
        {counts}""")
    net.conv("conv0", int(32 * width), 3, 2, "relu6")
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + 5 * [(512, 1)] + [(1024, 2), (1024, 1)]
    for i, (out, stride) in enumerate(blocks, 1):
        net.depthwise(f"conv{i}.depthwise", 3, stride, "relu6")
        net.conv(f"conv{i}.pointwise", int(out * width), act="relu6")
    map_size = math.ceil(size / 32)
    net.add("avg_pool", "pool", kernel=map_size, stride=2 if map_size > 1 else None, pad="valid")
    net.conv("logits", 1001, act=None)
    net.add("reshape", "squeeze", shape=[1, 1001])
    net.add("softmax", "probabilities")
    return net


def mobilenet_v2(counts):
    net = Net("mobilenet-v2-1.0-224", 224, f"""
        MobileNet v2, width 1.0, 224x224 (Sandler et al., 2018, arXiv 1801.04381), as in TensorFlow's quantised file.
        {counts}""")
    channels = 32
    net.conv("stem", channels, 3, 2, "relu6")
    block = 0
    for expansion, out, repeats, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                            (6, 160, 3, 2), (6, 320, 1, 1)]:
        for i in range(repeats):
            name, step, before = f"block{block}", stride if i == 0 else 1, net.last
            if expansion > 1:
                net.conv(f"{name}.expand", channels * expansion, act="relu6")
            net.depthwise(f"{name}.depthwise", 3, step, "relu6")
            net.conv(f"{name}.project", out, act=None)
            if step == 1 and channels == out:
                net.add("add", f"{name}.add", [f"{name}.project", before])
            channels, block = out, block + 1
    net.conv("head", 1280, act="relu6")
    net.add("avg_pool", "pool", kernel=7, stride=2, pad="valid")
    net.conv("logits", 1001, act=None)
    net.add("reshape", "squeeze", shape=[1, 1001])
    net.add("softmax", "probabilities")
    return net


def resnet50_v1(size, counts):
    net = Net(f"resnet-50-v1-{size}", size, f"""
        ResNet-50 v1, {size}x{size} (He et al., 2015, arXiv 1512.03385): the stride is on the first 1x1 of a stage.
        {counts}""", "int8", True)
    net.add("pad", "stem.pad", pads="[[3, 3], [3, 3]]")
    net.conv("stem", 64, 7, 2, pad="valid")
    net.add("pad", "pool.pad", pads="[[1, 1], [1, 1]]")
    net.add("max_pool", "stem.pool", kernel=3, stride=2, pad="valid")
    for s, (width, repeats) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)], 2):
        for i in range(repeats):
            name, step, before = f"s{s}{chr(97 + i)}", 2 if i == 0 and s > 2 else 1, net.last
            shortcut = before
            if i == 0:
                shortcut = net.conv(f"{name}.shortcut", 4 * width, 1, step, None, before)
            net.conv(f"{name}.reduce", width, 1, step, "relu", before)
            net.conv(f"{name}.conv", width, 3)
            net.conv(f"{name}.expand", 4 * width, act=None)
            net.add("add", f"{name}.add", [f"{name}.expand", shortcut], act="relu")
    finish(net, 1000)
    return net


def main():
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "models")
    nets = [
        efficientnet_edgetpu("s", 224, 1.0, 1.0, "50 weighted operators, 5.388 M weights, 1.789 G MACs."),
        efficientnet_edgetpu("m", 240, 1.0, 1.1, "65 weighted operators, 6.833 M weights, 3.013 G MACs."),
        efficientnet_edgetpu("l", 300, 1.2, 1.4, "73 weighted operators, 10.499 M weights, 7.936 G MACs."),
        mobilenet_v1(0.25, 128, "28 weighted operators, 14 M MACs."),
        mobilenet_v1(0.5, 160, "28 weighted operators, 77 M MACs."),
        mobilenet_v1(0.75, 192, "28 weighted operators, 239 M MACs."),
        mobilenet_v1(1.0, 224, "28 weighted operators, 569 M MACs."),
        mobilenet_v2("53 weighted operators, 301 M MACs."),
        resnet50_v1(224, "54 weighted operators, 25.5 M weights, 3.9 G MACs."),
        resnet50_v1(299, "54 weighted operators, 25.5 M weights."),
    ]
    for net in nets:
        net.write(folder)


if __name__ == "__main__":
    main()
