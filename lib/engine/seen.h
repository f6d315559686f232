/* seen.h - phases that are equal, command by command, take equally long: what a phase took is kept until the run ends. */
#ifndef ETI_ENGINE_SEEN_H
#define ETI_ENGINE_SEEN_H

#include "engine/timeline.h"

#define ETI_SEEN_SLOTS 64
struct eti_seen_phase {
    bool used;
    size_t phase;
    uint64_t cycles;
    bool uses_link;
    uint64_t link_free; /* if it does: from the start of the phase on */
    ets_split split;
    struct eti_unit_time units[ETI_UNITS]; /* what it added to them */
};
struct eti_seen { struct eti_seen_phase slots[ETI_SEEN_SLOTS]; };

/* Where phase `i` is kept; NULL if what it takes depends on when it happens: its link may run ahead of it. `*uses_link`: there
 * is one. */
struct eti_seen_phase *eti_seen_slot(struct eti_seen *seen, const struct eti_program *p, size_t i, bool *uses_link);
/* Is what is kept there of an equal phase? */
bool eti_is_seen(const struct eti_seen_phase *slot, const struct eti_program *p, size_t i);

#endif
