"""EfficientDet-Lite: detectors with a pyramid that is gone through up and down again (BiFPN)."""

from zoo.efficientnet import lite_body
from zoo.net import Net

ANCHORS, CLASSES = 9, 90


def pyramid_inputs(net, ends, width):
    """Maps of strides 8 to 128: the body's last three; a narrowed and a plain max pool make two more."""
    net.conv("p6.narrow", width, act=None, source=ends[-1])
    net.pool("max_pool", "p6", 3, 2)
    net.pool("max_pool", "p7", 3, 2)
    return [*ends, "p6", "p7"]


def narrowed(net, name, source, width):
    """What has another number of channels passes a 1x1 convolution first, one for each that reads it."""
    return source if net.channels(source) == width else net.conv(name, width, act=None, source=source)


def node(net, name, sources, width):
    """ReLU6 of the sum, then a separable convolution without an activation."""
    total = sources[0]
    for i, source in enumerate(sources[1:], 1):
        total = net.join(f"{name}.sum{i}", total, source, "relu6" if i == len(sources) - 1 else None)
    net.depthwise(f"{name}.depthwise", 3, act=None)
    return net.conv(f"{name}.pointwise", width, act=None)


def bifpn_cell(net, cell, maps, width):
    """Tan, Pang and Le, figure 3: down the pyramid by nearest neighbours, up it by max pools, sums without weights."""
    down = {len(maps) - 1: maps[-1]}
    for i in reversed(range(len(maps) - 1)):
        name = f"{cell}.p{i + 3}.{'down' if i else 'out'}"
        own = narrowed(net, f"{name}.narrow", maps[i], width)
        above = net.resize(f"{name}.up", net.shapes[own][:2], source=down[i + 1])
        down[i] = node(net, name, [own, above], width)
    out = [down[0]]
    for i in range(1, len(maps)):
        name = f"{cell}.p{i + 3}.out"
        own = narrowed(net, f"{name}.narrow", maps[i], width)
        below = net.pool("max_pool", f"{name}.pool", 3, 2, source=out[-1])
        between = [down[i]] if i < len(maps) - 1 else []
        out.append(node(net, name, [own, *between, below], width))
    return out


def head(net, name, maps, repeats, width, values):
    """Separable convolutions over each map, then `values` an anchor; all anchors in a row. Batch norms, one a map, were
    folded into the weights, so no two maps share any."""
    rows, anchors = [], 0
    for level, source in enumerate(maps, 3):
        for i in range(repeats):
            net.depthwise(f"{name}.p{level}.{i}.depthwise", 3, act=None, source=source if i == 0 else None)
            net.conv(f"{name}.p{level}.{i}.pointwise", width, act="relu6")
        net.depthwise(f"{name}.p{level}.predict.depthwise", 3, act=None)
        h, w, _ = net.shapes[net.conv(f"{name}.p{level}.predict", ANCHORS * values, act=None)]
        rows.append(net.reshape(f"{name}.p{level}.flat", (1, ANCHORS * h * w, values)))
        anchors += ANCHORS * h * w
    return net.add("concat", name, rows, (1, anchors, values), axis=1)


def lite(number, size, body, width, cells, repeats):
    net = Net(f"efficientdet-lite{number}-{size}", size, f"""
        EfficientDet-Lite{number}, {size}x{size}, 90 COCO classes (Tan, Pang and Le, 2020, arXiv 1911.09070; google/automl
        efficientdet-lite): an EfficientNet-Lite body, {cells} BiFPN cells of {width} channels, sums without weights, ReLU6; the
        suppression of overlaps is the host's.""", keras=True)
    net.add("quantize", "input")
    maps = pyramid_inputs(net, lite_body(net, *body), width)
    for cell in range(1, cells + 1):
        maps = bifpn_cell(net, f"cell{cell}", maps, width)
    scores = head(net, "classes", maps, repeats, width, CLASSES)
    boxes = head(net, "boxes", maps, repeats, width, 4)
    net.add("logistic", "scores", scores)
    net.add("custom", "detections", [boxes, "scores"], (1, 25, 4), custom="TFLite_Detection_PostProcess", shape=[1, 25, 4])
    return net


def networks():
    # size, width and depth of the body, channels and cells of the pyramid, convolutions a head
    yield lite("0", 320, (1.0, 1.0), 64, 3, 3)
    yield lite("1", 384, (1.0, 1.1), 88, 4, 3)
    yield lite("2", 448, (1.1, 1.2), 112, 5, 3)
    yield lite("3", 512, (1.2, 1.4), 160, 6, 4)
    yield lite("3x", 640, (1.2, 1.4), 200, 6, 4)
    yield lite("4", 640, (1.4, 1.8), 224, 7, 4)
