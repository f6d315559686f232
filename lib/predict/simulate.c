/* simulate.c - graph -> program -> timeline -> report. */
#include "predict/simulate.h"

#include "engine/engine.h"
#include "predict/build_report.h"
#include "schedule/schedule.h"

ets_status eti_simulate(const ets_arch *arch, const struct eti_graph *graph, const ets_options *options,
                        const ets_allocator *mem, ets_report **out, ets_error *err)
{
    struct eti_schedule schedule;
    struct eti_timeline timeline;
    struct eti_trace trace;
    struct eti_budget budget;
    eti_budget_init(&budget, options->work_limit, options->cancelled, options->cancel_ctx);
    ETI_TRY(eti_budget_ask(&budget, err));
    eti_trace_init(&trace, mem);
    ets_status status = eti_schedule_within(&arch->v, graph, options->multi_subgraph, &budget, mem, &schedule, err);
    if (status == ETS_OK) status = eti_engine_run_traced(&schedule.program, mem, &timeline, options->trace ? &trace : NULL, err);
    if (status == ETS_OK) {
        status = eti_build_report(&arch->v, graph, &schedule, &timeline, options->trace ? &trace : NULL, mem, out, err);
        eti_timeline_free(&timeline);
    }
    eti_trace_free(&trace);
    eti_schedule_free(&schedule);
    return status;
}
