/* engine.c - runs a program phase by phase. Each unit of each tile is an in-order server. Because a turn's start depends
 * only on when the turns it waits for ended, the units need not be stepped through time together: each goes on as far as
 * what it waits for is known, round after round, until the phase is done. A counter is the list of the times at which it
 * went up; times that no waiting command can ask for any more are dropped. Tiles that behave alike (groups.c) are run once;
 * where units repeat themselves, repetitions are run at once (steady.c); a phase equal to an earlier one is not run again
 * (seen.c). test/ref/plain_engine.c is the same without any of it; tests hold both equal. */
#include "engine/engine.h"

#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "engine/run.h"
#include "engine/seen.h"

#define HISTORY_WORTH_TRIMMING 1024
#define TURNS_A_VISIT 64 /* so that no unit runs far ahead of those that wait for it */

/* A counter's history, empty if it is named for the first time in this phase. */
static struct history *history_of(struct run *r, enum eti_counter counter, uint32_t tile)
{
    struct history *h = &r->histories[(size_t)counter * r->program->n_tiles + (counter < ETI_TILE_COUNTERS ? tile : 0)];
    void *array = r->used;
    if (h->phase == r->phase) return h;
    if (!eti_reserve(&r->mem, &array, &r->cap_used, r->n_used, sizeof *r->used)) return NULL;
    r->used = array;
    r->used[r->n_used++] = h;
    h->phase = r->phase;
    h->count = 0;
    h->dropped = 0;
    return h;
}

/* ------------------------------------------------------------------ what a turn needs and costs ---------- */

static uint64_t cycles_of_nests(const struct eti_program *p, const struct eti_command *c, uint64_t turn)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < c->n_nests; i++) sum += eti_cost_nest_at(&p->nests[c->nests[i]], turn);
    return sum;
}

static uint64_t cycles_of_turn(const struct eti_program *p, const struct instance *in, uint64_t *psum)
{
    const struct eti_command *c = in->command;
    *psum = 0;
    if (c->n_nests) return cycles_of_nests(p, c, in->turn);
    if (c->meter_turns)
        return c->middle_cycles * (eti_ceil_div((in->turn + 1) * c->meter_turns, in->n_turns) - eti_ceil_div(in->turn * c->meter_turns, in->n_turns));
    bool first = in->inner == 0, last = in->inner + 1 == c->inner;
    *psum = first ? c->first_psum : last ? c->last_psum : c->middle_psum;
    return first ? c->first_cycles : last ? c->last_cycles : c->middle_cycles;
}

/* The time from which the wait is satisfied, over all tiles that it names; false: not known yet. */
static inline bool wait_until(const struct run *r, const struct pending_wait *w, uint64_t *until, enum ets_bound *cause)
{
    int64_t value = eti_needed(w);
    uint64_t latest = 0, at = 0;
    for (uint32_t i = w->first; i < w->first + w->count; i++) {
        const struct history *h = r->links[i];
        if (value > 0) {
            uint64_t index = (uint64_t)value - 1 - h->dropped; /* wraps, and is too large, if it was dropped */
            if (index >= h->count) return false;
            at = h->times[index];
        }
        if (at >= latest) { latest = at; *cause = h->cause; }
    }
    *until = latest;
    return true;
}

/* ------------------------------------------------------------------ counting up -------------------------- */

/* The lowest value of this history that an unfinished command may still ask for. */
static uint64_t lowest_needed(const struct run *r, const struct history *link)
{
    uint64_t lowest = UINT64_MAX;
    for (size_t i = 0; i < r->n_instances; i++) {
        const struct instance *in = &r->instances[i];
        for (uint32_t k = 0; in->turn < in->n_turns && k < in->command->n_waits; k++) {
            int64_t value = eti_needed(&in->waits[k]);
            for (uint32_t l = in->waits[k].first; l < in->waits[k].first + in->waits[k].count; l++)
                if (r->links[l] == link) lowest = eti_min(lowest, value > 0 ? (uint64_t)value : 0);
        }
    }
    return lowest;
}

static ets_status history_room(struct run *r, struct history *h, ets_error *err)
{
    uint64_t lowest = h->capacity < HISTORY_WORTH_TRIMMING ? 0 : lowest_needed(r, h);
    uint64_t drop = lowest > h->dropped + 1 ? eti_min(lowest - 1 - h->dropped, h->count) : 0;
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

static inline ets_status count_up(struct run *r, struct history *h, uint64_t at, enum ets_bound cause, ets_error *err)
{
    if (h->count == h->capacity) ETI_TRY(history_room(r, h, err));
    if (h->count && h->times[h->count - 1] > at) at = h->times[h->count - 1]; /* a counter shows turns in order */
    h->times[h->count++] = at;
    h->cause = cause;
    return ETS_OK;
}

ets_status eti_count_up(struct run *r, struct history *h, uint64_t at, enum ets_bound cause, ets_error *err)
{
    return count_up(r, h, at, cause, err);
}

static inline ets_status signal_all(struct run *r, const struct instance *in, uint64_t end, ets_error *err)
{
    const struct eti_command *c = in->command;
    for (uint32_t k = 0; k < c->n_signals; k++) {
        const struct due_signal *s = &in->signals[k];
        if (s->advance == ETI_EACH_GROUP && in->inner + 1 != c->inner) continue;
        if (s->advance == ETI_ONCE && in->turn + 1 != in->n_turns) continue;
        for (uint32_t l = s->first; l < s->first + s->count; l++)
            ETI_TRY(count_up(r, r->links[l], end + s->delay_cycles, c->cause, err));
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ running ------------------------------ */

/* Of a turn that has ended. */
static void note_end(struct run *r, const struct eti_command *c, uint64_t end)
{
    if (c->unit == ETI_LINK_IN && end <= r->program->start_cycle) r->timeline->link_ahead_until = end;
    if (end < r->last_end || (end == r->last_end && c->unit < r->last_unit)) return;
    r->last_end = end;
    r->last_unit = c->unit;
    r->last_cause = c->cause;
}

static inline void next_turn(struct instance *in)
{
    const struct eti_command *c = in->command;
    bool group_ends = ++in->inner == c->inner;
    if (group_ends) in->inner = 0;
    in->turn++;
    for (uint32_t k = 0; k < c->n_waits; k++)
        if (in->waits[k].advance == ETI_EACH_TURN || (in->waits[k].advance == ETI_EACH_GROUP && group_ends)) in->waits[k].need += in->waits[k].step;
}

/* Runs the turns of the instance at the head of a server whose waits are known; `*moved` if there were any. */
static ets_status advance(struct run *r, struct server *server, struct instance *in, bool *moved, ets_error *err)
{
    const struct eti_command *c = in->command;
    uint64_t until, psum, busy = 0, stalled = 0, free_at = server->free_at;
    uint32_t visit = 0;
    for (; in->turn < in->n_turns && visit < TURNS_A_VISIT; visit++) {
        uint64_t ready = eti_max(in->issued, free_at), start = ready;
        enum ets_bound cause = ETS_BOUND_SYNC, waited_for = ETS_BOUND_SYNC;
        uint32_t k = 0;
        for (; k < c->n_waits && wait_until(r, &in->waits[k], &until, &cause); k++)
            if (until > start) { start = until; waited_for = cause; }
        if (k < c->n_waits) break;
        uint64_t cycles = cycles_of_turn(r->program, in, &psum), end = start + cycles;
        if (cycles > ETI_MOST_CYCLES || end > ETI_MOST_CYCLES)
            return eti_fail(err, ETS_RANGE, NULL, "the program runs longer than 2^62 cycles");
        server->spent[ETS_BOUND_SYNC] += ready - free_at; /* issue, a wait, work */
        server->spent[waited_for] += start - ready;
        server->spent[ETS_BOUND_PSUM] += psum;
        server->spent[c->cause] += cycles - psum;
        busy += cycles;
        stalled += start - ready;
        ETI_TRY(signal_all(r, in, end, err));
        note_end(r, c, end);
        if (!in->turn) in->begun = start;
        free_at = end;
        next_turn(in);
    }
    server->free_at = free_at;
    r->timeline->units[c->unit].busy += busy * in->weight;
    r->timeline->units[c->unit].stalled += stalled * in->weight;
    *moved |= visit != 0;
    return ETS_OK;
}

/* One round over some servers; each finishes as many of its commands as it can. */
static ets_status run_round(struct run *r, size_t from, size_t to, bool *moved, size_t *left, ets_error *err)
{
    for (size_t s = from; s < to; s++) {
        struct server *server = &r->servers[r->active[s]];
        while (server->head != ETI_NONE) {
            struct instance *in = &r->instances[server->head];
            ETI_TRY(advance(r, server, in, moved, err));
            if (in->turn < in->n_turns) break;
            if (r->trace) ETI_TRY(eti_trace_slice(r, in, server->free_at, err));
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
        for (uint32_t k = 0; in->turn < in->n_turns && k < in->command->n_waits; k++) {
            uint64_t until;
            enum ets_bound cause;
            const struct pending_wait *w = &in->waits[k];
            if (wait_until(r, w, &until, &cause)) continue;
            const struct history *h = r->links[w->first];
            return eti_fail(err, ETS_INTERNAL, NULL,
                            "phase %zu cannot finish: command %u (%s of tile %u) waits in turn %llu for counter %d to "
                            "reach %lld; on its tile it stands at %llu",
                            phase, in->index, eti_unit_name(in->command->unit), in->tile, (unsigned long long)in->turn,
                            (int)in->command->waits[k].counter, (long long)eti_needed(w), (unsigned long long)(h->dropped + h->count));
        }
    }
    return eti_fail(err, ETS_INTERNAL, NULL, "phase %zu cannot finish", phase);
}

/* ------------------------------------------------------------------ instances ---------------------------- */

static ets_status add_link(struct run *r, struct history *link, ets_error *err)
{
    void *array = r->links;
    if (!link) return eti_nomem(err);
    if (r->n_links == r->cap_links && !eti_reserve(&r->mem, &array, &r->cap_links, r->n_links, sizeof *r->links)) return eti_nomem(err);
    r->links = array;
    r->links[r->n_links++] = link;
    return ETS_OK;
}

/* The histories of a counter on all of `tiles`: one a group. */
static ets_status add_links(struct run *r, enum eti_counter counter, uint64_t tiles, bool by_group, ets_error *err)
{
    if (counter >= ETI_TILE_COUNTERS) return add_link(r, history_of(r, counter, 0), err);
    for (; tiles; tiles &= tiles - 1) {
        uint32_t tile = (uint32_t)__builtin_ctzll(tiles);
        if (by_group && r->groups.first[r->groups.of[tile]] != tile) continue;
        ETI_TRY(add_link(r, history_of(r, counter, tile), err));
    }
    return ETS_OK;
}

static bool is_from_mesh(enum eti_counter counter) { return counter >= ETI_FROM_NORTH && counter <= ETI_FROM_EAST; }

/* The neighbour that a mesh unit sends to; ETI_NONE at the edge of the grid. */
static uint32_t neighbour(const struct eti_program *p, enum eti_unit unit, uint32_t tile)
{
    uint32_t x = tile % p->width;
    if (unit == ETI_MESH_SOUTH) return tile + p->width < p->n_tiles ? tile + p->width : ETI_NONE;
    if (unit == ETI_MESH_NORTH) return tile >= p->width ? tile - p->width : ETI_NONE;
    if (unit == ETI_MESH_WEST) return x ? tile - 1 : ETI_NONE;
    return x + 1 < p->width ? tile + 1 : ETI_NONE;
}

static ets_status link_waits(struct run *r, struct instance *in, ets_error *err)
{
    for (uint32_t k = 0; k < in->command->n_waits; k++) {
        const struct eti_wait *w = &in->command->waits[k];
        struct pending_wait *to = &in->waits[k];
        bool from_mesh = is_from_mesh(w->counter);
        uint64_t own = (uint64_t)1 << (from_mesh || w->counter >= ETI_TILE_COUNTERS ? in->tile : r->groups.first[r->groups.of[in->tile]]);
        to->need = w->level;
        to->most = w->most;
        to->step = w->step;
        to->advance = w->advance;
        to->first = (uint32_t)r->n_links;
        ETI_TRY(add_links(r, w->counter, w->tiles ? w->tiles : own, !from_mesh, err));
        to->count = (uint32_t)r->n_links - to->first;
    }
    return ETS_OK;
}

static ets_status link_signals(struct run *r, struct instance *in, ets_error *err)
{
    for (uint32_t k = 0; k < in->command->n_signals; k++) {
        const struct eti_signal *s = &in->command->signals[k];
        struct due_signal *to = &in->signals[k];
        bool from_mesh = is_from_mesh(s->counter);
        uint64_t tiles = s->tiles ? s->tiles : (uint64_t)1 << in->tile;
        if (from_mesh && !s->here) {
            uint32_t at = neighbour(r->program, in->command->unit, in->tile);
            tiles = at == ETI_NONE ? 0 : (uint64_t)1 << at;
        }
        to->advance = s->advance;
        to->delay_cycles = s->delay_cycles;
        to->first = (uint32_t)r->n_links;
        ETI_TRY(add_links(r, s->counter, tiles, !from_mesh, err));
        to->count = (uint32_t)r->n_links - to->first;
    }
    return ETS_OK;
}

/* Behind what its server already has. */
static ets_status queue_instance(struct run *r, struct instance *in, uint64_t start, ets_error *err)
{
    struct server *server = &r->servers[in->server];
    uint32_t index = (uint32_t)(in - r->instances);
    if (server->phase != r->phase) {
        void *array = r->active;
        if (!eti_reserve(&r->mem, &array, &r->cap_active, r->n_active, sizeof *r->active)) return eti_nomem(err);
        r->active = array;
        r->active[r->n_active++] = in->server;
        server->phase = r->phase;
        server->head = ETI_NONE;
        server->free_at = in->command->unit == ETI_LINK_IN ? r->link_free_at : start;
        memset(server->spent, 0, sizeof server->spent);
    }
    if (server->head == ETI_NONE) server->head = index;
    else r->instances[server->tail].next = index;
    server->tail = index;
    return ETS_OK;
}

static ets_status add_instance(struct run *r, uint32_t index, uint32_t tile, uint64_t weight, uint64_t issued, uint64_t start, ets_error *err)
{
    void *array = r->instances;
    if (!eti_reserve(&r->mem, &array, &r->cap_instances, r->n_instances, sizeof *r->instances)) return eti_nomem(err);
    r->instances = array;
    struct instance *in = &r->instances[r->n_instances++];
    const struct eti_command *c = &r->program->commands[index];
    in->command = c;
    in->index = index;
    in->next = ETI_NONE;
    in->tile = tile;
    in->server = (uint32_t)c->unit * r->program->n_tiles + tile;
    in->weight = weight;
    in->issued = c->runs_ahead ? 0 : issued;
    in->turn = in->inner = 0;
    in->n_turns = (uint64_t)c->inner * c->outer;
    ETI_TRY(link_waits(r, in, err));
    ETI_TRY(link_signals(r, in, err));
    return queue_instance(r, in, start, err);
}

/* Tiles of the group whose own command is another one of those alike are counted as if they had been issued when this one
 * was: they stalled longer, or shorter, by the difference. */
static void correct_stalls(struct run *r, const struct eti_phase *phase, uint32_t k, uint64_t tiles)
{
    const struct eti_command *commands = r->program->commands + phase->first;
    uint64_t *stalled = &r->timeline->units[commands[k].unit].stalled;
    for (uint32_t j = 0; j < phase->count; j++) {
        uint64_t others = r->groups.alike[j] == r->groups.alike[k] && j != k ? commands[j].tiles & tiles : 0;
        *stalled += (r->issued[k] - r->issued[j]) * (uint64_t)__builtin_popcountll(others); /* modulo 2^64 */
    }
}

static ets_status add_command(struct run *r, const struct eti_phase *phase, uint32_t k, uint64_t start, ets_error *err)
{
    const struct eti_command *c = &r->program->commands[phase->first + k];
    bool each = c->unit >= ETI_TILE_UNITS || eti_is_mesh(c->unit) || r->groups.whole;
    for (uint64_t tiles = c->tiles; tiles; tiles &= tiles - 1) {
        uint32_t tile = (uint32_t)__builtin_ctzll(tiles);
        const uint64_t group = r->groups.tiles[r->groups.of[tile]];
        if (!each && r->groups.first[r->groups.of[tile]] != tile) continue;
        uint64_t weight = each ? 1 : (uint64_t)__builtin_popcountll(group);
        ETI_TRY(add_instance(r, phase->first + k, tile, weight, r->issued[k], start, err));
        if (!each && (group & ~c->tiles)) correct_stalls(r, phase, k, group);
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ phases ------------------------------- */

/* Commands leave the scalar core one after the other, an instruction word at a time. */
static ets_status begin_phase(struct run *r, const struct eti_phase *phase, uint64_t start, ets_error *err)
{
    const struct eti_program *p = r->program;
    uint64_t issued = start + phase->fence_cycles + phase->fence_iwords * p->issue_cycles_per_iword;
    void *array = r->issued;
    if (!eti_reserve(&r->mem, &array, &r->cap_issued, phase->count, sizeof *r->issued)) return eti_nomem(err);
    r->issued = array;
    r->phase++;
    r->n_instances = r->n_links = r->n_active = r->n_used = 0;
    r->last_end = issued;
    r->last_unit = ETI_OP;
    r->last_cause = ETS_BOUND_SYNC;
    for (uint32_t k = 0; k < phase->count; k++) {
        issued += p->commands[phase->first + k].iwords * p->issue_cycles_per_iword;
        r->issued[k] = issued;
    }
    eti_group_tiles(p, phase, r->issued, &r->groups);
    for (uint32_t k = 0; k < phase->count; k++) ETI_TRY(add_command(r, phase, k, start, err));
    return ETS_OK;
}

static ets_split split_of(const uint64_t *spent)
{
    ets_split s = {spent[ETS_BOUND_COMPUTE], spent[ETS_BOUND_PSUM], spent[ETS_BOUND_WEIGHTS], spent[ETS_BOUND_HALO],
                   spent[ETS_BOUND_LINK], spent[ETS_BOUND_MOVE], spent[ETS_BOUND_SYNC] + spent[ETS_BOUND_NONE],
                   spent[ETS_BOUND_MEMORY]};
    return s;
}

/* The phase's time, as the tile whose op ended last spent it; what came after that op, as what ended last. */
static void end_phase(struct run *r, size_t phase, uint64_t start)
{
    struct eti_phase_time *t = &r->timeline->phases[phase];
    uint64_t op_end = start, none[ETI_CAUSES] = {0}, *spent = none;
    const struct server *link = &r->servers[(size_t)ETI_LINK_IN * r->program->n_tiles];
    for (uint32_t tile = 0; tile < r->program->n_tiles; tile++) {
        struct server *op = &r->servers[(size_t)ETI_OP * r->program->n_tiles + tile];
        if (op->phase != r->phase || op->free_at <= op_end) continue;
        op_end = op->free_at;
        spent = op->spent;
    }
    if (link->phase == r->phase) r->link_free_at = eti_max(link->free_at, start); /* ahead by one phase, no more */
    t->start = start;
    t->end = eti_max(r->last_end, start);
    uint64_t barrier = op_end == start ? eti_min(r->program->phases[phase].fence_cycles, t->end - start) : 0;
    spent[ETS_BOUND_SYNC] += barrier;
    spent[r->last_cause] += t->end - op_end - barrier;
    t->split = split_of(spent);
}

/* Mesh units wait for the others and are not waited for: they come afterwards, unless every tile is by itself. */
static size_t order_servers(struct run *r)
{
    size_t n = 0;
    if (r->groups.whole) return r->n_active;
    for (size_t i = 0; i < r->n_active; i++) {
        uint32_t s = r->active[i];
        if (eti_is_mesh((enum eti_unit)(s / r->program->n_tiles))) continue;
        r->active[i] = r->active[n];
        r->active[n++] = s;
    }
    return n;
}

/* Runs the servers [from, to) to the end of what they have; `*left` of all instances are then not finished. */
static ets_status run_servers(struct run *r, size_t from, size_t to, size_t phase, size_t *left, ets_error *err)
{
    for (;;) {
        bool moved = false, skipped = false, all = true;
        ETI_TRY(run_round(r, from, to, &moved, left, err));
        for (size_t s = from; s < to && all; s++) all = r->servers[r->active[s]].head == ETI_NONE;
        if (all) return ETS_OK;
        if (!moved) return deadlock(r, phase, err);
        if (from == 0 && !r->groups.whole) ETI_TRY(eti_steady_skip(r, to, &skipped, err));
    }
}

static ets_status run_commands(struct run *r, size_t i, uint64_t start, ets_error *err)
{
    ETI_TRY(begin_phase(r, &r->program->phases[i], start, err));
    size_t left = r->n_instances, n = order_servers(r);
    eti_steady_begin(r);
    ETI_TRY(run_servers(r, 0, n, i, &left, err));
    ETI_TRY(run_servers(r, n, r->n_active, i, &left, err));
    end_phase(r, i, start);
    return ETS_OK;
}

/* Adds busy and stalled time, or with `sign` -1 takes it back. */
static void add_units(struct eti_unit_time *to, const struct eti_unit_time *from, uint64_t sign)
{
    for (int u = 0; u < ETI_UNITS; u++) {
        to[u].busy += sign * from[u].busy;
        to[u].stalled += sign * from[u].stalled;
    }
}

static ets_status run_phase(struct run *r, size_t i, uint64_t start, ets_error *err)
{
    struct eti_seen_phase *slot = eti_seen_slot(r->seen, r->program, i);
    struct eti_phase_time *t = &r->timeline->phases[i];
    if (!slot) return run_commands(r, i, start, err);
    if (eti_is_seen(slot, r->program, i) && start <= ETI_MOST_CYCLES - slot->cycles) {
        t->start = start;
        t->end = start + slot->cycles;
        t->split = slot->split;
        add_units(r->timeline->units, slot->units, 1);
        return r->trace ? eti_trace_copy(r, i, slot->phase, err) : ETS_OK;
    }
    memset(slot, 0, sizeof *slot);
    add_units(slot->units, r->timeline->units, (uint64_t)-1);
    ETI_TRY(run_commands(r, i, start, err));
    add_units(slot->units, r->timeline->units, 1);
    slot->used = true;
    slot->phase = i;
    slot->cycles = t->end - t->start;
    slot->split = t->split;
    return ETS_OK;
}

static void account_idle(struct run *r)
{
    for (int u = 0; u < ETI_UNITS; u++) {
        struct eti_unit_time *t = &r->timeline->units[u];
        t->instances = u < ETI_TILE_UNITS ? r->program->n_tiles : 1;
        t->idle = r->timeline->cycles * t->instances - t->busy - t->stalled;
    }
}

static ets_status run_all(struct run *r, ets_error *err)
{
    const struct eti_program *p = r->program;
    r->timeline->phases = eti_alloc(&r->timeline->mem, p->n_phases, sizeof *r->timeline->phases);
    if (!r->timeline->phases && p->n_phases) return eti_nomem(err);
    r->timeline->n_phases = p->n_phases;
    r->link_free_at = 0;
    for (size_t i = 0; i < ETI_SEEN_SLOTS; i++) r->seen->slots[i].used = false;
    if (r->trace) ETI_TRY(eti_trace_begin(r, err));
    uint64_t at = p->start_cycle;
    for (size_t i = 0; i < p->n_phases; i++) {
        struct eti_unit_time then[ETI_UNITS];
        if (r->trace) memcpy(then, r->timeline->units, sizeof then);
        ETI_TRY(run_phase(r, i, at, err));
        if (r->trace) eti_trace_phase(r, i, then);
        at = r->timeline->phases[i].end;
    }
    r->timeline->cycles = at;
    r->timeline->link_free_at = r->link_free_at;
    account_idle(r);
    return ETS_OK;
}

/* ------------------------------------------------------------------ the engine --------------------------- */

struct eti_engine { struct run r; uint32_t n_tiles; };

ets_status eti_engine_open(uint32_t n_tiles, const ets_allocator *mem, struct eti_engine **out, ets_error *err)
{
    ets_allocator a = eti_allocator(mem);
    struct eti_engine *e = eti_alloc(&a, 1, sizeof *e);
    if (!e) return eti_nomem(err);
    e->n_tiles = n_tiles;
    e->r.mem = a;
    e->r.servers = eti_alloc(&a, (size_t)ETI_UNITS * n_tiles, sizeof *e->r.servers);
    e->r.histories = eti_alloc(&a, (size_t)ETI_COUNTERS * n_tiles, sizeof *e->r.histories);
    e->r.seen = eti_alloc(&a, 1, sizeof *e->r.seen);
    if (e->r.servers && e->r.histories && e->r.seen) {
        *out = e;
        return ETS_OK;
    }
    eti_engine_close(e);
    return eti_nomem(err);
}

void eti_engine_close(struct eti_engine *e)
{
    struct run *r = &e->r;
    ets_allocator mem = r->mem;
    size_t n = e->n_tiles;
    for (size_t i = 0; r->histories && i < ETI_COUNTERS * n; i++)
        eti_free(&mem, r->histories[i].times, r->histories[i].capacity, sizeof(uint64_t));
    eti_free(&mem, r->histories, ETI_COUNTERS * n, sizeof *r->histories);
    eti_free(&mem, r->servers, ETI_UNITS * n, sizeof *r->servers);
    eti_free(&mem, r->seen, 1, sizeof *r->seen);
    eti_free(&mem, r->instances, r->cap_instances, sizeof *r->instances);
    eti_free(&mem, r->links, r->cap_links, sizeof *r->links);
    eti_free(&mem, r->issued, r->cap_issued, sizeof *r->issued);
    eti_free(&mem, r->active, r->cap_active, sizeof *r->active);
    eti_free(&mem, r->then, r->cap_then, sizeof *r->then);
    eti_free(&mem, r->used, r->cap_used, sizeof *r->used);
    eti_free(&mem, e, 1, sizeof *e);
}

ets_status eti_engine_run_in(struct eti_engine *e, const struct eti_program *program, struct eti_timeline *out, ets_error *err)
{
    struct eti_timeline timeline = {0};
    timeline.mem = e->r.mem;
    e->r.program = program;
    e->r.timeline = &timeline;
    ets_status status = run_all(&e->r, err);
    if (status == ETS_OK) *out = timeline;
    else eti_timeline_free(&timeline);
    return status;
}

ets_status eti_engine_run(const struct eti_program *program, const ets_allocator *mem, struct eti_timeline *out,
                          ets_error *err)
{
    return eti_engine_run_traced(program, mem, out, NULL, err);
}

ets_status eti_engine_run_traced(const struct eti_program *program, const ets_allocator *mem, struct eti_timeline *out,
                                 struct eti_trace *trace, ets_error *err)
{
    struct eti_engine *e = NULL;
    ETI_TRY(eti_engine_open(program->n_tiles, mem, &e, err));
    e->r.trace = trace;
    ets_status status = eti_engine_run_in(e, program, out, err);
    eti_engine_close(e);
    return status;
}

void eti_timeline_free(struct eti_timeline *t)
{
    eti_free(&t->mem, t->phases, t->n_phases, sizeof *t->phases);
    t->phases = NULL;
    t->n_phases = 0;
}
