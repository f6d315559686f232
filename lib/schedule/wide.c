/* wide.c - which parameters stay on the chip, in what operators leave of every tile's wide memory (working.c). The largest layers are
 * placed first; a layer that does not fit is sent by the host at every inference, whole, and smaller ones still go in. A matrix
 * product's rows stay on the tile that uses them, in blocks of 64; any other layer may be cut anywhere. Held by the compiler's logs of
 * stacks of convolutions and fully connected layers (test_wide.c). */
#include "base/num.h"
#include "base/rank.h"
#include "schedule/place.h"
#include "schedule/release.h"

/* ------------------------------------------------------------------ tiles -------------------------------- */

/* Units that are free, and of all tiles; what was put last in one piece, and where: tiles before have no room for that, and never will. */
struct tiles { uint32_t n, last_tile; uint64_t last_units, all_free, free[ETI_MAX_TILES]; };

/* Any layer but a matrix product: on one tile if one has room, else cut to fill. Returns the pieces; 0: no room. */
static uint32_t put_anywhere(struct tiles *t, uint64_t units)
{
    uint32_t pieces = 0;
    if (units > t->all_free) return 0;
    t->all_free -= units;
    for (uint32_t i = units == t->last_units ? t->last_tile : 0; i < t->n; i++) {
        if (t->free[i] < units) continue;
        t->free[i] -= units;
        t->last_tile = i;
        t->last_units = units;
        return 1;
    }
    for (uint32_t i = 0; units && i < t->n; i++) {
        uint64_t here = eti_min(t->free[i], units);
        t->free[i] -= here;
        units -= here;
        pieces += here > 0;
    }
    return pieces;
}

/* The same, block 0 of every matrix product on tile 0 and so on: stacks of layers with less than 16 blocks fill the first
 * tiles and leave the others empty (logs of release 1: 100 layers of 150 to 400 rows). */
static uint32_t put_blocks_in_place(struct tiles *t, uint64_t blocks, uint64_t block_units)
{
    for (uint32_t i = 0; i < t->n; i++) {
        uint64_t here = blocks / t->n + (i < blocks % t->n);
        if (here && t->free[i] / here < block_units) return 0;
    }
    for (uint32_t i = 0; i < t->n; i++) t->free[i] -= (blocks / t->n + (i < blocks % t->n)) * block_units;
    t->all_free -= blocks * block_units;
    return (uint32_t)eti_min(blocks, t->n);
}

/* Blocks of 64 rows, round by round, one to each tile that has room for it. */
static uint32_t put_blocks(struct tiles *t, uint64_t blocks, uint64_t block_units)
{
    uint64_t slots = 0, touched = 0;
    for (uint32_t i = 0; i < t->n; i++) slots += block_units ? t->free[i] / block_units : blocks;
    if (slots < blocks) return 0;
    t->all_free -= blocks * block_units;
    while (blocks) {
        for (uint32_t i = 0; i < t->n && blocks; i++) {
            if (t->free[i] < block_units) continue;
            t->free[i] -= block_units;
            touched |= (uint64_t)1 << i;
            blocks--;
        }
    }
    return (uint32_t)eti_count_bits(touched);
}

static uint32_t put(const struct eti_layout *l, bool keep_place, struct tiles *t, uint32_t index)
{
    uint64_t units = l->layers[index].parameter_bytes / ETI_UNIT_BYTES;
    if (!(l->facts[index]->traits & ETI_MATRIX)) return put_anywhere(t, units);
    uint64_t blocks = eti_ceil_div(eti_yxz(&l->graph->tensors[l->graph->ops[index].outputs[0]].shape).z, l->arch->tile.cells);
    return keep_place ? put_blocks_in_place(t, blocks, eti_ceil_div(units, blocks)) : put_blocks(t, blocks, eti_ceil_div(units, blocks));
}

/* ------------------------------------------------------------------ the order ---------------------------- */

/* Blocks of matrix products have their tiles, and are placed first. */
static bool blocks_keep_place(const struct eti_layout *l) { return !eti_release_of(l->arch)->spreads_blocks; }

/* Returns whether a matrix product has to be streamed. */
static bool pack(const struct eti_layout *l, struct eti_schedule *s, const struct eti_ranked *entries, uint32_t n, struct eti_capacity capacity)
{
    struct tiles t;
    bool streams_matrix = false, keep_place = blocks_keep_place(l);
    t.n = (uint32_t)(l->arch->grid.x * l->arch->grid.y);
    t.last_tile = 0;
    t.last_units = 0;
    t.all_free = capacity.left_units * t.n;
    for (uint32_t i = 0; i < t.n; i++) t.free[i] = capacity.left_units;
    s->capacity_bytes = capacity.printed_units * t.n * ETI_UNIT_BYTES;
    for (uint32_t i = 0; i < n; i++) {
        struct eti_layer_plan *p = &s->layers[entries[i].index];
        uint32_t pieces = put(l, keep_place, &t, entries[i].index);
        p->streamed = !pieces;
        p->pieces = pieces ? pieces : 1;
        streams_matrix |= p->streamed && l->facts[entries[i].index]->traits & ETI_MATRIX;
    }
    return streams_matrix;
}

/* How often parameters that are streamed are sent in an inference: for each part of the map, or step in time. */
static uint64_t times_sent(const struct eti_graph *graph, const struct eti_op *op, const struct eti_layer_plan *plan)
{
    return op->type == ETI_OP_LSTM ? eti_time_steps(graph, op) : plan->passes;
}

/* What lies where is known: what of it is sent. */
static void count_bytes(const struct eti_layout *l, struct eti_schedule *s, const struct eti_ranked *entries, uint32_t n)
{
    s->cached_bytes = s->streamed_bytes = s->sent_bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct eti_layer_plan *p = &s->layers[entries[i].index];
        if (p->streamed) p->parameter_bytes = l->facts[entries[i].index]->sent_bytes;
        *(p->streamed ? &s->streamed_bytes : &s->cached_bytes) += p->parameter_bytes;
        if (p->streamed) s->sent_bytes += p->parameter_bytes * times_sent(l->graph, &l->graph->ops[entries[i].index], p);
    }
}

ets_status eti_place_wide(const struct eti_layout *l, struct eti_schedule *s, bool *is_full, ets_error *err)
{
    struct eti_ranked *entries = eti_arena_raw(&s->arena, l->graph->n_ops, sizeof *entries);
    struct eti_ranked *scratch = eti_arena_raw(&s->arena, l->graph->n_ops, sizeof *scratch);
    uint64_t constant_bytes = 0, sent_constant_bytes = 0;
    uint32_t n = 0;
    if (!entries || !scratch) return eti_nomem(err);
    uint32_t first = blocks_keep_place(l) ? ETI_MATRIX : 0;
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        struct eti_layer_plan *p = &s->layers[i];
        const struct eti_facts *f = l->facts[i];
        if (p->map.where == ETS_ON_HOST || p->folded || !f->parameter_bytes) continue;
        p->parameter_bytes = f->parameter_bytes;
        p->streamed = f->traits & ETI_SENDS_CONSTANTS;
        if (p->streamed) {
            constant_bytes += p->parameter_bytes;
            sent_constant_bytes += p->parameter_bytes * times_sent(l->graph, &l->graph->ops[i], p);
            continue;
        }
        struct eti_ranked e = {p->parameter_bytes + (f->traits & first ? (uint64_t)1 << 63 : 0), i};
        entries[n++] = e;
    }
    entries = eti_rank(entries, scratch, n); /* what cannot move, then the largest first; equal ones in the order of execution */
    struct eti_capacity capacity = eti_tile_capacity(l, false);
    if (pack(l, s, entries, n, capacity)) pack(l, s, entries, n, capacity = eti_tile_capacity(l, true));
    *is_full = capacity.left_units == 0;
    count_bytes(l, s, entries, n);
    s->streamed_bytes += constant_bytes;
    s->sent_bytes += sent_constant_bytes;
    return ETS_OK;
}
