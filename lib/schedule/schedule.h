/* schedule.h - graph and machine to program: partition, placement, emission. */
#ifndef ETI_SCHEDULE_SCHEDULE_H
#define ETI_SCHEDULE_SCHEDULE_H

#include "schedule/plan.h"
#include "schedule/program.h"

struct eti_array_plan;

struct eti_schedule {
    struct eti_arena arena;
    struct eti_layer_plan *layers;   /* an entry an operator */
    struct eti_array_plan *array;    /* of a systolic array: another (systolic.h); else NULL */
    struct eti_program program;
    uint32_t n_subgraphs;
    uint64_t cached_bytes, streamed_bytes, capacity_bytes;
    uint64_t input_bytes, output_bytes, instruction_bytes;
    uint64_t narrow_peak_bytes;
};

/* Free with eti_schedule_free(), whatever this returned. */
ets_status eti_schedule_make(const struct eti_arch *arch, const struct eti_graph *graph, bool multi_subgraph,
                             const ets_allocator *mem, struct eti_schedule *out, ets_error *err);
void eti_schedule_free(struct eti_schedule *s);

#endif
