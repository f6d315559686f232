/* budget.h - an end to work. What may take long counts what it does: a turn of a unit, a command, a part of a layer are one each. Every
 * ETI_BUDGET_STRIDE of them (well below a millisecond's worth) the caller is asked whether to go on. */
#ifndef ETI_BASE_BUDGET_H
#define ETI_BASE_BUDGET_H

#include "base/error.h"

#define ETI_BUDGET_STRIDE 2048
#define ETI_PLAN_UNITS 16 /* what planning an operator once is counted as */

struct eti_budget {
    uint64_t limit, left;             /* units */
    uint64_t stride, until;           /* of this stride, units that are left */
    int (*cancelled)(void *ctx);      /* NULL: nobody asks */
    void *ctx;
};

/* `limit` 0: ETS_DEFAULT_WORK_LIMIT. */
void eti_budget_init(struct eti_budget *b, uint64_t limit, int (*cancelled)(void *ctx), void *ctx);
/* Asks at once. CANCELLED if the caller says so. */
ets_status eti_budget_ask(const struct eti_budget *b, ets_error *err);
/* The end of a stride: CANCELLED if the limit is passed or the caller says so. */
ets_status eti_budget_end_stride(struct eti_budget *b, uint64_t units, ets_error *err);

/* `b` NULL: nothing is counted. */
static inline ets_status eti_spend(struct eti_budget *b, uint64_t units, ets_error *err)
{
    if (!b) return ETS_OK;
    if (units >= b->until) return eti_budget_end_stride(b, units, err);
    b->until -= units;
    return ETS_OK;
}

#endif
