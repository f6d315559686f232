/* mesh.c - the mesh behind all others. Its units wait for what other units have done and for what neighbours sent, and no other
 * unit waits for them. So when it is their time, everything that a command waits for is there, and its turns follow from that
 * alone, in one loop: a command that costs the same and waits for the same times as one that was run, on whatever tile, takes the
 * same, and what it sends arrives at the same times. If its commands are the last of a phase, only this file looks at them. */
#include "base/mem.h"
#include "base/num.h"
#include "engine/run.h"

/* Of a phase's commands that were looked at: what is counted where, so that each counter has one source, which comes before those that
 * wait for it. */
struct survey {
    uint64_t edge[ETI_SIDES];                      /* by unit: tiles that have no neighbour there */
    uint64_t commanded[ETI_SIDES], fed[ETI_SIDES]; /* by unit; by counter */
};

static void find_edges(const struct eti_program *p, uint64_t edge[ETI_SIDES])
{
    uint32_t width = p->width < p->n_tiles ? p->width : p->n_tiles;
    uint64_t first_row = eti_low_bits(width), first_column = 0;
    for (uint32_t t = 0; t < p->n_tiles; t += width) first_column |= (uint64_t)1 << t;
    edge[ETI_MESH_NORTH - ETI_MESH_SOUTH] = first_row;
    edge[ETI_MESH_SOUTH - ETI_MESH_SOUTH] = first_row << (p->n_tiles - width);
    edge[ETI_MESH_WEST - ETI_MESH_SOUTH] = first_column;
    edge[ETI_MESH_EAST - ETI_MESH_SOUTH] = first_column << (width - 1);
}

/* The neighbours that the unit sends to from `tiles`, which all have one. */
static uint64_t neighbours(const struct eti_program *p, enum eti_unit unit, uint64_t tiles)
{
    switch ((int)unit) {
    case ETI_MESH_SOUTH: return tiles << p->width;
    case ETI_MESH_NORTH: return tiles >> p->width;
    case ETI_MESH_WEST: return tiles >> 1;
    default: return tiles << 1;
    }
}

static bool counts_alone(const struct eti_program *p, const struct mesh *m, const struct eti_command *c, const struct eti_signal *s,
                         struct survey *v)
{
    if (!eti_is_from_mesh(s->counter) || s->tiles || s->delay_cycles || s->advance != ETI_EACH_TURN) return false;
    uint32_t side = s->counter - ETI_FROM_NORTH;
    if (!s->here && (c->tiles & v->edge[c->unit - ETI_MESH_SOUTH])) return false; /* some of them send to no one */
    uint64_t at = s->here ? c->tiles : neighbours(p, c->unit, c->tiles);
    if ((v->fed[side] & at) || m->waited[side]) return false;
    v->fed[side] |= at;
    return true;
}

static bool waits_behind_others(struct mesh *m, const struct eti_wait *w)
{
    int64_t value = w->most && w->level > w->most ? w->most : w->level;
    uint64_t least = value > 0 ? (uint64_t)value : 0;
    uint32_t counter = (uint32_t)1 << w->counter;
    if (w->tiles) return false;
    if (eti_is_from_mesh(w->counter)) {
        m->waited[w->counter - ETI_FROM_NORTH] = true;
        return true;
    }
    if (!(m->asked & counter) || least < m->lowest[w->counter]) m->lowest[w->counter] = least;
    m->asked |= counter;
    return true;
}
_Static_assert(ETI_COUNTERS <= 32, "a bit each");

static bool is_plain(const struct eti_program *p, struct mesh *m, const struct eti_command *c, struct survey *v)
{
    uint64_t *commanded = &v->commanded[c->unit - ETI_MESH_SOUTH];
    if (!eti_has_one_cost(c) || !c->inner || !c->outer || c->runs_ahead || (*commanded & c->tiles)) return false;
    *commanded |= c->tiles;
    for (uint32_t k = 0; k < c->n_waits; k++)
        if (!waits_behind_others(m, &c->waits[k])) return false;
    for (uint32_t k = 0; k < c->n_signals; k++)
        if (!counts_alone(p, m, c, &c->signals[k], v)) return false;
    return true;
}

/* How many commands of the phase come before those of the mesh that are its last. */
static uint32_t before_mesh(const struct eti_command *commands, uint32_t n)
{
    while (n && eti_is_mesh((enum eti_unit)commands[n - 1].unit)) n--;
    return n;
}

void eti_mesh_find(struct run *r, const struct eti_phase *phase)
{
    const struct eti_program *p = r->program;
    const struct eti_command *commands = p->commands + phase->first;
    struct survey v;
    r->mesh.asked = 0;
    r->n_before = before_mesh(commands, phase->count);
    r->mesh.by_waits = true;
    r->mesh.any = false;
    find_edges(p, v.edge);
    for (uint32_t i = 0; i < ETI_SIDES; i++) {
        v.commanded[i] = v.fed[i] = 0;
        r->mesh.waited[i] = false;
    }
    for (uint32_t k = 0; r->mesh.by_waits && k < phase->count; k++) {
        if (!eti_is_mesh((enum eti_unit)commands[k].unit)) continue;
        r->mesh.any = true;
        r->mesh.by_waits = is_plain(p, &r->mesh, &commands[k], &v);
    }
    if (!r->mesh.by_waits) r->n_before = phase->count;
}

void eti_mesh_begin(struct run *r)
{
    struct mesh *m = &r->mesh;
    m->n_sent = 0;
    m->by_waits = m->by_waits && !r->groups.whole;
    for (uint32_t i = 0; i < ETI_SIDES && m->by_waits && m->any; i++)
        for (uint32_t t = 0; t < r->program->n_tiles; t++) m->from[i][t] = NULL;
    for (uint32_t asked = m->by_waits ? m->asked : 0; asked; asked &= asked - 1) {
        uint32_t counter = (uint32_t)__builtin_ctz(asked);
        for (uint32_t g = 0; g < r->groups.n; g++)
            eti_own_history(r, (enum eti_counter)counter, r->groups.first[g])->asked_later = m->lowest[counter];
    }
}

/* ------------------------------------------------------------------ running one -------------------------- */

/* Turns from number `from` on, `n` of them, start no earlier than the wait allows; false: one waits for what never comes. They run one
 * after the other: only a turn that asks for more than the one before has to look. */
static bool hold_back(const struct eti_command *c, const struct eti_wait *w, const struct history *h, uint64_t from, uint64_t n, uint64_t *start)
{
    uint64_t every = w->advance == ETI_EACH_TURN ? 1 : w->advance == ETI_EACH_GROUP ? c->inner : UINT64_MAX;
    uint64_t asks = from ? eti_ceil_div(from, every) : 0, i = asks * every - from;
    int64_t value = w->level + (int64_t)(asks * w->step), most = w->most ? w->most : INT64_MAX;
    for (; i < n && value < 1 && value < most; i += every) value += w->step;
    uint64_t at = (uint64_t)value - 1 - h->dropped;
    for (; i < n && value < most; i += every, value += w->step, at += w->step) {
        if (at >= h->count) return false;
        start[i] = eti_max(start[i], h->times[at]);
    }
    if (i >= n || most < 1) return true;
    at = (uint64_t)most - 1 - h->dropped; /* and so do all that follow */
    if (at >= h->count) return false;
    start[i] = eti_max(start[i], h->times[at]);
    return true;
}

/* Even if it waits for nothing. */
static bool ends_in_time(const struct eti_command *c, uint64_t issued)
{
    uint64_t busy;
    return eti_mul((uint64_t)c->inner * c->outer, c->first_cycles, &busy) && busy <= ETI_MAX_CYCLES - issued;
}

/* All turns of the command of `s`. */
static ets_status run_turns(struct run *r, struct sent *s, bool *stuck, ets_error *err)
{
    const struct eti_command *c = s->command;
    uint64_t turns = (uint64_t)c->inner * c->outer, cycles = c->first_cycles, free_cycle = s->issued_cycle, n, uncounted[ETI_TURNS_AT_ONCE];
    if (!ends_in_time(c, s->issued_cycle)) return eti_too_long(err);
    for (uint64_t from = 0; from < turns; from += n) {
        n = eti_min(turns - from, ETI_TURNS_AT_ONCE);
        if (s->counts) ETI_TRY(eti_history_room(r, s->counts, n, err));
        uint64_t *at = uncounted;
        if (s->counts) at = s->counts->times + s->counts->count;
        for (uint64_t i = 0; i < n; i++) at[i] = 0;
        for (uint32_t k = 0; k < c->n_waits && !*stuck; k++) *stuck = !hold_back(c, &c->waits[k], s->links[k], from, n, at);
        if (*stuck) return ETS_OK;
        if (!from) s->begun_cycle = eti_max(at[0], free_cycle);
        for (uint64_t i = 0; i < n; i++) at[i] = free_cycle = eti_max(at[i], free_cycle) + cycles;
        if (free_cycle > ETI_MAX_CYCLES) return eti_too_long(err);
        if (s->counts) s->counts->count += (size_t)n;
        ETI_TRY(eti_spend(r->program->budget, n + 1, err));
    }
    s->end_cycle = free_cycle;
    return ETS_OK;
}

/* The command waits on the tile for what never comes: up to there, so that it can be said. */
static ets_status run_until_stuck(struct run *r, uint32_t index, uint32_t tile, uint64_t issued, uint64_t start, ets_error *err)
{
    ETI_TRY(eti_add_instance(r, index, tile, 1, issued, start, err));
    struct instance *in = &r->instances[r->n_instances - 1];
    uint64_t before;
    do {
        before = in->turn;
        ETI_TRY(eti_advance(r, &r->servers[in->server], in, err));
    } while (in->turn != before);
    return ETS_OK;
}

/* ------------------------------------------------------------------ who does the same -------------------- */

/* Does it count what any of the mesh waits for? */
static bool is_waited_for(const struct mesh *m, const struct eti_command *c)
{
    bool waited = false;
    for (uint32_t k = 0; k < c->n_signals; k++) waited |= m->waited[c->signals[k].counter - ETI_FROM_NORTH];
    return waited;
}

/* Does the command, issued at `issued` where its waits name `links`, take what another one, or itself elsewhere, took? When it is issued
 * does not matter if the first turn of both waits for something later. */
static bool is_alike(const struct sent *s, const struct eti_command *c, bool counts, struct history *const *links, uint64_t issued)
{
    const struct eti_command *o = s->command;
    if (s->links[0] != links[0] || o->first_cycles != c->first_cycles) return false;
    if (o->inner != c->inner || o->outer != c->outer || o->n_waits != c->n_waits) return false;
    if (!s->counts && counts) return false; /* there is nothing that it could count as */
    if (s->issued_cycle != issued && (s->begun_cycle <= s->issued_cycle || s->begun_cycle < issued)) return false;
    for (uint32_t k = 0; k < c->n_waits; k++) {
        const struct eti_wait *x = &o->waits[k], *y = &c->waits[k];
        if (s->links[k] != links[k] || x->level != y->level || x->most != y->most || x->step != y->step || x->advance != y->advance)
            return false;
    }
    return true;
}

/* One that was run and that the command does the same as; NULL: none. Of a trace, each tile has its own. */
static struct sent *find_alike(struct run *r, const struct eti_command *c, bool counts, struct history *const *links, uint64_t issued)
{
    for (uint32_t i = r->trace ? 0 : r->mesh.n_sent; i > 0; i--)
        if (is_alike(&r->mesh.sent[i - 1], c, counts, links, issued)) return &r->mesh.sent[i - 1];
    return NULL;
}

static struct sent *new_sent(struct run *r, const struct eti_command *c, bool counts, uint32_t tile, struct history *const *links,
                             uint64_t issued)
{
    struct sent *s = &r->mesh.sent[r->mesh.n_sent++];
    s->command = c;
    for (uint32_t k = 0; k < ETI_MAX_WAITS; k++) s->links[k] = links[k];
    for (uint32_t i = 0; i < ETI_SIDES; i++) s->fed[i] = 0;
    s->issued_cycle = issued;
    s->counts = NULL;
    if (!counts) return s;
    uint32_t at = c->signals[0].here ? tile : eti_neighbour(r->program, (enum eti_unit)c->unit, tile);
    s->counts = eti_history_of(r, (enum eti_counter)c->signals[0].counter, at);
    return s;
}

static ets_status trace_tile(struct run *r, const struct sent *s, uint32_t index, uint32_t tile, ets_error *err)
{
    struct instance in;
    eti_clear(&in, sizeof in);
    in.command = s->command;
    in.index = index;
    in.tile = tile;
    in.weight = 1;
    in.begun_cycle = s->begun_cycle;
    in.n_turns = (uint64_t)s->command->inner * s->command->outer;
    return eti_trace_slice(r, &in, s->end_cycle, err);
}

/* What `s` took, for `n` tiles of a command that is issued at `issued`, `tile` the first of them. */
static ets_status take(struct run *r, const struct sent *s, uint32_t index, uint32_t tile, uint64_t issued, uint64_t n, ets_error *err)
{
    const struct eti_command *c = &r->program->commands[index];
    uint64_t busy = (uint64_t)c->inner * c->outer * c->first_cycles;
    r->timeline->units[c->unit].busy_cycles += n * busy;
    r->timeline->units[c->unit].stalled_cycles += n * (s->end_cycle - issued - busy);
    eti_note_begin(r, index, s->begun_cycle);
    eti_note_end(r, s->end_cycle, c);
    ETI_TRY(eti_spend(r->program->budget, 1, err));
    return r->trace ? trace_tile(r, s, index, tile, err) : ETS_OK;
}

struct history *eti_received(const struct run *r, uint32_t side, uint32_t tile)
{
    const struct sent *s = r->mesh.by_waits ? r->mesh.from[side][tile] : NULL;
    return s ? s->counts : NULL;
}

/* Where the command's wait looks on `tile`, which of `tiles` look there, too. Of other units, eti_mesh_begin() has begun it. */
static struct history *source_of(struct run *r, enum eti_counter counter, uint32_t tile, uint64_t *tiles)
{
    if (!eti_is_from_mesh(counter)) {
        if (counter < ETI_TILE_COUNTERS) *tiles &= r->groups.tiles[r->groups.of[tile]];
        return &r->histories[eti_history_index(r, counter, tile)];
    }
    uint32_t side = counter - ETI_FROM_NORTH;
    const struct sent *s = r->mesh.from[side][tile];
    *tiles &= s ? s->fed[side] : (uint64_t)1 << tile;
    return s ? s->counts : eti_history_of(r, counter, tile);
}

/* What `s` counts comes from a side on these tiles, too. */
static void feed(struct mesh *m, struct sent *s, uint32_t side, uint64_t tiles)
{
    s->fed[side] |= tiles;
    for (; tiles; tiles &= tiles - 1) m->from[side][__builtin_ctzll(tiles)] = s;
}

/* A command, on the first of `*tiles` and on those of them where it waits for the same; these are left. */
static ets_status run_on_tiles(struct run *r, uint32_t index, uint64_t *tiles, uint64_t issued, uint64_t start, bool *stuck, ets_error *err)
{
    const struct eti_command *c = &r->program->commands[index];
    struct history *links[ETI_MAX_WAITS] = {NULL};
    uint32_t tile = (uint32_t)__builtin_ctzll(*tiles);
    if (r->trace) *tiles = (uint64_t)1 << tile;
    for (uint32_t k = 0; k < c->n_waits; k++) links[k] = source_of(r, (enum eti_counter)c->waits[k].counter, tile, tiles);
    bool counts = is_waited_for(&r->mesh, c);
    struct sent *s = find_alike(r, c, counts, links, issued);
    if (!s) {
        s = new_sent(r, c, counts, tile, links, issued);
        ETI_TRY(run_turns(r, s, stuck, err));
        if (*stuck) return run_until_stuck(r, index, tile, issued, start, err);
    }
    for (uint32_t k = 0; k < c->n_signals && counts; k++) {
        uint64_t at = c->signals[k].here ? *tiles : neighbours(r->program, (enum eti_unit)c->unit, *tiles);
        feed(&r->mesh, s, c->signals[k].counter - ETI_FROM_NORTH, at);
    }
    return take(r, s, index, tile, issued, eti_count_bits(*tiles), err);
}

/* Nobody waits for the command, nor does it wait for anything. */
static bool is_by_itself(const struct run *r, const struct eti_command *c, uint64_t issued)
{
    return !c->n_waits && !c->n_signals && !r->trace && ends_in_time(c, issued);
}

static ets_status run_by_itself(struct run *r, const struct eti_command *c, uint64_t issued, ets_error *err)
{
    uint64_t busy = (uint64_t)c->inner * c->outer * c->first_cycles;
    r->timeline->units[c->unit].busy_cycles += eti_count_bits(c->tiles) * busy;
    eti_note_begin(r, (uint32_t)(c - r->program->commands), issued);
    eti_note_end(r, issued + busy, c);
    return eti_spend(r->program->budget, 1, err);
}

ets_status eti_run_mesh(struct run *r, const struct eti_phase *phase, uint64_t start, bool *stuck, ets_error *err)
{
    for (uint32_t k = 0; k < phase->count; k++) {
        uint32_t index = phase->first + k;
        const struct eti_command *c = &r->program->commands[index];
        if (!eti_is_mesh((enum eti_unit)c->unit)) continue;
        if (is_by_itself(r, c, r->issued_cycles[k])) {
            ETI_TRY(run_by_itself(r, c, r->issued_cycles[k], err));
            continue;
        }
        uint64_t left = c->tiles, tiles;
        for (; left && !*stuck; left &= ~tiles) {
            tiles = left;
            ETI_TRY(run_on_tiles(r, index, &tiles, r->issued_cycles[k], start, stuck, err));
        }
    }
    return ETS_OK;
}
