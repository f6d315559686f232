/* cost.h - what one item of an inference (schedule.h) costs, from its own program run alone: phases stand behind barriers,
 * so it takes as long alone as in its place. */
#ifndef ETI_PREDICT_COST_H
#define ETI_PREDICT_COST_H

#include "engine/engine.h"
#include "schedule/local.h"
#include "schedule/schedule.h"

/* As words, for the memo. The link's host may send a layer's parameters before the layer begins (program.h): what it costs
 * then depends on how long the link has been free when it begins, up to `link_lead` cycles. */
struct eti_cost {
    uint64_t cycles, iwords;
    uint64_t uses_link;  /* 0 or 1 */
    uint64_t link_lead_cycles;  /* being free for longer than this does not help */
    uint64_t link_free_cycles;  /* how long the link is free again when the item ends, if it uses it */
    uint64_t dynamic_fj; /* energy of its work */
    ets_split split;
    uint64_t steps[];    /* of each tile */
};
#define ETI_LINK_LONG_FREE ((uint64_t)1 << 50) /* cycles: longer than anything is sent ahead */
/* Words of a value of the memo: of a cost, or of the summary of a whole network. */
static inline size_t eti_cost_words(const struct eti_arch *arch)
{
    size_t cost = sizeof(struct eti_cost) / sizeof(uint64_t) + (size_t)(arch->grid.x * arch->grid.y);
    size_t summary = (sizeof(ets_summary) + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    return cost > summary ? cost : summary;
}

/* What an item is tried on: scratch, made by eti_schedule_program() and eti_engine_open(). */
struct eti_trial { struct eti_program *program; struct eti_engine *engine; };
/* What an item finds when it begins: how long the link has been free, how fast the host copies outputs (timing/host.h). */
struct eti_item_start { uint64_t link_free_cycles, host_permille; };

/* Of the neighbourhood that `local` has found. */
ets_status eti_cost_of_item(struct eti_local *local, enum eti_item item, struct eti_item_start start, const struct eti_trial *trial,
                            struct eti_cost *out, ets_error *err);
/* Of BEGIN or END of a compiled part, when all instructions together have so many bytes. */
ets_status eti_cost_of_frame(const struct eti_layout *l, enum eti_item item, uint64_t instruction_bytes, const struct eti_trial *trial,
                             struct eti_cost *out, ets_error *err);

#endif
