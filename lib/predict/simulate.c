/* simulate.c - graph -> program -> timeline -> report. */
#include "predict/simulate.h"

#include "engine/engine.h"
#include "predict/build_report.h"
#include "schedule/schedule.h"
#include "timing/host.h"

/* What a call is made of, as far as the host is concerned. */
struct call {
    uint64_t operators_cycles, copying_cycles; /* operators on the host, copies of outputs */
    size_t n;                                  /* phases but for the host's operators at the end */
};

static struct call call_of(const struct eti_schedule *s, const struct eti_timeline *t)
{
    struct call c = {0, 0, 0};
    for (size_t i = 0; i < t->n_phases; i++) {
        int32_t owner = s->program.phases[i].owner;
        bool on_host = owner >= 0 && s->layers[owner].map.where == ETS_ON_HOST;
        if (on_host) c.operators_cycles += t->phases[i].end_cycle - t->phases[i].start_cycle;
        else c.n = i + 1;
        if (owner == ETI_OWNER_OUTPUT) c.copying_cycles += t->phases[i].split.link_cycles;
    }
    return c;
}

/* The end of a call that the host slept through: its last phase, behind which only the host works, lasts until it wakes. */
static void wake_host(const struct eti_schedule *s, const struct call *c, struct eti_timeline *t)
{
    uint64_t wake_cycles = c->n ? eti_wake_cycles(s->l.arch, t->cycles - c->operators_cycles) : 0;
    if (!wake_cycles) return;
    t->phases[c->n - 1].split.link_cycles += wake_cycles;
    t->phases[c->n - 1].end_cycle += wake_cycles;
    for (size_t i = c->n; i < t->n_phases; i++) {
        t->phases[i].start_cycle += wake_cycles;
        t->phases[i].end_cycle += wake_cycles;
    }
    t->cycles += wake_cycles;
    for (int u = 0; u < ETI_UNITS; u++) t->units[u].idle_cycles += wake_cycles * t->units[u].instances;
}

/* Runs the program, and if that shows a host whose clock rises, once more with it. */
static ets_status run_with_host(struct eti_schedule *s, const ets_allocator *mem, struct eti_timeline *t, struct eti_trace *trace, ets_error *err)
{
    ETI_TRY(eti_engine_run_traced(&s->program, mem, t, trace, err));
    struct call c = call_of(s, t);
    uint64_t host_permille = eti_host_permille(s->l.arch, t->cycles - c.operators_cycles, c.copying_cycles);
    if (host_permille != ETI_HOST_AS_ALWAYS) {
        eti_timeline_free(t);
        if (trace) eti_trace_free(trace);
        eti_patch_outputs(&s->program, host_permille);
        ETI_TRY(eti_engine_run_traced(&s->program, mem, t, trace, err));
    }
    wake_host(s, &c, t); /* as many phases, and the host's operators take what they took */
    return ETS_OK;
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
    if (status == ETS_OK) status = run_with_host(&schedule, mem, &timeline, options->trace ? &trace : NULL, err);
    if (status == ETS_OK) {
        status = eti_build_report(&schedule, &timeline, options->trace ? &trace : NULL, mem, out, err);
        eti_timeline_free(&timeline);
    }
    eti_trace_free(&trace);
    eti_schedule_free(&schedule);
    return status;
}
