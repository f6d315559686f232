"""EfficientNet-EdgeTPU and EfficientNet-Lite."""

import math

from zoo.net import Net, rounded


def inverted_bottleneck(net, name, kernel, stride, expanded, out, act, fused=False, skip=True):
    """Expansion (if there is one), depthwise, projection; fused: a k x k expansion and no depthwise."""
    before, channels = net.last, net.channels()
    if fused:
        net.conv(f"{name}.expand", expanded, kernel, stride, act)
    else:
        if expanded != channels:
            net.conv(f"{name}.expand", expanded, act=act)
        net.depthwise(f"{name}.depthwise", kernel, stride, act)
    net.conv(f"{name}.project", out, act=None)
    if skip and stride == 1 and channels == out:
        net.join(f"{name}.add", f"{name}.project", before)


def edgetpu(letter, size, width, depth):
    net = Net(f"efficientnet-edgetpu-{letter}", size, f"""
        EfficientNet-EdgeTPU-{letter.upper()} (Gupta and Akin, 2020, arXiv 2003.02838; tensorflow/tpu models/efficientnet_edgetpu).
        Fused blocks (k x k expansion, 1x1 projection) early, depthwise ones late; ReLU, no squeeze-and-excite, 1001 classes.""")
    # repeats, kernel, stride, expansion, nominal input channels, output channels, fused, skip
    stages = [(1, 3, 1, 4, 24, 24, True, False), (2, 3, 2, 8, 24, 32, True, True), (4, 3, 2, 8, 32, 48, True, True),
              (5, 5, 2, 8, 48, 96, False, True), (4, 5, 1, 8, 96, 144, False, True), (2, 5, 2, 8, 144, 192, False, True)]
    net.conv("stem", rounded(32, width), 3, 2)
    for s, (repeats, kernel, stride, expansion, nominal, out, fused, skip) in enumerate(stages, 1):
        out_channels = rounded(out, width)
        for i in range(math.ceil(repeats * depth)):
            # the expansion multiplies the block's nominal input, which the stem does not keep to
            expanded = expansion * (rounded(nominal, width) if i == 0 else out_channels)
            inverted_bottleneck(net, f"b{s}{chr(97 + i)}", kernel, stride if i == 0 else 1, expanded, out_channels, "relu",
                                fused, skip)
    net.conv("head", rounded(1280, width))
    return net.classifier(1001)


# repeats, kernel, stride, expansion, output channels
LITE_STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
               (1, 3, 1, 6, 320)]


def lite_body(net, width, depth):
    """Returns the last maps of strides 8, 16 and 32."""
    net.conv("stem", 32, 3, 2, "relu6")
    ends = []
    for s, (repeats, kernel, stride, expansion, out) in enumerate(LITE_STAGES, 1):
        count = repeats if s in (1, len(LITE_STAGES)) else math.ceil(repeats * depth)
        for i in range(count):
            inverted_bottleneck(net, f"b{s}{chr(97 + i)}", kernel, stride if i == 0 else 1, expansion * net.channels(),
                                rounded(out, width), "relu6")
        if s in (3, 5, 7):
            ends.append(net.last)
    return ends


def lite(number, size, width, depth):
    net = Net(f"efficientnet-lite{number}-{size}", size, f"""
        EfficientNet-Lite{number} (Tan and Le, 2019, arXiv 1905.11946, without squeeze-and-excite and with ReLU6; tensorflow/tpu
        models/efficientnet/lite): stem, head and the depth of the first and last stage are not scaled.""", keras=True)
    lite_body(net, width, depth)
    net.conv("head", 1280, act="relu6")
    return net.classifier(1000)


def networks():
    yield edgetpu("s", 224, 1.0, 1.0)
    yield edgetpu("m", 240, 1.0, 1.1)
    yield edgetpu("l", 300, 1.2, 1.4)
    for number, (size, width, depth) in enumerate([(224, 1.0, 1.0), (240, 1.0, 1.1), (260, 1.1, 1.2), (280, 1.2, 1.4), (300, 1.4, 1.8)]):
        yield lite(number, size, width, depth)
