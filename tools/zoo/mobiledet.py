"""SSDLite on MobileDet's body for the Edge TPU: regular convolutions where the search kept them, depthwise ones where it did not."""

from zoo.detection import heads
from zoo.efficientnet import inverted_bottleneck
from zoo.net import Net, rounded

# fused, kernel, stride, expansion, output channels, skip, map that the head reads
BLOCKS = ([(True, 3, 2, 8, 16, False)] + [(True, 3, 1, e, 16, True) for e in (4, 8, 4)] +
          [(True, 5, 2, 8, 40, False)] + 3 * [(True, 3, 1, 4, 40, True)] +
          [(False, 3, 2, 8, 72, False), (False, 3, 1, 8, 72, True)] + 2 * [(True, 3, 1, 4, 72, True)] +
          [(False, 5, 1, 8, 96, False), (False, 5, 1, 8, 96, True)] + 2 * [(False, 3, 1, 8, 96, True)] +
          [(False, 5, 2, 8, 120, False), (False, 3, 1, 8, 120, True), (False, 5, 1, 4, 120, True), (False, 3, 1, 8, 120, True)] +
          [(False, 5, 1, 8, 384, False)])
ENDS = (16, 21)  # blocks that end the maps of stride 16 and 32


def body(net):
    net.conv("stem", 32, 3, 2, "relu6")
    # Tucker: narrow, a regular convolution of low rank, project
    net.conv("tucker.narrow", rounded(32, 0.25), act="relu6")
    net.conv("tucker.conv", rounded(16, 0.75), 3, act="relu6")
    net.conv("tucker.project", 16, act=None)
    ends = []
    for i, (fused, kernel, stride, expansion, out, skip) in enumerate(BLOCKS, 1):
        inverted_bottleneck(net, f"block{i}", kernel, stride, expansion * net.channels(), out, "relu6", fused, skip)
        if i in ENDS:
            ends.append(net.last)
    return ends


def extra_maps(net):
    maps = []
    for i, out in enumerate((512, 256, 256, 128), 1):
        net.conv(f"extra{i}.reduce", out // 2, act="relu6")
        net.depthwise(f"extra{i}.depthwise", 3, 2, "relu6")
        maps.append(net.conv(f"extra{i}.conv", out, act="relu6"))
    return maps


def separable(net, name, out, source):
    net.depthwise(f"{name}.depthwise", 3, act="relu6", source=source)
    net.conv(name, out, act=None)


def networks():
    net = Net("ssdlite-mobiledet-edgetpu-320", 320, """
        SSDLite on MobileDet for the Edge TPU, 320x320, 90 COCO classes and background (Xiong et al., 2020, arXiv 2004.14525;
        tensorflow/models ssd_mobiledet_feature_extractor): predictors and extra maps by separable convolutions.""")
    ends = body(net)
    yield heads(net, ends + extra_maps(net), 91, separable)
