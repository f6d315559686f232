/* explain.c - one layer in detail: the network is simulated, then the layer's part of its program is run alone (phases stand
 * behind barriers, so it takes as long) to see what each unit did. */
#include "predict/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "engine/engine.h"
#include "predict/simulate.h"

/* ------------------------------------------------------------------ adding ------------------------------- */

const char *eti_explain_say(struct eti_explainer *x, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kept = n < 0 ? NULL : eti_arena_text(&x->e->report->arena, text, strlen(text));
    x->failed |= !kept;
    return kept ? kept : "";
}

void eti_explain_loop(struct eti_explainer *x, const char *over, uint64_t count, const char *note)
{
    struct eti_explain_loop loop = {over, note, count};
    if (x->e->n_loops < ETI_EXPLAIN_ROWS) x->e->loops[x->e->n_loops++] = loop;
}

void eti_explain_formula(struct eti_explainer *x, const char *what, const char *numbers, uint64_t value, const char *unit)
{
    struct eti_explain_formula f = {what, numbers, unit, value};
    if (x->e->n_formulas < ETI_EXPLAIN_ROWS) x->e->formulas[x->e->n_formulas++] = f;
}

/* ------------------------------------------------------------------ units -------------------------------- */

static void add_unit(struct eti_explainer *x, const struct eti_program *p, enum eti_unit unit, const struct eti_unit_time *t, uint64_t elapsed)
{
    struct eti_explain_unit u = {eti_unit_name(unit), 0, 0, 0, 0, 0, 0, 0};
    uint64_t tiles = 0, turns[64] = {0};
    for (size_t i = 0; i < p->n_phases; i++) {
        for (uint32_t c = p->phases[i].first; c < p->phases[i].first + p->phases[i].count; c++) {
            const struct eti_command *k = &p->commands[c];
            if (k->unit != unit) continue;
            u.commands++;
            tiles |= k->tiles;
            for (uint64_t m = k->tiles; m; m &= m - 1) turns[__builtin_ctzll(m)] += (uint64_t)k->inner * k->outer;
            u.bytes += k->bytes;
        }
    }
    for (int i = 0; i < 64; i++) u.turns = eti_max(u.turns, turns[i]);
    u.instances = eti_count_bits(tiles); /* that have commands; the others idle */
    if (!u.instances || x->e->n_units == ETI_EXPLAIN_ROWS) return;
    u.busy_cycles = t->busy_cycles / u.instances;
    u.waiting_cycles = t->stalled_cycles / u.instances;
    u.idle_cycles = elapsed - u.busy_cycles - u.waiting_cycles;
    x->e->units[x->e->n_units++] = u;
}

/* Runs the phases of this layer alone. */
static ets_status run_units(struct eti_explainer *x)
{
    const struct eti_program *whole = &x->schedule.program;
    struct eti_program mine = *whole;
    struct eti_timeline timeline;
    mine.phases = eti_arena_alloc(&x->schedule.arena, whole->n_phases, sizeof *mine.phases);
    mine.n_phases = 0;
    if (!mine.phases) return eti_nomem(x->err);
    for (size_t i = 0; i < whole->n_phases; i++) {
        if (whole->phases[i].owner != (int32_t)x->layer) continue;
        mine.phases[mine.n_phases] = whole->phases[i];
        mine.phases[mine.n_phases].same = (uint32_t)mine.n_phases;
        mine.n_phases++;
    }
    if (!mine.n_phases || x->e->report->layers[x->layer].where == ETS_ON_HOST) return ETS_OK;
    ETI_TRY(eti_engine_run(&mine, x->mem, &timeline, x->err));
    for (int unit = 0; unit < ETI_UNITS; unit++) add_unit(x, &mine, (enum eti_unit)unit, &timeline.units[unit], timeline.cycles - mine.start_cycle);
    eti_timeline_free(&timeline);
    return ETS_OK;
}

/* ------------------------------------------------------------------ the whole ---------------------------- */

/* What its parts add up to. */
static void sum_up(struct eti_explainer *x)
{
    const ets_split *s = &x->e->report->layers[x->layer].split;
    const uint64_t parts[] = {s->compute_cycles, s->psum_cycles, s->weight_cycles, s->halo_cycles,
                              s->link_cycles, s->move_cycles, s->sync_cycles, s->memory_cycles};
    char text[360] = "";
    size_t used = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i]) continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%llu %s", used ? " + " : "", (unsigned long long)parts[i],
                                 ets_bound_name((ets_bound)(ETS_BOUND_COMPUTE + (int)i)));
        sum += parts[i];
    }
    if (sum) eti_explain_formula(x, "the layer", eti_explain_say(x, "%s", text), sum, "cycles");
}

static void explain_host_op(struct eti_explainer *x, const ets_layer *l)
{
    const struct eti_arch *a = &x->arch->v;
    bool known = eti_host_op_is_known(a, &x->graph->ops[x->layer]);
    x->e->mapping = eti_explain_say(x, "runs on the host: %s; %s", l->reason,
                                    known ? "a rough estimate, as hosts' kernels differ by several times" : "its time there is not known and not in the total");
    if (!l->cycles) return;
    const char *products = l->macs ? eti_explain_say(x, "%llu products at %llu a second, and ", (unsigned long long)l->macs, (unsigned long long)a->host.macs_per_s) : "";
    const char *text = eti_explain_say(x, "%s%llu ps an element of its inputs or outputs", products ? products : "", (unsigned long long)a->host.element_ps);
    eti_explain_formula(x, "the layer", text, l->cycles, "cycles");
}

static ets_status describe(struct eti_explainer *x)
{
    const ets_layer *l = &x->e->report->layers[x->layer];
    const struct eti_layer_plan *plan = &x->schedule.layers[x->layer];
    if (l->where == ETS_ON_HOST) {
        explain_host_op(x, l);
        return ETS_OK;
    }
    if (plan->folded) {
        x->e->mapping = "takes no commands of its own: its values stay where they are, or a neighbour does it";
    } else if (x->schedule.array) {
        ETI_TRY(eti_explain_array(x));
    } else {
        eti_explain_grid(x);
    }
    sum_up(x);
    return ETS_OK;
}

static ets_status explain(struct eti_explainer *x)
{
    eti_budget_init(&x->budget, x->options.work_limit, x->options.cancelled, x->options.cancel_ctx);
    x->e->layer = x->layer;
    x->e->clock_hz = x->arch->v.clock_hz;
    ETI_TRY(eti_simulate(x->arch, x->graph, &x->options, x->mem, &x->e->report, x->err));
    ETI_TRY(eti_schedule_within(&x->arch->v, x->graph, x->options.multi_subgraph, &x->budget, x->mem, &x->schedule, x->err));
    ETI_TRY(describe(x));
    ETI_TRY(run_units(x));
    ETI_TRY(eti_explain_others(x));
    return x->failed ? eti_nomem(x->err) : ETS_OK;
}

ets_status eti_explain(const ets_arch *arch, const struct eti_graph *graph, size_t layer, const ets_options *options,
                       const ets_allocator *mem, ets_explanation **out, ets_error *err)
{
    ets_allocator a = eti_allocator(mem);
    struct eti_explainer x;
    memset(&x, 0, sizeof x);
    x.arch = arch;
    x.graph = graph;
    x.layer = (uint32_t)layer;
    x.options = *options;
    x.options.trace = false;
    x.mem = mem;
    x.err = err;
    x.e = eti_alloc(&a, 1, sizeof *x.e);
    if (!x.e) return eti_nomem(err);
    memset(x.e, 0, sizeof *x.e);
    eti_arena_init(&x.schedule.arena, mem); /* so that it may be freed whatever happens */
    eti_schedule_program(&arch->v, &x.schedule.program, mem);
    ets_status status = explain(&x);
    eti_schedule_free(&x.schedule);
    if (status == ETS_OK) {
        *out = x.e;
        return ETS_OK;
    }
    ets_report_free(x.e->report);
    eti_free(&a, x.e, 1, sizeof *x.e);
    return status;
}

void eti_explain_free(ets_explanation *e)
{
    if (!e) return;
    ets_allocator mem = e->report->arena.mem;
    ets_report_free(e->report);
    eti_free(&mem, e, 1, sizeof *e);
}
