/* program.h - the contract between schedule and engine: commands for units, in the order they are issued, with what
 * each waits for and signals, its cost in cycles of the array's clock. The engine knows nothing else, so a program can
 * be written by hand in a test.
 *
 * A program is a list of phases. A phase begins behind a full barrier (a fence that drains every unit) and its counters
 * start at zero; so what a phase costs does not depend on what went before. Within a phase each unit of each tile takes
 * its commands in order; a command runs `inner x outer` turns; a turn starts when the command has been issued, the unit
 * is free and every wait is satisfied, and its signals become visible when it ends (plus their delay). The only thing
 * that reaches across a barrier is a link whose host runs ahead. */
#ifndef ETI_SCHEDULE_PROGRAM_H
#define ETI_SCHEDULE_PROGRAM_H

#include <stddef.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/budget.h"
#include "base/error.h"

/* Units of each tile, then those that exist once. */
enum eti_unit {
    ETI_OP, ETI_RING_PRODUCER, ETI_RING_CONSUMER_0, ETI_RING_CONSUMER_1, ETI_NARROW_TO_WIDE, ETI_WIDE_TO_NARROW,
    ETI_MESH_SOUTH, ETI_MESH_WEST, ETI_MESH_NORTH, ETI_MESH_EAST,
    ETI_TILE_UNITS,
    ETI_INFEED = ETI_TILE_UNITS, ETI_OUTFEED, ETI_SCALAR, ETI_LINK_IN, ETI_LINK_OUT, ETI_DRAM,
    ETI_UNITS
};
const char *eti_unit_name(enum eti_unit unit);

/* Sync counters of each tile, then those of the scalar core. Each has one kind of unit that counts it up. Where several units of that kind
 * do, as producers on several tiles count ETI_PRODUCED_A, who waits for it waits for all that they count, or they take turns, each
 * behind all that those before it count: which of two that count at once is first is not said. */
enum eti_counter {
    ETI_AVDATA,         /* op: output groups finished */
    ETI_PARAMETERS,     /* op: weight fills used up */
    ETI_ROOM_0, ETI_ROOM_1,           /* ring consumer 0, 1: fills that there is room for */
    ETI_RING_READ_A, ETI_RING_READ_B, /* fills that have arrived through consumer 0, 1 */
    ETI_SCALING,        /* wide to narrow: biases and scales loaded */
    ETI_WIDE_TO_NARROW_DONE, ETI_NARROW_TO_WIDE_DONE,
    ETI_FROM_NORTH, ETI_FROM_SOUTH, ETI_FROM_WEST, ETI_FROM_EAST, /* mesh: pieces received */
    ETI_TILE_COUNTERS,
    ETI_PRODUCED_A = ETI_TILE_COUNTERS, ETI_PRODUCED_B, /* ring producers: turns in all, to the core, of parameters */
    ETI_POPPED,         /* link in: blocks that have arrived */
    ETI_FED,            /* infeed: blocks handed to the ring */
    ETI_SCALAR_DONE,
    ETI_LOADED,         /* dram: transfers done */
    ETI_COUNTERS
};

enum eti_advance { ETI_ONCE, ETI_EACH_TURN, ETI_EACH_GROUP }; /* a group: one turn of the outer loop */

/* Turn i of a wait needs: counter >= level + step x (0, i, or i / inner), but never more than `most` (0: no limit), on
 * each tile of `tiles` (0: the tile that the command runs on; ignored for counters of the core). A level at or below
 * zero is satisfied. */
struct eti_wait {
    int64_t level, most;
    uint64_t tiles;
    uint32_t step;
    uint8_t counter, advance; /* enum eti_counter, enum eti_advance */
};

/* The counter goes up by one at the end of each turn, or of each group. A mesh unit counts at the neighbour that it sends
 * to, unless `here`: a fill of the border counts as if it had been received. */
struct eti_signal {
    uint64_t tiles;           /* 0: the tile that the command runs on */
    uint64_t delay_cycles;
    uint8_t counter, advance; /* ETI_ONCE: at the end of the last turn */
    bool here;
};

/* Cycles of turns that follow a nest of three loops, innermost first: what a turn costs depends on whether it is the first,
 * a middle or the last one of each loop (an only turn is a first). Turn `shift` of the command is turn 0 of the nest;
 * turns outside it cost nothing. */
struct eti_cost_nest {
    uint64_t count[3];
    uint64_t shift;
    uint64_t cycles[3][3][3];  /* [outermost][middle][innermost], each 0 first, 1 middle, 2 last */
};
#define ETI_MAX_NESTS 2

#define ETI_MAX_WAITS 4
#define ETI_MAX_SIGNALS 2

/* Thousands are written for a network: what a command does not use of it lies at its end, and is not copied. */
struct eti_command {
    uint8_t unit;          /* enum eti_unit */
    uint8_t cause;         /* enum ets_bound: what a wait for this command is a wait for */
    uint8_t n_waits, n_signals, n_nests;
    bool runs_ahead;       /* link in: the host sends without being asked, so turns may start, and end, before the phase
                              does: as soon as the link is free, the phase that used it last has begun, and their waits
                              allow */
    uint32_t iwords;       /* instruction words of 16 bytes, all records together */
    uint32_t inner, outer; /* turns; if either is 0, there are none, and it does nothing (meter_turns is 0, too) */
    uint32_t meter_turns;  /* > 0: turn i also costs `middle_cycles` for each of `meter_turns` packets, spread evenly
                              over all turns: packets ceil((i + 1) m / turns) - ceil(i m / turns) */
    uint32_t nests[ETI_MAX_NESTS]; /* n_nests > 0: a turn costs the sum of these nests of the program instead */
    uint64_t tiles;        /* mask of tiles; 1 for units that exist once */
    uint64_t steps;        /* op: steps of a tile */
    uint64_t bytes;        /* moved, all turns: for conservation and energy */
    uint64_t first_cycles, middle_cycles, last_cycles; /* of a turn: first, last and others of the inner loop */
    uint64_t first_psum, middle_psum, last_psum;       /* of these, partial-sum traffic */
    struct eti_signal signals[ETI_MAX_SIGNALS]; /* whatever is behind n_signals, n_waits */
    struct eti_wait waits[ETI_MAX_WAITS];
};
/* Up to the end of its waits. */
static inline size_t eti_command_bytes(const struct eti_command *c)
{
    return offsetof(struct eti_command, waits) + c->n_waits * sizeof c->waits[0];
}

/* The sum over all turns of what a first, a middle and a last turn of the inner loop have; an only turn is a first. */
static inline uint64_t eti_over_turns(const struct eti_command *c, uint64_t first, uint64_t middle, uint64_t last)
{
    return c->outer * (first + (c->inner > 1 ? last : 0) + (c->inner > 2 ? (c->inner - 2) * middle : 0));
}

/* Owners of a phase's time that are not layers. */
enum { ETI_OWNER_INVOKE = -1, ETI_OWNER_INSTRUCTIONS = -2, ETI_OWNER_INPUT = -3, ETI_OWNER_OUTPUT = -4 };

struct eti_phase {
    int32_t owner;          /* layer index, or one of the above */
    uint64_t fence_cycles;  /* of the barrier before it */
    uint32_t fence_iwords;
    uint32_t first, count;  /* commands; equal phases may share them */
    uint32_t same;          /* the first phase with these commands: itself, unless it repeats one */
    uint64_t iwords;        /* of the commands */
};

struct eti_program {
    uint32_t n_tiles, width; /* tiles; tiles in a row (neighbours of a mesh signal) */
    uint64_t clock_hz;
    uint64_t issue_cycles_per_iword;
    uint64_t start_cycle;    /* when the first phase begins; the link in is free from 0 on. A whole inference: 0 */
    struct eti_command *commands;
    struct eti_phase *phases;
    struct eti_cost_nest *nests;
    size_t n_commands, n_phases, n_nests, cap_commands, cap_phases, cap_nests;
    ets_allocator mem;
    struct eti_budget *budget; /* for making and running it; NULL: none */
};

void eti_program_init(struct eti_program *p, const ets_allocator *mem);
void eti_program_free(struct eti_program *p);
/* Opens a phase behind a barrier. */
ets_status eti_program_phase(struct eti_program *p, int32_t owner, uint64_t fence_cycles, uint32_t fence_iwords,
                             ets_error *err);
/* Appends a copy of `c` to the open phase. */
ets_status eti_program_add(struct eti_program *p, const struct eti_command *c, ets_error *err);
/* Where the next command of the open phase is to be made in place; NULL: no memory. Then keeps it. */
static inline struct eti_command *eti_program_next(struct eti_program *p, ets_error *err)
{
    void *array = p->commands;
    if (p->n_commands >= UINT32_MAX || !eti_grow(&p->mem, &array, &p->cap_commands, p->n_commands, sizeof *p->commands)) {
        eti_nomem(err);
        return NULL;
    }
    p->commands = array;
    return &p->commands[p->n_commands];
}
static inline ets_status eti_program_keep(struct eti_program *p, ets_error *err)
{
    struct eti_phase *phase = &p->phases[p->n_phases - 1];
    ETI_TRY(eti_spend(p->budget, 1, err));
    phase->count++;
    phase->iwords += p->commands[p->n_commands++].iwords;
    return ETS_OK;
}
/* Keeps a nest for the next command; its index in *out. */
ets_status eti_program_nest(struct eti_program *p, const struct eti_cost_nest *nest, uint32_t *out, ets_error *err);
uint64_t eti_cost_nest_at(const struct eti_cost_nest *nest, uint64_t turn);
/* Appends phase number `phase` once more, for `owner`: the same commands, not copies. Nothing may be added to it. A layer repeats all
 * phases of another, or none. */
ets_status eti_program_repeat(struct eti_program *p, size_t phase, int32_t owner, ets_error *err);
/* Instruction words of the commands and fences of all phases. */
uint64_t eti_program_iwords(const struct eti_program *p);

#endif
