/* lstm.c - a recurrent layer, step by step: a matrix-vector product for the four gates over input and state, three
 * logistic and two tanh passes, three products and a sum; then the new state goes to all tiles. Derived from the parts'
 * own costs; no vendor program of one was measured. Weights that have no room are sent again at each step, as a matrix product's. */
#include "schedule/weights.h"

/* Steps of a tile that makes `words` words of state, for one time step. */
static uint64_t steps_of(uint64_t inputs, uint64_t units, uint64_t passes, uint64_t words, uint64_t lanes)
{
    uint64_t product = passes * (eti_ceil_div(inputs, lanes) + eti_ceil_div(units, lanes));
    uint64_t gates = 5 * words, products = 3 * 8 * words, sum = 4 * words;
    return product + gates + products + sum;
}

uint32_t eti_time_steps(const struct eti_graph *graph, const struct eti_op *op)
{
    struct eti_yxz in = eti_yxz(&graph->tensors[op->inputs[0]].shape);
    return op->at.time_major ? in.y : in.x;
}

ets_status eti_emit_lstm(struct eti_emitter *e, uint32_t index)
{
    const struct eti_arch *a = e->l.arch;
    const struct eti_op *op = &e->l.graph->ops[index];
    struct eti_yxz in = eti_yxz(&e->l.graph->tensors[op->inputs[0]].shape);
    uint32_t units = eti_yxz(&e->l.graph->tensors[op->outputs[0]].shape).z;
    uint32_t time_steps = eti_time_steps(e->l.graph, op);
    uint64_t n_tiles = a->grid.x * a->grid.y, blocks = eti_ceil_div((uint64_t)4 * units, a->tile.cells);
    uint64_t passes = eti_ceil_div(blocks, n_tiles * a->tile.cores), used = eti_min(eti_ceil_div(blocks, passes), n_tiles);
    uint64_t words = eti_core_pixels(a, eti_ceil_div(eti_ceil_div(units, a->tile.lanes), used));
    uint64_t tiles = eti_low_bits(used);
    uint64_t steps = steps_of(in.z, units, passes, words, a->tile.lanes);
    uint64_t quads = eti_ceil_div(units, a->tile.cells);
    ETI_TRY(eti_phase_signal(e, (int32_t)index));
    struct eti_command share = eti_command(ETI_RING_PRODUCER, ETS_BOUND_MOVE, 1, (uint32_t)(22 * quads));
    eti_turns(&share, 1, time_steps, quads * a->relay.hop_cycles);
    eti_wait_on(&share, ETI_AVDATA, ETI_EACH_TURN, 0, 1, tiles); /* the state of the step before */
    eti_signal(&share, ETI_RING_READ_A, ETI_EACH_TURN, tiles, 0);
    ETI_TRY(eti_emit(e, &share));
    struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, tiles, 17 * 12);
    eti_turns(&c, 1, time_steps, steps);
    c.steps = steps * time_steps;
    eti_wait(&c, ETI_RING_READ_A, ETI_EACH_TURN, 1, 1);
    if (e->layers[index].streamed) eti_wait_on(&c, ETI_POPPED, ETI_EACH_TURN, 1, 1, 0);
    eti_signal(&c, ETI_AVDATA, ETI_EACH_TURN, 0, 0);
    ETI_TRY(eti_emit(e, &c));
    return e->layers[index].streamed ? eti_emit_stream(e, time_steps, e->layers[index].parameter_bytes * time_steps) : ETS_OK;
}
