/* mesh.c - the mesh behind all others. Its units wait for what other units have done and for what neighbours sent, and no other
 * unit waits for them. So when it is their time, everything that a command waits for is there, and its turns follow from that
 * alone: a command that costs the same and waits for the same times as one that was run, on whatever tile, takes the same, and
 * what it sends arrives at the same times. */
#include "base/num.h"
#include "engine/run.h"

/* Of a phase's commands that were looked at: what is counted where, so that each counter has one source, which comes before those that
 * wait for it; and the lowest value that they ask for of what others count. */
struct survey {
    uint64_t edge[ETI_SIDES];                      /* by unit: tiles that have no neighbour there */
    uint64_t commanded[ETI_SIDES], fed[ETI_SIDES]; /* by unit; by counter */
    bool waited[ETI_SIDES];
    uint32_t asked;                                /* counters */
    uint64_t lowest[ETI_COUNTERS];                 /* of these */
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

static bool counts_alone(const struct eti_program *p, const struct eti_command *c, const struct eti_signal *s, struct survey *v)
{
    if (!eti_is_from_mesh(s->counter) || s->tiles || s->delay_cycles || s->advance != ETI_EACH_TURN) return false;
    uint32_t side = s->counter - ETI_FROM_NORTH;
    if (!s->here && (c->tiles & v->edge[c->unit - ETI_MESH_SOUTH])) return false; /* some of them send to no one */
    uint64_t at = s->here ? c->tiles : neighbours(p, c->unit, c->tiles);
    if ((v->fed[side] & at) || v->waited[side]) return false;
    v->fed[side] |= at;
    return true;
}

static bool waits_behind_others(const struct eti_wait *w, struct survey *v)
{
    int64_t value = w->most && w->level > w->most ? w->most : w->level;
    uint64_t least = value > 0 ? (uint64_t)value : 0;
    uint32_t counter = (uint32_t)1 << w->counter;
    if (w->tiles) return false;
    if (eti_is_from_mesh(w->counter)) {
        v->waited[w->counter - ETI_FROM_NORTH] = true;
        return true;
    }
    if (!(v->asked & counter) || least < v->lowest[w->counter]) v->lowest[w->counter] = least;
    v->asked |= counter;
    return true;
}
_Static_assert(ETI_COUNTERS <= 32, "a bit each");

static bool is_plain(const struct eti_program *p, const struct eti_command *c, struct survey *v)
{
    uint64_t *commanded = &v->commanded[c->unit - ETI_MESH_SOUTH];
    if (!eti_has_one_cost(c) || !c->inner || !c->outer || c->runs_ahead || (*commanded & c->tiles)) return false;
    *commanded |= c->tiles;
    for (uint32_t k = 0; k < c->n_waits; k++)
        if (!waits_behind_others(&c->waits[k], v)) return false;
    for (uint32_t k = 0; k < c->n_signals; k++)
        if (!counts_alone(p, c, &c->signals[k], v)) return false;
    return true;
}

/* Histories keep what will be asked of them. */
static void ask_later(struct run *r, const struct survey *v)
{
    for (uint32_t asked = v->asked; asked; asked &= asked - 1) {
        uint32_t counter = (uint32_t)__builtin_ctz(asked);
        for (uint32_t g = 0; g < r->groups.n; g++)
            eti_own_history(r, (enum eti_counter)counter, r->groups.first[g])->asked_later = v->lowest[counter];
    }
}

void eti_mesh_begin(struct run *r, const struct eti_phase *phase)
{
    const struct eti_program *p = r->program;
    struct survey v;
    v.asked = 0;
    find_edges(p, v.edge);
    for (uint32_t i = 0; i < ETI_SIDES; i++) {
        v.commanded[i] = v.fed[i] = 0;
        r->mesh.n_fed[i] = 0;
        v.waited[i] = false;
    }
    r->mesh.by_waits = !r->groups.whole;
    for (uint32_t k = phase->first; r->mesh.by_waits && k < phase->first + phase->count; k++)
        if (eti_is_mesh(p->commands[k].unit)) r->mesh.by_waits = is_plain(p, &p->commands[k], &v);
    if (r->mesh.by_waits) ask_later(r, &v);
}

/* ------------------------------------------------------------------ running them ------------------------- */

/* Does the command take on its tile, where its waits name `links`, what it took another, or itself on another tile? When it is issued
 * does not matter if the first turn of both waits for something later. */
static bool is_alike(const struct instance *in, const struct eti_command *c, struct history *const *links, uint64_t issued)
{
    const struct eti_command *o = in->command;
    if (o->first_cycles != c->first_cycles || o->inner != c->inner || o->outer != c->outer || o->n_waits != c->n_waits) return false;
    if (!o->n_signals && c->n_signals) return false; /* there is nothing that it could count as */
    if (in->issued_cycle != issued && (in->begun_cycle <= in->issued_cycle || in->begun_cycle < issued)) return false;
    for (uint32_t k = 0; k < c->n_waits; k++) {
        const struct eti_wait *x = &o->waits[k], *y = &c->waits[k];
        if (in->waits[k].link != links[k] || x->level != y->level || x->most != y->most || x->step != y->step || x->advance != y->advance)
            return false;
    }
    return true;
}

static ets_status run_new(struct run *r, struct instance *in, bool *stuck, ets_error *err)
{
    struct server *server = &r->servers[in->server];
    while (in->turn < in->n_turns) {
        uint64_t before = in->turn;
        ETI_TRY(eti_advance(r, server, in, err));
        ETI_TRY(eti_spend(r->program->budget, in->turn - before + 1, err));
        *stuck = in->turn == before;
        if (*stuck) return ETS_OK;
    }
    eti_note_begin(r, in->index, in->begun_cycle);
    eti_note_end(r, server->free_cycle, in->command);
    eti_finish(r, in, server->free_cycle);
    return r->trace ? eti_trace_slice(r, in, server->free_cycle, err) : ETS_OK;
}

/* What `in` took, once more for `n` tiles of a command that is issued at `issued`. */
static ets_status take_as(struct run *r, const struct instance *in, const struct eti_command *c, uint64_t issued, uint64_t n, ets_error *err)
{
    uint64_t end = r->servers[in->server].free_cycle, busy = in->n_turns * c->first_cycles;
    r->timeline->units[c->unit].busy_cycles += n * busy;
    r->timeline->units[c->unit].stalled_cycles += n * (end - issued - busy);
    eti_note_begin(r, (uint32_t)(c - r->program->commands), in->begun_cycle);
    eti_note_end(r, end, c);
    return eti_spend(r->program->budget, 1, err);
}

/* What counts a counter of what comes from a side up on a tile, and all tiles that it counts it on; NULL: nothing did. */
static const struct fed *fed_by(const struct run *r, uint32_t side, uint32_t tile)
{
    const struct mesh *m = &r->mesh;
    for (uint32_t i = 0; i < m->n_fed[side]; i++)
        if (m->fed[side][i].tiles >> tile & 1) return &m->fed[side][i];
    return NULL;
}

struct history *eti_received(const struct run *r, uint32_t side, uint32_t tile)
{
    const struct fed *f = fed_by(r, side, tile);
    return f ? f->by : NULL;
}

/* Where the command's wait looks on `tile`, which of `tiles` look there, too. Of other units, eti_mesh_begin() has begun it. */
static struct history *source_of(struct run *r, enum eti_counter counter, uint32_t tile, uint64_t *tiles)
{
    if (!eti_is_from_mesh(counter)) {
        if (counter < ETI_TILE_COUNTERS) *tiles &= r->groups.tiles[r->groups.of[tile]];
        return &r->histories[eti_history_index(r, counter, tile)];
    }
    const struct fed *f = fed_by(r, counter - ETI_FROM_NORTH, tile);
    *tiles &= f ? f->tiles : (uint64_t)1 << tile;
    return f ? f->by : eti_own_history(r, counter, tile);
}

static void feed(struct run *r, uint32_t side, struct history *by, uint64_t tiles)
{
    struct mesh *m = &r->mesh;
    uint32_t i = 0;
    while (i < m->n_fed[side] && m->fed[side][i].by != by) i++;
    if (i == m->n_fed[side]) {
        m->fed[side][i].by = by;
        m->fed[side][m->n_fed[side]++].tiles = 0;
    }
    m->fed[side][i].tiles |= tiles;
}

/* A command, on the first of `*tiles` and on those of them where it waits for the same; these are left. Instances from `first` on have
 * been run here; of a trace, each tile has its own. */
static ets_status run_on_tiles(struct run *r, uint32_t index, uint64_t *tiles, uint64_t issued, uint64_t start, size_t first, bool *stuck, ets_error *err)
{
    const struct eti_command *c = &r->program->commands[index];
    struct history *links[ETI_MAX_WAITS];
    uint32_t tile = (uint32_t)__builtin_ctzll(*tiles);
    size_t i = r->trace ? first : r->n_instances;
    if (r->trace) *tiles = (uint64_t)1 << tile;
    for (uint32_t k = 0; k < c->n_waits; k++) links[k] = source_of(r, (enum eti_counter)c->waits[k].counter, tile, tiles);
    uint64_t n = eti_count_bits(*tiles);
    while (i > first && !is_alike(&r->instances[i - 1], c, links, issued)) i--;
    if (i > first) {
        ETI_TRY(take_as(r, &r->instances[i - 1], c, issued, n, err));
    } else {
        ETI_TRY(eti_add_instance(r, index, tile, n, issued, start, err));
        i = r->n_instances;
        ETI_TRY(run_new(r, &r->instances[i - 1], stuck, err));
    }
    for (uint32_t k = 0; k < c->n_signals; k++) {
        uint64_t at = c->signals[k].here ? *tiles : neighbours(r->program, (enum eti_unit)c->unit, *tiles);
        feed(r, c->signals[k].counter - ETI_FROM_NORTH, r->instances[i - 1].signals[0].link, at);
    }
    return ETS_OK;
}

/* Nobody waits for the command, nor does it wait for anything. */
static bool is_by_itself(const struct run *r, const struct eti_command *c, uint64_t issued)
{
    uint64_t turns = (uint64_t)c->inner * c->outer;
    return !c->n_waits && !c->n_signals && !r->trace && turns <= (ETI_MAX_CYCLES - issued) / eti_max(c->first_cycles, 1);
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
    size_t first = r->n_instances;
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
            ETI_TRY(run_on_tiles(r, index, &tiles, r->issued_cycles[k], start, first, stuck, err));
        }
    }
    return ETS_OK;
}
