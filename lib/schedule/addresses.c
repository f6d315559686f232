/* addresses.c - where activations lie in a tile's narrow memory: the largest first, each at the lowest address that is free
 * while it lives. Holes that this leaves count. Exact for every public compiled file whose narrow memory is known. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "schedule/place.h"

/* The cost grows with the square; beyond this the sum of what lives stands for the highest address. */
#define MOST_BUFFERS 20000

struct buffer { uint64_t bytes, at; int64_t first, last; uint32_t rank; };

static int by_size(const void *x, const void *y)
{
    const struct buffer *a = x, *b = y;
    if (a->bytes != b->bytes) return a->bytes > b->bytes ? -1 : 1;
    return a->rank < b->rank ? -1 : 1;
}

/* `placed` is kept in the order of addresses. */
static uint64_t lowest_free(const struct buffer *placed, size_t n, const struct buffer *b)
{
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (placed[i].last < b->first || placed[i].first > b->last) continue;
        if (placed[i].at >= at + b->bytes) break;
        at = eti_max(at, placed[i].at + placed[i].bytes);
    }
    return at;
}

static void insert(struct buffer *placed, size_t n, const struct buffer *b)
{
    size_t i = n;
    while (i && placed[i - 1].at > b->at) i--;
    memmove(placed + i + 1, placed + i, (n - i) * sizeof *placed);
    placed[i] = *b;
}

static uint64_t highest(struct buffer *buffers, struct buffer *placed, size_t n)
{
    uint64_t most = 0;
    qsort(buffers, n, sizeof *buffers, by_size);
    for (size_t i = 0; i < n; i++) {
        buffers[i].at = lowest_free(placed, i, &buffers[i]);
        most = eti_max(most, buffers[i].at + buffers[i].bytes);
        insert(placed, i, &buffers[i]);
    }
    return most;
}

/* Bytes of a tensor that operator `p` makes: of the largest strip if it is made and read strip by strip. */
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
    int64_t *first = eti_arena_alloc(arena, n_tensors, sizeof *first);
    struct buffer *buffers = eti_arena_alloc(arena, n_tensors, sizeof *buffers);
    struct buffer *placed = eti_arena_alloc(arena, n_tensors, sizeof *placed);
    size_t n = 0;
    if (!first || !buffers || !placed) return eti_nomem(err);
    for (uint32_t t = 0; t < n_tensors; t++) first[t] = l->graph->tensors[t].producer;
    join_operands(l, first);
    for (uint32_t t = 0; t < n_tensors; t++) {
        int32_t p = l->graph->tensors[t].producer;
        if (!lives[t].bytes || (p >= 0 && (l->layers[p].folded || l->layers[p].map.where == ETS_ON_HOST))) continue;
        struct buffer b = {bytes_of(l, p, lives[t].bytes), 0, first[t], lives[t].last, t};
        buffers[n++] = b;
    }
    *out = n > MOST_BUFFERS ? 0 : highest(buffers, placed, n);
    return ETS_OK;
}
