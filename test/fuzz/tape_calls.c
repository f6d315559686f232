/* tape_calls.c - choices as calls of the public builder. */
#include "fuzz/tape.h"

#include <stdlib.h>

struct grower { struct tape *tape; ets_builder *b; ets_tensor made[MOST_TENSORS]; uint32_t n; };

static ets_tensor pick(struct grower *g)
{
    uint32_t back = tape_byte(g->tape);
    return g->made[back < 128 ? g->n - 1 : back % g->n];
}

uint32_t tape_channels(struct tape *t)
{
    uint32_t b = tape_byte(t);
    return b < 100 ? 1 + b : b < 200 ? 8 * (b - 99) : 1 + (tape_word(t) & 0x1fff);
}

void tape_window(struct tape *t, ets_conv *c)
{
    static const uint32_t sizes[] = {1, 3, 5, 2, 7, 4, 9, 17};
    uint32_t shape = tape_byte(t), way = tape_byte(t);
    c->kernel_h = sizes[shape & 7];
    c->kernel_w = shape & 64 ? sizes[shape >> 3 & 7] : c->kernel_h;
    c->stride_h = 1 + (way & 3) % 3;
    c->stride_w = way & 128 ? 1 + (way >> 2 & 1) : c->stride_h;
    c->dilation_h = c->dilation_w = way & 64 && c->stride_h == 1 && c->stride_w == 1 ? 2 : 1;
    c->padding = way & 8 ? ETS_PAD_VALID : ETS_PAD_SAME;
    c->activation = (ets_activation)(way >> 4 & 3);
    c->per_channel = shape & 128;
}

static ets_status add_block(struct grower *g, ets_tensor x, ets_tensor *out)
{
    ets_block k = ETS_BLOCK_INIT;
    uint32_t flags = tape_byte(g->tape);
    k.kernel = 1 + 2 * (flags & 3);
    k.stride = 1 + (flags >> 2 & 1);
    k.expansion = 1 + (flags >> 3 & 7);
    k.fused = flags & 64;
    k.skip = flags & 128;
    k.out_channels = tape_channels(g->tape);
    return ets_build_block(g->b, x, &k, out, NULL);
}

/* An operator on earlier results; what does not fit is left out. */
static ets_status grow(struct grower *g, ets_tensor *out)
{
    static const char *const unary[] = {"relu", "relu6", "logistic", "tanh", "softmax", "hard_swish", "quantize", "global_mean"};
    static const char *const binary[] = {"add", "sub", "mul", "maximum", "minimum"};
    struct tape *t = g->tape;
    uint32_t kind = tape_below(t, 16), sides;
    ets_tensor x = pick(g), two[3] = {x, 0, 0};
    ets_conv c = ETS_CONV_INIT;
    switch (kind) {
    case 0: case 1: case 2: case 3:
        tape_window(t, &c);
        c.out_channels = tape_channels(t);
        c.no_bias = c.per_channel && c.out_channels % 3 == 0;
        return ets_build_conv2d(g->b, x, &c, out, NULL);
    case 4: case 5: tape_window(t, &c); return ets_build_depthwise(g->b, x, &c, out, NULL);
    case 6: return ets_build_fully_connected(g->b, x, tape_channels(t), ETS_ACT_NONE, out, NULL);
    case 7: case 8: tape_window(t, &c); return ets_build_pool(g->b, kind == 7 ? "avg_pool" : "max_pool", x, &c, out, NULL);
    case 9: case 10: return ets_build_binary(g->b, binary[tape_below(t, 5)], x, pick(g), ETS_ACT_NONE, out, NULL);
    case 11: case 12: return ets_build_unary(g->b, unary[tape_below(t, 8)], x, out, NULL);
    case 13:
        two[1] = pick(g);
        two[2] = pick(g);
        return ets_build_concat(g->b, two, 2 + tape_below(t, 2), (int)tape_below(t, 5) - 1, out, NULL);
    case 14:
        sides = tape_byte(t);
        return ets_build_pad(g->b, x, sides & 3, sides >> 2 & 3, sides >> 4 & 3, sides >> 6, out, NULL);
    default: return add_block(g, x, out);
    }
}

static ets_status add_input(struct grower *g)
{
    struct tape *t = g->tape;
    uint32_t side = 1 + tape_below(t, 64), dims[4] = {1, side, side, 1 + tape_below(t, 64)}, flags = tape_byte(t), rank = 4;
    if (flags & 1) dims[2] = 1 + tape_below(t, 64);
    if ((flags & 6) == 6) { dims[1] *= 8; dims[2] *= 8; } /* a large map of few channels */
    if ((flags & 24) == 24) { rank = 2; dims[1] = dims[3]; }
    if (flags >= 250) dims[0] = 2;
    return ets_build_input(g->b, "x", dims, rank, &g->made[g->n++], NULL);
}

ets_model *tape_calls(struct tape *t)
{
    struct grower g = {t, NULL, {0}, 0};
    ets_model *model = NULL;
    if (ets_builder_new("tape", NULL, &g.b, NULL) != ETS_OK) abort();
    uint32_t wanted = 1 + tape_below(t, MOST_TENSORS - 2);
    ets_status status = add_input(&g);
    while (status == ETS_OK && tape_left(t) && g.n <= wanted)
        if (grow(&g, &g.made[g.n]) == ETS_OK) g.n++;
    if (status == ETS_OK) status = ets_build_output(g.b, g.made[g.n - 1], NULL);
    if (status == ETS_OK && g.n > 3 && wanted % 4 == 0) status = ets_build_output(g.b, g.made[g.n - 2], NULL);
    if (status == ETS_OK) ets_build_model(g.b, &model, NULL);
    ets_builder_free(g.b);
    return model;
}
