/* timeline.h - what happened when a program ran: when each phase began and ended, what its time went to, and how busy
 * each unit was. */
#ifndef ETI_ENGINE_TIMELINE_H
#define ETI_ENGINE_TIMELINE_H

#include "base/arena.h"

#include "schedule/program.h"

struct eti_phase_time {
    uint64_t start_cycle, end_cycle; /* the first: end of the phase before; the barrier is inside */
    ets_split split;       /* adds up to their difference */
};

/* Of one unit, all tiles it exists on added up: busy + stalled + idle = elapsed x instances. */
struct eti_unit_time {
    uint64_t instances;
    uint64_t busy_cycles;    /* turns running */
    uint64_t stalled_cycles; /* a command at its head waits for another */
    uint64_t idle_cycles;    /* nothing issued to it */
};

struct eti_timeline {
    struct eti_phase_time *phases; /* as many as the program has */
    size_t n_phases;
    uint64_t cycles;               /* when the last phase ended */
    uint64_t link_free_cycle;      /* when the link in was last busy */
    uint64_t link_ahead_cycle;     /* the last end of a turn of it before the first phase began; 0: none */
    struct eti_unit_time units[ETI_UNITS];
    ets_allocator mem;
};
void eti_timeline_free(struct eti_timeline *t);

#endif
