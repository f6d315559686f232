/* addresses.c - where activations lie in a tile's narrow memory: the largest first, each at the lowest address that is free
 * while it lives. Holes that this leaves count. Exact for every public compiled file whose narrow memory is known. */
#include "base/num.h"
#include "base/rank.h"
#include "schedule/place.h"

/* The cost grows with the square; beyond this the sum of what lives stands for the highest address. */
#define MOST_BUFFERS 20000
/* Up to so many, neighbours in time are looked for rather than among all, if they are few. */
#define FEW_BUFFERS 2000
#define NEIGHBOUR_COST 4 /* looking at a neighbour of a list, in looks at the next of all */

struct buffer { uint64_t bytes, at; uint32_t first, last; }; /* operators while it lives, counted from 1; 0: before all */
struct resident { uint32_t buffer, next; };                  /* of a list an operator: what is placed and lives then */

struct memory {
    struct buffer *buffers;
    uint32_t *lists, n_ops;     /* heads, 1 + a resident; 0: none */
    struct resident *residents;
    uint32_t n_residents;
    uint32_t *near, n_near;     /* buffers that live with the one to be placed, by address */
    uint32_t *seen;             /* of a buffer: the last one that it was near to, plus 1 */
};

/* What is placed and lives at some time while `b` does, in the order of addresses. */
static void find_near(struct memory *m, uint32_t b)
{
    m->n_near = 0;
    for (uint32_t op = m->buffers[b].first; op <= m->buffers[b].last; op++) {
        for (uint32_t r = m->lists[op]; r; r = m->residents[r - 1].next) {
            uint32_t other = m->residents[r - 1].buffer, i = m->n_near;
            if (m->seen[other] == b + 1) continue;
            m->seen[other] = b + 1;
            m->n_near++;
            for (; i && m->buffers[m->near[i - 1]].at > m->buffers[other].at; i--) m->near[i] = m->near[i - 1];
            m->near[i] = other;
        }
    }
}

static uint64_t place(struct memory *m, uint32_t b)
{
    uint64_t at = 0, bytes = m->buffers[b].bytes;
    find_near(m, b);
    for (uint32_t i = 0; i < m->n_near; i++) {
        const struct buffer *p = &m->buffers[m->near[i]];
        if (p->at >= at + bytes) break;
        at = eti_max(at, p->at + p->bytes);
    }
    m->buffers[b].at = at;
    for (uint32_t op = m->buffers[b].first; op <= m->buffers[b].last; op++) {
        struct resident *r = &m->residents[m->n_residents++];
        r->buffer = b;
        r->next = m->lists[op];
        m->lists[op] = m->n_residents;
    }
    return at + bytes;
}

/* Do so few live at a time that it pays to look for those? Who lives while an operator runs finds all others that do. */
static bool is_sparse(const struct buffer *buffers, uint32_t n, int32_t *change, uint32_t n_ops)
{
    uint64_t live = 0, looks = 0;
    for (uint32_t i = 0; i < n; i++) {
        change[buffers[i].first]++;
        change[buffers[i].last + 1]--;
    }
    for (uint32_t op = 0; op <= n_ops; op++) {
        live += (uint64_t)(int64_t)change[op];
        looks += live * live;
    }
    return n <= FEW_BUFFERS && looks * NEIGHBOUR_COST < (uint64_t)n * n;
}

/* Looks among all that are placed, kept in the order of addresses: they are copies, so that looking is reading on. */
static uint64_t place_among_all(struct buffer *placed, uint32_t n, struct buffer mine)
{
    uint32_t i;
    for (i = 0; i < n && placed[i].at < mine.at + mine.bytes; i++) {
        const struct buffer *p = &placed[i];
        uint64_t end = p->last < mine.first || p->first > mine.last ? 0 : p->at + p->bytes;
        mine.at = eti_max(mine.at, end);
    }
    for (i = n; i && placed[i - 1].at > mine.at; i--) placed[i] = placed[i - 1];
    placed[i] = mine;
    return mine.at + mine.bytes;
}

static ets_status highest_among_all(struct buffer *buffers, const struct eti_ranked *order, uint32_t n, struct eti_arena *arena,
                                    uint64_t *out, ets_error *err)
{
    struct buffer *placed = eti_arena_raw(arena, n, sizeof *placed);
    if (!placed) return eti_nomem(err);
    for (uint32_t i = 0; i < n; i++) *out = eti_max(*out, place_among_all(placed, i, buffers[order[i].index]));
    return ETS_OK;
}

static ets_status highest_by_neighbours(struct buffer *buffers, const struct eti_ranked *order, uint32_t n, uint32_t n_ops,
                                        struct eti_arena *arena, uint64_t *out, ets_error *err)
{
    struct memory m;
    size_t lived = 0;
    for (uint32_t i = 0; i < n; i++) lived += (size_t)buffers[i].last - buffers[i].first + 1;
    m.buffers = buffers;
    m.n_residents = 0;
    m.near = eti_arena_raw(arena, n, sizeof *m.near);
    m.lists = eti_arena_alloc(arena, (size_t)n_ops + 2, sizeof *m.lists);
    m.residents = eti_arena_raw(arena, lived, sizeof *m.residents);
    m.seen = eti_arena_alloc(arena, n, sizeof *m.seen);
    if (!m.near || !m.lists || !m.residents || !m.seen) return eti_nomem(err);
    for (uint32_t i = 0; i < n; i++) *out = eti_max(*out, place(&m, order[i].index));
    return ETS_OK;
}

/* The highest address of `n` buffers. */
static ets_status highest(struct buffer *buffers, struct eti_ranked *order, uint32_t n, uint32_t n_ops, struct eti_arena *arena,
                          uint64_t *out, ets_error *err)
{
    struct eti_ranked *scratch = eti_arena_raw(arena, n, sizeof *scratch);
    int32_t *change = eti_arena_alloc(arena, (size_t)n_ops + 2, sizeof *change);
    if (!scratch || !change) return eti_nomem(err);
    order = eti_rank(order, scratch, n);
    if (is_sparse(buffers, n, change, n_ops)) return highest_by_neighbours(buffers, order, n, n_ops, arena, out, err);
    return highest_among_all(buffers, order, n, arena, out, err);
}

/* Bytes of a tensor that operator `p` makes: of the largest part if it is made and read part by part. */
static uint64_t bytes_of(const struct eti_layout *l, int32_t p, uint64_t whole)
{
    if (p < 0 || l->layers[p].passes < 2 || l->layers[p].group_ends) return whole;
    uint64_t most = 0;
    for (uint32_t pass = 0; pass < l->layers[p].passes; pass++) {
        struct eti_block b = eti_block_of_pass(l, (uint32_t)p, pass);
        most = eti_max(most, eti_block_bytes(l, &b));
    }
    return most;
}

/* Both operands of a sum lie in one block, there from the first one on. */
static void join_operands(const struct eti_layout *l, int64_t *first)
{
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        const struct eti_op *op = &l->graph->ops[i];
        if (eti_op_kind(op->type)->class_ != ETI_BINARY || l->layers[i].map.where == ETS_ON_HOST || op->n_inputs < 2) continue;
        struct eti_edges pad;
        int32_t a = eti_stored_tensor(l->graph, l->layers, op->inputs[0], &pad);
        int32_t b = eti_stored_tensor(l->graph, l->layers, op->inputs[1], &pad);
        if (a < 0 || b < 0 || l->graph->tensors[a].constant || l->graph->tensors[b].constant) continue;
        first[a] = first[b] = first[a] < first[b] ? first[a] : first[b];
    }
}

ets_status eti_highest_address(const struct eti_layout *l, const struct eti_life *lives, struct eti_arena *arena,
                               uint64_t *out, ets_error *err)
{
    uint32_t n_tensors = l->graph->n_tensors;
    int64_t *first = eti_arena_raw(arena, n_tensors, sizeof *first);
    struct buffer *buffers = eti_arena_raw(arena, n_tensors, sizeof *buffers);
    struct eti_ranked *order = eti_arena_raw(arena, n_tensors, sizeof *order);
    uint32_t n = 0;
    *out = 0;
    if (!first || !buffers || !order) return eti_nomem(err);
    for (uint32_t t = 0; t < n_tensors; t++) first[t] = lives[t].first;
    join_operands(l, first);
    for (uint32_t t = 0; t < n_tensors; t++) {
        int32_t p = l->graph->tensors[t].producer;
        if (!lives[t].bytes || (p >= 0 && (l->layers[p].folded || l->layers[p].map.where == ETS_ON_HOST))) continue;
        int64_t last = lives[t].last < first[t] ? first[t] : lives[t].last;
        struct buffer b = {bytes_of(l, p, lives[t].bytes), 0, (uint32_t)(first[t] + 1), (uint32_t)(last + 1)};
        struct eti_ranked o = {b.bytes, n};
        order[n] = o;
        buffers[n++] = b;
    }
    return n > MOST_BUFFERS ? ETS_OK : highest(buffers, order, n, l->graph->n_ops, arena, out, err);
}
