/* engine.c - runs a program phase by phase. Each unit of each tile is an in-order server. Because a turn's start depends
 * only on when the turns it waits for ended, the units need not be stepped through time together: each goes on as far as
 * what it waits for is known, round after round, until the phase is done. A counter is the list of the times at which it
 * went up; times that no waiting command can ask for any more are dropped. Tiles that behave alike (groups.c) are run once, those
 * that others outpace (followers.c) and units that only pass on what they wait for (through.c) not at all; where units repeat
 * themselves, repetitions are run at once (steady.c), and mesh units that wait for the same times (mesh.c); a phase equal to an
 * earlier one is not run again, even if it is issued a little sooner or later (seen.c).
 * test/ref/plain_engine.c is the same without any of it; tests hold both equal. */
#include "engine/engine.h"

#include "base/alloc.h"
#include "base/mem.h"
#include "base/num.h"
#include "engine/run.h"

/* ------------------------------------------------------------------ running ------------------------------ */

/* One round over some servers; each finishes as many of its commands as it can. `*all` of them have finished all. */
static ets_status run_round(struct run *r, size_t from, size_t to, bool *moved, bool *all, ets_error *err)
{
    *all = true;
    for (size_t s = from; s < to; s++) {
        struct server *server = &r->servers[r->active[s]];
        while (server->head != ETI_NONE) {
            struct instance *in = &r->instances[server->head];
            uint64_t before = in->turn;
            ETI_TRY(eti_advance(r, server, in, err));
            ETI_TRY(eti_spend(r->program->budget, in->turn - before + 1, err)); /* a look at it is work, too */
            if (in->turn != before) {
                *moved = true;
                eti_note_end(r, server->free_cycle, in->command);
            }
            if (in->turn < in->n_turns) {
                *all = false;
                break;
            }
            eti_finish(r, in, server->free_cycle);
            eti_note_begin(r, in->index, in->begun_cycle);
            if (r->trace) ETI_TRY(eti_trace_slice(r, in, server->free_cycle, err));
            server->head = in->next;
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
            if (eti_wait_until(r, w, &until, &cause)) continue;
            const struct history *h = eti_wait_link(r, w, 0);
            return eti_fail(err, ETS_INTERNAL, NULL,
                            "phase %zu cannot finish: command %u (%s of tile %u) waits in turn %llu for counter %d to "
                            "reach %lld; on its tile it stands at %llu",
                            phase, in->index, eti_unit_name(in->command->unit), in->tile, (unsigned long long)in->turn,
                            (int)in->command->waits[k].counter, (long long)eti_needed(w), (unsigned long long)(h->dropped + h->count));
        }
    }
    return eti_fail(err, ETS_INTERNAL, NULL, "phase %zu cannot finish", phase);
}

/* ------------------------------------------------------------------ phases ------------------------------- */

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
    uint64_t op_end = start;
    struct spent *spent = &r->phase_spent;
    const struct server *link = &r->servers[(size_t)ETI_LINK_IN * r->program->n_tiles];
    r->phase_tile = ETI_NONE;
    for (uint32_t tile = 0; tile < r->program->n_tiles; tile++) {
        const struct server *op = &r->servers[(size_t)ETI_OP * r->program->n_tiles + tile];
        if (op->phase != r->phase || op->free_cycle <= op_end) continue;
        op_end = op->free_cycle;
        r->phase_tile = tile;
    }
    if (r->phase_tile == ETI_NONE) eti_clear(spent, sizeof *spent);
    else *spent = r->spent[r->phase_tile];
    if (link->phase == r->phase) r->link_free_cycle = eti_max(link->free_cycle, start); /* ahead by one phase, no more */
    t->start_cycle = start;
    t->end_cycle = eti_max(r->last_end_cycle, start);
    uint64_t barrier = op_end == start ? eti_min(r->program->phases[phase].fence_cycles, t->end_cycle - start) : 0;
    spent->cycles[ETS_BOUND_SYNC] += barrier;
    spent->cycles[r->last_cause] += t->end_cycle - op_end - barrier;
    t->split = split_of(spent->cycles);
}

/* Runs the servers [from, to) to the end of what they have. */
static ets_status run_servers(struct run *r, size_t from, size_t to, size_t phase, ets_error *err)
{
    for (;;) {
        bool moved = false, skipped = false, all;
        ETI_TRY(run_round(r, from, to, &moved, &all, err));
        if (all) return ETS_OK;
        if (!moved) return deadlock(r, phase, err);
        if (from == 0 && !r->groups.whole) ETI_TRY(eti_steady_skip(r, to, &skipped, err));
    }
}

/* `*known`: what followers took is known; if not, nothing of the phase is. */
static ets_status run_commands(struct run *r, size_t i, uint64_t start, bool may_follow, bool *known, ets_error *err)
{
    ETI_TRY(eti_begin_phase(r, &r->program->phases[i], start, may_follow, err));
    size_t n = eti_servers_before_mesh(r);
    eti_steady_begin(r);
    ETI_TRY(run_servers(r, 0, n, i, err));
    ETI_TRY(run_servers(r, n, r->n_active, i, err));
    bool stuck = false;
    ETI_TRY(eti_end_through(r, &r->program->phases[i], &stuck, err));
    if (r->mesh.by_waits && !stuck) ETI_TRY(eti_run_mesh(r, &r->program->phases[i], start, &stuck, err));
    if (stuck) return deadlock(r, i, err);
    ETI_TRY(eti_end_followers(r, &r->program->phases[i], known, err));
    if (*known) end_phase(r, i, start);
    return ETS_OK;
}

/* Adds busy and stalled time, or with `sign` -1 takes it back. */
static void add_units(struct eti_unit_time *to, const struct eti_unit_time *from, uint64_t sign)
{
    for (int u = 0; u < ETI_UNITS; u++) {
        to[u].busy_cycles += sign * from[u].busy_cycles;
        to[u].stalled_cycles += sign * from[u].stalled_cycles;
    }
}

/* An equal phase was run before: the same again, from `start` on. */
static ets_status repeat_phase(struct run *r, size_t i, uint64_t start, const struct eti_seen_phase *seen, const struct eti_seen_shift *shift,
                               ets_error *err)
{
    struct eti_phase_time *t = &r->timeline->phases[i];
    uint64_t spent[ETI_CAUSES];
    eti_copy(spent, seen->spent, sizeof spent);
    spent[ETS_BOUND_SYNC] += shift->op_later_cycles; /* its first turn begins later: it is issued, and has waited longer */
    spent[seen->op_cause] += shift->later_cycles - shift->op_later_cycles;
    t->start_cycle = start;
    t->end_cycle = start + seen->cycles + shift->later_cycles;
    t->split = split_of(spent);
    if (seen->uses_link) r->link_free_cycle = start + seen->link_free_cycles + shift->later_cycles;
    add_units(r->timeline->units, seen->units, 1);
    for (int u = 0; u < ETI_UNITS; u++) r->timeline->units[u].stalled_cycles += shift->stalled_cycles[u];
    return r->trace ? eti_trace_copy(r, i, seen->phase, err) : ETS_OK;
}

/* Keeps what the phase took that has just been run, and what it adds to `before`. */
static void keep_phase(struct run *r, size_t i, const struct eti_seen_key *key, const struct eti_unit_time *before)
{
    const struct eti_phase *phase = &r->program->phases[i];
    const struct eti_phase_time *t = &r->timeline->phases[i];
    struct eti_seen_phase *now = eti_seen_add(r->seen, i, key->hash);
    add_units(now->units, r->timeline->units, 1);
    add_units(now->units, before, (uint64_t)-1);
    now->start_cycle = t->start_cycle;
    now->cycles = t->end_cycle - t->start_cycle;
    now->uses_link = key->uses_link;
    now->link_free_cycles = key->uses_link ? r->link_free_cycle - t->start_cycle : 0;
    eti_copy(now->spent, r->phase_spent.cycles, sizeof now->spent);
    now->op = ETI_NONE;
    for (size_t k = 0; k < r->n_instances && r->phase_tile != ETI_NONE; k++) {
        const struct instance *in = &r->instances[k];
        if (in->command->unit != ETI_OP || in->tile != r->phase_tile) continue;
        now->op = in->index - phase->first;
        now->op_cause = in->waited_for;
        break;
    }
    for (uint32_t k = 0; k < r->n_before && !r->groups.whole; k++)
        if (r->groups.alike[k] != k) eti_note_begin(r, phase->first + k, r->seen->begun_cycles[phase->first + r->groups.alike[k]]);
}

static ets_status run_phase(struct run *r, size_t i, uint64_t start, ets_error *err)
{
    struct eti_seen_key key;
    struct eti_seen_shift shift;
    bool known;
    eti_clear(&shift, sizeof shift);
    const struct eti_seen_phase *seen = eti_seen_same(r->seen, r->program, i);
    if (seen && start <= ETI_MAX_CYCLES - seen->cycles) return repeat_phase(r, i, start, seen, &shift, err);
    if (!eti_seen_key_of(r->program, i, &key)) return run_commands(r, i, start, false, &known, err);
    seen = eti_seen_find(r->seen, r->program, i, key.hash, r->trace ? NULL : &shift);
    if (seen && start <= ETI_MAX_CYCLES - seen->cycles - shift.later_cycles) return repeat_phase(r, i, start, seen, &shift, err);
    struct eti_unit_time before[ETI_UNITS];
    eti_copy(before, r->timeline->units, sizeof before);
    ETI_TRY(run_commands(r, i, start, true, &known, err));
    if (!known) {
        eti_copy(r->timeline->units, before, sizeof before);
        ETI_TRY(run_commands(r, i, start, false, &known, err));
    }
    if (!seen) keep_phase(r, i, &key, before);
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
    r->timeline->phases = eti_alloc(&r->timeline->mem, p->n_phases, sizeof *r->timeline->phases);
    if (!r->timeline->phases && p->n_phases) return eti_nomem(err);
    r->timeline->n_phases = p->n_phases;
    r->link_free_cycle = 0;
    ETI_TRY(eti_seen_begin(r->seen, &r->mem, p, err));
    if (r->trace) ETI_TRY(eti_trace_begin(r, err));
    uint64_t at = p->start_cycle;
    for (size_t i = 0; i < p->n_phases; i++) {
        struct eti_unit_time then[ETI_UNITS];
        if (r->trace) eti_copy(then, r->timeline->units, sizeof then);
        ETI_TRY(run_phase(r, i, at, err));
        if (r->trace) eti_trace_phase(r, i, then);
        at = r->timeline->phases[i].end_cycle;
    }
    r->timeline->cycles = at;
    r->timeline->link_free_cycle = r->link_free_cycle;
    account_idle(r);
    return ETS_OK;
}

/* ------------------------------------------------------------------ the engine --------------------------- */

struct eti_engine { struct run r; uint32_t n_tiles; };

static size_t n_servers(const struct eti_engine *e) { return (size_t)ETI_UNITS * e->n_tiles; }
static size_t n_sent(const struct eti_engine *e) { return (size_t)ETI_SIDES * e->n_tiles; }
static size_t n_histories(const struct eti_engine *e) { return (size_t)ETI_COUNTERS * e->n_tiles; }

ets_status eti_engine_open(uint32_t n_tiles, const ets_allocator *mem, struct eti_engine **out, ets_error *err)
{
    ets_allocator a = eti_allocator(mem);
    struct eti_engine *e = eti_alloc(&a, 1, sizeof *e);
    if (!e) return eti_nomem(err);
    struct run *r = &e->r;
    e->n_tiles = n_tiles;
    r->mem = a;
    r->servers = eti_alloc(&a, n_servers(e), sizeof *r->servers);
    r->active = eti_alloc_raw(&a, n_servers(e), sizeof *r->active);
    r->spent = eti_alloc_raw(&a, n_tiles, sizeof *r->spent);
    r->histories = eti_alloc(&a, n_histories(e), sizeof *r->histories);
    r->used = eti_alloc_raw(&a, n_histories(e), sizeof *r->used);
    r->first_times = eti_alloc_raw(&a, n_histories(e), ETI_FIRST_TIMES * sizeof *r->first_times);
    r->mesh.sent = eti_alloc_raw(&a, n_sent(e), sizeof *r->mesh.sent);
    r->seen = eti_alloc_raw(&a, 1, sizeof *r->seen);
    if (r->seen) eti_seen_open(r->seen);
    bool past = true;
    for (int i = 0; i < ETI_SNAPSHOTS; i++) {
        r->past[i].servers = eti_alloc_raw(&a, n_servers(e), sizeof *r->past[i].servers);
        past = past && r->past[i].servers;
    }
    if (past && r->servers && r->active && r->spent && r->histories && r->used && r->first_times && r->mesh.sent && r->seen) {
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
    for (size_t i = 0; r->histories && i < n_histories(e); i++)
        if (r->histories[i].capacity > ETI_FIRST_TIMES)
            eti_free(&mem, r->histories[i].times, r->histories[i].capacity, sizeof *r->histories[i].times);
    eti_free(&mem, r->servers, n_servers(e), sizeof *r->servers);
    eti_free(&mem, r->active, n_servers(e), sizeof *r->active);
    for (int i = 0; i < ETI_SNAPSHOTS; i++) eti_free(&mem, r->past[i].servers, n_servers(e), sizeof *r->past[i].servers);
    eti_free(&mem, r->spent, e->n_tiles, sizeof *r->spent);
    eti_free(&mem, r->histories, n_histories(e), sizeof *r->histories);
    eti_free(&mem, r->used, n_histories(e), sizeof *r->used);
    eti_free(&mem, r->first_times, n_histories(e), ETI_FIRST_TIMES * sizeof *r->first_times);
    eti_free(&mem, r->mesh.sent, n_sent(e), sizeof *r->mesh.sent);
    if (r->seen) eti_seen_close(r->seen, &mem);
    eti_free(&mem, r->seen, 1, sizeof *r->seen);
    eti_free(&mem, r->instances, r->cap_instances, sizeof *r->instances);
    eti_free(&mem, r->links, r->cap_links, sizeof *r->links);
    eti_free(&mem, r->issued_cycles, r->cap_issued, sizeof *r->issued_cycles);
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
