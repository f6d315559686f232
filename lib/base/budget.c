/* budget.c - see budget.h. */
#include "base/budget.h"

#include "base/num.h"

void eti_budget_init(struct eti_budget *b, uint64_t limit, int (*cancelled)(void *ctx), void *ctx)
{
    b->limit = b->left = limit ? limit : ETS_DEFAULT_WORK_LIMIT;
    b->stride = b->until = eti_min(ETI_BUDGET_STRIDE, b->left);
    b->cancelled = cancelled;
    b->ctx = ctx;
}

ets_status eti_budget_ask(const struct eti_budget *b, ets_error *err)
{
    bool stop = b->cancelled && b->cancelled(b->ctx) != 0;
    return stop ? eti_fail(err, ETS_CANCELLED, NULL, "stopped by the caller") : ETS_OK;
}

ets_status eti_budget_end_stride(struct eti_budget *b, uint64_t units, ets_error *err)
{
    uint64_t spent = b->stride - b->until; /* of this stride, before */
    if (units >= b->left - spent)
        return eti_fail(err, ETS_CANCELLED, NULL, "more work than the %llu units that are allowed (work_limit)", (unsigned long long)b->limit);
    b->left -= spent + units;
    b->stride = b->until = eti_min(ETI_BUDGET_STRIDE, b->left);
    return eti_budget_ask(b, err);
}
