/* place.c - narrow memory: live ranges of activations; a layer that does not fit is run part by part. Wide memory:
 * working.c, wide.c. */
#include "base/num.h"
#include "schedule/place.h"


/* ------------------------------------------------------------------ narrow memory ------------------------ */

/* eti_stored_tensor() of all, in one pass: a chain of views is not walked from each of them. */
static int32_t *stored_tensors(const struct eti_layout *l, struct eti_arena *arena)
{
    const struct eti_graph *g = l->graph;
    int32_t *stored = eti_arena_raw(arena, g->n_tensors, sizeof *stored), n = (int32_t)g->n_tensors;
    if (!stored) return NULL;
    for (int32_t t = 0; t < n; t++) stored[t] = t;
    for (uint32_t i = 0; l->any_folded && i < g->n_ops; i++)
        if (l->layers[i].folded) stored[g->ops[i].outputs[0]] = stored[g->ops[i].computed[0]];
    return stored;
}

/* Of a result of operator `i`. */
static inline uint64_t result_bytes(const struct eti_layout *l, uint32_t i, uint32_t output, int32_t tensor)
{
    return output == 0 && l->window_user[tensor] < 0 ? l->facts[i]->result_bytes : eti_stored_bytes(l, tensor);
}

/* Of tensors that are no constants. What is made on the host, or lies where something else does, takes no room. */
static ets_status lives_of(const struct eti_layout *l, const int32_t *stored, struct eti_arena *arena, struct eti_life **out,
                           ets_error *err)
{
    const struct eti_graph *g = l->graph;
    struct eti_life *lives = eti_arena_raw(arena, g->n_tensors, sizeof *lives);
    if (!lives || !stored) return eti_nomem(err);
    ETI_TRY(eti_spend(l->budget, (uint64_t)g->n_ops * ETI_PLAN_UNITS, err));
    for (uint32_t i = 0; i < g->n_sources; i++) {
        int32_t t = g->sources[i];
        lives[t] = (struct eti_life){g->tensors[t].dynamic ? 0 : eti_stored_bytes(l, t), -1, 0};
    }
    for (uint32_t i = 0; i < g->n_ops; i++) {
        const struct eti_op *op = &g->ops[i];
        bool here = l->layers[i].map.where == ETS_ON_TPU, takes_room = here && !l->layers[i].folded;
        for (uint32_t k = 0; here && k < op->n_computed; k++) lives[stored[op->computed[k]]].last = i;
        for (uint32_t k = 0; k < op->n_outputs; k++) {
            int32_t t = op->outputs[k];
            lives[t] = (struct eti_life){takes_room ? result_bytes(l, i, k, t) : 0, i, i};
        }
    }
    *out = lives;
    return ETS_OK;
}

/* Only the host reads what operator `i` makes, at once or behind an operator on single values. */
static bool is_bound_for_the_host(const struct eti_layout *l, const struct eti_life *lives, uint32_t i)
{
    const struct eti_graph *g = l->graph;
    int32_t result = g->ops[i].outputs[0];
    int64_t reader = lives[result].last;
    if (reader == (int64_t)i) return true; /* no operator on the chip does */
    if (g->tensors[result].n_consumers > 1 || eti_op_kind(g->ops[reader].type)->class_ != ETI_UNARY) return false;
    return lives[g->ops[reader].outputs[0]].last == reader;
}

/* A joint block that cannot wait as a whole, beside what an operator on single values makes of it, for the host to read it: its pieces
 * pass that operator and leave as they are made. (guess; else the scores of EfficientDet-Lite2 were more than narrow memory) */
static bool leaves_in_pieces(const struct eti_layout *l, const struct eti_life *lives, uint32_t concat)
{
    return 2 * lives[l->graph->ops[concat].outputs[0]].bytes > l->arch->tile.narrow_bytes && is_bound_for_the_host(l, lives, concat);
}

/* What of the block is there at a time is a piece, at the last operator, which writes over it. */
static void let_pieces_leave(const struct eti_layout *l, struct eti_life *lives, uint32_t concat)
{
    const struct eti_op *op = &l->graph->ops[concat];
    struct eti_life *joint = &lives[op->outputs[0]];
    lives[l->graph->ops[joint->last].outputs[0]].bytes = 0;
    joint->first = joint->last;
    joint->bytes = 0;
    for (uint32_t k = 0; k < op->n_computed; k++) {
        struct eti_life *piece = &lives[op->computed[k]];
        joint->bytes = eti_max(joint->bytes, piece->bytes);
        if (piece->first >= 0 && l->graph->tensors[op->computed[k]].n_consumers == 1) piece->last = piece->first;
    }
}

/* Inputs of a concatenation lie in its block, which is there from the first of them on: they take no room of their own. A
 * tensor is in one block, the first; what has another scale is copied, and stays what it is. */
static void join_concats(const struct eti_layout *l, struct eti_life *lives)
{
    const struct eti_graph *g = l->graph;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        if (!(l->facts[i]->traits & ETI_JOINS) || l->layers[i].map.where == ETS_ON_HOST) continue;
        int32_t joint = g->ops[i].outputs[0];
        if (leaves_in_pieces(l, lives, i)) {
            let_pieces_leave(l, lives, i);
            continue;
        }
        for (uint32_t k = 0; k < g->ops[i].n_computed; k++) {
            int32_t t = g->ops[i].computed[k];
            if (!lives[t].bytes || !eti_is_joined(&g->tensors[t], &g->tensors[joint])) continue;
            lives[t].bytes = 0;
            int32_t p = g->tensors[t].producer;
            bool made_here = p < 0 || (!l->layers[p].folded && l->layers[p].map.where == ETS_ON_TPU);
            if (made_here && lives[t].first < lives[joint].first) lives[joint].first = lives[t].first;
        }
    }
}

/* Room of what is live while each operator runs, and the most of it: a tensor from its producer to its last reader. What
 * begins and ends at each operator is summed into differences, so the cost is that of the graph, not of ranges. */
static ets_status narrow_of(const struct eti_layout *l, struct eti_schedule *s, const struct eti_life *lives, uint64_t **out_bytes, uint64_t *most_bytes,
                            ets_error *err)
{
    const struct eti_graph *g = l->graph;
    int64_t *change = eti_arena_alloc(&s->arena, (size_t)g->n_ops + 1, sizeof *change);
    uint64_t *live_bytes = eti_arena_raw(&s->arena, g->n_ops, sizeof *live_bytes);
    if (!change || !live_bytes) return eti_nomem(err);
    for (uint32_t i = 0; i < g->n_activations; i++) {
        int32_t t = g->activations[i];
        change[lives[t].first < 0 ? 0 : lives[t].first] += (int64_t)lives[t].bytes;
        change[lives[t].last + 1] -= (int64_t)lives[t].bytes;
    }
    int64_t now = 0;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        now += change[i];
        s->layers[i].narrow_bytes = live_bytes[i] = (uint64_t)now;
        *most_bytes = eti_max(*most_bytes, live_bytes[i]);
    }
    *out_bytes = live_bytes;
    return ETS_OK;
}

/* Where some of `live_bytes` is the host's, or something does not fit: parts are known. */
static void count_peak(const struct eti_layout *l, struct eti_schedule *s, const uint64_t *live_bytes)
{
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        struct eti_layer_plan *p = &s->layers[i];
        if (p->passes == 1) p->narrow_bytes = p->map.where == ETS_ON_HOST ? 0 : live_bytes[i];
        s->narrow_peak_bytes = eti_max(s->narrow_peak_bytes, p->narrow_bytes);
    }
}

static ets_status place_narrow(const struct eti_layout *l, struct eti_schedule *s, ets_error *err)
{
    struct eti_life *lives = NULL;
    uint64_t *live_bytes = NULL, most_bytes = 0, highest = 0;
    const int32_t *stored = stored_tensors(l, &s->arena);
    ETI_TRY(lives_of(l, stored, &s->arena, &lives, err));
    if (l->traits & ETI_JOINS) join_concats(l, lives);
    ETI_TRY(narrow_of(l, s, lives, &live_bytes, &most_bytes, err));
    bool all_fits = most_bytes <= l->arch->tile.narrow_bytes;
    if (!all_fits) {
        ETI_TRY(eti_find_parts(l, s, lives, live_bytes, err));
        ETI_TRY(eti_find_spills(l, s, lives, stored, live_bytes, err));
    }
    if (all_fits && !s->any_on_host) s->narrow_peak_bytes = most_bytes;
    else count_peak(l, s, live_bytes);
    ETI_TRY(eti_highest_address(l, lives, stored, !all_fits, &s->arena, &highest, err));
    if (highest <= l->arch->tile.narrow_bytes) /* else the compiler packs closer than we know how */
        s->narrow_peak_bytes = eti_max(s->narrow_peak_bytes, highest);
    return ETS_OK;
}

bool eti_is_overfull(const struct eti_layout *l, uint32_t op)
{
    return l->layers[op].narrow_bytes > l->arch->tile.narrow_bytes || eti_working_bytes(l, op) > l->arch->tile.wide_bytes;
}

ets_status eti_place(const struct eti_layout *l, struct eti_schedule *s, ets_error *err)
{
    bool is_full;
    ETI_TRY(place_narrow(l, s, err));
    ETI_TRY(eti_place_wide(l, s, &is_full, err));
    if (s->narrow_peak_bytes > l->arch->tile.narrow_bytes || is_full)
        for (uint32_t i = 0; i < l->graph->n_ops; i++) s->n_overfull += eti_is_overfull(l, i);
    return ETS_OK;
}
