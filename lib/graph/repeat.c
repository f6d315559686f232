/* repeat.c - statements compared byte by byte, results copied. */
#include "graph/repeat.h"

#include <string.h>

#include "base/alloc.h"
#include "base/mem.h"
#include "graph/graph_check.h"

/* The first of the few slots that this statement may be in. */
static uint32_t first_slot(const struct eti_graph_builder *b, const struct eti_layer *l)
{
    const struct eti_shape *x = &b->graph.tensors[l->inputs[0]].shape;
    uint64_t what = l->out_channels ^ (uint64_t)l->at.kernel_h << 32 ^ (uint64_t)l->at.stride_h << 48 ^ (uint64_t)l->type << 56;
    uint64_t of = x->dim[1] ^ (uint64_t)x->dim[3] << 32 ^ (uint64_t)l->at.activation << 60;
    return (uint32_t)(eti_fold(what ^ 0xa0761d6478bd642fu, of ^ 0xe7037ed1a0b428dbu) % (ETI_REPEAT_SLOTS - ETI_REPEAT_TRIES + 1));
}

static bool can_be_kept(const struct eti_graph_builder *b, const struct eti_layer *l)
{
    return b->repeats && l->n_inputs >= 1 && l->n_inputs <= ETI_REPEAT_INPUTS && l->n_outputs == 1 && l->type != ETI_OP_OPAQUE;
}

/* The same statement: everything but name, inputs and place, which stand at the ends. */
static bool is_same_layer(const struct eti_layer *a, const struct eti_layer *b)
{
    size_t from = offsetof(struct eti_layer, n_inputs), to = offsetof(struct eti_layer, place);
    return a->type == b->type && memcmp((const char *)a + from, (const char *)b + from, to - from) == 0;
}

/* The same kind of input: everything but its name, values, and place in the graph, which
 * stand at the ends. */
static bool is_same_input(const struct eti_tensor *a, const struct eti_tensor *b)
{
    size_t from = offsetof(struct eti_tensor, shape), to = offsetof(struct eti_tensor, name);
    return a->type == b->type && memcmp((const char *)a + from, (const char *)b + from, to - from) == 0;
}

static bool is_same(const struct eti_graph_builder *b, const struct eti_repeat *r, const struct eti_layer *l)
{
    if (!is_same_layer(&r->layer, l)) return false;
    for (uint32_t i = 0; i < l->n_inputs; i++)
        if (!is_same_input(&r->inputs[i], &b->graph.tensors[l->inputs[i]])) return false;
    return true;
}

static const struct eti_repeat *find(const struct eti_graph_builder *b, const struct eti_layer *l)
{
    const struct eti_repeat *r = &b->repeats->slots[first_slot(b, l)];
    for (uint32_t i = 0; i < ETI_REPEAT_TRIES && r[i].used; i++)
        if (is_same(b, &r[i], l)) return &r[i];
    return NULL;
}

/* One that is free, or the first of them in turn. */
static struct eti_repeat *slot_for(const struct eti_graph_builder *b, const struct eti_layer *l)
{
    struct eti_repeat *r = &b->repeats->slots[first_slot(b, l)];
    for (uint32_t i = 0; i < ETI_REPEAT_TRIES; i++)
        if (!r[i].used) return &r[i];
    return &r[b->graph.n_ops % ETI_REPEAT_TRIES];
}

static ets_status room_for(struct eti_graph_builder *b, const struct eti_repeat *r, ets_error *err)
{
    struct eti_graph *g = &b->graph;
    void *tensors = g->tensors, *ops = g->ops;
    if (g->n_tensors + r->n_tensors > ETI_MAX_TENSORS) return eti_fail(err, ETS_RANGE, NULL, "more than %u tensors", ETI_MAX_TENSORS);
    if (g->n_ops == ETI_MAX_OPS) return eti_fail(err, ETS_RANGE, NULL, "more than %u operators", ETI_MAX_OPS);
    bool room = eti_reserve(&g->arena.mem, &tensors, &b->cap_tensors, g->n_tensors + r->n_tensors, sizeof *g->tensors);
    g->tensors = tensors;
    room = room && eti_reserve(&g->arena.mem, &ops, &b->cap_ops, g->n_ops, sizeof *g->ops);
    g->ops = ops;
    return room ? ETS_OK : eti_nomem(err);
}

ets_status eti_repeat_layer(struct eti_graph_builder *b, const struct eti_layer *l, bool *done, int32_t *output, ets_error *err)
{
    struct eti_graph *g = &b->graph;
    *done = false;
    const struct eti_repeat *r = can_be_kept(b, l) ? find(b, l) : NULL;
    if (!r) return ETS_OK;
    ETI_TRY(room_for(b, r, err));
    uint32_t n_links = r->op.n_inputs + r->op.n_computed + 2 * r->op.n_outputs;
    const char *name = eti_arena_text(&g->arena, l->name, strlen(l->name));
    int32_t *links = eti_arena_raw(&g->arena, n_links, sizeof *links);
    if (!name || !links) return eti_nomem(err);
    for (uint32_t i = 0; i < n_links; i++)
        links[i] = r->links[i] < 0 ? l->inputs[-1 - r->links[i]] : (int32_t)g->n_tensors + r->links[i];
    struct eti_tensor *tensors = g->tensors + g->n_tensors;
    eti_copy(tensors, r->tensors, r->n_tensors * sizeof *tensors);
    for (uint32_t i = 0; i < r->n_tensors; i++) tensors[i].name = name;
    g->n_tensors += r->n_tensors;
    struct eti_op *op = &g->ops[g->n_ops++];
    eti_copy(op, &r->op, sizeof *op);
    op->name = name;
    op->inputs = links;
    op->outputs = links + op->n_inputs;
    op->computed = op->outputs + op->n_outputs;
    op->place = l->place;
    op->place.file = b->file;
    *output = op->outputs[0];
    *done = true;
    return ETS_OK;
}

ets_status eti_keep_layer(struct eti_graph_builder *b, const struct eti_layer *l, uint32_t first, ets_error *err)
{
    struct eti_graph *g = &b->graph;
    uint32_t n_tensors = g->n_tensors - first;
    struct eti_op *op = &g->ops[g->n_ops - 1];
    if (l->n_inputs == 2 && l->inputs[0] == l->inputs[1]) return ETS_OK; /* which link is which would be lost */
    if (!can_be_kept(b, l) || n_tensors > ETI_REPEAT_TENSORS || op->n_inputs > ETI_REPEAT_INPUTS + ETI_REPEAT_TENSORS - 1) return ETS_OK;
    for (uint32_t i = first; i < g->n_tensors; i++)
        if (g->tensors[i].values) return ETS_OK; /* in memory that goes with the graph */
    ETI_TRY(eti_graph_count_op(g, op, err));
    struct eti_repeat *r = slot_for(b, l);
    r->used = true;
    memcpy(&r->layer, l, sizeof r->layer);
    for (uint32_t i = 0; i < l->n_inputs; i++) r->inputs[i] = g->tensors[l->inputs[i]];
    r->op = *op;
    r->n_tensors = n_tensors;
    memcpy(r->tensors, g->tensors + first, n_tensors * sizeof *r->tensors);
    for (uint32_t i = 0; i < op->n_inputs + op->n_computed + 2 * op->n_outputs; i++) {
        int32_t t = op->inputs[i]; /* the other lists lie behind it */
        r->links[i] = t >= (int32_t)first ? t - (int32_t)first : t == l->inputs[0] ? -1 : -2;
    }
    return ETS_OK;
}
