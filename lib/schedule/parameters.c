/* parameters.c - bytes of an operator's parameters as the accelerator stores them. Layouts: docs/MODEL.md; exact for the
 * vendor's compiled models of test/truth. */
#include "base/num.h"
#include "schedule/place.h"
#include "timing/tile_grid.h"

static const struct eti_tensor *operand(const struct eti_graph *g, const struct eti_op *op, uint32_t i)
{
    return i < op->n_inputs && op->inputs[i] >= 0 ? &g->tensors[op->inputs[i]] : NULL;
}

static uint32_t header_of(const struct eti_graph *g, const struct eti_op *op, uint32_t weights, uint32_t bias)
{
    const struct eti_tensor *w = operand(g, op, weights), *b = operand(g, op, bias);
    return eti_header_bytes(w && w->quant == ETI_QUANT_CHANNEL, !b || b->all_zero);
}

/* Convolutions, transposed ones and fully connected layers; `bias` is an operand. Without biases every block has all its rows while it
 * lies in the cache (stacks of compiler version 16; docs/MODEL.md). */
static uint64_t dense_bytes(const struct eti_arch *arch, const struct eti_graph *g, const struct eti_op *op, uint32_t taps,
                            uint32_t in_channels, uint32_t bias, bool cached)
{
    const struct eti_tensor *b = operand(g, op, bias);
    bool zero = !b || b->all_zero;
    uint32_t out_channels = eti_yxz(&g->tensors[op->outputs[0]].shape).z;
    uint32_t stored = zero && cached ? (uint32_t)eti_round_up(out_channels, arch->tile.cells) : out_channels;
    return eti_dense_parameter_bytes(arch, taps, in_channels, stored, header_of(g, op, 1, bias));
}

bool eti_sends_constants(const struct eti_op *op)
{
    switch ((int)op->type) {
    case ETI_OP_ADD: case ETI_OP_SUB: case ETI_OP_MUL: case ETI_OP_MAXIMUM: case ETI_OP_MINIMUM:
    case ETI_OP_SQUARED_DIFFERENCE: case ETI_OP_PRELU:
        return true;
    default:
        return false;
    }
}

/* Words of channels of a constant operand that are sent: to each tile what it needs; one value a channel to all of them. */
static uint64_t words_sent(const struct eti_arch *arch, struct eti_yxz constant, struct eti_yxz result)
{
    uint64_t words = eti_ceil_div(constant.z, arch->tile.lanes);
    if (constant.y == 1 && constant.x == 1) return arch->grid.x * arch->grid.y * words;
    uint64_t rows = constant.y > 1 ? constant.y : eti_min(result.y, arch->grid.y);
    uint64_t cols = constant.x > 1 ? constant.x : eti_min(result.x, arch->grid.x);
    return rows * cols * words;
}

const struct eti_tensor *eti_sent_constant(const struct eti_graph *g, const struct eti_op *op)
{
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const struct eti_tensor *t = operand(g, op, i);
        if (t && t->constant && t->elements > 1) return t;
    }
    return NULL;
}

static uint64_t constant_bytes(const struct eti_arch *arch, const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *t = eti_sent_constant(g, op);
    uint64_t words = t ? words_sent(arch, eti_yxz(&t->shape), eti_yxz(&g->tensors[op->outputs[0]].shape)) : 0;
    return eti_round_up(words * arch->tile.lanes, ETI_UNIT_BYTES);
}

/* The eight matrices of the gates, each laid out as a dense layer. */
static uint64_t lstm_bytes(const struct eti_arch *arch, const struct eti_graph *g, const struct eti_op *op)
{
    uint64_t sum = 0;
    for (uint32_t i = 1; i <= 8; i++) {
        const struct eti_tensor *w = operand(g, op, i);
        if (!w || w->shape.rank != 2) continue;
        sum += eti_dense_parameter_bytes(arch, 1, w->shape.dim[1], w->shape.dim[0], eti_header_bytes(false, false));
    }
    return sum;
}

static uint64_t bytes_of(const struct eti_arch *arch, const struct eti_graph *g, const struct eti_op *op, bool cached)
{
    struct eti_yxz out = eti_yxz(&g->tensors[op->outputs[0]].shape);
    int32_t in = eti_activation_input(op, g, 0);
    uint32_t taps = op->at.kernel_h * op->at.kernel_w;
    switch ((int)op->type) {
    case ETI_OP_CONV_2D:
        return dense_bytes(arch, g, op, taps, eti_yxz(&g->tensors[in].shape).z, 2, cached);
    case ETI_OP_TRANSPOSE_CONV:
        return dense_bytes(arch, g, op, taps, eti_yxz(&g->tensors[in].shape).z, 3, cached);
    case ETI_OP_FULLY_CONNECTED:
        return dense_bytes(arch, g, op, 1, operand(g, op, 1)->shape.dim[1], 2, cached);
    case ETI_OP_DEPTHWISE_CONV_2D:
        return eti_depthwise_parameter_bytes(arch, taps, out.z, header_of(g, op, 1, 2));
    case ETI_OP_SOFTMAX:
        return eti_softmax_on_tiles(arch, g, op) ? eti_softmax_parameter_bytes(out.z) : 0;
    case ETI_OP_LSTM:
        return lstm_bytes(arch, g, op);
    default:
        return eti_sends_constants(op) ? constant_bytes(arch, g, op) : 0;
    }
}

uint64_t eti_parameter_bytes(const struct eti_arch *arch, const struct eti_graph *g, const struct eti_op *op)
{
    return bytes_of(arch, g, op, true);
}

uint64_t eti_sent_parameter_bytes(const struct eti_arch *arch, const struct eti_graph *g, const struct eti_op *op)
{
    return bytes_of(arch, g, op, false);
}
