/* net.c - see net.h. */
#include "net.h"

struct net net_begin(const char *name, ets_error *err)
{
    struct net n = {NULL, ETS_OK, err};
    n.status = ets_builder_new(name, NULL, &n.b, err);
    return n;
}

ets_model *net_finish(struct net *n, ets_tensor result)
{
    ets_model *m = NULL;
    if (n->status == ETS_OK) n->status = ets_build_output(n->b, result, n->err);
    if (n->status == ETS_OK) n->status = ets_build_model(n->b, &m, n->err);
    ets_builder_free(n->b);
    return n->status == ETS_OK ? m : NULL;
}

ets_tensor net_image(struct net *n, uint32_t height, uint32_t width, uint32_t channels)
{
    const uint32_t dims[4] = {1, height, width, channels};
    ets_tensor x = 0;
    if (n->status == ETS_OK) n->status = ets_build_input(n->b, "image", dims, 4, &x, n->err);
    return x;
}

ets_conv net_conv_options(uint32_t kernel, uint32_t stride, uint32_t filters, ets_activation act)
{
    ets_conv c = ETS_CONV_INIT;
    c.kernel_h = c.kernel_w = kernel;
    c.stride_h = c.stride_w = stride;
    c.out_channels = filters;
    c.activation = act;
    c.per_channel = true;
    return c;
}

ets_tensor net_convolve(struct net *n, ets_tensor x, const ets_conv *c)
{
    if (n->status == ETS_OK) n->status = ets_build_conv2d(n->b, x, c, &x, n->err);
    return x;
}

ets_tensor net_conv(struct net *n, ets_tensor x, uint32_t kernel, uint32_t stride, uint32_t filters, ets_activation act)
{
    ets_conv c = net_conv_options(kernel, stride, filters, act);
    return net_convolve(n, x, &c);
}

ets_tensor net_depthwise(struct net *n, ets_tensor x, uint32_t kernel, uint32_t stride)
{
    ets_conv c = net_conv_options(kernel, stride, 0, ETS_ACT_RELU6);
    if (n->status == ETS_OK) n->status = ets_build_depthwise(n->b, x, &c, &x, n->err);
    return x;
}

ets_tensor net_pool(struct net *n, const char *op, ets_tensor x, uint32_t kernel, uint32_t stride)
{
    ets_conv c = ETS_CONV_INIT;
    c.kernel_h = c.kernel_w = kernel;
    c.stride_h = c.stride_w = stride;
    if (n->status == ETS_OK) n->status = ets_build_pool(n->b, op, x, &c, &x, n->err);
    return x;
}

ets_tensor net_concat(struct net *n, const ets_tensor *x, size_t count)
{
    ets_tensor y = *x;
    if (n->status == ETS_OK) n->status = ets_build_concat(n->b, x, count, -1, &y, n->err);
    return y;
}

ets_tensor net_unary(struct net *n, const char *op, ets_tensor x)
{
    if (n->status == ETS_OK) n->status = ets_build_unary(n->b, op, x, &x, n->err);
    return x;
}

ets_tensor net_sum(struct net *n, ets_tensor x, ets_tensor y, ets_activation act)
{
    if (n->status == ETS_OK) n->status = ets_build_binary(n->b, "add", x, y, act, &x, n->err);
    return x;
}

ets_tensor net_dense(struct net *n, ets_tensor x, uint32_t units)
{
    if (n->status == ETS_OK) n->status = ets_build_fully_connected(n->b, x, units, ETS_ACT_NONE, &x, n->err);
    return x;
}

ets_tensor net_padded(struct net *n, ets_tensor x, uint32_t from, uint32_t height, uint32_t width)
{
    if (n->status == ETS_OK) n->status = ets_build_pad(n->b, x, 0, height - from, 0, width - from, &x, n->err);
    return x;
}
