/* weights.h - how the parameters of a layer reach the tiles: out of an owner's wide memory over the ring, or from the host
 * over the link. */
#ifndef ETI_SCHEDULE_WEIGHTS_H
#define ETI_SCHEDULE_WEIGHTS_H

#include "schedule/emit.h"

/* Fills of `rows` ring packets each, `per_group` to a group, `groups` groups; the first of a group also brings
 * `bias_rows`. All go to `tiles`. */
struct eti_delivery {
    uint32_t rows, per_group, groups, bias_rows;
    bool fifo;
    uint64_t tiles;
    bool streamed;
    uint32_t pieces;
};
/* The counter that shows arrived fills. */
enum eti_counter eti_arrival(const struct eti_delivery *d);
/* Before the op: the consumers that make room. */
ets_status eti_emit_consumer(struct eti_emitter *e, const struct eti_delivery *d);
/* Before the op: biases and scales into the scaling store, `items` of 8 bytes a group. */
ets_status eti_emit_bias(struct eti_emitter *e, const struct eti_delivery *d, uint32_t items);
/* After the op: the producer, or the link and the infeed. `bytes`: of the layer's parameters. */
ets_status eti_emit_producer(struct eti_emitter *e, const struct eti_delivery *d, uint64_t bytes);

/* Parameters that go to the tiles that use them as they come, in `turns` of a transfer: each counts up ETI_POPPED. */
#define ETI_STREAM_IWORDS 27
ets_status eti_emit_stream(struct eti_emitter *e, uint32_t turns, uint64_t bytes);

#endif
