/* depthwise.c - depthwise convolutions: four channels at a time, one useful product of four in four of the cells. Their
 * parameters travel tile - ring - scalar core - ring - tiles, a packet at a time through one window of scalar memory. */
#include "schedule/weights.h"

static ets_status emit_ops(struct eti_emitter *e, const struct eti_records *r, uint32_t taps, uint32_t groups)
{
    for (uint32_t i = 0; i < r->n; i++) {
        uint64_t pixels = eti_core_pixels(e->l.arch, r->key[i][0]);
        struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, r->tiles[i], 17);
        eti_turns(&c, 1, groups, pixels * (taps + e->l.arch->tile.output_cycles) + e->l.arch->tile.fill_cycles);
        c.steps = pixels * taps * groups;
        eti_wait(&c, ETI_RING_READ_A, ETI_EACH_TURN, 1, 1);
        eti_wait(&c, ETI_SCALING, ETI_EACH_TURN, 1, 1);
        eti_signal(&c, ETI_PARAMETERS, ETI_EACH_TURN, 0, 0);
        eti_signal(&c, ETI_AVDATA, ETI_EACH_TURN, 0, 0);
        ETI_TRY(eti_emit(e, &c));
    }
    return ETS_OK;
}

/* q packets for all groups; each makes the round trip before the next. Where tiles have room for one group alone, the next
 * one's packet waits in the window: half of the way remains. */
static ets_status emit_window(struct eti_emitter *e, uint32_t groups, uint32_t group_bytes, bool fifo, uint64_t tiles)
{
    const struct eti_arch *a = e->l.arch;
    uint64_t ways = fifo ? 1 : 2;
    uint32_t packets = (uint32_t)eti_ceil_div((uint64_t)groups * group_bytes, a->ring.packet_bytes);
    struct eti_command c = eti_command(ETI_RING_PRODUCER, ETS_BOUND_WEIGHTS, 1, 10); /* producer 4, infeed 4, outfeed 2 */
    eti_turns(&c, 1, groups, eti_ceil_div(a->scalar.packet_cycles, ways));
    c.meter_turns = packets;
    c.bytes = (uint64_t)packets * a->ring.packet_bytes;
    eti_wait_on(&c, ETI_ROOM_0, ETI_EACH_TURN, 1, 1, tiles);
    eti_signal(&c, ETI_RING_READ_A, ETI_EACH_TURN, tiles, eti_ceil_div(a->ring.latency_cycles, ways));
    return eti_emit(e, &c);
}

static ets_status emit_body(struct eti_emitter *e, uint32_t index)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(e->l.graph, e->layers, eti_activation_input(op, e->l.graph, 0), &pad);
    struct eti_window_of w = eti_window_of_pass(&e->l, index, e->pass);
    struct eti_block from = eti_block_of_window(&e->l, in, &w), to = eti_block_of_pass(&e->l, index, e->pass);
    struct eti_records records;
    eti_op_records(&e->l, &from, &w, &to, &records);
    uint32_t taps = op->at.kernel_h * op->at.kernel_w, lanes = (uint32_t)e->l.arch->tile.lanes;
    uint64_t tiles = eti_records_tiles(&records);
    bool per_channel = e->l.graph->tensors[op->inputs[1]].quant == ETI_QUANT_CHANNEL;
    struct eti_delivery d = {taps, 1, to.words, 1, eti_fill_is_fifo(taps), tiles, true, 1}; /* through consumer 0, as streamed ones */
    ETI_TRY(eti_phase_signal(e, (int32_t)index));
    ETI_TRY(eti_emit_consumer(e, &d));
    ETI_TRY(eti_emit_bias(e, &d, per_channel ? lanes : (lanes + 1) / 2));
    ETI_TRY(emit_ops(e, &records, taps, to.words));
    if (e->layers[index].streamed) return eti_emit_producer(e, &d, e->layers[index].parameter_bytes);
    return emit_window(e, to.words, lanes * eti_header_bytes(per_channel, false) + lanes * lanes * taps, d.fifo, tiles);
}

ets_status eti_emit_depthwise(struct eti_emitter *e, uint32_t index)
{
    ETI_TRY(emit_body(e, index));
    return eti_emit_halo(e, e->l.graph->ops[index].outputs[0], 1);
}
