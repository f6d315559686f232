/* nasbench201.c - stem, three stages of five cells with residual blocks between them, pool, classifier. */
#include "nasbench201.h"

enum edge { NONE, SKIP, CONV_1X1, CONV_3X3, POOL_3X3, EDGES };

struct network { ets_builder *b; ets_error *err; enum edge edges[6]; };

static ets_status conv(struct network *n, ets_tensor x, uint32_t kernel, uint32_t stride, uint32_t channels, ets_tensor *out)
{
    ets_conv c = ETS_CONV_INIT;
    c.kernel_h = c.kernel_w = kernel;
    c.stride_h = c.stride_w = stride;
    c.out_channels = channels;
    c.activation = ETS_ACT_RELU;
    return ets_build_conv2d(n->b, x, &c, out, n->err);
}

static ets_status pool(struct network *n, ets_tensor x, uint32_t kernel, uint32_t stride, ets_tensor *out)
{
    ets_conv c = ETS_CONV_INIT;
    c.kernel_h = c.kernel_w = kernel;
    c.stride_h = c.stride_w = stride;
    return ets_build_pool(n->b, "avg_pool", x, &c, out, n->err);
}

/* Adds what the edge makes of `x` to `*sum`; 0 is nothing. */
static ets_status add_edge(struct network *n, enum edge edge, ets_tensor x, uint32_t channels, ets_tensor *sum)
{
    ets_tensor y = x;
    ets_status status = ETS_OK;
    if (edge == NONE || !x) return ETS_OK;
    if (edge == CONV_1X1) status = conv(n, x, 1, 1, channels, &y);
    if (edge == CONV_3X3) status = conv(n, x, 3, 1, channels, &y);
    if (edge == POOL_3X3) status = pool(n, x, 3, 1, &y);
    if (status == ETS_OK && *sum) return ets_build_binary(n->b, "add", *sum, y, ETS_ACT_NONE, sum, n->err);
    *sum = y;
    return status;
}

/* Edges in the order of the published strings: 0>1, 0>2, 1>2, 0>3, 1>3, 2>3. Those that lead nowhere are left out. */
static ets_status cell(struct network *n, ets_tensor *x, uint32_t channels)
{
    static const unsigned from[6] = {0, 0, 1, 0, 1, 2}, to[6] = {1, 2, 2, 3, 3, 3};
    int live[4] = {0, 0, 0, 1};
    ets_tensor nodes[4] = {*x, 0, 0, 0};
    for (int e = 6; e-- > 0;)
        if (n->edges[e] != NONE && live[to[e]]) live[from[e]] = 1;
    for (unsigned e = 0; e < 6; e++) {
        if (!live[to[e]]) continue;
        ets_status status = add_edge(n, n->edges[e], nodes[from[e]], channels, &nodes[to[e]]);
        if (status) return status;
    }
    if (nodes[3]) *x = nodes[3];
    return ETS_OK;
}

static ets_status reduction(struct network *n, ets_tensor *x, uint32_t channels)
{
    ets_tensor a, b;
    ets_status status = conv(n, *x, 3, 2, channels, &a);
    if (!status) status = conv(n, a, 3, 1, channels, &a);
    if (!status) status = pool(n, *x, 2, 2, &b);
    if (!status) status = conv(n, b, 1, 1, channels, &b);
    return status ? status : ets_build_binary(n->b, "add", a, b, ETS_ACT_NONE, x, n->err);
}

ets_status nasbench201_build(ets_builder *b, uint32_t index, ets_error *err)
{
    static const uint32_t dims[4] = {1, 32, 32, 3};
    struct network n = {b, err, {NONE}};
    ets_tensor x;
    for (int e = 0; e < 6; e++, index /= EDGES) n.edges[e] = (enum edge)(index % EDGES);
    ets_status status = ets_build_input(b, "image", dims, 4, &x, err);
    if (!status) status = conv(&n, x, 3, 1, 16, &x);
    for (uint32_t stage = 0; !status && stage < 3; stage++) {
        if (stage) status = reduction(&n, &x, 16u << stage);
        for (int k = 0; !status && k < 5; k++) status = cell(&n, &x, 16u << stage);
    }
    if (!status) status = ets_build_unary(b, "global_mean", x, &x, err);
    if (!status) status = ets_build_fully_connected(b, x, 10, ETS_ACT_NONE, &x, err);
    return status ? status : ets_build_output(b, x, err);
}
