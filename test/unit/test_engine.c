/* test_engine.c - hand-written programs: what waits mean, conservation, monotonicity, and agreement with a second engine
 * that steps every clock. */
#include "base/num.h"
#include "engine/engine.h"
#include "engine/groups.h"
#include "engine/seen.h"
#include "graph/model.h"
#include "random_graph.h"
#include "ref/plain_engine.h"
#include "schedule/schedule.h"
#include "test.h"

static struct eti_command command(enum eti_unit unit, uint64_t tiles, uint32_t inner, uint32_t outer, uint64_t cycles)
{
    struct eti_command c;
    memset(&c, 0, sizeof c);
    c.unit = unit;
    c.cause = ETS_BOUND_COMPUTE;
    c.tiles = tiles;
    c.inner = inner;
    c.outer = outer;
    c.first_cycles = c.middle_cycles = c.last_cycles = cycles;
    return c;
}

static void wait_for(struct eti_command *c, enum eti_counter counter, enum eti_advance advance, int64_t level, uint32_t step)
{
    struct eti_wait w = {level, 0, 0, step, (uint8_t)counter, (uint8_t)advance};
    c->waits[c->n_waits++] = w;
}

static void count(struct eti_command *c, enum eti_counter counter, enum eti_advance advance, uint64_t delay)
{
    struct eti_signal s = {0, delay, (uint8_t)counter, (uint8_t)advance, false};
    c->signals[c->n_signals++] = s;
}

static void start(struct eti_program *p, uint32_t n_tiles, uint32_t width)
{
    eti_program_init(p, NULL);
    p->n_tiles = n_tiles;
    p->width = width;
    p->clock_hz = 500000000;
}

static uint64_t run(const struct eti_program *p)
{
    struct eti_timeline t;
    ets_error e;
    ASSERT_OK(eti_engine_run(p, NULL, &t, &e), e);
    uint64_t cycles = t.cycles;
    eti_timeline_free(&t);
    return cycles;
}

/* A producer of `a` cycles a fill and a consumer of `b`, the FIFO holding two fills, n fills:
 * the slower one sets the pace, the other shows once. */
START_TEST(double_buffer_hides_the_faster_side)
{
    uint64_t seed = test_seed(5);
    for (int k = 0; k < 500; k++) {
        uint64_t a = test_between(&seed, 1, 50), b = test_between(&seed, 1, 50);
        uint32_t n = (uint32_t)test_between(&seed, 1, 300);
        struct eti_program p;
        start(&p, 1, 1);
        eti_program_phase(&p, 0, 0, 0, NULL);
        struct eti_command op = command(ETI_OP, 1, n, 1, b), ring = command(ETI_RING_PRODUCER, 1, n, 1, a);
        wait_for(&op, ETI_RING_READ_B, ETI_EACH_TURN, 1, 1);
        count(&op, ETI_PARAMETERS, ETI_EACH_TURN, 0);
        wait_for(&ring, ETI_PARAMETERS, ETI_EACH_TURN, -1, 1);
        count(&ring, ETI_RING_READ_B, ETI_EACH_TURN, 0);
        eti_program_add(&p, &op, NULL);
        eti_program_add(&p, &ring, NULL);
        ck_assert_uint_eq(run(&p), a + b + (n - 1) * (a > b ? a : b));
        eti_program_free(&p);
    }
}
END_TEST

/* Ready on time, not a cycle before: the waiter starts when the counter shows, its delay included. */
START_TEST(a_wait_ends_with_the_signal)
{
    struct eti_program p;
    start(&p, 2, 2);
    eti_program_phase(&p, 0, 7, 0, NULL);
    struct eti_command a = command(ETI_MESH_EAST, 1, 1, 1, 10), b = command(ETI_OP, 2, 1, 1, 5);
    count(&a, ETI_FROM_WEST, ETI_EACH_TURN, 3);
    wait_for(&b, ETI_FROM_WEST, ETI_ONCE, 1, 0);
    eti_program_add(&p, &a, NULL);
    eti_program_add(&p, &b, NULL);
    ck_assert_uint_eq(run(&p), 7 + 10 + 3 + 5);
    eti_program_free(&p);
}
END_TEST

/* A counter shows turns in the order in which they ran: value 1025 is counted without delay, but behind 1024, which shows 1000
 * cycles late. By then the times of all counts before are dropped: the last of them still counts. */
START_TEST(dropped_counts_keep_their_order)
{
    struct eti_program p;
    struct eti_timeline plain;
    ets_error e;
    start(&p, 1, 1);
    eti_program_phase(&p, 0, 0, 0, NULL);
    struct eti_cost_nest one_cycle_each = {{2000, 1, 1}, 0, {{{1, 1, 1}}}}; /* nests are not repeated at once */
    struct eti_command ring = command(ETI_RING_PRODUCER, 1, 2000, 1, 0), op = command(ETI_OP, 1, 1, 1, 5000);
    ring.n_nests = 1;
    ck_assert_int_eq(eti_program_nest(&p, &one_cycle_each, &ring.nests[0], NULL), ETS_OK);
    count(&ring, ETI_RING_READ_A, ETI_EACH_TURN, 0);
    count(&ring, ETI_RING_READ_A, ETI_EACH_TURN, 1000);
    wait_for(&op, ETI_RING_READ_A, ETI_ONCE, 1025, 0);
    eti_program_add(&p, &ring, NULL);
    eti_program_add(&p, &op, NULL);
    ck_assert_uint_eq(run(&p), 512 + 1000 + 5000);
    ASSERT_OK(plain_engine_run(&p, NULL, &plain, &e), e);
    ck_assert_uint_eq(plain.cycles, 512 + 1000 + 5000);
    eti_timeline_free(&plain);
    eti_program_free(&p);
}
END_TEST

START_TEST(a_program_that_cannot_finish_says_who_waits)
{
    struct eti_program p;
    struct eti_timeline t;
    ets_error e;
    start(&p, 1, 1);
    eti_program_phase(&p, 0, 0, 0, NULL);
    struct eti_command op = command(ETI_OP, 1, 3, 1, 5);
    wait_for(&op, ETI_RING_READ_A, ETI_EACH_TURN, 1, 1);
    eti_program_add(&p, &op, NULL);
    ASSERT_FAILS(eti_engine_run(&p, NULL, &t, &e), ETS_INTERNAL, e, "op of tile 0) waits in turn 0");
    eti_program_free(&p);
}
END_TEST

/* A random program that can finish: waits only look back at commands issued before, by turns they have. */
static void random_program(struct eti_program *p, uint64_t *seed)
{
    uint32_t n_tiles = (uint32_t)test_between(seed, 1, 4);
    start(p, n_tiles, n_tiles);
    p->issue_cycles_per_iword = test_between(seed, 0, 3);
    uint64_t n_phases = test_between(seed, 1, 3);
    for (uint64_t i = 0; i < n_phases; i++) {
        uint64_t counted[ETI_COUNTERS] = {0}; /* on every tile */
        eti_program_phase(p, (int32_t)i, test_between(seed, 0, 20), (uint32_t)test_between(seed, 0, 3), NULL);
        uint64_t n = test_between(seed, 0, 8);
        for (uint64_t k = 0; k < n; k++) {
            enum eti_unit unit = (enum eti_unit)test_between(seed, ETI_OP, ETI_WIDE_TO_NARROW);
            struct eti_command c = command(unit, (1u << n_tiles) - 1, (uint32_t)test_between(seed, 1, 4),
                                           (uint32_t)test_between(seed, 1, 3), test_between(seed, 0, 30));
            c.last_cycles = test_between(seed, 0, 30);
            c.iwords = (uint32_t)test_between(seed, 0, 5);
            if (test_random(seed) % 4 == 0) c.meter_turns = (uint32_t)test_between(seed, 1, 20);
            enum eti_counter from = (enum eti_counter)test_between(seed, ETI_AVDATA, ETI_WIDE_TO_NARROW);
            if (counted[from]) wait_for(&c, from, ETI_EACH_TURN, 1, counted[from] >= (uint64_t)c.inner * c.outer ? 1 : 0);
            if (unit != (enum eti_unit)ETI_TILE_UNITS && !counted[unit]) { /* counter `unit` belongs to this unit */
                count(&c, (enum eti_counter)unit, ETI_EACH_TURN, test_between(seed, 0, 9));
                counted[unit] += (uint64_t)c.inner * c.outer;
            }
            eti_program_add(p, &c, NULL);
        }
    }
}

/* The second opinion: every clock, every unit of every tile. Counters are plain lists of due times. */
struct live { const struct eti_command *c; uint32_t tile; uint64_t issued, turn, ends; bool running; };

static uint64_t shown(const uint64_t *due, uint64_t n, uint64_t now)
{
    uint64_t k = 0;
    while (k < n && due[k] <= now) k++;
    return k;
}

static uint64_t turn_cycles(const struct eti_command *c, uint64_t i)
{
    uint64_t n = (uint64_t)c->inner * c->outer;
    if (c->meter_turns) {
        uint64_t packets = 0;
        for (uint64_t m = 0; m < c->meter_turns; m++) packets += m * n / c->meter_turns == i; /* packet m belongs to turn */
        return packets * c->middle_cycles;
    }
    uint64_t k = i % c->inner;
    return k == 0 ? c->first_cycles : k + 1 == c->inner ? c->last_cycles : c->middle_cycles;
}

static uint64_t step_phase(const struct eti_program *p, const struct eti_phase *phase, uint64_t begin)
{
    static struct live live[64];
    static uint64_t due[ETI_COUNTERS][4][256];
    uint64_t n_due[ETI_COUNTERS][4] = {{0}}, issued = begin + phase->fence_cycles + phase->fence_iwords * p->issue_cycles_per_iword;
    uint64_t last = issued;
    size_t n = 0, left;
    issued = begin + phase->fence_cycles + phase->fence_iwords * p->issue_cycles_per_iword;
    for (uint32_t k = phase->first; k < phase->first + phase->count; k++) {
        issued += p->commands[k].iwords * p->issue_cycles_per_iword;
        for (uint32_t t = 0; t < p->n_tiles; t++) {
            struct live l = {&p->commands[k], t, issued, 0, 0, false};
            live[n++] = l;
        }
    }
    left = n;
    for (uint64_t now = begin; left; now++) {
        for (bool again = true; again;) { /* turns of no cycles may release others in the same clock */
            again = false;
            for (size_t i = 0; i < n; i++) {
                struct live *l = &live[i];
                uint64_t turns = (uint64_t)l->c->inner * l->c->outer;
                if (l->turn == turns) continue;
                if (!l->running) {
                    bool first = now >= l->issued;
                    for (size_t k = 0; k < i; k++)
                        first &= !(live[k].c->unit == l->c->unit && live[k].tile == l->tile &&
                                   live[k].turn < (uint64_t)live[k].c->inner * live[k].c->outer);
                    for (uint32_t k = 0; k < l->c->n_waits; k++) {
                        const struct eti_wait *w = &l->c->waits[k];
                        int64_t need = w->level + (int64_t)(l->turn * w->step);
                        first &= need <= (int64_t)shown(due[w->counter][l->tile], n_due[w->counter][l->tile], now);
                    }
                    if (!first) continue;
                    l->running = true;
                    l->ends = now + turn_cycles(l->c, l->turn);
                }
                if (l->ends > now) continue;
                for (uint32_t k = 0; k < l->c->n_signals; k++) {
                    enum eti_counter counter = l->c->signals[k].counter;
                    due[counter][l->tile][n_due[counter][l->tile]++] = now + l->c->signals[k].delay_cycles;
                }
                l->running = false;
                last = now > last ? now : last;
                left -= ++l->turn == turns;
                again = true;
            }
        }
    }
    return last;
}

START_TEST(engine_equals_the_one_that_steps_every_clock)
{
    uint64_t seed = test_seed(6);
    for (int k = 0; k < 1500; k++) {
        struct eti_program p;
        random_program(&p, &seed);
        uint64_t at = 0;
        for (size_t i = 0; i < p.n_phases; i++) at = step_phase(&p, &p.phases[i], at);
        ck_assert_uint_eq(run(&p), at);
        eti_program_free(&p);
    }
}
END_TEST

/* Every integer of the timeline equals that of the engine that runs each tile and each turn. */
static void assert_same_as_plain(const struct eti_program *p, uint64_t seed)
{
    struct eti_timeline a, b;
    ets_error e;
    ASSERT_OK(eti_engine_run(p, NULL, &a, &e), e);
    ASSERT_OK(plain_engine_run(p, NULL, &b, &e), e);
    for (size_t i = 0; i < a.n_phases; i++)
        ck_assert_msg(memcmp(&a.phases[i], &b.phases[i], sizeof a.phases[i]) == 0, "seed %llu, phase %zu: %llu .. %llu, but %llu .. %llu",
                      (unsigned long long)seed, i, (unsigned long long)a.phases[i].start_cycle, (unsigned long long)a.phases[i].end_cycle,
                      (unsigned long long)b.phases[i].start_cycle, (unsigned long long)b.phases[i].end_cycle);
    for (int u = 0; u < ETI_UNITS; u++)
        ck_assert_msg(memcmp(&a.units[u], &b.units[u], sizeof a.units[u]) == 0, "seed %llu, %s: busy %llu, stalled %llu, but %llu, %llu",
                      (unsigned long long)seed, eti_unit_name((enum eti_unit)u), (unsigned long long)a.units[u].busy_cycles,
                      (unsigned long long)a.units[u].stalled_cycles, (unsigned long long)b.units[u].busy_cycles, (unsigned long long)b.units[u].stalled_cycles);
    ck_assert_uint_eq(a.cycles, b.cycles);
    ck_assert_uint_eq(a.link_free_cycle, b.link_free_cycle);
    ck_assert_uint_eq(a.link_ahead_cycle, b.link_ahead_cycle);
    eti_timeline_free(&a);
    eti_timeline_free(&b);
}

/* Who counts a counter: 1 + unit and tile, of several the last one; how often it counts in all. */
struct counted { uint32_t by; bool by_several; uint64_t times; };

/* The mesh's counters have a source each, as they have a side each. */
static void note_signal(struct counted counted[ETI_COUNTERS][64], const struct eti_command *c, const struct eti_signal *s, uint32_t tile)
{
    uint64_t at = s->counter >= ETI_TILE_COUNTERS ? 1 : s->tiles ? s->tiles : (uint64_t)1 << tile;
    for (; at && !eti_is_from_mesh((enum eti_counter)s->counter); at &= at - 1) {
        struct counted *x = &counted[s->counter][__builtin_ctzll(at)];
        uint32_t by = 1 + c->unit * 64u + tile;
        x->by_several |= x->by && x->by != by;
        x->by = by;
        x->times += s->advance == ETI_ONCE ? 1 : s->advance == ETI_EACH_GROUP ? c->outer : (uint64_t)c->inner * c->outer;
    }
}

/* Of what several units count at once, which comes first is not said (program.h), and engines may differ: who waits has to wait for all. */
static void assert_keeps_to_contract(const struct eti_program *p, const struct eti_phase *phase, uint64_t seed)
{
    struct counted counted[ETI_COUNTERS][64] = {{{0, false, 0}}};
    const struct eti_command *end = p->commands + phase->first + phase->count;
    for (const struct eti_command *c = p->commands + phase->first; c < end; c++)
        for (uint32_t i = 0; i < c->n_signals; i++)
            for (uint64_t tiles = c->tiles; tiles; tiles &= tiles - 1) note_signal(counted, c, &c->signals[i], (uint32_t)__builtin_ctzll(tiles));
    for (const struct eti_command *c = p->commands + phase->first; c < end; c++)
        for (const struct eti_wait *w = c->waits; w < c->waits + c->n_waits; w++)
            for (uint64_t at = w->counter >= ETI_TILE_COUNTERS ? 1 : w->tiles ? w->tiles : c->tiles; at; at &= at - 1) {
                const struct counted *x = &counted[w->counter][__builtin_ctzll(at)];
                ck_assert_msg(!x->by_several || (w->advance == ETI_ONCE && w->level >= 0 && (uint64_t)w->level >= x->times && !w->most),
                              "seed %llu: %s waits for a part of what several units count at once", (unsigned long long)seed,
                              eti_unit_name((enum eti_unit)c->unit));
            }
}

static void assert_random_same_as_plain(const struct eti_program *p, uint64_t seed)
{
    for (size_t i = 0; i < p->n_phases; i++) assert_keeps_to_contract(p, &p->phases[i], seed);
    assert_same_as_plain(p, seed);
}

START_TEST(shortcuts_change_no_integer)
{
    uint64_t seed = test_seed(61);
    for (int k = 0; k < 1500; k++) {
        struct eti_program p;
        uint64_t at = seed;
        random_program(&p, &seed);
        for (size_t i = 0; i < p.n_commands; i++) /* on some of the tiles only: those that wait for them are dropped */
            if (!p.commands[i].n_signals) p.commands[i].tiles &= 1 + test_random(&seed) % ((1u << p.n_tiles) - 1);
        p.start_cycle = test_between(&seed, 0, 50);
        assert_random_same_as_plain(&p, at);
        eti_program_free(&p);
    }
    for (int machine = 0; machine < 20; machine++) {
        ets_arch *a = test_random_machine(&seed);
        for (int k = 0; k < 12; k++) {
            uint64_t at = seed;
            ets_model *m = test_random_graph(&seed, 12);
            struct eti_schedule s;
            ets_error e;
            ASSERT_OK(eti_schedule_make(&a->v, m->graph, false, NULL, &s, &e), e);
            s.program.start_cycle = test_random(&seed) % 2 ? test_between(&seed, 0, 100000) : 0;
            assert_same_as_plain(&s.program, at);
            eti_schedule_free(&s);
            ets_model_free(m);
        }
        ets_arch_free(a);
    }
}
END_TEST

/* --- pipelines: what steady.c skips. Stages hand on `turns` pieces each, with room for some between two of them; then come
 * commands that wait once for what a stage has done, behind others on their unit. --- */
enum { STAGES = 5 };
struct pipeline {
    uint32_t n_tiles, n_stages, turns;
    enum eti_unit unit[STAGES];
    uint64_t depth[STAGES]; /* pieces that stage i may be ahead of stage i + 1 */
    uint32_t counts_on_core; /* this stage counts a counter of the core, too: on every tile */
    uint32_t grouped;        /* this stage counts its groups, too: the one before it is at most `lag` of them ahead */
    uint32_t inner;          /* of these two */
    uint64_t lag;
};

static enum eti_counter counter_of_stage(uint32_t i) { return (enum eti_counter)(ETI_AVDATA + i); }
static uint64_t all_tiles(const struct pipeline *l) { return ((uint64_t)1 << l->n_tiles) - 1; }

/* Some cycles: even, or others at the ends of a group, or packets by the meter. */
static void random_cost(struct eti_command *c, uint64_t *seed)
{
    c->first_cycles = c->middle_cycles = c->last_cycles = test_between(seed, 0, 60);
    if (test_random(seed) % 3 == 0) c->first_cycles = test_between(seed, 0, 400);
    if (test_random(seed) % 4 == 0) c->last_cycles = test_between(seed, 0, 60);
    if (test_random(seed) % 5 == 0) c->meter_turns = (uint32_t)test_between(seed, 1, 900);
    if (c->unit == ETI_OP) { /* also where all turns take equally long */
        uint64_t some = test_random(seed);
        c->middle_psum = c->middle_cycles / 3;
        c->first_psum = some & 1 ? c->first_cycles / 3 : 0;
        c->last_psum = some & 2 ? c->last_cycles / 3 : 0;
    }
    c->cause = (enum ets_bound)test_between(seed, ETS_BOUND_COMPUTE, ETS_BOUND_SYNC);
    c->iwords = (uint32_t)test_between(seed, 0, 5);
}

/* `turns` as inner x outer. */
static void random_loops(struct eti_command *c, uint32_t turns, uint64_t *seed)
{
    uint32_t inner = (uint32_t)test_between(seed, 1, turns < 30 ? turns : 30);
    c->inner = turns % inner ? 1 : inner;
    c->outer = turns / c->inner;
}

static void link_stage(struct eti_command *c, const struct pipeline *l, uint32_t i, uint64_t *seed)
{
    uint64_t there = c->unit < ETI_TILE_UNITS ? 0 : all_tiles(l); /* of a unit that exists once */
    if (i && test_random(seed) % 4 == 0) { /* some of a group's pieces, before it begins */
        uint64_t most = c->inner < l->depth[i - 1] ? c->inner : l->depth[i - 1];
        wait_for(c, counter_of_stage(i - 1), ETI_EACH_GROUP, (int64_t)test_between(seed, 1, most), c->inner);
        c->waits[c->n_waits - 1].tiles = there;
    } else if (i) {
        wait_for(c, counter_of_stage(i - 1), ETI_EACH_TURN, 1, 1);
        c->waits[c->n_waits - 1].tiles = there;
    }
    if (i + 1 < l->n_stages) {
        wait_for(c, counter_of_stage(i + 1), ETI_EACH_TURN, 1 - (int64_t)l->depth[i], 1);
        c->waits[c->n_waits - 1].tiles = there;
        if (test_random(seed) % 8 == 0) c->waits[c->n_waits - 1].most = (int64_t)test_between(seed, 1, l->turns);
    }
    count(c, counter_of_stage(i), ETI_EACH_TURN, test_between(seed, 0, 90));
    c->signals[c->n_signals - 1].tiles = there;
    if (i == l->counts_on_core) count(c, ETI_PRODUCED_A, ETI_EACH_TURN, 0);
    if (i == l->grouped) {
        count(c, ETI_SCALING, ETI_EACH_GROUP, test_between(seed, 0, 90));
        c->signals[c->n_signals - 1].tiles = there;
    }
    if (i + 1 == l->grouped) {
        wait_for(c, ETI_SCALING, ETI_EACH_GROUP, 1 - (int64_t)l->lag, 1);
        c->waits[c->n_waits - 1].tiles = there;
    }
}

/* A stage is a command; one of a tile's unit may be two, each on some of the tiles and of its own cost. */
static void add_stage(struct eti_program *p, const struct pipeline *l, uint32_t i, uint64_t *seed)
{
    struct eti_command c = command(l->unit[i], l->unit[i] < ETI_TILE_UNITS ? all_tiles(l) : 1, 1, 1, 0);
    uint64_t some = test_random(seed) & all_tiles(l);
    random_cost(&c, seed);
    random_loops(&c, l->turns, seed);
    if (i == l->grouped || i + 1 == l->grouped) {
        c.inner = l->inner;
        c.outer = l->turns / l->inner;
    }
    link_stage(&c, l, i, seed);
    c.runs_ahead = c.unit == ETI_LINK_IN && test_random(seed) % 2;
    if (c.unit < ETI_TILE_UNITS && some && some != c.tiles) {
        struct eti_command other = c;
        other.tiles = some;
        c.tiles &= ~some;
        random_cost(&other, seed);
        other.cause = c.cause; /* of counters that are reached at once, no one is the reason */
        eti_program_add(p, &other, NULL);
    }
    eti_program_add(p, &c, NULL);
}

/* Stages are on units of their own; what follows waits once. */
static void random_pipeline(struct eti_program *p, uint64_t *seed)
{
    static const enum eti_unit units[] = {ETI_LINK_IN, ETI_INFEED, ETI_RING_CONSUMER_0, ETI_WIDE_TO_NARROW, ETI_OP, ETI_SCALAR,
                                          ETI_RING_PRODUCER, ETI_LINK_OUT};
    struct pipeline l = {(uint32_t)test_between(seed, 1, 4), (uint32_t)test_between(seed, 1, STAGES), (uint32_t)test_between(seed, 1, 700), {0}, {0},
                         (uint32_t)test_between(seed, 0, 2 * STAGES), (uint32_t)test_between(seed, 1, 2 * STAGES), (uint32_t)test_between(seed, 1, 30),
                         test_between(seed, 1, 3)};
    if (l.grouped < l.n_stages) l.turns = l.inner * (uint32_t)test_between(seed, 1, 25);
    else l.grouped = 2 * STAGES; /* none */
    if (l.grouped == l.counts_on_core) l.counts_on_core = STAGES;
    uint32_t shift = (uint32_t)test_between(seed, 0, 7);
    eti_program_phase(p, 0, test_between(seed, 0, 20), (uint32_t)test_between(seed, 0, 3), NULL);
    for (uint32_t i = 0; i < l.n_stages; i++) {
        l.unit[i] = units[(i * 3 + shift) % 8];
        l.depth[i] = test_random(seed) % 3 ? test_between(seed, 1, 4) : test_between(seed, 1, 800);
    }
    for (uint32_t i = 0; i < l.n_stages; i++) add_stage(p, &l, i, seed);
    for (uint64_t k = test_between(seed, 0, 3); k; k--) {
        enum eti_unit unit = units[test_between(seed, 0, 7)];
        uint32_t behind = (uint32_t)test_between(seed, 0, l.n_stages - 1);
        struct eti_command c = command(unit, unit < ETI_TILE_UNITS ? all_tiles(&l) : 1, 1, 1, 0);
        random_cost(&c, seed);
        random_loops(&c, (uint32_t)test_between(seed, 1, 900), seed);
        wait_for(&c, counter_of_stage(behind), ETI_ONCE, (int64_t)test_between(seed, 1, l.turns), 0);
        c.waits[0].tiles = unit < ETI_TILE_UNITS ? 0 : all_tiles(&l);
        if (l.counts_on_core < l.n_stages && test_random(seed) % 2) { /* for all of them */
            c.waits[0].counter = ETI_PRODUCED_A;
            c.waits[0].level = (int64_t)l.turns * (l.unit[l.counts_on_core] < ETI_TILE_UNITS ? l.n_tiles : 1);
        }
        if (unit < ETI_TILE_UNITS && test_random(seed) % 4 == 0) c.tiles = 1; /* on one tile, whatever others do */
        eti_program_add(p, &c, NULL);
    }
}

START_TEST(repetitions_change_no_integer)
{
    uint64_t seed = test_seed(7);
    for (int k = 0; k < 3000; k++) {
        struct eti_program p;
        uint64_t at = seed;
        uint32_t n_tiles = 4; /* a pipeline uses some of them */
        start(&p, n_tiles, n_tiles);
        p.issue_cycles_per_iword = test_between(&seed, 0, 3);
        p.start_cycle = test_random(&seed) % 2 ? test_between(&seed, 0, 5000) : 0;
        random_pipeline(&p, &seed);
        random_pipeline(&p, &seed);
        eti_program_repeat(&p, 0, 1, NULL); /* the first again: not run, but what its link does still counts for the next */
        random_pipeline(&p, &seed);
        assert_random_same_as_plain(&p, at);
        eti_program_free(&p);
    }
}
END_TEST

/* --- borders: ops that finish groups, and mesh units that send each of them on: north and south first, then west and east, which wait
 * for what came. Some lie next to the edge and fill it themselves. --- */
struct grid { uint32_t width, height, turns; uint64_t fed[4]; /* tiles that are sent something from the north, south, west, east */ };

static uint64_t tiles_of_column(const struct grid *g, uint32_t x)
{
    uint64_t mask = 0;
    for (uint32_t y = 0; y < g->height; y++) mask |= (uint64_t)1 << (y * g->width + x);
    return mask;
}

/* Those of `tiles` that have a neighbour where the unit sends to; `*at`: these. */
static uint64_t that_send(const struct grid *g, enum eti_unit unit, uint64_t tiles, uint64_t *at)
{
    uint64_t all = ((uint64_t)1 << g->width * g->height) - 1;
    *at = unit == ETI_MESH_SOUTH ? tiles << g->width & all : unit == ETI_MESH_NORTH ? tiles >> g->width :
          unit == ETI_MESH_WEST ? (tiles & ~tiles_of_column(g, 0)) >> 1 : (tiles & ~tiles_of_column(g, g->width - 1)) << 1;
    return unit == ETI_MESH_SOUTH ? *at >> g->width : unit == ETI_MESH_NORTH ? *at << g->width & all : unit == ETI_MESH_WEST ? *at << 1 : *at >> 1;
}

/* `odd`: it does something that programs of networks do not do. */
static void add_sends(struct eti_program *p, struct grid *g, enum eti_unit unit, uint64_t tiles, uint64_t cycles, bool odd, uint64_t *seed)
{
    static const enum eti_counter counted[4] = {ETI_FROM_NORTH, ETI_FROM_EAST, ETI_FROM_SOUTH, ETI_FROM_WEST};
    enum eti_counter counter = counted[unit - ETI_MESH_SOUTH];
    uint64_t at, sends = that_send(g, unit, tiles, &at);
    struct eti_command c = command(unit, sends, g->turns, 1, cycles);
    c.cause = ETS_BOUND_HALO;
    c.iwords = (uint32_t)test_between(seed, 0, 9);
    if (test_random(seed) % 4) wait_for(&c, ETI_AVDATA, ETI_EACH_TURN, (int64_t)test_between(seed, 0, 1), 1);
    if (c.n_waits && test_random(seed) % 2) c.waits[0].most = (int64_t)test_between(seed, 1, g->turns);
    bool across = unit == ETI_MESH_WEST || unit == ETI_MESH_EAST;
    for (int k = 0; k < 2 && across; k++)
        if (!(sends & ~g->fed[k]) && test_random(seed) % 4) wait_for(&c, (enum eti_counter)(ETI_FROM_NORTH + k), ETI_EACH_TURN, 1, 1);
    count(&c, counter, ETI_EACH_TURN, odd ? test_between(seed, 0, 30) : 0);
    uint64_t inner; /* tiles that have a neighbour who may send to them: a counter has one source */
    that_send(g, unit, ((uint64_t)1 << p->n_tiles) - 1, &inner);
    if (!(sends & inner) && test_random(seed) % 2) {
        count(&c, counter, ETI_EACH_TURN, 0);
        c.signals[1].here = true;
        g->fed[counter - ETI_FROM_NORTH] |= sends;
    }
    if (odd && test_random(seed) % 3 == 0) c.last_cycles += 7;
    g->fed[counter - ETI_FROM_NORTH] |= at;
    if (sends) eti_program_add(p, &c, NULL);
    struct eti_command edge = command(unit, tiles & ~sends, 1, g->turns, 5);
    edge.cause = ETS_BOUND_HALO;
    if (edge.tiles) eti_program_add(p, &edge, NULL);
}

static void random_borders(struct eti_program *p, uint64_t *seed)
{
    static const enum eti_unit order[4] = {ETI_MESH_NORTH, ETI_MESH_SOUTH, ETI_MESH_WEST, ETI_MESH_EAST};
    struct grid g = {p->width, p->n_tiles / p->width, (uint32_t)test_between(seed, 1, test_random(seed) % 10 ? 150 : 3000), {0}};
    uint64_t all = ((uint64_t)1 << p->n_tiles) - 1, of_first = test_random(seed) & all, odd = test_random(seed) % 3 ? 0 : test_random(seed);
    eti_program_phase(p, 0, test_between(seed, 0, 20), (uint32_t)test_between(seed, 0, 3), NULL);
    for (int k = 0; k < 2; k++) {
        struct eti_command op = command(ETI_OP, k ? all & ~of_first : of_first, 1, g.turns, test_between(seed, 1, 30));
        count(&op, ETI_AVDATA, ETI_EACH_TURN, 0);
        op.iwords = 3;
        if (op.tiles) eti_program_add(p, &op, NULL);
    }
    for (int k = 0; k < 4; k++) {
        enum eti_unit unit = order[odd >> 8 & 1 ? 3 - k : k];
        uint64_t first = test_random(seed) & all;
        for (int part = 0; part < 2; part++)
            add_sends(p, &g, unit, part ? all & ~first : first, 10 * test_between(seed, 0, 3), (odd >> (2 * k + part) & 1) != 0, seed);
        if (odd >> 9 & 1) add_sends(p, &g, unit, test_random(seed) & all, 3, false, seed); /* behind another on its unit */
    }
}

/* Mesh units are run once for all that wait for the same times. */
START_TEST(borders_change_no_integer)
{
    uint64_t seed = test_seed(17);
    for (int k = 0; k < 3000; k++) {
        struct eti_program p;
        uint64_t at = seed;
        uint32_t width = (uint32_t)test_between(&seed, 1, 4), height = (uint32_t)test_between(&seed, 1, 4);
        start(&p, width * height, width);
        p.issue_cycles_per_iword = test_between(&seed, 0, 3);
        random_borders(&p, &seed);
        random_borders(&p, &seed);
        assert_random_same_as_plain(&p, at);
        eti_program_free(&p);
    }
}
END_TEST

/* A stage that takes several pieces a turn, from one that makes them one by one, before one that takes its results one by one. */
START_TEST(turns_of_several_pieces_change_no_integer)
{
    static const enum eti_unit units[] = {ETI_RING_PRODUCER, ETI_WIDE_TO_NARROW, ETI_OP, ETI_NARROW_TO_WIDE, ETI_RING_CONSUMER_0};
    uint64_t seed = test_seed(19);
    for (int k = 0; k < 600; k++) {
        struct eti_program p;
        uint64_t at = seed;
        uint32_t pieces = (uint32_t)test_between(&seed, 2, 5), turns = (uint32_t)test_between(&seed, 1, 150), shift = (uint32_t)test_between(&seed, 0, 4);
        start(&p, 2, 2);
        eti_program_phase(&p, 0, 0, 0, NULL);
        struct eti_command makes = command(units[shift], 3, 1, turns * pieces, test_between(&seed, 0, 40));
        struct eti_command takes = command(units[(shift + 1) % 5], 3, 1, turns, test_between(&seed, 0, 120));
        struct eti_command last = command(units[(shift + 2) % 5], 3, 1, turns, test_between(&seed, 0, 120));
        count(&makes, ETI_AVDATA, ETI_EACH_TURN, test_between(&seed, 0, 50));
        wait_for(&takes, ETI_AVDATA, ETI_EACH_TURN, (int64_t)test_between(&seed, 1, pieces), pieces);
        count(&takes, ETI_PARAMETERS, ETI_EACH_TURN, 0);
        wait_for(&last, ETI_PARAMETERS, ETI_EACH_TURN, 1, 1);
        eti_program_add(&p, &makes, NULL);
        eti_program_add(&p, &takes, NULL);
        eti_program_add(&p, &last, NULL);
        assert_random_same_as_plain(&p, at);
        eti_program_free(&p);
    }
}
END_TEST

/* --- what ring consumers pass on: ops free buffers, on each tile a consumer says so to the one that fills them. Most of these consumers
 * need not be run; each of those that have to differs from them in one thing. --- */
static void random_consumer(struct eti_command *c, uint64_t *seed, uint32_t turns, uint64_t tiles)
{
    uint64_t odd = test_between(seed, 0, 24);
    int64_t ahead = (int64_t)test_between(seed, 1, 4);
    *c = command(test_random(seed) % 2 ? ETI_RING_CONSUMER_0 : ETI_RING_CONSUMER_1, tiles, 1, turns, odd == 0);
    random_loops(c, turns, seed);
    if (odd == 1) c->last_cycles = 3;
    wait_for(c, ETI_PARAMETERS, odd == 2 ? ETI_EACH_GROUP : ETI_EACH_TURN, odd == 3 ? 1 : 1 - ahead, odd == 4 ? 2 : 1);
    if (odd == 5) c->waits[0].most = (int64_t)test_between(seed, 1, turns);
    if (odd == 6) c->waits[0].tiles = 1;
    if (odd == 7) wait_for(c, ETI_RING_READ_A, ETI_EACH_TURN, -1, 1);
    count(c, ETI_ROOM_0, odd == 8 ? ETI_EACH_GROUP : ETI_EACH_TURN, odd == 9 ? 7 : 0);
    if (odd == 10) { /* one for all */
        c->tiles = 1;
        c->signals[0].tiles = test_random(seed) % 2 ? tiles : tiles & ~(uint64_t)1;
    }
    if (odd == 12) c->tiles &= 5;
    if (odd == 13) { /* more than there are */
        c->inner = 1;
        c->outer = turns + (uint32_t)test_between(seed, 1, 8);
    }
    if (odd == 11) count(c, ETI_ROOM_1, ETI_EACH_TURN, 0);
    c->cause = (enum ets_bound)test_between(seed, ETS_BOUND_COMPUTE, ETS_BOUND_SYNC);
    c->iwords = (uint32_t)test_between(seed, 0, 300);
}

/* Fills buffers on all tiles, or on the first. */
static struct eti_command random_filler(uint64_t *seed, uint32_t turns, uint64_t tiles)
{
    static const enum eti_unit fillers[] = {ETI_INFEED, ETI_RING_PRODUCER, ETI_LINK_IN, ETI_WIDE_TO_NARROW, ETI_RING_CONSUMER_0, ETI_OP};
    uint64_t odd = test_between(seed, 0, 14);
    enum eti_unit unit = fillers[test_between(seed, 0, odd == 0 ? 5 : 2)];
    struct eti_command c = command(unit, unit == ETI_RING_PRODUCER || unit >= ETI_TILE_UNITS ? 1 : tiles, 1, turns, 0);
    uint64_t there = c.tiles == tiles ? 0 : odd == 1 ? 1 : tiles;
    random_cost(&c, seed);
    random_loops(&c, turns, seed);
    if (odd == 2) { /* room for a whole group at once */
        wait_for(&c, ETI_ROOM_0, ETI_EACH_GROUP, c.inner, c.inner);
    } else {
        wait_for(&c, ETI_ROOM_0, ETI_EACH_TURN, odd == 3 ? 2 : 1 - (int64_t)test_between(seed, 0, 2), odd == 4 ? 2 : 1);
    }
    c.waits[0].tiles = there;
    if (odd == 5) c.waits[0].most = (int64_t)test_between(seed, 1, turns);
    count(&c, ETI_RING_READ_A, ETI_EACH_TURN, test_between(seed, 0, 90));
    c.signals[0].tiles = there;
    c.runs_ahead = unit == ETI_LINK_IN && test_random(seed) % 2;
    return c;
}

static void random_ring(struct eti_program *p, uint64_t *seed)
{
    uint32_t turns = (uint32_t)test_between(seed, 1, 400), n = 0;
    uint64_t tiles = test_random(seed) % 4 ? 15 : 7, some = test_random(seed) & tiles;
    struct eti_command commands[6];
    random_consumer(&commands[n++], seed, turns, tiles);
    if (test_random(seed) % 8 == 0) { /* one more on its unit */
        uint64_t on = test_random(seed) % 2 ? 1 : tiles;
        commands[n++] = command((enum eti_unit)commands[0].unit, on, 1, 1, test_between(seed, 0, 90));
    }
    for (int k = 0; k < 2; k++) { /* an op of one kind here, of another there */
        commands[n] = command(ETI_OP, k ? some : tiles & ~some, 1, 1, 0);
        random_cost(&commands[n], seed);
        random_loops(&commands[n], turns, seed);
        wait_for(&commands[n], ETI_RING_READ_A, ETI_EACH_TURN, 1, 1);
        count(&commands[n], ETI_PARAMETERS, ETI_EACH_TURN, test_random(seed) % 4 ? 0 : test_between(seed, 0, 90));
        commands[n].cause = ETS_BOUND_COMPUTE;
        n += commands[n].tiles != 0;
    }
    commands[n++] = random_filler(seed, turns, tiles);
    uint64_t order = test_between(seed, 0, 9);
    for (uint32_t k = 0; k < n; k++) eti_program_add(p, &commands[order ? k : n - 1 - k], NULL);
    if (test_random(seed) % 16 == 0) { /* a border of what was handed on */
        struct eti_command mesh = command(ETI_MESH_EAST, tiles & 7, (uint32_t)test_between(seed, 1, turns), 1, test_between(seed, 0, 90));
        wait_for(&mesh, test_random(seed) % 3 ? ETI_ROOM_0 : ETI_PARAMETERS, ETI_EACH_TURN, (int64_t)test_between(seed, 0, 1), 1);
        count(&mesh, ETI_FROM_WEST, ETI_EACH_TURN, 0);
        eti_program_add(p, &mesh, NULL);
    }
    if (commands[0].n_signals == 1 && test_random(seed) % 3) return;
    static const enum eti_unit others[] = {ETI_OUTFEED, ETI_OP, ETI_RING_CONSUMER_0, ETI_RING_CONSUMER_1};
    struct eti_command last = command(others[test_random(seed) % 4], 1, 1, 1, test_between(seed, 0, 90));
    wait_for(&last, commands[0].n_signals == 1 ? ETI_ROOM_0 : ETI_ROOM_1, ETI_ONCE, (int64_t)test_between(seed, 1, turns), 0);
    last.waits[0].tiles = tiles;
    if (last.unit == ETI_RING_CONSUMER_0 || last.unit == ETI_RING_CONSUMER_1) { /* passes on what is passed on */
        last = command(last.unit, tiles, 1, turns, 0);
        wait_for(&last, ETI_ROOM_0, ETI_EACH_TURN, -1, 1);
        count(&last, commands[0].n_signals == 1 ? ETI_ROOM_1 : ETI_RING_READ_B, ETI_EACH_TURN, 0);
    }
    eti_program_add(p, &last, NULL);
}

START_TEST(consumers_change_no_integer)
{
    uint64_t seed = test_seed(5);
    int n_run = 0, n_stuck = 0;
    for (int k = 0; k < 6000; k++) {
        struct eti_program p;
        struct eti_timeline t;
        uint64_t at = seed;
        start(&p, 4, 4);
        p.issue_cycles_per_iword = test_between(&seed, 0, 3);
        p.start_cycle = test_random(&seed) % 2 ? test_between(&seed, 0, 5000) : 0;
        eti_program_phase(&p, 0, test_between(&seed, 0, 20), 1, NULL);
        random_ring(&p, &seed);
        bool runs = plain_engine_run(&p, NULL, &t, NULL) == ETS_OK;
        if (runs) {
            eti_timeline_free(&t);
            assert_random_same_as_plain(&p, at);
        } else {
            ck_assert_int_eq(eti_engine_run(&p, NULL, &t, NULL), ETS_INTERNAL);
        }
        n_run += runs;
        n_stuck += !runs;
        eti_program_free(&p);
    }
    ck_assert_msg(n_run > 3800 && n_stuck > 500, "%d ran, %d did not", n_run, n_stuck);
}
END_TEST

/* More phases than are remembered: whichever are repeated, they take what they took. */
START_TEST(phases_that_were_forgotten_are_run_again)
{
    struct eti_program p;
    start(&p, 4, 4);
    for (uint32_t i = 0; i < 3 * ETI_SEEN_PHASES / 2; i++) {
        struct eti_command op = command(ETI_OP, 15, 1, 1 + i % 7, 10 + i);
        eti_program_phase(&p, (int32_t)i, i % 3, 1, NULL);
        eti_program_add(&p, &op, NULL);
        for (uint32_t k = 0; k < 3; k++) eti_program_repeat(&p, p.phases[i * (2 * k + 1) / 5].same, (int32_t)i, NULL);
    }
    assert_same_as_plain(&p, 0);
    eti_program_free(&p);
}
END_TEST

/* The first phase once more; some of its commands are longer or shorter to issue. */
static void add_issued_otherwise(struct eti_program *p, uint64_t *seed)
{
    uint32_t first = p->phases[0].first, count = p->phases[0].count;
    uint64_t one_in = test_between(seed, 1, 6);
    ets_error e;
    ASSERT_OK(eti_program_phase(p, 1, p->phases[0].fence_cycles, p->phases[0].fence_iwords, &e), e);
    for (uint32_t k = first; k < first + count; k++) {
        struct eti_command c = p->commands[k];
        if (test_random(seed) % one_in == 0) c.iwords = (uint32_t)test_between(seed, 0, test_random(seed) % 4 ? 2 * c.iwords + 3 : 900);
        ASSERT_OK(eti_program_add(p, &c, &e), e);
    }
}

/* --- layers: ops of several kinds, mostly such that one is the slowest, whose fills all come at the same time, and movers of their scales.
 * Those that are not the slowest need not be run, but for layers that differ in one thing. --- */
static void random_kind(struct eti_command *op, uint64_t *seed)
{
    uint64_t most = op->middle_cycles;
    op->middle_cycles = test_random(seed) % 8 ? test_between(seed, test_random(seed) % 2 ? most - most / 10 : 0, most) : most + test_between(seed, 0, 9);
    op->first_cycles = test_random(seed) % 3 ? op->middle_cycles : eti_min(op->first_cycles, test_between(seed, 0, 2 * op->middle_cycles));
    op->last_cycles = test_random(seed) % 3 ? op->middle_cycles : eti_min(op->last_cycles, test_between(seed, 0, 2 * op->middle_cycles));
    op->middle_psum = op->middle_cycles / 3;
    op->iwords = (uint32_t)test_between(seed, 0, test_random(seed) % 4 ? 20 : 300);
}

static struct eti_command random_mover(struct eti_program *p, uint32_t inner, uint32_t outer, uint64_t tiles, uint64_t odd, uint64_t *seed)
{
    struct eti_command c = command(ETI_WIDE_TO_NARROW, tiles, 1, outer, test_between(seed, 0, 60));
    wait_for(&c, ETI_RING_READ_A, test_random(seed) % 2 ? ETI_EACH_GROUP : ETI_EACH_TURN, 1, inner);
    wait_for(&c, ETI_AVDATA, test_random(seed) % 2 ? ETI_EACH_GROUP : ETI_EACH_TURN, odd == 1 ? 1 : -(int64_t)test_between(seed, 0, 2), 1);
    count(&c, ETI_SCALING, ETI_EACH_TURN, odd == 2 ? test_between(seed, 1, 40) : 0);
    c.cause = ETS_BOUND_WEIGHTS;
    c.iwords = (uint32_t)test_between(seed, 0, 9);
    if (odd == 25) c.n_waits--; /* as many ops count at once, no one can wait for some of that */
    if (odd == 3) c.last_cycles = c.first_cycles + 9;
    if (odd == 4) c.tiles &= 5;
    if (odd == 5 || odd == 28) { /* in groups */
        c.inner = outer;
        c.outer = 1;
    }
    if (odd == 5) count(&c, ETI_WIDE_TO_NARROW_DONE, ETI_EACH_GROUP, 0);
    if (odd == 27) wait_for(&c, ETI_ROOM_0, ETI_EACH_TURN, (int64_t)test_between(seed, 0, 1), 1);
    if (odd == 22) c.meter_turns = (uint32_t)test_between(seed, 1, 900);
    if (odd == 23) {
        struct eti_cost_nest nest = {{outer, 1, 1}, 0, {{{9, 7, 80}}}};
        c.n_nests = 1;
        eti_program_nest(p, &nest, &c.nests[0], NULL);
    }
    if (odd == 29) c.signals[0].advance = ETI_EACH_GROUP;
    if (odd == 6) c.waits[0].most = (int64_t)test_between(seed, 1, (uint64_t)inner * outer);
    return c;
}

static void add_ops(struct eti_program *p, struct eti_command op, uint64_t odd, uint64_t *seed)
{
    uint64_t left = op.tiles;
    for (uint64_t kinds = test_between(seed, 1, 4); left; kinds--) {
        op.tiles = kinds == 1 ? left : left & (test_random(seed) | (left & -left));
        if (odd == 25) op.tiles = left & -left;
        if (odd == 7 && !(op.tiles & 1)) op.cause = ETS_BOUND_MOVE;
        if (odd == 8 && !(op.tiles & 1)) op.waits[0].step = 0;
        eti_program_add(p, &op, NULL);
        left &= ~op.tiles;
        if (kinds > 1) random_kind(&op, seed);
        if (kinds == 1 && odd != 25) break;
    }
    if (odd == 9) { /* one more behind some */
        op.n_waits = op.n_signals = 0;
        op.tiles = 3;
        count(&op, ETI_WIDE_TO_NARROW_DONE, ETI_EACH_TURN, 0);
        wait_for(&op, ETI_RING_READ_B, ETI_ONCE, 1, 0);
        eti_program_add(p, &op, NULL);
    }
}

/* A command that waits for what ops count, in some layers. */
static void add_last(struct eti_program *p, uint64_t tiles, uint32_t outer, uint64_t odd, uint64_t *seed)
{
    struct eti_command last = command(odd == 16 ? ETI_MESH_EAST : odd == 17 ? ETI_NARROW_TO_WIDE : ETI_OUTFEED, odd == 17 ? tiles : 1, 1, 1, 300);
    wait_for(&last, ETI_AVDATA, ETI_ONCE, (int64_t)test_between(seed, 1, outer), 0);
    if (odd != 17) last.waits[0].tiles = odd == 18 ? 8 : tiles;
    if (odd == 20) count(&last, ETI_FED, ETI_EACH_TURN, 0);
    if (odd == 25) last.waits[0].level = 4 * (int64_t)outer;
    if (odd == 9) {
        count(&last, ETI_RING_READ_B, ETI_EACH_TURN, 0);
        last.signals[0].tiles = tiles;
    }
    if (odd == 19) last.unit = ETI_RING_PRODUCER;
    if (odd == 19) last.waits[0].tiles = 0;
    if ((odd >= 16 && odd < 22) || odd == 9 || odd == 25) eti_program_add(p, &last, NULL);
}

static void random_layer(struct eti_program *p, uint64_t *seed)
{
    uint64_t odd = test_between(seed, 0, 49), tiles = 15;
    uint32_t inner = (uint32_t)test_between(seed, 1, test_random(seed) % 2 ? 1 : 40), outer = (uint32_t)test_between(seed, 1, inner > 1 ? 30 : 400);
    if (odd > 45) odd = outer = 1;
    struct eti_command consumer = command(ETI_RING_CONSUMER_0, tiles, inner, outer, odd == 10), op = command(ETI_OP, tiles, inner, outer, 0);
    struct eti_command ring = command(test_random(seed) % 2 ? ETI_INFEED : ETI_RING_PRODUCER, 1, inner, outer, test_between(seed, 0, 90));
    bool scales = test_random(seed) % 3 != 0, by_ring = odd == 31, moved = scales && !by_ring; /* who brings the scales */
    wait_for(&consumer, ETI_PARAMETERS, ETI_EACH_TURN, -(int64_t)test_between(seed, 0, test_random(seed) % 4 ? 2 : 20), 1);
    count(&consumer, ETI_ROOM_0, ETI_EACH_TURN, 0);
    op.first_cycles = test_between(seed, 0, 500);
    op.middle_cycles = test_between(seed, 0, 200);
    op.last_cycles = test_random(seed) % 2 ? op.middle_cycles : test_between(seed, 0, 300);
    wait_for(&op, ETI_RING_READ_A, ETI_EACH_TURN, odd == 11 ? 0 : 1, 1);
    if (scales) wait_for(&op, ETI_SCALING, inner > 1 ? ETI_EACH_GROUP : ETI_EACH_TURN, odd == 1 ? 0 : 1, 1);
    if (scales && odd == 26) op.waits[1].tiles = tiles;
    if (scales && odd == 5) wait_for(&op, ETI_WIDE_TO_NARROW_DONE, ETI_ONCE, 1, 0);
    count(&op, ETI_PARAMETERS, ETI_EACH_TURN, odd == 12 ? 7 : 0);
    count(&op, odd == 13 ? ETI_PARAMETERS : ETI_AVDATA, ETI_EACH_GROUP, odd == 14 ? 9 : 0);
    if (odd == 24) { /* groups first */
        struct eti_signal first = op.signals[0];
        op.signals[0] = op.signals[1];
        op.signals[1] = first;
    }
    if (odd == 25) op.signals[1].tiles = tiles; /* each op is on a tile of its own, and counts on all: who waits waits for all of them */
    if (odd == 21) op.meter_turns = (uint32_t)test_between(seed, 1, 900);
    op.iwords = (uint32_t)test_between(seed, 0, 30);
    wait_for(&ring, ETI_ROOM_0, ETI_EACH_TURN, 1, 1);
    count(&ring, ETI_RING_READ_A, ETI_EACH_TURN, test_between(seed, 0, 90));
    ring.waits[0].tiles = odd == 15 ? 3 : tiles;
    ring.signals[0].tiles = tiles;
    ring.cause = ETS_BOUND_WEIGHTS;
    ring.iwords = (uint32_t)test_between(seed, 0, 90);
    if (by_ring) {
        count(&ring, ETI_SCALING, ETI_EACH_TURN, 0);
        ring.signals[1].tiles = tiles;
    }
    if (test_random(seed) % 8 == 0) ring.meter_turns = (uint32_t)test_between(seed, 1, 900);
    if (odd == 30 || odd == 32) { /* no one waits for it */
        ring.n_waits = 0;
        consumer.iwords = (uint32_t)test_between(seed, 0, 900);
    } else {
        eti_program_add(p, &consumer, NULL);
    }
    struct eti_command mover = random_mover(p, inner, outer, tiles, odd, seed);
    bool behind = odd == 1 || test_random(seed) % 8 == 0;
    if (moved && !behind) eti_program_add(p, &mover, NULL);
    add_ops(p, op, odd, seed);
    eti_program_add(p, &ring, NULL);
    if (moved && behind) eti_program_add(p, &mover, NULL);
    if (odd == 30 || odd == 32) eti_program_add(p, &consumer, NULL);
    add_last(p, tiles, outer, odd, seed);
}

/* Ops that are never later than another one are not run. */
START_TEST(followers_change_no_integer)
{
    uint64_t seed = test_seed(29);
    int n_run = 0;
    for (int k = 0; k < 16000; k++) {
        struct eti_program p;
        struct eti_timeline t;
        uint64_t at = seed;
        start(&p, 4, 4);
        p.issue_cycles_per_iword = test_between(&seed, 0, 3);
        eti_program_phase(&p, 0, test_between(&seed, 0, 20), 1, NULL);
        random_layer(&p, &seed);
        if (k % 2 == 0) add_issued_otherwise(&p, &seed);
        if (plain_engine_run(&p, NULL, &t, NULL) == ETS_OK) {
            n_run++;
            eti_timeline_free(&t);
            assert_random_same_as_plain(&p, at);
        } else {
            ck_assert_int_eq(eti_engine_run(&p, NULL, &t, NULL), ETS_INTERNAL);
        }
        eti_program_free(&p);
    }
    ck_assert_msg(n_run > 12000, "%d ran", n_run);
}
END_TEST

/* Phases that differ in when their commands are issued: some of them are not run, as all that happens is what happened before, later. */
START_TEST(issue_changes_no_integer)
{
    uint64_t seed = test_seed(23);
    for (int k = 0; k < 9000; k++) {
        struct eti_program p;
        struct eti_timeline t;
        uint64_t at = seed;
        uint32_t width = k % 3 == 1 ? (uint32_t)test_between(&seed, 1, 4) : 4, height = k % 3 == 1 ? (uint32_t)test_between(&seed, 1, 4) : 1;
        start(&p, width * height, width);
        p.issue_cycles_per_iword = test_between(&seed, 0, 3);
        p.start_cycle = test_random(&seed) % 2 ? test_between(&seed, 0, 5000) : 0;
        if (k % 3 == 2) eti_program_phase(&p, 0, test_between(&seed, 0, 20), 1, NULL);
        if (k % 3 == 2) random_ring(&p, &seed);
        else if (k % 3) random_borders(&p, &seed);
        else random_pipeline(&p, &seed);
        struct eti_command *some = &p.commands[test_random(&seed) % p.n_commands];
        if (test_random(&seed) % 4 == 0) some->outer = some->meter_turns = 0; /* no turns */
        for (int again = 0; again < 4; again++) add_issued_otherwise(&p, &seed);
        if (plain_engine_run(&p, NULL, &t, NULL) == ETS_OK) {
            eti_timeline_free(&t);
            assert_random_same_as_plain(&p, at);
        } else {
            ck_assert_int_eq(eti_engine_run(&p, NULL, &t, NULL), ETS_INTERNAL);
        }
        eti_program_free(&p);
    }
}
END_TEST

/* A layer on four tiles in a square: a ring producer sends fills, of which there is room for two; the ops of both columns are alike, and
 * send their results south, and fill what lies on the edge. */
static void add_layer(struct eti_program *p, uint32_t iwords_of_consumer, uint32_t iwords_of_producer, uint32_t iwords_of_mesh)
{
    struct eti_command consumer = command(ETI_RING_CONSUMER_0, 15, 1, 40, 0), producer = command(ETI_RING_PRODUCER, 1, 1, 40, 20);
    struct eti_command op = command(ETI_OP, 5, 1, 40, 90), south = command(ETI_MESH_SOUTH, 3, 40, 1, 70), east = command(ETI_MESH_EAST, 5, 40, 1, 70);
    eti_program_phase(p, 0, 260, 3, NULL);
    wait_for(&consumer, ETI_PARAMETERS, ETI_EACH_TURN, -1, 1);
    count(&consumer, ETI_ROOM_0, ETI_EACH_TURN, 0);
    wait_for(&op, ETI_RING_READ_A, ETI_EACH_TURN, 1, 1);
    count(&op, ETI_PARAMETERS, ETI_EACH_TURN, 0);
    count(&op, ETI_AVDATA, ETI_EACH_TURN, 0);
    wait_for(&producer, ETI_ROOM_0, ETI_EACH_TURN, 1, 1);
    count(&producer, ETI_RING_READ_A, ETI_EACH_TURN, 80);
    producer.waits[0].tiles = producer.signals[0].tiles = 15;
    wait_for(&south, ETI_AVDATA, ETI_EACH_TURN, 1, 1);
    count(&south, ETI_FROM_NORTH, ETI_EACH_TURN, 0);
    wait_for(&east, ETI_AVDATA, ETI_EACH_TURN, 1, 1);
    count(&east, ETI_FROM_WEST, ETI_EACH_TURN, 0);
    consumer.iwords = iwords_of_consumer;
    op.iwords = 17;
    producer.iwords = iwords_of_producer;
    south.iwords = iwords_of_mesh;
    eti_program_add(p, &consumer, NULL);
    eti_program_add(p, &op, NULL);
    op.tiles = 10;
    eti_program_add(p, &op, NULL);
    eti_program_add(p, &producer, NULL);
    eti_program_add(p, &south, NULL);
    south.tiles = 12; /* the edge */
    south.first_cycles = south.middle_cycles = south.last_cycles = 5;
    south.n_waits = south.n_signals = south.iwords = 0;
    eti_program_add(p, &south, NULL);
    eti_program_add(p, &east, NULL);
}

/* Units of work that running the program takes. */
static uint64_t work_of(struct eti_program *p)
{
    struct eti_budget budget;
    eti_budget_init(&budget, UINT64_MAX / 2, NULL, NULL);
    p->budget = &budget;
    run(p);
    p->budget = NULL;
    return budget.limit - budget.left + (budget.stride - budget.until);
}

/* Nothing comes over the link in either phase: it is free from the start of the second one, however much later that is issued. */
START_TEST(a_link_without_turns_is_not_later)
{
    struct eti_program p;
    start(&p, 1, 1);
    p.issue_cycles_per_iword = 1;
    for (uint32_t iwords = 1; iwords < 6; iwords += 4) {
        struct eti_command link = command(ETI_LINK_IN, 1, 1, 0, 5), op = command(ETI_OP, 1, 1, 1, 100);
        link.iwords = iwords;
        eti_program_phase(&p, 0, 0, 0, NULL);
        eti_program_add(&p, &link, NULL);
        eti_program_add(&p, &op, NULL);
    }
    assert_same_as_plain(&p, 0);
    eti_program_free(&p);
}
END_TEST

START_TEST(a_phase_issued_later_is_not_run_again)
{
    static const struct { uint32_t consumer, producer, mesh; bool again; } second[] = {
        {4, 4, 6, false}, {4, 24, 6, false}, {4, 2, 6, false}, {9, 4, 6, false}, {0, 8, 6, false}, {200, 0, 6, false},
        {4, 4, 7, true},                     /* what fills the edge waits for nothing, and is issued later than all happens */
    };
    for (size_t k = 0; k < sizeof second / sizeof *second; k++) {
        struct eti_program p;
        start(&p, 4, 2);
        p.issue_cycles_per_iword = 1;
        add_layer(&p, 4, 4, 6);
        uint64_t once = work_of(&p), both;
        add_layer(&p, second[k].consumer, second[k].producer, second[k].mesh);
        both = work_of(&p);
        ck_assert_msg(second[k].again ? both > once : both == once, "%zu: %llu units of work, then %llu", k, (unsigned long long)once,
                      (unsigned long long)both);
        assert_same_as_plain(&p, k);
        eti_program_free(&p);
    }
}
END_TEST

/* Two commands on different tiles are one piece of work only if nothing of their time differs. */
START_TEST(the_same_work_is_the_same_in_every_field)
{
    struct eti_command base = command(ETI_OP, 1, 3, 5, 7);
    wait_for(&base, ETI_AVDATA, ETI_EACH_TURN, 2, 1);
    count(&base, ETI_AVDATA, ETI_EACH_TURN, 4);
    struct eti_command same = base;
    same.tiles = 2;
    same.iwords = 99; /* when it is issued is another matter */
    ck_assert(eti_same_work(&base, &same));
#define DIFFERS(field)                                                                                   \
    do {                                                                                                 \
        struct eti_command other = same;                                                                 \
        other.field = !other.field;                                                                      \
        ck_assert_msg(!eti_same_work(&base, &other) && !eti_same_work(&other, &base), "%s", #field);     \
    } while (0)
    DIFFERS(unit); DIFFERS(cause); DIFFERS(inner); DIFFERS(outer); DIFFERS(first_cycles); DIFFERS(middle_cycles); DIFFERS(last_cycles);
    DIFFERS(first_psum); DIFFERS(middle_psum); DIFFERS(last_psum); DIFFERS(meter_turns); DIFFERS(n_nests); DIFFERS(runs_ahead);
    DIFFERS(n_waits); DIFFERS(n_signals);
    DIFFERS(waits[0].counter); DIFFERS(waits[0].advance); DIFFERS(waits[0].level); DIFFERS(waits[0].most); DIFFERS(waits[0].step);
    DIFFERS(waits[0].tiles);
    DIFFERS(signals[0].counter); DIFFERS(signals[0].advance); DIFFERS(signals[0].tiles); DIFFERS(signals[0].delay_cycles);
    DIFFERS(signals[0].here);
#undef DIFFERS
}
END_TEST

/* Ops on two tiles, issued at different times, are one only if both wait for what comes later: here the first count comes early, another
 * of the same counter late. */
START_TEST(ops_are_one_only_if_they_wait_anyway)
{
    struct eti_program p;
    start(&p, 4, 4);
    p.issue_cycles_per_iword = 1;
    eti_program_phase(&p, 0, 0, 0, NULL);
    struct eti_command early = command(ETI_RING_PRODUCER, 1, 1, 1, 10), late;
    struct eti_command op = command(ETI_OP, 2, 1, 1, 500), other = command(ETI_OP, 4, 1, 1, 500);
    count(&early, ETI_PRODUCED_A, ETI_EACH_TURN, 0);
    late = early;
    wait_for(&op, ETI_PRODUCED_A, ETI_EACH_TURN, 1, 0);
    wait_for(&other, ETI_PRODUCED_A, ETI_EACH_TURN, 1, 0);
    op.iwords = other.iwords = late.iwords = 100;
    eti_program_add(&p, &early, NULL);
    eti_program_add(&p, &op, NULL);
    eti_program_add(&p, &other, NULL);
    eti_program_add(&p, &late, NULL);
    ck_assert_uint_eq(run(&p), 200 + 500);
    assert_same_as_plain(&p, 0);
    eti_program_free(&p);
}
END_TEST

/* The widest mask of tiles there is. */
START_TEST(sixty_four_tiles_are_grouped_as_fewer_are)
{
    static const ets_setting wide[] = {{"grid.x", "8"}, {"grid.y", "8"}};
    uint64_t seed = test_seed(64);
    ets_arch *a;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), wide, 2, NULL, &a, &e), e);
    for (int k = 0; k < 12; k++) {
        uint64_t at = seed;
        ets_model *m = test_random_graph(&seed, 6);
        struct eti_schedule s;
        ASSERT_OK(eti_schedule_make(&a->v, m->graph, false, NULL, &s, &e), e);
        assert_same_as_plain(&s.program, at);
        eti_schedule_free(&s);
        ets_model_free(m);
    }
    ets_arch_free(a);
}
END_TEST

START_TEST(time_is_conserved)
{
    uint64_t seed = test_seed(7);
    for (int k = 0; k < 1500; k++) {
        struct eti_program p;
        struct eti_timeline t;
        ets_error e;
        random_program(&p, &seed);
        ASSERT_OK(eti_engine_run(&p, NULL, &t, &e), e);
        uint64_t sum = 0;
        for (int u = 0; u < ETI_UNITS; u++) {
            const struct eti_unit_time *x = &t.units[u];
            ck_assert_uint_eq(x->busy_cycles + x->stalled_cycles + x->idle_cycles, t.cycles * x->instances);
            ck_assert(x->busy_cycles + x->stalled_cycles <= t.cycles * x->instances);
        }
        for (size_t i = 0; i < t.n_phases; i++) {
            const ets_split *s = &t.phases[i].split;
            uint64_t parts = s->compute_cycles + s->psum_cycles + s->weight_cycles + s->halo_cycles + s->link_cycles +
                             s->move_cycles + s->sync_cycles + s->memory_cycles;
            ck_assert_uint_eq(parts, t.phases[i].end_cycle - t.phases[i].start_cycle);
            ck_assert_uint_eq(t.phases[i].start_cycle, sum);
            sum = t.phases[i].end_cycle;
        }
        ck_assert_uint_eq(sum, t.cycles);
        eti_timeline_free(&t);
        eti_program_free(&p);
    }
}
END_TEST

/* In-order servers: a slower part never makes the whole faster. */
START_TEST(nothing_gets_faster_by_a_slower_part)
{
    uint64_t seed = test_seed(8);
    for (int k = 0; k < 3000; k++) {
        struct eti_program p;
        random_program(&p, &seed);
        uint64_t before = run(&p);
        if (p.n_commands) {
            struct eti_command *c = &p.commands[test_random(&seed) % p.n_commands];
            c->middle_cycles += test_between(&seed, 1, 20);
            c->first_cycles += test_between(&seed, 0, 20);
        } else {
            p.phases[0].fence_cycles += 5;
        }
        ck_assert(run(&p) >= before);
        eti_program_free(&p);
    }
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    uint64_t seed = test_seed(9);
    struct eti_program p;
    struct eti_timeline t;
    ets_error e;
    random_program(&p, &seed);
    while (p.n_commands < 8) {
        eti_program_free(&p);
        random_program(&p, &seed);
    }
    for (size_t i = 1;; i++) {
        struct test_memory m = {.fail_at = i};
        ets_allocator a = test_allocator(&m);
        ets_status status = eti_engine_run(&p, &a, &t, &e);
        if (status == ETS_OK) {
            eti_timeline_free(&t);
            ck_assert_uint_eq(m.blocks, 0);
            break;
        }
        ck_assert_int_eq(status, ETS_NOMEM);
        ck_assert_uint_eq(m.blocks, 0);
    }
    eti_program_free(&p);
}
END_TEST

Suite *suite_engine(void);
Suite *suite_engine(void)
{
    Suite *s = suite_create("engine");
    TCase *t = tcase_create("programs");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, double_buffer_hides_the_faster_side);
    tcase_add_test(t, a_wait_ends_with_the_signal);
    tcase_add_test(t, dropped_counts_keep_their_order);
    tcase_add_test(t, a_program_that_cannot_finish_says_who_waits);
    tcase_add_test(t, engine_equals_the_one_that_steps_every_clock);
    tcase_add_test(t, shortcuts_change_no_integer);
    tcase_add_test(t, repetitions_change_no_integer);
    tcase_add_test(t, borders_change_no_integer);
    tcase_add_test(t, turns_of_several_pieces_change_no_integer);
    tcase_add_test(t, consumers_change_no_integer);
    tcase_add_test(t, followers_change_no_integer);
    tcase_add_test(t, phases_that_were_forgotten_are_run_again);
    tcase_add_test(t, issue_changes_no_integer);
    tcase_add_test(t, a_link_without_turns_is_not_later);
    tcase_add_test(t, a_phase_issued_later_is_not_run_again);
    tcase_add_test(t, the_same_work_is_the_same_in_every_field);
    tcase_add_test(t, ops_are_one_only_if_they_wait_anyway);
    tcase_add_test(t, sixty_four_tiles_are_grouped_as_fewer_are);
    tcase_add_test(t, time_is_conserved);
    tcase_add_test(t, nothing_gets_faster_by_a_slower_part);
    tcase_add_test(t, every_allocation_may_fail);
    suite_add_tcase(s, t);
    return s;
}
