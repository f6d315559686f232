/* estimate.c - the vendor compiler's own estimate: over layers and their parts, blocks of 16 output channels times reduction words
 * (at least 16 a block) a pixel of the busiest tile. Exact on the public compiled models (test_estimate.c). */
#include "schedule/estimate.h"

#include "base/num.h"

#define CHANNELS 16 /* of a block; also the least words a block costs */
#define LANES 4
#define POOL_TAPS 256 /* guess: 33x33 is above, 7x7 below */

static uint64_t pixels_of(const struct eti_layout *l, const struct eti_window_of *w)
{
    return eti_ceil_div(w->rows.out_size, l->arch->grid.y) * eti_ceil_div(w->cols.out_size, l->arch->grid.x);
}

/* Words that a block of output channels costs a pixel; 0: the operator does not count. */
static uint64_t words_of(const struct eti_op *op, struct eti_yxz from, uint64_t taps)
{
    switch ((int)op->type) {
    case ETI_OP_CONV_2D: return from.y == 1 && from.x == 1 ? 0 : eti_max(CHANNELS, taps * eti_ceil_div(from.z, LANES));
    case ETI_OP_AVERAGE_POOL_2D: case ETI_OP_MAX_POOL_2D: return eti_ceil_div(taps, LANES);
    default: return 0;
    }
}

/* A block of a pool over the whole map. One over many pixels counts as two, down the columns and then along the row:
 * DeepLab's 33x33 is 81 + 9 words, not 273. */
static uint64_t words_of_map(const struct eti_layout *l, struct eti_yxz from)
{
    uint64_t taps = (uint64_t)from.y * from.x;
    if (taps <= POOL_TAPS) return eti_ceil_div(taps, LANES);
    return eti_ceil_div(from.x, l->arch->grid.x) * eti_ceil_div(from.y, LANES) + eti_ceil_div(from.x, LANES);
}

static uint64_t estimate_of(const struct eti_layout *l, uint32_t index)
{
    const struct eti_op *op = &l->graph->ops[index];
    int32_t in = eti_activation_input(op, l->graph, 0);
    if (in < 0) return 0;
    struct eti_yxz from = eti_yxz(&l->graph->tensors[in].shape), to = eti_yxz(&l->graph->tensors[op->outputs[0]].shape);
    uint64_t words = words_of(op, from, (uint64_t)op->at.kernel_h * op->at.kernel_w), blocks = eti_ceil_div(to.z, CHANNELS), sum = 0;
    if (op->type == ETI_OP_MEAN) return to.z == from.z ? blocks * words_of_map(l, from) : 0;
    if (op->type != ETI_OP_CONV_2D && to.y == 1 && to.x == 1 && words) return blocks * words_of_map(l, from);
    const struct eti_layer_plan *p = &l->layers[index];
    bool alone = p->group_begins && p->group_ends; /* counts as a whole: 512x512 pixels of 64 channels, 1024x1024 of one */
    for (uint32_t pass = 0; words && pass < (alone ? 1 : p->passes); pass++) {
        struct eti_window_of w = alone ? eti_window_of_op(l, index) : eti_window_of_pass(l, index, pass);
        sum += pixels_of(l, &w) * blocks * words;
    }
    return sum;
}

/* The same, remembered. */
static uint64_t known_estimate(const struct eti_layout *l, uint32_t index)
{
    struct eti_facts *f = l->facts[index];
    if (l->layers[index].passes > 1) return estimate_of(l, index);
    if (f->traits & ETI_KNOWS_ESTIMATE) return f->estimate_cycles;
    f->traits |= ETI_KNOWS_ESTIMATE;
    return f->estimate_cycles = estimate_of(l, index);
}

uint64_t eti_estimate_cycles(const struct eti_layout *l)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < l->graph->n_ops; i++)
        if (l->layers[i].map.where == ETS_ON_TPU && !l->layers[i].folded) sum += known_estimate(l, i);
    return sum;
}
