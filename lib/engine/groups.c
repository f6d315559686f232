/* groups.c - which tiles behave alike: those on which the same commands are issued, as far as time goes. Two commands that
 * differ in their tiles and in when they are issued are still the same if both wait for something that comes later than
 * either is issued; that is how the records of a convolution, one a kind of tile, come to be one. */
#include "engine/groups.h"

#include <string.h>

#include "base/num.h"

static void split(struct eti_groups *g, uint64_t mask)
{
    for (uint32_t i = 0, n = g->n; i < n; i++) {
        uint64_t in = g->tiles[i] & mask, out = g->tiles[i] & ~mask;
        if (!in || !out) continue;
        g->tiles[i] = in;
        g->tiles[g->n++] = out;
    }
}

bool eti_same_work(const struct eti_command *a, const struct eti_command *b)
{
    return a->first_cycles == b->first_cycles && a->middle_cycles == b->middle_cycles && a->last_cycles == b->last_cycles &&
           a->first_psum == b->first_psum && a->middle_psum == b->middle_psum && a->last_psum == b->last_psum && eti_same_but_for_cycles(a, b);
}

bool eti_same_but_for_cycles(const struct eti_command *a, const struct eti_command *b)
{
    if (a->unit != b->unit || a->cause != b->cause || a->inner != b->inner || a->outer != b->outer ||
        a->meter_turns != b->meter_turns || a->n_nests || b->n_nests || a->runs_ahead != b->runs_ahead || a->n_waits != b->n_waits || a->n_signals != b->n_signals)
        return false;
    for (uint32_t i = 0; i < a->n_waits; i++) {
        const struct eti_wait *x = &a->waits[i], *y = &b->waits[i];
        if (x->counter != y->counter || x->advance != y->advance || x->level != y->level || x->most != y->most ||
            x->step != y->step || x->tiles != y->tiles)
            return false;
    }
    for (uint32_t i = 0; i < a->n_signals; i++) {
        const struct eti_signal *x = &a->signals[i], *y = &b->signals[i];
        if (x->counter != y->counter || x->advance != y->advance || x->tiles != y->tiles || x->delay_cycles != y->delay_cycles ||
            x->here != y->here)
            return false;
    }
    return true;
}

/* The earliest that each counter can go up: no turn ends before its command was issued. Those of the mesh no op waits for. */
static void earliest_counts(const struct eti_command *commands, uint32_t n, const uint64_t *issued, uint64_t earliest[ETI_COUNTERS])
{
    for (uint32_t i = 0; i < ETI_COUNTERS; i++) earliest[i] = UINT64_MAX;
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t i = 0; i < commands[k].n_signals && !eti_is_mesh(commands[k].unit); i++) {
            uint64_t *at = &earliest[commands[k].signals[i].counter];
            *at = eti_min(*at, commands[k].runs_ahead ? 0 : issued[k]);
        }
}

/* Does its first turn wait for something that comes after it was issued? */
static bool waits_anyway(const struct eti_command *c, uint64_t issued, const uint64_t earliest[ETI_COUNTERS])
{
    for (uint32_t i = 0; i < c->n_waits; i++) {
        int64_t need = c->waits[i].level;
        if (c->waits[i].most && need > c->waits[i].most) need = c->waits[i].most;
        if (need >= 1 && earliest[c->waits[i].counter] != UINT64_MAX && earliest[c->waits[i].counter] >= issued) return true;
    }
    return false;
}

/* Of what several tiles count up, or the core's counters, each of them has to count. */
static bool counts_elsewhere(const struct eti_command *c)
{
    for (uint32_t i = 0; i < c->n_signals; i++)
        if (c->signals[i].tiles || c->signals[i].counter >= ETI_TILE_COUNTERS) return true;
    return false;
}

/* Finds ops that do the same on other tiles, each the first of its unit there. */
static void join_ops(const struct eti_command *commands, uint32_t n, const uint64_t *issued, bool may_follow, struct eti_groups *g)
{
    uint64_t earliest[ETI_COUNTERS], seen = 0;
    bool leads[ETI_GROUP_COMMANDS];
    earliest_counts(commands, n, issued, earliest);
    for (uint32_t k = 0; k < n; k++) {
        const struct eti_command *c = &commands[k];
        g->alike[k] = k;
        g->follows[k] = leads[k] = false;
        if (c->unit != ETI_OP) continue;
        bool can = !(c->tiles & seen) && !counts_elsewhere(c) && waits_anyway(c, issued[k], earliest);
        seen |= c->tiles;
        for (uint32_t j = 0; can && j < k && g->alike[k] == k; j++) {
            if (!leads[j]) continue;
            bool same = eti_same_work(&commands[j], c);
            g->follows[k] = !same && may_follow && eti_is_outpaced(c, &commands[j]);
            if (same || g->follows[k]) g->alike[k] = j;
        }
        g->n_follow += g->follows[k];
        leads[k] = can && g->alike[k] == k;
    }
}

/* Borders differ from tile to tile. */
static bool splits_all(const struct eti_command *c)
{
    if (eti_is_mesh(c->unit)) return false;
    bool several = (c->tiles & (c->tiles - 1)) != 0 && !eti_is_apart(c->unit);
    for (uint32_t i = 0; i < c->n_waits; i++)
        if (eti_is_from_mesh(c->waits[i].counter)) return true;
    for (uint32_t i = 0; i < c->n_signals; i++)
        if (eti_is_from_mesh(c->signals[i].counter)) return true;
    return several && counts_elsewhere(c);
}

/* A ring producer that waits or counts on its own tile. */
static bool names_own_tile(const struct eti_command *c)
{
    for (uint32_t i = 0; i < c->n_waits; i++)
        if (!c->waits[i].tiles && c->waits[i].counter < ETI_TILE_COUNTERS) return true;
    for (uint32_t i = 0; i < c->n_signals; i++)
        if (!c->signals[i].tiles && c->signals[i].counter < ETI_TILE_COUNTERS) return true;
    return false;
}

static void split_by(const struct eti_command *commands, uint32_t n, struct eti_groups *g)
{
    for (uint32_t k = 0; k < n; k++) {
        const struct eti_command *c = &commands[k];
        uint64_t mask = c->tiles;
        for (uint32_t i = 0; i < c->n_waits; i++)
            if (c->waits[i].tiles) split(g, c->waits[i].tiles);
        for (uint32_t i = 0; i < c->n_signals; i++)
            if (c->signals[i].tiles) split(g, c->signals[i].tiles);
        if (g->alike[k] != k || (eti_is_apart(c->unit) && !(c->unit == ETI_RING_PRODUCER && names_own_tile(c)))) continue;
        for (uint32_t j = k + 1; c->unit == ETI_OP && j < n; j++)
            if (g->alike[j] == k) mask |= commands[j].tiles;
        split(g, mask);
    }
}

static void number(struct eti_groups *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        g->first[i] = (uint32_t)__builtin_ctzll(g->tiles[i]);
        g->size[i] = 0;
        for (uint64_t t = g->tiles[i]; t; t &= t - 1, g->size[i]++) g->of[__builtin_ctzll(t)] = i;
    }
}

/* Is the first tile of each group that has followers one of a leader's? It is the one that is run. */
static bool are_led(const struct eti_command *commands, uint32_t n, const struct eti_groups *g)
{
    for (uint32_t k = 0; k < n && g->n_follow; k++)
        for (uint32_t i = 0; i < g->n && g->follows[k]; i++) {
            uint64_t on = g->tiles[i] & commands[k].tiles, led = 0;
            for (uint32_t j = 0; j < k; j++)
                if (g->alike[j] == g->alike[k] && !g->follows[j]) led |= commands[j].tiles;
            if (on && on != g->tiles[i] && !(led >> __builtin_ctzll(g->tiles[i]) & 1)) return false;
        }
    return true;
}

void eti_group_tiles(const struct eti_program *p, const struct eti_phase *phase, uint32_t n, const uint64_t *issued, bool may_follow,
                     struct eti_groups *g)
{
    const struct eti_command *commands = p->commands + phase->first;
    g->whole = phase->count > ETI_GROUP_COMMANDS;
    g->n_follow = 0;
    for (uint32_t k = 0; k < n && !g->whole; k++) g->whole = splits_all(&commands[k]);
    if (g->whole) {
        g->n = p->n_tiles;
        for (uint32_t t = 0; t < g->n; t++) g->tiles[t] = (uint64_t)1 << t;
    } else {
        g->n = 1;
        g->tiles[0] = eti_low_bits(p->n_tiles);
        join_ops(commands, n, issued, may_follow, g);
        split_by(commands, n, g);
        if (!are_led(commands, n, g)) {
            eti_group_tiles(p, phase, n, issued, false, g);
            return;
        }
    }
    number(g);
}
