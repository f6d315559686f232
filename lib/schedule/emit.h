/* emit.h - what the emitters share: a file an operator class, each turning one operator into phases of commands. */
#ifndef ETI_SCHEDULE_EMIT_H
#define ETI_SCHEDULE_EMIT_H

#include <assert.h>

#include "base/num.h"
#include "schedule/records.h"
#include "schedule/schedule.h"

struct eti_emitter {
    struct eti_layout l;
    struct eti_program *program;
    const struct eti_layer_plan *layers;
    uint32_t pass; /* part of the group that is being emitted */
    ets_error *err;
};

/* --- commands: start with eti_command(), add turns, waits and signals, then eti_emit(). Here, because thousands are made --- */
/* All up to the signals, member by member: so it is made where the caller wants it, not copied. */
static inline void eti_begin(struct eti_command *c, enum eti_unit unit, enum ets_bound cause, uint64_t tiles, uint32_t iwords)
{
    c->unit = (uint8_t)unit;
    c->cause = (uint8_t)cause;
    c->n_waits = c->n_signals = c->n_nests = 0;
    c->runs_ahead = false;
    c->iwords = iwords;
    c->inner = c->outer = 1;
    c->meter_turns = 0;
    for (int i = 0; i < ETI_MAX_NESTS; i++) c->nests[i] = 0;
    c->tiles = tiles;
    c->steps = c->bytes = 0;
    c->first_cycles = c->middle_cycles = c->last_cycles = 0;
    c->first_psum = c->middle_psum = c->last_psum = 0;
}
static inline struct eti_command eti_command(enum eti_unit unit, enum ets_bound cause, uint64_t tiles, uint32_t iwords)
{
    struct eti_command c;
    eti_begin(&c, unit, cause, tiles, iwords);
    return c;
}
_Static_assert(sizeof(void *) != 8 || offsetof(struct eti_command, signals) == 104, "eti_begin() sets every member before them");

/* `inner` x `outer` turns of `cycles` each. */
static inline void eti_turns(struct eti_command *c, uint32_t inner, uint32_t outer, uint64_t cycles)
{
    c->inner = inner;
    c->outer = outer;
    c->first_cycles = c->middle_cycles = c->last_cycles = cycles;
}

static inline void eti_wait_on(struct eti_command *c, enum eti_counter counter, enum eti_advance advance, int64_t level, uint32_t step,
                 uint64_t tiles)
{
    assert(c->n_waits < ETI_MAX_WAITS);
    struct eti_wait w = {level, 0, tiles, step, (uint8_t)counter, (uint8_t)advance};
    c->waits[c->n_waits++] = w;
}

static inline void eti_wait(struct eti_command *c, enum eti_counter counter, enum eti_advance advance, int64_t level, uint32_t step)
{
    eti_wait_on(c, counter, advance, level, step, 0);
}

static inline void eti_signal(struct eti_command *c, enum eti_counter counter, enum eti_advance advance, uint64_t tiles,
                uint64_t delay_cycles)
{
    assert(c->n_signals < ETI_MAX_SIGNALS);
    struct eti_signal s = {tiles, delay_cycles, (uint8_t)counter, (uint8_t)advance, false};
    c->signals[c->n_signals++] = s;
}

ets_status eti_emit(struct eti_emitter *e, const struct eti_command *c);

/* --- barriers --- */
/* The full barrier before a weighted operator and an output: drain, token, 16 tokens awaited (signal + scalar sync). */
ets_status eti_phase_signal(struct eti_emitter *e, int32_t owner);
/* reset17: drains; `iwords` as the operator's table gives them. */
ets_status eti_phase_reset(struct eti_emitter *e, int32_t owner, uint32_t iwords);

/* Words of a pixel in an output group: a channel a cell. */
static inline uint32_t eti_group_words(const struct eti_arch *arch) { return (uint32_t)(arch->tile.cells / arch->tile.lanes); }
/* Cycles of a 256-byte packet on the ring. */
uint64_t eti_packet_cycles(const struct eti_arch *arch);
/* Parameters that the host sends: the rate they reach, and the cycles they take, rounded up. */
uint64_t eti_stream_bytes_per_s(const struct eti_arch *arch);
uint64_t eti_stream_cycles(const struct eti_arch *arch, uint64_t bytes);
/* Inputs likewise. */
uint64_t eti_input_cycles(const struct eti_arch *arch, uint64_t bytes);

/* --- operators; each emits everything up to, and with, the border exchange of its result --- */
ets_status eti_emit_dense(struct eti_emitter *e, uint32_t op);      /* conv_2d, transpose_conv: conv.c */
ets_status eti_emit_depthwise(struct eti_emitter *e, uint32_t op);
ets_status eti_emit_matrix(struct eti_emitter *e, uint32_t op);     /* fully_connected, conv on one pixel: matrix.c */
ets_status eti_emit_pool(struct eti_emitter *e, uint32_t op);       /* local and global pools, mean, sums */
ets_status eti_emit_elementwise(struct eti_emitter *e, uint32_t op);/* binary and unary */
ets_status eti_emit_move(struct eti_emitter *e, uint32_t op);       /* concat, pad, resize, slices, transposes */
ets_status eti_emit_softmax(struct eti_emitter *e, uint32_t op);    /* softmax, l2_normalization */
ets_status eti_emit_lstm(struct eti_emitter *e, uint32_t op);
ets_status eti_emit_host_op(struct eti_emitter *e, uint32_t op);    /* of the whole network, on the host: host_ops.c */

/* Border exchange of `tensor` for its window reader, queued behind what wrote it: an output group of the writer is
 * `group_words` words of each pixel (16 for a convolution, 1 for depthwise and element-wise; 0: behind a barrier, because
 * tiles without work have a part in the result). halo.c */
ets_status eti_emit_halo(struct eti_emitter *e, int32_t tensor, uint32_t group_words);
/* The same of a vector that lies 64 channels a tile, as element-wise operators leave it: handed round first, then behind a barrier. */
ets_status eti_emit_halo_of_vector(struct eti_emitter *e, int32_t tensor);
/* The same of one block. */
ets_status eti_emit_halo_of(struct eti_emitter *e, const struct eti_block *b, uint32_t group_words, bool waits_for_data);
/* The border of a tensor that is all there, behind a barrier. */
ets_status eti_emit_halo_whole(struct eti_emitter *e, int32_t tensor);
/* An operator part by part, each emitted by `emit_op`. group.c */
ets_status eti_emit_parts(struct eti_emitter *e, uint32_t index, ets_status (*emit_op)(struct eti_emitter *e, uint32_t op));
/* `n` hand-overs of a packet from tile to tile over the ring, one after the other: a "ring quad" of ETI_QUAD_IWORDS each,
 * or more where a scalar sync comes with it. */
#define ETI_QUAD_IWORDS 22
ets_status eti_emit_quads(struct eti_emitter *e, uint32_t n, uint32_t iwords);
/* The same `n` packets by one quad, `iwords` in all: from one tile, through one slot. */
ets_status eti_emit_hand_overs(struct eti_emitter *e, uint32_t n, uint32_t iwords);
/* Moves `words` over `hops` neighbours, all tiles at once (gathers and re-layouts). */
ets_status eti_emit_mesh(struct eti_emitter *e, uint64_t tiles, uint64_t words, uint32_t hops, uint32_t iwords);

/* --- transfers: transfer.c --- */
ets_status eti_emit_invoke(struct eti_emitter *e);
/* The instructions' bytes are known at the end: eti_patch_instructions() of schedule.h. */
ets_status eti_emit_instructions(struct eti_emitter *e);
ets_status eti_emit_input(struct eti_emitter *e, int32_t tensor);
ets_status eti_emit_output(struct eti_emitter *e, int32_t tensor);
/* On the link; of bands of rows, all of them. */
uint64_t eti_input_bytes(const struct eti_layout *l, int32_t tensor);
uint64_t eti_output_bytes(const struct eti_arch *arch, const struct eti_graph *graph, int32_t tensor);

#endif
