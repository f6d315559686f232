/* records.c - the grouping of tiles whose commands are equal. */
#include "schedule/records.h"

#include <string.h>

void eti_records_init(struct eti_records *r)
{
    r->n = 0;
}

/* `tiles` have the key that stands behind all others. */
static void add_last(struct eti_records *r, uint64_t tiles)
{
    const uint32_t *key = r->key[r->n];
    uint32_t i = 0;
    while (i < r->n && memcmp(r->key[i], key, sizeof r->key[i]) != 0) i++;
    if (i == r->n) r->tiles[r->n++] = 0;
    r->tiles[i] |= tiles;
}

void eti_records_add(struct eti_records *r, uint64_t tiles, const uint32_t key[ETI_KEY_WORDS])
{
    memcpy(r->key[r->n], key, sizeof r->key[0]);
    add_last(r, tiles);
}

uint64_t eti_records_tiles(const struct eti_records *r)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < r->n; i++) mask |= r->tiles[i];
    return mask;
}

uint32_t eti_records_most(const struct eti_records *r)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < r->n; i++) most = r->key[i][0] > most ? r->key[i][0] : most;
    return most;
}

/* ------------------------------------------------------------------ rows and columns --------------------- */

/* Rows, or columns, that are alike: the first of each kind, and all of the kind as bits `spread` apart. */
struct kinds { uint32_t n, first[ETI_MAX_SIDE]; uint64_t bits[ETI_MAX_SIDE]; };

static void find_kinds(const struct eti_side *side, uint32_t spread, struct kinds *k)
{
    k->n = 0;
    for (uint32_t q = 0; q < side->n; q++) {
        uint32_t i = 0;
        while (i < k->n && memcmp(side->of[k->first[i]], side->of[q], sizeof side->of[q]) != 0) i++;
        if (i == k->n) {
            k->first[k->n] = q;
            k->bits[k->n++] = 0;
        }
        k->bits[i] |= (uint64_t)1 << q * spread;
    }
}

void eti_records_of(struct eti_records *r, const struct eti_side *rows, const struct eti_side *cols, eti_key_of *key_of, const void *ctx)
{
    struct kinds down, across;
    find_kinds(rows, cols->n, &down);
    find_kinds(cols, 1, &across);
    eti_records_init(r);
    for (uint32_t i = 0; i < down.n; i++)
        for (uint32_t k = 0; k < across.n; k++) {
            uint32_t *key = r->key[r->n]; /* made where it stays, if it is new: there are no more keys than tiles */
            if (key_of(ctx, rows->of[down.first[i]], cols->of[across.first[k]], key))
                add_last(r, down.bits[i] * across.bits[k]); /* the tiles of such a row in such a column */
        }
}

/* ------------------------------------------------------------------ tensor ops --------------------------- */

void eti_nest_level(struct eti_nest *nest, uint32_t stride, uint32_t count)
{
    if (count == 1) return;
    if (nest->n && nest->level[2 * nest->n - 2] * nest->level[2 * nest->n - 1] == stride) {
        nest->level[2 * nest->n - 1] *= count;
        return;
    }
    nest->level[2 * nest->n] = stride;
    nest->level[2 * nest->n + 1] = count;
    nest->n++;
}

static void put_nest(const struct eti_nest *nest, uint32_t *key)
{
    for (uint32_t i = 0; i < 2 * nest->n; i++) key[i] = nest->level[i];
}

/* Offset of the first window of a span in its block. */
static uint32_t window_offset(const struct eti_axis *axis, const struct eti_halo_span *span, struct eti_span out)
{
    int64_t first = (int64_t)out.at * axis->stride - axis->pad_before;
    return (uint32_t)(first - ((int64_t)span->lo - span->fill_before));
}

/* Of an op, of a row or column: outputs, offset of their first window, inputs held, outputs held, of these before its own. */
enum { OUTPUTS, OFFSET, IN_HELD, OUT_HELD, OUT_BEFORE, OP_FACTS };

static void op_facts(const struct eti_axis *axis, const struct eti_halo_span *in, const struct eti_halo_span *out, uint32_t n, struct eti_side *side)
{
    struct eti_span outputs[ETI_MAX_SIDE];
    eti_spans_of(axis->out_size, n, outputs);
    side->n = n;
    for (uint32_t q = 0; q < n; q++) {
        uint32_t *f = side->of[q];
        f[OUTPUTS] = outputs[q].n;
        f[OFFSET] = window_offset(axis, &in[q], outputs[q]);
        f[IN_HELD] = eti_held(&in[q]);
        f[OUT_HELD] = eti_held(&out[q]);
        f[OUT_BEFORE] = out[q].own.at - out[q].lo + out[q].fill_before;
        for (uint32_t i = OP_FACTS; i < ETI_FACT_WORDS; i++) f[i] = 0;
    }
}

static bool op_key(const void *ctx, const uint32_t *row, const uint32_t *col, uint32_t key[ETI_KEY_WORDS])
{
    const struct eti_window_of *w = ctx;
    uint32_t pitch = col[IN_HELD], out_pitch = col[OUT_HELD];
    struct eti_nest taps = {0, {0}}, positions = {0, {0}}, writes = {0, {0}};
    eti_nest_level(&taps, w->cols.dilation, w->cols.kernel);
    eti_nest_level(&taps, pitch * w->rows.dilation, w->rows.kernel);
    eti_nest_level(&positions, w->cols.stride, col[OUTPUTS]);
    eti_nest_level(&positions, pitch * w->rows.stride, row[OUTPUTS]);
    eti_nest_level(&writes, 1, col[OUTPUTS]);
    eti_nest_level(&writes, out_pitch, row[OUTPUTS]);
    memset(key, 0, ETI_KEY_WORDS * sizeof *key);
    key[0] = row[OUTPUTS] * col[OUTPUTS];
    key[1] = row[OFFSET] * pitch + col[OFFSET];
    put_nest(&taps, key + 2);
    put_nest(&positions, key + 6);
    put_nest(&writes, key + 10);
    key[14] = row[OUT_BEFORE] * out_pitch + col[OUT_BEFORE];
    return key[0] != 0;
}

void eti_op_records(const struct eti_layout *l, const struct eti_block *in, const struct eti_window_of *w,
                    const struct eti_block *out, struct eti_records *r)
{
    struct eti_side rows, cols;
    op_facts(&w->rows, in->rows, out->rows, (uint32_t)l->arch->grid.y, &rows);
    op_facts(&w->cols, in->cols, out->cols, (uint32_t)l->arch->grid.x, &cols);
    for (uint32_t q = 0; q < rows.n; q++) rows.of[q][IN_HELD] = rows.of[q][OUT_HELD] = 0; /* the pitch is that of a row */
    eti_records_of(r, &rows, &cols, op_key, w);
}

void eti_pixel_records(const struct eti_layout *l, const struct eti_block *in, const struct eti_block *out, struct eti_records *r)
{
    if (!out->by_channel) {
        struct eti_window_of w = {{out->shape.y, out->shape.y, 1, 1, 1, 0}, {out->shape.x, out->shape.x, 1, 1, 1, 0}};
        eti_op_records(l, in, &w, out, r);
        return;
    }
    uint32_t key[ETI_KEY_WORDS] = {1};
    uint64_t tiles = eti_tiles_with(l, out);
    eti_records_init(r);
    if (tiles) eti_records_add(r, tiles, key);
}
