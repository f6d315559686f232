/* followers.c - ops that are quicker than another one's. Where tiles differ only in that a turn of their op takes less, whatever happens on
 * a quicker one happens no later than on the slowest, and who waits for all of them waits for that one: so it alone is run, and leads
 * them (groups.c). What is left to find is when a follower's units had their last turns, as they stalled until then. Some turns before
 * its last, a follower is no later than its leader, and no earlier than never having had to wait: from both, its turns are gone through side
 * by side. Once it waits for what comes from elsewhere, as of the ring, how late it was does not matter any more, and both are at the
 * same time. If they do not meet, every kind of tile is run after all. */
#include "base/num.h"
#include "engine/run.h"

#define FEW_TURNS 8
#define MANY_TURNS 48

struct span { uint64_t least, most; };

/* A follower's op, and what moves its scales, if anything does. */
struct chase {
    const struct run *run;
    const struct eti_command *op, *mover;
    uint32_t leader;                     /* a tile */
    uint64_t issued, mover_issued;
    uint64_t from, turn, moved_from, moved; /* turns of the op, of the mover: from the first that is gone through to the present one */
    struct span ended[MANY_TURNS], moved_at[MANY_TURNS];
};

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
    for (uint32_t k = 0; k < phase->count; k++) {
        const struct eti_command *c = &commands[k];
        bool op = c->unit == ETI_OP, mover = c->unit == ETI_WIDE_TO_NARROW;
        if (eti_is_through(r, k)) continue;
        *(op ? &by_ops : mover ? &by_movers : &by_others) |= counted_by(c);
        if (!is_on_tile(c)) continue;
        if (!(op || mover) || !is_plain(r, c) || (mover && c->inner > 1) || ((op ? ops : movers) & c->tiles)) return false;
        *(op ? &ops : &movers) |= c->tiles;
        for (uint32_t i = 0; mover && i < c->n_waits; i++) awaited |= (uint32_t)(c->waits[i].level > 0) << c->waits[i].counter;
    }
    return !r->trace && (ops & (ops - 1)) && !((by_ops & (by_movers | by_others | awaited)) | (by_movers & by_others));
}

bool eti_is_outpaced(const struct eti_command *c, const struct eti_command *by)
{
    bool quicker = c->inner == 1 ? c->first_cycles < by->first_cycles : c->last_cycles < by->last_cycles;
    return quicker && c->first_cycles <= by->first_cycles && c->middle_cycles <= by->middle_cycles && eti_same_but_for_cycles(c, by);
}

/* ------------------------------------------------------------------ when it was --------------------------- */

static struct history *on_leader(const struct run *r, enum eti_counter counter, uint32_t leader)
{
    return &r->histories[eti_history_index(r, counter, leader)];
}

static struct span later_of(struct span a, struct span b)
{
    struct span s = {eti_max(a.least, b.least), eti_max(a.most, b.most)};
    return s;
}

static struct span after(struct span a, uint64_t cycles)
{
    struct span s = {a.least + cycles, eti_min(a.most + cycles, ETI_MAX_CYCLES)};
    return s;
}

/* When a counter reached a value on the leader's tile. On a follower's that was then, too, if others count it; else then or before. */
static struct span reached(const struct chase *x, enum eti_counter counter, uint64_t value, bool by_others)
{
    const struct history *h = on_leader(x->run, counter, x->leader);
    struct span s = {0, ETI_MAX_CYCLES};
    if (value > h->dropped + h->count) return s;
    s.most = h->times[value > h->dropped ? value - 1 - h->dropped : 0];
    if (by_others && value > h->dropped) s.least = s.most;
    return s;
}

static struct span end_of_turn(const struct chase *x, uint64_t turn)
{
    if (turn < x->from || turn >= x->turn) return reached(x, (enum eti_counter)x->op->signals[0].counter, turn + 1, false);
    return x->ended[turn - x->from];
}

static struct span end_of_move(const struct chase *x, uint64_t turn)
{
    if (turn < x->moved_from || turn >= x->moved) return reached(x, (enum eti_counter)x->mover->signals[0].counter, turn + 1, false);
    return x->moved_at[turn - x->moved_from];
}

static bool counts(const struct eti_command *c, uint32_t counter) { return c && (counted_by(c) >> counter & 1); }

/* When a counter reaches a value on the follower's tile. */
static struct span comes(const struct chase *x, uint32_t counter, uint64_t value)
{
    if (counts(x->mover, counter)) return end_of_move(x, value - 1);
    if (!counts(x->op, counter)) return reached(x, (enum eti_counter)counter, value, true);
    bool turns = x->op->signals[0].counter == counter || x->op->signals[1].advance == ETI_EACH_TURN;
    return end_of_turn(x, turns ? value - 1 : value * x->op->inner - 1);
}

static int64_t asks(const struct eti_command *c, const struct eti_wait *w, uint64_t turn)
{
    uint64_t times = w->advance == ETI_EACH_TURN ? turn : w->advance == ETI_EACH_GROUP ? turn / c->inner : 0;
    return w->level + (int64_t)(times * w->step);
}

static struct span starts(const struct chase *x, const struct eti_command *c, uint64_t turn, struct span ready)
{
    for (uint32_t i = 0; i < c->n_waits; i++) {
        int64_t value = asks(c, &c->waits[i], turn);
        if (value > 0) ready = later_of(ready, comes(x, c->waits[i].counter, (uint64_t)value));
    }
    return ready;
}

static void move_to(struct chase *x, uint64_t turn)
{
    struct span at_issue = {x->mover_issued, x->mover_issued};
    for (; x->moved < turn; x->moved++) {
        struct span ready = x->moved ? end_of_move(x, x->moved - 1) : at_issue;
        struct span end = after(starts(x, x->mover, x->moved, ready), x->mover->first_cycles);
        x->moved_at[x->moved - x->moved_from] = end;
    }
}

/* The last `most` turns of the op, and those of the mover that belong to them. */
static void chase(struct chase *x, uint64_t most)
{
    const struct eti_command *op = x->op;
    uint64_t n = (uint64_t)op->inner * op->outer, n_moves = x->mover ? x->mover->outer : 0;
    struct span at_issue = {x->issued, x->issued};
    x->from = x->turn = n - eti_min(n, most);
    x->moved_from = x->moved = n_moves - eti_min(n_moves, most);
    for (; x->turn < n; x->turn++) {
        uint32_t place = (uint32_t)(x->turn % op->inner);
        struct span ready = x->turn ? end_of_turn(x, x->turn - 1) : at_issue;
        for (uint32_t i = 0; i < op->n_waits; i++) {
            int64_t value = asks(op, &op->waits[i], x->turn);
            if (value > 0 && counts(x->mover, op->waits[i].counter)) move_to(x, eti_min((uint64_t)value, n_moves));
        }
        struct span start = starts(x, op, x->turn, ready);
        x->ended[x->turn - x->from] = after(start, place == 0 ? op->first_cycles : place + 1 == op->inner ? op->last_cycles : op->middle_cycles);
    }
    move_to(x, n_moves);
}

/* ------------------------------------------------------------------ what it comes to ---------------------- */

/* By how much longer than the leader's, modulo 2^64, one unit of the follower stalled: it has come to the end at `end` rather than when the
 * leader had; false: not known. */
static bool add_stall(struct span end, struct span leader, uint64_t *stalled)
{
    *stalled += end.most - leader.most;
    return end.least == end.most;
}

/* Of all units of the follower but for what its op was busy; false: not known. */
static bool find_stalls(struct run *r, const struct eti_phase *phase, const struct chase *x, uint64_t stalled[ETI_TILE_UNITS])
{
    const struct eti_command *op = x->op, *mover = x->mover;
    for (int u = 0; u < ETI_TILE_UNITS; u++) stalled[u] = 0;
    struct span end = reached(x, (enum eti_counter)op->signals[0].counter, x->turn, true);
    if (!add_stall(end_of_turn(x, x->turn - 1), end, &stalled[ETI_OP])) return false;
    if (mover) {
        end = reached(x, (enum eti_counter)mover->signals[0].counter, x->moved, true);
        if (!add_stall(end_of_move(x, x->moved - 1), end, &stalled[ETI_WIDE_TO_NARROW])) return false;
    }
    for (uint32_t i = 0; i < r->n_through; i++) {
        const struct through *t = &r->through[i];
        const struct eti_command *c = &r->program->commands[phase->first + t->command];
        struct span at_issue = {r->issued[t->command], r->issued[t->command]};
        if (t->last <= 0 || !(c->tiles >> x->leader & 1)) continue;
        struct span last = later_of(at_issue, comes(x, t->from, (uint64_t)t->last));
        struct span of_leader = later_of(at_issue, reached(x, t->from, (uint64_t)t->last, true));
        if (!add_stall(last, of_leader, &stalled[c->unit])) return false;
        eti_note_begin(r, phase->first + t->command, last.least);
    }
    return true;
}

static uint64_t busy_of(const struct eti_command *c) { return eti_over_turns(c, c->first_cycles, c->middle_cycles, c->last_cycles); }

/* Command k of the phase, on tiles of a group. */
static bool follow(struct run *r, const struct eti_phase *phase, uint32_t k, uint32_t group)
{
    const struct eti_command *commands = r->program->commands + phase->first, *c = &commands[k];
    uint64_t n = (uint64_t)__builtin_popcountll(c->tiles & r->groups.tiles[group]), stalled[ETI_TILE_UNITS];
    uint64_t less_busy = busy_of(&commands[r->groups.alike[k]]) - busy_of(c);
    struct chase x;
    x.run = r;
    x.op = c;
    x.mover = NULL;
    x.leader = r->groups.first[group];
    x.issued = r->issued[k];
    x.mover_issued = 0;
    for (uint32_t j = 0; j < phase->count; j++) {
        if (commands[j].unit != ETI_WIDE_TO_NARROW || !(commands[j].tiles >> x.leader & 1)) continue;
        x.mover = &commands[j];
        x.mover_issued = r->issued[j];
    }
    chase(&x, FEW_TURNS);
    bool known = find_stalls(r, phase, &x, stalled);
    if (!known) {
        chase(&x, MANY_TURNS);
        known = find_stalls(r, phase, &x, stalled);
    }
    for (int u = 0; u < ETI_TILE_UNITS && known; u++) r->timeline->units[u].stalled += n * stalled[u];
    r->timeline->units[ETI_OP].busy -= n * less_busy;
    r->timeline->units[ETI_OP].stalled += n * less_busy;
    return known;
}

bool eti_end_followers(struct run *r, const struct eti_phase *phase)
{
    for (uint32_t k = 0; k < phase->count && r->groups.n_follow; k++)
        for (uint32_t g = 0; g < r->groups.n && r->groups.follows[k]; g++) {
            bool led = !(r->program->commands[phase->first + k].tiles >> r->groups.first[g] & 1);
            if (led && (r->program->commands[phase->first + k].tiles & r->groups.tiles[g]) && !follow(r, phase, k, g)) return false;
        }
    return true;
}

/* Histories keep the last values that a follower's turns may ask for. */
void eti_followers_begin(struct run *r, const struct eti_phase *phase)
{
    for (uint32_t k = 0; k < phase->count && r->groups.n_follow; k++) {
        const struct eti_command *c = &r->program->commands[phase->first + k];
        if ((c->unit != ETI_OP && c->unit != ETI_WIDE_TO_NARROW) || (c->unit == ETI_OP && r->groups.alike[k] != k)) continue;
        uint64_t n = (uint64_t)c->inner * c->outer, from = n - eti_min(n, MANY_TURNS);
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
