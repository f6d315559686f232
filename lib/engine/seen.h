/* seen.h - phases that are equal, command by command, take equally long: what a phase took is kept until the run ends. Phases that
 * differ in when their commands are issued may do the same a little sooner or later: that is found, too. */
#ifndef ETI_ENGINE_SEEN_H
#define ETI_ENGINE_SEEN_H

#include "base/error.h"
#include "engine/timeline.h"

#define ETI_SEEN_PHASES 128
#define ETI_CAUSES (ETS_BOUND_MEMORY + 1)
struct eti_seen_phase {
    uint64_t hash;
    size_t phase;
    uint64_t start_cycle, cycles;
    bool uses_link;
    uint64_t link_free_cycles; /* if it does: from the start of the phase on */
    uint64_t spent[ETI_CAUSES]; /* adds up to `cycles` */
    uint32_t op;            /* of the phase's commands the op that decided what it was spent on; UINT32_MAX: none did */
    enum ets_bound op_cause; /* what its first turn waited for */
    struct eti_unit_time units[ETI_UNITS]; /* what it added to them */
};
struct eti_seen {
    uint32_t n;
    uint8_t slots[2 * ETI_SEEN_PHASES]; /* by hash, at most half full: 1 + the index of a phase; 0: empty */
    struct eti_seen_phase phases[ETI_SEEN_PHASES];
    uint32_t *of_phase;     /* of each of the program's phases that was run and kept: 1 + the index here; else 0, as if it has been forgotten */
    size_t cap_of_phase;
    uint64_t *begun_cycles; /* of each of the program's commands that was run: when its first turn started, on the first tile where it did */
    size_t cap_begun;
};
/* By how much later an equal phase ends than the one that was seen, and its op is issued, and how much longer units stall; modulo 2^64. */
struct eti_seen_shift { uint64_t later_cycles, op_later_cycles, stalled_cycles[ETI_UNITS]; };

void eti_seen_open(struct eti_seen *seen);
void eti_seen_close(struct eti_seen *seen, const ets_allocator *mem);
/* For a program: nothing was seen yet. */
ets_status eti_seen_begin(struct eti_seen *seen, const ets_allocator *mem, const struct eti_program *p, ets_error *err);
/* What a phase took whose commands phase `i` shares; NULL: there is none, or it was not kept. */
const struct eti_seen_phase *eti_seen_same(const struct eti_seen *seen, const struct eti_program *p, size_t i);
/* Can phase `i` be kept? Not if its link may run ahead of it: what it takes depends on when it happens. `*key` tells what it is. */
struct eti_seen_key { uint64_t hash; bool uses_link; };
bool eti_seen_key_of(const struct eti_program *p, size_t i, struct eti_seen_key *key);
/* What an equal phase took; NULL: none was kept. With `shift`, one that differs in when commands are issued may do; else, only the same. */
const struct eti_seen_phase *eti_seen_find(const struct eti_seen *seen, const struct eti_program *p, size_t i, uint64_t hash,
                                           struct eti_seen_shift *shift);
/* Room for what phase `i` takes, zeroed but for its names. If there is none left, all that was kept is forgotten. */
struct eti_seen_phase *eti_seen_add(struct eti_seen *seen, size_t i, uint64_t hash);

#endif
