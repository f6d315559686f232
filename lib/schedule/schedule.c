/* schedule.c - the stages in order: partition, fold, place, emit. */
#include "schedule/schedule.h"

#include <string.h>

#include "schedule/emit.h"
#include "schedule/place.h"
#include "schedule/systolic.h"

/* ------------------------------------------------------------------ one operator ------------------------- */

static bool is_one_pixel(const struct eti_graph *g, const struct eti_op *op)
{
    struct eti_yxz in = eti_yxz(&g->tensors[eti_activation_input(op, g, 0)].shape);
    struct eti_yxz out = eti_yxz(&g->tensors[op->outputs[0]].shape);
    return out.y == 1 && out.x == 1 && in.y == op->at.kernel_h && in.x == op->at.kernel_w;
}

static ets_status emit_op(struct eti_emitter *e, uint32_t i)
{
    const struct eti_op *op = &e->l.graph->ops[i];
    switch (eti_op_kind(op->type)->class_) {
    case ETI_WEIGHTED:
        if (op->type == ETI_OP_DEPTHWISE_CONV_2D) return eti_emit_depthwise(e, i);
        if (op->type == ETI_OP_FULLY_CONNECTED) return eti_emit_matrix(e, i);
        if (op->type == ETI_OP_CONV_2D && is_one_pixel(e->l.graph, op)) return eti_emit_matrix(e, i);
        return eti_emit_dense(e, i);
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
static bool enters(const struct eti_emitter *e, int32_t t, uint32_t part)
{
    int32_t p = e->l.graph->tensors[t].producer;
    if (e->l.graph->tensors[t].constant) return false;
    return p < 0 || e->layers[p].map.where == ETS_ON_HOST || e->layers[p].map.subgraph != part;
}

static bool in_part(const struct eti_emitter *e, uint32_t op, uint32_t part)
{
    return e->layers[op].map.where == ETS_ON_TPU && e->layers[op].map.subgraph == part;
}

/* Marks: which tensors a part reads from outside, which of its results are read outside or leave the network. */
enum { READ_IN = 1, READ_OUT = 2 };

static void mark(const struct eti_emitter *e, uint32_t part, uint8_t *marks)
{
    const struct eti_graph *g = e->l.graph;
    memset(marks, 0, g->n_tensors);
    for (uint32_t i = 0; i < g->n_ops; i++) {
        for (uint32_t k = 0; k < g->ops[i].n_inputs; k++) {
            int32_t t = g->ops[i].inputs[k];
            if (t < 0) continue;
            int32_t p = g->tensors[t].producer;
            if (in_part(e, i, part) && enters(e, t, part)) marks[t] |= READ_IN;
            if (p >= 0 && in_part(e, (uint32_t)p, part) && !in_part(e, i, part)) marks[t] |= READ_OUT;
        }
    }
    for (uint32_t i = 0; i < g->n_outputs; i++) {
        int32_t p = g->tensors[g->outputs[i]].producer;
        if (p >= 0 && in_part(e, (uint32_t)p, part)) marks[g->outputs[i]] |= READ_OUT;
    }
}

static ets_status emit_part(struct eti_emitter *e, struct eti_schedule *s, uint32_t part, uint8_t *marks)
{
    const struct eti_graph *g = e->l.graph;
    mark(e, part, marks);
    ETI_TRY(eti_emit_invoke(e));
    ETI_TRY(eti_emit_instructions(e));
    for (uint32_t t = 0; t < g->n_tensors; t++) {
        if (!(marks[t] & READ_IN)) continue;
        ETI_TRY(eti_emit_input(e, (int32_t)t));
        s->input_bytes += eti_input_bytes(g, (int32_t)t);
    }
    for (uint32_t i = 0; i < g->n_ops; i++)
        if (in_part(e, i, part) && !e->layers[i].folded) ETI_TRY(emit_op(e, i));
    for (uint32_t t = 0; t < g->n_tensors; t++) {
        if (!(marks[t] & READ_OUT)) continue;
        struct eti_edges pad;
        int32_t stored = eti_stored_tensor(g, e->layers, (int32_t)t, &pad);
        ETI_TRY(eti_emit_output(e, stored));
        s->output_bytes += eti_output_bytes(e->l.arch, g, stored);
    }
    return eti_program_phase(e->program, ETI_OWNER_OUTPUT, e->l.arch->scalar.fence_cycles, 24, e->err);
}

/* ------------------------------------------------------------------ the stages --------------------------- */

static ets_status make(const struct eti_arch *arch, const struct eti_graph *g, bool multi, struct eti_schedule *s,
                       ets_error *err)
{
    struct eti_mapping *map;
    ETI_TRY(eti_partition(g, multi, &s->arena, &map, &s->n_subgraphs, err));
    s->layers = eti_arena_alloc(&s->arena, g->n_ops, sizeof *s->layers);
    uint8_t *marks = eti_arena_alloc(&s->arena, g->n_tensors, 1);
    if (!s->layers || !marks) return eti_nomem(err);
    for (uint32_t i = 0; i < g->n_ops; i++) s->layers[i].map = map[i];
    eti_find_folded(g, s->layers);
    struct eti_emitter e;
    e.program = &s->program;
    e.layers = s->layers;
    e.err = err;
    ETI_TRY(eti_layout_init(&e.l, arch, g, s->layers, &s->arena, err));
    ETI_TRY(eti_place(&e.l, s, err));
    for (uint32_t part = 0; part < s->n_subgraphs; part++) ETI_TRY(emit_part(&e, s, part, marks));
    s->instruction_bytes = 16 * eti_program_iwords(&s->program);
    eti_patch_instructions(&s->program, arch);
    return ETS_OK;
}

ets_status eti_schedule_make(const struct eti_arch *arch, const struct eti_graph *graph, bool multi_subgraph,
                             const ets_allocator *mem, struct eti_schedule *out, ets_error *err)
{
    memset(out, 0, sizeof *out);
    eti_arena_init(&out->arena, mem);
    eti_program_init(&out->program, mem);
    out->program.clock_hz = arch->clock_hz;
    out->program.n_tiles = out->program.width = 1;
    if (arch->kind == ETI_SYSTOLIC) return eti_schedule_systolic(arch, graph, out, err);
    out->program.n_tiles = (uint32_t)(arch->grid.x * arch->grid.y);
    out->program.width = (uint32_t)arch->grid.x;
    out->program.issue_cycles_per_iword = arch->scalar.issue_cycles_per_iword;
    return make(arch, graph, multi_subgraph, out, err);
}

void eti_schedule_free(struct eti_schedule *s)
{
    eti_program_free(&s->program);
    eti_arena_free(&s->arena);
}
