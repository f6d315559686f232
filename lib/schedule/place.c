/* place.c - narrow memory: live ranges of activations; a layer that does not fit is run in strips of columns. Wide memory:
 * wide.c. */
#include "base/num.h"
#include "schedule/place.h"


/* ------------------------------------------------------------------ narrow memory ------------------------ */

/* Bytes of each stored tensor and the last operator that reads it, behind what is folded. */
struct life { uint64_t bytes; int64_t last; };

static ets_status lives_of(const struct eti_layout *l, struct eti_arena *arena, struct life **out, ets_error *err)
{
    const struct eti_graph *g = l->graph;
    struct life *lives = eti_arena_alloc(arena, g->n_tensors, sizeof *lives);
    if (!lives) return eti_nomem(err);
    for (uint32_t i = 0; i < g->n_ops; i++) {
        for (uint32_t k = 0; k < g->ops[i].n_inputs && l->layers[i].map.where == ETS_ON_TPU; k++) {
            int32_t t = g->ops[i].inputs[k];
            struct eti_edges pad;
            if (t >= 0 && !g->tensors[t].constant) lives[eti_stored_tensor(g, l->layers, t, &pad)].last = i;
        }
        for (uint32_t k = 0; k < g->ops[i].n_outputs; k++) lives[g->ops[i].outputs[k]].last = i;
    }
    for (uint32_t t = 0; t < g->n_tensors; t++) {
        if (g->tensors[t].constant || g->tensors[t].dynamic) continue;
        lives[t].bytes = eti_stored_bytes(l, (int32_t)t);
    }
    *out = lives;
    return ETS_OK;
}

/* Inputs of a concatenation lie in its block: they take no room of their own. */
static void join_concats(const struct eti_layout *l, struct life *lives)
{
    const struct eti_graph *g = l->graph;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        if (g->ops[i].type != ETI_OP_CONCATENATION || l->layers[i].map.where == ETS_ON_HOST) continue;
        for (uint32_t k = 0; k < g->ops[i].n_inputs; k++)
            if (g->ops[i].inputs[k] >= 0) lives[g->ops[i].inputs[k]].bytes = 0;
    }
}

/* Room of what is live while each operator runs: a tensor from its producer to its last reader. `born` and `dies` are
 * summed into differences, so the cost is that of the graph, not of ranges. */
static ets_status narrow_of(const struct eti_layout *l, const struct life *lives, struct eti_arena *arena,
                            uint64_t **out, ets_error *err)
{
    const struct eti_graph *g = l->graph;
    int64_t *change = eti_arena_alloc(arena, (size_t)g->n_ops + 1, sizeof *change);
    uint64_t *live = eti_arena_alloc(arena, g->n_ops, sizeof *live);
    if (!change || !live) return eti_nomem(err);
    for (uint32_t t = 0; t < g->n_tensors; t++) {
        int32_t p = g->tensors[t].producer;
        if (!lives[t].bytes || (p >= 0 && (l->layers[p].folded || l->layers[p].map.where == ETS_ON_HOST))) continue;
        change[p < 0 ? 0 : p] += (int64_t)lives[t].bytes;
        change[lives[t].last + 1] -= (int64_t)lives[t].bytes;
    }
    int64_t now = 0;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        now += change[i];
        live[i] = (uint64_t)now;
    }
    *out = live;
    return ETS_OK;
}

static bool can_be_cut(const struct eti_op *op)
{
    return op->type == ETI_OP_CONV_2D || op->type == ETI_OP_DEPTHWISE_CONV_2D || op->type == ETI_OP_MAX_POOL_2D ||
           op->type == ETI_OP_AVERAGE_POOL_2D;
}

/* Strips so that a strip's share of what is live fits, doubled until it does (2 and 4 are what compiled models show); no
 * strip is narrower than four columns a column of tiles. */
static uint32_t passes_of(const struct eti_layout *l, uint32_t op, uint64_t live)
{
    uint32_t columns = eti_yxz(&l->graph->tensors[l->graph->ops[op].outputs[0]].shape).x, passes = 1;
    while (eti_ceil_div(live, passes) > l->arch->tile.narrow_bytes && 8 * passes * l->arch->grid.x <= columns) passes *= 2;
    return passes;
}

static ets_status place_narrow(const struct eti_layout *l, struct eti_schedule *s, ets_error *err)
{
    struct life *lives = NULL;
    uint64_t *live = NULL;
    ETI_TRY(lives_of(l, &s->arena, &lives, err));
    join_concats(l, lives);
    ETI_TRY(narrow_of(l, lives, &s->arena, &live, err));
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        struct eti_layer_plan *p = &s->layers[i];
        p->passes = 1;
        if (p->map.where == ETS_ON_HOST) continue;
        if (can_be_cut(&l->graph->ops[i]) && !p->folded) p->passes = passes_of(l, i, live[i]);
        p->narrow_bytes = eti_ceil_div(live[i], p->passes);
        s->narrow_peak_bytes = eti_max(s->narrow_peak_bytes, p->narrow_bytes);
    }
    return ETS_OK;
}

ets_status eti_place(const struct eti_layout *l, struct eti_schedule *s, ets_error *err)
{
    ETI_TRY(place_narrow(l, s, err));
    return eti_place_wide(l, s, err);
}
