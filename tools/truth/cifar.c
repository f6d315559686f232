/* cifar.c - networks of ImageNet as they are made for CIFAR-100: 32x32, a 3x3 stem without a stride, no pool behind it. */
#include "net.h"
#include "networks.h"

#include <stdio.h>
#include <string.h>

/* He et al., 2015 (arXiv 1512.03385) on 32x32: a 3x3 stem and no pool behind it; 50: the stride in the 3x3 convolution. */
static ets_tensor residual_block(struct net *n, ets_tensor x, bool bottleneck, uint32_t width, uint32_t stride, bool widens)
{
    uint32_t out = bottleneck ? 4 * width : width;
    ets_tensor y = bottleneck ? net_conv(n, x, 1, 1, width, ETS_ACT_RELU) : x;
    y = net_conv(n, y, 3, stride, width, ETS_ACT_RELU);
    y = bottleneck ? net_conv(n, y, 1, 1, out, ETS_ACT_NONE) : net_conv(n, y, 3, 1, out, ETS_ACT_NONE);
    return net_sum(n, y, widens ? net_conv(n, x, 1, stride, out, ETS_ACT_NONE) : x, ETS_ACT_RELU);
}

static ets_model *resnet(uint32_t depth, ets_error *err)
{
    static const uint32_t blocks_18[4] = {2, 2, 2, 2}, blocks_50[4] = {3, 4, 6, 3};
    bool bottleneck = depth == 50;
    const uint32_t *blocks = bottleneck ? blocks_50 : blocks_18;
    struct net n = net_begin("resnet-cifar", err);
    ets_tensor x = net_conv(&n, net_image(&n, 32, 32, 3), 3, 1, 64, ETS_ACT_RELU);
    for (uint32_t stage = 0; stage < 4; stage++)
        for (uint32_t i = 0; i < blocks[stage]; i++)
            x = residual_block(&n, x, bottleneck, 64u << stage, stage && !i ? 2 : 1, !i && (stage || bottleneck));
    return net_finish(&n, net_dense(&n, net_unary(&n, "global_mean", x), 100));
}


/* Sandler et al., 2018 (arXiv 1801.04381); the second stage without a stride. */
static ets_model *mobilenet_v2(ets_error *err)
{
    static const struct { uint32_t expansion, channels, n, stride; } stages[] = {{1, 16, 1, 1}, {6, 24, 2, 1}, {6, 32, 3, 2}, {6, 64, 4, 2},
                                                                               {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    struct net n = net_begin("mobilenet-v2-cifar", err);
    ets_tensor x = net_conv(&n, net_image(&n, 32, 32, 3), 3, 1, 32, ETS_ACT_RELU6);
    for (size_t s = 0, channels = 32; s < sizeof stages / sizeof *stages; s++)
        for (uint32_t i = 0; i < stages[s].n; i++, channels = stages[s].channels) {
            ets_tensor from = x;
            if (stages[s].expansion > 1) x = net_conv(&n, x, 1, 1, (uint32_t)channels * stages[s].expansion, ETS_ACT_RELU6);
            x = net_conv(&n, net_depthwise(&n, x, 3, i ? 1 : stages[s].stride), 1, 1, stages[s].channels, ETS_ACT_NONE);
            if (i) x = net_sum(&n, x, from, ETS_ACT_NONE);
        }
    x = net_conv(&n, x, 1, 1, 1280, ETS_ACT_RELU6);
    return net_finish(&n, net_dense(&n, net_unary(&n, "global_mean", x), 100));
}

/* Szegedy et al., 2014 (arXiv 1409.4842), with 3x3 where the paper has 5x5, as the usual PyTorch one. */
static ets_tensor inception(struct net *n, ets_tensor x, const uint32_t channels[6])
{
    ets_tensor branches[4] = {net_conv(n, x, 1, 1, channels[0], ETS_ACT_RELU),
                              net_conv(n, net_conv(n, x, 1, 1, channels[1], ETS_ACT_RELU), 3, 1, channels[2], ETS_ACT_RELU),
                              net_conv(n, net_conv(n, x, 1, 1, channels[3], ETS_ACT_RELU), 3, 1, channels[4], ETS_ACT_RELU),
                              net_conv(n, net_pool(n, "max_pool", x, 3, 1), 1, 1, channels[5], ETS_ACT_RELU)};
    return net_concat(n, branches, 4);
}

static ets_model *googlenet(ets_error *err)
{
    static const uint32_t cells[9][6] = {{64, 96, 128, 16, 32, 32},    {128, 128, 192, 32, 96, 64},   {192, 96, 208, 16, 48, 64},
                                         {160, 112, 224, 24, 64, 64},  {128, 128, 256, 24, 64, 64},   {112, 144, 288, 32, 64, 64},
                                         {256, 160, 320, 32, 128, 128}, {256, 160, 320, 32, 128, 128}, {384, 192, 384, 48, 128, 128}};
    struct net n = net_begin("googlenet-cifar", err);
    ets_tensor x = net_conv(&n, net_image(&n, 32, 32, 3), 3, 1, 64, ETS_ACT_RELU);
    x = net_conv(&n, net_conv(&n, x, 1, 1, 64, ETS_ACT_RELU), 3, 1, 192, ETS_ACT_RELU);
    for (int i = 0; i < 9; i++) {
        if (i == 0 || i == 2 || i == 7) x = net_pool(&n, "max_pool", x, 3, 2);
        x = inception(&n, x, cells[i]);
    }
    return net_finish(&n, net_dense(&n, net_unary(&n, "global_mean", x), 100));
}

ets_model *network_cifar_100(const char *name, ets_error *err)
{
    if (strcmp(name, "resnet18cifar100") == 0) return resnet(18, err);
    if (strcmp(name, "resnet50cifar100") == 0) return resnet(50, err);
    if (strcmp(name, "mobilenetv2cifar100") == 0) return mobilenet_v2(err);
    if (strcmp(name, "googlenetcifar100") == 0) return googlenet(err);
    snprintf(err->text, sizeof err->text, "its layers are not recorded");
    return NULL;
}
