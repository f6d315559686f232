/* trace.h - who did what when: a slice for each command and group of tiles that behaves alike, and what each phase took of
 * the units. Only kept when asked for; the engine does the same work with or without it. */
#ifndef ETI_ENGINE_TRACE_H
#define ETI_ENGINE_TRACE_H

#include "engine/timeline.h"

/* All turns of a command on some tiles: from the start of the first to the end of the last. In between the unit may wait. */
struct eti_slice {
    uint32_t command, tile; /* tile: the lowest of `tiles` */
    uint64_t tiles;         /* mask; 1 of units that exist once */
    uint64_t begin_cycle, end_cycle; /* cycles from the start of the program */
    uint64_t busy_cycles;   /* of one tile: its turns running, by the command's own costs */
    bool merged;            /* stands for all commands of its unit in the phase; `busy`: of all, on all tiles */
};
struct eti_phase_trace {
    size_t first, n;        /* slices */
    struct eti_unit_time units[ETI_UNITS]; /* all tiles added up; busy + stalled + idle = (end - start) x instances,
                                              of a link that ran ahead more */
};
/* Bounded: once there are this many slices, a phase's slices are merged into one a unit. */
#define ETI_MOST_SLICES 40000
struct eti_trace {
    struct eti_slice *slices;
    struct eti_phase_trace *phases; /* as many as the program has */
    size_t n_slices, cap_slices, n_phases;
    ets_allocator mem;
};
void eti_trace_init(struct eti_trace *t, const ets_allocator *mem);
void eti_trace_free(struct eti_trace *t);
/* Busy cycles of all turns of a command on one tile. */
uint64_t eti_command_cycles(const struct eti_program *p, const struct eti_command *c);

/* --- called by the engine --- */
struct run;
struct instance;
ets_status eti_trace_begin(struct run *r, ets_error *err);                           /* the program */
ets_status eti_trace_slice(struct run *r, const struct instance *in, uint64_t end, ets_error *err);
ets_status eti_trace_copy(struct run *r, size_t phase, size_t like, ets_error *err); /* an equal phase was not run again */
/* `then`: the units' times when the phase began. */
void eti_trace_phase(struct run *r, size_t phase, const struct eti_unit_time then[ETI_UNITS]);

#endif
