/* parts.c - layers whose activations do not fit narrow memory run as a group, a part of the map after the other, each part split
 * again over all tiles; parameters are sent again for each. A group reaches from a small tensor to a small tensor: back over
 * heavy operators to the smallest input, on while results get smaller. Derived from the public compiled DeepLab, PoseNet and
 * BodyPix, and from the latency of stacks of convolutions (docs/MODEL.md). How a group is cut: cut.c. */
#include "schedule/cut.h"

static bool can_be_cut(const struct eti_layout *l, uint32_t i)
{
    const struct eti_op *op = &l->graph->ops[i];
    if (l->layers[i].map.where == ETS_ON_HOST || l->layers[i].folded || eti_is_matrix(l->graph, op)) return false;
    struct eti_yxz out = eti_yxz(&l->graph->tensors[op->outputs[0]].shape);
    switch ((int)op->type) {
    case ETI_OP_CONV_2D: case ETI_OP_DEPTHWISE_CONV_2D: case ETI_OP_MAX_POOL_2D: case ETI_OP_AVERAGE_POOL_2D:
    case ETI_OP_ADD: case ETI_OP_SUB: case ETI_OP_RELU: case ETI_OP_RELU6: case ETI_OP_QUANTIZE:
        return out.x >= 2 * l->arch->grid.x && out.y > 1;
    default:
        return false;
    }
}

static uint64_t result_bytes(const struct eti_layout *l, uint32_t i)
{
    return eti_stored_bytes(l, l->graph->ops[i].outputs[0]);
}

/* The operator before i, behind pads that are done by its border; -1: none. */
static int64_t before(const struct eti_layout *l, uint32_t i)
{
    int64_t p = (int64_t)i - 1;
    while (p >= 0 && l->layers[p].folded && l->graph->ops[p].type == ETI_OP_PAD) p--;
    return p;
}

static uint32_t behind(const struct eti_layout *l, uint32_t i)
{
    do i++;
    while (i < l->graph->n_ops && l->layers[i].folded && l->graph->ops[i].type == ETI_OP_PAD);
    return i;
}

/* Can operator i run part by part right behind the one before it, from what that made? */
static bool follows(const struct eti_layout *l, uint32_t i)
{
    int64_t p = before(l, i);
    return p >= 0 && can_be_cut(l, i) && can_be_cut(l, (uint32_t)p) && eti_reads(l, i, l->graph->ops[p].outputs[0]);
}

/* Back from `i`, not beyond `floor`, over operators that take half of narrow memory: the one with the smallest input. */
static uint32_t first_of(const struct eti_layout *l, const uint64_t *live, uint32_t i, uint32_t floor)
{
    uint32_t best = i;
    while (i > floor && follows(l, i) && before(l, i) >= (int64_t)floor && 2 * live[before(l, i)] > l->arch->tile.narrow_bytes) {
        i = (uint32_t)before(l, i);
        if (eti_stored_bytes(l, eti_stored_input(l, i)) < eti_stored_bytes(l, eti_stored_input(l, best))) best = i;
    }
    return best;
}

/* On from `i`: over all that does not fit, then while results get smaller; over one of equal size only to what does not fit. */
static uint32_t last_of(const struct eti_layout *l, const uint64_t *live, uint32_t i)
{
    uint32_t best = i;
    bool equal = false;
    for (uint32_t next = behind(l, i); next < l->graph->n_ops && follows(l, next); i = next, next = behind(l, next)) {
        bool fits = live[next] <= l->arch->tile.narrow_bytes;
        uint64_t bytes = result_bytes(l, next), previous = result_bytes(l, i);
        if (fits && bytes > previous) break;
        equal = fits && (equal || bytes == previous);
        if (!equal) best = next;
    }
    return best;
}

/* Where a group of about half the operators from `i` on would end: at the smallest result, the last of equal ones. */
static uint32_t earlier_end(const struct eti_group *g, uint32_t i)
{
    uint32_t best = i;
    for (uint32_t k = i; k <= i + (g->last - i) / 2; k++)
        if (can_be_cut(g->l, k) && result_bytes(g->l, k) <= result_bytes(g->l, best)) best = k;
    return best;
}

/* ------------------------------------------------------------------ too many parts ----------------------- */

#define MOST_PARTS 12 /* that a compiled network has */
#define MOST_ENDS 24
#define NEVER UINT64_MAX

/* Where groups may end: at results that are smaller than the next one, at the end that the rule found, and at the last operator that
 * can belong to them. None: too many to try. */
struct ends { uint32_t n, op[MOST_ENDS]; };

static struct ends find_ends(const struct eti_group *g)
{
    const struct eti_layout *l = g->l;
    struct ends e = {0, {0}};
    for (uint32_t i = g->first, next;; i = next) {
        next = behind(l, i);
        bool heavy = next <= g->last || (next < l->graph->n_ops && 2 * g->live_bytes[next] > l->arch->tile.narrow_bytes);
        bool last = !heavy || !follows(l, next);
        if (e.n == MOST_ENDS) return (struct ends){0, {0}};
        if (last || i == g->last || result_bytes(l, i) < result_bytes(l, next)) e.op[e.n++] = i;
        if (last) return e;
    }
}

static bool all_fit(const struct eti_group *g)
{
    for (uint32_t i = g->first; i <= g->last; i++)
        if (g->live_bytes[i] > g->l->arch->tile.narrow_bytes) return false;
    return true;
}

/* Passes of operators from `first` to `last`, as they are if all of them fit, else as one group; NEVER if that cannot be cut. */
static ets_status passes_of(struct eti_group *g, uint32_t first, uint32_t last, uint64_t *passes, ets_error *err)
{
    uint64_t n = 0;
    bool made;
    g->first = first;
    g->last = last;
    for (uint32_t i = first; i <= last; i++) n += !g->l->layers[i].folded;
    *passes = n;
    ETI_TRY(eti_spend(g->l->budget, last - first + 1, err));
    if (all_fit(g)) return ETS_OK;
    ETI_TRY(eti_cut_group(g, &made, err));
    *passes = made ? n * g->bands * g->strips : NEVER;
    eti_undo_cut(g);
    return ETS_OK;
}

static uint32_t first_behind(const struct eti_group *g, const struct ends *e, uint32_t from, uint32_t first)
{
    return from ? behind(g->l, e->op[from - 1]) : first;
}

/* next[i]: the end before which, from the ith on, a group ends if there are to be the fewest passes; next[0] = 0: no way. */
static ets_status find_fewest(struct eti_group *g, const struct ends *e, uint32_t *next, ets_error *err)
{
    uint64_t fewest[MOST_ENDS + 1], passes;
    uint32_t first = g->first;
    fewest[e->n] = 0;
    for (uint32_t from = e->n; from-- > 0;) {
        fewest[from] = NEVER;
        next[from] = 0;
        for (uint32_t to = from; to < e->n; to++) {
            if (fewest[to + 1] == NEVER) continue;
            ETI_TRY(passes_of(g, first_behind(g, e, from, first), e->op[to], &passes, err));
            if (passes == NEVER || passes + fewest[to + 1] >= fewest[from]) continue;
            fewest[from] = passes + fewest[to + 1];
            next[from] = to + 1;
        }
    }
    g->first = first;
    return ETS_OK;
}

/* Where the rule asks for more parts than any compiled network has, or for none that fit: of all ways to end groups at small results
 * the one with the fewest passes of operators, each of which sends parameters again. A guess; it keeps a machine with a little more
 * memory from being a slower one. */
static ets_status divide(struct eti_group *g, const struct ends *e, uint32_t *i, bool *made, ets_error *err)
{
    uint32_t next[MOST_ENDS] = {0}, first = g->first;
    ETI_TRY(find_fewest(g, e, next, err));
    *made = next[0] > 0;
    for (uint32_t from = 0; *made && from < e->n; from = next[from]) {
        g->first = first_behind(g, e, from, first);
        g->last = e->op[next[from] - 1];
        bool cut;
        if (!all_fit(g)) ETI_TRY(eti_cut_group(g, &cut, err));
    }
    if (*made) *i = e->op[e->n - 1];
    return ETS_OK;
}

/* ------------------------------------------------------------------ all groups --------------------------- */

/* A group that ends earlier, for operator i; shorter ones if no cut of it fits; if none does, the operator runs as if it fitted. */
static ets_status shorten(struct eti_group *g, uint32_t *i, ets_error *err)
{
    for (bool made = false; !made && g->last != *i;) {
        g->last = earlier_end(g, *i);
        ETI_TRY(eti_cut_group(g, &made, err));
        if (made) *i = g->last;
        else eti_undo_cut(g);
    }
    return ETS_OK;
}

/* Operator i does not fit. Returns in *i the last operator that is decided about, and whether the whole of the group that it asks for
 * could not be had. */
static ets_status find_group(struct eti_group *g, uint32_t *i, bool *failed, ets_error *err)
{
    const uint32_t first = g->first, last = g->last;
    bool made, divided;
    *failed = false;
    ETI_TRY(eti_cut_group(g, &made, err));
    bool seen = made && g->bands * g->strips <= MOST_PARTS;
    struct ends e = seen ? (struct ends){0, {0}} : find_ends(g);
    if (e.n > 1) { /* else there is nothing to choose */
        eti_undo_cut(g);
        ETI_TRY(divide(g, &e, i, &divided, err));
        if (divided) return ETS_OK;
        g->first = first;
        g->last = last;
        ETI_TRY(eti_cut_group(g, &made, err)); /* as before */
    }
    if (made) {
        *i = last;
        return ETS_OK;
    }
    eti_undo_cut(g);
    ETI_TRY(shorten(g, i, err));
    *failed = g->last != last;
    return ETS_OK;
}

ets_status eti_find_parts(const struct eti_layout *l, struct eti_schedule *s, const struct eti_life *lives, const uint64_t *live_bytes, ets_error *err)
{
    uint32_t floor = 0, failed_first = 0, failed_last = 0;
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        if (live_bytes[i] <= l->arch->tile.narrow_bytes || !can_be_cut(l, i)) continue;
        struct eti_group g = {.l = l, .s = s, .lives = lives, .live_bytes = live_bytes,
                              .first = first_of(l, live_bytes, i, floor), .last = last_of(l, live_bytes, i)};
        bool hopeless = failed_last && g.last == failed_last && g.last - i > (failed_last - failed_first) / 2; /* most of it has failed */
        uint32_t first = i, last = g.last;
        bool failed = false;
        if (hopeless) {
            ETI_TRY(shorten(&g, &i, err));
        } else {
            ETI_TRY(find_group(&g, &i, &failed, err));
        }
        if (failed) {
            failed_first = first;
            failed_last = last;
        }
        floor = i + 1;
    }
    return ETS_OK;
}
