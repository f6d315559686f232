/* build_trace.c - see build_trace.h. Arrows between units: from the command that a turn 0 waits for, if it is what the layer
 * works on (parameters, results, transfers); waits for room are left out. Arrows between layers: from who makes a tensor to who
 * reads it, behind operators that take no time. */
#include "predict/build_trace.h"

#include "base/alloc.h"
#include "predict/build_report.h"

#define MOST_ARROWS ETI_MOST_SLICES
#define MOST_SLICES_WITH_ARROWS 512 /* of a phase: finding them takes the square of it */

struct tracer {
    const struct eti_schedule *s;
    const struct eti_trace *trace;
    ets_report *r;
    struct eti_report_trace *out;
    size_t cap_arrows;
    int32_t *makers; /* of each tensor, the layer with a time that made it, behind views; -1: none */
};

/* ------------------------------------------------------------------ slices ------------------------------- */

/* The program has no unit for the host: what it does for itself, the call and its operators, keeps the link waiting. */
static uint32_t unit_of(const struct tracer *t, enum eti_unit unit, int32_t owner)
{
    bool host = owner >= 0 ? t->r->layers[owner].where == ETS_ON_HOST : owner == ETI_OWNER_INVOKE;
    return host ? (uint32_t)ETI_UNITS : (uint32_t)unit;
}

static void copy_slice(struct tracer *t, const struct eti_slice *from, int32_t owner)
{
    const struct eti_command *c = &t->s->program.commands[from->command];
    struct eti_trace_slice *to = &t->out->slices[t->out->n_slices++];
    to->name = owner >= 0 ? t->r->layers[owner].name : eti_phase_name(owner);
    to->layer = owner;
    to->unit = unit_of(t, (enum eti_unit)c->unit, owner);
    to->cause = to->unit == ETI_UNITS ? ETS_BOUND_NONE : (enum ets_bound)c->cause;
    to->tile = from->tile;
    to->tiles = from->tiles;
    to->begin = from->begin_cycle;
    to->end = from->end_cycle;
    to->busy = from->busy_cycles;
    to->merged = from->merged;
    if (from->merged) return;
    to->turns = (uint64_t)c->inner * c->outer;
    to->bytes = c->bytes;
}

/* ------------------------------------------------------------------ arrows between units ----------------- */

static bool is_for_room(enum eti_counter c)
{
    return c == ETI_ROOM_0 || c == ETI_ROOM_1 || c == ETI_PARAMETERS || c == ETI_FED;
}

/* Does `from` count up what turn 0 of `to` waits for in `wait`? */
static bool feeds(const struct tracer *t, const struct eti_slice *from, const struct eti_slice *to, const struct eti_wait *wait)
{
    const struct eti_command *c = &t->s->program.commands[from->command];
    if (from == to || from->begin_cycle > to->begin_cycle || from->begin_cycle == from->end_cycle) return false;
    for (uint32_t i = 0; i < c->n_signals; i++) {
        uint64_t reached = c->signals[i].tiles ? c->signals[i].tiles : from->tiles, asked = wait->tiles ? wait->tiles : to->tiles;
        if (c->signals[i].counter == wait->counter && (wait->counter >= ETI_TILE_COUNTERS || (reached & asked))) return true;
    }
    return false;
}

static ets_status add_arrow(struct tracer *t, size_t from, size_t to, ets_error *err)
{
    struct eti_trace_arrow a = {(uint32_t)from, (uint32_t)to};
    void *array = t->out->arrows;
    if (t->out->n_arrows == MOST_ARROWS) return ETS_OK;
    if (!eti_reserve(&t->r->arena.mem, &array, &t->cap_arrows, t->out->n_arrows, sizeof a)) return eti_nomem(err);
    t->out->arrows = array;
    t->out->arrows[t->out->n_arrows++] = a;
    return ETS_OK;
}

static ets_status connect(struct tracer *t, const struct eti_phase_trace *phase, ets_error *err)
{
    const struct eti_slice *s = t->trace->slices + phase->first;
    if (phase->n > MOST_SLICES_WITH_ARROWS || (phase->n && s[0].merged)) return ETS_OK;
    for (size_t to = 0; to < phase->n; to++) {
        const struct eti_command *c = &t->s->program.commands[s[to].command];
        for (uint32_t k = 0; k < c->n_waits && s[to].begin_cycle < s[to].end_cycle; k++) {
            size_t from = 0;
            if (c->waits[k].level < 1 || is_for_room(c->waits[k].counter)) continue;
            while (from < phase->n && !feeds(t, &s[from], &s[to], &c->waits[k])) from++;
            if (from < phase->n) ETI_TRY(add_arrow(t, phase->first + from, phase->first + to, err));
        }
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ arrows between layers ---------------- */

static void find_makers(struct tracer *t)
{
    const struct eti_graph *g = t->s->l.graph;
    for (uint32_t i = 0; i < g->n_tensors; i++) t->makers[i] = -1;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        int32_t of = t->r->layers[i].cycles ? -1 : eti_activation_input(&g->ops[i], g, 0), maker = of < 0 ? -1 : t->makers[of];
        if (t->r->layers[i].cycles) maker = (int32_t)i;
        if (t->r->layers[i].where == ETS_ON_HOST && !t->r->layers[i].cycles) maker = -1; /* takes time, nobody knows how long */
        for (uint32_t k = 0; k < g->ops[i].n_outputs; k++) t->makers[g->ops[i].outputs[k]] = maker;
    }
}

/* Two passes: count, then fill. */
static size_t layer_edges(const struct tracer *t, struct eti_trace_arrow *out)
{
    const struct eti_graph *g = t->s->l.graph;
    size_t n = 0;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        for (uint32_t k = 0; t->r->layers[i].cycles && k < g->ops[i].n_inputs; k++) {
            int32_t p = g->ops[i].inputs[k] < 0 ? -1 : t->makers[g->ops[i].inputs[k]];
            struct eti_trace_arrow a = {(uint32_t)p, i};
            if (p < 0 || (uint32_t)p == i) continue;
            if (out) out[n] = a;
            n++;
        }
    }
    return n;
}

/* ------------------------------------------------------------------ the whole ---------------------------- */

static ets_status build(struct tracer *t, ets_error *err)
{
    struct eti_arena *arena = &t->r->arena;
    t->out->slices = eti_arena_alloc(arena, t->trace->n_slices, sizeof *t->out->slices);
    find_makers(t);
    size_t n = layer_edges(t, NULL);
    t->out->edges = eti_arena_alloc(arena, n, sizeof *t->out->edges);
    if (!t->out->slices || !t->out->edges) return eti_nomem(err);
    t->out->n_edges = layer_edges(t, t->out->edges);
    for (int u = 0; u < ETI_UNITS; u++) t->out->units[u] = eti_unit_name((enum eti_unit)u);
    t->out->units[ETI_UNITS] = "host";
    t->out->first_single = ETI_TILE_UNITS;
    for (size_t i = 0; i < t->trace->n_phases; i++) {
        const struct eti_phase_trace *p = &t->trace->phases[i];
        for (size_t k = 0; k < p->n; k++) copy_slice(t, &t->trace->slices[p->first + k], t->s->program.phases[i].owner);
        ETI_TRY(connect(t, p, err));
    }
    return ETS_OK;
}

ets_status eti_build_trace(const struct eti_schedule *schedule, const struct eti_trace *trace, ets_report *r, ets_error *err)
{
    _Static_assert(ETI_REPORT_UNITS == ETI_UNITS + 1, "a name a unit");
    struct tracer t = {schedule, trace, r, NULL, 0, NULL};
    size_t n_tensors = schedule->l.graph->n_tensors;
    struct eti_trace_arrow *arrows = NULL;
    t.out = eti_arena_alloc(&r->arena, 1, sizeof *t.out);
    t.makers = eti_alloc(&r->arena.mem, n_tensors, sizeof *t.makers);
    ets_status status = t.out && t.makers ? build(&t, err) : eti_nomem(err);
    if (status == ETS_OK && !(arrows = eti_arena_alloc(&r->arena, t.out->n_arrows, sizeof *arrows))) status = eti_nomem(err);
    for (size_t i = 0; status == ETS_OK && i < t.out->n_arrows; i++) arrows[i] = t.out->arrows[i];
    eti_free(&r->arena.mem, t.makers, n_tensors, sizeof *t.makers);
    if (t.out) eti_free(&r->arena.mem, t.out->arrows, t.cap_arrows, sizeof *arrows);
    if (status != ETS_OK) return status;
    t.out->arrows = arrows;
    r->trace = t.out;
    return status;
}
