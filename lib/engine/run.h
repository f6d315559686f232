/* run.h - the state of a running program: instances.c sets a phase up, turns.c moves it turn by turn, steady.c many turns at a
 * time, mesh.c the mesh, through.c and followers.c what need not be run.
 *
 * What is not run turn by turn changes no integer of the timeline. Each reason stands at the head of its file; what holds it is a test
 * of test/unit/test_engine.c on seeded random programs against test/ref/plain_engine.c, which runs every turn of every tile:
 *
 *   groups.c     tiles that issue the same work are one   the_same_work_is_the_same_in_every_field, ops_are_one_only_if_they_wait_anyway
 *   steady.c     repetitions of a steady state            repetitions_change_no_integer, turns_of_several_pieces_change_no_integer
 *   mesh.c       mesh units that wait for the same times  borders_change_no_integer
 *   through.c    units that only pass on                  consumers_change_no_integer
 *   followers.c  tiles that a slower one leads            followers_change_no_integer
 *   seen.c       phases like one that was run             issue_changes_no_integer, a_phase_issued_later_is_not_run_again
 *
 * turns.c runs even turns several at a visit and drops times that nobody asks for any more: dropped_counts_keep_their_order. All
 * together, on programs and on networks as they are emitted: shortcuts_change_no_integer; against a machine that steps every clock:
 * engine_equals_the_one_that_steps_every_clock. */
#ifndef ETI_ENGINE_RUN_H
#define ETI_ENGINE_RUN_H

#include "engine/engine.h"
#include "engine/groups.h"
#include "engine/seen.h"

#define ETI_NONE UINT32_MAX
#define ETI_FIRST_TIMES 64 /* a history's room before it asks for more */

enum { ETI_NEAR, ETI_FAR, ETI_SNAPSHOTS }; /* within a group of turns, over groups */

struct history { /* a counter of a tile: times[i] is when it reached dropped + i + 1 */
    uint64_t *times;
    size_t count, capacity;
    uint64_t dropped;
    uint64_t then[ETI_SNAPSHOTS], later_cycles; /* steady.c: dropped + count at the snapshots; how much later its counts come again */
    uint64_t needed, kept; /* eti_find_needed(); the first value that the far snapshot may be compared with */
    uint64_t asked_later; /* the lowest value that mesh.c may come to ask for; UINT64_MAX: none */
    uint32_t phase;       /* it belongs to this one; else it is empty */
    enum ets_bound cause; /* of the command that counted last */
};
#define ETI_NO_LIMIT INT64_MAX
struct pending_wait {
    int64_t need, most;   /* of the present turn, before the limit; the limit, or ETI_NO_LIMIT */
    struct history *link; /* the only one, or the first of `count` from links[first] on */
    uint32_t first, count;
    uint32_t each_turn, each_group; /* how much more is needed after each; one of them is 0 */
};
struct due_signal {
    struct history *link;
    uint64_t delay_cycles;
    uint32_t first, count;
    enum eti_advance advance;
};
struct instance { /* a command on one tile, for all tiles of its group */
    const struct eti_command *command;
    uint32_t index, next;    /* of the command; the instance behind it on the same server */
    uint32_t tile, server;
    uint64_t weight;         /* tiles that it stands for */
    uint64_t issued_cycle;   /* cycle from which it may start */
    uint64_t turn, n_turns, ready_cycle, begun_cycle; /* once turn 0 has run: when it could have started but for its waits, and when it did */
    enum ets_bound waited_for; /* by turn 0 of an op */
    uint64_t busy_cycles;    /* of a command with nests: so far */
    uint32_t inner;          /* turn % command->inner */
    bool even;               /* eti_is_even() */
    bool one_cost;           /* eti_has_one_cost() */
    bool nested;             /* several groups of several turns */
    uint64_t packets, rest, ahead; /* of a metered command: packets of a turn at least, n_turns times what is left of them,
                                      and by how much the packets so far are ahead of their share */
    struct pending_wait waits[ETI_MAX_WAITS];
    struct due_signal signals[ETI_MAX_SIGNALS];
};
struct spent { uint64_t cycles[ETI_CAUSES]; }; /* where the time of a tile's ops went; what a command works counts when it is done */
struct snapshot { /* steady.c: of a server and the instance at its head */
    uint32_t head, inner;
    uint64_t turn, free_cycle;
    uint64_t later_cycles;  /* how much later it is free now, if it has moved */
    int64_t need[ETI_MAX_WAITS];
    struct spent spent;     /* of an op */
};
struct server { /* a unit of a tile */
    uint32_t head, tail, phase;
    uint32_t behind;        /* the next server of this unit in this phase */
    uint64_t free_cycle;
};
struct past { /* steady.c: a snapshot of a phase */
    struct snapshot *servers;    /* of each active one */
    uint32_t rounds, next;       /* since it was taken; when the next one is due */
    uint32_t taken;              /* since something was repeated */
};
#define ETI_MOST_THROUGH 2 /* ring consumers of a tile */
struct through { /* through.c: a command that is not run; who waits for `counter` to reach v waits for `from` to reach v - less */
    uint32_t command;      /* of the phase */
    enum eti_counter counter, from;
    int64_t less, last;    /* last: the value of `from` that its last turn waits for */
};
#define ETI_TURNS_AT_ONCE 64 /* at most, in one loop */
#define ETI_SIDES 4 /* from which a tile receives */
struct sent { /* a command of the mesh on a tile: what it waited for, and what came of it */
    const struct eti_command *command;
    struct history *links[ETI_MAX_WAITS];
    uint64_t issued_cycle, begun_cycle, end_cycle;
    struct history *counts; /* what it counts up; NULL: nothing that is waited for */
    uint64_t fed[ETI_SIDES]; /* tiles whose counters of what comes from each side go up as `counts` does */
};
struct mesh {
    bool by_waits;         /* in this phase by eti_run_mesh(): mesh units are no servers of it */
    bool any;              /* commands of theirs in this phase */
    uint32_t asked;        /* a bit for each counter that they wait for, but for what comes from the mesh */
    uint64_t lowest[ETI_COUNTERS]; /* of these: the lowest value */
    bool waited[ETI_SIDES]; /* does any of theirs wait for what comes from that side? */
    uint32_t n_sent;
    struct sent *sent;     /* room for one of each unit and tile */
    struct sent *from[ETI_SIDES][ETI_GROUP_TILES]; /* of a side and tile: whose counts come from there; NULL: none have */
};

struct run {
    const struct eti_program *program;
    ets_allocator mem;
    struct instance *instances;
    size_t n_instances, cap_instances;
    struct history **links;     /* what waits and signals name */
    size_t n_links, cap_links;
    uint64_t *issued_cycles;    /* of each command of the phase */
    size_t cap_issued;
    uint32_t first[ETI_UNITS], last[ETI_UNITS]; /* servers of each unit in this phase */
    uint32_t *active;           /* servers of this phase, in the order in which work flows; mesh units behind all others */
    size_t n_active;
    struct past past[ETI_SNAPSHOTS];
    struct history **used;      /* histories of this phase */
    size_t n_used, n_before_mesh; /* all; those that other units than the mesh's name, which run before it */
    struct server *servers;     /* [unit][tile] */
    struct spent *spent;        /* [tile] */
    struct history *histories;  /* [counter][tile] */
    uint64_t *first_times;      /* room for ETI_FIRST_TIMES each */
    struct eti_groups groups;
    uint32_t n_before;          /* commands of the phase before those of the mesh that only eti_run_mesh() looks at: all, or the mesh's come last */
    struct mesh mesh;
    struct through through[ETI_MOST_THROUGH];
    uint32_t n_through;
    uint32_t phase;             /* from 1 */
    uint64_t link_free_cycle;   /* when the link in was last busy, in any phase before */
    uint64_t last_end_cycle;        /* of the phase, and what ended then: of several, the unit named last */
    enum eti_unit last_unit;
    enum ets_bound last_cause;
    struct spent phase_spent;   /* of the phase, and the tile whose op decided that; ETI_NONE: none did */
    uint32_t phase_tile;
    struct eti_timeline *timeline;
    struct eti_trace *trace;    /* NULL: not wanted */
    struct eti_seen *seen;      /* phases that were run */
    bool nested;                /* a command of the phase has several groups of several turns */
};

/* The value that a wait asks for in the present turn. */
static inline int64_t eti_needed(const struct pending_wait *w)
{
    return w->need > w->most ? w->most : w->need;
}
static inline struct history *eti_link(const struct run *r, struct history *only, uint32_t first, uint32_t count, uint32_t i)
{
    return count == 1 ? only : r->links[first + i];
}
static inline struct history *eti_wait_link(const struct run *r, const struct pending_wait *w, uint32_t i)
{
    return eti_link(r, w->link, w->first, w->count, i);
}

/* instances.c */
/* Sets up a phase that begins at `start`: everything is issued, nothing has run. */
ets_status eti_begin_phase(struct run *r, const struct eti_phase *phase, uint64_t start, bool may_follow, ets_error *err);
/* Active servers that are not of the mesh; all if every tile is by itself. Mesh units wait for the others and are not waited
 * for: they are run afterwards. */
size_t eti_servers_before_mesh(const struct run *r);
/* One more command of the phase on a tile, for `weight` tiles. */
ets_status eti_add_instance(struct run *r, uint32_t index, uint32_t tile, uint64_t weight, uint64_t issued, uint64_t start, ets_error *err);
/* A counter's history, empty if it is named for the first time in this phase. */
struct history *eti_history_of(struct run *r, enum eti_counter counter, uint32_t tile);
/* The history of the counter that a command on `tile` waits for. */
struct history *eti_own_history(struct run *r, enum eti_counter counter, uint32_t tile);
/* Where it is: of a group's counter, the group's. */
static inline size_t eti_history_index(const struct run *r, enum eti_counter counter, uint32_t tile)
{
    uint32_t of = eti_is_from_mesh(counter) ? tile : r->groups.first[r->groups.of[tile]];
    return (size_t)counter * r->program->n_tiles + (counter < ETI_TILE_COUNTERS ? of : 0);
}
/* The neighbour that a mesh unit sends to; ETI_NONE at the edge of the grid. */
static inline uint32_t eti_neighbour(const struct eti_program *p, enum eti_unit unit, uint32_t tile)
{
    uint32_t x = tile % p->width;
    if (unit == ETI_MESH_SOUTH) return tile + p->width < p->n_tiles ? tile + p->width : ETI_NONE;
    if (unit == ETI_MESH_NORTH) return tile >= p->width ? tile - p->width : ETI_NONE;
    if (unit == ETI_MESH_WEST) return x ? tile - 1 : ETI_NONE;
    return x + 1 < p->width ? tile + 1 : ETI_NONE;
}

/* mesh.c */
/* Can mesh units be run by what they wait for, and which commands are theirs? Then, once tiles are grouped, notes what they will ask for. */
void eti_mesh_find(struct run *r, const struct eti_phase *phase);
void eti_mesh_begin(struct run *r);
/* The history of the counter of what comes from a side, where eti_run_mesh() has counted it up; NULL: it has not. */
struct history *eti_received(const struct run *r, uint32_t side, uint32_t tile);
/* Runs them, all others having run. `*stuck`: one waits for what never comes. */
ets_status eti_run_mesh(struct run *r, const struct eti_phase *phase, uint64_t start, bool *stuck, ets_error *err);

/* followers.c */
/* May ops of the phase follow slower ones? What passes on is known. */
bool eti_may_follow(const struct run *r, const struct eti_phase *phase);
/* Notes what they will ask for. Tiles are grouped. */
void eti_followers_begin(struct run *r, const struct eti_phase *phase);
/* Books what they took, all others having run, if it can be `*known`. */
ets_status eti_end_followers(struct run *r, const struct eti_phase *phase, bool *known, ets_error *err);

/* through.c */
/* Finds commands that need not be run; then, if tiles are grouped, notes what they will ask for. */
void eti_through_find(struct run *r, const struct eti_phase *phase);
void eti_through_begin(struct run *r, const struct eti_phase *phase);
static inline bool eti_is_through(const struct run *r, uint32_t command)
{
    for (uint32_t i = 0; i < r->n_through; i++)
        if (r->through[i].command == command) return true;
    return false;
}
/* Books what they took, all others having run. `*stuck`: one waits for what never comes. */
ets_status eti_end_through(struct run *r, const struct eti_phase *phase, bool *stuck, ets_error *err);

/* turns.c */
/* Runs turns of the instance at the head of a server, as far as its waits are known, and not too many. */
ets_status eti_advance(struct run *r, struct server *server, struct instance *in, ets_error *err);
/* All turns have run, the last until `end`: books what the unit, and a tile's op, spent its time on. */
void eti_finish(struct run *r, const struct instance *in, uint64_t end);
/* The first turn of a command on some tile. */
static inline void eti_note_begin(struct run *r, uint32_t command, uint64_t begun)
{
    if (begun < r->seen->begun_cycles[command]) r->seen->begun_cycles[command] = begun;
}
/* A unit has come to `end`: is it the last of the phase? */
static inline void eti_note_end(struct run *r, uint64_t end, const struct eti_command *c)
{
    if (end < r->last_end_cycle || (end == r->last_end_cycle && c->unit < r->last_unit)) return;
    r->last_end_cycle = end;
    r->last_unit = c->unit;
    r->last_cause = c->cause;
}
ets_status eti_too_long(ets_error *err);
/* Does every turn take first_cycles? */
static inline bool eti_has_one_cost(const struct eti_command *c)
{
    return !c->n_nests && !c->meter_turns && c->first_cycles == c->middle_cycles && c->middle_cycles == c->last_cycles;
}
/* Can several turns be run wait by wait and counter by counter? What they cost is known, no one asks what they waited for, as of an op, and no two
 * signals go to one counter, whose order would matter. */
bool eti_is_even(const struct instance *in);
/* The time from which the wait is satisfied, over all counters that it names; false: not known yet. */
bool eti_wait_until(const struct run *r, const struct pending_wait *w, uint64_t *until, enum ets_bound *cause);
/* Room for `more` counts. */
ets_status eti_history_room(struct run *r, struct history *h, uint64_t more, ets_error *err);
/* For every history of the phase the lowest value that an unfinished command may still ask for; UINT64_MAX: none. */
void eti_find_needed(struct run *r);

/* steady.c */
/* At the start of a phase. */
void eti_steady_begin(struct run *r);
/* After each round over the first `n` active servers: if they have come to repeat themselves, runs all repetitions but the
 * last at once. `*skipped` if it did. */
ets_status eti_steady_skip(struct run *r, size_t n, bool *skipped, ets_error *err);

#endif
