/* plain_engine.c - the engine tile by tile and turn by turn: no groups of equal tiles, no phase looked up. Each unit of each
 * tile is an in-order server that goes on as far as what it waits for is known, round after round. */
#include "plain_engine.h"

#include "base/alloc.h"
#include "base/num.h"

#define NONE UINT32_MAX
#define HISTORY_WORTH_TRIMMING 1024
#define TURNS_A_VISIT 64 /* so that no unit runs far ahead of those that wait for it */

struct instance { /* a command on one tile */
    uint32_t command, next;
    uint32_t tile;
    uint64_t issued_cycle; /* cycle from which it may start */
    uint64_t turn;
};
struct server { /* a unit of a tile */
    uint32_t head, tail;
    uint64_t free_cycle;
};
struct history { /* a counter of a tile: times[i] is when it reached dropped + i + 1 */
    uint64_t *times;
    size_t count, capacity;
    uint64_t dropped;
    enum ets_bound cause; /* of the command that counted last */
};

struct run {
    const struct eti_program *program;
    ets_allocator mem;
    struct instance *instances;
    size_t n_instances, cap_instances;
    struct server *servers;     /* [unit][tile] */
    struct history *histories;  /* [counter][tile] */
    ets_split *op_splits;       /* [tile]: what the op unit's time went to in this phase */
    uint64_t link_free_cycle;      /* when the link in last was busy, in any phase before */
    uint64_t last_end_cycle;          /* of the phase, and what ended then: of several, the unit named last */
    enum eti_unit last_unit;
    enum ets_bound last_cause;
    struct eti_timeline *timeline;
};

static size_t lanes_of(const struct run *r) { return r->program->n_tiles; }
static struct server *server_of(struct run *r, enum eti_unit unit, uint32_t tile)
{
    return &r->servers[(size_t)unit * lanes_of(r) + tile];
}
static struct history *history_of(struct run *r, enum eti_counter counter, uint32_t tile)
{
    return &r->histories[(size_t)counter * lanes_of(r) + (counter < ETI_TILE_COUNTERS ? tile : 0)];
}

/* ------------------------------------------------------------------ what a turn needs and costs ---------- */

static uint64_t turns_of(const struct eti_command *c) { return (uint64_t)c->inner * c->outer; }

static int64_t threshold(const struct eti_wait *w, const struct eti_command *c, uint64_t turn)
{
    uint64_t i = w->advance == ETI_ONCE ? 0 : w->advance == ETI_EACH_TURN ? turn : turn / c->inner;
    int64_t value = w->level + (int64_t)(i * w->step);
    return w->most && value > w->most ? w->most : value;
}

static uint64_t cycles_of_turn(const struct eti_program *p, const struct eti_command *c, uint64_t turn, uint64_t *psum)
{
    uint64_t sum = 0;
    *psum = 0;
    for (uint32_t i = 0; i < c->n_nests; i++) sum += eti_cost_nest_at(&p->nests[c->nests[i]], turn);
    if (c->n_nests) return sum;
    if (c->meter_turns) {
        uint64_t n = turns_of(c);
        return c->middle_cycles *
               (eti_ceil_div((turn + 1) * c->meter_turns, n) - eti_ceil_div(turn * c->meter_turns, n));
    }
    uint32_t i = (uint32_t)(turn % c->inner);
    *psum = i == 0 ? c->first_psum : i + 1 == c->inner ? c->last_psum : c->middle_psum;
    return i == 0 ? c->first_cycles : i + 1 == c->inner ? c->last_cycles : c->middle_cycles;
}

/* When `h` reached `value`; false: not known yet. */
static bool reached_at(const struct history *h, int64_t value, uint64_t *at)
{
    if (value <= 0) { *at = 0; return true; }
    uint64_t index = (uint64_t)value - 1;
    if (index < h->dropped || index - h->dropped >= h->count) return false;
    *at = h->times[index - h->dropped];
    return true;
}

/* The time from which the wait is satisfied, over all tiles that it names. */
static bool wait_until(struct run *r, const struct eti_wait *w, const struct eti_command *c, const struct instance *in,
                       uint64_t *until, enum ets_bound *cause)
{
    int64_t value = threshold(w, c, in->turn);
    uint64_t tiles = w->counter >= ETI_TILE_COUNTERS ? 1 : w->tiles ? w->tiles : (uint64_t)1 << in->tile;
    uint64_t latest = 0, at;
    for (; tiles; tiles &= tiles - 1) {
        const struct history *h = history_of(r, w->counter, (uint32_t)__builtin_ctzll(tiles));
        if (!reached_at(h, value, &at)) return false;
        if (at >= latest) { latest = at; *cause = h->cause; }
    }
    *until = latest;
    return true;
}

/* ------------------------------------------------------------------ counting up -------------------------- */

/* The lowest value of this counter that an unfinished command may still ask for. */
static uint64_t lowest_needed(const struct run *r, enum eti_counter counter, uint32_t tile)
{
    uint64_t lowest = UINT64_MAX;
    for (size_t i = 0; i < r->n_instances; i++) {
        const struct instance *in = &r->instances[i];
        const struct eti_command *c = &r->program->commands[in->command];
        if (in->turn >= turns_of(c)) continue;
        for (uint32_t k = 0; k < c->n_waits; k++) {
            const struct eti_wait *w = &c->waits[k];
            if (w->counter != counter) continue;
            bool here = counter >= ETI_TILE_COUNTERS || (w->tiles ? (w->tiles >> tile & 1) != 0 : in->tile == tile);
            int64_t value = threshold(w, c, in->turn);
            if (here) lowest = eti_min(lowest, value > 0 ? (uint64_t)value : 0);
        }
    }
    return lowest;
}

static ets_status history_room(struct run *r, enum eti_counter counter, uint32_t tile, ets_error *err)
{
    struct history *h = history_of(r, counter, tile);
    if (h->count < h->capacity) return ETS_OK;
    uint64_t lowest = h->capacity < HISTORY_WORTH_TRIMMING ? 0 : lowest_needed(r, counter, tile);
    uint64_t drop = lowest > h->dropped + 1 ? eti_min(lowest - 1 - h->dropped, h->count - 1) : 0;
    if (drop * 2 >= h->count && drop) {
        for (size_t i = 0; i + drop < h->count; i++) h->times[i] = h->times[i + drop];
        h->count -= (size_t)drop;
        h->dropped += drop;
        return ETS_OK;
    }
    void *array = h->times;
    if (!eti_reserve(&r->mem, &array, &h->capacity, h->count, sizeof *h->times)) return eti_nomem(err);
    h->times = array;
    return ETS_OK;
}

static ets_status count_up(struct run *r, enum eti_counter counter, uint32_t tile, uint64_t at, enum ets_bound cause,
                           ets_error *err)
{
    ETI_TRY(history_room(r, counter, tile, err));
    struct history *h = history_of(r, counter, tile);
    if (h->count && h->times[h->count - 1] > at) at = h->times[h->count - 1]; /* a counter shows turns in order */
    h->times[h->count++] = at;
    h->cause = cause;
    return ETS_OK;
}

/* The neighbour that a mesh unit sends to; NONE at the edge of the grid. */
static uint32_t neighbour(const struct eti_program *p, enum eti_unit unit, uint32_t tile)
{
    uint32_t x = tile % p->width;
    if (unit == ETI_MESH_SOUTH) return tile + p->width < p->n_tiles ? tile + p->width : NONE;
    if (unit == ETI_MESH_NORTH) return tile >= p->width ? tile - p->width : NONE;
    if (unit == ETI_MESH_WEST) return x ? tile - 1 : NONE;
    return x + 1 < p->width ? tile + 1 : NONE;
}

static bool is_from_mesh(enum eti_counter counter)
{
    return counter >= ETI_FROM_NORTH && counter <= ETI_FROM_EAST;
}

static ets_status signal_one(struct run *r, const struct eti_signal *s, const struct eti_command *c,
                             const struct instance *in, uint64_t end, ets_error *err)
{
    uint64_t tiles = s->tiles ? s->tiles : (uint64_t)1 << in->tile;
    if (s->counter >= ETI_TILE_COUNTERS) tiles = 1;
    if (is_from_mesh(s->counter) && !s->here) {
        uint32_t to = neighbour(r->program, c->unit, in->tile);
        tiles = to == NONE ? 0 : (uint64_t)1 << to;
    }
    for (; tiles; tiles &= tiles - 1)
        ETI_TRY(count_up(r, s->counter, (uint32_t)__builtin_ctzll(tiles), end + s->delay_cycles, c->cause, err));
    return ETS_OK;
}

static ets_status signal_all(struct run *r, const struct eti_command *c, const struct instance *in, uint64_t end,
                             ets_error *err)
{
    bool group_ends = (in->turn + 1) % c->inner == 0, all_end = in->turn + 1 == turns_of(c);
    for (uint32_t k = 0; k < c->n_signals; k++) {
        const struct eti_signal *s = &c->signals[k];
        bool due = s->advance == ETI_EACH_TURN || (s->advance == ETI_EACH_GROUP ? group_ends : all_end);
        if (due) ETI_TRY(signal_one(r, s, c, in, end, err));
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ running ------------------------------ */

static void add_to_split(ets_split *s, enum ets_bound cause, uint64_t cycles)
{
    switch (cause) {
    case ETS_BOUND_COMPUTE: s->compute_cycles += cycles; break;
    case ETS_BOUND_PSUM: s->psum_cycles += cycles; break;
    case ETS_BOUND_WEIGHTS: s->weight_cycles += cycles; break;
    case ETS_BOUND_HALO: s->halo_cycles += cycles; break;
    case ETS_BOUND_LINK: s->link_cycles += cycles; break;
    case ETS_BOUND_MOVE: s->move_cycles += cycles; break;
    case ETS_BOUND_MEMORY: s->memory_cycles += cycles; break;
    case ETS_BOUND_NONE:
    case ETS_BOUND_SYNC: s->sync_cycles += cycles; break;
    }
}

/* Where the time of the op unit of a tile goes: `idle_from` .. `ready` is issue, .. `start` a wait, .. `end` work. */
static void account_op(struct run *r, uint32_t tile, uint64_t idle_from, uint64_t ready, uint64_t start, uint64_t end,
                       uint64_t psum, const struct eti_command *c, enum ets_bound waited_for)
{
    ets_split *s = &r->op_splits[tile];
    add_to_split(s, ETS_BOUND_SYNC, ready - idle_from);
    add_to_split(s, waited_for, start - ready);
    add_to_split(s, ETS_BOUND_PSUM, psum);
    add_to_split(s, c->cause, end - start - psum);
}

/* Runs the turns of the command at the head of a server whose waits are known. `*moved` counts them. */
static ets_status advance(struct run *r, struct server *server, struct instance *in, uint64_t *moved, ets_error *err)
{
    const struct eti_command *c = &r->program->commands[in->command];
    struct eti_unit_time *unit = &r->timeline->units[c->unit];
    uint64_t n = turns_of(c);
    for (uint32_t visit = 0; in->turn < n && visit < TURNS_A_VISIT; visit++) {
        uint64_t ready = eti_max(in->issued_cycle, server->free_cycle), start = ready, until, psum;
        enum ets_bound cause = ETS_BOUND_SYNC, waited_for = ETS_BOUND_SYNC;
        for (uint32_t k = 0; k < c->n_waits; k++) {
            if (!wait_until(r, &c->waits[k], c, in, &until, &cause)) return ETS_OK;
            if (until > start) { start = until; waited_for = cause; }
        }
        uint64_t cycles = cycles_of_turn(r->program, c, in->turn, &psum);
        uint64_t end = start + cycles;
        if (cycles > ETI_MAX_CYCLES || end > ETI_MAX_CYCLES)
            return eti_fail(err, ETS_RANGE, NULL, "the program runs longer than 2^62 cycles");
        if (c->unit == ETI_OP) account_op(r, in->tile, server->free_cycle, ready, start, end, psum, c, waited_for);
        if (c->unit == ETI_LINK_IN && end <= r->program->start_cycle) r->timeline->link_ahead_cycle = end;
        unit->busy_cycles += cycles;
        unit->stalled_cycles += start - ready;
        ETI_TRY(signal_all(r, c, in, end, err));
        server->free_cycle = end;
        if (end > r->last_end_cycle || (end == r->last_end_cycle && c->unit >= r->last_unit)) {
            r->last_end_cycle = end;
            r->last_unit = c->unit;
            r->last_cause = c->cause;
        }
        in->turn++;
        ++*moved;
    }
    return ETS_OK;
}

/* One round over all servers; each finishes as many of its commands as it can. */
static ets_status run_round(struct run *r, uint64_t *moved, size_t *left, ets_error *err)
{
    for (size_t s = 0; s < ETI_UNITS * lanes_of(r); s++) {
        struct server *server = &r->servers[s];
        while (server->head != NONE) {
            struct instance *in = &r->instances[server->head];
            ETI_TRY(advance(r, server, in, moved, err));
            if (in->turn < turns_of(&r->program->commands[in->command])) break;
            server->head = in->next;
            --*left;
        }
    }
    return ETS_OK;
}

static ets_status deadlock(struct run *r, size_t phase, ets_error *err)
{
    for (size_t i = 0; i < r->n_instances; i++) {
        const struct instance *in = &r->instances[i];
        const struct eti_command *c = &r->program->commands[in->command];
        if (in->turn >= turns_of(c)) continue;
        for (uint32_t k = 0; k < c->n_waits; k++) {
            uint64_t until;
            enum ets_bound cause;
            if (wait_until(r, &c->waits[k], c, in, &until, &cause)) continue;
            const struct history *h = history_of(r, c->waits[k].counter, in->tile);
            return eti_fail(err, ETS_INTERNAL, NULL,
                            "phase %zu cannot finish: command %u (%s of tile %u) waits in turn %llu for counter %d to "
                            "reach %lld; on its tile it stands at %llu",
                            phase, in->command, eti_unit_name(c->unit), in->tile, (unsigned long long)in->turn,
                            (int)c->waits[k].counter, (long long)threshold(&c->waits[k], c, in->turn),
                            (unsigned long long)(h->dropped + h->count));
        }
    }
    return eti_fail(err, ETS_INTERNAL, NULL, "phase %zu cannot finish", phase);
}

/* ------------------------------------------------------------------ phases ------------------------------- */

static ets_status enqueue(struct run *r, uint32_t command, uint32_t tile, uint64_t issued, ets_error *err)
{
    void *array = r->instances;
    if (!eti_reserve(&r->mem, &array, &r->cap_instances, r->n_instances, sizeof *r->instances)) return eti_nomem(err);
    r->instances = array;
    struct instance in = {command, NONE, tile, issued, 0};
    uint32_t index = (uint32_t)r->n_instances++;
    r->instances[index] = in;
    struct server *server = server_of(r, r->program->commands[command].unit, tile);
    if (server->head == NONE) server->head = index;
    else r->instances[server->tail].next = index;
    server->tail = index;
    return ETS_OK;
}

/* Commands leave the scalar core one after the other, an instruction word at a time. */
static ets_status begin_phase(struct run *r, const struct eti_phase *phase, uint64_t start, ets_error *err)
{
    const struct eti_program *p = r->program;
    uint64_t issued = start + phase->fence_cycles + phase->fence_iwords * p->issue_cycles_per_iword;
    r->n_instances = 0;
    r->last_end_cycle = issued;
    r->last_unit = ETI_OP;
    r->last_cause = ETS_BOUND_SYNC;
    for (size_t i = 0; i < ETI_UNITS * lanes_of(r); i++) {
        r->servers[i].head = r->servers[i].tail = NONE;
        r->servers[i].free_cycle = start;
    }
    server_of(r, ETI_LINK_IN, 0)->free_cycle = r->link_free_cycle;
    for (size_t i = 0; i < ETI_COUNTERS * lanes_of(r); i++) r->histories[i].count = r->histories[i].dropped = 0;
    for (size_t i = 0; i < lanes_of(r); i++) {
        static const ets_split none = {0};
        r->op_splits[i] = none;
    }
    for (uint32_t i = phase->first; i < phase->first + phase->count; i++) {
        issued += p->commands[i].iwords * p->issue_cycles_per_iword;
        for (uint64_t tiles = p->commands[i].tiles; tiles; tiles &= tiles - 1)
            ETI_TRY(enqueue(r, i, (uint32_t)__builtin_ctzll(tiles), p->commands[i].runs_ahead ? 0 : issued, err));
    }
    return ETS_OK;
}

/* Who uses it next may not start before this phase does (program.h: runs_ahead). */
static bool uses_link(const struct eti_program *p, const struct eti_phase *phase)
{
    for (uint32_t i = phase->first; i < phase->first + phase->count; i++)
        if (p->commands[i].unit == ETI_LINK_IN) return true;
    return false;
}

/* The phase's time, as the tile whose op ended last spent it; what came after that op, as what ended last. */
static void end_phase(struct run *r, size_t phase, uint64_t start)
{
    struct eti_phase_time *t = &r->timeline->phases[phase];
    uint64_t op_end = start;
    ets_split split = {0};
    for (uint32_t tile = 0; tile < lanes_of(r); tile++) {
        uint64_t end = server_of(r, ETI_OP, tile)->free_cycle;
        if (end <= op_end) continue;
        op_end = end;
        split = r->op_splits[tile];
    }
    if (uses_link(r->program, &r->program->phases[phase])) r->link_free_cycle = eti_max(server_of(r, ETI_LINK_IN, 0)->free_cycle, start);
    t->start_cycle = start;
    t->end_cycle = eti_max(r->last_end_cycle, start);
    uint64_t barrier = op_end == start ? eti_min(r->program->phases[phase].fence_cycles, t->end_cycle - start) : 0;
    add_to_split(&split, ETS_BOUND_SYNC, barrier);
    add_to_split(&split, r->last_cause, t->end_cycle - op_end - barrier);
    t->split = split;
}

static ets_status run_phase(struct run *r, size_t i, uint64_t start, ets_error *err)
{
    ETI_TRY(begin_phase(r, &r->program->phases[i], start, err));
    size_t left = r->n_instances;
    while (left) {
        uint64_t moved = 0;
        ETI_TRY(run_round(r, &moved, &left, err));
        if (!moved && left) return deadlock(r, i, err);
    }
    end_phase(r, i, start);
    return ETS_OK;
}

static void account_idle(struct run *r)
{
    for (int u = 0; u < ETI_UNITS; u++) {
        struct eti_unit_time *t = &r->timeline->units[u];
        t->instances = u < ETI_TILE_UNITS ? r->program->n_tiles : 1;
        t->idle_cycles = r->timeline->cycles * t->instances - t->busy_cycles - t->stalled_cycles;
    }
}

static ets_status run_all(struct run *r, ets_error *err)
{
    const struct eti_program *p = r->program;
    size_t n = p->n_tiles;
    r->servers = eti_alloc(&r->mem, ETI_UNITS * n, sizeof *r->servers);
    r->histories = eti_alloc(&r->mem, ETI_COUNTERS * n, sizeof *r->histories);
    r->op_splits = eti_alloc(&r->mem, n, sizeof *r->op_splits);
    r->timeline->phases = eti_alloc(&r->mem, p->n_phases, sizeof *r->timeline->phases);
    if (!r->servers || !r->histories || !r->op_splits || (!r->timeline->phases && p->n_phases)) return eti_nomem(err);
    r->timeline->n_phases = p->n_phases;
    uint64_t at = p->start_cycle;
    for (size_t i = 0; i < p->n_phases; i++) {
        ETI_TRY(run_phase(r, i, at, err));
        at = r->timeline->phases[i].end_cycle;
    }
    r->timeline->cycles = at;
    r->timeline->link_free_cycle = r->link_free_cycle;
    account_idle(r);
    return ETS_OK;
}

ets_status plain_engine_run(const struct eti_program *program, const ets_allocator *mem, struct eti_timeline *out,
                          ets_error *err)
{
    struct eti_timeline timeline = {0};
    struct run r = {0};
    r.program = program;
    r.mem = timeline.mem = eti_allocator(mem);
    r.timeline = &timeline;
    ets_status status = run_all(&r, err);
    size_t n = program->n_tiles;
    for (size_t i = 0; r.histories && i < ETI_COUNTERS * n; i++)
        eti_free(&r.mem, r.histories[i].times, r.histories[i].capacity, sizeof(uint64_t));
    eti_free(&r.mem, r.histories, ETI_COUNTERS * n, sizeof *r.histories);
    eti_free(&r.mem, r.servers, ETI_UNITS * n, sizeof *r.servers);
    eti_free(&r.mem, r.op_splits, n, sizeof *r.op_splits);
    eti_free(&r.mem, r.instances, r.cap_instances, sizeof *r.instances);
    if (status == ETS_OK) *out = timeline;
    else eti_timeline_free(&timeline);
    return status;
}
