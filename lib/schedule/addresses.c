/* addresses.c - where activations lie in a tile's narrow memory: the largest first, each at the lowest address that is free
 * while it lives. Holes that this leaves count. Exact for every public compiled file whose narrow memory is known.
 *
 * Only the highest address is asked for. It is not below what lives at any time. And a buffer lies on larger ones that live at some
 * time while it does, with holes between that are each too small for it: one that so cannot end higher is only placed if another
 * one that can asks where it is. */
#include "base/num.h"
#include "base/rank.h"
#include "schedule/place.h"

/* The cost grows with the square if many live at a time; beyond this the sum of what lives stands for the highest address. */
#define MOST_BUFFERS 20000
/* Those that live together are listed two by two, if no more than this live at a time, and pairs a buffer on average. */
#define MOST_ALIVE 256
#define MEAN_PAIRS 16

#define NOWHERE UINT64_MAX
/* One of those that live with a buffer and are placed before it. */
struct pair { uint32_t other, next; };

/* ------------------------------------------------------------------ who lives with whom ------------------ */

/* In the order in which they begin to live, others as they were, nothing placed yet; `begin`: zeroed, an entry an operator and three. */
static void sort_by_time(const struct eti_buffer *from, struct eti_buffer *to, uint32_t n, uint32_t *begin, uint32_t n_ops)
{
    for (uint32_t i = 0; i < n; i++) begin[from[i].first + 1]++;
    for (uint32_t op = 1; op <= n_ops; op++) begin[op] += begin[op - 1];
    for (uint32_t i = 0; i < n; i++) {
        struct eti_buffer b = {from[i].bytes, from[i].first, from[i].last, i, 0, NOWHERE, from[i].bytes};
        to[begin[b.first]++] = b;
    }
}

static bool goes_first(const struct eti_buffer *a, const struct eti_buffer *b)
{
    return a->bytes > b->bytes || (a->bytes == b->bytes && a->rank < b->rank);
}

/* `a` and `b` live together: what is placed later gets the other into its list. */
static void join(struct eti_buffer *buffers, uint32_t a, uint32_t b, struct pair *pair, uint32_t number)
{
    uint32_t lower = goes_first(&buffers[a], &buffers[b]) ? a : b;
    struct eti_buffer *upper = &buffers[lower == a ? b : a];
    pair->other = lower;
    pair->next = upper->below;
    upper->below = number;
    upper->end += buffers[lower].bytes + upper->bytes;
}

/* Of buffers in the order of time; `*most`: what lives at most at a time. False: too many live together. */
static bool list_pairs(struct eti_buffer *buffers, uint32_t n, struct pair *pairs, uint64_t *most)
{
    uint32_t n_pairs = 0, n_alive = 0, alive[MOST_ALIVE];
    for (uint32_t b = 0; b < n; b++) {
        uint64_t bytes = buffers[b].bytes;
        uint32_t still = 0, first = buffers[b].first;
        if (MEAN_PAIRS * n - n_pairs < n_alive) return false;
        for (uint32_t i = 0; i < n_alive; i++) {
            uint32_t a = alive[i];
            if (buffers[a].last < first) continue;
            bytes += buffers[a].bytes;
            alive[still++] = a;
            join(buffers, a, b, &pairs[n_pairs], n_pairs + 1);
            n_pairs++;
        }
        if (still == MOST_ALIVE) return false;
        alive[still] = b;
        n_alive = still + 1;
        *most = eti_max(*most, bytes);
    }
    return true;
}

/* ------------------------------------------------------------------ placing them ------------------------- */

/* The lowest address that is free, all below being placed. */
static uint64_t lowest_free(const struct eti_buffer *buffers, const struct pair *pairs, const struct eti_buffer *b)
{
    uint64_t at = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t k = b->below; k; k = pairs[k - 1].next) {
            const struct eti_buffer *p = &buffers[pairs[k - 1].other];
            if (p->at >= at + b->bytes || p->at + p->bytes <= at) continue;
            at = p->at + p->bytes;
            moved = true;
        }
    }
    return at;
}

/* Places buffer b, and before it what has to be. */
static void place(struct eti_buffer *buffers, const struct pair *pairs, uint32_t b, uint32_t *stack)
{
    uint32_t n = 0;
    stack[n++] = b;
    while (n) {
        struct eti_buffer *top = &buffers[stack[n - 1]];
        uint32_t k = top->below;
        while (k && buffers[pairs[k - 1].other].at != NOWHERE) k = pairs[k - 1].next;
        if (k) {
            stack[n++] = pairs[k - 1].other;
        } else {
            top->at = lowest_free(buffers, pairs, top);
            n--;
        }
    }
}

/* Looks among all that are placed, kept in the order of addresses: they are copies, so that looking is reading on. */
static uint64_t place_among_all(struct eti_buffer *placed, uint32_t n, struct eti_buffer mine)
{
    uint32_t i;
    mine.at = 0;
    for (i = 0; i < n && placed[i].at < mine.at + mine.bytes; i++) {
        const struct eti_buffer *p = &placed[i];
        uint64_t end = p->last < mine.first || p->first > mine.last ? 0 : p->at + p->bytes;
        mine.at = eti_max(mine.at, end);
    }
    for (i = n; i && placed[i - 1].at > mine.at; i--) placed[i] = placed[i - 1];
    placed[i] = mine;
    return mine.at + mine.bytes;
}

static ets_status highest_among_all(struct eti_buffer *buffers, const struct eti_ranked *order, uint32_t n, struct eti_arena *arena,
                                    uint64_t *out, ets_error *err)
{
    struct eti_buffer *placed = eti_arena_raw(arena, n, sizeof *placed);
    if (!placed) return eti_nomem(err);
    for (uint32_t i = 0; i < n; i++) *out = eti_max(*out, place_among_all(placed, i, buffers[order[i].index]));
    return ETS_OK;
}

/* The largest first. */
static ets_status highest_of_many(struct eti_buffer *buffers, uint32_t n, struct eti_arena *arena, uint64_t *out, ets_error *err)
{
    struct eti_ranked *order = eti_arena_raw(arena, n, sizeof *order), *scratch = eti_arena_raw(arena, n, sizeof *scratch);
    if (!order || !scratch) return eti_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        struct eti_ranked o = {buffers[i].bytes, i};
        order[i] = o;
    }
    return highest_among_all(buffers, eti_rank(order, scratch, n), n, arena, out, err);
}

ets_status eti_highest_of(struct eti_buffer *buffers, uint32_t n, uint32_t n_ops, struct eti_arena *arena, uint64_t *out, ets_error *err)
{
    struct eti_buffer *sorted = eti_arena_raw(arena, n, sizeof *sorted);
    uint32_t *begin = eti_arena_alloc(arena, (size_t)n_ops + 3, sizeof *begin), *stack = eti_arena_raw(arena, n, sizeof *stack);
    struct pair *pairs = eti_arena_raw(arena, (size_t)n * MEAN_PAIRS, sizeof *pairs);
    *out = 0;
    if (!sorted || !begin || !stack || !pairs) return eti_nomem(err);
    sort_by_time(buffers, sorted, n, begin, n_ops);
    if (!list_pairs(sorted, n, pairs, out)) return highest_of_many(buffers, n, arena, out, err);
    for (uint32_t b = 0; b < n; b++) {
        if (sorted[b].end <= *out) continue;
        if (sorted[b].at == NOWHERE) place(sorted, pairs, b, stack);
        *out = eti_max(*out, sorted[b].at + sorted[b].bytes);
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ the buffers -------------------------- */

/* Bytes of the largest part of a tensor that operator `p` makes, if it is made and read part by part. */
static uint64_t bytes_of_part(const struct eti_layout *l, int32_t p)
{
    uint64_t most = 0;
    for (uint32_t pass = 0; pass < l->layers[p].passes; pass++) {
        struct eti_block b = eti_block_of_pass(l, (uint32_t)p, pass);
        most = eti_max(most, eti_block_bytes(l, &b));
    }
    return most;
}

/* Both operands of a sum lie in one block, there from the first one on. */
static void join_operands(const struct eti_layout *l, struct eti_life *lives, const int32_t *stored)
{
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        const int32_t *in = l->graph->ops[i].computed;
        if (!(l->facts[i]->traits & ETI_SUM) || l->layers[i].map.where == ETS_ON_HOST) continue;
        struct eti_life *a = &lives[stored[in[0]]], *b = &lives[stored[in[1]]];
        a->first = b->first = a->first < b->first ? a->first : b->first;
    }
}

ets_status eti_highest_address(const struct eti_layout *l, struct eti_life *lives, const int32_t *stored, bool any_parts,
                               struct eti_arena *arena, uint64_t *out, ets_error *err)
{
    const struct eti_graph *g = l->graph;
    struct eti_buffer *buffers = eti_arena_raw(arena, g->n_activations, sizeof *buffers);
    uint32_t n = 0;
    *out = 0;
    if (!buffers) return eti_nomem(err);
    if (l->traits & ETI_SUM) join_operands(l, lives, stored);
    for (uint32_t i = 0; i < g->n_activations; i++) {
        int32_t t = g->activations[i], p = any_parts ? g->tensors[t].producer : -1;
        if (!lives[t].bytes) continue;
        bool in_parts = p >= 0 && l->layers[p].passes > 1 && !l->layers[p].group_ends;
        int64_t first = lives[t].first, last = lives[t].last < first ? first : lives[t].last;
        struct eti_buffer *b = &buffers[n++];
        b->bytes = in_parts ? bytes_of_part(l, p) : lives[t].bytes;
        b->first = (uint32_t)(first + 1);
        b->last = (uint32_t)(last + 1);
    }
    return n && n <= MOST_BUFFERS ? eti_highest_of(buffers, n, g->n_ops, arena, out, err) : ETS_OK;
}
