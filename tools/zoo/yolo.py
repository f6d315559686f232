"""YOLO: detectors of three strides, SiLU as an owner's converter leaves it: a sigmoid and a product."""

from zoo.net import Net

CLASSES, ANCHORS, BINS = 80, 3, 16
STRIDES = (8, 16, 32)


def conv(net, name, out, kernel=1, stride=1, source=None):
    """Convolution and SiLU. One of stride 2 is padded by half a kernel all around, first."""
    if stride > 1:
        source = net.pad(f"{name}.pad", (kernel - 1) // 2, source=source)
    x = net.conv(name, out, kernel, stride, None, source, "valid" if stride > 1 else None)
    return net.product(f"{name}.silu", x, net.add("logistic", f"{name}.sigmoid", x))


def upsample(net, name, source):
    h, w, _ = net.shapes[source]
    return net.resize(name, (2 * h, 2 * w), source=source)


def pooled(net, name, source, kernel):
    return net.pool("max_pool", name, kernel, 1, "same", source)


def sppf(net, name, out):
    """Three max pools of 5x5 in a row: windows of 5, 9 and 13."""
    x = [conv(net, f"{name}.narrow", net.channels() // 2)]
    for i in range(1, 4):
        x.append(pooled(net, f"{name}.pool{i}", x[-1], 5))
    return conv(net, f"{name}.out", out, source=net.concat(f"{name}.concat", x, one_range=True))


def c3(net, name, out, repeats, skip=True, source=None):
    """A cross-stage block: bottlenecks on one half, a 1x1 convolution beside them."""
    source = source or net.last
    x = conv(net, f"{name}.one", out // 2, source=source)
    for i in range(1, repeats + 1):
        conv(net, f"{name}.{i}.one", out // 2, source=x)
        y = conv(net, f"{name}.{i}.two", out // 2, 3)
        x = net.join(f"{name}.{i}.sum", x, y) if skip else y
    beside = conv(net, f"{name}.two", out // 2, source=source)
    return conv(net, f"{name}.three", out, source=net.concat(f"{name}.concat", [x, beside]))


def c2f(net, name, out, repeats, skip=True, source=None):
    """One convolution, split; bottlenecks on the second half; all that came on the way is joined."""
    wide = conv(net, f"{name}.one", out, source=source)
    x = net.split(f"{name}.split", wide, 2)
    for i in range(1, repeats + 1):
        conv(net, f"{name}.{i}.one", out // 2, 3, source=x[-1])
        y = conv(net, f"{name}.{i}.two", out // 2, 3)
        x.append(net.join(f"{name}.{i}.sum", x[-1], y) if skip else y)
    return conv(net, f"{name}.two", out, source=net.concat(f"{name}.concat", x))


def body(net, block, stem_kernel, channels, repeats):
    """The stem and four stages, each half the size of what is before it; the results of the stages."""
    net.add("quantize", "input")
    conv(net, "stem", channels[0], stem_kernel, 2)
    ends = []
    for stage in range(1, 5):
        conv(net, f"stage{stage}.down", channels[stage], 3, 2)
        ends.append(block(net, f"stage{stage}", channels[stage], repeats[stage - 1]))
    return ends


# ---------------------------------------------------------------- predictions


def boxes_of_anchors(net, name, maps):
    """A 1x1 convolution a map; centre, size, objectness and classes an anchor, as parts of the image."""
    rows, values, total = [], 5 + CLASSES, 0
    for i, source in enumerate(maps):
        at = f"{name}{i}"
        h, w, _ = net.shapes[net.conv(at, ANCHORS * values, act=None, source=source)]
        cells = h * w
        net.reshape(f"{at}.cells", (1, cells, ANCHORS, values))
        y = net.add("logistic", f"{at}.sigmoid")
        xy = net.cut(f"{at}.xy", y, 0, 2)
        wh = net.cut(f"{at}.wh", y, 2, 2)
        rest = net.cut(f"{at}.rest", y, 4, values - 4)
        net.add("mul", f"{at}.twice", xy, constant=[1])
        net.add("add", f"{at}.grid", constant=[1, cells, 1, 2])
        xy = net.add("mul", f"{at}.pixels", constant=[1])
        xy = net.add("mul", f"{at}.centre", constant=[1, 2])
        net.product(f"{at}.square", wh, wh)
        net.add("mul", f"{at}.anchors", constant=[1, 1, ANCHORS, 2])
        wh = net.add("mul", f"{at}.size", constant=[1, 2])
        net.concat(f"{at}.all", [xy, wh, rest])
        rows.append(net.reshape(f"{at}.rows", (1, ANCHORS * cells, values)))
        total += ANCHORS * cells
    return net.join_rows("predictions", rows, total, values)


def v5(letter, size, depth, width):
    net = Net(f"yolov5{letter}-{size}", size, f"""
        YOLOv5{letter} (release 6), {size}x{size}, 80 COCO classes (Ultralytics, 2020, doi 10.5281/zenodo.3908559), exported
        to int8: SiLU is a sigmoid and a product, boxes come out as parts of the image; the suppression of overlaps is the
        host's.""", keras=True)
    c = [int(64 * width) << i for i in range(5)]
    n = [max(round(d * depth), 1) for d in (3, 6, 9, 3)]
    ends = body(net, c3, 6, c, n)
    sppf(net, "sppf", c[4])
    top = conv(net, "top5", c[3])
    x = c3(net, "top4", c[3], n[0], False, net.concat("top4.in", [upsample(net, "up5", top), ends[2]]))
    middle = conv(net, "top4.narrow", c[2], source=x)
    maps = [c3(net, "out3", c[2], n[0], False, net.concat("out3.in", [upsample(net, "up4", middle), ends[1]]))]
    x = conv(net, "down3", c[2], 3, 2, maps[0])
    maps.append(c3(net, "out4", c[3], n[0], False, net.concat("out4.in", [x, middle])))
    x = conv(net, "down4", c[3], 3, 2, maps[1])
    maps.append(c3(net, "out5", c[4], n[0], False, net.concat("out5.in", [x, top])))
    boxes_of_anchors(net, "predict", maps)
    return net


def distributions_and_scores(net, maps):
    """Two 3x3 convolutions, then the prediction, twice a map: a distribution over bins for each side of a box, and classes."""
    wide = (max(16, net.channels(maps[0]) // 4, 4 * BINS), max(net.channels(maps[0]), min(CLASSES, 100)))
    rows, total = [], 0
    for i, source in enumerate(maps):
        parts = []
        for what, narrow, out in (("box", wide[0], 4 * BINS), ("class", wide[1], CLASSES)):
            conv(net, f"{what}{i}.one", narrow, 3, source=source)
            conv(net, f"{what}{i}.two", narrow, 3)
            parts.append(net.conv(f"{what}{i}", out, act=None))
        h, w, channels = net.shapes[net.concat(f"map{i}", parts)]
        rows.append(net.reshape(f"map{i}.rows", (1, h * w, channels)))
        total += h * w
    return net.join_rows("maps", rows, total, 4 * BINS + CLASSES)


def boxes_of_bins(net, maps):
    """Li et al., 2020 (arXiv 2006.04388): a side is where its distribution has its mean; corners, then centre and size."""
    everything = distributions_and_scores(net, maps)
    total = net.shapes[everything][1]
    scores = net.add("logistic", "scores", net.cut("classes", everything, 4 * BINS, CLASSES))
    net.reshape("bins", (1, total, 4, BINS), net.cut("boxes", everything, 0, 4 * BINS))
    net.add("softmax", "distribution")
    net.conv_rows("mean", 1)
    sides = net.reshape("sides", (1, total, 4))
    first = net.add("sub", "first", net.cut("before", sides, 0, 2), constant=[1, total, 2])
    last = net.add("add", "last", net.cut("behind", sides, 2, 2), constant=[1, total, 2])
    net.join("sum", first, last)
    centre = net.add("mul", "centre", constant=[1])
    size = net.add("sub", "size", [last, first])
    net.concat("relative", [centre, size])
    boxes = net.add("mul", "pixels", constant=[1, total, 1])
    return net.concat("predictions", [boxes, scores])


def v8(letter, size, depth, width, most):
    net = Net(f"yolov8{letter}-{size}", size, f"""
        YOLOv8{letter}, {size}x{size}, 80 COCO classes (Ultralytics, 2023), exported to int8: SiLU is a sigmoid and a product; the
        suppression of overlaps is the host's.""", keras=True)
    c = [int(min(64 << i, most) * width) for i in range(5)]
    n = [max(round(d * depth), 1) for d in (3, 6, 6, 3)]
    ends = body(net, c2f, 3, c, n)
    top = sppf(net, "sppf", c[4])
    middle = c2f(net, "top4", c[3], n[0], False, net.concat("top4.in", [upsample(net, "up5", top), ends[2]]))
    maps = [c2f(net, "out3", c[2], n[0], False, net.concat("out3.in", [upsample(net, "up4", middle), ends[1]]))]
    x = conv(net, "down3", c[2], 3, 2, maps[0])
    maps.append(c2f(net, "out4", c[3], n[0], False, net.concat("out4.in", [x, middle])))
    x = conv(net, "down4", c[3], 3, 2, maps[1])
    maps.append(c2f(net, "out5", c[4], n[0], False, net.concat("out5.in", [x, top])))
    boxes_of_bins(net, maps)
    return net


def networks():
    yield v5("n", 320, 0.33, 0.25)
    yield v5("s", 224, 0.33, 0.5)
    yield v8("n", 320, 0.33, 0.25, 1024)
