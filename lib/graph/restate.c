/* restate.c - operators back to statements. */
#include "graph/restate.h"

#include <string.h>

#include "base/alloc.h"
#include "base/mem.h"

static const struct eti_tensor *operand(const struct eti_graph *g, const struct eti_op *op, uint32_t i)
{
    return i < op->n_inputs && op->inputs[i] >= 0 ? &g->tensors[op->inputs[i]] : NULL;
}

enum { MOST_OPERANDS = 64 };
/* Is there a statement that makes such an operator? One works on something, not on constants alone. */
static bool can_state(const struct eti_graph *g, const struct eti_op *op);

uint32_t eti_channels_of(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *out = &g->tensors[op->outputs[0]];
    return eti_op_kind(op->type)->class_ == ETI_WEIGHTED && out->shape.rank ? out->shape.dim[out->shape.rank - 1] : 0;
}

/* ------------------------------------------------------------------ widths ------------------------------- */

/* Does it hand on the channels of its input as they are? */
static bool keeps_channels(const struct eti_op *op)
{
    switch ((int)op->type) {
    case ETI_OP_DEPTHWISE_CONV_2D: return op->at.multiplier <= 1;
    case ETI_OP_PAD: case ETI_OP_RESIZE_BILINEAR: case ETI_OP_RESIZE_NEAREST_NEIGHBOR: case ETI_OP_MEAN: return true;
    default: break;
    }
    enum eti_op_class c = eti_op_kind(op->type)->class_;
    return c == ETI_POOL || c == ETI_BINARY || c == ETI_UNARY || c == ETI_TABLE;
}

static bool makes_channels(const struct eti_op *op)
{
    return eti_op_kind(op->type)->class_ == ETI_WEIGHTED && op->type != ETI_OP_DEPTHWISE_CONV_2D;
}

/* Union of tensors, by parent links; the lower number leads. */
static uint32_t leader(uint32_t *parent, uint32_t t)
{
    while (parent[t] != t) t = parent[t] = parent[parent[t]];
    return t;
}

static void tie(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = leader(parent, a);
    b = leader(parent, b);
    parent[a > b ? a : b] = a < b ? a : b;
}

/* A view whose values of a position stay together. */
static bool is_view_of_channels(const struct eti_graph *g, const struct eti_op *op)
{
    if (op->type != ETI_OP_RESHAPE && op->type != ETI_OP_SQUEEZE && op->type != ETI_OP_EXPAND_DIMS) return false;
    const struct eti_shape *in = &g->tensors[op->inputs[0]].shape, *out = &g->tensors[op->outputs[0]].shape;
    return in->rank && out->rank && in->dim[in->rank - 1] == out->dim[out->rank - 1];
}

static void tie_all(const struct eti_graph *g, uint32_t *parent)
{
    for (uint32_t i = 0; i < g->n_ops; i++) {
        const struct eti_op *op = &g->ops[i];
        for (uint32_t k = 0; (keeps_channels(op) || is_view_of_channels(g, op)) && k < op->n_inputs; k++)
            if (operand(g, op, k) && !operand(g, op, k)->constant) tie(parent, (uint32_t)op->inputs[k], (uint32_t)op->outputs[0]);
    }
}

/* Are the channels it is given a number that it relies on? Classes that it chooses from, anchors that it deals out, what only the
 * operator itself knows. Not of a view that makes one row of all. */
static bool holds_channels(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_shape *out = &g->tensors[op->outputs[0]].shape;
    if (op->type == ETI_OP_RESHAPE) return !is_view_of_channels(g, op) && out->rank != 2;
    return op->type == ETI_OP_ARG_MAX || !can_state(g, op);
}

ets_status eti_width_groups(const struct eti_graph *g, uint32_t *width, ets_error *err)
{
    const ets_allocator *mem = &g->arena.mem;
    uint32_t *parent = eti_alloc(mem, (size_t)g->n_tensors + 1, sizeof *parent), *lowest = eti_alloc(mem, (size_t)g->n_tensors + 1, sizeof *lowest);
    for (uint32_t t = 0; parent && lowest && t < g->n_tensors; t++) {
        parent[t] = t;
        lowest[t] = UINT32_MAX;
    }
    if (parent && lowest) {
        tie_all(g, parent);
        for (uint32_t i = g->n_ops; i-- > 0;)
            if (makes_channels(&g->ops[i])) lowest[leader(parent, (uint32_t)g->ops[i].outputs[0])] = i;
        for (uint32_t i = 0; i < g->n_inputs; i++) lowest[leader(parent, (uint32_t)g->inputs[i])] = UINT32_MAX;
        for (uint32_t i = 0; i < g->n_outputs; i++) lowest[leader(parent, (uint32_t)g->outputs[i])] = UINT32_MAX;
        for (uint32_t i = 0; i < g->n_ops; i++)
            for (uint32_t k = 0; holds_channels(g, &g->ops[i]) && k < g->ops[i].n_inputs; k++)
                if (g->ops[i].inputs[k] >= 0) lowest[leader(parent, (uint32_t)g->ops[i].inputs[k])] = UINT32_MAX;
        for (uint32_t i = 0; i < g->n_ops; i++)
            width[i] = makes_channels(&g->ops[i]) ? lowest[leader(parent, (uint32_t)g->ops[i].outputs[0])] : UINT32_MAX;
    }
    ets_status status = parent && lowest ? ETS_OK : eti_nomem(err);
    eti_free(mem, parent, (size_t)g->n_tensors + 1, sizeof *parent);
    eti_free(mem, lowest, (size_t)g->n_tensors + 1, sizeof *lowest);
    return status;
}

/* ------------------------------------------------------------------ fusing ------------------------------- */

static uint32_t readers_of(const struct eti_graph *g, int32_t tensor)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_ops; i++)
        for (uint32_t k = 0; k < g->ops[i].n_inputs; k++) n += g->ops[i].inputs[k] == tensor;
    for (uint32_t i = 0; i < g->n_outputs; i++) n += (int32_t)g->outputs[i] == tensor;
    return n;
}

bool eti_fusible(const struct eti_graph *g, uint32_t op, uint32_t *expand)
{
    const struct eti_op *d = &g->ops[op];
    if (d->type != ETI_OP_DEPTHWISE_CONV_2D || d->at.multiplier != 1) return false;
    for (uint32_t i = op; i-- > 0;) {
        const struct eti_op *e = &g->ops[i];
        if (e->outputs[0] != d->inputs[0]) continue;
        *expand = i;
        return e->type == ETI_OP_CONV_2D && e->at.kernel_h == 1 && e->at.kernel_w == 1 && e->at.stride_h == 1 && e->at.stride_w == 1 &&
               readers_of(g, d->inputs[0]) == 1;
    }
    return false;
}

bool eti_separable(const struct eti_graph *g, uint32_t op)
{
    const struct eti_op *c = &g->ops[op];
    return c->type == ETI_OP_CONV_2D && c->at.kernel_h * c->at.kernel_w > 1;
}

/* ------------------------------------------------------------------ one statement ------------------------ */

static void set_weights(const struct eti_graph *g, const struct eti_op *op, struct eti_layer *l)
{
    const struct eti_tensor *w = operand(g, op, 1), *bias = operand(g, op, op->type == ETI_OP_TRANSPOSE_CONV ? 3 : 2);
    l->out_channels = eti_channels_of(g, op);
    l->per_channel = w && w->quant == ETI_QUANT_CHANNEL;
    l->no_bias = !bias || bias->all_zero;
    if (op->type != ETI_OP_DEPTHWISE_CONV_2D || op->at.multiplier != 1) return;
    l->out_channels = 0; /* as many as it is given */
}

/* The constant integers of operand `i`. */
static bool set_values(const struct eti_graph *g, const struct eti_op *op, uint32_t i, int32_t *to, uint32_t most, uint32_t *n)
{
    const struct eti_tensor *t = operand(g, op, i);
    if (!t || !t->values || t->n_values > most) return false;
    memcpy(to, t->values, t->n_values * sizeof *to);
    *n = t->n_values;
    return true;
}

static bool set_constants(const struct eti_graph *g, const struct eti_op *op, struct eti_layer *l)
{
    uint32_t n;
    switch ((int)op->type) {
    case ETI_OP_MEAN: case ETI_OP_SUM: case ETI_OP_REDUCE_MAX: case ETI_OP_REDUCE_MIN: case ETI_OP_PAD:
    case ETI_OP_RESHAPE: case ETI_OP_RESIZE_BILINEAR: case ETI_OP_RESIZE_NEAREST_NEIGHBOR: case ETI_OP_TRANSPOSE:
        return set_values(g, op, 1, l->values, 2 * ETS_MAX_RANK, &l->n_values);
    case ETI_OP_SLICE:
        return set_values(g, op, 1, l->values, ETS_MAX_RANK, &l->n_values) && set_values(g, op, 2, l->sizes, ETS_MAX_RANK, &n);
    case ETI_OP_STRIDED_SLICE: case ETI_OP_LSTM: case ETI_OP_OPAQUE: return false;
    default: return true;
    }
}

/* Of sums and products, one operand may be a constant. `map` NULL: only whether it can be done. */
static bool set_inputs(const struct eti_graph *g, const struct eti_op *op, const int32_t *map, int32_t *inputs, struct eti_layer *l)
{
    bool binary = eti_op_kind(op->type)->class_ == ETI_BINARY || op->type == ETI_OP_CONCATENATION || op->type == ETI_OP_PACK;
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const struct eti_tensor *t = operand(g, op, i);
        if (t && !t->constant) inputs[l->n_inputs++] = map ? map[op->inputs[i]] : 0;
        else if (t && binary && (i == 0 || op->type == ETI_OP_CONCATENATION || !t->shape.rank)) return false;
        else if (t && binary) l->constant = t->shape;
    }
    l->inputs = inputs;
    return true;
}

static bool can_state(const struct eti_graph *g, const struct eti_op *op)
{
    int32_t inputs[MOST_OPERANDS];
    struct eti_layer l;
    eti_clear(&l, sizeof l);
    return op->n_inputs <= MOST_OPERANDS && op->n_outputs <= MOST_OPERANDS && set_inputs(g, op, NULL, inputs, &l) && l.n_inputs &&
           set_constants(g, op, &l);
}

static bool same_shape(const struct eti_shape *a, const struct eti_shape *b)
{
    bool same = a->rank == b->rank;
    for (uint32_t i = 0; same && i < a->rank; i++) same = a->dim[i] == b->dim[i];
    return same;
}

/* Nothing makes it and nobody gives it: a constant, or what a recurrent or custom operator keeps from call to call. */
static bool is_its_own(const struct eti_tensor *t) { return t->constant || (t->producer < 0 && !t->given); }

/* An operator of which only shapes are known (or one that no statement describes), with its own tensors and results as they are. What a
 * custom operator makes of a larger or smaller map is its own affair, and taken to have the size it had; others must be given what they were. */
static ets_status keep_op(const struct eti_graph *g, const struct eti_op *op, int32_t *map, struct eti_graph_builder *to, ets_error *err)
{
    int32_t *links = eti_arena_alloc(&to->graph.arena, (size_t)op->n_inputs + op->n_outputs, sizeof *links);
    struct eti_op kept;
    if (!links) return eti_nomem(err);
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const struct eti_tensor *t = operand(g, op, i);
        links[i] = t && !is_its_own(t) ? map[op->inputs[i]] : -1;
        if (t && is_its_own(t)) ETI_TRY(eti_graph_add_tensor(to, t, &op->place, &links[i], err));
        else if (t && op->type != ETI_OP_OPAQUE && !same_shape(&t->shape, &to->graph.tensors[links[i]].shape))
            return eti_fail(err, ETS_UNSUPPORTED, &op->place, "%s '%s' cannot be stated anew for other sizes", op->type_name, op->name);
    }
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        ETI_TRY(eti_graph_add_tensor(to, &g->tensors[op->outputs[i]], &op->place, &links[op->n_inputs + i], err));
        map[op->outputs[i]] = links[op->n_inputs + i];
    }
    eti_copy(&kept, op, sizeof kept);
    kept.counted = false;
    kept.inputs = links;
    kept.outputs = links + op->n_inputs;
    return eti_graph_add_op(to, &kept, err);
}

/* The window of `l` as a depthwise convolution before it; of `l`, a 1x1 convolution of its result is left. */
static ets_status add_depthwise(struct eti_layer *l, int32_t *inputs, struct eti_graph_builder *to, ets_error *err)
{
    struct eti_layer depthwise;
    eti_copy(&depthwise, l, sizeof depthwise);
    depthwise.type = ETI_OP_DEPTHWISE_CONV_2D;
    depthwise.out_channels = 0;
    depthwise.at.multiplier = 1;
    int32_t made;
    ETI_TRY(eti_graph_add_layer(to, &depthwise, &made, err));
    inputs[0] = made;
    l->at.kernel_h = l->at.kernel_w = l->at.stride_h = l->at.stride_w = l->at.dilation_h = l->at.dilation_w = 1;
    return ETS_OK;
}

/* A pool whose window is all of its input, when the input has another size now. */
static void fit_window(const struct eti_graph *g, const struct eti_op *op, const struct eti_graph *to, int32_t input, struct eti_layer *l)
{
    const struct eti_shape *was = &g->tensors[op->inputs[0]].shape, *is = &to->tensors[input].shape;
    bool whole = eti_op_kind(op->type)->class_ == ETI_POOL && was->rank == 4 && was->dim[1] == op->at.kernel_h && was->dim[2] == op->at.kernel_w;
    if (!whole || is->rank != 4) return;
    l->at.kernel_h = is->dim[1];
    l->at.kernel_w = is->dim[2];
}

/* Where a view is given another number of values, the dimension that takes them: channels that stay channels, the whole of a row,
 * else the longest between batch and channels (anchors, positions). */
static void fit_target(const struct eti_graph *g, const struct eti_op *op, const struct eti_graph *to, int32_t input, struct eti_layer *l)
{
    const struct eti_tensor *was = &g->tensors[op->inputs[0]], *is = &to->tensors[input];
    uint32_t rank = l->n_values, at = rank - 1;
    if (!rank || was->elements == is->elements) return;
    if (!is_view_of_channels(g, op) || was->shape.dim[was->shape.rank - 1] == is->shape.dim[is->shape.rank - 1])
        for (uint32_t i = 1; i + 1 < rank; i++)
            if (at == rank - 1 || l->values[i] > l->values[at]) at = i;
    for (uint32_t i = 0; i < rank; i++)
        if (l->values[i] < 0) return; /* the file says which */
    l->values[at] = -1;
}

static ets_status restate_op(const struct eti_graph *g, uint32_t index, const struct eti_change *c, int32_t *map,
                             struct eti_graph_builder *to, ets_error *err)
{
    const struct eti_op *op = &g->ops[index];
    int32_t inputs[MOST_OPERANDS], outputs[MOST_OPERANDS];
    uint32_t expand = UINT32_MAX;
    struct eti_layer l;
    bool fuses = c->fused && eti_fusible(g, c->fused, &expand);
    if (fuses && index == c->fused) { /* its window has moved to the convolution before it */
        map[op->outputs[0]] = map[op->inputs[0]];
        return ETS_OK;
    }
    if (!can_state(g, op)) return keep_op(g, op, map, to, err);
    eti_clear(&l, sizeof l);
    l.type = op->type;
    l.name = op->name;
    l.place = op->place;
    l.n_outputs = op->n_outputs;
    eti_copy(&l.at, fuses && index == expand ? &g->ops[c->fused].at : &op->at, sizeof l.at);
    if (fuses && index == expand) l.at.multiplier = op->at.multiplier;
    set_inputs(g, op, map, inputs, &l);
    set_constants(g, op, &l);
    if (eti_op_kind(op->type)->class_ == ETI_WEIGHTED) set_weights(g, op, &l);
    if (c->group_of && c->group_of[index] == c->group) l.out_channels = c->channels;
    if (c->widths && c->widths[index]) l.out_channels = c->widths[index];
    if (c->in_height) fit_window(g, op, &to->graph, inputs[0], &l);
    if (op->type == ETI_OP_RESHAPE) fit_target(g, op, &to->graph, inputs[0], &l);
    if (c->kernel && c->op == index) l.at.kernel_h = l.at.kernel_w = c->kernel;
    if (c->separated && c->separated - 1 == index && eti_separable(g, index)) ETI_TRY(add_depthwise(&l, inputs, to, err));
    ETI_TRY(eti_graph_add_layer(to, &l, outputs, err));
    for (uint32_t i = 0; i < op->n_outputs; i++) map[op->outputs[i]] = outputs[i];
    return ETS_OK;
}

ets_status eti_restate(const struct eti_graph *g, const struct eti_change *change, int32_t *map, struct eti_graph_builder *to,
                       ets_error *err)
{
    for (uint32_t i = 0; i < g->n_inputs; i++) {
        struct eti_place nowhere = {"", 0, 0, 0, false};
        struct eti_tensor in;
        eti_copy(&in, &g->tensors[g->inputs[i]], sizeof in);
        if (change->in_height && in.shape.rank == 4) {
            in.shape.dim[1] = change->in_height;
            in.shape.dim[2] = change->in_width;
        }
        ETI_TRY(eti_graph_add_tensor(to, &in, &nowhere, &map[g->inputs[i]], err));
        ETI_TRY(eti_graph_add_input(to, map[g->inputs[i]], err));
    }
    for (uint32_t i = 0; i < g->n_ops; i++) ETI_TRY(restate_op(g, i, change, map, to, err));
    for (uint32_t i = 0; i < g->n_outputs; i++) ETI_TRY(eti_graph_add_output(to, map[g->outputs[i]], err));
    return ETS_OK;
}
