/* steady.c - repetitions run at once, exactly. A turn starts at the largest of some times and ends a fixed cost later: such
 * a system does not care when it is (max-plus linear). So if each unit has come from a snapshot to where it is now by the same
 * turns that it will run next, and all that its next turns wait for comes as much later as the unit itself, then the same
 * happens again, and again. Units need not keep one pace: one that fills a buffer may be faster than one that empties it, as
 * long as neither ever waits for the other; for how long that is so is known. What ends repetitions is counted: the end of a
 * command, its first or last turn of a group, a limit of a wait, a unit that stood still and whose wait comes to be satisfied,
 * a slower counter that catches up with a unit that did not wait for it. A unit that has come to the end of all that it had takes no part
 * any more: others go on, as far as what it counted lasts. */
#include "engine/run.h"

#include <string.h>

#include "base/alloc.h"
#include "base/num.h"

#define LONGEST_PERIOD 256 /* counts of a counter */
#define NO_PACE UINT64_MAX
#define ENDED (UINT64_MAX - 1) /* counts no more */
#define CLOSE_SNAPSHOTS 5
#define FIRST_DISTANCE 9 /* rounds */
#define MOST_AT_ONCE ((uint64_t)1 << 40) /* repetitions, so that counts stay far from 2^64 */

static void take_snapshot(struct run *r, int at, size_t n)
{
    struct past *past = &r->past[at];
    for (size_t s = 0; s < n; s++) {
        const struct server *server = &r->servers[r->active[s]];
        struct snapshot *then = &past->servers[s];
        then->head = server->head;
        if (server->head == ETI_NONE) continue;
        const struct instance *in = &r->instances[server->head];
        then->inner = in->inner;
        then->turn = in->turn;
        then->free_cycle = server->free_cycle;
        for (uint32_t k = 0; k < in->command->n_waits; k++) then->need[k] = in->waits[k].need;
        if (in->command->unit == ETI_OP) then->spent = r->spent[in->tile];
    }
    for (size_t i = 0; i < r->n_before_mesh; i++) {
        struct history *h = r->used[i];
        h->then[at] = h->dropped + h->count;
        if (at == ETI_FAR) h->kept = h->dropped + 1;
    }
    past->rounds = 0;
}

void eti_steady_begin(struct run *r)
{
    for (int at = 0; at < ETI_SNAPSHOTS; at++) r->past[at].rounds = r->past[at].next = r->past[at].taken = 0;
}

/* ------------------------------------------------------------------ is it as it was? --------------------- */

static uint64_t counts_of(const struct history *h, int at) { return h->dropped + h->count - h->then[at]; }
static bool has_moved(const struct instance *in, const struct snapshot *then) { return in->turn != then->turn; }

/* All the times of `h` from value `from` on, up to the snapshot, come again `h->later` cycles and its counts later. */
static bool shifted(const struct history *h, int at, int64_t from)
{
    uint64_t i = (uint64_t)from - 1, counts = counts_of(h, at);
    if (from < 1 || i < h->dropped) return false;
    for (; i < h->then[at]; i++)
        if (h->times[i + counts - h->dropped] - h->times[i - h->dropped] != h->later_cycles) return false;
    return true;
}

/* What counted it goes at one pace, and its last count is as much later as that: so will the next ones be. */
static bool counts_repeat(const struct history *h, int at)
{
    uint64_t n = counts_of(h, at);
    if (!n || h->later_cycles == ENDED) return true;
    return n <= LONGEST_PERIOD && n < h->count && h->times[h->count - 1] - h->times[h->count - 1 - n] == h->later_cycles;
}

/* What is counted by a unit that has come to the end of all that it had since the snapshot. */
static void find_ended(const struct run *r, const struct snapshot *then)
{
    for (uint32_t i = then->head; i != ETI_NONE; i = r->instances[i].next) {
        const struct instance *in = &r->instances[i];
        for (uint32_t k = 0; k < in->command->n_signals; k++) {
            const struct due_signal *signal = &in->signals[k];
            for (uint32_t l = 0; l < signal->count; l++) eti_link(r, signal->link, signal->first, signal->count, l)->later_cycles = ENDED;
        }
    }
}

/* The pace of each counter; false: units of two paces count it, or one that has ended and one that has not. */
static bool find_paces(const struct run *r, int at, size_t n)
{
    const struct snapshot *then = r->past[at].servers;
    for (size_t i = 0; i < r->n_before_mesh; i++) r->used[i]->later_cycles = NO_PACE;
    for (size_t s = 0; s < n; s++)
        if (r->servers[r->active[s]].head == ETI_NONE) find_ended(r, &then[s]);
    for (size_t s = 0; s < n; s++) {
        const struct server *server = &r->servers[r->active[s]];
        const struct instance *in = server->head == ETI_NONE ? NULL : &r->instances[server->head];
        for (uint32_t k = 0; in && has_moved(in, &then[s]) && k < in->command->n_signals; k++) {
            const struct due_signal *signal = &in->signals[k];
            for (uint32_t i = 0; i < signal->count; i++) {
                struct history *h = eti_link(r, signal->link, signal->first, signal->count, i);
                if (h->later_cycles != NO_PACE && h->later_cycles != then[s].later_cycles) return false;
                h->later_cycles = then[s].later_cycles;
            }
        }
    }
    for (size_t i = 0; i < r->n_before_mesh; i++)
        if (!counts_repeat(r->used[i], at)) return false;
    return true;
}

/* Will it count as it did, and is that what a wait asks for, `each` more a time, from value `from` on? */
static bool goes_on(const struct history *h, int at, int64_t from, int64_t each)
{
    return h->later_cycles != ENDED && counts_of(h, at) == (uint64_t)each && shifted(h, at, from);
}

/* A wait of an instance that has moved: it asked for values from `first` to `latest`, and asks for `each` more every time. No turn
 * of these began before `ready`, and none will before as much later as the unit is. */
struct asked { int64_t first, latest, each; uint64_t ready, later; };

static uint64_t time_at(const struct history *h, int64_t value) { return h->times[(uint64_t)value - 1 - h->dropped]; }

/* Its counter goes on as it did. The wait either keeps its pace or was satisfied before the unit was ready, and stays so, until
 * a slower counter catches up. */
static uint64_t holds_at_pace(const struct history *h, const struct asked *a)
{
    if (h->later_cycles == a->later) return MOST_AT_ONCE;
    uint64_t at = time_at(h, a->latest);
    if (at > a->ready) return 0;
    return h->later_cycles < a->later ? MOST_AT_ONCE : (a->ready - at) / (h->later_cycles - a->later);
}

/* Its counter is ahead: as far as it has counted, the same may be so. */
static uint64_t holds_so_far(const struct history *h, const struct asked *a)
{
    int64_t known = (int64_t)(h->dropped + h->count), value = a->first, k = 0;
    if (a->first < 1 || (uint64_t)a->first <= h->dropped) return 0;
    while (value + a->each <= known && time_at(h, value + a->each) - time_at(h, value) == a->later) value++;
    if (value > a->latest) return (uint64_t)((value - 1 - a->latest) / a->each + 1);
    while (a->latest + k * a->each <= known && time_at(h, a->latest + k * a->each) <= a->ready + (uint64_t)k * a->later) k++;
    return (uint64_t)(k ? k - 1 : 0);
}

/* Nothing was asked for yet; what will be came before the unit is ready for it, so that something else keeps it. Its counter goes on no
 * slower than the unit, or, if it has not counted as before, this holds once. */
static uint64_t holds_from_start(const struct history *h, int at, const struct asked *a)
{
    int64_t next = a->latest + a->each;
    if (next < 1) return (uint64_t)(-a->latest / a->each);
    if ((uint64_t)next <= h->dropped || (uint64_t)next > h->dropped + h->count || time_at(h, next) >= a->ready + a->later) return 0;
    return goes_on(h, at, next, a->each) && h->later_cycles <= a->later ? MOST_AT_ONCE : 1;
}

/* From when on the instance was ready for its turns since the snapshot: the unit was free, and what another wait, which keeps the
 * unit's pace, asked for first was there. */
static uint64_t ready_at(const struct instance *in, int at, uint32_t but, const struct snapshot *then)
{
    uint64_t ready = then->free_cycle;
    for (uint32_t k = 0; k < in->command->n_waits; k++) {
        const struct pending_wait *w = &in->waits[k];
        int64_t first = then->need[k], each = w->need - first;
        if (k == but || w->count != 1 || !each || first < 1 || w->need > w->most) continue;
        const struct history *h = w->link;
        if (h->later_cycles == then->later_cycles && goes_on(h, at, first, each)) ready = eti_max(ready, time_at(h, first));
    }
    return ready;
}

/* For how many repetitions a wait of an instance that has moved does what it did. */
static uint64_t wait_holds(const struct run *r, int at, const struct instance *in, uint32_t k, const struct snapshot *then)
{
    const struct pending_wait *w = &in->waits[k];
    int64_t step = in->inner ? w->each_turn : w->each_turn + w->each_group; /* since the last turn */
    struct asked a = {then->need[k], w->need - step, w->need - then->need[k], then->free_cycle, then->later_cycles};
    uint64_t most = MOST_AT_ONCE, until;
    enum ets_bound cause;
    if (!a.each || a.first >= w->most) return eti_wait_until(r, w, &until, &cause) && until <= a.ready ? most : 0;
    if (a.latest < 1) a.ready = ready_at(in, at, k, then);
    for (uint32_t i = 0; i < w->count; i++) {
        const struct history *h = eti_wait_link(r, w, i);
        most = eti_min(most, a.latest < 1 ? holds_from_start(h, at, &a) : goes_on(h, at, a.first, a.each) ? holds_at_pace(h, &a) : holds_so_far(h, &a));
    }
    return most;
}

/* How often the turns since the snapshot may be repeated as far as this instance's own command goes. */
static uint64_t repetitions_of(const struct instance *in, const struct snapshot *then)
{
    const struct eti_command *c = in->command;
    uint64_t turns = in->turn - then->turn, most = (in->n_turns - in->turn - 1) / turns;
    if (c->n_nests) return 0; /* their turns differ by where they are; systolic_chain.c skips those */
    if (c->meter_turns && turns * c->meter_turns % in->n_turns) return 0;
    if (turns % c->inner) { /* within a group: neither its first nor its last turn */
        uint64_t end = (uint64_t)then->inner + turns;
        if (then->inner < 1 || end + turns > c->inner - 1) return 0;
        most = eti_min(most, (c->inner - 1 - end) / turns);
    }
    for (uint32_t k = 0; k < c->n_waits; k++) {
        const struct pending_wait *w = &in->waits[k];
        int64_t each = w->need - then->need[k];
        if (!each || w->most == ETI_NO_LIMIT || then->need[k] >= w->most) continue;
        if (w->need > w->most) return 0;
        most = eti_min(most, (uint64_t)((w->most - w->need) / each));
    }
    return most;
}

/* How often all may go on before an instance that stands still can move: the wait that keeps it longest. */
static uint64_t stands_for(const struct run *r, int at, const struct instance *in)
{
    uint64_t longest = 0;
    for (uint32_t k = 0; k < in->command->n_waits; k++) {
        const struct pending_wait *w = &in->waits[k];
        int64_t value = eti_needed(w);
        for (uint32_t i = 0; value > 0 && i < w->count; i++) {
            const struct history *h = eti_wait_link(r, w, i);
            uint64_t reached = h->dropped + h->count, counts = counts_of(h, at);
            if (reached >= (uint64_t)value) continue;
            longest = eti_max(longest, counts ? ((uint64_t)value - 1 - reached) / counts : UINT64_MAX);
        }
    }
    return longest;
}

/* Of one unit: by its own command, or until what it waits for has come. One that has ended has no part in it: what it counted is known. */
static uint64_t repetitions_of_unit(const struct run *r, int at, const struct server *server, struct snapshot *then)
{
    if (server->head == ETI_NONE) return MOST_AT_ONCE;
    if (server->head != then->head) return 0;
    const struct instance *in = &r->instances[server->head];
    if (!has_moved(in, then)) return stands_for(r, at, in);
    then->later_cycles = server->free_cycle - then->free_cycle;
    bool ahead = in->command->unit == ETI_LINK_IN && then->free_cycle < r->program->start_cycle; /* the engine notes where it ends */
    return then->free_cycle < in->issued_cycle || ahead ? 0 : repetitions_of(in, then);
}

/* Repetitions that are safe; 0: it is not as it was. `*later`: how much each takes, of the slowest unit; none has moved: 0. */
static uint64_t repetitions(struct run *r, int at, size_t n, uint64_t *later)
{
    struct snapshot *then = r->past[at].servers;
    uint64_t most = MOST_AT_ONCE;
    bool any = false;
    *later = 0;
    for (size_t s = 0; s < n && most; s++) {
        const struct server *server = &r->servers[r->active[s]];
        most = eti_min(most, repetitions_of_unit(r, at, server, &then[s]));
        if (!most || server->head == ETI_NONE || !has_moved(&r->instances[server->head], &then[s])) continue;
        any = true;
        *later = eti_max(*later, then[s].later_cycles);
    }
    if (!any || !most || !find_paces(r, at, n)) return 0;
    for (size_t s = 0; s < n && most; s++) {
        const struct server *server = &r->servers[r->active[s]];
        const struct instance *in = server->head == ETI_NONE ? NULL : &r->instances[server->head];
        for (uint32_t k = 0; in && has_moved(in, &then[s]) && k < in->command->n_waits; k++)
            most = eti_min(most, wait_holds(r, at, in, k, &then[s]));
    }
    return most;
}

/* ------------------------------------------------------------------ doing it ----------------------------- */

static void move_server(struct run *r, struct server *server, const struct snapshot *then, uint64_t times)
{
    if (server->head == ETI_NONE) return;
    struct instance *in = &r->instances[server->head];
    if (!has_moved(in, then)) return;
    in->turn += times * (in->turn - then->turn);
    in->inner = (uint32_t)(in->turn % in->command->inner);
    for (uint32_t k = 0; k < in->command->n_waits; k++) in->waits[k].need += (int64_t)times * (in->waits[k].need - then->need[k]);
    server->free_cycle += times * then->later_cycles;
    if (in->command->unit != ETI_OP) return;
    uint64_t *spent = r->spent[in->tile].cycles;
    for (size_t i = 0; i < ETI_CAUSES; i++) spent[i] += times * (spent[i] - then->spent.cycles[i]);
}

/* Appends what comes of `times` repetitions of the counts since the snapshot, but for what no command will ask for, and what the
 * far snapshot is to be compared with. */
static ets_status repeat_history(struct run *r, struct history *h, int at, uint64_t times, ets_error *err)
{
    uint64_t last[LONGEST_PERIOD], n = counts_of(h, at), total = h->dropped + h->count, end = total + times * n, later = h->later_cycles;
    if (!n || later == ENDED) return ETS_OK;
    uint64_t needed = at == ETI_NEAR && r->nested ? eti_min(h->needed, h->kept) : h->needed;
    uint64_t from = eti_min(eti_max(needed, 1), end) - 1; /* the last one is kept: later ones compare with it */
    memcpy(last, h->times + (h->count - n), (size_t)n * sizeof *last);
    if (from > h->dropped) {
        uint64_t drop = eti_min(from - h->dropped, h->count);
        h->count -= (size_t)drop;
        h->dropped = from;
        memmove(h->times, h->times + drop, h->count * sizeof *h->times);
    }
    uint64_t next = eti_max(from, total), more = end - next, first = (next - total) % n, after = ((next - total) / n + 1) * later;
    ETI_TRY(eti_spend(r->program->budget, more, err));
    ETI_TRY(eti_history_room(r, h, more, err));
    uint64_t *to = h->times + h->count;
    for (uint64_t i = 0; i < n && i < more; i++) to[i] = first + i < n ? last[first + i] + after : last[first + i - n] + after + later;
    for (uint64_t i = n; i < more; i++) to[i] = to[i - n] + later;
    h->count += (size_t)more;
    return ETS_OK;
}

static ets_status repeat(struct run *r, int at, size_t n, uint64_t times, ets_error *err)
{
    const struct past *past = &r->past[at];
    for (size_t s = 0; s < n; s++) move_server(r, &r->servers[r->active[s]], &past->servers[s], times);
    eti_find_needed(r);
    for (size_t i = 0; i < r->n_before_mesh; i++) ETI_TRY(repeat_history(r, r->used[i], at, times, err));
    return ETS_OK;
}

/* Too many counts since the far snapshot, these repetitions included? Then groups are long, and few. */
static bool far_is_lost(const struct run *r, uint64_t times)
{
    for (size_t i = 0; i < r->n_before_mesh; i++) {
        const struct history *h = r->used[i];
        if (counts_of(h, ETI_FAR) + times * counts_of(h, ETI_NEAR) > LONGEST_PERIOD) return true;
    }
    return false;
}

/* Compares with one snapshot, and takes the next when it is due: after a round each at first, as most periods are short and begin at
 * once; then further apart each time, so that any period is found. */
static ets_status skip_from(struct run *r, int at, size_t n, bool *skipped, ets_error *err)
{
    struct past *past = &r->past[at];
    uint64_t later = 0, times = past->next ? repetitions(r, at, n, &later) : 0;
    uint64_t long_after = ETI_MAX_CYCLES / 2; /* near the limit, turn by turn says where it is passed */
    *skipped = times && later < long_after && times < long_after / eti_max(later, 1) && r->last_end_cycle < long_after;
    bool lost = *skipped && at == ETI_NEAR && r->nested && far_is_lost(r, times);
    if (*skipped) ETI_TRY(repeat(r, at, n, times, err));
    if (lost) take_snapshot(r, ETI_FAR, n);
    if (!*skipped && ++past->rounds < past->next) return ETS_OK;
    past->taken = *skipped ? 0 : past->taken + 1;
    past->next = past->taken < CLOSE_SNAPSHOTS ? 1 : past->next == 1 ? FIRST_DISTANCE : 3 * past->next;
    take_snapshot(r, at, n);
    return ETS_OK;
}

/* Stands the first unit that has groups of turns between two of them? Units stop there: so whole groups can repeat themselves. */
static bool between_groups(const struct run *r, size_t n)
{
    for (size_t s = 0; s < n && r->nested; s++) {
        uint32_t head = r->servers[r->active[s]].head;
        if (head != ETI_NONE && r->instances[head].nested) return r->instances[head].inner == 0;
    }
    return false;
}

ets_status eti_steady_skip(struct run *r, size_t n, bool *skipped, ets_error *err)
{
    *skipped = false;
    if (between_groups(r, n)) ETI_TRY(skip_from(r, ETI_FAR, n, skipped, err));
    if (*skipped) {
        take_snapshot(r, ETI_NEAR, n);
        return ETS_OK;
    }
    return skip_from(r, ETI_NEAR, n, skipped, err);
}
