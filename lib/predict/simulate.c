/* simulate.c - graph -> program -> timeline -> report. */
#include "predict/simulate.h"

#include "engine/engine.h"
#include "predict/build_report.h"
#include "schedule/schedule.h"
#include "timing/host.h"

/* The end of a call that the host slept through: its last phase, behind which only the host works, lasts until it wakes. */
static void wake_host(const struct eti_schedule *s, struct eti_timeline *t)
{
    uint64_t host_cycles = 0;
    size_t n = 0;
    for (size_t i = 0; i < t->n_phases; i++) {
        int32_t owner = s->program.phases[i].owner;
        if (owner >= 0 && s->layers[owner].map.where == ETS_ON_HOST) host_cycles += t->phases[i].end - t->phases[i].start;
        else n = i + 1;
    }
    uint64_t wake_cycles = n ? eti_wake_cycles(s->l.arch, t->cycles - host_cycles) : 0;
    if (!wake_cycles) return;
    t->phases[n - 1].split.link_cycles += wake_cycles;
    t->phases[n - 1].end += wake_cycles;
    for (size_t i = n; i < t->n_phases; i++) {
        t->phases[i].start += wake_cycles;
        t->phases[i].end += wake_cycles;
    }
    t->cycles += wake_cycles;
    for (int u = 0; u < ETI_UNITS; u++) t->units[u].idle += wake_cycles * t->units[u].instances;
}

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
        wake_host(&schedule, &timeline);
        status = eti_build_report(&arch->v, graph, &schedule, &timeline, options->trace ? &trace : NULL, mem, out, err);
        eti_timeline_free(&timeline);
    }
    eti_trace_free(&trace);
    eti_schedule_free(&schedule);
    return status;
}
