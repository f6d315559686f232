/* halo.c - the exchange of borders before a window operator: vertical moves of each tile's own columns, then horizontal
 * ones over all window rows, so that corners travel twice. Padding is a fill by the same unit. More words of a
 * pixel than an output group has (16) go in slices, the outermost level: slice g can leave as soon as output group g is finished. */
#include <string.h>

#include "schedule/emit.h"

/* One direction: who sends to whom along which axis. */
struct direction {
    enum eti_unit unit;
    enum eti_counter in, in_relayed; /* counted at the receiver; what a relay has to wait for */
    bool vertical, to_lower;         /* to the neighbour of the lower index: north, west */
};
static const struct direction directions[4] = {
    {ETI_MESH_NORTH, ETI_FROM_SOUTH, ETI_FROM_SOUTH, true, true},
    {ETI_MESH_SOUTH, ETI_FROM_NORTH, ETI_FROM_NORTH, true, false},
    {ETI_MESH_WEST, ETI_FROM_EAST, ETI_FROM_EAST, false, true},
    {ETI_MESH_EAST, ETI_FROM_WEST, ETI_FROM_WEST, false, false},
};

/* What one tile does in one direction, in rows (vertical) or columns of its block. */
struct exchange {
    uint32_t sends, receives, fills;
    bool relays; /* some of what it sends it has to receive first */
};

static struct exchange exchange_of(const struct eti_halo_span *spans, uint32_t n, uint32_t q, bool to_lower)
{
    struct exchange x = {0, 0, 0, false};
    const struct eti_halo_span *s = &spans[q];
    uint32_t end = s->own.at + s->own.n;
    if (to_lower) {
        if (q && spans[q - 1].hi > s->own.at) {
            x.sends = spans[q - 1].hi - s->own.at;
            x.relays = spans[q - 1].hi > end;
        }
        x.receives = s->hi - end;
        x.fills = q + 1 == n ? s->fill_after : 0;
    } else {
        if (q + 1 < n && spans[q + 1].lo < end) {
            x.sends = end - spans[q + 1].lo;
            x.relays = spans[q + 1].lo < s->own.at;
        }
        x.receives = s->own.at - s->lo;
        x.fills = q == 0 ? s->fill_before : 0;
    }
    return x;
}

/* Of each row, or column, of tiles what it does in each direction, and how its block lies. */
struct borders {
    struct exchange of[4][ETI_MAX_SIDE]; /* as `directions`: the first two of rows */
    struct lies { uint32_t own, held, before; } rows[ETI_MAX_SIDE], cols[ETI_MAX_SIDE]; /* its own; with borders; of these, before its own */
};

static void find_lies(const struct eti_halo_span *spans, uint32_t n, struct lies *out)
{
    for (uint32_t q = 0; q < n; q++) {
        struct lies l = {spans[q].own.n, eti_held(&spans[q]), spans[q].own.at - spans[q].lo + spans[q].fill_before};
        out[q] = l;
    }
}

static void find_borders(const struct eti_arch *arch, const struct eti_block *b, struct borders *out)
{
    uint32_t width = (uint32_t)arch->grid.x, height = (uint32_t)arch->grid.y;
    for (uint32_t k = 0; k < 4; k++)
        for (uint32_t q = 0; q < (directions[k].vertical ? height : width); q++)
            out->of[k][q] = directions[k].vertical ? exchange_of(b->rows, height, q, directions[k].to_lower)
                                                   : exchange_of(b->cols, width, q, directions[k].to_lower);
    find_lies(b->rows, height, out->rows);
    find_lies(b->cols, width, out->cols);
}

/* Key of a tile's command: rows or columns that it sends, and fills, pixels of each, flags, then where. */
enum { ACROSS, SENDS, FILLS, FLAGS, WHERE, TAKES_PART = WHERE + 6 };
enum { RELAYS = 1, AFTER_NORTH = 2, AFTER_SOUTH = 4, OWNS = 8 }; /* OWNS: its op makes some of the map */

static uint32_t vertical_flags(const struct borders *b, uint32_t row)
{
    const struct exchange *up = &b->of[0][row], *down = &b->of[1][row];
    return (up->receives || up->fills ? AFTER_SOUTH : 0u) | (down->receives || down->fills ? AFTER_NORTH : 0u);
}

/* In direction k, of the tile at `row`, `col`. */
static void tile_key(const struct borders *b, uint32_t k, uint32_t row, uint32_t col, uint32_t key[ETI_KEY_WORDS])
{
    const struct direction *d = &directions[k];
    const struct exchange *x = &b->of[k][d->vertical ? row : col];
    const struct lies *rows = &b->rows[row], *cols = &b->cols[col];
    uint32_t across = d->vertical ? cols->own : rows->held, pitch = cols->held;
    memset(key, 0, ETI_KEY_WORDS * sizeof *key);
    key[SENDS] = x->sends;
    key[FILLS] = x->fills;
    key[ACROSS] = across;
    if (!x->sends && !x->fills && !x->receives) return;
    key[FLAGS] = (x->relays ? RELAYS : 0u) | (rows->own && cols->own ? OWNS : 0u) |
                 (!d->vertical && x->sends ? vertical_flags(b, row) : 0u);
    struct eti_nest nest = {0, {0}};
    eti_nest_level(&nest, 1, d->vertical ? across : x->sends);
    eti_nest_level(&nest, pitch, d->vertical ? x->sends : across);
    for (uint32_t i = 0; x->sends && i < 2 * nest.n; i++) key[WHERE + i] = nest.level[i];
    key[WHERE + 4] = x->receives;
    uint32_t first = d->vertical ? rows->before * pitch + cols->before : cols->before, unit = d->vertical ? pitch : 1;
    uint32_t own = (d->vertical ? rows->own : cols->own) * unit;
    key[WHERE + 5] = d->to_lower ? first : first + own - x->sends * unit; /* where it sends from */
    key[TAKES_PART] = 1;
    key[WHERE + 7] = pitch;
    key[WHERE + 8] = d->to_lower ? first + own : first - (x->receives + x->fills) * unit; /* where it receives */
}

static ets_status emit_record(struct eti_emitter *e, const struct eti_block *b, const struct direction *d,
                              const uint32_t *key, uint64_t tiles, uint32_t group_words, bool waits_for_data)
{
    const struct eti_arch *a = e->l.arch;
    uint32_t slice = group_words > eti_group_words(a) ? group_words : eti_group_words(a), slices = (uint32_t)eti_ceil_div(b->words, slice), last = b->words - (slices - 1) * slice;
    uint64_t word = a->mesh.cycles_per_word, whole = b->words < slice ? b->words : slice;
    uint64_t moved = (uint64_t)(key[SENDS] > key[FILLS] ? key[SENDS] : key[FILLS]) * key[ACROSS]; /* pixels */
    struct eti_command c = eti_command(d->unit, ETS_BOUND_HALO, tiles, 6);
    eti_turns(&c, slices, 1, moved * whole * word + a->mesh.latency_cycles);
    c.last_cycles = moved * last * word + a->mesh.latency_cycles;
    c.bytes = moved * b->words * a->tile.lanes;
    int64_t groups = (int64_t)eti_ceil_div(b->words, group_words), step = slice / group_words;
    if (waits_for_data && key[SENDS] && (key[FLAGS] & OWNS)) {
        eti_wait(&c, ETI_AVDATA, ETI_EACH_TURN, step < groups ? step : groups, (uint32_t)step);
        c.waits[c.n_waits - 1].most = groups;
    }
    if (key[FLAGS] & RELAYS) eti_wait(&c, d->in_relayed, ETI_EACH_TURN, 1, 1);
    if (key[FLAGS] & AFTER_NORTH) eti_wait(&c, ETI_FROM_NORTH, ETI_EACH_TURN, 1, 1);
    if (key[FLAGS] & AFTER_SOUTH) eti_wait(&c, ETI_FROM_SOUTH, ETI_EACH_TURN, 1, 1);
    if (key[SENDS]) eti_signal(&c, d->in, ETI_EACH_TURN, 0, 0);
    if (key[FILLS]) {
        eti_signal(&c, d->in, ETI_EACH_TURN, 0, 0);
        c.signals[c.n_signals - 1].here = true;
    }
    return eti_emit(e, &c);
}

/* All that tile_key() takes from a row, or a column: what it does in directions `k` and `k` + 1, and how it lies. */
static void find_alike(const struct borders *b, uint32_t k, const struct lies *lies, uint32_t n, uint32_t *alike)
{
    struct eti_side_facts facts;
    for (uint32_t q = 0; q < n; q++) {
        facts.of[q][0] = lies[q].own;
        facts.of[q][1] = lies[q].held;
        facts.of[q][2] = lies[q].before;
        for (uint32_t i = 0; i < 2; i++) {
            const struct exchange *x = &b->of[k + i][q];
            facts.of[q][3 + 3 * i] = x->sends << 1 | x->relays;
            facts.of[q][4 + 3 * i] = x->receives;
            facts.of[q][5 + 3 * i] = x->fills;
        }
        facts.of[q][9] = 0;
    }
    eti_find_alike(&facts, n, alike);
}

ets_status eti_emit_halo_of(struct eti_emitter *e, const struct eti_block *b, uint32_t group_words, bool waits_for_data)
{
    struct eti_alike alike;
    struct borders borders;
    uint32_t width = (uint32_t)e->l.arch->grid.x, height = (uint32_t)e->l.arch->grid.y;
    find_borders(e->l.arch, b, &borders);
    find_alike(&borders, 0, borders.rows, height, alike.row);
    find_alike(&borders, 2, borders.cols, width, alike.col);
    for (uint32_t k = 0; k < 4; k++) {
        struct eti_records r;
        eti_records_init(&r);
        for (uint32_t tile = 0; tile < width * height; tile++) {
            uint32_t key[ETI_KEY_WORDS], first = eti_first_alike(&alike, width, tile);
            if (first < tile) {
                eti_records_join(&r, tile, first);
                continue;
            }
            tile_key(&borders, k, tile / width, tile % width, key);
            if (key[TAKES_PART]) eti_records_add(&r, tile, key);
        }
        for (uint32_t i = 0; i < r.n; i++)
            ETI_TRY(emit_record(e, b, &directions[k], r.key[i], r.tiles[i], group_words, waits_for_data));
    }
    return ETS_OK;
}

ets_status eti_emit_halo(struct eti_emitter *e, int32_t tensor, uint32_t group_words)
{
    int32_t user = e->l.window_user[tensor], p = e->l.graph->tensors[tensor].producer;
    bool parts = p >= 0 && e->layers[p].passes > 1;
    if (user < 0 || (parts && e->layers[p].group_ends)) return ETS_OK; /* not at its place yet */
    if (e->layers[user].passes > 1 && !parts) return ETS_OK;           /* the reader's group lays it out */
    struct eti_window_of w = eti_window_of_pass(&e->l, (uint32_t)user, e->pass);
    struct eti_block b = eti_block_of_window(&e->l, tensor, &w);
    if (!group_words) ETI_TRY(eti_phase_reset(e, p, 1));
    return eti_emit_halo_of(e, &b, group_words ? group_words : eti_group_words(e->l.arch), group_words > 0);
}

ets_status eti_emit_halo_of_vector(struct eti_emitter *e, int32_t tensor)
{
    const struct eti_arch *a = e->l.arch;
    struct eti_block own = eti_block_of(&e->l, tensor);
    uint64_t groups = eti_min(eti_ceil_div(own.shape.z, a->tile.cells), a->grid.x * a->grid.y);
    if (e->l.window_user[tensor] < 0 || groups < 2) return eti_emit_halo(e, tensor, 1);
    ETI_TRY(eti_phase_reset(e, e->l.graph->tensors[tensor].producer, 1));
    ETI_TRY(eti_emit_quads(e, (uint32_t)groups, ETI_QUAD_IWORDS));
    return eti_emit_halo(e, tensor, 0);
}

ets_status eti_emit_halo_whole(struct eti_emitter *e, int32_t tensor)
{
    int32_t user = e->l.window_user[tensor];
    if (user < 0 || e->layers[user].passes > 1) return ETS_OK;
    struct eti_block b = eti_block_of(&e->l, tensor);
    ETI_TRY(eti_phase_reset(e, e->l.graph->tensors[tensor].producer, 1));
    return eti_emit_halo_of(e, &b, eti_group_words(e->l.arch), false);
}

ets_status eti_emit_mesh(struct eti_emitter *e, uint64_t tiles, uint64_t words, uint32_t hops, uint32_t iwords)
{
    const struct eti_arch *a = e->l.arch;
    struct eti_command c = eti_command(ETI_MESH_WEST, ETS_BOUND_HALO, tiles, iwords);
    eti_turns(&c, 1, 1, hops * (words * a->mesh.cycles_per_word + a->mesh.latency_cycles));
    c.bytes = words * hops * a->tile.lanes;
    return eti_emit(e, &c);
}

/* wideToNarrow, consumer 0, producer, narrowToWide: each waits for the one before, in ordinal order. */
ets_status eti_emit_quads(struct eti_emitter *e, uint32_t n, uint32_t iwords)
{

    struct eti_command c = eti_command(ETI_RING_PRODUCER, ETS_BOUND_MOVE, 1, iwords * n);
    eti_turns(&c, 1, n ? n : 1, e->l.arch->relay.hop_cycles);
    c.bytes = n * e->l.arch->ring.packet_bytes;
    eti_signal(&c, ETI_PRODUCED_A, ETI_EACH_TURN, 0, 0);
    return n ? eti_emit(e, &c) : ETS_OK;
}
