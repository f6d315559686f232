/* run.c - a network on a machine, and what holds of both: parts add up, in every format; the engine equals the one without shortcuts;
 * predicted equals simulated, cold and warm; twice is the same; what would help says what it is worth. */
#include "fuzz/targets.h"

#include <string.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "graph/model.h"
#include "ref/plain_engine.h"
#include "schedule/schedule.h"

#define MOST_PLAIN_TURNS 30000u /* of the engine that runs each of them */
#define MOST_ASKED 40           /* 2000 units of work each, of a call that simulates many networks */
#define LITTLE_MEMORY 20000     /* bytes of a predictor that soon forgets */

static void hold(bool law, const char *name) { if (!law) fuzz_broken(name, "in the pipeline"); }

static void check_timeline(const struct eti_timeline *t)
{
    uint64_t at = 0;
    for (int u = 0; u < ETI_UNITS; u++) {
        const struct eti_unit_time *x = &t->units[u];
        hold(x->busy_cycles + x->stalled_cycles + x->idle_cycles == t->cycles * x->instances, "busy + stalled + idle = elapsed");
        hold(x->idle_cycles <= t->cycles * x->instances, "no unit is busier than time allows");
    }
    for (size_t i = 0; i < t->n_phases; i++) {
        hold(t->phases[i].start_cycle == at, "phases follow each other");
        at = t->phases[i].end_cycle;
    }
    hold(at == t->cycles, "phases add up");
}

static uint64_t turns_of(const struct eti_program *p)
{
    uint64_t turns = 0;
    for (size_t i = 0; i < p->n_phases; i++) /* equal phases share their commands */
        for (uint32_t k = p->phases[i].first; k < p->phases[i].first + p->phases[i].count; k++)
            turns += (uint64_t)p->commands[k].inner * p->commands[k].outer * (uint32_t)__builtin_popcountll(p->commands[k].tiles);
    return turns;
}

static void check_engines(const ets_arch *arch, const ets_model *model, bool multi, uint64_t cycles)
{
    struct eti_schedule s;
    struct eti_timeline a, b;
    ets_error err;
    if (eti_schedule_make(&arch->v, model->graph, multi, NULL, &s, &err) != ETS_OK) fuzz_broken("what was simulated is scheduled", err.text);
    if (eti_engine_run(&s.program, NULL, &a, &err) != ETS_OK) fuzz_broken("what was simulated runs", err.text);
    uint64_t wake_cycles = eti_cycles_of_ns(arch->v.link.wake_ns, arch->v.clock_hz);
    hold(cycles <= a.cycles + wake_cycles, "the report's cycles are the engine's, and the host's to wake at most");
    hold(cycles >= a.cycles || arch->v.host.boost_percent > 100, "or less, if the host's clock rises");
    check_timeline(&a);
    if (turns_of(&s.program) <= MOST_PLAIN_TURNS) {
        if (plain_engine_run(&s.program, NULL, &b, &err) != ETS_OK) fuzz_broken("the plain engine runs it, too", err.text);
        bool same = a.cycles == b.cycles && a.link_free_cycle == b.link_free_cycle && a.link_ahead_cycle == b.link_ahead_cycle &&
                    memcmp(a.units, b.units, sizeof a.units) == 0;
        for (size_t i = 0; i < a.n_phases; i++) same &= memcmp(&a.phases[i], &b.phases[i], sizeof a.phases[i]) == 0;
        hold(same, "the engine equals the one without shortcuts");
        eti_timeline_free(&b);
    }
    eti_timeline_free(&a);
    eti_schedule_free(&s);
}

/* Of a prediction, at least as often as the limit of the simulation lets it; of many, cuts them off. */
static int has_asked_enough(void *ctx)
{
    size_t *asked = ctx;
    return ++*asked > MOST_ASKED;
}

static void check_layers(ets_predictor *p, const ets_model *model, const ets_report *r, size_t *asked)
{
    ets_layer_costs c;
    ets_error err;
    for (size_t i = 0; i < ets_report_layer_count(r); i++) {
        *asked = 0;
        if (ets_layer_cost(p, model, i, &c, &err) != ETS_OK) fuzz_broken("the layers of a report have a cost", err.text);
        hold(c.cycles == ets_report_layer(r, i)->cycles, "a layer costs what it takes");
        hold(memcmp(&c.split, &ets_report_layer(r, i)->split, sizeof c.split) == 0, "a layer's parts are those of the report");
    }
}

/* What a network would gain is what it would take less; the largest gain first. */
static void check_changes(const ets_report *r, const ets_change *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hold(c[i].latency_ns + (uint64_t)c[i].saved_ns == ets_report_summary(r)->latency_ns, "saved is the difference of the times");
        hold(!i || c[i].saved_ns <= c[i - 1].saved_ns, "the largest gain comes first");
        hold(c[i].layer == ETS_WHOLE_NETWORK || c[i].layer < ets_report_layer_count(r), "a change is of a layer that is there");
    }
}

static void check_page(ets_predictor *p, const ets_model *model, const ets_report *r, size_t *asked)
{
    static struct fuzz_text t;
    ets_change changes[16];
    size_t n = 0, more = 0;
    ets_writer to = {fuzz_keep, &t};
    ets_error err;
    *asked = 0;
    ets_status status = ets_sensitivity(p, model, changes, 8, &n, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("a smaller network is no defect of ours", err.text);
    if (status == ETS_OK) check_changes(r, changes, n);
    else n = 0;
    *asked = 0;
    status = ets_network_changes(p, model, changes + n, 8, &more, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("a changed network is no defect of ours", err.text);
    if (status == ETS_OK) check_changes(r, changes + n, more);
    else more = 0;
    ets_page_part parts[2] = {{r, changes, n + more}, {r, NULL, 0}};
    t.size = 0;
    if (ets_page_write(parts, 2, &to, &err) != ETS_OK) fuzz_broken("a page can be written", err.text);
    fuzz_check_page(t.data);
}

/* `want`: of the simulation that succeeded with report `r`, or failed (NULL). */
static void check_predictor(const ets_arch *arch, const ets_model *model, uint32_t ask, ets_status want, const ets_report *r)
{
    ets_predictor *p = NULL;
    ets_summary s;
    ets_predictor_options options = ETS_PREDICTOR_OPTIONS_INIT;
    size_t asked = 0;
    ets_error err;
    options.multi_subgraph = ask & FUZZ_MULTI_SUBGRAPH;
    options.memory_limit_bytes = ask & 32 ? LITTLE_MEMORY : 0;
    options.cancelled = has_asked_enough;
    options.cancel_ctx = &asked;
    if (ets_predictor_new(arch, &options, NULL, &p, &err) != ETS_OK) fuzz_broken("any machine has a predictor", err.text);
    for (int i = 0; i < 2; i++) {
        asked = 0;
        ets_status status = ets_predict(p, model, &s, &err);
        hold(status == want, "a prediction fails as the simulation does");
        if (r) hold(memcmp(&s, ets_report_summary(r), sizeof s) == 0, "predicted is simulated");
    }
    if (r) check_layers(p, model, r, &asked);
    if (r && ask & FUZZ_CHANGES) check_page(p, model, r, &asked);
    asked = 0;
    hold(ets_predict(p, model, &s, &err) == want && (!r || memcmp(&s, ets_report_summary(r), sizeof s) == 0), "it says the same of it afterwards");
    ets_predictor_free(p);
}

static void check_explanation(const ets_arch *arch, const ets_model *model, size_t layer, const ets_options *options)
{
    static struct fuzz_text t;
    ets_explanation *e = NULL;
    ets_writer to = {fuzz_keep, &t};
    ets_error err;
    ets_status status = ets_explain(arch, model, layer, options, NULL, &e, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("a layer can be explained", err.text);
    if (status != ETS_OK) return;
    t.size = 0;
    if (ets_explanation_write(e, ETS_FORMAT_TABLE, NULL, &to, &err) != ETS_OK) fuzz_broken("an explanation can be written", err.text);
    fuzz_check_plain(t.data);
    t.size = 0;
    if (ets_explanation_write(e, ETS_FORMAT_JSON, NULL, &to, &err) != ETS_OK) fuzz_broken("an explanation can be written", err.text);
    fuzz_check_json(t.data);
    ets_explanation_free(e);
}

static void check_all(const ets_arch *arch, const ets_model *model, uint32_t ask, const ets_options *options, const ets_report *r)
{
    static struct fuzz_text t;
    ets_report *again = NULL;
    size_t asked = 0;
    ets_options few = *options;
    ets_error err;
    if (ets_simulate(arch, model, options, NULL, &again, &err) != ETS_OK) fuzz_broken("run twice", err.text);
    fuzz_check_report(r);
    hold(ets_model_describe(model).macs == ets_report_summary(r)->macs, "a model has the products of its report");
    fuzz_check_written(r);
    fuzz_check_same(r, again);
    ets_report_free(again);
    if (options->trace) {
        fuzz_write(r, ETS_FORMAT_TRACE, &t);
        fuzz_check_json(t.data);
    }
    check_engines(arch, model, options->multi_subgraph, ets_report_summary(r)->cycles);
    few.cancelled = has_asked_enough;
    few.cancel_ctx = &asked;
    if (ask & FUZZ_EXPLAIN) check_explanation(arch, model, (ask >> 5) % ets_report_layer_count(r), &few);
}

void fuzz_run(const ets_arch *arch, const ets_model *model, uint32_t ask)
{
    ets_report *r = NULL;
    ets_options options = ETS_OPTIONS_INIT;
    ets_error err;
    options.work_limit = FUZZ_WORK;
    options.multi_subgraph = ask & FUZZ_MULTI_SUBGRAPH;
    options.trace = ask & FUZZ_TRACE;
    ets_status status = ets_simulate(arch, model, &options, NULL, &r, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("no network is a defect of ours", err.text);
    if (status == ETS_OK) check_all(arch, model, ask, &options, r);
    if (status != ETS_CANCELLED) check_predictor(arch, model, ask, status, r);
    ets_report_free(r);
}
