/* tape_layers.c - choices as stated layers: every operator that a description can state, tensors of all types. */
#include "fuzz/tape.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "graph/layer.h"
#include "graph/model.h"

const char *tape_name(struct tape *t)
{
    static const char *const names[] = {NULL, "a", "<script>alert(1)</script>", "-->", "a\"b\\c", "with, comma\r\nand line", "\033[31mred\007", "\xc2\x9b" "31m",
                                        "\xff\xfe\xc0\x80", "\xe2\x80\xae\xe2\x80\xa8", "=1+1", "%s%n", "x:0", "\xe4\xb8\xad\xe6\x96\x87"};
    uint32_t which = tape_byte(t);
    return which < sizeof names / sizeof *names ? names[which] : NULL;
}

/* Results of a layer that others may read; `shape` of each is in the graph. */
struct grower { struct tape *tape; struct eti_graph_builder b; int32_t made[MOST_TENSORS + 8]; uint32_t n; };

static int32_t pick(struct grower *g)
{
    uint32_t back = tape_byte(g->tape);
    return g->made[back < 128 ? g->n - 1 : back % g->n];
}

static const struct eti_shape *shape_of(const struct grower *g, int32_t tensor) { return &g->b.graph.tensors[tensor].shape; }

static void state_window(struct tape *t, struct eti_layer *l)
{
    ets_conv c = ETS_CONV_INIT;
    tape_window(t, &c);
    l->at.kernel_h = c.kernel_h;
    l->at.kernel_w = c.kernel_w;
    l->at.stride_h = c.stride_h;
    l->at.stride_w = c.stride_w;
    l->at.dilation_h = c.dilation_h;
    l->at.dilation_w = c.dilation_w;
    l->at.padding = c.padding;
    l->at.activation = c.activation;
    l->per_channel = c.per_channel;
}

/* The axes, sizes and shapes that fit `x` more often than not. */
static void state_move(struct tape *t, const struct eti_shape *x, struct eti_layer *l)
{
    uint32_t how = tape_byte(t), rank = x->rank ? x->rank : 1;
    l->at.axis = (int32_t)(how % rank) - (how & 128 ? (int32_t)rank : 0);
    l->at.keep_dims = how & 64;
    switch ((int)l->type) {
    case ETI_OP_MEAN: case ETI_OP_SUM: case ETI_OP_REDUCE_MAX: case ETI_OP_REDUCE_MIN:
        if (how & 32) { l->n_values = 1; l->values[0] = l->at.axis; }
        return;
    case ETI_OP_PAD:
        l->n_values = 8;
        for (int i = 2; i < 6; i++) l->values[i] = (int32_t)tape_below(t, 4);
        return;
    case ETI_OP_RESHAPE:
        l->n_values = 1 + how % 4;
        for (uint32_t i = 0; i < l->n_values; i++) l->values[i] = i < x->rank ? (int32_t)x->dim[i] : 1;
        l->values[l->n_values - 1] = -1;
        return;
    case ETI_OP_RESIZE_BILINEAR: case ETI_OP_RESIZE_NEAREST_NEIGHBOR:
        l->n_values = 2;
        for (uint32_t i = 0; i < 2; i++) l->values[i] = how & 1 && x->rank == 4 ? 2 * (int32_t)x->dim[1 + i] : 1 + (int32_t)tape_byte(t);
        l->at.align_corners = how & 2;
        return;
    case ETI_OP_SLICE:
        l->n_values = rank;
        for (uint32_t i = 0; i < rank; i++) {
            l->values[i] = x->rank && i == how % rank ? (int32_t)(tape_byte(t) % x->dim[i]) : 0;
            l->sizes[i] = -1;
        }
        return;
    case ETI_OP_TRANSPOSE:
        l->n_values = rank;
        for (uint32_t i = 0; i < rank; i++) l->values[i] = (int32_t)((i + how) % rank);
        return;
    case ETI_OP_SPLIT: l->n_outputs = 1 + (how >> 3) % 4; return;
    default: l->at.block = 1 + how % 4; return;
    }
}

static void state(struct grower *g, int32_t *inputs, struct eti_layer *l)
{
    struct tape *t = g->tape;
    uint32_t type = tape_byte(t) % ETI_OP_COUNT;
    memset(l, 0, sizeof *l);
    l->type = (enum eti_op_type)type;
    l->custom = "THING";
    l->name = tape_name(t);
    if (!l->name) l->name = "layer";
    l->inputs = inputs;
    l->n_inputs = l->n_outputs = 1;
    l->at.kernel_h = l->at.kernel_w = l->at.stride_h = l->at.stride_w = l->at.dilation_h = l->at.dilation_w = 1;
    for (uint32_t i = 0; i < 3; i++) inputs[i] = i ? inputs[0] : pick(g);
    const struct eti_shape *x = shape_of(g, inputs[0]);
    enum eti_op_class kind = eti_op_kind(l->type)->class_;
    if (kind == ETI_WEIGHTED || kind == ETI_POOL) state_window(t, l);
    if (kind == ETI_WEIGHTED || kind == ETI_RECURRENT) l->out_channels = tape_channels(t);
    if (l->type == ETI_OP_DEPTHWISE_CONV_2D && x->rank == 4) l->out_channels = x->dim[3] * (1 + l->out_channels % 2);
    if (kind == ETI_MOVE || kind == ETI_REDUCE || kind == ETI_OTHER) state_move(t, x, l);
    if (kind == ETI_BINARY) {
        uint32_t constant = tape_byte(t) & 1;
        l->n_inputs = 2 - constant;
        l->constant.rank = constant;
        l->constant.dim[0] = x->rank ? x->dim[x->rank - 1] : 1;
        if (!constant) inputs[1] = pick(g);
    }
    if (l->type == ETI_OP_CONCATENATION || l->type == ETI_OP_PACK) {
        l->n_inputs = 1 + tape_below(t, 3);
        for (uint32_t i = 1; i < l->n_inputs; i++) inputs[i] = pick(g);
    }
    if (l->type == ETI_OP_OPAQUE) l->out_shape = *x;
}

static ets_status add_input(struct grower *g)
{
    static const enum eti_type types[] = {ETI_I8, ETI_I8, ETI_I8, ETI_U8, ETI_I16, ETI_F32};
    struct tape *t = g->tape;
    struct eti_tensor x;
    uint32_t side = 1 + tape_below(t, 48), flags = tape_byte(t);
    memset(&x, 0, sizeof x);
    x.name = "x";
    x.type = types[tape_byte(t) % 6];
    x.quant = x.type == ETI_F32 ? ETI_QUANT_NONE : ETI_QUANT_TENSOR;
    x.shape.rank = flags & 3 ? 4 : 2 + (flags >> 2) % 2;
    for (uint32_t i = 0; i < x.shape.rank; i++) x.shape.dim[i] = i ? side : 1;
    x.shape.dim[x.shape.rank - 1] = tape_channels(t);
    if (flags >= 240) x.shape.dim[0] = 3;
    ets_status status = eti_graph_add_tensor(&g->b, &x, NULL, &g->made[0], NULL);
    if (status == ETS_OK) status = eti_graph_add_input(&g->b, g->made[0], NULL);
    g->n = 1;
    return status;
}

static ets_status grow_all(struct grower *g)
{
    uint32_t wanted = 1 + tape_below(g->tape, MOST_TENSORS - 2);
    ets_status status = add_input(g);
    while (status == ETS_OK && tape_left(g->tape) && g->n <= wanted) {
        struct eti_layer l;
        int32_t inputs[3], results[8];
        state(g, inputs, &l);
        if (eti_graph_add_layer(&g->b, &l, results, NULL) != ETS_OK) continue; /* what does not fit is left out */
        for (uint32_t i = 0; i < l.n_outputs && g->n < MOST_TENSORS; i++) g->made[g->n++] = results[i];
    }
    if (status == ETS_OK) status = eti_graph_add_output(&g->b, g->made[g->n - 1], NULL);
    if (status == ETS_OK && g->n > 3 && wanted % 4 == 0) status = eti_graph_add_output(&g->b, g->made[g->n - 2], NULL);
    return status;
}

ets_model *tape_layers(struct tape *t)
{
    struct grower g;
    ets_model *model = NULL, shell = {{NULL, NULL}, NULL};
    ets_allocator mem = eti_allocator(NULL);
    memset(&g, 0, sizeof g);
    g.tape = t;
    const char *name = tape_name(t);
    if (eti_graph_begin(&g.b, name ? name : "tape", "builder", &mem, NULL) != ETS_OK) abort();
    ets_status status = grow_all(&g);
    if (status == ETS_OK) status = eti_graph_finish(&g.b, &shell.graph, NULL);
    eti_graph_abandon(&g.b);
    if (status != ETS_OK) return NULL;
    model = eti_alloc(&mem, 1, sizeof *model);
    if (!model) abort();
    model->mem = mem;
    model->graph = shell.graph;
    return model;
}
