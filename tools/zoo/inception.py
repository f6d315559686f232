"""Inception v1 to v4 and Inception-ResNet v2: branches written as lists of convolutions."""

from zoo.net import Net

# A convolution is (channels, kernel) or (channels, kernel, stride, pad); a pool ("avg" or "max", kernel, stride, pad);
# a list among them forks into parallel convolutions that are concatenated.


def chain(net, name, steps, source):
    for i, step in enumerate(steps):
        if isinstance(step, list):
            forks = [net.conv(f"{name}.{i}{chr(97 + k)}", *fork[:2], source=source) for k, fork in enumerate(step)]
            source = net.concat(f"{name}.{i}", forks)
        elif isinstance(step[0], str):
            source = net.pool(step[0] + "_pool", f"{name}.{i}", step[1], step[2] if len(step) > 2 else 1,
                              step[3] if len(step) > 3 else "same", source)
        else:
            source = net.conv(f"{name}.{i}", step[0], step[1], step[2] if len(step) > 2 else 1, source=source,
                              pad=step[3] if len(step) > 3 else None)
    return source


def mixed(net, name, *branches):
    source = net.last
    ends = [chain(net, f"{name}.{chr(97 + i)}", branch, source) for i, branch in enumerate(branches)]
    return net.concat(name, ends)


def v1():
    net = Net("inception-v1-224", 224, """
        Inception v1 (GoogLeNet), 224x224 (Szegedy et al., 2014, arXiv 1409.4842), as in slim's inception_v1 and TensorFlow's
        quantised file: batch norm, 3x3 in place of the 5x5 convolutions.""")
    chain(net, "stem", [(64, 7, 2), ("max", 3, 2), (64, 1), (192, 3), ("max", 3, 2)], None)
    blocks = [("3b", 64, 96, 128, 16, 32, 32), ("3c", 128, 128, 192, 32, 96, 64), ("4a", 3),
              ("4b", 192, 96, 208, 16, 48, 64), ("4c", 160, 112, 224, 24, 64, 64), ("4d", 128, 128, 256, 24, 64, 64),
              ("4e", 112, 144, 288, 32, 64, 64), ("4f", 256, 160, 320, 32, 128, 128), ("5a", 2),
              ("5b", 256, 160, 320, 32, 128, 128), ("5c", 384, 192, 384, 48, 128, 128)]
    for name, *c in blocks:
        if len(c) == 1:
            net.pool("max_pool", f"mixed{name}", c[0], 2, "same")
        else:
            mixed(net, f"mixed{name}", [(c[0], 1)], [(c[1], 1), (c[2], 3)], [(c[3], 1), (c[4], 3)], [("max", 3), (c[5], 1)])
    return net.convolutional_classifier(1001)


def v2():
    net = Net("inception-v2-224", 224, """
        Inception v2, 224x224 (Ioffe and Szegedy, 2015, arXiv 1502.03167), as in slim's inception_v2 and TensorFlow's quantised
        file: the 7x7 stem is a depthwise convolution with 8 outputs a channel and a 1x1.""")
    net.depthwise("stem.depthwise", 7, 2, None, multiplier=8)
    chain(net, "stem", [(64, 1), ("max", 3, 2), (64, 1), (192, 3), ("max", 3, 2)], None)
    blocks = [("3b", 64, 64, 64, 64, 96, "avg", 32), ("3c", 64, 64, 96, 64, 96, "avg", 64), ("4a", 128, 160, 64, 96),
              ("4b", 224, 64, 96, 96, 128, "avg", 128), ("4c", 192, 96, 128, 96, 128, "avg", 128),
              ("4d", 160, 128, 160, 128, 160, "avg", 96), ("4e", 96, 128, 192, 160, 192, "avg", 96), ("5a", 128, 192, 192, 256),
              ("5b", 352, 192, 320, 160, 224, "avg", 128), ("5c", 352, 192, 320, 192, 224, "max", 128)]
    for name, *c in blocks:
        if len(c) == 4:
            mixed(net, f"mixed{name}", [(c[0], 1), (c[1], 3, 2)], [(c[2], 1), (c[3], 3), (c[3], 3, 2)], [("max", 3, 2)])
        else:
            mixed(net, f"mixed{name}", [(c[0], 1)], [(c[1], 1), (c[2], 3)], [(c[3], 1), (c[4], 3), (c[4], 3)], [(c[5], 3), (c[6], 1)])
    return net.convolutional_classifier(1001)


V, WIDE, TALL = "valid", [1, 7], [7, 1]
FORK_384 = [(384, [1, 3]), (384, [3, 1])]
STEM_V3 = [(32, 3, 2, V), (32, 3, 1, V), (64, 3), ("max", 3, 2, V), (80, 1, 1, V), (192, 3, 1, V), ("max", 3, 2, V)]


def v3():
    net = Net("inception-v3-299", 299, """
        Inception v3, 299x299 (Szegedy et al., 2015, arXiv 1512.00567), as in slim's inception_v3 and TensorFlow's quantised file.""")
    chain(net, "stem", STEM_V3, None)
    for name, pooled in [("5b", 32), ("5c", 64), ("5d", 64)]:
        mixed(net, f"mixed{name}", [(64, 1)], [(48, 1), (64, 5)], [(64, 1), (96, 3), (96, 3)], [("avg", 3), (pooled, 1)])
    mixed(net, "mixed6a", [(384, 3, 2, V)], [(64, 1), (96, 3), (96, 3, 2, V)], [("max", 3, 2, V)])
    for name, c in [("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)]:
        mixed(net, f"mixed{name}", [(192, 1)], [(c, 1), (c, WIDE), (192, TALL)],
              [(c, 1), (c, TALL), (c, WIDE), (c, TALL), (192, WIDE)], [("avg", 3), (192, 1)])
    mixed(net, "mixed7a", [(192, 1), (320, 3, 2, V)], [(192, 1), (192, WIDE), (192, TALL), (192, 3, 2, V)], [("max", 3, 2, V)])
    for name in ("7b", "7c"):
        mixed(net, f"mixed{name}", [(320, 1)], [(384, 1), FORK_384], [(448, 1), (384, 3), FORK_384], [("avg", 3), (192, 1)])
    return net.convolutional_classifier(1001)


def v4():
    net = Net("inception-v4-299", 299, """
        Inception v4, 299x299 (Szegedy et al., 2016, arXiv 1602.07261), as in slim's inception_v4 and TensorFlow's quantised file.""")
    chain(net, "stem", [(32, 3, 2, V), (32, 3, 1, V), (64, 3)], None)
    mixed(net, "mixed3a", [("max", 3, 2, V)], [(96, 3, 2, V)])
    mixed(net, "mixed4a", [(64, 1), (96, 3, 1, V)], [(64, 1), (64, WIDE), (64, TALL), (96, 3, 1, V)])
    mixed(net, "mixed5a", [(192, 3, 2, V)], [("max", 3, 2, V)])
    for name in "bcde":
        mixed(net, f"mixed5{name}", [(96, 1)], [(64, 1), (96, 3)], [(64, 1), (96, 3), (96, 3)], [("avg", 3), (96, 1)])
    mixed(net, "mixed6a", [(384, 3, 2, V)], [(192, 1), (224, 3), (256, 3, 2, V)], [("max", 3, 2, V)])
    for name in "bcdefgh":
        mixed(net, f"mixed6{name}", [(384, 1)], [(192, 1), (224, WIDE), (256, TALL)],
              [(192, 1), (192, TALL), (224, WIDE), (224, TALL), (256, WIDE)], [("avg", 3), (128, 1)])
    mixed(net, "mixed7a", [(192, 1), (192, 3, 2, V)], [(256, 1), (256, WIDE), (320, TALL), (320, 3, 2, V)], [("max", 3, 2, V)])
    fork = [(256, [1, 3]), (256, [3, 1])]
    for name in "bcd":
        mixed(net, f"mixed7{name}", [(256, 1)], [(384, 1), fork], [(384, 1), (448, [3, 1]), (512, [1, 3]), fork],
              [("avg", 3), (256, 1)])
    net.pool("avg_pool", "pool", 8, 8, V)
    net.reshape("flatten", (1, 1536))
    net.fully_connected("logits", 1001)
    net.add("softmax", "probabilities")
    return net


def residual(net, name, act, *branches):
    """The sum's scale is part of the last convolution's weights."""
    before, channels = net.last, net.channels()
    mixed(net, f"{name}.mixed", *branches)
    net.conv(f"{name}.up", channels, act=None)
    net.join(f"{name}.add", before, f"{name}.up", act)


def resnet_v2():
    net = Net("inception-resnet-v2-299", 299, """
        Inception-ResNet v2, 299x299 (Szegedy et al., 2016, arXiv 1602.07261), as in Keras Applications (which follows slim),
        post-training quantised: all inputs of a concatenation but the first are rescaled.""", keras=True)
    chain(net, "stem", STEM_V3, None)
    mixed(net, "mixed5b", [(96, 1)], [(48, 1), (64, 5)], [(64, 1), (96, 3), (96, 3)], [("avg", 3), (64, 1)])
    for i in range(1, 11):
        residual(net, f"block35.{i}", "relu", [(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)])
    mixed(net, "mixed6a", [(384, 3, 2, V)], [(256, 1), (256, 3), (384, 3, 2, V)], [("max", 3, 2, V)])
    for i in range(1, 21):
        residual(net, f"block17.{i}", "relu", [(192, 1)], [(128, 1), (160, WIDE), (192, TALL)])
    mixed(net, "mixed7a", [(256, 1), (384, 3, 2, V)], [(256, 1), (288, 3, 2, V)], [(256, 1), (288, 3), (320, 3, 2, V)],
          [("max", 3, 2, V)])
    for i in range(1, 11):
        residual(net, f"block8.{i}", "relu" if i < 10 else None, [(192, 1)], [(192, 1), (224, [1, 3]), (256, [3, 1])])
    net.conv("head", 1536)
    return net.classifier(1000)


def networks():
    yield v1()
    yield v2()
    yield v3()
    yield v4()
    yield resnet_v2()
