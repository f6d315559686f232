/* grid.c - see grid.h. */
#include "grid.h"

#include "net.h"

static uint32_t of_width(uint32_t usual, uint32_t percent)
{
    uint32_t c = (usual * percent / 100 + 4) / 8 * 8;
    return c < 8 ? 8 : c;
}

static ets_tensor block(struct net *n, ets_tensor x, uint32_t stride, uint32_t filters)
{
    return net_conv(n, net_depthwise(n, x, 3, stride), 1, 1, filters, ETS_ACT_RELU6);
}

ets_model *grid_model(uint32_t width_percent, uint32_t repeats, ets_error *err)
{
    static const struct { uint32_t stride, channels; } before[] = {{1, 64}, {2, 128}, {1, 128}, {2, 256}, {1, 256}, {2, 512}},
                                                       after[] = {{2, 1024}, {1, 1024}};
    struct net n = net_begin("grid", err);
    ets_conv pool = ETS_CONV_INIT;
    pool.kernel_h = pool.kernel_w = 7;
    pool.padding = ETS_PAD_VALID;
    ets_tensor x = net_unary(&n, "quantize", net_image(&n, 224, 224, 3));
    x = net_conv(&n, x, 3, 2, of_width(32, width_percent), ETS_ACT_RELU6);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) x = block(&n, x, before[i].stride, of_width(before[i].channels, width_percent));
    for (uint32_t i = 0; i < repeats; i++) x = block(&n, x, 1, of_width(512, width_percent));
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) x = block(&n, x, after[i].stride, of_width(after[i].channels, width_percent));
    if (n.status == ETS_OK) n.status = ets_build_pool(n.b, "avg_pool", x, &pool, &x, err);
    x = net_conv(&n, x, 1, 1, 1000, ETS_ACT_NONE);
    return net_finish(&n, net_unary(&n, "quantize", net_unary(&n, "softmax", x)));
}
