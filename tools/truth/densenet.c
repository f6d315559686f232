/* densenet.c - DenseNet-201 in segments, as the vendor's pipeline tool cuts it. */
#include "net.h"
#include "networks.h"

#include <stdio.h>

/* Huang et al., 2016 (arXiv 1608.06993), as in Keras Applications. The batch norm before a convolution stays. */
static ets_tensor batch_norm(struct net *n, ets_tensor x, uint32_t channels)
{
    if (n->status == ETS_OK) n->status = ets_build_binary_constant(n->b, "mul", x, &channels, 1, ETS_ACT_NONE, &x, n->err);
    if (n->status == ETS_OK) n->status = ets_build_binary_constant(n->b, "add", x, &channels, 1, ETS_ACT_RELU, &x, n->err);
    return x;
}

/* With a scale for all weights, as this one was quantised; without biases, no activation either. */
static ets_tensor conv_by_tensor(struct net *n, ets_tensor x, uint32_t kernel, uint32_t stride, uint32_t filters, bool bias)
{
    ets_conv c = net_conv_options(kernel, stride, filters, bias ? ETS_ACT_RELU : ETS_ACT_NONE);
    c.per_channel = false;
    c.no_bias = !bias;
    return net_convolve(n, x, &c);
}

static ets_tensor dense_block(struct net *n, ets_tensor x, uint32_t *channels, uint32_t layers)
{
    for (uint32_t i = 0; i < layers; i++, *channels += 32) {
        ets_tensor both[2] = {x, conv_by_tensor(n, conv_by_tensor(n, batch_norm(n, x, *channels), 1, 1, 128, true), 3, 1, 32, false)};
        x = net_concat(n, both, 2);
    }
    return x;
}

static ets_tensor transition(struct net *n, ets_tensor x, uint32_t *channels)
{
    x = batch_norm(n, x, *channels);
    *channels /= 2;
    return net_pool(n, "avg_pool", conv_by_tensor(n, x, 1, 1, *channels, false), 2, 2);
}

/* Which layers a segment has is not recorded. These are the only ranges whose parameters and constants have the bytes of the logs. */
ets_model *network_densenet_201_segment(unsigned segment, ets_error *err)
{
    static const struct { unsigned segment; uint32_t channels, layers; } late[] = {{5, 896, 14}, {6, 1344, 11}, {7, 1696, 7}};
    uint32_t channels = 64, i = 0;
    ets_tensor x;
    while (segment != 1 && i < 3 && late[i].segment != segment) i++;
    if (i == 3) {
        snprintf(err->text, sizeof err->text, "its layers are not recorded");
        return NULL;
    }
    struct net n = net_begin("densenet-201", err);
    if (segment == 1) {
        x = conv_by_tensor(&n, net_image(&n, 224, 224, 3), 7, 2, 64, true);
        x = net_pool(&n, "max_pool", x, 3, 2);
        x = transition(&n, dense_block(&n, x, &channels, 6), &channels);
        x = transition(&n, dense_block(&n, x, &channels, 12), &channels);
        return net_finish(&n, dense_block(&n, x, &channels, 14));
    }
    channels = late[i].channels;
    x = dense_block(&n, net_image(&n, 7, 7, channels), &channels, late[i].layers);
    if (channels == 1920) x = net_dense(&n, net_unary(&n, "global_mean", batch_norm(&n, x, channels)), 1000); /* the last one */
    return net_finish(&n, x);
}
