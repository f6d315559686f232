"""Single-shot detectors on MobileNet bodies."""

from zoo import mobilenet
from zoo.net import Net


def one_by_one(net, name, out, source):
    net.conv(name, out, act=None, source=source)


def heads(net, maps, classes, predict=one_by_one, first_anchors=3):
    """Boxes and class scores of each map by `predict`: three anchors a cell on the first map unless said, six on the others;
    joined as TensorFlow's detection API exports them, with the suppression of overlaps on the host."""
    boxes, scores, anchors = [], [], 0
    for i, source in enumerate(maps):
        h, w, _ = net.shapes[source]
        each = first_anchors if i == 0 else 6
        cells = h * w * each
        predict(net, f"box{i}", 4 * each, source)
        boxes.append(net.reshape(f"box{i}.flat", (1, cells, 1, 4)))
        predict(net, f"class{i}", classes * each, source)
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


def v2_maps(net):
    """MobileNet v2's maps of stride 16 and 32."""
    mobilenet.v2_body(net)
    return ["block13.expand", net.conv("head", 1280, act="relu6")]


def ssd_v2(size, suffix, what, classes):
    net = Net(f"ssd-mobilenet-v2-{suffix}{size}", size, f"""
        SSD with MobileNet v2, {size}x{size}, {what} and background (Liu et al., 2015,
        arXiv 1512.02325; Sandler et al., 2018, arXiv 1801.04381), as in the quantised configuration of TensorFlow's detection
        API (1x1 predictors).""")
    return heads(net, v2_maps(net) + extra_maps(net), classes)


def pyramid(net, ends, width=256):
    """Lin et al., 2016: 1x1 laterals, up by nearest neighbours and sums, 3x3 behind each sum, two more maps by strides."""
    maps = [net.conv(f"lateral{len(ends)}", width, act=None, source=ends[-1])]
    above = maps[0]
    for level in range(len(ends) - 1, 0, -1):
        lateral = net.conv(f"lateral{level}", width, act=None, source=ends[level - 1])
        up = net.resize(f"up{level}", net.shapes[lateral][:2], source=above)
        above = net.join(f"sum{level}", up, lateral)
        maps.insert(0, net.conv(f"smooth{level}", width, 3, act="relu6"))
    for i in range(1, 3):
        maps.append(net.conv(f"coarse{i}", width, 3, 2, "relu6", source=maps[-1]))
    return maps


def behind_four(net, name, out, source):
    """Four 3x3 convolutions, then the prediction. Maps share weights in training; their batch norms, one a map, were folded into
    them, so that none are shared here."""
    for i in range(4):
        net.conv(f"{name}.conv{i}", 256, 3, act="relu6", source=source if i == 0 else None)
    net.conv(name, out, 3, act=None)


def ssd_fpn_v1():
    net = Net("ssd-fpn-mobilenet-v1-640", 640, """
        SSD with a feature pyramid (RetinaNet's) on MobileNet v1, 640x640, 90 COCO classes and background (Lin et al., 2017,
        arXiv 1708.02002; Howard et al., 2017, arXiv 1704.04861), as TensorFlow's detection API has it, upsampling as one
        resize.""", per_channel=True)
    mobilenet.v1_body(net, 1.0)
    return heads(net, pyramid(net, ["conv5.pointwise", "conv11.pointwise", "conv13.pointwise"]), 91, behind_four, 6)


def networks():
    yield ssd_v1()
    yield ssd_v1_075()
    yield ssd_v2(300, "", "90 COCO classes", 91)
    yield ssd_v2(320, "face-", "faces (one class, as the vendor's detector)", 2)
    yield ssd_fpn_v1()
