"""VGG, SqueezeNet and DenseNet."""

from zoo.net import Net


def vgg(depth, repeats):
    net = Net(f"vgg-{depth}-224", 224, f"""
        VGG-{depth}, 224x224 (Simonyan and Zisserman, 2014, arXiv 1409.1556), with its fully connected layers, as in Keras
        Applications; post-training quantised.""", keras=True)
    for s, (width, count) in enumerate(zip((64, 128, 256, 512, 512), repeats), 1):
        for i in range(1, count + 1):
            net.conv(f"block{s}.conv{i}", width, 3)
        net.pool("max_pool", f"block{s}.pool", 2, 2, "valid")
    net.reshape("flatten", (1, 7 * 7 * 512))
    net.fully_connected("fc1", 4096, "relu")
    net.fully_connected("fc2", 4096, "relu")
    net.fully_connected("logits", 1000)
    net.add("softmax", "probabilities")
    return net


def fire(net, name, squeeze, expand):
    net.conv(f"{name}.squeeze", squeeze)
    one = net.conv(f"{name}.expand1", expand)
    three = net.conv(f"{name}.expand3", expand, 3, source=f"{name}.squeeze")
    net.concat(f"{name}.concat", [one, three])


def squeezenet(version):
    net = Net(f"squeezenet-{version}-224", 224, f"""
        SqueezeNet v{version}, 224x224 (Iandola et al., 2016, arXiv 1602.07360; the authors' release of v{version}), post-training
        quantised: one of the two inputs of each concatenation is rescaled. Pools round up.""", keras=True)
    if version == "1.0":
        net.conv("stem", 96, 7, 2, pad="valid")
        pools_before = (2, 5, 9)
    else:
        net.conv("stem", 64, 3, 2, pad="valid")
        pools_before = (2, 4, 6)
    for i, squeeze in zip(range(2, 10), (16, 16, 32, 32, 48, 48, 64, 64)):
        if i in pools_before:  # an even map: SAME ends past its edge, as rounding up does; an odd one: nothing to round
            net.pool("max_pool", f"pool{i - 1}", 3, 2, "valid" if net.shapes[net.last][0] % 2 else "same")
        fire(net, f"fire{i}", squeeze, 4 * squeeze)
    net.conv("conv10", 1000)
    net.mean()
    net.add("softmax", "probabilities")
    return net


def densenet_121():
    net = Net("densenet-121-224", 224, """
        DenseNet-121, 224x224 (Huang et al., 2016, arXiv 1608.06993), as in Keras Applications; post-training quantised. A batch
        norm and ReLU in front of a convolution stay as a product and a sum with a constant a channel; of each concatenation
        the 32 new channels are rescaled, the ones from before have the widest range.""", keras=True)
    net.pad("stem.pad", 3)
    net.conv("stem", 64, 7, 2, pad="valid")
    net.pad("pool.pad", 1)
    net.pool("max_pool", "pool1", 3, 2, "valid")
    for s, repeats in enumerate((6, 12, 24, 16), 1):
        for i in range(1, repeats + 1):
            name, before = f"dense{s}.{i}", net.last
            net.batch_norm_relu(f"{name}.norm")
            net.conv(f"{name}.reduce", 128)
            new = net.conv(f"{name}.conv", 32, 3, act=None)
            net.concat(f"{name}.concat", [before, new])
        net.batch_norm_relu(f"norm{s}")
        if s < 4:
            net.conv(f"transition{s}.conv", net.channels() // 2, act=None)
            net.pool("avg_pool", f"transition{s}.pool", 2, 2, "valid")
    return net.classifier(1000)


def networks():
    yield vgg(16, (2, 2, 3, 3, 3))
    yield vgg(19, (2, 2, 4, 4, 4))
    yield squeezenet("1.0")
    yield squeezenet("1.1")
    yield densenet_121()
