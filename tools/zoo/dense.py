"""Networks that say something of every pixel: segmentation (U-Net, DeepLab v3) and pose (PoseNet, BodyPix)."""

from zoo import mobilenet
from zoo.net import Net


def unet(size):
    net = Net(f"unet-mobilenet-v2-{size}", size, f"""
        U-Net on MobileNet v2, {size}x{size}, three classes: the network of TensorFlow's image segmentation tutorial (Ronneberger et al.,
        2015, arXiv 1505.04597; decoder of pix2pix, Isola et al., 2016, arXiv 1611.07004), post-training quantised. The batch
        norms of the decoder are folded; its ReLUs stand alone, as a transposed convolution of that time has no activation. Of a
        concatenation the skip is rescaled: its ReLU6 ends at 6, the decoder's ReLU does not.""", keras=True)
    mobilenet.v2_body(net)
    for i, (out, skip) in enumerate([(512, "block13.expand"), (256, "block6.expand"), (128, "block3.expand"), (64, "block1.expand")], 1):
        net.transposed(f"up{i}", out, 3, 2)
        relu = net.add("relu", f"up{i}.relu")
        net.concat(f"up{i}.concat", [relu, skip])
    net.transposed("classes", 3, 3, 2)
    return net


def deeplab(width):
    net = Net(f"deeplab-v3-mobilenet-v2-{width}-513", 513, f"""
        DeepLab v3 on MobileNet v2, width {width}, 513x513, 21 Pascal VOC classes (Chen et al., 2017, arXiv 1706.05587), as in the
        quantised file: output stride 16, image pooling and one 1x1 branch, resize to the input's size, class of each pixel.""")
    mobilenet.v2_body(net, width, output_stride=16, divisor=8 if width == 1.0 else 1)
    body = net.last
    h, w, c = net.shapes[body]
    net.pool("avg_pool", "image_pooling.pool", h, 1, "valid")
    net.conv("aspp0", 256, source=body)
    net.conv("image_pooling", 256, source="image_pooling.pool")
    net.resize("image_pooling.resize", (h, w), "resize_bilinear")
    net.add("quantize", "image_pooling.rescale")
    net.concat("concat", ["image_pooling.rescale", "aspp0"])
    net.conv("concat_projection", 256)
    net.conv("logits", 21, act=None)
    net.resize("logits.resize", (h, w), "resize_bilinear")
    net.resize("logits.full", net.size, "resize_bilinear")
    net.add("arg_max", "classes", None, net.size, axis=3)
    return net


def pose_body(net):
    mobilenet.v1_body(net, 0.75, mobilenet.V1_BLOCKS[:-2] + 2 * [(512, 1)])
    return net.last


def pose_heads(net, body=None):
    body = body or net.last
    heatmaps, short, forward, backward = [net.conv(name, out, act=None, source=body) for name, out in
                                          [("heatmaps", 17), ("short_offsets", 34), ("forward", 32), ("backward", 32)]]
    return [heatmaps, short, net.concat("mid_offsets", [forward, backward])]


def posenet(size):
    net = Net(f"posenet-mobilenet-v1-0.75-{size[0]}x{size[1]}", size, f"""
        PoseNet on MobileNet v1, width 0.75, {size[0]}x{size[1]}, output stride 16 (Papandreou et al., 2018, arXiv 1803.08225; body of
        Howard et al., 2017, arXiv 1704.04861): its last two blocks neither widen nor stride. Heat maps and short offsets of 17
        parts, offsets along 16 edges both ways; the decoder runs on the host. A scale a channel, as the rows that the
        vendor's programs broadcast say.""", per_channel=True)
    pose_body(net)
    net.add("custom", "poses", pose_heads(net), (1, 10, 17, 2), custom="PosenetDecoderOp", shape=[1, 10, 17, 2])
    return net


def bodypix(size):
    net = Net(f"bodypix-mobilenet-v1-0.75-{size}", size, f"""
        BodyPix on MobileNet v1, width 0.75, {size}x{size}, output stride 16: PoseNet's body and heads (Papandreou et al., 2018, arXiv
        1803.08225), and long offsets, the person's outline and 24 body parts; the decoder of poses runs on the host.""",
              per_channel=True)
    body = pose_body(net)
    net.conv("segments", 1, act=None, source=body)
    net.conv("part_heatmaps", 24, act=None, source=body)
    long_offsets = net.conv("long_offsets", 34, act=None, source=body)
    net.add("custom", "poses", pose_heads(net, body) + [long_offsets], (1, 10, 17, 2), custom="PosenetDecoderOp", shape=[1, 10, 17, 2])
    net.outputs = ["poses", "segments", "part_heatmaps"]
    return net


def networks():
    yield unet(128)
    yield unet(256)
    yield deeplab(0.5)
    yield deeplab(1.0)
    for size in [(353, 481), (481, 641), (721, 1281)]:
        yield posenet(size)
    yield bodypix(512)
