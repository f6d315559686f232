/* seen.h - phases that are equal, command by command, take equally long: what a phase took is kept until the run ends. */
#ifndef ETI_ENGINE_SEEN_H
#define ETI_ENGINE_SEEN_H

#include "engine/timeline.h"

#define ETI_SEEN_PHASES 128
struct eti_seen_phase {
    uint64_t hash;
    size_t phase;
    uint64_t cycles;
    bool uses_link;
    uint64_t link_free; /* if it does: from the start of the phase on */
    ets_split split;
    struct eti_unit_time units[ETI_UNITS]; /* what it added to them */
};
struct eti_seen {
    uint32_t n;
    uint8_t slots[2 * ETI_SEEN_PHASES]; /* by hash, at most half full: 1 + the index of a phase; 0: empty */
    struct eti_seen_phase phases[ETI_SEEN_PHASES];
};

void eti_seen_clear(struct eti_seen *seen);
/* Can phase `i` be kept? Not if its link may run ahead of it: what it takes depends on when it happens. `*key` tells what it is. */
struct eti_seen_key { uint64_t hash; bool uses_link; };
bool eti_seen_key_of(const struct eti_program *p, size_t i, struct eti_seen_key *key);
/* What an equal phase took; NULL: none was kept. */
const struct eti_seen_phase *eti_seen_find(const struct eti_seen *seen, const struct eti_program *p, size_t i, uint64_t hash);
/* Room for what phase `i` takes, zeroed but for its names. If there is none left, all that was kept is forgotten. */
struct eti_seen_phase *eti_seen_add(struct eti_seen *seen, size_t i, uint64_t hash);

#endif
