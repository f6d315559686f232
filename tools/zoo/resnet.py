"""ResNet v1, v1.5 and v2."""

from zoo.net import Net

REPEATS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def block_name(stage, i):
    return f"s{stage}{chr(97 + i)}" if i < 26 else f"s{stage}{chr(96 + i // 26)}{chr(97 + i % 26)}"


def stem(net, act):
    net.pad("stem.pad", 3)
    net.conv("stem", 64, 7, 2, act, pad="valid")
    net.pad("pool.pad", 1)
    net.pool("max_pool", "stem.pool", 3, 2, "valid")


def v1(size, late_stride=False):
    variant = "v1.5" if late_stride else "v1"
    where = "on the 3x3 (Goyal et al., 2017, arXiv 1706.02677; TensorFlow's official model)" if late_stride else "on the first 1x1 of a stage"
    net = Net(f"resnet-50-{variant}-{size}", size, f"""
        ResNet-50 {variant}, {size}x{size} (He et al., 2015, arXiv 1512.03385): the stride is {where}.""", keras=True)
    stem(net, "relu")
    for s, (width, repeats) in enumerate(zip((64, 128, 256, 512), REPEATS[50]), 2):
        for i in range(repeats):
            name, step, before = f"s{s}{chr(97 + i)}", 2 if i == 0 and s > 2 else 1, net.last
            shortcut = before
            if i == 0:
                shortcut = net.conv(f"{name}.shortcut", 4 * width, 1, step, None, before)
            net.conv(f"{name}.reduce", width, 1, 1 if late_stride else step, "relu", before)
            net.conv(f"{name}.conv", width, 3, step if late_stride else 1)
            net.conv(f"{name}.expand", 4 * width, act=None)
            net.join(f"{name}.add", f"{name}.expand", shortcut, "relu")
    return net.classifier(1001 if late_stride else 1000)


def v2(depth, size):
    net = Net(f"resnet-{depth}-v2-{size}", size, f"""
        ResNet-{depth} v2, {size}x{size} (He et al., 2016, arXiv 1603.05027), as in Keras Applications: the stride is in the last block
        of a stage; each block begins with a batch norm and a ReLU that no convolution can take in (a product and a sum with
        a constant a channel).""", keras=True)
    stem(net, None)
    for s, (width, repeats) in enumerate(zip((64, 128, 256, 512), REPEATS[depth]), 2):
        for i in range(repeats):
            name, step, before = block_name(s, i), 2 if i == repeats - 1 and s < 5 else 1, net.last
            active = net.batch_norm_relu(f"{name}.norm")
            if i == 0:
                shortcut = net.conv(f"{name}.shortcut", 4 * width, act=None, source=active)
            else:
                shortcut = net.pool("max_pool", f"{name}.subsample", 1, 2, source=before) if step > 1 else before
            net.conv(f"{name}.reduce", width, source=active)
            net.pad(f"{name}.pad", 1)
            net.conv(f"{name}.conv", width, 3, step, pad="valid")
            net.conv(f"{name}.expand", 4 * width, act=None)
            net.join(f"{name}.add", shortcut, f"{name}.expand")
    net.batch_norm_relu("norm")
    return net.classifier(1000)


def networks():
    yield v1(224)
    yield v1(299)
    yield v1(224, late_stride=True)
    for depth in (50, 101, 152):
        for size in (224, 299):
            yield v2(depth, size)
