/* as_int8.c - a copy of a network whose floats are 8-bit integers, as post-training quantisation would leave them. */
#include "base/alloc.h"
#include "graph/graph.h"

static bool is_float(enum eti_type type) { return type == ETI_F16 || type == ETI_F32 || type == ETI_F64; }

/* What each constant is to the operator that reads it: most are plain values. */
enum role { A_VALUE, WEIGHTS, A_BIAS };

static void find_roles(const struct eti_graph *g, uint8_t *roles)
{
    for (uint32_t i = 0; i < g->n_ops; i++) {
        const struct eti_op *op = &g->ops[i];
        if (eti_op_kind(op->type)->class_ != ETI_WEIGHTED) continue;
        for (uint32_t k = 1; k < op->n_inputs; k++)
            if (op->inputs[k] >= 0) roles[op->inputs[k]] = k == 1 ? WEIGHTS : A_BIAS;
    }
}

static struct eti_tensor quantised(const struct eti_tensor *t, enum role role)
{
    struct eti_tensor q = *t;
    if (!is_float(t->type)) return q;
    bool bias = t->constant && role == A_BIAS, weights = t->constant && role == WEIGHTS;
    q.type = bias ? ETI_I32 : ETI_I8;
    q.quant = bias ? ETI_QUANT_NONE : weights ? ETI_QUANT_CHANNEL : ETI_QUANT_TENSOR; /* biases: in steps of a sum */
    q.scale = 0; /* not known: inputs of a concatenation share one */
    q.zero_point = 0;
    q.values = NULL;
    q.n_values = 0;
    return q;
}

/* The name with its part: that is a tensor's own here. */
static ets_status add_tensor(struct eti_graph_builder *b, const struct eti_tensor *t, enum role role, ets_error *err)
{
    struct eti_tensor q = quantised(t, role);
    struct eti_place at = {b->graph.name, 0, 0, 0, false};
    int32_t index;
    q.name = eti_arena_format(&b->graph.arena, "%s%s", t->name, t->part ? t->part : "");
    q.part = NULL;
    return q.name ? eti_graph_add_named_tensor(b, &q, &at, &index, err) : eti_nomem(err);
}

static ets_status copy_graph(struct eti_graph_builder *b, const struct eti_graph *from, const uint8_t *roles, ets_error *err)
{
    for (uint32_t i = 0; i < from->n_tensors; i++) ETI_TRY(add_tensor(b, &from->tensors[i], (enum role)roles[i], err));
    for (uint32_t i = 0; i < from->n_ops; i++) {
        struct eti_op op = from->ops[i];
        op.counted = false; /* its tensors are others */
        ETI_TRY(eti_graph_add_op(b, &op, err));
    }
    for (uint32_t i = 0; i < from->n_inputs; i++) ETI_TRY(eti_graph_add_input(b, from->inputs[i], err));
    for (uint32_t i = 0; i < from->n_outputs; i++) ETI_TRY(eti_graph_add_output(b, from->outputs[i], err));
    return ETS_OK;
}

ets_status eti_graph_as_int8(const struct eti_graph *from, const ets_allocator *mem, struct eti_graph **out, ets_error *err)
{
    struct eti_graph_builder b;
    struct eti_arena scratch;
    ETI_TRY(eti_graph_begin(&b, from->name, from->format, mem, err));
    eti_arena_init(&scratch, &b.graph.arena.mem);
    uint8_t *roles = eti_arena_alloc(&scratch, from->n_tensors, sizeof *roles);
    if (!from->quantized) b.graph.name = eti_arena_format(&b.graph.arena, "%s (as int8)", from->name); /* reports say so */
    ets_status status = roles && b.graph.name ? ETS_OK : eti_nomem(err);
    if (status == ETS_OK) find_roles(from, roles);
    if (status == ETS_OK) status = copy_graph(&b, from, roles, err);
    eti_arena_free(&scratch);
    if (status == ETS_OK) status = eti_graph_finish(&b, out, err);
    eti_graph_abandon(&b);
    return status;
}
