/* grid.c - see grid.h. */
#include "grid.h"

#include <stddef.h>

struct net { ets_builder *b; ets_tensor x; ets_status status; ets_error *err; uint32_t percent; };

static uint32_t channels(const struct net *n, uint32_t usual)
{
    uint32_t c = (usual * n->percent / 100 + 4) / 8 * 8;
    return c < 8 ? 8 : c;
}

static void conv(struct net *n, uint32_t kernel, uint32_t stride, uint32_t out, ets_activation act)
{
    ets_conv c = ETS_CONV_INIT;
    c.kernel_h = c.kernel_w = kernel;
    c.stride_h = c.stride_w = stride;
    c.out_channels = out;
    c.activation = act;
    c.per_channel = true;
    if (n->status == ETS_OK) n->status = ets_build_conv2d(n->b, n->x, &c, &n->x, n->err);
}

static void block(struct net *n, uint32_t stride, uint32_t out)
{
    ets_conv c = ETS_CONV_INIT;
    c.kernel_h = c.kernel_w = 3;
    c.stride_h = c.stride_w = stride;
    c.activation = ETS_ACT_RELU6;
    c.per_channel = true;
    if (n->status == ETS_OK) n->status = ets_build_depthwise(n->b, n->x, &c, &n->x, n->err);
    conv(n, 1, 1, channels(n, out), ETS_ACT_RELU6);
}

static void unary(struct net *n, const char *op)
{
    if (n->status == ETS_OK) n->status = ets_build_unary(n->b, op, n->x, &n->x, n->err);
}

static void layers(struct net *n, uint32_t repeats)
{
    const uint32_t dims[4] = {1, 224, 224, 3};
    ets_conv pool = ETS_CONV_INIT;
    pool.kernel_h = pool.kernel_w = 7;
    pool.padding = ETS_PAD_VALID;
    n->status = ets_build_input(n->b, "image", dims, 4, &n->x, n->err);
    unary(n, "quantize");
    conv(n, 3, 2, channels(n, 32), ETS_ACT_RELU6);
    block(n, 1, 64);
    block(n, 2, 128);
    block(n, 1, 128);
    block(n, 2, 256);
    block(n, 1, 256);
    block(n, 2, 512);
    for (uint32_t i = 0; i < repeats; i++) block(n, 1, 512);
    block(n, 2, 1024);
    block(n, 1, 1024);
    if (n->status == ETS_OK) n->status = ets_build_pool(n->b, "avg_pool", n->x, &pool, &n->x, n->err);
    conv(n, 1, 1, 1000, ETS_ACT_NONE);
    unary(n, "softmax");
    unary(n, "quantize");
    if (n->status == ETS_OK) n->status = ets_build_output(n->b, n->x, n->err);
}

ets_status grid_model(uint32_t width_percent, uint32_t repeats, ets_model **out, ets_error *err)
{
    struct net n = {NULL, 0, ETS_OK, err, width_percent};
    ets_status status = ets_builder_new("grid", NULL, &n.b, err);
    if (status != ETS_OK) return status;
    layers(&n, repeats);
    status = n.status == ETS_OK ? ets_build_model(n.b, out, err) : n.status;
    ets_builder_free(n.b);
    return status;
}
