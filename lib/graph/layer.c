/* layer.c - from a stated layer to an operator with its constants. */
#include "graph/repeat.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct maker {
    struct eti_graph_builder *b;
    const struct eti_layer *layer;
    const char *name; /* kept by the graph */
    int32_t *inputs;  /* of the operator, room for all */
    uint32_t n_inputs;
    ets_error *err;
};

static const struct eti_tensor *first_input(const struct maker *m)
{
    return &m->b->graph.tensors[m->layer->inputs[0]];
}

/* ------------------------------------------------------------------ constants ---------------------------- */

/* `what`: "/weights", behind the layer's name. */
static ets_status add_constant(struct maker *m, const char *what, struct eti_tensor *t)
{
    t->name = m->name;
    t->part = what;
    t->constant = true;
    return eti_graph_add_named_tensor(m->b, t, &m->layer->place, &m->inputs[m->n_inputs++], m->err);
}

static ets_status add_weights(struct maker *m, struct eti_shape shape)
{
    struct eti_tensor t;
    enum eti_type type = first_input(m)->type;
    memset(&t, 0, sizeof t);
    t.type = type == ETI_I16 ? ETI_I8 : type; /* 16-bit activations go with 8-bit weights */
    t.shape = shape;
    t.quant = type == ETI_F32 ? ETI_QUANT_NONE : m->layer->per_channel ? ETI_QUANT_CHANNEL : ETI_QUANT_TENSOR;
    return add_constant(m, "/weights", &t);
}

static ets_status add_bias(struct maker *m, uint32_t channels)
{
    struct eti_tensor t;
    memset(&t, 0, sizeof t);
    t.type = first_input(m)->type == ETI_F32 ? ETI_F32 : ETI_I32;
    t.shape.rank = 1;
    t.shape.dim[0] = channels;
    t.all_zero = m->layer->no_bias;
    return add_constant(m, "/bias", &t);
}

static ets_status add_integers(struct maker *m, const char *what, const int32_t *values, uint32_t n, struct eti_shape shape)
{
    struct eti_tensor t;
    memset(&t, 0, sizeof t);
    t.type = ETI_I32;
    t.shape = shape;
    t.values = values;
    t.n_values = n;
    return add_constant(m, what, &t);
}

static ets_status add_list(struct maker *m, const char *what, const int32_t *values, uint32_t n)
{
    struct eti_shape shape = {1, {n}};
    return add_integers(m, what, values, n, shape);
}

/* ------------------------------------------------------------------ operands by operator ------------------ */

static ets_status needs_rank_4(const struct maker *m)
{
    const struct eti_layer *l = m->layer;
    if (first_input(m)->shape.rank == 4) return ETS_OK;
    return eti_fail(m->err, ETS_RANGE, &l->place, "%s '%s': its input '%s' has %u dimensions; batch, height, width and channels are needed",
                    eti_op_kind(l->type)->name, l->name, first_input(m)->name, first_input(m)->shape.rank);
}

static ets_status conv_operands(struct maker *m)
{
    const struct eti_layer *l = m->layer;
    ETI_TRY(needs_rank_4(m));
    uint32_t channels = first_input(m)->shape.dim[3];
    struct eti_shape w = {4, {l->out_channels, l->at.kernel_h, l->at.kernel_w, channels}};
    if (l->type == ETI_OP_DEPTHWISE_CONV_2D) {
        w.dim[0] = 1;
        w.dim[3] = l->out_channels ? l->out_channels : channels;
    }
    uint32_t out = l->type == ETI_OP_DEPTHWISE_CONV_2D ? w.dim[3] : l->out_channels;
    ETI_TRY(add_weights(m, w));
    return add_bias(m, out);
}

static ets_status fully_connected_operands(struct maker *m)
{
    const struct eti_shape *x = &first_input(m)->shape;
    uint64_t inputs = 1;
    for (uint32_t i = x->rank > 1 ? 1 : 0; i < x->rank; i++) inputs *= x->dim[i];
    struct eti_shape w = {2, {m->layer->out_channels, (uint32_t)inputs}};
    ETI_TRY(add_weights(m, w));
    return add_bias(m, m->layer->out_channels);
}

/* Output shape, weights, input: TensorFlow Lite's order. */
static ets_status transpose_conv_operands(struct maker *m)
{
    const struct eti_layer *l = m->layer;
    ETI_TRY(needs_rank_4(m));
    const struct eti_shape *x = &first_input(m)->shape;
    struct eti_shape w = {4, {l->out_channels, l->at.kernel_h, l->at.kernel_w, x->dim[3]}};
    bool same = l->at.padding == ETS_PAD_SAME;
    uint64_t h = (uint64_t)x->dim[1] * l->at.stride_h, v = (uint64_t)x->dim[2] * l->at.stride_w;
    if (!same) {
        h = (uint64_t)(x->dim[1] - 1) * l->at.stride_h + l->at.kernel_h;
        v = (uint64_t)(x->dim[2] - 1) * l->at.stride_w + l->at.kernel_w;
    }
    if (h > INT32_MAX || v > INT32_MAX || l->out_channels > INT32_MAX)
        return eti_fail(m->err, ETS_RANGE, &l->place, "transpose_conv '%s': an output of %llu x %llu", l->name,
                        (unsigned long long)h, (unsigned long long)v);
    int32_t out[4] = {(int32_t)x->dim[0], (int32_t)h, (int32_t)v, (int32_t)l->out_channels};
    m->n_inputs = 0;
    ETI_TRY(add_list(m, "/output_shape", out, 4));
    ETI_TRY(add_weights(m, w));
    m->inputs[m->n_inputs++] = l->inputs[0];
    return add_bias(m, l->out_channels);
}

static ets_status axes_operand(struct maker *m)
{
    static const int32_t height_and_width[] = {1, 2};
    if (m->layer->n_values) return add_list(m, "/axes", m->layer->values, m->layer->n_values);
    ETI_TRY(needs_rank_4(m));
    return add_list(m, "/axes", height_and_width, 2);
}

/* The eight matrices of the gates: four over the input, four over the state. */
static ets_status lstm_operands(struct maker *m)
{
    const struct eti_shape x = first_input(m)->shape; /* a copy: the tensors move as operands are added */
    uint32_t units = m->layer->out_channels;
    if (x.rank != 3)
        return eti_fail(m->err, ETS_RANGE, &m->layer->place, "lstm '%s': an input of batch, time and features is needed", m->layer->name);
    for (uint32_t i = 0; i < 8; i++) {
        struct eti_shape w = {2, {units, i < 4 ? x.dim[2] : units}};
        ETI_TRY(add_weights(m, w));
    }
    return ETS_OK;
}

static ets_status pad_operand(struct maker *m)
{
    struct eti_shape shape = {2, {m->layer->n_values / 2, 2}};
    return add_integers(m, "/paddings", m->layer->values, m->layer->n_values, shape);
}

/* The axis comes first, the tensor second. */
static ets_status split_operands(struct maker *m)
{
    struct eti_shape scalar = {0, {0}};
    m->n_inputs = 0;
    ETI_TRY(add_integers(m, "/axis", &m->layer->at.axis, 1, scalar));
    m->inputs[m->n_inputs++] = m->layer->inputs[0];
    return ETS_OK;
}

static ets_status prelu_operand(struct maker *m)
{
    const struct eti_tensor *x = first_input(m);
    struct eti_tensor alpha;
    memset(&alpha, 0, sizeof alpha);
    alpha.type = x->type;
    alpha.quant = ETI_QUANT_TENSOR;
    alpha.shape.rank = 1;
    alpha.shape.dim[0] = x->shape.rank ? x->shape.dim[x->shape.rank - 1] : 1;
    return add_constant(m, "/alpha", &alpha);
}

/* What a batch norm that no convolution before it takes in is left as: a value a channel to multiply by, one to add. */
static ets_status constant_operand(struct maker *m)
{
    struct eti_tensor t;
    enum eti_type type = first_input(m)->type;
    memset(&t, 0, sizeof t);
    t.type = type;
    t.quant = type == ETI_F32 ? ETI_QUANT_NONE : ETI_QUANT_TENSOR;
    t.shape = m->layer->constant;
    return add_constant(m, "/constant", &t);
}

static ets_status add_constants(struct maker *m)
{
    const struct eti_layer *l = m->layer;
    struct eti_shape scalar = {0, {0}};
    if (l->constant.rank) return constant_operand(m);
    switch ((int)l->type) {
    case ETI_OP_CONV_2D: case ETI_OP_DEPTHWISE_CONV_2D: return conv_operands(m);
    case ETI_OP_TRANSPOSE_CONV: return transpose_conv_operands(m);
    case ETI_OP_FULLY_CONNECTED: return fully_connected_operands(m);
    case ETI_OP_LSTM: return lstm_operands(m);
    case ETI_OP_PRELU: return prelu_operand(m);
    case ETI_OP_MEAN: case ETI_OP_SUM: case ETI_OP_REDUCE_MAX: case ETI_OP_REDUCE_MIN: return axes_operand(m);
    case ETI_OP_PAD: return pad_operand(m);
    case ETI_OP_RESHAPE: return add_list(m, "/shape", l->values, l->n_values);
    case ETI_OP_RESIZE_BILINEAR: case ETI_OP_RESIZE_NEAREST_NEIGHBOR: return add_list(m, "/size", l->values, l->n_values);
    case ETI_OP_TRANSPOSE: return add_list(m, "/permutation", l->values, l->n_values);
    case ETI_OP_SPLIT: return split_operands(m);
    case ETI_OP_ARG_MAX: case ETI_OP_EXPAND_DIMS: return add_integers(m, "/axis", &l->at.axis, 1, scalar);
    case ETI_OP_SLICE:
        ETI_TRY(add_list(m, "/begin", l->values, l->n_values));
        return add_list(m, "/size", l->sizes, l->n_values);
    default: return ETS_OK;
    }
}

/* ------------------------------------------------------------------ the operator ------------------------- */

/* Results have the type of the input, but for conversions and indices; a scale of their own is not known. */
static struct eti_tensor result_like(const struct maker *m)
{
    struct eti_tensor t;
    memset(&t, 0, sizeof t);
    t.type = m->layer->n_inputs ? first_input(m)->type : ETI_I8;
    if (m->layer->type == ETI_OP_DEQUANTIZE) t.type = ETI_F32;
    if (m->layer->type == ETI_OP_QUANTIZE && t.type == ETI_F32) t.type = ETI_I8;
    if (m->layer->type == ETI_OP_ARG_MAX) t.type = ETI_I32;
    t.quant = t.type == ETI_F32 || t.type == ETI_I32 ? ETI_QUANT_NONE : ETI_QUANT_TENSOR;
    return t;
}

static ets_status infer(struct maker *m, struct eti_op *op, struct eti_shape *shapes)
{
    if (m->layer->type == ETI_OP_OPAQUE) {
        shapes[0] = m->layer->out_shape;
        return ETS_OK;
    }
    if (m->layer->type == ETI_OP_LSTM) {
        shapes[0] = first_input(m)->shape;
        shapes[0].dim[2] = m->layer->out_channels;
        return ETS_OK;
    }
    const struct eti_tensor **in = eti_arena_alloc(&m->b->scratch, m->n_inputs, sizeof *in);
    if (!in) return eti_nomem(m->err);
    for (uint32_t i = 0; i < m->n_inputs; i++) in[i] = &m->b->graph.tensors[m->inputs[i]];
    return eti_infer_shapes(op, in, shapes, m->layer->n_outputs, m->err);
}

static ets_status add_results(struct maker *m, const struct eti_shape *shapes, int32_t *outputs)
{
    const struct eti_layer *l = m->layer;
    struct eti_tensor t = result_like(m);
    t.name = m->name;
    for (uint32_t i = 0; i < l->n_outputs; i++) {
        t.shape = shapes[i];
        if (l->n_outputs > 1) t.part = eti_arena_format(&m->b->graph.arena, ":%u", i); /* not the name again: it may be long */
        if (l->n_outputs > 1 && !t.part) return eti_nomem(m->err);
        ETI_TRY(eti_graph_add_named_tensor(m->b, &t, &l->place, &outputs[i], m->err));
    }
    return ETS_OK;
}

static ets_status check_number_of_inputs(const struct maker *m)
{
    const struct eti_layer *l = m->layer;
    const struct eti_op_kind *kind = eti_op_kind(l->type);
    uint32_t computed = kind->class_ == ETI_BINARY && !l->constant.rank ? 2 : 1;
    bool any = l->type == ETI_OP_CONCATENATION || l->type == ETI_OP_PACK || l->type == ETI_OP_OPAQUE;
    if (any ? l->n_inputs && l->n_inputs <= ETI_MAX_OPERANDS : l->n_inputs == computed) return ETS_OK;
    return eti_fail(m->err, ETS_SCHEMA, &l->place, "%s '%s' works on %u tensor%s, not %u",
                    l->type == ETI_OP_OPAQUE ? l->custom : kind->name, l->name, computed, computed == 1 ? "" : "s", l->n_inputs);
}

static const char *keep(struct maker *m, const char *text)
{
    return eti_arena_text(&m->b->graph.arena, text, strlen(text));
}

static ets_status make(struct maker *m, int32_t *outputs)
{
    const struct eti_layer *l = m->layer;
    struct eti_op op;
    eti_clear(&op, sizeof op);
    op.type = l->type;
    op.name = m->name = keep(m, l->name);
    op.type_name = l->type == ETI_OP_OPAQUE ? keep(m, l->custom) : eti_op_kind(l->type)->name;
    eti_copy(&op.at, &l->at, sizeof op.at);
    op.place = l->place;
    m->inputs = eti_arena_alloc(&m->b->scratch, (size_t)l->n_inputs + 12, sizeof *m->inputs);
    struct eti_shape *shapes = eti_arena_alloc(&m->b->scratch, l->n_outputs, sizeof *shapes);
    if (!op.name || !op.type_name || !m->inputs || !shapes) return eti_nomem(m->err);
    memcpy(m->inputs, l->inputs, l->n_inputs * sizeof *m->inputs);
    m->n_inputs = l->n_inputs;
    ETI_TRY(check_number_of_inputs(m));
    ETI_TRY(add_constants(m));
    op.inputs = m->inputs;
    op.n_inputs = m->n_inputs;
    ETI_TRY(infer(m, &op, shapes));
    ETI_TRY(add_results(m, shapes, outputs));
    op.outputs = outputs;
    op.n_outputs = l->n_outputs;
    return eti_graph_add_inferred_op(m->b, &op, m->err);
}

ets_status eti_graph_add_layer(struct eti_graph_builder *b, const struct eti_layer *layer, int32_t *outputs, ets_error *err)
{
    struct maker m = {b, layer, NULL, NULL, 0, err};
    uint32_t n_tensors = b->graph.n_tensors, n_ops = b->graph.n_ops;
    bool done;
    ETI_TRY(eti_repeat_layer(b, layer, &done, outputs, err));
    if (done) return ETS_OK;
    ets_status status = make(&m, outputs);
    eti_arena_reset(&b->scratch);
    if (status == ETS_OK) status = eti_keep_layer(b, layer, n_tensors, err);
    if (status == ETS_OK) return ETS_OK;
    b->graph.n_tensors = n_tensors; /* what was added is forgotten */
    b->graph.n_ops = n_ops;
    return status;
}
