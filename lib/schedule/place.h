/* place.h - memory: parts and live ranges in narrow memory, parameters in wide memory. */
#ifndef ETI_SCHEDULE_PLACE_H
#define ETI_SCHEDULE_PLACE_H

#include "schedule/geometry.h"
#include "schedule/schedule.h"

/* Fills passes, narrow bytes, parameter bytes, pieces and streamed of every layer, and the sums of the schedule. */
ets_status eti_place(const struct eti_layout *l, struct eti_schedule *s, ets_error *err);
/* Bytes of a stored tensor on the busiest tile, the operator that makes it, or the first part of a joint block (-1: none), and the
 * last one that reads it, behind what is folded. */
struct eti_life { uint64_t bytes; int64_t first, last; };
/* addresses.c: the highest address in use; parts are known. 0: too many tensors to say. Both operands of a sum come to live from the first
 * one on. `stored` of every tensor is eti_stored_tensor(); without `any_parts`, nothing runs part by part. */
ets_status eti_highest_address(const struct eti_layout *l, struct eti_life *lives, const int32_t *stored, bool any_parts,
                               struct eti_arena *arena, uint64_t *out, ets_error *err);
/* The same of `n` buffers; of each, its bytes and when it lives are given. */
struct eti_buffer {
    uint64_t bytes;
    uint32_t first, last; /* operators while it lives, counted from 1 to `n_ops`; 0: before all */
    uint32_t rank;        /* among equally large ones, the lower first */
    uint32_t below;       /* 1 + the first of its list of pairs; 0: none */
    uint64_t at;
    uint64_t end;         /* it does not end above this: all that may lie below it, and a hole below each */
};
ets_status eti_highest_of(struct eti_buffer *buffers, uint32_t n, uint32_t n_ops, struct eti_arena *arena, uint64_t *out, ets_error *err);
/* parts.c: groups of what does not fit, cut (cut.h); `live_bytes`: while each operator runs. */
ets_status eti_find_parts(const struct eti_layout *l, struct eti_schedule *s, const struct eti_life *lives, const uint64_t *live_bytes, ets_error *err);
/* cut.c: rows of a group's input, of `all`, that lie on the chip at a time: those of the largest band if the host sends it in bands. `first`: of
 * the group. */
uint32_t eti_rows_at_a_time(const struct eti_layer_plan *first, uint32_t all);
/* spill.c: what the host keeps where that is not enough, taken out of `live_bytes` and `lives`. */
ets_status eti_find_spills(const struct eti_layout *l, struct eti_schedule *s, struct eti_life *lives, const int32_t *stored,
                           uint64_t *live_bytes, ets_error *err);
/* wide.c: parameters; `passes` of every layer is known. `is_full`: operators leave them no room. */
ets_status eti_place_wide(const struct eti_layout *l, struct eti_schedule *s, bool *is_full, ets_error *err);
/* working.c: units of each tile that parameters may take: as the compiler's log prints it, and as windows of pools leave it.
 * `streams_matrix`: some matrix product is sent by the host. */
struct eti_capacity { uint64_t printed_units, left_units; };
struct eti_capacity eti_tile_capacity(const struct eti_layout *l, bool streams_matrix);
/* Of each tile's wide memory while operator `op` of a placed network runs, beside parameters that stay there: FIFOs, partial sums, biases,
 * the window of a pool, the stash of a group in parts. */
uint64_t eti_working_bytes(const struct eti_layout *l, uint32_t op);
/* It needs more of either memory than a tile has, whatever is cut into parts or left to the host: it is timed as if there was room. */
bool eti_is_overfull(const struct eti_layout *l, uint32_t op);
/* Whether an operator's constants are values that the host sends at every inference: compiler 16 keeps none of them, however much
 * is free (logs of DenseNet-201, whose batch norms are products and sums with a constant a channel). */
bool eti_sends_constants(const struct eti_op *op);
/* Of such an operator the operand that is sent; NULL: it has none. A single value is in the op's scale. */
const struct eti_tensor *eti_sent_constant(const struct eti_graph *graph, const struct eti_op *op);
/* Bytes of one operator's parameters in the cache, or of constants that are sent; and of parameters that are sent instead: of a block
 * of few results only what they need (logs of five stacks that send their last layer, of 10). */
uint64_t eti_parameter_bytes(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op);
uint64_t eti_sent_parameter_bytes(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op);

#endif
