/* local.h - all that the program of one layer may depend on, cut out of the graph: the operator, what is folded into its
 * inputs, and the operators whose windows decide which borders its inputs and results carry. Emitters are given this small
 * graph in place of the whole one, whoever asks; so two layers of one key have one program, and a cache by that key cannot
 * go wrong, whatever emitters do. What they should see besides has to be added here, to copy and key both. */
#ifndef ETI_SCHEDULE_LOCAL_H
#define ETI_SCHEDULE_LOCAL_H

#include "schedule/geometry.h"

/* Where something of the whole graph stands in the small one, if `round` is the present one. */
struct eti_local_at { uint32_t round, index, watched_in; };

struct eti_local {
    ets_allocator mem;
    const struct eti_layout *whole;
    /* eti_local_of(): members by their number in the whole graph; tensors that a window of one slides over */
    uint32_t *ops, *watched;
    uint32_t n_ops, n_tensors, n_watched, round;
    struct eti_local_at *op_at, *tensor_at;
    size_t cap_members, cap_ops, cap_tensors, cap_watched;
    struct eti_digest key;   /* of what was found */
    int32_t tensor;          /* made of this tensor alone; -1: of operator ops[0] */
    /* eti_local_make(): the small graph; the operator, or the tensor, is number 0 */
    struct eti_layout l;
    struct eti_graph graph;
    struct eti_layer_plan *plans;
    int32_t *indices;
    size_t cap_small_ops, cap_small_tensors, cap_plans, cap_indices, cap_window_user;
};
void eti_local_init(struct eti_local *local, const ets_allocator *mem);
void eti_local_free(struct eti_local *local);
/* Room for neighbourhoods of this graph; before the first of each. */
ets_status eti_local_begin(struct eti_local *local, const struct eti_layout *whole, ets_error *err);
/* Finds the neighbourhood of an operator, or of a tensor that comes in or leaves, and returns its key; `what` tells kinds
 * of programs apart. */
struct eti_digest eti_local_of_op(struct eti_local *local, uint32_t op);
struct eti_digest eti_local_of_tensor(struct eti_local *local, int32_t tensor, uint64_t what);
/* Cuts it out: fills `l`. */
ets_status eti_local_make(struct eti_local *local, ets_error *err);

#endif
