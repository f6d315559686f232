/* cut.c - the map of a group is cut into bands of rows x strips of columns, as few as fit: 1x2, 2x2, 2x3, 3x3 .. What a part needs
 * beyond its edges it computes itself. Derived from the public compiled DeepLab, PoseNet and BodyPix, and from the latency of stacks of
 * convolutions (docs/MODEL.md). */
#include "schedule/cut.h"

#include "base/num.h"

int32_t eti_stored_input(const struct eti_layout *l, uint32_t i)
{
    struct eti_edges pad;
    return eti_stored_tensor(l->graph, l->layers, eti_activation_input(&l->graph->ops[i], l->graph, 0), &pad);
}

bool eti_reads(const struct eti_layout *l, uint32_t i, int32_t tensor)
{
    struct eti_edges pad;
    if (l->layers[i].folded) return false;
    for (uint32_t n = 0; n < l->graph->ops[i].n_inputs; n++)
        if (eti_stored_tensor(l->graph, l->layers, l->graph->ops[i].inputs[n], &pad) == tensor) return true;
    return false;
}

/* ------------------------------------------------------------------ where the map is cut ----------------- */

static uint32_t size_of(const struct eti_layout *l, int32_t tensor, bool rows)
{
    struct eti_yxz s = eti_yxz(&l->graph->tensors[tensor].shape);
    return rows ? s.y : s.x;
}

/* Of a tensor that the group makes, or of its input: the last operator of the group that it lives for. */
static uint32_t lives_until(const struct eti_group *g, int32_t tensor)
{
    return g->lives[tensor].last < (int64_t)g->last ? (uint32_t)g->lives[tensor].last : g->last;
}

/* What each operator makes in each part, along one axis, from the last one back. */
static ets_status cut_results(const struct eti_group *g, bool rows, uint32_t n, ets_error *err)
{
    const struct eti_layout *l = g->l;
    for (uint32_t i = g->last + 1; i-- > g->first;) {
        int32_t result = l->graph->ops[i].outputs[0];
        ETI_TRY(eti_spend(l->budget, n + lives_until(g, result) - i + ETI_PLAN_UNITS, err));
        struct eti_cut *mine = rows ? g->s->layers[i].bands : g->s->layers[i].strips;
        const struct eti_span none = {0, 0};
        bool read = false;
        for (uint32_t p = 0; p < n; p++) mine[p].out = none;
        for (uint32_t k = i + 1; k <= lives_until(g, result); k++) {
            if (!eti_reads(l, k, result)) continue;
            read = true;
            struct eti_window_of w = eti_window_of_op(l, k);
            const struct eti_cut *reader = rows ? l->layers[k].bands : l->layers[k].strips;
            for (uint32_t p = 0; p < n; p++) mine[p].out = eti_span_join(mine[p].out, eti_inputs_of(rows ? &w.rows : &w.cols, reader[p].out));
        }
        for (uint32_t p = 0; p < n && !read; p++) mine[p].out = eti_span_of(size_of(l, result, rows), n, p);
    }
    return ETS_OK;
}

static void cut_inputs(const struct eti_group *g, bool rows, uint32_t n)
{
    for (uint32_t i = g->first; i <= g->last; i++) {
        struct eti_window_of w = eti_window_of_op(g->l, i);
        struct eti_cut *mine = rows ? g->s->layers[i].bands : g->s->layers[i].strips;
        for (uint32_t p = 0; p < n; p++) mine[p].in = eti_inputs_of(rows ? &w.rows : &w.cols, mine[p].out);
    }
}

/* The host sends an image that nothing else reads a band at a time, with the rows that the band needs. */
static bool comes_in_bands(const struct eti_group *g)
{
    const struct eti_tensor *t = &g->l->graph->tensors[g->in];
    bool from_host = t->producer < 0 || g->l->layers[t->producer].map.where == ETS_ON_HOST;
    return from_host && g->bands > 1 && t->n_consumers == 1 && g->lives[g->in].last == (int64_t)g->first &&
           g->l->window_user[g->in] == (int32_t)g->first;
}

static ets_status cut(const struct eti_group *g, ets_error *err)
{
    for (uint32_t i = g->first; i <= g->last; i++) {
        struct eti_layer_plan *p = &g->s->layers[i];
        p->passes = g->bands * g->strips;
        p->n_strips = g->strips;
        p->group_begins = i == g->first;
        p->group_ends = i == g->last;
    }
    ETI_TRY(cut_results(g, true, g->bands, err));
    ETI_TRY(cut_results(g, false, g->strips, err));
    cut_inputs(g, true, g->bands);
    cut_inputs(g, false, g->strips);
    g->s->layers[g->first].input_in_bands = comes_in_bands(g);
    return ETS_OK;
}

/* ------------------------------------------------------------------ what it takes ------------------------ */

static void add(const struct eti_group *g, uint32_t from, uint32_t to, uint64_t bytes)
{
    g->change[from - g->first] += (int64_t)bytes;
    g->change[to - g->first + 1] -= (int64_t)bytes;
}

static void clear(const struct eti_group *g)
{
    for (uint32_t i = 0; i < g->last - g->first + 2; i++) g->change[i] = 0;
}

/* The most that lives while the group runs without being its own. What it makes and something behind it reads, but its last result,
 * is there as a whole from the first part on. */
static uint64_t beside(const struct eti_group *g)
{
    int32_t p = g->l->graph->tensors[g->in].producer;
    uint64_t most = 0, own = 0;
    clear(g);
    if (g->lives[g->in].last <= (int64_t)g->last && (p < 0 || g->l->layers[p].map.where == ETS_ON_TPU))
        add(g, g->first, lives_until(g, g->in), g->lives[g->in].bytes);
    for (uint32_t i = g->first; i <= g->last; i++) {
        int32_t t = g->l->graph->ops[i].outputs[0];
        bool stays = i != g->last && g->lives[t].last > (int64_t)g->last;
        if (!g->l->layers[i].folded && !stays) add(g, i, lives_until(g, t), g->lives[t].bytes);
    }
    for (uint32_t i = g->first; i <= g->last; i++) {
        own += (uint64_t)g->change[i - g->first];
        most = eti_max(most, g->live_bytes[i] > own ? g->live_bytes[i] - own : 0);
    }
    return most;
}

static void needs(const struct eti_group *g, uint32_t i, uint64_t bytes)
{
    g->s->layers[i].narrow_bytes = eti_max(g->s->layers[i].narrow_bytes, bytes);
}

uint32_t eti_rows_at_a_time(const struct eti_layer_plan *first, uint32_t all)
{
    uint32_t most = 0;
    if (!first->input_in_bands) return all;
    for (uint32_t i = 0; i < eti_n_bands(first); i++) most = first->bands[i].in.n > most ? first->bands[i].in.n : most;
    return most;
}

/* Bytes of what the host sends at a time, or of the whole input, on the busiest tile. */
static uint64_t arriving_bytes(const struct eti_group *g)
{
    const struct eti_layer_plan *p = &g->l->layers[g->first];
    struct eti_yxz s = eti_yxz(&g->l->graph->tensors[g->in].shape);
    uint64_t pixels = eti_ceil_div(eti_rows_at_a_time(p, s.y), g->l->arch->grid.y) * eti_ceil_div(s.x, g->l->arch->grid.x);
    return pixels * eti_round_up(s.z, g->l->arch->tile.lanes);
}

/* Narrow memory of one part beside `kept_bytes`: each operator's tensors as they lie in it. Returns the bytes of its result. */
static uint64_t measure_part(const struct eti_group *g, uint32_t pass, uint64_t kept_bytes)
{
    const struct eti_layout *l = g->l;
    struct eti_window_of w = eti_window_of_pass(l, g->first, pass);
    struct eti_block b = eti_block_of_window(l, g->in, &w);
    uint64_t in = eti_block_bytes(l, &b), bytes = 0, now = 0;
    clear(g);
    add(g, g->first, lives_until(g, g->in), in);
    for (uint32_t i = g->first; i <= g->last; i++) {
        if (l->layers[i].folded) continue;
        b = eti_block_of_pass(l, i, pass);
        bytes = eti_block_bytes(l, &b);
        add(g, i, i == g->last ? i : lives_until(g, l->graph->ops[i].outputs[0]), bytes);
    }
    needs(g, g->first, kept_bytes + in + arriving_bytes(g));
    for (uint32_t i = g->first; i <= g->last; i++) {
        now += (uint64_t)g->change[i - g->first];
        needs(g, i, kept_bytes + now);
    }
    return bytes;
}

/* Results of a band stay as they were made until the band is done. Then they are moved to their places in the whole, or, if only
 * the host reads them, leave. */
static ets_status measure(const struct eti_group *g, bool *fits, ets_error *err)
{
    uint64_t lasting = g->beside_bytes + g->whole_bytes;
    for (uint32_t i = g->first; i <= g->last; i++) g->s->layers[i].narrow_bytes = 0;
    for (uint32_t band = 0; band < g->bands; band++) {
        uint64_t done = 0, kept = g->beside_bytes + (band ? g->whole_bytes : 0);
        for (uint32_t strip = 0; strip < g->strips; strip++) {
            ETI_TRY(eti_spend(g->l->budget, (uint64_t)(g->last - g->first + 1) * ETI_PLAN_UNITS, err));
            done += measure_part(g, band * g->strips + strip, kept + done);
            needs(g, g->last, strip + 1 == g->strips ? lasting + done : 0);
            for (uint32_t i = g->first; i <= g->last; i++) {
                *fits = g->s->layers[i].narrow_bytes <= g->l->arch->tile.narrow_bytes;
                if (!*fits) return ETS_OK;
            }
        }
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ how many parts ----------------------- */

/* Two rows and columns a tile at least, where two parts have so many. */
static uint32_t most_cuts(uint32_t size, uint64_t tiles)
{
    return size < 2 * tiles ? 1 : (uint32_t)eti_max(2, size / (2 * tiles));
}

/* Rows and columns in turn: 1x1, 1x2, 2x2, 2x3, 3x3 .. False: no more. */
static bool cut_further(struct eti_group *g)
{
    uint32_t bands = most_cuts(size_of(g->l, g->result, true), g->l->arch->grid.y);
    uint32_t strips = most_cuts(size_of(g->l, g->result, false), g->l->arch->grid.x);
    bool strip = g->strips < strips && (g->strips <= g->bands || g->bands >= bands);
    if (!strip && g->bands >= bands) return false;
    uint32_t parts = strip ? g->bands * (g->strips + 1) : (g->bands + 1) * g->strips;
    if (parts > ETI_MAX_PARTS) return false;
    if (strip) g->strips++;
    else g->bands++;
    return true;
}

/* Groups are tried by the hundred: what was there for one serves the next. */
static ets_status room_for_cuts(const struct eti_group *g, struct eti_layer_plan *p, uint32_t bands, uint32_t strips, ets_error *err)
{
    if (p->cuts_room < bands + strips) {
        p->bands = eti_arena_alloc(&g->s->arena, bands + strips, sizeof *p->bands);
        if (!p->bands) return eti_nomem(err);
        p->cuts_room = bands + strips;
    }
    p->strips = p->bands + bands;
    return ETS_OK;
}

static ets_status room_for_sums(struct eti_group *g, ets_error *err)
{
    uint32_t n = g->last - g->first + 2;
    if (g->change_room >= n) return ETS_OK;
    g->change = eti_arena_alloc(&g->s->arena, n, sizeof *g->change);
    if (!g->change) return eti_nomem(err);
    g->change_room = n;
    return ETS_OK;
}

static ets_status start(struct eti_group *g, ets_error *err)
{
    const struct eti_layout *l = g->l;
    g->in = eti_stored_input(l, g->first);
    g->result = l->graph->ops[g->last].outputs[0];
    g->whole_bytes = l->graph->tensors[g->result].n_consumers > 0 ? g->lives[g->result].bytes : 0; /* else only the host reads it */
    g->bands = g->strips = 1;
    ETI_TRY(room_for_sums(g, err));
    g->beside_bytes = beside(g);
    uint32_t bands = most_cuts(size_of(l, g->result, true), l->arch->grid.y), strips = most_cuts(size_of(l, g->result, false), l->arch->grid.x);
    bands = bands < ETI_MAX_PARTS ? bands : ETI_MAX_PARTS;
    strips = strips < ETI_MAX_PARTS ? strips : ETI_MAX_PARTS;
    for (uint32_t i = g->first; i <= g->last; i++) ETI_TRY(room_for_cuts(g, &g->s->layers[i], bands, strips, err));
    return ETS_OK;
}

static uint64_t pixel_bytes(const struct eti_layout *l, int32_t tensor)
{
    struct eti_yxz s = eti_yxz(&l->graph->tensors[tensor].shape);
    return (uint64_t)s.y * s.x * eti_round_up(s.z, l->arch->tile.lanes);
}

/* Parts below which no border matters: an operator's input and result do not fit in fewer. */
static uint64_t fewest_parts(const struct eti_group *g)
{
    uint64_t most = 0;
    for (uint32_t i = g->first; i <= g->last; i++) {
        if (g->l->layers[i].folded) continue;
        most = eti_max(most, pixel_bytes(g->l, eti_stored_input(g->l, i)) + pixel_bytes(g->l, g->l->graph->ops[i].outputs[0]));
    }
    return most / (g->l->arch->tile.narrow_bytes * g->l->arch->grid.x * g->l->arch->grid.y);
}

/* The fewest parts that fit; compiled networks have up to 12. None do where what lives beside the group and its result do not. */
ets_status eti_cut_group(struct eti_group *g, bool *made, ets_error *err)
{
    *made = false;
    ETI_TRY(start(g, err));
    if (g->beside_bytes + g->whole_bytes > g->l->arch->tile.narrow_bytes) return ETS_OK;
    uint64_t fewest = fewest_parts(g);
    while (!*made && cut_further(g)) {
        if ((uint64_t)g->bands * g->strips < fewest) continue;
        ETI_TRY(cut(g, err));
        ETI_TRY(measure(g, made, err));
    }
    return ETS_OK;
}

void eti_undo_cut(const struct eti_group *g)
{
    for (uint32_t i = g->first; i <= g->last; i++) {
        g->s->layers[i].passes = 1;
        g->s->layers[i].group_begins = g->s->layers[i].group_ends = g->s->layers[i].input_in_bands = false;
    }
}
