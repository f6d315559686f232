"""MobileNet v1, v2 and the EdgeTPU variant of v3, and the bodies that detectors and segmenters put on them."""

from zoo.efficientnet import inverted_bottleneck
from zoo.net import Net, rounded

V1_BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + 5 * [(512, 1)] + [(1024, 2), (1024, 1)]
V2_STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def strided_depthwise(net, name, stride, act, dilation=1):
    """3x3. Keras pads before a stride of 2, slim leaves it to SAME."""
    pad = None
    if net.keras and stride > 1:
        net.keras_pad(name.replace("depthwise", "pad"), 3)
        pad = "valid"
    net.depthwise(name, 3, stride, act, pad=pad, dilation=dilation)


def v1_body(net, width, blocks=V1_BLOCKS):
    net.conv("conv0", int(32 * width), 3, 2, "relu6")
    for i, (out, stride) in enumerate(blocks, 1):
        strided_depthwise(net, f"conv{i}.depthwise", stride, "relu6")
        net.conv(f"conv{i}.pointwise", int(out * width), act="relu6")


def v2_body(net, width=1.0, output_stride=32, divisor=8):
    """Once the output stride is reached, strides become dilations of the layers behind."""
    channels = rounded(32, width, divisor)
    net.conv("stem", channels, 3, 2, "relu6")
    block, reached, dilation = 0, 2, 1
    for expansion, out, repeats, stride in V2_STAGES:
        out = rounded(out, width, divisor)
        for i in range(repeats):
            name, step, rate, before = f"block{block}", stride if i == 0 else 1, dilation, net.last
            if step > 1 and reached == output_stride:
                dilation *= step
                step = 1
            reached *= step
            if expansion > 1:
                net.conv(f"{name}.expand", channels * expansion, act="relu6")
            strided_depthwise(net, f"{name}.depthwise", step, "relu6", rate)
            net.conv(f"{name}.project", out, act=None)
            if step == 1 and channels == out:
                net.join(f"{name}.add", f"{name}.project", before)
            channels, block = out, block + 1


def v1(width, size):
    net = Net(f"mobilenet-v1-{width}-{size}", size, f"""
        MobileNet v1, width {width}, {size}x{size} (Howard et al., 2017, arXiv 1704.04861), as in TensorFlow's quantised files.""")
    v1_body(net, width)
    return net.convolutional_classifier(1001, stride=2)


def v2(classes=1001, suffix="", what=""):
    net = Net("mobilenet-v2-1.0-224" + suffix, 224, f"""
        MobileNet v2, width 1.0, 224x224 (Sandler et al., 2018, arXiv 1801.04381), as in TensorFlow's quantised file{what}.""")
    v2_body(net)
    net.conv("head", 1280, act="relu6")
    return net.convolutional_classifier(classes, stride=2)


def v1_tf2():
    net = Net("mobilenet-v1-tf2-1.0-224", 224, """
        MobileNet v1, width 1.0, 224x224 (Howard et al., 2017, arXiv 1704.04861), as in Keras Applications: explicit pads
        before strides, a global average, a 1x1 convolution; post-training quantised.""", keras=True)
    v1_body(net, 1.0)
    net.add("mean", "pool", None, (1, 1, 1024), keep_dims="true")
    net.conv("logits", 1000, act=None)
    net.reshape("squeeze", (1, 1000))
    net.add("softmax", "probabilities")
    return net


def v2_tf2():
    net = Net("mobilenet-v2-tf2-1.0-224", 224, """
        MobileNet v2, width 1.0, 224x224 (Sandler et al., 2018, arXiv 1801.04381), as in Keras Applications: explicit pads
        before strides, a global average, a fully connected layer; post-training quantised.""", keras=True)
    v2_body(net)
    net.conv("head", 1280, act="relu6")
    return net.classifier(1000)


# fused, kernel, stride, expansion, output channels, skip
V3_EDGETPU = ([(True, 3, 2, 8, 32, True)] + 3 * [(True, 3, 1, 4, 32, True)] +
              [(True, 3, 2, 8, 48, True)] + 3 * [(True, 3, 1, 4, 48, True)] +
              [(False, 3, 2, 8, 96, True)] + 3 * [(False, 3, 1, 4, 96, True)] +
              [(False, 3, 1, 8, 96, False)] + 3 * [(False, 3, 1, 4, 96, True)] +
              [(False, 5, 2, 8, 160, True)] + 3 * [(False, 5, 1, 4, 160, True)] + [(False, 3, 1, 8, 192, True)])


def v3_edgetpu_body(net, width):
    net.conv("stem", rounded(32, width), 3, 2)
    net.conv("block0.project", rounded(16, width), act=None)
    for i, (fused, kernel, stride, expansion, out, skip) in enumerate(V3_EDGETPU, 1):
        inverted_bottleneck(net, f"block{i}", kernel, stride, rounded(expansion * net.channels(), 1.0), rounded(out, width),
                            "relu", fused, skip)


def v3_edgetpu(width):
    net = Net(f"mobilenet-v3-edgetpu-{width}-224", 224, f"""
        MobileNet v3, EdgeTPU variant, width {width}, 224x224 (Howard et al., 2019, arXiv 1905.02244; tensorflow/models,
        mobilenet_v3 V3_EDGETPU): fused expansions early, ReLU, neither squeeze-and-excite nor hard-swish; the first block
        only projects, the head is not narrowed.""", keras=True)
    v3_edgetpu_body(net, width)
    net.conv("head", 1280)
    return net.classifier(1001)


def networks():
    for width, size in [(0.25, 128), (0.5, 160), (0.75, 192), (1.0, 224)]:
        yield v1(width, size)
    yield v2()
    for group, classes in [("bird", 965), ("insect", 1022), ("plant", 2102)]:
        yield v2(classes, f"-inat-{group}", f",\nwith the {classes} classes of the vendor's iNaturalist {group} model")
    yield v1_tf2()
    yield v2_tf2()
    yield v3_edgetpu(1.0)
    yield v3_edgetpu(0.75)
