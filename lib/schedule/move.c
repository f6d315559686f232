/* move.c - operators that only put values elsewhere. Inputs of a concatenation are written in place by whoever makes them;
 * one that has another scale is copied, a step a word. Everything else is a copy op, with a trip over the mesh where
 * rows or columns change their tile. */
#include "schedule/emit.h"

static ets_status emit_copy(struct eti_emitter *e, const struct eti_block *to, uint64_t words)
{
    struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, eti_tiles_with(&e->l, to), 17);
    uint64_t pixels = eti_core_pixels(e->l.arch, eti_most_pixels(&e->l, to));
    eti_turns(&c, 1, (uint32_t)words, pixels);
    c.steps = pixels * words;
    eti_signal(&c, ETI_AVDATA, ETI_EACH_TURN, 0, 0);
    return eti_emit(e, &c);
}

static ets_status emit_concat(struct eti_emitter *e, uint32_t index)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    const struct eti_tensor *out = &e->l.graph->tensors[op->outputs[0]];
    struct eti_block to = eti_block_of(&e->l, op->outputs[0]);
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const struct eti_tensor *in = op->inputs[i] < 0 ? NULL : &e->l.graph->tensors[op->inputs[i]];
        if (!in || in->constant || eti_is_joined(in, out)) continue;
        ETI_TRY(eti_phase_reset(e, (int32_t)index, 1));
        ETI_TRY(emit_copy(e, &to, eti_ceil_div(eti_yxz(&in->shape).z, e->l.arch->tile.lanes)));
    }
    if (e->l.window_user[op->outputs[0]] < 0) return ETS_OK;
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 1));
    return eti_emit_halo_of(e, &to, eti_group_words(e->l.arch), false);
}

/* Bilinear by two: four steps an output word, after the border of the input was exchanged. */
static ets_status emit_resize(struct eti_emitter *e, uint32_t index)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    struct eti_block to = eti_block_of(&e->l, op->outputs[0]);
    uint64_t pixels = eti_core_pixels(e->l.arch, eti_most_pixels(&e->l, &to));
    uint64_t steps = (op->type == ETI_OP_RESIZE_BILINEAR ? 4 : 1) * pixels;
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 71));
    struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, eti_tiles_with(&e->l, &to), 17);
    eti_turns(&c, 1, to.words, steps + pixels * e->l.arch->tile.output_cycles);
    c.steps = steps * to.words;
    eti_signal(&c, ETI_AVDATA, ETI_EACH_TURN, 0, 0);
    ETI_TRY(eti_emit(e, &c));
    return eti_emit_halo(e, op->outputs[0], 1);
}

/* Rows and columns change their tile: all words of a tile travel half the grid, then are laid out. */
static ets_status emit_relayout(struct eti_emitter *e, uint32_t index)
{
    const struct eti_arch *a = e->l.arch;
    const struct eti_op *op = &e->l.graph->ops[index];
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        struct eti_block to = eti_block_of(&e->l, op->outputs[i]);
        uint64_t words = eti_most_pixels(&e->l, &to) * to.words;
        ETI_TRY(eti_phase_reset(e, (int32_t)index, 1));
        ETI_TRY(eti_emit_mesh(e, eti_all_tiles(a), words, (uint32_t)((a->grid.x + a->grid.y) / 2), 6 * 24));
        ETI_TRY(eti_phase_reset(e, (int32_t)index, 1));
        ETI_TRY(emit_copy(e, &to, to.words));
    }
    return eti_emit_halo(e, op->outputs[0], 1);
}

ets_status eti_emit_move(struct eti_emitter *e, uint32_t index)
{
    switch ((int)e->l.graph->ops[index].type) {
    case ETI_OP_CONCATENATION: return emit_concat(e, index);
    case ETI_OP_RESIZE_BILINEAR:
    case ETI_OP_RESIZE_NEAREST_NEIGHBOR: return emit_resize(e, index);
    default: return emit_relayout(e, index);
    }
}
