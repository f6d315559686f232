/* instances.c - a phase set up: its commands on one tile of each group that behaves alike, behind each other on their units,
 * with the counters that they wait for and count up. */
#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "engine/run.h"

/* ------------------------------------------------------------------ counters ----------------------------- */

struct history *eti_history_of(struct run *r, enum eti_counter counter, uint32_t tile)
{
    size_t index = (size_t)counter * r->program->n_tiles + (counter < ETI_TILE_COUNTERS ? tile : 0);
    struct history *h = &r->histories[index];
    if (h->phase == r->phase) return h;
    if (h->capacity <= ETI_FIRST_TIMES) { /* in the order of use: they lie side by side */
        h->times = r->first_times + r->n_used * ETI_FIRST_TIMES;
        h->capacity = ETI_FIRST_TIMES;
    }
    r->used[r->n_used++] = h;
    h->phase = r->phase;
    h->count = 0;
    h->dropped = 0;
    h->asked_later = r->mesh.by_waits && eti_is_from_mesh(counter) ? 0 : UINT64_MAX;
    return h;
}

struct history *eti_own_history(struct run *r, enum eti_counter counter, uint32_t tile)
{
    if (counter >= ETI_TILE_COUNTERS) return eti_history_of(r, counter, 0);
    if (!eti_is_from_mesh(counter)) return eti_history_of(r, counter, r->groups.first[r->groups.of[tile]]);
    struct history *received = eti_received(r, counter - ETI_FROM_NORTH, tile);
    return received ? received : eti_history_of(r, counter, tile);
}

static ets_status add_link(struct run *r, struct history *link, ets_error *err)
{
    void *array = r->links;
    if (r->n_links == r->cap_links && !eti_grow(&r->mem, &array, &r->cap_links, r->n_links, sizeof *r->links)) return eti_nomem(err);
    r->links = array;
    r->links[r->n_links++] = link;
    return ETS_OK;
}

/* The histories of a counter on several tiles: one a group. `*link` is the last. */
static ets_status add_links(struct run *r, enum eti_counter counter, uint64_t tiles, bool by_group, struct history **link,
                            uint32_t *first, uint32_t *count, ets_error *err)
{
    *first = (uint32_t)r->n_links;
    for (*count = 0; tiles; tiles &= tiles - 1) {
        uint32_t tile = (uint32_t)__builtin_ctzll(tiles);
        if (by_group && r->groups.first[r->groups.of[tile]] != tile) continue;
        *link = eti_history_of(r, counter, tile);
        ETI_TRY(add_link(r, *link, err));
        ++*count;
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ instances ---------------------------- */

/* A group of one turn ends with each turn. */
static enum eti_advance plainest(const struct eti_command *c, enum eti_advance advance)
{
    return advance == ETI_EACH_GROUP && c->inner == 1 ? ETI_EACH_TURN : advance;
}

/* Of a counter whose command is not run: what is waited for instead. */
static enum eti_counter look_through(const struct run *r, enum eti_counter counter, struct pending_wait *w)
{
    for (uint32_t i = 0; i < r->n_through; i++) {
        const struct through *t = &r->through[i];
        if (t->counter != counter) continue;
        w->need -= t->less;
        if (w->most != ETI_NO_LIMIT) w->most -= t->less;
        return t->from;
    }
    return counter;
}

static ets_status link_waits(struct run *r, struct instance *in, ets_error *err)
{
    const struct eti_command *c = in->command;
    for (uint32_t k = 0; k < c->n_waits; k++) {
        const struct eti_wait *w = &c->waits[k];
        struct pending_wait *to = &in->waits[k];
        to->need = w->level;
        enum eti_advance advance = plainest(c, w->advance);
        to->most = w->most ? w->most : ETI_NO_LIMIT;
        enum eti_counter counter = look_through(r, (enum eti_counter)w->counter, to);
        to->each_turn = advance == ETI_EACH_TURN ? w->step : 0;
        to->each_group = advance == ETI_EACH_GROUP ? w->step : 0;
        to->first = 0;
        to->count = 1;
        if (!w->tiles || counter >= ETI_TILE_COUNTERS) to->link = eti_own_history(r, counter, in->tile);
        else ETI_TRY(add_links(r, counter, w->tiles, !eti_is_from_mesh(counter), &to->link, &to->first, &to->count, err));
    }
    return ETS_OK;
}

static ets_status link_signals(struct run *r, struct instance *in, ets_error *err)
{
    const struct eti_command *c = in->command;
    for (uint32_t k = 0; k < c->n_signals; k++) {
        const struct eti_signal *s = &c->signals[k];
        struct due_signal *to = &in->signals[k];
        bool from_mesh = eti_is_from_mesh(s->counter);
        uint32_t at = from_mesh && !s->here ? eti_neighbour(r->program, c->unit, in->tile) : in->tile;
        to->advance = plainest(c, s->advance);
        to->delay_cycles = s->delay_cycles;
        to->first = 0;
        to->count = 1;
        to->link = NULL;
        if (s->counter >= ETI_TILE_COUNTERS) to->link = eti_history_of(r, s->counter, 0);
        else if (s->tiles && !(from_mesh && !s->here))
            ETI_TRY(add_links(r, s->counter, s->tiles, !from_mesh, &to->link, &to->first, &to->count, err));
        else if (at == ETI_NONE || (!from_mesh && r->groups.first[r->groups.of[at]] != at)) to->count = 0;
        else to->link = eti_history_of(r, s->counter, at);
    }
    return ETS_OK;
}

/* Behind what its server already has. */
static void queue_instance(struct run *r, struct instance *in, uint64_t start)
{
    enum eti_unit unit = in->command->unit;
    struct server *server = &r->servers[in->server];
    uint32_t index = (uint32_t)(in - r->instances);
    if (server->phase == r->phase) {
        r->instances[server->tail].next = index;
    } else {
        if (r->first[unit] == ETI_NONE) r->first[unit] = in->server;
        else r->servers[r->last[unit]].behind = in->server;
        r->last[unit] = in->server;
        server->behind = ETI_NONE;
        server->phase = r->phase;
        server->head = index;
        server->free_cycle = unit == ETI_LINK_IN ? r->link_free_cycle : start;
        if (unit == ETI_OP) memset(&r->spent[in->tile], 0, sizeof r->spent[in->tile]);
    }
    server->tail = index;
}

ets_status eti_add_instance(struct run *r, uint32_t index, uint32_t tile, uint64_t weight, uint64_t issued, uint64_t start, ets_error *err)
{
    void *array = r->instances;
    if (r->n_instances == r->cap_instances && !eti_grow(&r->mem, &array, &r->cap_instances, r->n_instances, sizeof *r->instances))
        return eti_nomem(err);
    r->instances = array;
    struct instance *in = &r->instances[r->n_instances++];
    const struct eti_command *c = &r->program->commands[index];
    in->command = c;
    in->index = index;
    in->next = ETI_NONE;
    in->tile = tile;
    in->server = (uint32_t)c->unit * r->program->n_tiles + tile;
    in->weight = weight;
    in->issued_cycle = c->runs_ahead ? 0 : issued;
    in->turn = in->inner = 0;
    in->busy_cycles = 0;
    in->begun_cycle = in->issued_cycle;
    in->waited_for = ETS_BOUND_SYNC;
    in->n_turns = (uint64_t)c->inner * c->outer;
    in->one_cost = eti_has_one_cost(c);
    if (c->meter_turns) {
        in->packets = c->meter_turns / in->n_turns;
        in->rest = c->meter_turns % in->n_turns;
        in->ahead = 0;
    }
    ETI_TRY(link_waits(r, in, err));
    ETI_TRY(link_signals(r, in, err));
    in->even = eti_is_even(in);
    in->nested = c->inner > 1 && c->outer > 1;
    r->nested |= in->nested;
    queue_instance(r, in, start);
    return ETS_OK;
}

/* Tiles of the group whose own command is another one of those alike are counted as if they had been issued when this one
 * was: they stalled longer, or shorter, by the difference. */
static void correct_stalls(struct run *r, const struct eti_phase *phase, uint32_t k, uint64_t tiles)
{
    const struct eti_command *commands = r->program->commands + phase->first;
    uint64_t *stalled = &r->timeline->units[commands[k].unit].stalled_cycles;
    for (uint32_t j = 0; j < r->n_before; j++) {
        uint64_t others = r->groups.alike[j] == r->groups.alike[k] && j != k ? commands[j].tiles & tiles : 0;
        if (others) *stalled += (r->issued_cycles[k] - r->issued_cycles[j]) * eti_count_bits(others); /* modulo 2^64 */
    }
}

static ets_status add_command(struct run *r, const struct eti_phase *phase, uint32_t k, uint64_t start, ets_error *err)
{
    const struct eti_command *c = &r->program->commands[phase->first + k];
    bool each = eti_is_apart(c->unit) || r->groups.whole;
    for (uint64_t tiles = c->tiles; tiles; tiles &= tiles - 1) {
        uint32_t tile = (uint32_t)__builtin_ctzll(tiles), group = r->groups.of[tile];
        if (!each && r->groups.first[group] != tile) continue;
        ETI_TRY(eti_add_instance(r, phase->first + k, tile, each ? 1 : r->groups.size[group], r->issued_cycles[k], start, err));
        if (!each && (r->groups.tiles[group] & ~c->tiles)) correct_stalls(r, phase, k, r->groups.tiles[group]);
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ a phase ------------------------------ */

/* What feeds others before what it feeds: so most turns are known when it is their server's time. */
static const enum eti_unit flow[] = {
    ETI_RING_CONSUMER_0, ETI_RING_CONSUMER_1, ETI_LINK_IN, ETI_INFEED, ETI_SCALAR, ETI_DRAM, ETI_RING_PRODUCER, ETI_WIDE_TO_NARROW,
    ETI_OP, ETI_NARROW_TO_WIDE, ETI_OUTFEED, ETI_LINK_OUT, ETI_MESH_SOUTH, ETI_MESH_NORTH, ETI_MESH_WEST, ETI_MESH_EAST,
};
_Static_assert(sizeof flow / sizeof *flow == ETI_UNITS, "every unit is in it once");

static void order_servers(struct run *r)
{
    r->n_active = 0;
    for (size_t i = 0; i < ETI_UNITS; i++)
        for (uint32_t s = r->first[flow[i]]; s != ETI_NONE; s = r->servers[s].behind) r->active[r->n_active++] = s;
}

size_t eti_servers_before_mesh(const struct run *r)
{
    size_t n = r->n_active;
    while (!r->groups.whole && n && eti_is_mesh((enum eti_unit)(r->active[n - 1] / r->program->n_tiles))) n--;
    return n;
}

/* Commands leave the scalar core one after the other, an instruction word at a time. */
ets_status eti_begin_phase(struct run *r, const struct eti_phase *phase, uint64_t start, bool may_follow, ets_error *err)
{
    const struct eti_program *p = r->program;
    uint64_t issued = start + phase->fence_cycles + phase->fence_iwords * p->issue_cycles_per_iword;
    void *array = r->issued_cycles;
    ETI_TRY(eti_spend(p->budget, phase->count, err));
    if (!eti_grow(&r->mem, &array, &r->cap_issued, phase->count, sizeof *r->issued_cycles)) return eti_nomem(err);
    r->issued_cycles = array;
    r->phase++;
    r->n_instances = r->n_links = r->n_used = 0;
    r->nested = false;
    for (int u = 0; u < ETI_UNITS; u++) r->first[u] = ETI_NONE;
    r->last_end_cycle = issued;
    r->last_unit = ETI_OP;
    r->last_cause = ETS_BOUND_SYNC;
    for (uint32_t k = 0; k < phase->count; k++) {
        issued += p->commands[phase->first + k].iwords * p->issue_cycles_per_iword;
        r->issued_cycles[k] = issued;
    }
    eti_mesh_find(r, phase);
    eti_through_find(r, phase);
    eti_group_tiles(p, phase, r->n_before, r->issued_cycles, may_follow && eti_may_follow(r, phase), &r->groups);
    eti_mesh_begin(r);
    eti_through_begin(r, phase);
    eti_followers_begin(r, phase);
    r->n_before_mesh = 0;
    for (uint32_t k = 0; k < (r->mesh.by_waits ? r->n_before : phase->count); k++) {
        bool mesh = eti_is_mesh((enum eti_unit)p->commands[phase->first + k].unit);
        if ((mesh && r->mesh.by_waits) || eti_is_through(r, k)) continue;
        ETI_TRY(add_command(r, phase, k, start, err));
        if (!mesh) r->n_before_mesh = r->n_used;
    }
    if (!r->n_before_mesh) r->n_before_mesh = r->n_used; /* the mesh alone */
    order_servers(r);
    return ETS_OK;
}
