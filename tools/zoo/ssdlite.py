"""SSDLite (Sandler et al., 2018, arXiv 1801.04381): detectors whose extra maps and predictors are separable convolutions."""

from zoo import mobilenet
from zoo.detection import heads, v2_maps
from zoo.efficientnet import inverted_bottleneck
from zoo.net import Net, rounded

# MobileDet for the Edge TPU: fused, kernel, stride, expansion, output channels, skip
BLOCKS = ([(True, 3, 2, 8, 16, False)] + [(True, 3, 1, e, 16, True) for e in (4, 8, 4)] +
          [(True, 5, 2, 8, 40, False)] + 3 * [(True, 3, 1, 4, 40, True)] +
          [(False, 3, 2, 8, 72, False), (False, 3, 1, 8, 72, True)] + 2 * [(True, 3, 1, 4, 72, True)] +
          [(False, 5, 1, 8, 96, False), (False, 5, 1, 8, 96, True)] + 2 * [(False, 3, 1, 8, 96, True)] +
          [(False, 5, 2, 8, 120, False), (False, 3, 1, 8, 120, True), (False, 5, 1, 4, 120, True), (False, 3, 1, 8, 120, True)] +
          [(False, 5, 1, 8, 384, False)])
ENDS = (16, 21)  # blocks that end the maps of stride 16 and 32


def mobiledet_body(net):
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


def mobilenet_edgetpu_body(net):
    mobilenet.v3_edgetpu_body(net, 1.0)
    return ["block16.expand", net.last]


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


def ssdlite(name, size, what, body):
    net = Net(f"ssdlite-{name}-{size}", size, f"""
        SSDLite on {what}, {size}x{size}, 90 COCO classes and background
        (Sandler et al., 2018, arXiv 1801.04381), as TensorFlow's detection API has it.""")
    ends = body(net)
    return heads(net, ends + extra_maps(net), 91, separable)


def networks():
    yield ssdlite("mobiledet-edgetpu", 320, "MobileDet for the Edge TPU (Xiong et al., 2020, arXiv 2004.14525)", mobiledet_body)
    yield ssdlite("mobilenet-edgetpu", 320, "MobileNet v3, EdgeTPU variant (Howard et al., 2019, arXiv 1905.02244)", mobilenet_edgetpu_body)
    yield ssdlite("mobilenet-v2", 300, "MobileNet v2", v2_maps)
