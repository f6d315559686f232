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
    uint32_t height, width;
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
    out->width = (uint32_t)arch->grid.x;
    out->height = (uint32_t)arch->grid.y;
    for (uint32_t k = 0; k < 4; k++)
        for (uint32_t q = 0; q < (directions[k].vertical ? out->height : out->width); q++)
            out->of[k][q] = directions[k].vertical ? exchange_of(b->rows, out->height, q, directions[k].to_lower)
                                                   : exchange_of(b->cols, out->width, q, directions[k].to_lower);
    find_lies(b->rows, out->height, out->rows);
    find_lies(b->cols, out->width, out->cols);
}

/* What the key of a tile's command in one direction is made of: how its row and column lie, what that which it sends along does, and
 * what the other one waits for. */
enum { OWN, HELD, BEFORE, SENT, RECEIVED, FILLED, RELAYED, AFTER };
/* The key: rows or columns that it sends, fills and receives, pixels of each, flags, then from where and to where, and the pitch. The
 * loops that send follow from these. */
enum { FROM, TO, SENDS, FILLS, RECEIVES, ACROSS, PITCH, FLAGS };
enum { RELAYS = 1, AFTER_NORTH = 2, AFTER_SOUTH = 4, OWNS = 8 }; /* OWNS: its op makes some of the map */

static uint32_t vertical_flags(const struct borders *b, uint32_t row)
{
    const struct exchange *up = &b->of[0][row], *down = &b->of[1][row];
    return (up->receives || up->fills ? AFTER_SOUTH : 0u) | (down->receives || down->fills ? AFTER_NORTH : 0u);
}

static void put_exchange(const struct exchange *x, uint32_t *facts)
{
    facts[SENT] = x->sends;
    facts[RECEIVED] = x->receives;
    facts[FILLED] = x->fills;
    facts[RELAYED] = x->relays;
}

/* Of direction k. Of a row it does not matter how much it holds where things move from row to row, and where they move from column to
 * column not how much its own is: so more rows are alike. */
static void find_facts(const struct borders *b, uint32_t k, struct eti_side *rows, struct eti_side *cols)
{
    bool vertical = directions[k].vertical;
    rows->n = b->height;
    cols->n = b->width;
    memset(rows->of, 0, sizeof rows->of);
    memset(cols->of, 0, sizeof cols->of);
    for (uint32_t q = 0; q < b->height; q++) {
        uint32_t *f = rows->of[q];
        f[OWN] = vertical ? b->rows[q].own : b->rows[q].own > 0;
        f[BEFORE] = vertical ? b->rows[q].before : 0;
        f[HELD] = vertical ? 0 : b->rows[q].held;
        f[AFTER] = vertical ? 0 : vertical_flags(b, q);
        if (vertical) put_exchange(&b->of[k][q], f);
    }
    for (uint32_t q = 0; q < b->width; q++) {
        uint32_t *f = cols->of[q];
        f[OWN] = b->cols[q].own;
        f[HELD] = b->cols[q].held;
        f[BEFORE] = b->cols[q].before;
        if (!vertical) put_exchange(&b->of[k][q], f);
    }
}

static bool tile_key(const void *ctx, const uint32_t *row, const uint32_t *col, uint32_t key[ETI_KEY_WORDS])
{
    const struct direction *d = ctx;
    const uint32_t *x = d->vertical ? row : col;
    if (!x[SENT] && !x[FILLED] && !x[RECEIVED]) return false;
    uint32_t pitch = col[HELD], unit = d->vertical ? pitch : 1, own = x[OWN] * unit;
    uint32_t first = d->vertical ? row[BEFORE] * pitch + col[BEFORE] : col[BEFORE];
    memset(key, 0, ETI_KEY_WORDS * sizeof *key);
    key[SENDS] = x[SENT];
    key[FILLS] = x[FILLED];
    key[RECEIVES] = x[RECEIVED];
    key[ACROSS] = d->vertical ? col[OWN] : row[HELD];
    key[PITCH] = pitch;
    key[FROM] = d->to_lower ? first : first + own - x[SENT] * unit;
    key[TO] = d->to_lower ? first + own : first - (x[RECEIVED] + x[FILLED]) * unit;
    key[FLAGS] = (x[RELAYED] ? RELAYS : 0u) | (row[OWN] && col[OWN] ? OWNS : 0u) | (x[SENT] ? row[AFTER] : 0u);
    return true;
}

/* How the words of a pixel leave: in slices, each when as many output groups more are finished, `groups` at most. */
struct slicing { uint32_t slices, words, last_words; int64_t step, groups; };

static struct slicing slicing_of(const struct eti_arch *a, uint32_t words, uint32_t group_words)
{
    uint32_t slice = group_words > eti_group_words(a) ? group_words : eti_group_words(a), slices = (uint32_t)eti_ceil_div(words, slice);
    struct slicing s = {slices, words < slice ? words : slice, words - (slices - 1) * slice, slice / group_words, (int64_t)eti_ceil_div(words, group_words)};
    return s;
}

static ets_status emit_record(struct eti_emitter *e, const struct eti_block *b, const struct direction *d,
                              const uint32_t *key, uint64_t tiles, const struct slicing *s, bool waits_for_data)
{
    const struct eti_arch *a = e->l.arch;
    uint64_t moved = (uint64_t)(key[SENDS] > key[FILLS] ? key[SENDS] : key[FILLS]) * key[ACROSS]; /* pixels */
    struct eti_command *c = eti_program_next(e->program, e->err); /* there are many: in place */
    if (!c) return ETS_NOMEM;
    eti_begin(c, d->unit, ETS_BOUND_HALO, tiles, 6);
    eti_turns(c, s->slices, 1, moved * s->words * a->mesh.cycles_per_word + a->mesh.latency_cycles);
    c->last_cycles = moved * s->last_words * a->mesh.cycles_per_word + a->mesh.latency_cycles;
    c->bytes = moved * b->words * a->tile.lanes;
    if (waits_for_data && key[SENDS] && (key[FLAGS] & OWNS)) {
        eti_wait(c, ETI_AVDATA, ETI_EACH_TURN, s->step < s->groups ? s->step : s->groups, (uint32_t)s->step);
        c->waits[c->n_waits - 1].most = s->groups;
    }
    if (key[FLAGS] & RELAYS) eti_wait(c, d->in_relayed, ETI_EACH_TURN, 1, 1);
    if (key[FLAGS] & AFTER_NORTH) eti_wait(c, ETI_FROM_NORTH, ETI_EACH_TURN, 1, 1);
    if (key[FLAGS] & AFTER_SOUTH) eti_wait(c, ETI_FROM_SOUTH, ETI_EACH_TURN, 1, 1);
    if (key[SENDS]) eti_signal(c, d->in, ETI_EACH_TURN, 0, 0);
    if (key[FILLS]) {
        eti_signal(c, d->in, ETI_EACH_TURN, 0, 0);
        c->signals[c->n_signals - 1].here = true;
    }
    return eti_program_keep(e->program, e->err);
}

ets_status eti_emit_halo_of(struct eti_emitter *e, const struct eti_block *b, uint32_t group_words, bool waits_for_data)
{
    struct borders borders;
    struct slicing s = slicing_of(e->l.arch, b->words, group_words);
    find_borders(e->l.arch, b, &borders);
    for (uint32_t k = 0; k < 4; k++) {
        struct eti_side rows, cols;
        struct eti_records r;
        find_facts(&borders, k, &rows, &cols);
        eti_records_of(&r, &rows, &cols, tile_key, &directions[k]);
        for (uint32_t i = 0; i < r.n; i++)
            ETI_TRY(emit_record(e, b, &directions[k], r.key[i], r.tiles[i], &s, waits_for_data));
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
ets_status eti_emit_hand_overs(struct eti_emitter *e, uint32_t n, uint32_t iwords)
{
    struct eti_command c = eti_command(ETI_RING_PRODUCER, ETS_BOUND_MOVE, 1, iwords);
    eti_turns(&c, 1, n ? n : 1, e->l.arch->relay.hop_cycles);
    c.bytes = n * e->l.arch->ring.packet_bytes;
    eti_signal(&c, ETI_PRODUCED_A, ETI_EACH_TURN, 0, 0);
    return n ? eti_emit(e, &c) : ETS_OK;
}

ets_status eti_emit_quads(struct eti_emitter *e, uint32_t n, uint32_t iwords) { return eti_emit_hand_overs(e, n, n * iwords); }
