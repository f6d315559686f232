/* cost.h - what one item of an inference (schedule.h) costs, from its own program run alone: phases stand behind barriers,
 * so it takes as long alone as in its place. */
#ifndef ETI_PREDICT_COST_H
#define ETI_PREDICT_COST_H

#include "schedule/local.h"
#include "schedule/schedule.h"

/* As words, for the memo. */
struct eti_cost {
    uint64_t cycles, iwords;
    ets_split split;
    uint64_t steps[]; /* of each tile */
};
static inline size_t eti_cost_words(const struct eti_arch *arch)
{
    return sizeof(struct eti_cost) / sizeof(uint64_t) + (size_t)(arch->grid.x * arch->grid.y);
}

/* Of the neighbourhood that `local` has found. `program` is scratch, made by eti_schedule_program(). */
ets_status eti_cost_of_item(struct eti_local *local, enum eti_item item, struct eti_program *program, struct eti_cost *out,
                            ets_error *err);
/* Of everything that is neither layer, input nor output of `n_parts` compiled parts, whose layers, inputs and outputs have
 * `iwords` instruction words: the call, the transfer of all instructions, the last barrier. */
ets_status eti_cost_of_frame(const struct eti_layout *l, uint32_t n_parts, uint64_t iwords, struct eti_program *program,
                             struct eti_cost *out, ets_error *err);

#endif
