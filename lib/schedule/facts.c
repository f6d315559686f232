/* facts.c - the slots of a graph's operators, and what is found out with them. */
#include "schedule/place.h"

static uint32_t traits_of(const struct eti_graph *g, const struct eti_op *op)
{
    bool sum = eti_op_kind(op->type)->class_ == ETI_BINARY && op->n_computed == 2;
    bool pool = op->type == ETI_OP_MAX_POOL_2D || op->type == ETI_OP_AVERAGE_POOL_2D;
    struct eti_yxz to = eti_yxz(&g->tensors[op->outputs[0]].shape);
    bool global = pool && to.y == 1 && to.x == 1; /* gathers its map: there is no border to exchange */
    return (eti_is_view(g, op) ? ETI_VIEW : 0) | (eti_is_edge_pad(g, op) ? ETI_EDGE_PAD : 0) |
           (eti_slides(op) && !global ? ETI_SLIDES : 0) | (sum ? ETI_SUM : 0) | (op->type == ETI_OP_CONCATENATION ? ETI_JOINS : 0) |
           (pool && !global ? ETI_LOCAL_POOL : 0) | (eti_is_matrix(g, op) ? ETI_MATRIX : 0) |
           (eti_sends_constants(op) ? ETI_SENDS_CONSTANTS : 0);
}

static void learn(struct eti_facts *f, const struct eti_arch *arch, const struct eti_graph *g, const struct eti_op *op)
{
    struct eti_facts now = {op->digest, ETI_BROKEN, 0, eti_broken_rule(arch, g, op), 0, 0, 0, 0, 0, 0};
    *f = now;
    if (f->broken_rule) return;
    f->traits = traits_of(g, op);
    f->parameter_bytes = eti_parameter_bytes(arch, g, op);
    f->sent_bytes = eti_sent_parameter_bytes(arch, g, op);
    f->result_bytes = eti_borderless_bytes(arch, &g->tensors[op->outputs[0]].shape);
}

/* The slot of this operator, or one that this plan does not use; NULL: it uses all that this one may be in. */
static struct eti_facts *slot_of(struct eti_known *known, struct eti_digest op, bool *is_new)
{
    struct eti_facts *first = &known->of[op.a % ETI_FACTS], *free = NULL;
    *is_new = false;
    for (struct eti_facts *f = first; f < first + ETI_FACTS_TRIES; f++) {
        if (f->round && eti_digest_equal(f->op, op)) return f;
        if (!free && f->round != known->round) free = f;
    }
    *is_new = true;
    return free;
}

static uint32_t begin_round(struct eti_known *known)
{
    if (++known->round) return known->round;
    for (uint32_t i = 0; i < ETI_FACTS + ETI_FACTS_TRIES; i++) known->of[i].round = 0; /* 2^32 plans later: all are empty */
    return known->round = 1;
}

/* An operator of the same graph that is equal to operator `i` and stands before it, if it is the last one at its place: -1: none. */
#define EARLIER_SLOTS 256
static int64_t earlier_equal(const struct eti_graph *g, uint32_t i, uint32_t *last_at)
{
    uint32_t *last = &last_at[g->ops[i].digest.a % EARLIER_SLOTS], before = *last; /* 1 + its index; 0: none */
    *last = i + 1;
    return before && eti_digest_equal(g->ops[before - 1].digest, g->ops[i].digest) ? (int64_t)before - 1 : -1;
}

/* Of a graph by itself: those of equal operators are found once. */
static ets_status find_anew(struct eti_layout *l, struct eti_arena *arena, struct eti_facts **facts, ets_error *err)
{
    const struct eti_graph *g = l->graph;
    uint32_t last_at[EARLIER_SLOTS] = {0};
    for (uint32_t i = 0; i < g->n_ops; i++) {
        int64_t equal = earlier_equal(g, i, last_at);
        facts[i] = equal >= 0 ? facts[equal] : eti_arena_raw(arena, 1, sizeof *facts[i]);
        if (!facts[i]) return eti_nomem(err);
        if (equal < 0) learn(facts[i], l->arch, g, &g->ops[i]);
        l->traits |= facts[i]->traits;
    }
    return ETS_OK;
}

/* With those that earlier plans found; what their slots have no room for is this plan's alone. */
static ets_status find_known(struct eti_layout *l, struct eti_arena *arena, struct eti_facts **facts, ets_error *err)
{
    const struct eti_graph *g = l->graph;
    struct eti_known *known = l->known;
    uint32_t round = begin_round(known), any = 0;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        bool is_new;
        struct eti_facts *f = slot_of(known, g->ops[i].digest, &is_new);
        if (!f) f = eti_arena_raw(arena, 1, sizeof *f);
        if (!f) return eti_nomem(err);
        if (is_new) learn(f, l->arch, g, &g->ops[i]);
        f->round = round;
        facts[i] = f;
        any |= f->traits;
    }
    l->traits = any;
    return ETS_OK;
}

ets_status eti_find_facts(struct eti_layout *l, struct eti_arena *arena, ets_error *err)
{
    struct eti_facts **facts = eti_arena_raw(arena, l->graph->n_ops, sizeof *facts);
    if (!facts) return eti_nomem(err);
    l->facts = facts;
    l->traits = 0;
    return l->known ? find_known(l, arena, facts, err) : find_anew(l, arena, facts, err);
}
