/* schedule.h - graph and machine to program: partition, placement, emission. */
#ifndef ETI_SCHEDULE_SCHEDULE_H
#define ETI_SCHEDULE_SCHEDULE_H

#include "schedule/geometry.h"
#include "schedule/program.h"

struct eti_array_plan;

struct eti_schedule {
    struct eti_arena arena;
    struct eti_layer_plan *layers;   /* an entry an operator */
    struct eti_array_plan *array;    /* of a systolic array: another (systolic.h); else NULL */
    struct eti_layout l;
    uint8_t *marks;                  /* of eti_schedule_walk() */
    struct eti_program program;
    uint32_t n_subgraphs;
    bool any_on_host;
    uint64_t cached_bytes, streamed_bytes, capacity_bytes;
    uint64_t sent_bytes;             /* of what is streamed, each as often as it is sent */
    uint64_t input_bytes, output_bytes, instruction_bytes;
    struct eti_spill *spills;
    uint32_t n_spills;
    uint64_t spilled_bytes;          /* activations, one way */
    uint64_t narrow_peak_bytes;
    uint32_t n_overfull;             /* operators without room: eti_is_overfull() */
    uint64_t estimate_cycles;        /* the vendor compiler's own */
};

/* Free with eti_schedule_free(), whatever this returned. */
ets_status eti_schedule_make(const struct eti_arch *arch, const struct eti_graph *graph, bool multi_subgraph,
                             const ets_allocator *mem, struct eti_schedule *out, ets_error *err);
/* The same within a budget (NULL: none), which the program keeps for the engine. */
ets_status eti_schedule_within(const struct eti_arch *arch, const struct eti_graph *graph, bool multi_subgraph, struct eti_budget *budget,
                               const ets_allocator *mem, struct eti_schedule *out, ets_error *err);
void eti_schedule_free(struct eti_schedule *s);

/* The same in steps, for who does not need the whole program. eti_schedule_plan() decides: partition, folding, placement;
 * `s` is zero but for an open arena. eti_schedule_walk() then names what happens, in order: for each compiled part BEGIN,
 * its inputs, its layers (with what the host keeps for them meanwhile, as outputs and inputs), its outputs, END; between
 * parts HOST, the operators that stay there; it counts input and output bytes. */
enum eti_item { ETI_ITEM_LAYER, ETI_ITEM_BEGIN, ETI_ITEM_INPUT, ETI_ITEM_OUTPUT, ETI_ITEM_END, ETI_ITEM_HOST };
typedef ets_status eti_visit(void *ctx, enum eti_item item, int32_t index); /* tensor or operator of the whole graph */
ets_status eti_schedule_plan(const struct eti_arch *arch, const struct eti_graph *graph, bool multi_subgraph,
                             struct eti_schedule *s, ets_error *err);
ets_status eti_schedule_walk(struct eti_schedule *s, eti_visit *visit, void *ctx);
/* What a visit counts as, of a budget. */
static inline uint64_t eti_units_of_item(const struct eti_graph *graph, enum eti_item item)
{
    return item == ETI_ITEM_BEGIN ? ETI_PLAN_UNITS + graph->n_ops / 16 : ETI_PLAN_UNITS; /* a part: all operators are looked at */
}
/* An empty program for this machine. */
void eti_schedule_program(const struct eti_arch *arch, struct eti_program *program, const ets_allocator *mem);
/* Appends the phases of an item: of operator or tensor 0 of a neighbourhood (local.h), which are booked on `owner`; of the whole network
 * for BEGIN, END and, with `owner` its operator, HOST. */
ets_status eti_emit_item(const struct eti_layout *l, enum eti_item item, int32_t owner, struct eti_program *program,
                         ets_error *err);
/* An operator that stays on the host (host_ops.c): its products at `host.macs_per_s`, and `host.element_ps` for each element of its
 * activation inputs or of its outputs, whichever are more. Cycles of the chip's clock, as all times are; 0 if the machine does not know
 * its host, nobody knows the operator (what other runtimes add, but for TFLite's box decoder, which was measured), or it only renames (a
 * reshape). */
bool eti_host_op_is_known(const struct eti_arch *arch, const struct eti_op *op);
uint64_t eti_host_op_cycles(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op);
/* Gives the transfers of instructions in `program` their size. */
void eti_patch_instructions(struct eti_program *program, const struct eti_arch *arch, uint64_t instruction_bytes);
/* The host copies the outputs in `program` faster than it was made for (eti_host_permille()): once. */
void eti_patch_outputs(struct eti_program *program, uint64_t host_permille);
#define ETI_IWORD_BYTES 16

#endif
