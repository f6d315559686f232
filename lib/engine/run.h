/* run.h - the state of a running program: engine.c moves it turn by turn, steady.c many turns at a time. */
#ifndef ETI_ENGINE_RUN_H
#define ETI_ENGINE_RUN_H

#include "engine/engine.h"
#include "engine/groups.h"
#include "engine/seen.h"

#define ETI_NONE UINT32_MAX
#define ETI_CAUSES (ETS_BOUND_MEMORY + 1)

struct history { /* a counter of a tile: times[i] is when it reached dropped + i + 1 */
    uint64_t *times;
    size_t count, capacity;
    uint64_t dropped;
    uint32_t phase;       /* it belongs to this one; else it is empty */
    uint64_t then;        /* steady.c: dropped + count at the snapshot */
    enum ets_bound cause; /* of the command that counted last */
};
struct pending_wait {
    int64_t need, most;      /* of the present turn, before the limit */
    uint32_t step;
    enum eti_advance advance;
    uint32_t first, count;   /* of `links` */
};
struct due_signal {
    enum eti_advance advance;
    uint64_t delay_cycles;
    uint32_t first, count;
};
struct instance { /* a command on one tile, for all tiles of its group */
    const struct eti_command *command;
    uint32_t index, next;    /* of the command; the instance behind it on the same server */
    uint32_t tile, server;
    uint64_t weight;         /* tiles that it stands for */
    uint64_t issued;         /* cycle from which it may start */
    uint64_t turn, n_turns, begun; /* begun: the start of turn 0, once it has run */
    uint32_t inner;          /* turn % command->inner */
    struct pending_wait waits[ETI_MAX_WAITS];
    struct due_signal signals[ETI_MAX_SIGNALS];
};
struct snapshot { /* steady.c: of a server and the instance at its head */
    uint32_t head, inner;
    uint64_t turn, free_at;
    int64_t need[ETI_MAX_WAITS];
    uint64_t spent[ETI_CAUSES];
};
struct server { /* a unit of a tile */
    uint32_t head, tail, phase;
    uint64_t free_at;
    uint64_t spent[ETI_CAUSES]; /* of ops: where the time went, by cause */
};

struct run {
    const struct eti_program *program;
    ets_allocator mem;
    struct instance *instances;
    size_t n_instances, cap_instances;
    struct history **links;     /* what waits and signals name */
    size_t n_links, cap_links;
    uint64_t *issued;           /* of each command of the phase */
    size_t cap_issued;
    uint32_t *active;           /* servers of this phase; mesh units behind all others */
    size_t n_active, cap_active;
    struct snapshot *then;      /* of each active server */
    size_t cap_then;
    struct history **used;      /* histories of this phase */
    size_t n_used, cap_used;
    struct server *servers;     /* [unit][tile] */
    struct history *histories;  /* [counter][tile] */
    struct eti_groups groups;
    uint32_t phase;             /* from 1 */
    uint64_t link_free_at;      /* when the link in last was busy, in any phase before */
    uint64_t last_end;          /* of the phase, and what ended then: of several, the unit named last */
    enum eti_unit last_unit;
    enum ets_bound last_cause;
    struct eti_timeline *timeline;
    struct eti_trace *trace;    /* NULL: not wanted */
    struct eti_seen *seen;      /* phases that were run */
    struct eti_unit_time units_then[ETI_UNITS];
    uint32_t rounds, next_snapshot; /* since the last snapshot; when the next one is due */
};


/* The value that a wait asks for in the present turn. */
static inline int64_t eti_needed(const struct pending_wait *w)
{
    return w->most && w->need > w->most ? w->most : w->need;
}

/* engine.c: the counter has gone up once more. */
ets_status eti_count_up(struct run *r, struct history *h, uint64_t at, enum ets_bound cause, ets_error *err);

/* steady.c */
/* At the start of a phase. */
void eti_steady_begin(struct run *r);
/* After each round over the first `n` active servers: if they have come to repeat themselves, runs all repetitions but the
 * last at once. `*skipped` if it did. */
ets_status eti_steady_skip(struct run *r, size_t n, bool *skipped, ets_error *err);

#endif
