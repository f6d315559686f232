/* test_shared.c - what a simulation works out once for several is what each of them would have by itself: facts of equal operators, the
 * work of repeated layers, commands of tiles that are alike. */
#include "arch/arch.h"
#include "base/num.h"
#include "graph/model.h"
#include "predict/activity.h"
#include "random_graph.h"
#include "schedule/emit.h"
#include "schedule/place.h"
#include "test.h"
#include "timing/energy.h"

static ets_model *shipped(const char *name)
{
    char path[512];
    ets_model *m = NULL;
    ets_error e;
    snprintf(path, sizeof path, TREE("models/%s.yaml"), name);
    ASSERT_OK(ets_model_load(path, NULL, &m, &e), e);
    return m;
}

/* ------------------------------------------------------------------ operators ---------------------------- */

/* Returns how many operators shared theirs with one before. */
static uint32_t assert_facts_are_their_own(const ets_arch *a, const struct eti_graph *g)
{
    struct eti_arena arena;
    struct eti_layout all = {.arch = &a->v, .graph = g};
    uint32_t any = 0, shared = 0;
    eti_arena_init(&arena, NULL);
    ck_assert_int_eq(eti_find_facts(&all, &arena, NULL), ETS_OK);
    for (uint32_t i = 0; i < g->n_ops; i++) {
        struct eti_graph one = *g;
        one.ops = &g->ops[i];
        one.n_ops = 1;
        struct eti_layout alone = {.arch = &a->v, .graph = &one};
        ck_assert_int_eq(eti_find_facts(&alone, &arena, NULL), ETS_OK);
        ck_assert_mem_eq(all.facts[i], alone.facts[0], sizeof *alone.facts[0]);
        for (uint32_t k = 0; k < i; k++)
            if (all.facts[k] == all.facts[i]) shared++;
        any |= alone.traits;
    }
    ck_assert_uint_eq(all.traits, any);
    eti_arena_free(&arena);
    return shared;
}

START_TEST(equal_operators_have_facts_of_their_own)
{
    uint64_t seed = 71;
    uint32_t shared = 0;
    for (int k = 0; k < 300; k++) {
        ets_arch *a = test_random_machine(&seed);
        ets_model *m = k ? test_random_graph(&seed, 30) : shipped("efficientnet-edgetpu-l");
        shared += assert_facts_are_their_own(a, m->graph);
        ets_model_free(m);
        ets_arch_free(a);
    }
    ck_assert_uint_gt(shared, 100); /* else this has tested nothing */
}
END_TEST

/* ------------------------------------------------------------------ layers ------------------------------- */

struct work { uint64_t steps[ETI_MAX_TILES], fj; };

static void add_phase(const struct eti_schedule *s, const struct eti_phase *phase, struct work *w)
{
    struct eti_activity moved = {0};
    eti_add_steps(&s->program, phase, w->steps);
    eti_add_activity(s->l.arch, &s->program, phase, &moved);
    w->fj += eti_dynamic_energy_fj(s->l.arch, &moved);
}

static void assert_steps(const struct work *w, uint64_t all, uint64_t busiest)
{
    uint64_t sum = 0, most = 0;
    for (int t = 0; t < ETI_MAX_TILES; t++) {
        sum += w->steps[t];
        most = eti_max(most, w->steps[t]);
    }
    ck_assert_uint_eq(all, sum);
    ck_assert_uint_eq(busiest, most);
}

/* All phases are added up, also those that repeat one. Returns how many do. */
static size_t assert_work_is_what_commands_do(const ets_arch *a, const ets_model *m)
{
    struct eti_schedule s;
    ets_report *r = NULL;
    ets_error e;
    struct work whole = {{0}, 0}, *layers = calloc(m->graph->n_ops, sizeof *layers);
    uint64_t iwords = 0;
    size_t repeats = 0;
    ASSERT_OK(eti_schedule_make(&a->v, m->graph, false, NULL, &s, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    for (size_t i = 0; i < s.program.n_phases; i++) {
        const struct eti_phase *p = &s.program.phases[i], *same = &s.program.phases[p->same];
        ck_assert(p->same <= i && same->first == p->first && same->count == p->count);
        repeats += p->same < i;
        iwords += p->fence_iwords;
        for (uint32_t c = p->first; c < p->first + p->count; c++) iwords += s.program.commands[c].iwords;
        add_phase(&s, p, &whole);
        if (p->owner >= 0) add_phase(&s, p, &layers[p->owner]);
    }
    ck_assert_uint_eq(ets_report_summary(r)->instruction_bytes, ETI_IWORD_BYTES * iwords);
    ck_assert_uint_eq(ets_report_summary(r)->energy_nj, eti_energy_nj(&a->v, whole.fj, ets_report_summary(r)->cycles));
    assert_steps(&whole, ets_report_summary(r)->steps_all_tiles, ets_report_summary(r)->steps_busiest_tile);
    for (uint32_t i = 0; i < m->graph->n_ops; i++) {
        const ets_layer *l = ets_report_layer(r, i);
        assert_steps(&layers[i], l->steps_all_tiles, l->steps_busiest_tile);
        ck_assert_uint_eq(l->energy_nj, layers[i].fj / 1000000);
    }
    ets_report_free(r);
    eti_schedule_free(&s);
    free(layers);
    return repeats;
}

START_TEST(repeated_layers_do_what_their_commands_do)
{
    static const char *const names[] = {"efficientnet-edgetpu-s", "efficientnet-edgetpu-l", "ssd-mobilenet-v2-300", "unet-mobilenet-v2-256"};
    uint64_t seed = 72;
    size_t repeats = 0;
    for (int k = 0; k < 200; k++) {
        ets_arch *a = test_random_machine(&seed);
        ets_model *m = k < 8 ? shipped(names[k % 4]) : test_random_graph(&seed, 30);
        repeats += assert_work_is_what_commands_do(a, m);
        ets_model_free(m);
        ets_arch_free(a);
    }
    ck_assert_uint_gt(repeats, 100);
}
END_TEST

/* ------------------------------------------------------------------ tiles -------------------------------- */

static uint32_t small(uint64_t *seed, uint32_t low, uint32_t high) { return (uint32_t)test_between(seed, low, high); }

static struct eti_axis random_axis(uint64_t *seed)
{
    struct eti_axis a = {small(seed, 1, 40), 0, small(seed, 1, 6), small(seed, 1, 3), small(seed, 1, 2), 0};
    a.pad_before = test_random(seed) % 2 ? small(seed, 0, (a.kernel - 1) * a.dilation) : 0;
    a.out_size = test_random(seed) % 4 ? (uint32_t)eti_ceil_div(a.in_size, a.stride) : small(seed, 1, a.in_size);
    if (test_random(seed) % 3 == 0) {
        a.kernel = a.stride = a.dilation = 1;
        a.pad_before = test_random(seed) % 4 == 0;
        a.out_size = a.in_size;
    }
    return a;
}

static struct eti_block random_block(const struct eti_arch *a, const struct eti_window_of *w, uint64_t *seed)
{
    struct eti_block b;
    b.shape.y = w->rows.in_size;
    b.shape.x = w->cols.in_size;
    b.shape.z = small(seed, 1, 300);
    b.words = (uint32_t)eti_ceil_div(b.shape.z, a->tile.lanes);
    b.by_channel = false;
    eti_halo_of(&w->rows, (uint32_t)a->grid.y, b.rows);
    eti_halo_of(&w->cols, (uint32_t)a->grid.x, b.cols);
    return b;
}

/* A fold of all that is put in, in order. */
#define BEGIN 0xd6e8feb86659fd93u
static void put(uint64_t *sum, uint64_t x) { *sum = (*sum ^ x) * 0x9e3779b97f4a7c15u + (*sum >> 29); }

/* Where an op of outputs `oy` x `ox` reads and writes, one by one. */
static uint64_t accesses(const struct eti_block *in, const struct eti_window_of *w, const struct eti_block *out, uint32_t row, uint32_t col,
                         struct eti_span oy, struct eti_span ox)
{
    const struct eti_halo_span *iy = &in->rows[row], *ix = &in->cols[col], *wy = &out->rows[row], *wx = &out->cols[col];
    int64_t pitch = eti_held(ix), out_pitch = eti_held(wx);
    int64_t top = (int64_t)oy.at * w->rows.stride - w->rows.pad_before - ((int64_t)iy->lo - iy->fill_before);
    int64_t left = (int64_t)ox.at * w->cols.stride - w->cols.pad_before - ((int64_t)ix->lo - ix->fill_before);
    uint64_t sum = BEGIN;
    put(&sum, (uint64_t)(top * pitch + left));
    for (int64_t y = 0; y < w->rows.kernel; y++)
        for (int64_t x = 0; x < w->cols.kernel; x++) put(&sum, (uint64_t)(y * w->rows.dilation * pitch + x * w->cols.dilation));
    for (int64_t y = 0; y < oy.n; y++)
        for (int64_t x = 0; x < ox.n; x++) {
            put(&sum, (uint64_t)(y * w->rows.stride * pitch + x * w->cols.stride));
            put(&sum, (uint64_t)((wy->own.at - wy->lo + wy->fill_before + y) * out_pitch + wx->own.at - wx->lo + wx->fill_before + x));
        }
    return sum;
}

/* Of every two tiles: they are in one record if, and only if, they do the same. `does` 0: nothing, and in none. */
static void assert_grouped(const uint64_t *does, uint32_t n_tiles, const uint64_t *records, uint32_t n, uint64_t at)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_msg(records[i] && !(records[i] & seen), "seed %llu: a tile in two records, or none in one", (unsigned long long)at);
        ck_assert_msg(!i || __builtin_ctzll(records[i - 1]) < __builtin_ctzll(records[i]), "seed %llu: out of order", (unsigned long long)at);
        seen |= records[i];
    }
    for (uint32_t t = 0; t < n_tiles; t++) {
        ck_assert_msg((seen >> t & 1) == (does[t] != 0), "seed %llu: tile %u of %u: seen %llx does %llx n %u", (unsigned long long)at, t, n_tiles, (unsigned long long)seen, (unsigned long long)does[t], n);
        for (uint32_t u = 0; u < t; u++) {
            bool together = false;
            for (uint32_t i = 0; i < n; i++) together |= (records[i] >> t & 1) && (records[i] >> u & 1);
            ck_assert_msg(together == (does[t] && does[t] == does[u]), "seed %llu: tiles %u and %u", (unsigned long long)at, u, t);
        }
    }
}

static ets_arch *random_grid(uint64_t *seed)
{
    ets_arch *a = test_random_machine(seed);
    a->v.grid.x = small(seed, 1, ETI_MAX_SIDE);
    a->v.grid.y = small(seed, 1, ETI_MAX_SIDE);
    return a;
}

START_TEST(ops_of_alike_tiles_are_those_of_each)
{
    uint64_t seed = 73;
    for (int k = 0; k < 3000; k++) {
        uint64_t at = seed, does[ETI_MAX_TILES];
        ets_arch *a = random_grid(&seed);
        struct eti_layout l = {.arch = &a->v};
        struct eti_window_of w = {random_axis(&seed), random_axis(&seed)}, next = {random_axis(&seed), random_axis(&seed)};
        next.rows.in_size = w.rows.out_size; /* the window that reads its results, and asks for a border of them */
        next.cols.in_size = w.cols.out_size;
        struct eti_block in = random_block(&a->v, &w, &seed), out = random_block(&a->v, &next, &seed);
        struct eti_records r;
        uint32_t gx = (uint32_t)a->v.grid.x, gy = (uint32_t)a->v.grid.y;
        eti_op_records(&l, &in, &w, &out, &r);
        for (uint32_t t = 0; t < gx * gy; t++) {
            struct eti_span oy = eti_span_of(w.rows.out_size, gy, t / gx), ox = eti_span_of(w.cols.out_size, gx, t % gx);
            does[t] = oy.n && ox.n ? accesses(&in, &w, &out, t / gx, t % gx, oy, ox) : 0;
        }
        assert_grouped(does, gx * gy, r.tiles, r.n, at);
        for (uint32_t i = 0; i < r.n; i++) {
            uint32_t t = (uint32_t)__builtin_ctzll(r.tiles[i]);
            ck_assert_uint_eq(r.key[i][0], eti_span_of(w.rows.out_size, gy, t / gx).n * eti_span_of(w.cols.out_size, gx, t % gx).n);
        }
        ets_arch_free(a);
    }
}
END_TEST

/* What a tile does in one direction, along `s[q]` of `n` spans: rows or columns that it sends, receives and fills. */
struct moves { int64_t sends, receives, fills; bool relays; };

static struct moves moves_of(const struct eti_halo_span *s, uint32_t n, uint32_t q, bool to_lower)
{
    int64_t begin = s[q].own.at, end = begin + s[q].own.n;
    struct moves m = {0, 0, 0, false};
    if (to_lower) {
        if (q > 0) m.sends = eti_max(s[q - 1].hi, (uint64_t)begin) - begin;
        m.relays = m.sends > end - begin;
        m.receives = s[q].hi - end;
        if (q == n - 1) m.fills = s[q].fill_after;
    } else {
        if (q < n - 1) m.sends = end - eti_min(s[q + 1].lo, (uint64_t)end);
        m.relays = m.sends > end - begin;
        m.receives = begin - s[q].lo;
        if (q == 0) m.fills = s[q].fill_before;
    }
    return m;
}

static const struct { enum eti_unit unit; bool vertical, to_lower; } ways[] = {
    {ETI_MESH_NORTH, true, true}, {ETI_MESH_SOUTH, true, false}, {ETI_MESH_WEST, false, true}, {ETI_MESH_EAST, false, false}};

/* Where a tile sends from, and receives, in its block; 0: it takes no part. */
static uint64_t exchanges(const struct eti_block *b, int way, uint32_t row, uint32_t col, uint32_t gx, uint32_t gy, uint64_t *bytes, uint64_t lanes)
{
    const struct eti_halo_span *y = &b->rows[row], *x = &b->cols[col];
    int64_t pitch = eti_held(x), above = (int64_t)y->own.at - y->lo + y->fill_before, left = (int64_t)x->own.at - x->lo + x->fill_before;
    struct moves m = ways[way].vertical ? moves_of(b->rows, gy, row, ways[way].to_lower) : moves_of(b->cols, gx, col, ways[way].to_lower);
    struct moves up = moves_of(b->rows, gy, row, true), down = moves_of(b->rows, gy, row, false);
    int64_t step = ways[way].vertical ? pitch : 1, across = ways[way].vertical ? x->own.n : eti_held(y);
    int64_t first = ways[way].vertical ? above * pitch + left : left, own = (ways[way].vertical ? y->own.n : x->own.n) * step;
    uint64_t sum = BEGIN;
    *bytes = (uint64_t)((m.sends > m.fills ? m.sends : m.fills) * across) * b->words * lanes;
    if (!m.sends && !m.receives && !m.fills) return 0;
    put(&sum, (uint64_t)m.sends);
    put(&sum, (uint64_t)m.receives);
    put(&sum, (uint64_t)m.fills);
    put(&sum, (uint64_t)across);
    put(&sum, (uint64_t)pitch);
    put(&sum, m.relays);
    put(&sum, y->own.n && x->own.n);
    put(&sum, (uint64_t)(ways[way].to_lower ? first : first + own - m.sends * step));
    put(&sum, (uint64_t)(ways[way].to_lower ? first + own : first - (m.receives + m.fills) * step));
    if (!ways[way].vertical && m.sends) put(&sum, (up.receives || up.fills) + 2 * (down.receives || down.fills)); /* corners */
    return sum;
}

static void assert_exchanges(const struct eti_arch *a, const struct eti_program *p, const struct eti_block *b, uint64_t at)
{
    uint32_t gx = (uint32_t)a->grid.x, gy = (uint32_t)a->grid.y;
    for (int way = 0; way < 4; way++) {
        uint64_t does[ETI_MAX_TILES], bytes[ETI_MAX_TILES], records[ETI_MAX_TILES];
        uint32_t n = 0;
        for (uint32_t t = 0; t < gx * gy; t++) does[t] = exchanges(b, way, t / gx, t % gx, gx, gy, &bytes[t], a->tile.lanes);
        for (size_t c = 0; c < p->n_commands; c++) {
            if (p->commands[c].unit != ways[way].unit) continue;
            const struct eti_command *m = &p->commands[c];
            records[n++] = m->tiles;
            ck_assert_uint_eq(m->bytes, bytes[__builtin_ctzll(m->tiles)]);
            ck_assert_uint_eq(eti_over_turns(m, m->first_cycles, m->middle_cycles, m->last_cycles),
                              m->bytes / a->tile.lanes * a->mesh.cycles_per_word + m->inner * a->mesh.latency_cycles); /* slices add up */
        }
        assert_grouped(does, gx * gy, records, n, at);
    }
}

START_TEST(borders_of_alike_tiles_are_those_of_each)
{
    uint64_t seed = 74;
    for (int k = 0; k < 3000; k++) {
        uint64_t at = seed;
        ets_arch *a = random_grid(&seed);
        ets_error err;
        struct eti_program p;
        struct eti_window_of w = {random_axis(&seed), random_axis(&seed)};
        struct eti_block b = random_block(&a->v, &w, &seed);
        eti_schedule_program(&a->v, &p, NULL);
        ASSERT_OK(eti_program_phase(&p, 0, 0, 0, &err), err);
        struct eti_emitter e = {.l = {.arch = &a->v}, .program = &p, .err = &err};
        ASSERT_OK(eti_emit_halo_of(&e, &b, small(&seed, 1, 20), test_random(&seed) % 2), err);
        assert_exchanges(&a->v, &p, &b, at);
        eti_program_free(&p);
        ets_arch_free(a);
    }
}
END_TEST

Suite *suite_shared(void);
Suite *suite_shared(void)
{
    Suite *s = suite_create("shared");
    TCase *t = tcase_create("shared");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, equal_operators_have_facts_of_their_own);
    tcase_add_test(t, repeated_layers_do_what_their_commands_do);
    tcase_add_test(t, ops_of_alike_tiles_are_those_of_each);
    tcase_add_test(t, borders_of_alike_tiles_are_those_of_each);
    suite_add_tcase(s, t);
    return s;
}
