/* turns.c - running turns, and the counters that they wait for and count up. */
#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "engine/run.h"

#define HISTORY_WORTH_TRIMMING 1024
#define TURNS_A_VISIT 64 /* so that no unit runs far ahead of those that wait for it */
#define LINK_TURNS_A_VISIT 256 /* of a link that waits for room in the host's buffer: the sooner that is full, the sooner all is steady */

/* ------------------------------------------------------------------ counters ----------------------------- */

void eti_find_needed(struct run *r)
{
    for (size_t i = 0; i < r->n_used; i++) r->used[i]->needed = r->used[i]->asked_later;
    for (size_t i = 0; i < r->n_instances; i++) {
        const struct instance *in = &r->instances[i];
        for (uint32_t k = 0; in->turn < in->n_turns && k < in->command->n_waits; k++) {
            const struct pending_wait *w = &in->waits[k];
            int64_t value = eti_needed(w);
            for (uint32_t l = 0; l < w->count; l++) {
                struct history *h = eti_wait_link(r, w, l);
                h->needed = eti_min(h->needed, value > 0 ? (uint64_t)value : 0);
            }
        }
    }
}

/* Drops times that no command can ask for any more, but for the last, if they are half of them. */
static bool trim(struct run *r, struct history *h)
{
    eti_find_needed(r);
    uint64_t drop = h->count && h->needed > h->dropped + 1 ? eti_min(h->needed - 1 - h->dropped, h->count - 1) : 0;
    if (!drop || drop * 2 < h->count) return false;
    h->count -= (size_t)drop;
    memmove(h->times, h->times + drop, h->count * sizeof *h->times);
    h->dropped += drop;
    return true;
}

ets_status eti_history_room(struct run *r, struct history *h, uint64_t more, ets_error *err)
{
    size_t wanted = h->capacity;
    if (more <= h->capacity - h->count) return ETS_OK;
    if (h->capacity >= HISTORY_WORTH_TRIMMING && trim(r, h) && more <= h->capacity - h->count) return ETS_OK;
    while (wanted - h->count < more)
        if (__builtin_mul_overflow(wanted, (size_t)2, &wanted)) return eti_nomem(err);
    bool owned = h->capacity > ETI_FIRST_TIMES;
    uint64_t *times = eti_resize(&r->mem, owned ? h->times : NULL, owned ? h->capacity : 0, wanted, sizeof *times);
    if (!times) return eti_nomem(err);
    if (!owned) memcpy(times, h->times, h->count * sizeof *times);
    h->times = times;
    h->capacity = wanted;
    return ETS_OK;
}

static inline ets_status count_up(struct run *r, struct history *h, uint64_t at, enum ets_bound cause, ets_error *err)
{
    if (h->count == h->capacity) ETI_TRY(eti_history_room(r, h, 1, err));
    if (h->count && h->times[h->count - 1] > at) at = h->times[h->count - 1]; /* a counter shows turns in order */
    h->times[h->count++] = at;
    h->cause = cause;
    return ETS_OK;
}

static inline ets_status signal_all(struct run *r, const struct instance *in, uint64_t end, ets_error *err)
{
    const struct eti_command *c = in->command;
    uint32_t n_signals = c->n_signals;
    enum ets_bound cause = (enum ets_bound)c->cause;
    for (uint32_t k = 0; k < n_signals; k++) {
        const struct due_signal *s = &in->signals[k];
        bool last = s->advance == ETI_EACH_TURN || (s->advance == ETI_EACH_GROUP ? in->inner + 1 == c->inner : in->turn + 1 == in->n_turns);
        if (!last) continue;
        if (s->count == 1) {
            ETI_TRY(count_up(r, s->link, end + s->delay_cycles, cause, err));
            continue;
        }
        for (uint32_t l = 0; l < s->count; l++) ETI_TRY(count_up(r, r->links[s->first + l], end + s->delay_cycles, cause, err));
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ waits -------------------------------- */

/* When the counter reached `value`; false: not known yet. */
static inline bool reached_at(const struct history *h, int64_t value, uint64_t *at)
{
    uint64_t index = (uint64_t)value - 1 - h->dropped;
    if (index >= h->count) return false;
    *at = h->times[index];
    return true;
}

/* When the present turn's value was reached by all counters that the wait names; false: not known yet. */
static inline bool satisfied(const struct run *r, const struct pending_wait *w, uint64_t *until, enum ets_bound *cause)
{
    int64_t value = eti_needed(w);
    uint64_t at;
    *until = 0;
    if (value <= 0) return true;
    if (w->count == 1) {
        *cause = w->link->cause;
        return reached_at(w->link, value, until);
    }
    for (uint32_t i = 0; i < w->count; i++) {
        const struct history *h = r->links[w->first + i];
        if (!reached_at(h, value, &at)) return false;
        if (at < *until) continue;
        *until = at;
        *cause = h->cause;
    }
    return true;
}

bool eti_wait_until(const struct run *r, const struct pending_wait *w, uint64_t *until, enum ets_bound *cause)
{
    return satisfied(r, w, until, cause);
}

/* What the lowest of its counters has reached. */
static inline uint64_t reached_of(const struct run *r, const struct pending_wait *w)
{
    uint64_t lowest = INT64_MAX;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct history *h = eti_wait_link(r, w, i);
        lowest = eti_min(lowest, h->dropped + h->count);
    }
    return lowest;
}

/* How many turns from the present one on, up to `most`, wait for nothing that is not known yet. */
static inline uint64_t turns_known(const struct run *r, const struct instance *in, uint64_t most)
{
    for (uint32_t k = 0; k < in->command->n_waits; k++) {
        const struct pending_wait *w = &in->waits[k];
        int64_t value = eti_needed(w);
        uint64_t reached = reached_of(r, w);
        if (value > 0 && reached < (uint64_t)value) return 0;
        if (w->most < 0 || reached >= (uint64_t)w->most) continue;
        if (w->each_group) most = eti_min(most, in->command->inner - in->inner);
        else if (w->each_turn == 1) most = eti_min(most, reached - (uint64_t)w->need + 1);
        else if (w->each_turn) most = eti_min(most, (reached - (uint64_t)w->need) / w->each_turn + 1);
    }
    return most;
}

/* ------------------------------------------------------------------ what a turn costs -------------------- */

static uint64_t cycles_of_nests(const struct eti_program *p, const struct eti_command *c, uint64_t turn)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < c->n_nests; i++) sum += eti_cost_nest_at(&p->nests[c->nests[i]], turn);
    return sum;
}

/* Packets of the next turn of a metered command: ceil((turn + 1) m / turns) - ceil(turn m / turns), step by step. */
static inline uint64_t next_packets(struct instance *in)
{
    bool another = in->ahead < in->rest;
    in->ahead += another ? in->n_turns - in->rest : (uint64_t)0 - in->rest;
    return in->packets + another;
}

static inline uint64_t cycles_of_turn(const struct run *r, struct instance *in)
{
    const struct eti_command *c = in->command;
    if (in->one_cost) return c->first_cycles;
    if (c->n_nests) {
        uint64_t cycles = cycles_of_nests(r->program, c, in->turn);
        in->busy_cycles += cycles;
        return cycles;
    }
    if (c->meter_turns) return c->middle_cycles * next_packets(in);
    bool first = in->inner == 0, last = in->inner + 1 == c->inner;
    return first ? c->first_cycles : last ? c->last_cycles : c->middle_cycles;
}

/* ------------------------------------------------------------------ running ------------------------------ */

static inline void next_turn(struct instance *in)
{
    uint32_t n_waits = in->command->n_waits;
    bool group_ends = ++in->inner == in->command->inner;
    in->turn++;
    for (uint32_t k = 0; k < n_waits; k++) in->waits[k].need += in->waits[k].each_turn;
    if (!group_ends) return;
    in->inner = 0;
    for (uint32_t k = 0; k < n_waits; k++) in->waits[k].need += in->waits[k].each_group;
}

/* What was neither a turn nor before the first could start was a stall. */
void eti_finish(struct run *r, const struct instance *in, uint64_t end)
{
    const struct eti_command *c = in->command;
    struct eti_unit_time *unit = &r->timeline->units[c->unit];
    if (!in->n_turns) return;
    uint64_t busy = c->meter_turns ? c->middle_cycles * c->meter_turns : eti_over_turns(c, c->first_cycles, c->middle_cycles, c->last_cycles);
    uint64_t psum = c->n_nests || c->meter_turns ? 0 : eti_over_turns(c, c->first_psum, c->middle_psum, c->last_psum);
    if (c->n_nests) busy = in->busy_cycles;
    unit->busy_cycles += busy * in->weight;
    unit->stalled_cycles += (end - in->ready_cycle - busy) * in->weight;
    if (c->unit != ETI_OP) return;
    r->spent[in->tile].cycles[ETS_BOUND_PSUM] += psum;
    r->spent[in->tile].cycles[c->cause] += busy - psum;
}

ets_status eti_too_long(ets_error *err) { return eti_fail(err, ETS_RANGE, NULL, "the program runs longer than 2^62 cycles"); }

/* When the present turn may start, if all that it waits for is known. */
static inline bool starts_at(const struct run *r, const struct instance *in, uint64_t ready, uint64_t *start, enum ets_bound *waited_for)
{
    uint64_t until;
    enum ets_bound cause = ETS_BOUND_SYNC;
    *start = ready;
    *waited_for = ETS_BOUND_SYNC;
    for (uint32_t k = 0; k < in->command->n_waits; k++) {
        if (!satisfied(r, &in->waits[k], &until, &cause)) return false;
        if (until <= *start) continue;
        *start = until;
        *waited_for = cause;
    }
    return true;
}

/* The present turn; `*known` if all that it waits for is, and it has run. */
static inline ets_status run_turn(struct run *r, struct server *server, struct instance *in, bool *known, ets_error *err)
{
    const struct eti_command *c = in->command;
    uint64_t ready = eti_max(in->issued_cycle, server->free_cycle), start;
    enum ets_bound waited_for;
    *known = starts_at(r, in, ready, &start, &waited_for);
    if (!*known) return ETS_OK;
    uint64_t cycles = cycles_of_turn(r, in), end = start + cycles;
    if (cycles > ETI_MAX_CYCLES || end > ETI_MAX_CYCLES)
        return eti_too_long(err);
    if (c->unit == ETI_OP) {
        r->spent[in->tile].cycles[ETS_BOUND_SYNC] += ready - server->free_cycle; /* issue */
        r->spent[in->tile].cycles[waited_for] += start - ready;
    }
    if (c->unit == ETI_LINK_IN && end <= r->program->start_cycle) r->timeline->link_ahead_cycle = end;
    ETI_TRY(signal_all(r, in, end, err));
    if (!in->turn) {
        in->ready_cycle = ready;
        in->begun_cycle = start;
        in->waited_for = waited_for;
    }
    server->free_cycle = end;
    next_turn(in);
    return ETS_OK;
}

/* ------------------------------------------------------------------ many at once ------------------------- */

bool eti_is_even(const struct instance *in)
{
    const struct eti_command *c = in->command;
    uint64_t longest = eti_max(eti_max(c->first_cycles, c->middle_cycles), c->last_cycles);
    bool plain = !c->n_nests && !c->meter_turns && longest < ETI_MAX_CYCLES / ETI_TURNS_AT_ONCE;
    bool apart = c->n_signals < 2 || (in->signals[0].count <= 1 && in->signals[1].count <= 1 && in->signals[0].link != in->signals[1].link);
    return plain && apart && (c->unit != ETI_OP || !c->n_waits);
}

/* Of the next `n` turns those for which the wait asks for more each time, below its limit. */
static uint64_t turns_below_limit(const struct pending_wait *w, uint64_t n)
{
    if (!w->each_turn || w->need >= w->most) return 0;
    uint64_t left = (uint64_t)w->most - (uint64_t)w->need;
    return eti_min(n, w->each_turn == 1 ? left : eti_ceil_div(left, w->each_turn));
}

/* Of the next `n` turns, within a group, the first ones, for which the wait asks for nothing yet. */
static uint64_t turns_for_nothing(const struct pending_wait *w, uint64_t n)
{
    if (w->need <= 0 && !w->each_turn) return n;
    uint64_t short_by = w->need > 0 ? 0 : (uint64_t)1 - (uint64_t)w->need;
    return eti_min(n, w->each_turn == 1 ? short_by : eti_ceil_div(short_by, w->each_turn));
}

/* start[i] is no earlier than what this wait asks for in turn i. Turns start one after the other: what they all wait for alike, the
 * first of them waits for. False: it asks for nothing yet. */
static bool hold_back(const struct run *r, const struct pending_wait *w, uint64_t n, uint64_t *start)
{
    uint64_t rising = turns_below_limit(w, n);
    if (w->need <= 0 && turns_for_nothing(w, n) == n) return false;
    for (uint32_t l = 0; l < w->count; l++) {
        const struct history *h = eti_wait_link(r, w, l);
        uint64_t i = rising ? turns_for_nothing(w, rising) : 0;
        int64_t value = w->need + (int64_t)(i * w->each_turn);
        uint64_t index = (uint64_t)value - 1 - h->dropped;
        for (; i < rising; i++, index += w->each_turn) start[i] = eti_max(start[i], h->times[index]);
        value = w->need + (int64_t)(rising * w->each_turn);
        if (value > w->most) value = w->most;
        if (i < n && value > 0) start[i] = eti_max(start[i], h->times[(uint64_t)value - 1 - h->dropped]);
    }
    return true;
}

/* One counter goes up at the end of each turn. */
static ets_status count_each(struct run *r, struct history *h, const uint64_t *end, uint64_t n, uint64_t delay, enum ets_bound cause, ets_error *err)
{
    ETI_TRY(eti_history_room(r, h, n, err));
    uint64_t *times = h->times + h->count, last = h->count ? times[-1] : 0;
    uint64_t i = 0;
    for (; i < n && end[i] + delay < last; i++) times[i] = last;
    for (; i < n; i++) times[i] = end[i] + delay;
    h->count += (size_t)n;
    h->cause = cause;
    return ETS_OK;
}

static ets_status signal_turns(struct run *r, const struct instance *in, const uint64_t *end, uint64_t n, ets_error *err)
{
    const struct eti_command *c = in->command;
    for (uint32_t k = 0; k < c->n_signals; k++) {
        const struct due_signal *s = &in->signals[k];
        bool last = s->advance == ETI_EACH_GROUP ? in->inner + n == c->inner : in->turn + n == in->n_turns;
        bool each = s->advance == ETI_EACH_TURN;
        for (uint32_t l = 0; (each || last) && l < s->count; l++) {
            struct history *h = eti_link(r, s->link, s->first, s->count, l);
            ETI_TRY(count_each(r, h, each ? end : end + n - 1, each ? n : 1, s->delay_cycles, c->cause, err));
        }
    }
    return ETS_OK;
}

static void skip_turns(struct instance *in, uint64_t n)
{
    const struct eti_command *c = in->command;
    bool group_ends = in->inner + n == c->inner;
    in->turn += n;
    in->inner = (uint32_t)(in->turn % c->inner);
    for (uint32_t k = 0; k < c->n_waits; k++) {
        struct pending_wait *w = &in->waits[k];
        w->need += (int64_t)n * w->each_turn + (group_ends ? w->each_group : 0);
    }
}

/* start[i], if turns are held back at all, becomes when turn i ends; the unit is free at `free_cycle`. The turns are of one group, or
 * groups have one. */
static uint64_t end_turns(const struct instance *in, uint64_t free_cycle, uint64_t n, bool held, uint64_t *start)
{
    const struct eti_command *c = in->command;
    uint64_t each = c->inner == 1 ? c->first_cycles : c->middle_cycles;
    bool begins = in->inner == 0, ends = c->inner > 1 && in->inner + n == c->inner;
    start[0] = free_cycle = eti_max(start[0], free_cycle) + (begins ? c->first_cycles : each);
    for (uint64_t i = 1; i < n - ends && held; i++) start[i] = free_cycle = eti_max(start[i], free_cycle) + each;
    for (uint64_t i = 1; i < n - ends && !held; i++) start[i] = free_cycle += each;
    if (ends) start[n - 1] = free_cycle = eti_max(start[n - 1], free_cycle) + c->last_cycles;
    return free_cycle;
}

/* The same as run_turn() of 2 to ETI_TURNS_AT_ONCE turns of an even instance, all of one group if groups have several. */
static ets_status run_even(struct run *r, struct server *server, struct instance *in, uint64_t n, ets_error *err)
{
    const struct eti_command *c = in->command;
    uint64_t at[ETI_TURNS_AT_ONCE], free_cycle = eti_max(server->free_cycle, in->issued_cycle);
    bool held = false;
    at[0] = 0;
    for (uint64_t i = 1; i < n; i++) at[i] = 0;
    for (uint32_t k = 0; k < c->n_waits; k++) held |= hold_back(r, &in->waits[k], n, at);
    if (!in->turn) {
        in->ready_cycle = free_cycle;
        in->begun_cycle = eti_max(at[0], free_cycle);
    }
    if (c->unit == ETI_OP) r->spent[in->tile].cycles[ETS_BOUND_SYNC] += free_cycle - server->free_cycle; /* issue */
    free_cycle = end_turns(in, free_cycle, n, held, at);
    if (free_cycle > ETI_MAX_CYCLES) return eti_too_long(err);
    for (uint64_t i = 0; i < n && c->unit == ETI_LINK_IN && at[i] <= r->program->start_cycle; i++) r->timeline->link_ahead_cycle = at[i];
    ETI_TRY(signal_turns(r, in, at, n, err));
    skip_turns(in, n);
    server->free_cycle = free_cycle;
    return ETS_OK;
}

/* Turns one by one, and where many are known, those at once. Of most units that is not likely from the start. */
ets_status eti_advance(struct run *r, struct server *server, struct instance *in, ets_error *err)
{
    const struct eti_command *c = in->command;
    uint64_t most = c->unit == ETI_LINK_IN && c->n_waits ? LINK_TURNS_A_VISIT : TURNS_A_VISIT;
    uint64_t left = eti_min(most, in->nested ? c->inner - in->inner : in->n_turns - in->turn);
    bool known = true;
    for (bool ask = in->even && (eti_is_mesh(c->unit) || c->unit == ETI_LINK_IN || !c->n_waits); left && known; ask = in->even) {
        uint64_t n = ask && left > 2 ? turns_known(r, in, eti_min(left, ETI_TURNS_AT_ONCE)) : 1;
        if (!n) return ETS_OK;
        if (n > 2) ETI_TRY(run_even(r, server, in, n, err));
        else ETI_TRY(run_turn(r, server, in, &known, err));
        left -= n > 2 ? n : 1;
    }
    return ETS_OK;
}
