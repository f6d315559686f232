/* facts.h - what follows from an operator alone on one machine, remembered by its digest: networks repeat their layers, and
 * search loops repeat networks. What does not need a layout is found with the slot, the rest by who asks for it first. */
#ifndef ETI_SCHEDULE_FACTS_H
#define ETI_SCHEDULE_FACTS_H

#include "arch/arch.h"
#include "graph/graph.h"

/* What passes over all operators ask of each: a plan whose operators do not have a trait leaves the pass out. */
enum eti_trait {
    ETI_BROKEN = 1,          /* breaks a rule: nothing else is known of it */
    ETI_VIEW = 2,            /* moves nothing */
    ETI_EDGE_PAD = 4,        /* pads height and width only */
    ETI_SLIDES = 8,          /* a window over its input that exchanges borders */
    ETI_SUM = 16,            /* of two computed operands */
    ETI_JOINS = 32,          /* a concatenation */
    ETI_LOCAL_POOL = 64,
    ETI_MATRIX = 128,        /* eti_is_matrix() */
    ETI_SENDS_CONSTANTS = 256,
    ETI_KNOWS_STORED = 512, ETI_KNOWS_WORKING = 1024, ETI_KNOWS_ESTIMATE = 2048
};
struct eti_facts {
    struct eti_digest op;
    uint32_t traits, round;      /* `round`: of the last plan that it was in */
    const char *broken_rule;     /* partition.c; NULL: none */
    uint64_t parameter_bytes;    /* in the cache: parameters.c */
    uint64_t sent_bytes;         /* of the same when they are sent instead */
    uint64_t result_bytes;       /* of its first output as it lies without a border: geometry.c */
    uint64_t stored_bytes;       /* of the block that it slides a window over: geometry.c */
    uint64_t working_units;      /* in one pass: working.c */
    uint64_t estimate_cycles;    /* in one pass: estimate.c */
};
#define ETI_FACTS 256
#define ETI_FACTS_TRIES 4 /* slots that one may be in */
struct eti_known { uint32_t round; struct eti_facts of[ETI_FACTS + ETI_FACTS_TRIES]; }; /* zeroed: nothing is known */

/* Fills facts and traits of a layout whose machine and graph are there: of every operator, until the next call with its `known`. Without
 * (NULL) nothing is remembered from plan to plan, equal operators of the graph share what is found. */
struct eti_layout;
ets_status eti_find_facts(struct eti_layout *l, struct eti_arena *arena, ets_error *err);

#endif
