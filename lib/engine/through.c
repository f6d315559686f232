/* through.c - units that pass on at once what they wait for, as ring consumers that hand an op's free buffers on to whoever fills them.
 * Turn i of such a command costs nothing and waits for one count more each time, so what it counts comes when that came, or when it
 * was issued, if that is later. Who waits for it is issued later still: it may as well wait for what came. The command itself is
 * looked at once all others have run: by then it is known when its last turn was. */
#include "base/mem.h"
#include "base/num.h"
#include "engine/run.h"

#define MOST_LEVEL ((int64_t)1 << 40) /* sums of two are far from 2^63 */

static bool is_on_tile(uint32_t counter) { return counter < ETI_TILE_COUNTERS && !eti_is_from_mesh((enum eti_counter)counter); }
static bool is_consumer(const struct eti_command *c) { return c->unit == ETI_RING_CONSUMER_0 || c->unit == ETI_RING_CONSUMER_1; }
static bool each_turn(const struct eti_command *c, enum eti_advance advance)
{
    return advance == ETI_EACH_TURN || (advance == ETI_EACH_GROUP && c->inner == 1);
}

/* Does the command pass on what it waits for, from its first turn on, which waits for nothing? */
static bool passes_on(const struct eti_command *c)
{
    const struct eti_wait *w = &c->waits[0];
    const struct eti_signal *s = &c->signals[0];
    uint64_t turns = (uint64_t)c->inner * c->outer;
    if (c->n_waits != 1 || c->n_signals != 1 || !turns || turns > (uint64_t)MOST_LEVEL || c->runs_ahead) return false;
    if (!eti_has_one_cost(c) || c->first_cycles) return false;
    return is_on_tile(w->counter) && each_turn(c, w->advance) && !w->tiles && w->step == 1 && !w->most && w->level <= 0 && w->level >= -MOST_LEVEL &&
           is_on_tile(s->counter) && each_turn(c, s->advance) && !s->tiles && !s->delay_cycles && s->counter != w->counter;
}

/* Does the wait of another command, issued later, ask only for what is passed on? An op asks for the reason, too. */
static bool may_look_through(const struct eti_command *c, const struct eti_command *by, const struct eti_wait *w)
{
    uint64_t turns = (uint64_t)by->inner * by->outer;
    uint64_t steps = w->advance == ETI_EACH_TURN ? turns - 1 : w->advance == ETI_EACH_GROUP ? by->outer - 1 : 0;
    uint64_t tiles = w->tiles ? w->tiles : by->tiles, passed = (uint64_t)c->inner * c->outer;
    bool plain = by->unit != ETI_OP && !eti_is_mesh((enum eti_unit)by->unit) && !is_consumer(by) && !by->runs_ahead;
    if (!plain || !turns || tiles & ~c->tiles || w->level < -MOST_LEVEL || w->level > (int64_t)passed) return false;
    return !w->step || steps <= (uint64_t)((int64_t)passed - w->level) / w->step;
}

/* Is command `k` of the phase the only one of its unit, and so the only one that counts its counter, and may all that wait for that look
 * through it? */
static bool is_alone(const struct run *r, const struct eti_command *commands, uint32_t k)
{
    const struct eti_command *c = &commands[k];
    uint32_t counter = c->signals[0].counter, n = r->n_before;
    if (r->mesh.asked >> counter & 1) return false;
    for (uint32_t j = 0; j < n; j++) {
        const struct eti_command *o = &commands[j];
        if (j == k) continue;
        if (o->unit == c->unit) return false;
        for (uint32_t i = 0; i < o->n_waits; i++)
            if (o->waits[i].counter == counter && (j < k || !may_look_through(c, o, &o->waits[i]))) return false;
    }
    return true;
}

void eti_through_find(struct run *r, const struct eti_phase *phase)
{
    const struct eti_command *commands = r->program->commands + phase->first;
    r->n_through = 0;
    for (uint32_t k = 0; k < r->n_before; k++) {
        const struct eti_command *c = &commands[k];
        if (!is_consumer(c) || !passes_on(c) || !is_alone(r, commands, k)) continue;
        struct through *t = &r->through[r->n_through++];
        t->command = k;
        t->from = (enum eti_counter)c->waits[0].counter;
        t->counter = (enum eti_counter)c->signals[0].counter;
        t->less = 1 - c->waits[0].level;
        t->last = c->waits[0].level + (int64_t)((uint64_t)c->inner * c->outer - 1);
    }
}

void eti_through_begin(struct run *r, const struct eti_phase *phase)
{
    if (r->groups.whole) r->n_through = 0;
    for (uint32_t i = 0; i < r->n_through; i++) {
        const struct through *t = &r->through[i];
        for (uint32_t g = 0; g < r->groups.n; g++) {
            if (!(r->groups.tiles[g] & r->program->commands[phase->first + t->command].tiles)) continue;
            struct history *h = eti_own_history(r, t->from, r->groups.first[g]);
            if (t->last > 0) h->asked_later = eti_min(h->asked_later, (uint64_t)t->last);
        }
    }
}

/* A command on the tiles of a group: its unit waited from when it was issued until its last turn. */
static ets_status end_on(struct run *r, const struct through *t, uint32_t index, uint32_t g, uint64_t issued, bool *stuck, ets_error *err)
{
    uint32_t tile = r->groups.first[g];
    const struct history *h = &r->histories[eti_history_index(r, t->from, tile)];
    uint64_t end = issued, last = t->last > 0 ? (uint64_t)t->last : 0;
    *stuck = last > h->dropped + h->count;
    if (*stuck) return ETS_OK;
    if (last) end = eti_max(issued, h->times[last - 1 - h->dropped]);
    struct instance in;
    eti_clear(&in, sizeof in);
    in.command = &r->program->commands[index];
    in.index = index;
    in.tile = tile;
    in.weight = r->groups.size[g];
    in.ready_cycle = in.begun_cycle = issued;
    in.n_turns = (uint64_t)in.command->inner * in.command->outer;
    eti_note_begin(r, index, end); /* when the last turn was is all that depends on when it is issued */
    eti_note_end(r, end, in.command);
    eti_finish(r, &in, end);
    return r->trace ? eti_trace_slice(r, &in, end, err) : ETS_OK;
}

ets_status eti_end_through(struct run *r, const struct eti_phase *phase, bool *stuck, ets_error *err)
{
    for (uint32_t i = 0; i < r->n_through; i++) {
        const struct through *t = &r->through[i];
        uint64_t tiles = r->program->commands[phase->first + t->command].tiles;
        for (uint32_t g = 0; g < r->groups.n && !*stuck; g++)
            if (r->groups.tiles[g] & tiles) ETI_TRY(end_on(r, t, phase->first + t->command, g, r->issued_cycles[t->command], stuck, err));
    }
    return ETS_OK;
}
