/* digest.c - what an operator is, names and neighbours left out, as 128 bits: kind, numbers, and its tensors' types,
 * shapes and quantisation. Two operators with one digest cost the same in the same place. */
#include <string.h>

#include "graph/graph.h"

static void add_tensor(struct eti_digest *d, const struct eti_tensor *t)
{
    uint32_t scale;
    memcpy(&scale, &t->scale, sizeof scale);
    uint64_t flags = (uint64_t)t->type | (uint64_t)t->quant << 8 | (uint64_t)t->shape.rank << 16 |
                     (uint64_t)t->constant << 24 | (uint64_t)t->all_zero << 25 | (uint64_t)t->dynamic << 26;
    eti_digest_add(d, flags | (uint64_t)scale << 32, (uint32_t)t->zero_point);
    const uint32_t *dim = t->shape.dim;
    uint32_t rank = t->shape.rank;
    for (uint32_t i = 0; i < rank; i += 4) {
        uint64_t low = dim[i] | (i + 1 < rank ? (uint64_t)dim[i + 1] << 32 : 0);
        uint64_t high = i + 2 < rank ? dim[i + 2] | (i + 3 < rank ? (uint64_t)dim[i + 3] << 32 : 0) : 0;
        eti_digest_add(d, low, high);
    }
}

/* What is new in a tensor or an attribute belongs into the digest, or out of what eti_local_make() copies; then here. (A 32-bit
 * machine has other sizes; the same source is checked on 64 bits.) */
_Static_assert(sizeof(void *) != 8 || sizeof(struct eti_tensor) == 120, "add_tensor() covers every property");
_Static_assert(sizeof(struct eti_attributes) == 132, "eti_op_digest() covers every attribute");

/* Lists that only operators which move values have; for the others eti_local_make() leaves them out, too. */
static void add_lists(struct eti_digest *d, const struct eti_attributes *at)
{
    eti_digest_add(d, at->n_target, at->axes);
    for (int i = 0; i < ETS_MAX_RANK; i += 2) /* paddings of a pad lie in the same place */
        eti_digest_add(d, (uint32_t)at->target[i] | (uint64_t)(uint32_t)at->stride[i] << 32,
                       (uint32_t)at->target[i + 1] | (uint64_t)(uint32_t)at->stride[i + 1] << 32);
}

bool eti_op_has_lists(enum eti_op_type type)
{
    return eti_op_kind(type)->class_ == ETI_MOVE || eti_op_kind(type)->class_ == ETI_OTHER;
}

struct eti_digest eti_op_digest(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_attributes *at = &op->at;
    struct eti_digest d = eti_digest_begin((uint64_t)op->type);
    uint64_t flags = (uint64_t)at->padding | (uint64_t)at->activation << 8 | (uint64_t)at->keep_dims << 16 |
                     (uint64_t)at->align_corners << 17 | (uint64_t)at->half_pixel_centers << 18 |
                     (uint64_t)at->shuffled_weights << 19 | (uint64_t)at->time_major << 20 |
                     (uint64_t)at->bidirectional << 21 | (uint64_t)at->unusual_masks << 32;
    eti_digest_add(&d, at->kernel_h | (uint64_t)at->kernel_w << 32, at->stride_h | (uint64_t)at->stride_w << 32);
    eti_digest_add(&d, at->dilation_h | (uint64_t)at->dilation_w << 32, flags);
    eti_digest_add(&d, at->multiplier | (uint64_t)at->block << 32, (uint32_t)at->axis | (uint64_t)at->axes << 32);
    eti_digest_add(&d, op->n_inputs | (uint64_t)op->n_outputs << 32, 0);
    if (eti_op_has_lists(op->type)) add_lists(&d, at);
    for (uint32_t i = 0; i < op->n_inputs + op->n_outputs; i++) {
        int32_t t = i < op->n_inputs ? op->inputs[i] : op->outputs[i - op->n_inputs];
        if (t < 0) eti_digest_add(&d, UINT64_MAX, 0);
        else add_tensor(&d, &g->tensors[t]);
    }
    return d;
}

struct eti_digest eti_tensor_digest(const struct eti_graph *g, int32_t tensor)
{
    struct eti_digest d = eti_digest_begin(ETI_OP_COUNT);
    add_tensor(&d, &g->tensors[tensor]);
    return d;
}

static void add_links(struct eti_digest *d, const int32_t *links, uint32_t n)
{
    for (uint32_t i = 0; i < n; i += 4) {
        uint64_t low = (uint32_t)links[i] | (i + 1 < n ? (uint64_t)(uint32_t)links[i + 1] << 32 : 0);
        uint64_t high = i + 2 < n ? (uint32_t)links[i + 2] | (i + 3 < n ? (uint64_t)(uint32_t)links[i + 3] << 32 : 0) : 0;
        eti_digest_add(d, low, high);
    }
}

/* Inputs, then outputs; the operator's digest says how many. Nearly all have four at most. */
static void add_links_of(struct eti_digest *d, const struct eti_op *op)
{
    uint64_t word[2] = {0, 0};
    if (op->n_inputs + op->n_outputs > 4) {
        add_links(d, op->inputs, op->n_inputs);
        add_links(d, op->outputs, op->n_outputs);
        return;
    }
    for (uint32_t i = 0; i < op->n_inputs; i++) word[i / 2] |= (uint64_t)(uint32_t)op->inputs[i] << i % 2 * 32;
    for (uint32_t k = 0, i = op->n_inputs; k < op->n_outputs; k++, i++) word[i / 2] |= (uint64_t)(uint32_t)op->outputs[k] << i % 2 * 32;
    eti_digest_add(d, word[0], word[1]);
}

struct eti_digest eti_graph_digest(const struct eti_graph *g)
{
    struct eti_digest d = eti_digest_begin(ETI_OP_COUNT + 1);
    eti_digest_add(&d, g->n_ops | (uint64_t)g->n_tensors << 32, g->n_inputs | (uint64_t)g->n_outputs << 32);
    for (uint32_t i = 0; i < g->n_ops; i++) {
        const struct eti_op *op = &g->ops[i];
        eti_digest_add(&d, op->digest.a, op->digest.b);
        add_links_of(&d, op);
    }
    for (uint32_t i = 0; i < g->n_inputs; i++) add_tensor(&d, &g->tensors[g->inputs[i]]);
    add_links(&d, g->inputs, g->n_inputs);
    add_links(&d, g->outputs, g->n_outputs);
    return d;
}
