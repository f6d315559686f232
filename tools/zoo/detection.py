"""Single-shot detectors on MobileNet bodies."""

from zoo import mobilenet
from zoo.net import Net


def heads(net, maps, classes):
    """Boxes and class scores of each map by 1x1 convolutions: three anchors a cell on the first map, six on the others;
    joined as TensorFlow's detection API exports them, with the suppression of overlaps on the host."""
    boxes, scores, anchors = [], [], 0
    for i, source in enumerate(maps):
        h, w, _ = net.shapes[source]
        each = 3 if i == 0 else 6
        cells = h * w * each
        net.conv(f"box{i}", 4 * each, act=None, source=source)
        boxes.append(net.reshape(f"box{i}.flat", (1, cells, 1, 4)))
        net.conv(f"class{i}", classes * each, act=None, source=source)
        scores.append(net.reshape(f"class{i}.flat", (1, cells, classes)))
        anchors += cells
    net.add("concat", "boxes.concat", boxes, (1, anchors, 1, 4), axis=1)
    net.reshape("boxes", (1, anchors, 4))
    net.add("concat", "classes.concat", scores, (1, anchors, classes), axis=1)
    net.add("logistic", "scores")
    net.add("custom", "detections", ["boxes", "scores"], (1, 10, 4), custom="TFLite_Detection_PostProcess", shape=[1, 10, 4])
    return net


def extra_maps(net, width=1.0):
    """Four more maps, each of half the size: 1x1 down, 3x3 of stride 2."""
    maps = []
    for i, (narrow, out) in enumerate([(256, 512), (128, 256), (128, 256), (64, 128)], 1):
        net.conv(f"extra{i}.reduce", int(narrow * width), act="relu6")
        maps.append(net.conv(f"extra{i}.conv", int(out * width), 3, 2, "relu6"))
    return maps


def ssd_v1():
    net = Net("ssd-mobilenet-v1-300", 300, """
        SSD with MobileNet v1, 300x300, 90 COCO classes and background (Liu et al., 2015, arXiv 1512.02325; Howard et al., 2017,
        arXiv 1704.04861), as in the quantised file of TensorFlow's detection API.""")
    mobilenet.v1_body(net, 1.0)
    return heads(net, ["conv11.pointwise", "conv13.pointwise"] + extra_maps(net), 91)


def ssd_v1_075():
    net = Net("ssd-mobilenet-v1-0.75-300", 300, """
        The same at three quarters of its width, the quantised detector of TensorFlow's examples of 2018: a compiler log has
        4.23 MiB of parameters for it.""")
    mobilenet.v1_body(net, 0.75)
    return heads(net, ["conv11.pointwise", "conv13.pointwise"] + extra_maps(net, 0.75), 91)


def ssd_v2():
    net = Net("ssd-mobilenet-v2-300", 300, """
        SSD with MobileNet v2, 300x300, 90 COCO classes and background (Liu et al., 2015, arXiv 1512.02325; Sandler et al., 2018,
        arXiv 1801.04381), as in the quantised configuration of TensorFlow's detection API (1x1 predictors).""")
    mobilenet.v2_body(net)
    net.conv("head", 1280, act="relu6")
    return heads(net, ["block13.expand", "head"] + extra_maps(net), 91)


def networks():
    yield ssd_v1()
    yield ssd_v1_075()
    yield ssd_v2()
