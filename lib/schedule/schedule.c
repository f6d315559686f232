/* schedule.c - the stages in order: partition, fold, place, emit. */
#include "schedule/schedule.h"

#include <string.h>

#include "base/alloc.h"
#include "schedule/emit.h"
#include "schedule/estimate.h"
#include "schedule/local.h"
#include "schedule/place.h"
#include "schedule/systolic.h"

/* ------------------------------------------------------------------ one operator ------------------------- */

static ets_status emit_op(struct eti_emitter *e, uint32_t i)
{
    const struct eti_op *op = &e->l.graph->ops[i];
    switch (eti_op_kind(op->type)->class_) {
    case ETI_WEIGHTED:
        if (op->type == ETI_OP_DEPTHWISE_CONV_2D) return eti_emit_depthwise(e, i);
        return eti_is_matrix(e->l.graph, op) ? eti_emit_matrix(e, i) : eti_emit_dense(e, i);
    case ETI_POOL:
    case ETI_REDUCE:
        return eti_emit_pool(e, i);
    case ETI_BINARY:
    case ETI_UNARY:
        return eti_emit_elementwise(e, i);
    case ETI_TABLE:
        return eti_emit_softmax(e, i);
    case ETI_MOVE:
        return eti_emit_move(e, i);
    case ETI_RECURRENT:
        return eti_emit_lstm(e, i);
    case ETI_OTHER:
        break;
    }
    return eti_fail(e->err, ETS_INTERNAL, &op->place, "'%s' (%s) was mapped, but has no program", op->name, op->type_name);
}

/* ------------------------------------------------------------------ a compiled part ---------------------- */

/* Does a tensor come into, or leave, part `part`? */
static bool enters(const struct eti_layout *l, int32_t t, uint32_t part)
{
    int32_t p = l->graph->tensors[t].producer;
    if (l->graph->tensors[t].constant) return false;
    return p < 0 || l->layers[p].map.where == ETS_ON_HOST || l->layers[p].map.subgraph != part;
}

static bool in_part(const struct eti_layout *l, uint32_t op, uint32_t part)
{
    return l->layers[op].map.where == ETS_ON_TPU && l->layers[op].map.subgraph == part;
}

/* Marks: which tensors a part reads from outside, which of its results are read outside or leave the network. */
enum { READ_IN = 1, READ_OUT = 2 };

static void mark(const struct eti_layout *l, uint32_t part, uint8_t *marks)
{
    const struct eti_graph *g = l->graph;
    for (uint32_t i = 0; i < g->n_activations; i++) marks[g->activations[i]] = 0;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        bool here = in_part(l, i, part);
        for (uint32_t k = 0; k < g->ops[i].n_inputs; k++) {
            int32_t t = g->ops[i].inputs[k];
            if (t < 0 || g->tensors[t].constant) continue;
            int32_t p = g->tensors[t].producer;
            if (here && enters(l, t, part)) marks[t] |= READ_IN;
            if (p >= 0 && !here && in_part(l, (uint32_t)p, part)) marks[t] |= READ_OUT;
        }
    }
    for (uint32_t i = 0; i < g->n_outputs; i++) {
        int32_t p = g->tensors[g->outputs[i]].producer;
        if (p >= 0 && in_part(l, (uint32_t)p, part)) marks[g->outputs[i]] |= READ_OUT;
    }
}

/* ------------------------------------------------------------------ the stages --------------------------- */

/* All on the accelerator, as almost every network that a search tries, and nothing folded, until something says otherwise. */
static ets_status begin_layers(struct eti_schedule *s, uint32_t n_ops, ets_error *err)
{
    s->layers = eti_arena_alloc(&s->arena, n_ops, sizeof *s->layers);
    if (!s->layers) return eti_nomem(err);
    for (uint32_t i = 0; i < n_ops; i++) {
        s->layers[i].map.where = ETS_ON_TPU;
        s->layers[i].map.reason = "";
        s->layers[i].pieces = s->layers[i].passes = 1;
    }
    return ETS_OK;
}

ets_status eti_schedule_plan(const struct eti_arch *arch, const struct eti_graph *g, bool multi, struct eti_schedule *s,
                             ets_error *err)
{
    s->l.arch = arch;
    s->l.graph = g;
    ETI_TRY(eti_find_facts(&s->l, &s->arena, err));
    ETI_TRY(begin_layers(s, g->n_ops, err));
    s->any_on_host = s->l.traits & ETI_BROKEN;
    s->n_subgraphs = s->any_on_host ? eti_partition(g, multi, s->l.facts, s->layers) : 1;
    if (s->l.traits & (ETI_VIEW | ETI_EDGE_PAD)) eti_find_folded(g, s->l.facts, s->layers);
    ETI_TRY(eti_layout_init(&s->l, s->layers, &s->arena, err));
    ETI_TRY(eti_place(&s->l, s, err));
    s->estimate_cycles = eti_estimate_cycles(&s->l);
    s->marks = eti_arena_raw(&s->arena, g->n_tensors, 1);
    return s->marks ? ETS_OK : eti_nomem(err);
}

static ets_status walk_input(struct eti_schedule *s, int32_t tensor, eti_visit *visit, void *ctx)
{
    s->input_bytes += eti_input_bytes(&s->l, tensor);
    return visit(ctx, ETI_ITEM_INPUT, tensor);
}

static ets_status walk_output(struct eti_schedule *s, int32_t tensor, eti_visit *visit, void *ctx)
{
    s->output_bytes += eti_output_bytes(s->l.arch, s->l.graph, tensor);
    return visit(ctx, ETI_ITEM_OUTPUT, tensor);
}

/* A layer; before it, what the host kept for it comes back; behind it, what the host is to keep leaves. */
static ets_status walk_layer(struct eti_schedule *s, uint32_t i, eti_visit *visit, void *ctx)
{
    for (uint32_t k = s->layers[i].fetched; k; k = s->spills[k - 1].next_fetched)
        ETI_TRY(walk_input(s, s->spills[k - 1].tensor, visit, ctx));
    ETI_TRY(visit(ctx, ETI_ITEM_LAYER, (int32_t)i));
    for (uint32_t k = s->layers[i].sent; k; k = s->spills[k - 1].next_sent)
        ETI_TRY(walk_output(s, s->spills[k - 1].tensor, visit, ctx));
    return ETS_OK;
}

static ets_status walk_result(struct eti_schedule *s, int32_t tensor, eti_visit *visit, void *ctx)
{
    struct eti_edges pad;
    return walk_output(s, eti_stored_tensor(s->l.graph, s->layers, tensor, &pad), visit, ctx);
}

static ets_status walk_part(struct eti_schedule *s, uint32_t part, eti_visit *visit, void *ctx)
{
    const struct eti_graph *g = s->l.graph;
    mark(&s->l, part, s->marks);
    ETI_TRY(visit(ctx, ETI_ITEM_BEGIN, -1));
    for (uint32_t i = 0; i < g->n_activations; i++)
        if (s->marks[g->activations[i]] & READ_IN) ETI_TRY(walk_input(s, g->activations[i], visit, ctx));
    for (uint32_t i = 0; i < g->n_ops; i++)
        if (in_part(&s->l, i, part) && !s->layers[i].folded) ETI_TRY(walk_layer(s, i, visit, ctx));
    for (uint32_t i = 0; i < g->n_activations; i++)
        if (s->marks[g->activations[i]] & READ_OUT) ETI_TRY(walk_result(s, g->activations[i], visit, ctx));
    return visit(ctx, ETI_ITEM_END, -1);
}

/* The only part, if nothing is on the host. */
static ets_status walk_network(struct eti_schedule *s, eti_visit *visit, void *ctx)
{
    const struct eti_graph *g = s->l.graph;
    ETI_TRY(visit(ctx, ETI_ITEM_BEGIN, -1));
    for (uint32_t i = 0; i < g->n_sources; i++)
        if (g->tensors[g->sources[i]].n_consumers) ETI_TRY(walk_input(s, g->sources[i], visit, ctx));
    for (uint32_t i = 0; i < g->n_ops; i++)
        if (!s->layers[i].folded) ETI_TRY(s->n_spills ? walk_layer(s, i, visit, ctx) : visit(ctx, ETI_ITEM_LAYER, (int32_t)i));
    for (uint32_t i = 0; i < g->n_results; i++) ETI_TRY(walk_result(s, g->results[i], visit, ctx));
    return visit(ctx, ETI_ITEM_END, -1);
}

/* Operators from `*next` up to `end` that stay on the host: execution order says what a part behind them waits for. */
static ets_status walk_host(struct eti_schedule *s, uint32_t *next, uint32_t end, eti_visit *visit, void *ctx)
{
    for (; *next < end; ++*next)
        if (s->layers[*next].map.where == ETS_ON_HOST) ETI_TRY(visit(ctx, ETI_ITEM_HOST, (int32_t)*next));
    return ETS_OK;
}

ets_status eti_schedule_walk(struct eti_schedule *s, eti_visit *visit, void *ctx)
{
    uint32_t n_ops = s->l.graph->n_ops, next = 0, first = 0;
    if (!s->any_on_host) return walk_network(s, visit, ctx);
    for (uint32_t part = 0; part < s->n_subgraphs; part++, first = 0) {
        while (first < n_ops && !in_part(&s->l, first, part)) first++;
        ETI_TRY(walk_host(s, &next, first, visit, ctx));
        ETI_TRY(walk_part(s, part, visit, ctx));
    }
    return walk_host(s, &next, n_ops, visit, ctx);
}

/* ------------------------------------------------------------------ programs ----------------------------- */

/* The phases of operator 0 of a neighbourhood belong to layer `owner` of the whole graph. */
static ets_status emit_layer(struct eti_emitter *e, int32_t owner)
{
    size_t first = e->program->n_phases;
    ETI_TRY(e->layers[0].passes > 1 ? eti_emit_parts(e, 0, emit_op) : emit_op(e, 0));
    for (size_t i = first; i < e->program->n_phases; i++) e->program->phases[i].owner = owner;
    return ETS_OK;
}

ets_status eti_emit_item(const struct eti_layout *l, enum eti_item item, int32_t owner, struct eti_program *program,
                         ets_error *err)
{
    struct eti_emitter e = {*l, program, l->layers, 0, err};
    switch (item) {
    case ETI_ITEM_BEGIN:
        ETI_TRY(eti_emit_invoke(&e));
        return eti_emit_instructions(&e);
    case ETI_ITEM_INPUT: return eti_emit_input(&e, 0);
    case ETI_ITEM_LAYER: return emit_layer(&e, owner);
    case ETI_ITEM_OUTPUT: return eti_emit_output(&e, 0);
    case ETI_ITEM_HOST: return eti_emit_host_op(&e, (uint32_t)owner);
    case ETI_ITEM_END: break;
    }
    return eti_program_phase(program, ETI_OWNER_OUTPUT, l->arch->scalar.fence_cycles, 24, err);
}

/* Emits every item after the other. A layer that was emitted before shares its commands. */
#define EMITTED_SLOTS 256
#define EMITTED_PROBES 4
struct emitted { struct eti_digest key; size_t first_phase, n_phases; };
struct emission {
    struct eti_schedule *s;
    struct eti_local local;
    struct emitted emitted[EMITTED_SLOTS]; /* at the key's place or behind it; no phases: empty */
    ets_error *err;
};

static ets_status repeat_layer(struct eti_program *p, const struct emitted *from, int32_t owner, ets_error *err)
{
    for (size_t i = from->first_phase; i < from->first_phase + from->n_phases; i++) ETI_TRY(eti_program_repeat(p, i, owner, err));
    return ETS_OK;
}

/* Where the layer of this key is, or is to be: if all its places are taken, the first. */
static struct emitted *slot_of(struct emission *m, struct eti_digest key)
{
    for (uint64_t i = 0; i < EMITTED_PROBES; i++) {
        struct emitted *slot = &m->emitted[(key.a + i) % EMITTED_SLOTS];
        if (!slot->n_phases || eti_digest_equal(slot->key, key)) return slot;
    }
    return &m->emitted[key.a % EMITTED_SLOTS];
}

static ets_status emit_next(void *ctx, enum eti_item item, int32_t index)
{
    struct emission *m = ctx;
    struct eti_program *p = &m->s->program;
    ETI_TRY(eti_spend(p->budget, eti_units_of_item(m->s->l.graph, item), m->err));
    bool of_network = item == ETI_ITEM_BEGIN || item == ETI_ITEM_END || item == ETI_ITEM_HOST;
    if (of_network) return eti_emit_item(&m->s->l, item, index, p, m->err);
    if (item != ETI_ITEM_LAYER) {
        eti_local_of_tensor(&m->local, index, item);
        ETI_TRY(eti_local_make(&m->local, m->err));
        return eti_emit_item(&m->local.l, item, index, p, m->err);
    }
    struct eti_digest key = eti_local_of_op(&m->local, (uint32_t)index);
    ETI_TRY(eti_spend(p->budget, m->local.n_ops, m->err)); /* of a chain of views, all */
    struct emitted *slot = slot_of(m, key);
    if (slot->n_phases && eti_digest_equal(slot->key, key)) return repeat_layer(p, slot, index, m->err);
    slot->key = key;
    slot->first_phase = p->n_phases;
    ETI_TRY(eti_local_make(&m->local, m->err));
    ETI_TRY(eti_emit_item(&m->local.l, item, index, p, m->err));
    slot->n_phases = p->n_phases - slot->first_phase;
    return ETS_OK;
}

/* For most of what a network takes: growing arrays are copied. Of commands for 2,048 at least: nobody touches those that are not used, and
 * the C library gives all that is free back to the system once it is more than twice its largest block (glibc, mallopt(3)). With this one a
 * simulation takes less; where each asks for its pages again, it takes half as long again. */
#define LEAST_COMMANDS 2047 /* so that there is room for one more */
static ets_status make_room(struct eti_program *p, uint32_t n_ops, ets_error *err)
{
    void *commands = p->commands, *phases = p->phases;
    bool room = eti_grow(&p->mem, &commands, &p->cap_commands, (size_t)eti_max(8 * (uint64_t)n_ops, LEAST_COMMANDS), sizeof *p->commands);
    p->commands = commands;
    room = room && eti_grow(&p->mem, &phases, &p->cap_phases, 2 * (size_t)n_ops, sizeof *p->phases);
    p->phases = phases;
    return room ? ETS_OK : eti_nomem(err);
}

static ets_status emit_all(struct eti_schedule *s, ets_error *err)
{
    struct emission m;
    memset(m.emitted, 0, sizeof m.emitted);
    m.s = s;
    m.err = err;
    eti_local_init(&m.local, &s->program.mem);
    ets_status status = make_room(&s->program, s->l.graph->n_ops, err);
    if (status == ETS_OK) status = eti_local_begin(&m.local, &s->l, err);
    if (status == ETS_OK) status = eti_schedule_walk(s, emit_next, &m);
    eti_local_free(&m.local);
    return status;
}

void eti_schedule_program(const struct eti_arch *arch, struct eti_program *program, const ets_allocator *mem)
{
    eti_program_init(program, mem);
    bool grid = arch->kind == ETI_TILE_GRID;
    program->n_tiles = grid ? (uint32_t)(arch->grid.x * arch->grid.y) : 1;
    program->width = grid ? (uint32_t)arch->grid.x : 1;
    program->clock_hz = arch->clock_hz;
    program->issue_cycles_per_iword = arch->scalar.issue_cycles_per_iword;
}

ets_status eti_schedule_within(const struct eti_arch *arch, const struct eti_graph *graph, bool multi_subgraph, struct eti_budget *budget,
                               const ets_allocator *mem, struct eti_schedule *out, ets_error *err)
{
    memset(out, 0, sizeof *out);
    eti_arena_init(&out->arena, mem);
    eti_schedule_program(arch, &out->program, mem);
    out->l.arch = arch;
    out->l.graph = graph;
    out->l.budget = out->program.budget = budget;
    if (arch->kind == ETI_SYSTOLIC) return eti_schedule_systolic(arch, graph, out, err);
    ETI_TRY(eti_schedule_plan(arch, graph, multi_subgraph, out, err));
    ETI_TRY(emit_all(out, err));
    out->instruction_bytes = ETI_IWORD_BYTES * eti_program_iwords(&out->program);
    eti_patch_instructions(&out->program, arch, out->instruction_bytes);
    return ETS_OK;
}

ets_status eti_schedule_make(const struct eti_arch *arch, const struct eti_graph *graph, bool multi_subgraph,
                             const ets_allocator *mem, struct eti_schedule *out, ets_error *err)
{
    return eti_schedule_within(arch, graph, multi_subgraph, NULL, mem, out, err);
}

void eti_schedule_free(struct eti_schedule *s)
{
    eti_program_free(&s->program);
    eti_arena_free(&s->arena);
}
