/* api_builder.c - the public builder: each call is a stated layer (graph/layer.h) of an int8 model. Tensor i of the graph
 * is ets_tensor i + 1. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/mem.h"
#include "graph/model.h"
#include "graph/repeat.h"

struct ets_builder {
    ets_allocator mem;
    struct eti_graph_builder graph;
    char name[128];
    uint32_t n_layers; /* for names that are not given */
    bool over;         /* the graph was lent to others, or could not be begun: the next call begins another one */
    ets_model model;   /* what was lent */
    struct eti_repeats repeats;
};

const ets_allocator *eti_builder_memory(const ets_builder *b) { return &b->mem; }

static ets_status missing(const char *function, ets_error *err)
{
    return eti_fail(err, ETS_ARGUMENT, NULL, "%s: a pointer is NULL", function);
}

/* An empty graph, in the memory of the one before if there is one. */
static ets_status begin(ets_builder *b, ets_error *err)
{
    bool again = b->graph.graph.arena.mem.resize != NULL;
    b->n_layers = 0;
    b->over = true;
    ETI_TRY(again ? eti_graph_restart(&b->graph, b->name, err) : eti_graph_begin(&b->graph, b->name, "builder", &b->mem, err));
    b->graph.repeats = &b->repeats;
    b->over = false;
    return ETS_OK;
}

ets_status ets_builder_new(const char *model_name, const ets_allocator *mem, ets_builder **out, ets_error *err)
{
    if (!model_name || !out) return missing("ets_builder_new", err);
    ets_allocator a = eti_allocator(mem);
    ets_builder *b = eti_alloc(&a, 1, sizeof *b);
    if (!b) return eti_nomem(err);
    b->mem = a;
    snprintf(b->name, sizeof b->name, "%s", model_name);
    ets_status status = begin(b, err);
    if (status == ETS_OK) *out = b;
    else ets_builder_free(b);
    return status;
}

void ets_builder_free(ets_builder *b)
{
    if (!b) return;
    ets_allocator mem = b->mem;
    eti_graph_abandon(&b->graph);
    eti_free(&mem, b, 1, sizeof *b);
}

ets_status ets_builder_reset(ets_builder *b, ets_error *err)
{
    return b ? begin(b, err) : missing("ets_builder_reset", err);
}

static ets_status open(ets_builder *b, ets_error *err)
{
    return b->over ? begin(b, err) : ETS_OK;
}

/* ------------------------------------------------------------------ layers ------------------------------- */

static ets_status check_tensor(const ets_builder *b, ets_tensor x, ets_error *err)
{
    if (x >= 1 && x <= b->graph.graph.n_tensors) return ETS_OK;
    return eti_fail(err, ETS_ARGUMENT, NULL, "%s: there is no tensor %u", b->name, x);
}

static void layer_of(enum eti_op_type type, const ets_conv *c, struct eti_layer *l)
{
    eti_clear(l, sizeof *l);
    l->type = type;
    l->n_outputs = 1;
    l->at.kernel_h = l->at.kernel_w = l->at.stride_h = l->at.stride_w = l->at.dilation_h = l->at.dilation_w = 1;
    if (!c) return;
    l->name = c->name;
    l->at.kernel_h = c->kernel_h;
    l->at.kernel_w = c->kernel_w;
    l->at.stride_h = c->stride_h;
    l->at.stride_w = c->stride_w;
    l->at.dilation_h = c->dilation_h;
    l->at.dilation_w = c->dilation_w;
    l->at.padding = c->padding;
    l->at.activation = c->activation;
    l->out_channels = c->out_channels;
    l->per_channel = c->per_channel;
    l->no_bias = c->no_bias;
}

/* "conv_2d_7" */
static void make_name(char *to, enum eti_op_type type, uint32_t number)
{
    char digits[12];
    size_t n = strlen(eti_op_kind(type)->name);
    memcpy(to, eti_op_kind(type)->name, n);
    to += n;
    n = 0;
    do digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    *to++ = '_';
    while (n) *to++ = digits[--n];
    *to = '\0';
}

static ets_status add(ets_builder *b, struct eti_layer *l, const ets_tensor *x, uint32_t n, ets_tensor *out, ets_error *err)
{
    int32_t few[4], *inputs = few, result;
    char name[64];
    if ((unsigned)l->at.padding > ETS_PAD_VALID || (unsigned)l->at.activation > ETS_ACT_RELU_N1_TO_1)
        return eti_fail(err, ETS_ARGUMENT, NULL, "%s: no such padding or activation", b->name);
    ETI_TRY(open(b, err));
    for (uint32_t i = 0; i < n; i++) ETI_TRY(check_tensor(b, x[i], err));
    if (n > 4) inputs = eti_alloc(&b->mem, n, sizeof *inputs);
    if (!inputs) return eti_nomem(err);
    for (uint32_t i = 0; i < n; i++) inputs[i] = (int32_t)x[i] - 1;
    if (!l->name) make_name(name, l->type, b->n_layers + 1);
    if (!l->name) l->name = name;
    l->inputs = inputs;
    l->n_inputs = n;
    ets_status status = eti_graph_add_layer(&b->graph, l, &result, err);
    if (n > 4) eti_free(&b->mem, inputs, n, sizeof *inputs);
    if (status != ETS_OK) return status;
    b->n_layers++;
    *out = (ets_tensor)result + 1;
    return ETS_OK;
}

static ets_status check_conv(const char *function, const ets_builder *b, const ets_conv *c, const ets_tensor *out, ets_error *err)
{
    if (!b || !c || !out) return missing(function, err);
    if (c->struct_size < sizeof *c)
        return eti_fail(err, ETS_ARGUMENT, NULL, "%s: start the options from ETS_CONV_INIT", function);
    if (!c->kernel_h || !c->kernel_w || !c->stride_h || !c->stride_w || !c->dilation_h || !c->dilation_w)
        return eti_fail(err, ETS_RANGE, NULL, "%s: kernel, stride and dilation must be at least 1", function);
    return ETS_OK;
}

static ets_status some(const char *function, const char *what, uint32_t n, ets_error *err)
{
    return n ? ETS_OK : eti_fail(err, ETS_RANGE, NULL, "%s: %s must be at least 1", function, what);
}

ets_status ets_build_conv2d(ets_builder *b, ets_tensor x, const ets_conv *c, ets_tensor *out, ets_error *err)
{
    ETI_TRY(check_conv("ets_build_conv2d", b, c, out, err));
    ETI_TRY(some("ets_build_conv2d", "out_channels", c->out_channels, err));
    struct eti_layer l;
    layer_of(ETI_OP_CONV_2D, c, &l);
    return add(b, &l, &x, 1, out, err);
}

ets_status ets_build_depthwise(ets_builder *b, ets_tensor x, const ets_conv *c, ets_tensor *out, ets_error *err)
{
    ETI_TRY(check_conv("ets_build_depthwise", b, c, out, err));
    struct eti_layer l;
    layer_of(ETI_OP_DEPTHWISE_CONV_2D, c, &l);
    return add(b, &l, &x, 1, out, err);
}

ets_status ets_build_transpose_conv(ets_builder *b, ets_tensor x, const ets_conv *c, ets_tensor *out, ets_error *err)
{
    ETI_TRY(check_conv("ets_build_transpose_conv", b, c, out, err));
    ETI_TRY(some("ets_build_transpose_conv", "out_channels", c->out_channels, err));
    if (c->dilation_h != 1 || c->dilation_w != 1)
        return eti_fail(err, ETS_RANGE, NULL, "ets_build_transpose_conv: dilation must be 1, not %u x %u", c->dilation_h, c->dilation_w);
    struct eti_layer l;
    layer_of(ETI_OP_TRANSPOSE_CONV, c, &l);
    return add(b, &l, &x, 1, out, err);
}

ets_status ets_build_fully_connected(ets_builder *b, ets_tensor x, uint32_t units, ets_activation act, ets_tensor *out, ets_error *err)
{
    if (!b || !out) return missing("ets_build_fully_connected", err);
    ETI_TRY(some("ets_build_fully_connected", "units", units, err));
    struct eti_layer l;
    layer_of(ETI_OP_FULLY_CONNECTED, NULL, &l);
    l.out_channels = units;
    l.at.activation = act;
    return add(b, &l, &x, 1, out, err);
}

/* The operator of this name if it belongs to `class_`. */
static ets_status named(const char *function, const char *op, enum eti_op_class class_, enum eti_op_type *out, ets_error *err)
{
    *out = eti_op_by_name(op);
    if (*out != ETI_OP_COUNT && eti_op_kind(*out)->class_ == class_) return ETS_OK;
    char names[256] = "";
    size_t used = 0;
    for (int k = 0; k < ETI_OP_COUNT && used < sizeof names; k++) {
        const struct eti_op_kind *kind = eti_op_kind((enum eti_op_type)k);
        if (kind->class_ == class_) used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", kind->name);
    }
    return eti_fail(err, ETS_SCHEMA, NULL, "%s: '%.60s' is no operator for it; it takes %s%s", function, op, names,
                    class_ == ETI_UNARY ? ", softmax, global_mean" : "");
}

ets_status ets_build_pool(ets_builder *b, const char *op, ets_tensor x, const ets_conv *c, ets_tensor *out, ets_error *err)
{
    enum eti_op_type type;
    if (!op) return missing("ets_build_pool", err);
    ETI_TRY(check_conv("ets_build_pool", b, c, out, err));
    ETI_TRY(named("ets_build_pool", op, ETI_POOL, &type, err));
    struct eti_layer l;
    layer_of(type, c, &l);
    return add(b, &l, &x, 1, out, err);
}

ets_status ets_build_binary(ets_builder *b, const char *op, ets_tensor x, ets_tensor y, ets_activation act, ets_tensor *out, ets_error *err)
{
    enum eti_op_type type;
    ets_tensor both[2] = {x, y};
    if (!b || !op || !out) return missing("ets_build_binary", err);
    ETI_TRY(named("ets_build_binary", op, ETI_BINARY, &type, err));
    struct eti_layer l;
    layer_of(type, NULL, &l);
    l.at.activation = act;
    return add(b, &l, both, 2, out, err);
}

ets_status ets_build_binary_constant(ets_builder *b, const char *op, ets_tensor x, const uint32_t *dims, uint32_t rank,
                                     ets_activation act, ets_tensor *out, ets_error *err)
{
    enum eti_op_type type;
    if (!b || !op || !dims || !out) return missing("ets_build_binary_constant", err);
    ETI_TRY(named("ets_build_binary_constant", op, ETI_BINARY, &type, err));
    struct eti_layer l;
    layer_of(type, NULL, &l);
    if (!rank || rank > ETS_MAX_RANK)
        return eti_fail(err, ETS_RANGE, NULL, "ets_build_binary_constant: a constant has 1 to %d dimensions, not %u", ETS_MAX_RANK, rank);
    l.constant.rank = rank;
    memcpy(l.constant.dim, dims, rank * sizeof *dims);
    l.at.activation = act;
    return add(b, &l, &x, 1, out, err);
}

ets_status ets_build_unary(ets_builder *b, const char *op, ets_tensor x, ets_tensor *out, ets_error *err)
{
    enum eti_op_type type;
    if (!b || !op || !out) return missing("ets_build_unary", err);
    if (strcmp(op, "softmax") == 0) type = ETI_OP_SOFTMAX;
    else if (strcmp(op, "global_mean") == 0) type = ETI_OP_MEAN;
    else ETI_TRY(named("ets_build_unary", op, ETI_UNARY, &type, err));
    struct eti_layer l;
    layer_of(type, NULL, &l);
    return add(b, &l, &x, 1, out, err);
}

ets_status ets_build_concat(ets_builder *b, const ets_tensor *x, size_t n, int axis, ets_tensor *out, ets_error *err)
{
    if (!b || !x || !out) return missing("ets_build_concat", err);
    if (!n || n > ETI_MAX_OPERANDS) return eti_fail(err, ETS_ARGUMENT, NULL, "ets_build_concat: 1 to %u tensors, not %zu", ETI_MAX_OPERANDS, n);
    struct eti_layer l;
    layer_of(ETI_OP_CONCATENATION, NULL, &l);
    l.at.axis = axis;
    return add(b, &l, x, (uint32_t)n, out, err);
}

ets_status ets_build_pad(ets_builder *b, ets_tensor x, uint32_t top, uint32_t bottom, uint32_t left, uint32_t right,
                         ets_tensor *out, ets_error *err)
{
    const uint32_t edges[4] = {top, bottom, left, right};
    if (!b || !out) return missing("ets_build_pad", err);
    struct eti_layer l;
    layer_of(ETI_OP_PAD, NULL, &l);
    l.n_values = 8; /* (before, after) of batch, height, width, channels */
    for (int i = 0; i < 4; i++) {
        if (edges[i] > INT32_MAX) return eti_fail(err, ETS_RANGE, NULL, "%s: a pad of %u is too large", b->name, edges[i]);
        l.values[2 + i] = (int32_t)edges[i];
    }
    return add(b, &l, &x, 1, out, err);
}

/* Sizes as the operators take them, signed. */
static ets_status set_values(const char *function, struct eti_layer *l, const uint32_t *sizes, uint32_t n, ets_error *err)
{
    l->n_values = n;
    for (uint32_t i = 0; i < n; i++) {
        if (!sizes[i] || sizes[i] > INT32_MAX) return eti_fail(err, ETS_RANGE, NULL, "%s: a size of %u", function, sizes[i]);
        l->values[i] = (int32_t)sizes[i];
    }
    return ETS_OK;
}

ets_status ets_build_resize(ets_builder *b, const char *op, ets_tensor x, uint32_t height, uint32_t width, ets_tensor *out, ets_error *err)
{
    const uint32_t size[2] = {height, width};
    if (!b || !op || !out) return missing("ets_build_resize", err);
    enum eti_op_type type = eti_op_by_name(op);
    if (type != ETI_OP_RESIZE_BILINEAR && type != ETI_OP_RESIZE_NEAREST_NEIGHBOR)
        return eti_fail(err, ETS_SCHEMA, NULL, "ets_build_resize: 'resize_bilinear' or 'resize_nearest', not '%s'", op);
    struct eti_layer l;
    layer_of(type, NULL, &l);
    ETI_TRY(set_values("ets_build_resize", &l, size, 2, err));
    return add(b, &l, &x, 1, out, err);
}

ets_status ets_build_reshape(ets_builder *b, ets_tensor x, const uint32_t *dims, uint32_t rank, ets_tensor *out, ets_error *err)
{
    if (!b || !dims || !out) return missing("ets_build_reshape", err);
    if (!rank || rank > ETS_MAX_RANK) return eti_fail(err, ETS_RANGE, NULL, "ets_build_reshape: 1 to %d dimensions, not %u", ETS_MAX_RANK, rank);
    struct eti_layer l;
    layer_of(ETI_OP_RESHAPE, NULL, &l);
    ETI_TRY(set_values("ets_build_reshape", &l, dims, rank, err));
    return add(b, &l, &x, 1, out, err);
}

/* ------------------------------------------------------------------ blocks ------------------------------- */

struct block { ets_builder *b; const ets_block *at; char name[160]; ets_error *err; };

static const char *name_of(struct block *k, const char *part)
{
    if (!k->at->name) return NULL;
    snprintf(k->name, sizeof k->name, "%.140s.%s", k->at->name, part);
    return k->name;
}

/* A convolution of a block; depthwise ones keep the channels. */
struct stage { const char *part; enum eti_op_type type; uint32_t kernel, stride, channels; };

static ets_status add_stage(struct block *k, struct stage s, ets_activation activation, ets_tensor *x)
{
    struct eti_layer l;
    layer_of(s.type, NULL, &l);
    l.name = name_of(k, s.part);
    l.at.kernel_h = l.at.kernel_w = s.kernel;
    l.at.stride_h = l.at.stride_w = s.stride;
    l.out_channels = s.channels;
    l.per_channel = k->at->per_channel;
    l.at.activation = activation;
    return add(k->b, &l, x, 1, x, k->err);
}

static ets_status add_block(struct block *k, ets_tensor x, ets_tensor *out)
{
    const ets_block *at = k->at;
    const struct eti_shape *shape = &k->b->graph.graph.tensors[x - 1].shape;
    uint32_t in = shape->rank == 4 ? shape->dim[3] : 0;
    uint64_t wide = (uint64_t)in * at->expansion;
    ets_tensor y = x;
    if (wide > UINT32_MAX) return eti_fail(k->err, ETS_RANGE, NULL, "ets_build_block: %u channels expanded by %u", in, at->expansion);
    struct stage only = {"conv", ETI_OP_CONV_2D, at->kernel, at->stride, at->out_channels};
    struct stage fused = {"expand", ETI_OP_CONV_2D, at->kernel, at->stride, (uint32_t)wide}, expand = {"expand", ETI_OP_CONV_2D, 1, 1, (uint32_t)wide};
    struct stage depthwise = {"depthwise", ETI_OP_DEPTHWISE_CONV_2D, at->kernel, at->stride, 0}, project = {"project", ETI_OP_CONV_2D, 1, 1, at->out_channels};
    if (at->fused && at->expansion == 1) ETI_TRY(add_stage(k, only, at->activation, &y));
    else {
        if (at->fused) ETI_TRY(add_stage(k, fused, at->activation, &y));
        else if (at->expansion > 1) ETI_TRY(add_stage(k, expand, at->activation, &y));
        if (!at->fused) ETI_TRY(add_stage(k, depthwise, at->activation, &y));
        ETI_TRY(add_stage(k, project, ETS_ACT_NONE, &y));
    }
    if (at->skip && at->stride == 1 && in == at->out_channels) {
        ets_tensor both[2] = {x, y};
        struct eti_layer l;
        layer_of(ETI_OP_ADD, NULL, &l);
        l.name = name_of(k, "add");
        ETI_TRY(add(k->b, &l, both, 2, &y, k->err));
    }
    *out = y;
    return ETS_OK;
}

ets_status ets_build_block(ets_builder *b, ets_tensor x, const ets_block *block, ets_tensor *out, ets_error *err)
{
    if (!b || !block || !out) return missing("ets_build_block", err);
    if (block->struct_size < sizeof *block)
        return eti_fail(err, ETS_ARGUMENT, NULL, "ets_build_block: start the options from ETS_BLOCK_INIT");
    if (!block->kernel || !block->stride || !block->expansion)
        return eti_fail(err, ETS_RANGE, NULL, "ets_build_block: kernel, stride and expansion must be at least 1");
    ETI_TRY(some("ets_build_block", "out_channels", block->out_channels, err));
    ETI_TRY(open(b, err));
    ETI_TRY(check_tensor(b, x, err));
    struct block k = {b, block, {0}, err};
    struct eti_graph *g = &b->graph.graph;
    uint32_t n_tensors = g->n_tensors, n_ops = g->n_ops, n_layers = b->n_layers;
    ets_status status = add_block(&k, x, out);
    if (status == ETS_OK) return ETS_OK;
    g->n_tensors = n_tensors; /* all of it or nothing */
    g->n_ops = n_ops;
    b->n_layers = n_layers;
    return status;
}

/* ------------------------------------------------------------------ ends --------------------------------- */

ets_status ets_build_input(ets_builder *b, const char *name, const uint32_t *dims, uint32_t rank, ets_tensor *out, ets_error *err)
{
    struct eti_tensor t;
    struct eti_place at = {"", 0, 0, 0, false};
    int32_t index;
    if (!b || !name || !dims || !out) return missing("ets_build_input", err);
    ETI_TRY(open(b, err));
    if (rank > ETS_MAX_RANK) return eti_fail(err, ETS_RANGE, NULL, "%s: input '%s' has more than %d dimensions", b->name, name, ETS_MAX_RANK);
    memset(&t, 0, sizeof t);
    t.name = name;
    t.type = ETI_I8;
    t.quant = ETI_QUANT_TENSOR;
    t.shape.rank = rank;
    memcpy(t.shape.dim, dims, rank * sizeof *dims);
    ETI_TRY(eti_graph_add_tensor(&b->graph, &t, &at, &index, err));
    ets_status status = eti_graph_add_input(&b->graph, index, err);
    if (status != ETS_OK) b->graph.graph.n_tensors = (uint32_t)index;
    else *out = (ets_tensor)index + 1;
    return status;
}

ets_status ets_build_output(ets_builder *b, ets_tensor x, ets_error *err)
{
    if (!b) return missing("ets_build_output", err);
    ETI_TRY(open(b, err));
    ETI_TRY(check_tensor(b, x, err));
    return eti_graph_add_output(&b->graph, (int32_t)x - 1, err);
}

ets_status ets_build_model(ets_builder *b, ets_model **out, ets_error *err)
{
    struct eti_graph *graph = NULL;
    if (!b || !out) return missing("ets_build_model", err);
    ETI_TRY(open(b, err));
    ets_model *m = eti_alloc(&b->mem, 1, sizeof *m);
    ets_status status = m ? eti_graph_finish(&b->graph, &graph, err) : eti_nomem(err);
    eti_graph_abandon(&b->graph);
    begin(b, NULL); /* or the next call does */
    if (status != ETS_OK) {
        eti_free(&b->mem, m, 1, sizeof *m);
        return status;
    }
    m->mem = b->mem;
    m->graph = graph;
    *out = m;
    return ETS_OK;
}

ets_status ets_build_lend(ets_builder *b, const ets_model **out, ets_error *err)
{
    if (!b || !out) return missing("ets_build_lend", err);
    ETI_TRY(open(b, err));
    b->over = true; /* whatever comes of it: what is there cannot be added to */
    ETI_TRY(eti_graph_complete(&b->graph, err));
    b->model.mem = b->mem;
    b->model.graph = &b->graph.graph;
    *out = &b->model;
    return ETS_OK;
}
