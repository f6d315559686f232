/* systolic_emit.c - the stages of the schedule for a systolic array: what each operator is, how it is cut, and the program:
 * a phase an operator, a command for DRAM and one for the array or the vector unit, a turn a part. */
#include <string.h>

#include "base/hash.h"
#include "base/num.h"
#include "schedule/systolic.h"
#include "timing/energy.h"

struct emitter {
    const struct eti_arch *arch;
    const struct eti_graph *graph;
    struct eti_schedule *s;
    struct eti_memory memory;
    uint64_t ahead;
    bool timed;
    uint32_t kept_for; /* the operator whose input waits on the chip; n_ops: none */
    uint64_t kept_bytes;
    uint32_t *seen; /* operators by their work, each plus 1; 0: a free slot */
    size_t n_slots;
    ets_error *err;
};

/* ------------------------------------------------------------------ vector unit -------------------------- */

static uint64_t share(uint64_t all, uint64_t parts, bool last)
{
    uint64_t one = eti_ceil_div(all, parts);
    return !last ? one : all > one * (parts - 1) ? all - one * (parts - 1) : 0;
}

/* Elements stream through in equal parts, the last one smaller. */
static void tile_in_parts(const struct emitter *e, const struct eti_work *w, uint64_t parts, struct eti_tiling *t)
{
    uint64_t stored = w->out_kept ? 0 : w->out_bytes;
    memset(t, 0, sizeof *t);
    uint64_t count[3] = {parts, 1, 1};
    memcpy(t->compute.count, count, sizeof count);
    memcpy(t->read.count, count, sizeof count);
    memcpy(t->write.count, count, sizeof count);
    for (int which = 0; which < 3; which++) {
        bool last = which == 2 || parts == 1;
        uint64_t in = share(w->in_bytes, parts, last), out = share(stored, parts, last);
        t->compute.cycles[0][0][which] = e->arch->vector.start_cycles + eti_ceil_div(share(w->operations, parts, last), e->arch->vector.lanes);
        t->compute_cycles += t->compute.cycles[0][0][which] * (which == 1 ? parts > 2 ? parts - 2 : 0 : which == 2 ? parts > 1 : 1);
        t->read.cycles[0][0][which] = e->timed ? eti_memory_cycles(&e->memory, in, in) : 0;
        t->write.cycles[0][0][which] = e->timed ? eti_memory_cycles(&e->memory, out, out) : 0;
    }
    t->read_bytes = w->in_bytes;
    t->input_sram_bytes = w->in_bytes + w->in_kept;
    t->write_bytes = stored;
    t->output_sram_bytes = w->out_bytes;
    t->cycles = eti_chain_cycles(t, e->ahead, e->timed ? e->memory.latency_cycles : 0);
}

/* The best of the numbers of parts that fit the memories: more of them overlap better, each costs a start. */
static void tile_vector(const struct emitter *e, const struct eti_work *w, struct eti_tiling *t)
{
    uint64_t halves = e->ahead, in_room = e->arch->input_sram.bytes / halves, out_room = e->arch->output_sram.bytes / halves;
    uint64_t least = eti_max(1, eti_max(eti_ceil_div(w->in_bytes, w->out_kept ? in_room / 2 : in_room), eti_ceil_div(w->out_bytes, out_room)));
    struct eti_tiling other;
    uint64_t parts = 1;
    while (e->timed && parts < least) parts = eti_next_parts(parts);
    tile_in_parts(e, w, parts, t);
    for (int fruitless = 0; e->timed && fruitless < 2; fruitless++) {
        parts = eti_next_parts(parts);
        tile_in_parts(e, w, parts, &other);
        if (other.cycles >= t->cycles) continue;
        *t = other;
        fruitless = -1;
    }
}

/* ------------------------------------------------------------------ the program -------------------------- */

static ets_status add_nest(struct emitter *e, struct eti_command *c, const struct eti_cost_nest *nest, uint64_t shift)
{
    struct eti_cost_nest n = *nest;
    n.shift = shift;
    return eti_program_nest(&e->s->program, &n, &c->nests[c->n_nests++], e->err);
}

static struct eti_command command(enum eti_unit unit, enum ets_bound cause, uint32_t turns)
{
    struct eti_command c;
    memset(&c, 0, sizeof c);
    c.unit = (uint8_t)unit;
    c.cause = (uint8_t)cause;
    c.tiles = 1;
    c.inner = turns;
    c.outer = 1;
    return c;
}

static void link(struct eti_command *c, enum eti_counter waits_for, int64_t level, enum eti_counter counts, uint64_t delay_cycles)
{
    struct eti_wait w = {level, 0, 0, 1, (uint8_t)waits_for, ETI_EACH_TURN};
    struct eti_signal s = {0, delay_cycles, (uint8_t)counts, ETI_EACH_TURN, false};
    c->waits[c->n_waits++] = w;
    c->signals[c->n_signals++] = s;
}

/* Turn i of DRAM stores part i - ahead and loads part i: both need that the array is done with part i - ahead. */
static ets_status emit_transfers(struct emitter *e, const struct eti_tiling *t, uint32_t parts)
{
    struct eti_command c = command(ETI_DRAM, ETS_BOUND_MEMORY, parts + (uint32_t)e->ahead);
    ETI_TRY(add_nest(e, &c, &t->read, 0));
    ETI_TRY(add_nest(e, &c, &t->write, e->ahead));
    c.bytes = t->read_bytes + t->write_bytes;
    link(&c, ETI_AVDATA, 1 - (int64_t)e->ahead, ETI_LOADED, e->memory.latency_cycles);
    return eti_program_add(&e->s->program, &c, e->err);
}

static ets_status emit(struct emitter *e, uint32_t op, const struct eti_tiling *t)
{
    const uint64_t *n = t->compute.count;
    uint64_t parts;
    const struct eti_op *o = &e->graph->ops[op];
    bool fits = eti_mul(n[0], n[1], &parts) && eti_mul(parts, n[2], &parts) && parts < UINT32_MAX - 2;
    if (!fits) return eti_fail(e->err, ETS_CAPACITY, &o->place, "'%s': more than 2^32 parts; give the memories more room", o->name);
    ETI_TRY(eti_program_phase(&e->s->program, (int32_t)op, e->arch->schedule.layer_cycles, 0, e->err));
    struct eti_command c = command(ETI_OP, ETS_BOUND_COMPUTE, (uint32_t)parts);
    ETI_TRY(add_nest(e, &c, &t->compute, 0));
    c.steps = t->folds;
    if (!e->timed) return eti_program_add(&e->s->program, &c, e->err);
    ETI_TRY(emit_transfers(e, t, (uint32_t)parts));
    link(&c, ETI_LOADED, 1, ETI_AVDATA, 0);
    return eti_program_add(&e->s->program, &c, e->err);
}

/* ------------------------------------------------------------------ operators ---------------------------- */

#define TRIES 16 /* slots that a work may be in: what is not found is cut anew, and comes out the same */

static uint32_t *first_slot(const struct emitter *e, const struct eti_work *w)
{
    uint64_t word;
    struct eti_digest d = eti_digest_begin(0);
    _Static_assert(sizeof *w % sizeof word == 0, "whole words");
    for (size_t at = 0; at < sizeof *w; at += sizeof word) {
        memcpy(&word, (const char *)w + at, sizeof word);
        eti_digest_add(&d, word, at);
    }
    return &e->seen[d.a % e->n_slots];
}

/* The plan of an operator before whose work is that of `i`, or NULL. */
static const struct eti_array_plan *same_before(const struct emitter *e, uint32_t i)
{
    const struct eti_array_plan *all = e->s->array;
    const uint32_t *slot = first_slot(e, &all[i].work);
    for (uint32_t k = 0; k < TRIES && slot[k]; k++)
        if (memcmp(&all[slot[k] - 1].work, &all[i].work, sizeof all[i].work) == 0) return &all[slot[k] - 1];
    return NULL;
}

static void remember(const struct emitter *e, uint32_t i)
{
    uint32_t *slot = first_slot(e, &e->s->array[i].work), k = 0;
    while (k < TRIES && slot[k]) k++;
    if (k < TRIES) slot[k] = i + 1;
}

/* The operator that reads the result of `i` next, and alone; n_ops: there is none. Views on the way are looked through. */
static uint32_t only_reader(const struct emitter *e, uint32_t i)
{
    const struct eti_graph *g = e->graph;
    int32_t t = g->ops[i].outputs[0];
    if (g->ops[i].n_outputs != 1) return g->n_ops;
    for (uint32_t k = i + 1; k < g->n_ops; k++) {
        bool reads = false, view = eti_work_is_view(&g->ops[k]);
        for (uint32_t n = 0; n < g->ops[k].n_inputs; n++) reads |= g->ops[k].inputs[n] == t;
        if (g->tensors[t].taken || (reads && g->tensors[t].n_consumers != 1)) return g->n_ops;
        if (view && reads) t = g->ops[k].outputs[0];
        else if (!view) return reads ? k : g->n_ops;
    }
    return g->n_ops;
}

/* Input that waits is not loaded again. A result may stay if half of the memory holds it and the reader runs next. */
static void keep(struct emitter *e, uint32_t i, struct eti_work *w)
{
    struct eti_work reader;
    if (e->kept_for == i && !w->product) {
        w->in_bytes -= e->kept_bytes; /* of two operands, one may still come from outside */
        w->in_kept = e->kept_bytes;
    } else if (e->kept_for == i) {
        w->in_kept = 1;
    }
    if (!e->timed || !e->arch->schedule.keep || w->out_bytes > e->arch->input_sram.bytes / 2) return;
    uint32_t next = only_reader(e, i);
    w->out_kept = next < e->graph->n_ops && !eti_work_of(e->arch, e->graph, &e->graph->ops[next], &reader);
}

static uint64_t energy_of(const struct emitter *e, const struct eti_op *op, const struct eti_array_plan *p)
{
    const struct eti_tiling *t = &p->tiling;
    struct eti_array_activity a = {op->macs + p->work.operations, t->input_sram_bytes, t->weight_sram_bytes,
                                   t->output_sram_bytes, t->read_bytes + t->write_bytes};
    return eti_array_energy_fj(e->arch, &a);
}

/* As a layer like it before, or by a search; without keeping the result if that leaves too little room. */
static ets_status cut(const struct emitter *e, uint32_t i, struct eti_array_plan *p)
{
    const struct eti_array_plan *twin = same_before(e, i);
    if (twin) {
        p->tiling = twin->tiling;
        return ETS_OK;
    }
    if (!p->work.product) {
        tile_vector(e, &p->work, &p->tiling);
        return ETS_OK;
    }
    ets_status status = eti_tile(e->arch, &e->memory, &p->work, e->s->l.budget, &p->tiling, e->err);
    if (status != ETS_CAPACITY || !p->work.out_kept) return status;
    p->work.out_kept = 0;
    return cut(e, i, p);
}

static ets_status plan(struct emitter *e, uint32_t i)
{
    const struct eti_op *op = &e->graph->ops[i];
    struct eti_array_plan *p = &e->s->array[i];
    struct eti_layer_plan *layer = &e->s->layers[i];
    ETI_TRY(eti_spend(e->s->l.budget, ETI_PLAN_UNITS, e->err));
    const char *why = eti_work_of(e->arch, e->graph, op, &p->work);
    layer->map.where = why ? ETS_ON_HOST : ETS_ON_TPU;
    layer->map.reason = why ? why : "";
    layer->passes = 1;
    layer->parameter_bytes = p->work.weight_bytes;
    layer->folded = !p->work.in_bytes && !p->work.out_bytes;
    if (why || layer->folded) return ETS_OK;
    keep(e, i, &p->work);
    ets_status status = cut(e, i, p);
    if (status == ETS_OK) remember(e, i);
    if (status == ETS_CANCELLED) return status;
    if (status != ETS_OK)
        return eti_fail(e->err, ETS_CAPACITY, &op->place, "'%s': not even one window, one channel and one result of it fit the memories", op->name);
    e->kept_for = p->work.out_kept ? only_reader(e, i) : e->graph->n_ops;
    e->kept_bytes = p->work.out_bytes;
    p->energy_fj = energy_of(e, op, p);
    uint64_t parts = p->tiling.compute.count[0] * p->tiling.compute.count[1] * p->tiling.compute.count[2];
    layer->passes = (uint32_t)eti_min(parts, UINT32_MAX);
    return emit(e, i, &p->tiling);
}

ets_status eti_schedule_systolic(const struct eti_arch *arch, const struct eti_graph *graph, struct eti_schedule *s, ets_error *err)
{
    struct emitter e = {arch, graph, s, {0, 0, 0, 0}, arch->sram.double_buffered ? 2 : 1,
                        arch->schedule.convention != ETI_SCALESIM, graph->n_ops, 0, NULL, (size_t)2 * graph->n_ops + 1, err};
    ETI_TRY(eti_memory_of(arch, &s->arena.mem, &e.memory, err));
    s->layers = eti_arena_alloc(&s->arena, graph->n_ops, sizeof *s->layers);
    s->array = eti_arena_alloc(&s->arena, graph->n_ops, sizeof *s->array);
    e.seen = eti_arena_alloc(&s->arena, e.n_slots + TRIES, sizeof *e.seen);
    if (!s->layers || !s->array || !e.seen) return eti_nomem(err);
    for (uint32_t i = 0; i < graph->n_ops; i++) ETI_TRY(plan(&e, i));
    s->n_subgraphs = 1;
    return ETS_OK;
}
