/* matrix.c - matrix-vector products: fully connected layers and convolutions whose result is one pixel. The weights stay
 * where they are, spread over the tiles; the input is gathered to tile 0 and sent to all. Each tile makes 64 outputs a
 * pass. */
#include "schedule/weights.h"

struct matrix { uint32_t inputs, outputs, tiles, passes; };

static struct matrix matrix_of(const struct eti_emitter *e, uint32_t index)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    const struct eti_shape *w = &e->l.graph->tensors[op->inputs[1]].shape;
    uint32_t n_tiles = (uint32_t)(e->l.arch->grid.x * e->l.arch->grid.y);
    uint32_t blocks;
    struct matrix m;
    m.outputs = w->dim[0];
    m.inputs = op->type == ETI_OP_FULLY_CONNECTED ? w->dim[1] : w->dim[1] * w->dim[2] * w->dim[3];
    blocks = (uint32_t)eti_ceil_div(m.outputs, e->l.arch->tile.cells);
    m.passes = (uint32_t)eti_ceil_div(blocks, n_tiles * e->l.arch->tile.cores);
    m.tiles = (uint32_t)eti_min(eti_ceil_div(blocks, m.passes), n_tiles); /* a block a tile before one has two cores at work */
    return m;
}

/* Of a gather along `n` tiles: from each position but the first a sender, a relay at each tile between and a receiver, then a fence. */
static uint32_t line_iwords(uint64_t n) { return (uint32_t)(6 * ((n - 1) * (n + 2) / 2) + (n - 1)); }

/* Gather west in the rows, then north in column 0; then the words go to all compute tiles, a packet at a time. A vector
 * that is spread a channel group a tile (behind a pool or another matrix product) is handed round instead. */
static ets_status emit_gather(struct eti_emitter *e, uint32_t index, const struct matrix *m, int32_t in)
{
    const struct eti_arch *a = e->l.arch;
    struct eti_block from = eti_block_of(&e->l, in);
    uint64_t words = eti_ceil_div(m->inputs, a->tile.lanes);
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 1));
    if (from.by_channel)
        return eti_emit_quads(e, (uint32_t)eti_min(eti_ceil_div(from.shape.z, a->tile.cells), a->grid.x * a->grid.y), ETI_QUAD_IWORDS);
    uint64_t share = eti_most_pixels(&e->l, &from) * from.words;
    uint32_t hops = (uint32_t)(a->grid.x + a->grid.y - 2);
    ETI_TRY(eti_emit_mesh(e, eti_all_tiles(a), share * a->grid.x / 2, hops, line_iwords(a->grid.x) + line_iwords(a->grid.y)));
    if (m->tiles < 2) return ETS_OK;
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 1));
    return eti_emit_hand_overs(e, (uint32_t)eti_ceil_div(words * a->tile.lanes, a->ring.packet_bytes), ETI_QUAD_IWORDS);
}

static ets_status emit_op(struct eti_emitter *e, uint32_t index, const struct matrix *m, uint64_t tiles, uint32_t iwords)
{
    uint64_t words = eti_ceil_div(m->inputs, e->l.arch->tile.lanes);
    struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, tiles, iwords);
    eti_turns(&c, 1, m->passes, words + e->l.arch->tile.output_cycles);
    c.steps = words * m->passes;
    eti_wait(&c, ETI_SCALING, ETI_EACH_TURN, 1, 1);
    if (e->layers[index].streamed) eti_wait_on(&c, ETI_POPPED, ETI_EACH_TURN, 1, 1, 0);
    eti_signal(&c, ETI_AVDATA, ETI_EACH_TURN, 0, 0);
    return eti_emit(e, &c);
}

ets_status eti_emit_matrix(struct eti_emitter *e, uint32_t index)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(e->l.graph, e->layers, eti_activation_input(op, e->l.graph, 0), &pad);
    struct matrix m = matrix_of(e, index);
    ETI_TRY(emit_gather(e, index, &m, in));
    uint64_t tiles = eti_low_bits(m.tiles);
    ETI_TRY(eti_phase_signal(e, (int32_t)index));
    struct eti_command bias = eti_command(ETI_WIDE_TO_NARROW, ETS_BOUND_WEIGHTS, tiles, 7);
    uint64_t width = eti_min(m.outputs, e->l.arch->tile.cells);
    uint32_t sets = e->l.graph->tensors[op->inputs[1]].quant == ETI_QUANT_CHANNEL ? 2 : 1; /* biases, scales */
    eti_turns(&bias, 1, m.passes, sets * eti_ceil_div(width, 2) * e->l.arch->mover.cycles_per_word);
    eti_wait(&bias, ETI_AVDATA, ETI_EACH_TURN, -1, 1);
    eti_signal(&bias, ETI_SCALING, ETI_EACH_TURN, 0, 0);
    ETI_TRY(eti_emit(e, &bias));
    ETI_TRY(emit_op(e, index, &m, tiles, m.outputs % width ? 34 : 17)); /* the last tile has fewer cells */
    return e->layers[index].streamed ? eti_emit_stream(e, m.passes, e->layers[index].parameter_bytes) : ETS_OK;
}
