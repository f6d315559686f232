/* followers.c - ops that are quicker than another one's. Where tiles differ only in that a turn of their op takes less, whatever happens on
 * a quicker one happens no later than on the slowest, and who waits for all of them waits for that one: so it alone is run, and leads
 * them (groups.c). What is left to find is when a follower's units had their last turns, as they stalled until then. Some turns before
 * its last, a follower is no later than its leader, and no earlier than never having had to wait: from both, its turns are gone through side
 * by side. Once it waits for what comes from elsewhere, as of the ring, how late it was does not matter any more, and both are at the
 * same time. If they do not meet, every kind of tile is run after all. */
#include "base/num.h"
#include "engine/run.h"

#define FEW_TURNS 4
#define MANY_TURNS 32

struct span { uint64_t least, most; };

enum source { OTHERS, OP_TURNS, OP_GROUPS, MOVER }; /* who counts what is waited for */
struct awaited {
    const struct history *on_leader;
    int64_t value;                  /* for the present turn */
    uint32_t each_turn, each_group; /* how much more after each */
    enum source by;
};
struct chased { /* a follower's unit, and those of its turns that are gone through: from `from` to before `turn` */
    const struct eti_command *command;
    const struct history *on_leader; /* of the counter of its turns */
    uint64_t issued_cycle, n_turns, from, turn;
    uint32_t place;                  /* of the present turn in its group */
    struct awaited waits[ETI_MAX_WAITS];
    struct span end[MANY_TURNS];
};
/* Its op, and what moves the op's scales, if anything does. */
struct chase { struct chased op, mover; };

/* ------------------------------------------------------------------ which may ----------------------------- */

static bool is_on_tile(const struct eti_command *c) { return c->unit < ETI_TILE_UNITS && c->unit != ETI_RING_PRODUCER; }

/* Does it count its turns on its own tile, and groups, if it has another counter; and wait there? */
static bool is_plain(const struct run *r, const struct eti_command *c)
{
    if (c->meter_turns || c->n_nests || c->runs_ahead || !c->inner || !c->outer || !c->n_signals) return false;
    if (c->signals[0].advance != ETI_EACH_TURN || (c->n_signals == 2 && c->signals[0].counter == c->signals[1].counter)) return false;
    for (uint32_t i = 0; i < c->n_signals; i++) {
        const struct eti_signal *s = &c->signals[i];
        if (s->tiles || s->delay_cycles || s->advance == ETI_ONCE || s->counter >= ETI_TILE_COUNTERS) return false;
    }
    for (uint32_t i = 0; i < c->n_waits; i++) {
        if (c->waits[i].tiles || c->waits[i].most) return false;
        for (uint32_t k = 0; k < r->n_through; k++)
            if (r->through[k].counter == (enum eti_counter)c->waits[i].counter) return false;
    }
    return true;
}

static uint32_t counted_by(const struct eti_command *c)
{
    uint32_t counters = 0;
    for (uint32_t i = 0; i < c->n_signals; i++) counters |= (uint32_t)1 << c->signals[i].counter;
    return counters;
}

/* Has each tile an op at most and a mover, each the only one that counts its counters, and no other unit but what passes on? A mover's
 * first turn waits for nothing of the op's. */
bool eti_may_follow(const struct run *r, const struct eti_phase *phase)
{
    const struct eti_command *commands = r->program->commands + phase->first;
    uint64_t ops = 0, movers = 0;
    uint32_t by_ops = 0, by_movers = 0, by_others = 0, awaited = 0;
    if (r->trace || r->n_before < phase->count) return false; /* borders differ */
    for (uint32_t k = 0; k < phase->count; k++) {
        const struct eti_command *c = &commands[k];
        bool op = c->unit == ETI_OP, mover = c->unit == ETI_WIDE_TO_NARROW;
        if (eti_is_through(r, k)) continue;
        *(op ? &by_ops : mover ? &by_movers : &by_others) |= counted_by(c);
        if (!is_on_tile(c)) continue;
        if (!(op || mover) || !is_plain(r, c) || (mover && c->n_signals > 1) || ((op ? ops : movers) & c->tiles)) return false;
        *(op ? &ops : &movers) |= c->tiles;
        for (uint32_t i = 0; mover && i < c->n_waits; i++) awaited |= (uint32_t)(c->waits[i].level > 0) << c->waits[i].counter;
    }
    return (ops & (ops - 1)) && !((by_ops & (by_movers | by_others | awaited)) | (by_movers & by_others));
}

bool eti_is_outpaced(const struct eti_command *c, const struct eti_command *by)
{
    return c->first_cycles <= by->first_cycles && c->middle_cycles <= by->middle_cycles && c->last_cycles <= by->last_cycles &&
           eti_same_but_for_cycles(c, by);
}

/* ------------------------------------------------------------------ when it was --------------------------- */

static struct span later_of(struct span a, struct span b)
{
    struct span s = {eti_max(a.least, b.least), eti_max(a.most, b.most)};
    return s;
}

/* When a counter reached a value on the leader's tile. On a follower's that was then, too, if others count it; else then or before. */
static inline struct span reached(const struct history *h, uint64_t value, bool by_others)
{
    bool kept = value > h->dropped; /* the leader has asked for it, so it was reached; the last one is always kept */
    uint64_t at = h->times[kept ? value - 1 - h->dropped : 0];
    struct span s = {by_others && kept ? at : 0, at};
    return s;
}

static inline struct span end_of(const struct chased *u, uint64_t turn)
{
    return turn - u->from < u->turn - u->from ? u->end[turn - u->from] : reached(u->on_leader, turn + 1, false);
}

static inline struct span comes(const struct chase *x, const struct awaited *w)
{
    uint64_t value = (uint64_t)w->value;
    switch (w->by) {
    case OTHERS: return reached(w->on_leader, value, true);
    case OP_TURNS: return end_of(&x->op, value - 1);
    case OP_GROUPS: return end_of(&x->op, value * x->op.command->inner - 1);
    case MOVER: break;
    }
    return end_of(&x->mover, value - 1);
}

/* Its next turn. */
static void go_on(const struct chase *x, struct chased *u)
{
    const struct eti_command *c = u->command;
    struct span at_issue = {u->issued_cycle, u->issued_cycle}, s = u->turn ? end_of(u, u->turn - 1) : at_issue;
    uint64_t cycles = u->place == 0 ? c->first_cycles : u->place + 1 == c->inner ? c->last_cycles : c->middle_cycles;
    bool group_ends = u->place + 1 == c->inner;
    for (uint32_t i = 0; i < c->n_waits; i++) {
        struct awaited *w = &u->waits[i];
        if (w->value > 0) s = later_of(s, comes(x, w));
        w->value += w->each_turn + (group_ends ? w->each_group : 0);
    }
    s.least += cycles;
    s.most = eti_min(s.most + cycles, ETI_MAX_CYCLES);
    u->end[u->turn++ - u->from] = s;
    u->place = group_ends ? 0 : u->place + 1;
}

/* The last `most` turns of the op, and of the mover. */
static void go_through(struct chase *x)
{
    struct chased *op = &x->op, *mover = &x->mover;
    while (op->turn < op->n_turns) {
        for (uint32_t i = 0; i < op->command->n_waits; i++) {
            const struct awaited *w = &op->waits[i];
            while (w->by == MOVER && (int64_t)mover->turn < w->value && mover->turn < mover->n_turns) go_on(x, mover);
        }
        go_on(x, op);
    }
    while (mover->turn < mover->n_turns) go_on(x, mover);
}

static enum source source_of(const struct chase *x, uint32_t counter)
{
    const struct eti_command *op = x->op.command, *mover = x->mover.command;
    if (mover && counted_by(mover) >> counter & 1) return MOVER;
    if (!(counted_by(op) >> counter & 1)) return OTHERS;
    return op->signals[0].counter == counter || op->signals[1].advance == ETI_EACH_TURN ? OP_TURNS : OP_GROUPS;
}

static int64_t asks(const struct eti_command *c, const struct eti_wait *w, uint64_t turn)
{
    uint64_t times = w->advance == ETI_EACH_TURN ? turn : w->advance == ETI_EACH_GROUP ? turn / c->inner : 0;
    return w->level + (int64_t)(times * w->step);
}

/* Before the last `most` turns of a unit. */
static void go_to(const struct run *r, const struct chase *x, struct chased *u, uint32_t leader, uint64_t most)
{
    const struct eti_command *c = u->command;
    u->n_turns = (uint64_t)c->inner * c->outer;
    u->from = u->turn = u->n_turns - eti_min(u->n_turns, most);
    u->place = (uint32_t)(u->from % c->inner);
    u->on_leader = &r->histories[eti_history_index(r, (enum eti_counter)c->signals[0].counter, leader)];
    for (uint32_t i = 0; i < c->n_waits; i++) {
        const struct eti_wait *w = &c->waits[i];
        struct awaited *to = &u->waits[i];
        to->each_turn = w->advance == ETI_EACH_TURN ? w->step : 0;
        to->each_group = w->advance == ETI_EACH_GROUP ? w->step : 0;
        to->value = asks(c, w, u->from);
        to->on_leader = &r->histories[eti_history_index(r, (enum eti_counter)w->counter, leader)];
        to->by = source_of(x, w->counter);
    }
}

/* Histories keep the last values that a follower's turns may ask for. */
void eti_followers_begin(struct run *r, const struct eti_phase *phase)
{
    for (uint32_t k = 0; k < phase->count && r->groups.n_follow; k++) {
        const struct eti_command *c = &r->program->commands[phase->first + k];
        if ((c->unit != ETI_OP && c->unit != ETI_WIDE_TO_NARROW) || (c->unit == ETI_OP && r->groups.alike[k] != k)) continue;
        uint64_t n = (uint64_t)c->inner * c->outer, from = n - eti_min(n, c->unit == ETI_OP ? MANY_TURNS : FEW_TURNS);
        for (uint64_t tiles = c->tiles; tiles; tiles &= tiles - 1) {
            uint32_t tile = (uint32_t)__builtin_ctzll(tiles);
            if (r->groups.first[r->groups.of[tile]] != tile) continue;
            for (uint32_t i = 0; i <= c->n_waits; i++) {
                int64_t value = i < c->n_waits ? asks(c, &c->waits[i], from) : (int64_t)from;
                struct history *h = eti_own_history(r, (enum eti_counter)(i < c->n_waits ? c->waits[i].counter : c->signals[0].counter), tile);
                h->asked_later = eti_min(h->asked_later, value > 0 ? (uint64_t)value : 0);
            }
        }
    }
}

/* ------------------------------------------------------------------ what it comes to ---------------------- */

/* By how much longer than the leader's, modulo 2^64, one unit of the follower stalled, as it came to its end at another time; false: it is
 * not known when. */
static bool add_stall(struct span end, struct span leader, uint64_t *stalled)
{
    *stalled += end.most - leader.most;
    return end.least == end.most;
}

/* Of all units of the follower but for what its op was busy; false: not known. */
static bool find_stalls(struct run *r, const struct eti_phase *phase, const struct chase *x, uint32_t leader, uint64_t stalled[ETI_TILE_UNITS])
{
    const struct chased *op = &x->op, *mover = &x->mover;
    for (int u = 0; u < ETI_TILE_UNITS; u++) stalled[u] = 0;
    if (!add_stall(end_of(op, op->n_turns - 1), reached(op->on_leader, op->n_turns, true), &stalled[ETI_OP])) return false;
    if (mover->command && !add_stall(end_of(mover, mover->n_turns - 1), reached(mover->on_leader, mover->n_turns, true), &stalled[ETI_WIDE_TO_NARROW]))
        return false;
    for (uint32_t i = 0; i < r->n_through; i++) {
        const struct through *t = &r->through[i];
        const struct eti_command *c = &r->program->commands[phase->first + t->command];
        struct span at_issue = {r->issued_cycles[t->command], r->issued_cycles[t->command]};
        if (t->last <= 0 || !(c->tiles >> leader & 1)) continue;
        const struct awaited last = {&r->histories[eti_history_index(r, t->from, leader)], t->last, 0, 0, source_of(x, t->from)};
        struct span end = later_of(at_issue, comes(x, &last)), of_leader = later_of(at_issue, reached(last.on_leader, (uint64_t)t->last, true));
        if (!add_stall(end, of_leader, &stalled[c->unit])) return false;
        eti_note_begin(r, phase->first + t->command, end.least);
    }
    return true;
}

static uint64_t busy_of(const struct eti_command *c) { return eti_over_turns(c, c->first_cycles, c->middle_cycles, c->last_cycles); }

/* Command k of the phase, on those of its tiles that the group's first leads. */
static ets_status follow(struct run *r, const struct eti_phase *phase, uint32_t k, uint32_t group, bool *known, ets_error *err)
{
    const struct eti_command *commands = r->program->commands + phase->first, *c = &commands[k];
    uint64_t n = eti_count_bits(c->tiles & r->groups.tiles[group]), stalled[ETI_TILE_UNITS];
    uint64_t less_busy = busy_of(&commands[r->groups.alike[k]]) - busy_of(c);
    uint32_t leader = r->groups.first[group];
    struct chase x;
    x.op.command = c;
    x.op.issued_cycle = r->issued_cycles[k];
    x.mover.command = NULL;
    x.mover.turn = x.mover.n_turns = 0;
    for (uint32_t j = 0; j < phase->count; j++) {
        if (commands[j].unit != ETI_WIDE_TO_NARROW || !(commands[j].tiles >> leader & 1)) continue;
        x.mover.command = &commands[j];
        x.mover.issued_cycle = r->issued_cycles[j];
    }
    *known = false;
    for (uint64_t most = FEW_TURNS; !*known && most <= MANY_TURNS; most *= 2) {
        go_to(r, &x, &x.op, leader, most);
        if (x.mover.command) go_to(r, &x, &x.mover, leader, most);
        ETI_TRY(eti_spend(r->program->budget, x.op.n_turns - x.op.turn + x.mover.n_turns - x.mover.turn, err));
        go_through(&x);
        *known = find_stalls(r, phase, &x, leader, stalled);
    }
    for (int u = 0; u < ETI_TILE_UNITS && *known; u++) r->timeline->units[u].stalled_cycles += n * stalled[u];
    r->timeline->units[ETI_OP].busy_cycles -= n * less_busy;
    r->timeline->units[ETI_OP].stalled_cycles += n * less_busy;
    return ETS_OK;
}

ets_status eti_end_followers(struct run *r, const struct eti_phase *phase, bool *known, ets_error *err)
{
    *known = true;
    for (uint32_t k = 0; k < phase->count && r->groups.n_follow; k++)
        for (uint32_t g = 0; g < r->groups.n && r->groups.follows[k] && *known; g++) {
            uint64_t tiles = r->program->commands[phase->first + k].tiles;
            bool led = (tiles & r->groups.tiles[g]) && !(tiles >> r->groups.first[g] & 1);
            if (led) ETI_TRY(follow(r, phase, k, g, known, err));
        }
    return ETS_OK;
}
