/* systolic.h - graph and machine to program, for a systolic array: each operator is a matrix product or a pass of the
 * vector unit, cut to the memories beside the array, loaded and stored behind the work before it. */
#ifndef ETI_SCHEDULE_SYSTOLIC_H
#define ETI_SCHEDULE_SYSTOLIC_H

#include "schedule/schedule.h"
#include "timing/memory.h"
#include "timing/systolic.h"

/* An operator as this machine sees it. */
struct eti_work {
    bool product;
    /* a product: windows over `in_rows` x `in_columns` (all images of a batch one below the other) */
    uint64_t rows, columns, in_rows, in_columns; /* positions of the window; the map it slides over */
    uint64_t reach_h, reach_w, taps, stride_h, stride_w;
    uint64_t channels, outputs, groups;          /* of a group */
    uint64_t steps, state;                       /* of a recurrent operator: the product of one step, again and again; of its channels,
                                                  * those that are the result of the step before */
    /* both: bytes outside; elements through the vector unit that are not results of the array */
    uint64_t in_bytes, weight_bytes, out_bytes, operations; /* operations of all steps */
    uint64_t in_kept, out_kept;                  /* 1: the input is in the input memory already; the result stays there */
};
/* systolic_work.c; NULL, or why this machine cannot run the operator. */
const char *eti_work_of(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op, struct eti_work *out);
/* Takes no time: only the shape is another. */
bool eti_work_is_view(const struct eti_op *op);
struct eti_gemm eti_gemm_of(const struct eti_work *w); /* of one group */
/* Elements of a channel of the map that any window touches. */
uint64_t eti_work_touched(const struct eti_work *w);

/* How a work is cut: three nested loops of parts, innermost the depth, and what each part costs (program.h). */
struct eti_tiling {
    enum eti_dataflow flow;
    uint64_t bundle;                             /* groups side by side in the array */
    uint64_t part_pixels, part_channels, part_outputs; /* of a grouped product: part_outputs counts groups */
    bool pixels_outside;                         /* the loop over pixels, or over steps, is the outermost */
    struct eti_cost_nest compute, read, write;
    uint64_t cycles;                             /* of the whole chain, as the engine will find it */
    uint64_t compute_cycles;                     /* of the array in all parts */
    double mapping_efficiency;                   /* operands that stay, of rows x columns x folds */
    uint64_t folds, read_bytes, write_bytes, input_sram_bytes, weight_sram_bytes, output_sram_bytes;
};
/* 1, 2, 3, 4, 6, 8, 12, 16, ...: the numbers of parts that are tried. */
static inline uint64_t eti_next_parts(uint64_t n) { return n < 2 ? n + 1 : n & (n - 1) ? n / 3 * 4 : n + n / 2; }
/* systolic_tile.c: the cheapest of a bounded search. CAPACITY, without a message: no part fits the memories. CANCELLED: the search
 * takes more than `budget` (NULL: any) allows. */
ets_status eti_tile(const struct eti_arch *arch, const struct eti_memory *memory, const struct eti_work *w, struct eti_budget *budget,
                    struct eti_tiling *out, ets_error *err);

/* systolic_chain.c: cycles of a chain of parts, each loaded behind the one before (`ahead` parts ahead: 2, or 1 without
 * double buffering), its results stored as many parts later; on one DRAM in order. The same recurrence as the engine's, with
 * repeated stretches skipped exactly. */
uint64_t eti_chain_cycles(const struct eti_tiling *t, uint64_t ahead, uint64_t latency_cycles);
/* The same, a unit a turn that is not skipped; CANCELLED if `budget` does not allow that many. */
ets_status eti_chain_within(const struct eti_tiling *t, uint64_t ahead, uint64_t latency_cycles, struct eti_budget *budget,
                            uint64_t *cycles, ets_error *err);

/* One entry an operator, beside its plan. */
struct eti_array_plan {
    struct eti_work work;
    struct eti_tiling tiling;
    uint64_t energy_fj; /* dynamic */
};
ets_status eti_schedule_systolic(const struct eti_arch *arch, const struct eti_graph *graph, struct eti_schedule *s,
                                 ets_error *err);

#endif
