/* weights.c - parameter delivery. Consumer, bias load and op are issued before the producer, so they already wait when
 * the weights arrive; the packets of a layer follow each other in strict order, whichever tile owns them. */
#include "schedule/weights.h"

#include "base/clock.h"

enum eti_counter eti_arrival(const struct eti_delivery *d)
{
    return d->streamed ? ETI_RING_READ_A : ETI_RING_READ_B;
}

static enum eti_counter room(const struct eti_delivery *d)
{
    return d->streamed ? ETI_ROOM_0 : ETI_ROOM_1;
}

/* Fill f may come when fill f - 1 (FIFO: f - 2) is used up. */
ets_status eti_emit_consumer(struct eti_emitter *e, const struct eti_delivery *d)
{
    enum eti_unit unit = d->streamed ? ETI_RING_CONSUMER_0 : ETI_RING_CONSUMER_1;
    struct eti_command c = eti_command(unit, ETS_BOUND_COMPUTE, d->tiles, 4);
    eti_turns(&c, d->per_group, d->groups, 0);
    eti_wait(&c, ETI_PARAMETERS, ETI_EACH_TURN, d->fifo ? -1 : 0, 1);
    eti_signal(&c, room(d), ETI_EACH_TURN, 0, 0);
    return eti_emit(e, &c);
}

/* The scaling store is double buffered: group g's may be loaded when group g - 2 has left. */
ets_status eti_emit_bias(struct eti_emitter *e, const struct eti_delivery *d, uint32_t items)
{
    struct eti_command c = eti_command(ETI_WIDE_TO_NARROW, ETS_BOUND_WEIGHTS, d->tiles, 7);
    eti_turns(&c, 1, d->groups, items * e->l.arch->mover.cycles_per_word);
    eti_wait(&c, eti_arrival(d), ETI_EACH_GROUP, 1, d->per_group);
    eti_wait(&c, ETI_AVDATA, ETI_EACH_GROUP, -1, 1);
    eti_signal(&c, ETI_SCALING, ETI_EACH_TURN, 0, 0);
    return eti_emit(e, &c);
}

static ets_status emit_cached(struct eti_emitter *e, const struct eti_delivery *d)
{
    const struct eti_arch *a = e->l.arch;
    struct eti_command c = eti_command(ETI_RING_PRODUCER, ETS_BOUND_WEIGHTS, 1, 4 * d->pieces);
    eti_turns(&c, d->per_group, d->groups, d->rows * eti_packet_cycles(a));
    c.first_cycles += d->bias_rows * eti_packet_cycles(a);
    c.bytes = (uint64_t)d->groups * (d->bias_rows + (uint64_t)d->rows * d->per_group) * a->ring.packet_bytes;
    eti_wait_on(&c, room(d), ETI_EACH_TURN, 1, 1, d->tiles);
    eti_signal(&c, eti_arrival(d), ETI_EACH_TURN, d->tiles, a->ring.latency_cycles);
    return eti_emit(e, &c);
}

/* The descriptor follows the body's barrier: where the chip fetches, the link starts with the layer; where the host sends
 * by itself, with the end of the last transfer. It runs ahead of the ring as far as the core's buffer goes. The infeed hands
 * each fill on when it has arrived whole and there is room everywhere. */
static ets_status emit_streamed(struct eti_emitter *e, const struct eti_delivery *d, uint64_t bytes)
{
    const struct eti_arch *a = e->l.arch;
    uint64_t fills = (uint64_t)d->per_group * d->groups;
    uint64_t fill_bytes = eti_max(1, bytes / fills);
    struct eti_command link = eti_command(ETI_LINK_IN, ETS_BOUND_LINK, 1, 23); /* pop 2, descriptor 21 */
    eti_turns(&link, (uint32_t)fills, 1, eti_stream_cycles(a, fill_bytes));
    link.first_cycles += eti_cycles_of_ns(a->link.transfer_ns, a->clock_hz);
    link.bytes = bytes;
    link.runs_ahead = a->link.runs_ahead != 0;
    int64_t ahead = (int64_t)eti_max(1, a->link.buffer_bytes / fill_bytes);
    eti_wait(&link, ETI_FED, ETI_EACH_TURN, 1 - ahead, 1);
    eti_signal(&link, ETI_POPPED, ETI_EACH_TURN, 0, 0);
    ETI_TRY(eti_emit(e, &link));

    struct eti_command feed = eti_command(ETI_INFEED, ETS_BOUND_LINK, 1, 4);
    eti_turns(&feed, d->per_group, d->groups, d->rows * eti_packet_cycles(a));
    feed.first_cycles += d->bias_rows * eti_packet_cycles(a);
    feed.bytes = bytes;
    eti_wait(&feed, ETI_POPPED, ETI_EACH_TURN, 1, 1);
    eti_wait_on(&feed, room(d), ETI_EACH_TURN, 1, 1, d->tiles);
    eti_signal(&feed, eti_arrival(d), ETI_EACH_TURN, d->tiles, a->ring.latency_cycles);
    eti_signal(&feed, ETI_FED, ETI_EACH_TURN, 0, 0);
    return eti_emit(e, &feed);
}

ets_status eti_emit_producer(struct eti_emitter *e, const struct eti_delivery *d, uint64_t bytes)
{
    return d->streamed ? emit_streamed(e, d, bytes) : emit_cached(e, d);
}

ets_status eti_emit_stream(struct eti_emitter *e, uint32_t turns, uint64_t bytes)
{
    const struct eti_arch *a = e->l.arch;
    struct eti_command link = eti_command(ETI_LINK_IN, ETS_BOUND_LINK, 1, ETI_STREAM_IWORDS);
    eti_turns(&link, turns, 1, eti_stream_cycles(a, eti_ceil_div(bytes, turns)));
    link.first_cycles += eti_cycles_of_ns(a->link.transfer_ns, a->clock_hz);
    link.bytes = bytes;
    eti_signal(&link, ETI_POPPED, ETI_EACH_TURN, 0, a->ring.latency_cycles);
    return eti_emit(e, &link);
}
