/* systolic_work.c - what each operator is on a systolic array: a matrix product (im2col), or elements through the vector
 * unit. Costs of the latter in operations, docs/MODEL.md. */
#include "schedule/systolic.h"

#include <string.h>

#include "base/num.h"

static uint64_t dim_back(const struct eti_tensor *t, uint32_t back)
{
    return t->shape.rank > back ? t->shape.dim[t->shape.rank - 1 - back] : 1;
}

static const struct eti_tensor *operand(const struct eti_graph *g, const struct eti_op *op, uint32_t i)
{
    return i < op->n_inputs && op->inputs[i] >= 0 ? &g->tensors[op->inputs[i]] : NULL;
}

struct eti_gemm eti_gemm_of(const struct eti_work *w)
{
    struct eti_gemm g = {w->rows * w->columns, w->taps * w->channels, w->outputs};
    return g;
}

/* ------------------------------------------------------------------ products ----------------------------- */

static uint64_t reach(uint32_t kernel, uint32_t dilation) { return (uint64_t)(kernel - 1) * (dilation ? dilation : 1) + 1; }

static const char *convolution(const struct eti_graph *g, const struct eti_op *op, struct eti_work *w)
{
    const struct eti_tensor *x = operand(g, op, 0), *k = operand(g, op, 1), *y = &g->tensors[op->outputs[0]];
    uint64_t images = x->shape.dim[0], channels = dim_back(x, 0);
    bool depthwise = op->type == ETI_OP_DEPTHWISE_CONV_2D;
    w->rows = images * dim_back(y, 2);
    w->columns = dim_back(y, 1);
    w->in_rows = images * dim_back(x, 2);
    w->in_columns = dim_back(x, 1);
    w->reach_h = reach(op->at.kernel_h, op->at.dilation_h);
    w->reach_w = reach(op->at.kernel_w, op->at.dilation_w);
    w->taps = (uint64_t)op->at.kernel_h * op->at.kernel_w;
    w->stride_h = op->at.stride_h;
    w->stride_w = op->at.stride_w;
    w->channels = depthwise ? 1 : dim_back(k, 0);
    w->groups = channels / w->channels;
    w->outputs = dim_back(y, 0) / w->groups;
    return NULL;
}

/* Each input pixel is multiplied with the whole kernel; the vector unit adds the overlapping results up. */
static const char *transposed(const struct eti_graph *g, const struct eti_op *op, struct eti_work *w)
{
    const struct eti_tensor *x = operand(g, op, 2), *y = &g->tensors[op->outputs[0]];
    w->rows = w->in_rows = x->shape.dim[0] * dim_back(x, 2);
    w->columns = w->in_columns = dim_back(x, 1);
    w->channels = dim_back(x, 0);
    w->outputs = (uint64_t)op->at.kernel_h * op->at.kernel_w * dim_back(y, 0);
    return NULL;
}

static const char *matrix(const struct eti_graph *g, const struct eti_op *op, struct eti_work *w)
{
    const struct eti_tensor *x = operand(g, op, 0), *k = operand(g, op, 1);
    w->channels = dim_back(k, 0);
    w->outputs = dim_back(k, 1);
    w->rows = w->in_rows = x->elements / w->channels;
    w->columns = w->in_columns = 1;
    return NULL;
}

/* A step multiplies a row of the input, and beside it the result of the step before, with the matrices of all gates at once. The
 * vector unit makes the new state: c = f c + i g, the result o tanh(c); i = 1 - f where only three gates are there; a product
 * and a sum more for each gate that looks at the state (a peephole). */
static const char *recurrent(const struct eti_graph *g, const struct eti_op *op, struct eti_work *w)
{
    const struct eti_tensor *x = operand(g, op, 0), *k = operand(g, op, 6);
    uint64_t gates = 0, operations = 5;
    if (operand(g, op, 16)) return "an LSTM with a projection is not modelled on a systolic array";
    if (!eti_is_plain_lstm(g, op)) return "its operands are not those of a sequence of steps";
    for (uint32_t i = 1; i <= 4; i++) gates += operand(g, op, i) != NULL;
    for (uint32_t i = 9; i <= 11; i++) operations += operand(g, op, i) ? 2 : 0;
    uint64_t batch = x->shape.dim[op->at.time_major ? 1 : 0], units = dim_back(k, 1);
    w->steps = x->shape.dim[op->at.time_major ? 0 : 1];
    w->state = dim_back(k, 0);
    w->rows = w->in_rows = batch;
    w->columns = w->in_columns = 1;
    w->channels = dim_back(x, 0) + w->state;
    w->outputs = gates * units;
    w->operations = w->steps * batch * units * (operations + (gates < 4));
    return NULL;
}

static const char *product(const struct eti_graph *g, const struct eti_op *op, struct eti_work *w)
{
    w->product = true;
    w->reach_h = w->reach_w = w->taps = w->stride_h = w->stride_w = w->groups = w->steps = 1;
    if (op->type == ETI_OP_TRANSPOSE_CONV) return transposed(g, op, w);
    if (op->type == ETI_OP_FULLY_CONNECTED) return matrix(g, op, w);
    if (op->type == ETI_OP_LSTM) return recurrent(g, op, w);
    return convolution(g, op, w);
}

/* ------------------------------------------------------------------ vector unit -------------------------- */

/* Operations of the lanes: some for each element of the result or, of a reduction, of the operand. A softmax reads each element four
 * times (largest, exponential, sum, scale), a normalisation three times (square, sum, scale). */
static uint64_t operations_of(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *x = &g->tensors[eti_activation_input(op, g, 0)], *y = &g->tensors[op->outputs[0]];
    uint64_t all = 0;
    switch (eti_op_kind(op->type)->class_) {
    case ETI_POOL: return y->elements * op->at.kernel_h * op->at.kernel_w;
    case ETI_REDUCE: return x->elements;
    case ETI_TABLE: return y->elements * (op->type == ETI_OP_SOFTMAX ? 4 : 3);
    case ETI_MOVE:
        for (uint32_t i = 0; i < op->n_outputs; i++) all += g->tensors[op->outputs[i]].elements;
        return op->type == ETI_OP_RESIZE_BILINEAR ? 4 * all : all;
    case ETI_OTHER: return x->elements;
    case ETI_WEIGHTED: case ETI_BINARY: case ETI_UNARY: case ETI_RECURRENT: break;
    }
    return y->elements;
}

bool eti_work_is_view(const struct eti_op *op)
{
    return op->type == ETI_OP_RESHAPE || op->type == ETI_OP_SQUEEZE || op->type == ETI_OP_EXPAND_DIMS;
}

/* ------------------------------------------------------------------ any operator ------------------------- */

static const char *impossible(const struct eti_graph *g, const struct eti_op *op)
{
    if (op->type == ETI_OP_OPAQUE) return "only its shapes are known";
    if (eti_activation_input(op, g, 0) < 0) return "all of its inputs are constant";
    for (uint32_t i = 0; i < op->n_inputs; i++)
        if (operand(g, op, i) && operand(g, op, i)->dynamic) return "its input has a size that is only known at run time";
    for (uint32_t i = 0; i < op->n_outputs; i++)
        if (g->tensors[op->outputs[i]].dynamic) return "its output has a size that is only known at run time";
    return NULL;
}

const char *eti_work_of(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op, struct eti_work *w)
{
    const char *why = impossible(graph, op);
    memset(w, 0, sizeof *w);
    if (why) return why;
    bool weighted = eti_op_kind(op->type)->class_ == ETI_WEIGHTED || op->type == ETI_OP_LSTM;
    if (eti_work_is_view(op)) return NULL;
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const struct eti_tensor *t = operand(graph, op, i);
        if (t && (!t->constant || (!weighted && t->elements > ETS_MAX_RANK))) w->in_bytes += t->elements * arch->data.activation_bytes;
    }
    for (uint32_t i = 0; i < op->n_outputs; i++)
        w->out_bytes += graph->tensors[op->outputs[i]].elements * arch->data.activation_bytes;
    if (!weighted) {
        w->operations = operations_of(graph, op);
        return NULL;
    }
    why = product(graph, op, w);
    w->weight_bytes = w->taps * w->channels * w->outputs * w->groups * arch->data.weight_bytes;
    return why;
}
