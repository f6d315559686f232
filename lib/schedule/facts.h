/* facts.h - what follows from an operator alone on one machine, remembered by its digest: networks repeat their layers, and
 * search loops repeat networks. Who asks computes what is not known yet. */
#ifndef ETI_SCHEDULE_FACTS_H
#define ETI_SCHEDULE_FACTS_H

#include "base/hash.h"

struct eti_facts {
    struct eti_digest op;
    const char *broken_rule;     /* partition.c */
    uint64_t parameter_bytes;    /* parameters.c */
    uint64_t stored_bytes;       /* of the block that it slides a window over: geometry.c */
    uint64_t working_units;      /* in one pass: wide.c */
    uint64_t estimate_cycles;    /* in one pass: estimate.c */
    bool knows_rule, knows_parameters, knows_stored, knows_working, knows_estimate;
};
#define ETI_FACTS 256
#define ETI_FACTS_TRIES 4 /* slots that one may be in */
struct eti_known { struct eti_facts of[ETI_FACTS + ETI_FACTS_TRIES]; }; /* zeroed: nothing is known */

static inline void eti_facts_clear(struct eti_facts *f, struct eti_digest op)
{
    struct eti_facts empty = {op, 0, 0, 0, 0, 0, false, false, false, false, false};
    *f = empty;
}

/* The slot of this operator, empty if it is new: if all that it may be in are others', the first is taken. */
static inline struct eti_facts *eti_facts_of(struct eti_known *known, struct eti_digest op)
{
    struct eti_facts *first = &known->of[op.a % ETI_FACTS], *f = first;
    for (int i = 0; i < ETI_FACTS_TRIES && (f->op.a || f->op.b); i++, f++)
        if (eti_digest_equal(f->op, op)) return f;
    if (f == first + ETI_FACTS_TRIES) f = first;
    eti_facts_clear(f, op);
    return f;
}

/* The slot that was found for an operator of the graph, if it has not become another's; else `none`, which knows nothing. */
static inline struct eti_facts *eti_facts_at(struct eti_facts *slot, struct eti_digest op, struct eti_facts *none)
{
    if (slot && eti_digest_equal(slot->op, op)) return slot;
    eti_facts_clear(none, op);
    return none;
}

#endif
