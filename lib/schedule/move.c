/* move.c - operators that only put values elsewhere. Inputs of a concatenation are written in place by whoever makes them;
 * one that has another scale is copied, a step a word. Everything else is a copy op, with a trip over the mesh where
 * rows or columns change their tile. */
#include "schedule/emit.h"

/* `words` turns of an op on all that lies as `to` does, each of what a pixel takes: an op record for tiles that are alike. */
static ets_status emit_op(struct eti_emitter *e, const struct eti_block *to, uint64_t words, uint64_t steps_a_word, uint64_t more_cycles)
{
    struct eti_records r;
    eti_pixel_records(&e->l, to, to, &r);
    for (uint32_t i = 0; i < r.n; i++) {
        struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, r.tiles[i], 17);
        uint64_t pixels = eti_core_pixels(e->l.arch, r.key[i][0]);
        eti_turns(&c, 1, (uint32_t)words, pixels * (steps_a_word + more_cycles));
        c.steps = pixels * steps_a_word * words;
        eti_signal(&c, ETI_AVDATA, ETI_EACH_TURN, 0, 0);
        ETI_TRY(eti_emit(e, &c));
    }
    return ETS_OK;
}

static ets_status emit_copy(struct eti_emitter *e, const struct eti_block *to, uint64_t words) { return emit_op(e, to, words, 1, 0); }

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

/* One copy, `pixels` of each of `tiles`. */
static ets_status emit_edge(struct eti_emitter *e, uint64_t tiles, uint32_t pixels, uint32_t words)
{
    struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, tiles, 17);
    c.steps = eti_core_pixels(e->l.arch, pixels) * words;
    eti_turns(&c, 1, 1, c.steps);
    return eti_emit(e, &c);
}

/* Beyond its four edges a map goes on as on them: a copy for each, of whole rows and columns as tiles hold them. */
static ets_status emit_edges(struct eti_emitter *e, const struct eti_block *b)
{
    uint32_t gx = (uint32_t)e->l.arch->grid.x, gy = (uint32_t)e->l.arch->grid.y, width = 0, height = 0;
    uint64_t top = 0, bottom = 0, left = 0, right = 0;
    for (uint32_t q = 0; q < gx; q++) width = eti_held(&b->cols[q]) > width ? eti_held(&b->cols[q]) : width;
    for (uint32_t q = 0; q < gy; q++) height = eti_held(&b->rows[q]) > height ? eti_held(&b->rows[q]) : height;
    for (uint32_t t = 0; t < gx * gy; t++) {
        top |= (uint64_t)(b->rows[t / gx].fill_before > 0) << t;
        bottom |= (uint64_t)(b->rows[t / gx].fill_after > 0) << t;
        left |= (uint64_t)(b->cols[t % gx].fill_before > 0) << t;
        right |= (uint64_t)(b->cols[t % gx].fill_after > 0) << t;
    }
    ETI_TRY(emit_edge(e, top, width, b->words));
    ETI_TRY(emit_edge(e, bottom, width, b->words));
    ETI_TRY(emit_edge(e, left, height, b->words));
    return emit_edge(e, right, height, b->words);
}

/* Bilinear by two: four steps an output word, after the border of the input was exchanged and its edges were continued. */
static ets_status emit_resize(struct eti_emitter *e, uint32_t index)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    struct eti_block to = eti_block_of(&e->l, op->outputs[0]);
    if (op->type == ETI_OP_RESIZE_BILINEAR) {
        struct eti_edges pad;
        int32_t in = eti_stored_tensor(e->l.graph, e->layers, eti_activation_input(op, e->l.graph, 0), &pad);
        struct eti_window_of w = eti_window_of_pass(&e->l, index, e->pass);
        struct eti_block from = eti_block_of_window(&e->l, in, &w);
        ETI_TRY(eti_phase_reset(e, (int32_t)index, 1));
        ETI_TRY(emit_edges(e, &from));
    }
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 2)); /* and a drain behind it */
    ETI_TRY(emit_op(e, &to, to.words, op->type == ETI_OP_RESIZE_BILINEAR ? 4 : 1, e->l.arch->tile.output_cycles));
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
    const struct eti_op *op = &e->l.graph->ops[index];
    switch ((int)op->type) {
    case ETI_OP_CONCATENATION: return emit_concat(e, index);
    case ETI_OP_RESIZE_BILINEAR: return emit_resize(e, index);
    case ETI_OP_RESIZE_NEAREST_NEIGHBOR: return eti_doubles_size(e->l.graph, op) ? emit_resize(e, index) : emit_relayout(e, index);
    default: return emit_relayout(e, index);
    }
}
