/* explain_others.c - what else a layer could be: other shapes of it, a part of the machine twice as fast, its parameters somewhere
 * else. Nothing is estimated: each is simulated, the first two as the whole network. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "engine/engine.h"
#include "graph/restate.h"
#include "predict/cost.h"
#include "predict/explain.h"
#include "predict/simulate.h"
#include "schedule/place.h"
#include "timing/host.h"

static void add(struct eti_explainer *x, struct eti_explain_other o)
{
    if (x->e->n_others < ETI_EXPLAIN_OTHERS) x->e->others[x->e->n_others++] = o;
}

static uint64_t cycles_now(const struct eti_explainer *x) { return x->e->report->layers[x->layer].cycles; }

/* ------------------------------------------------------------------ other networks ----------------------- */

struct rewriter {
    struct eti_explainer *x;
    uint32_t *group_of;
    int32_t *map;
    struct eti_graph_builder b;
};

/* Layers `first` .. `first + n` of the changed network are what is looked at; before, they took `before` cycles. There may be no such
 * network, or none that runs on the machine as this one does: then nothing is added. */
static ets_status try_network(struct rewriter *r, const struct eti_change *c, uint32_t first, uint32_t n, uint64_t before, const char *what)
{
    struct eti_explainer *x = r->x;
    ets_report *then = NULL;
    ets_error why;
    ETI_TRY(eti_graph_restart(&r->b, x->graph->name, x->err));
    ets_status status = eti_restate(x->graph, c, r->map, &r->b, &why);
    if (status == ETS_OK) status = eti_graph_complete(&r->b, &why);
    if (status == ETS_OK) status = eti_simulate(x->arch, &r->b.graph, &x->options, x->mem, &then, &why);
    if (status == ETS_NOMEM) return eti_nomem(x->err);
    if (status == ETS_CANCELLED) return eti_fail(x->err, status, NULL, "%s", why.text);
    if (status != ETS_OK) return ETS_OK;
    if (then->summary.n_host_layers == x->e->report->summary.n_host_layers) {
        struct eti_explain_other o = {ETI_EXPLAIN_NETWORK, what, before, 0, false, then->summary.cycles};
        for (uint32_t i = first; i < first + n && i < then->n_layers; i++) o.cycles += then->layers[i].cycles;
        add(x, o);
    }
    ets_report_free(then);
    return ETS_OK;
}

static ets_status try_width(struct rewriter *r, uint32_t channels)
{
    uint32_t now = eti_channels_of(r->x->graph, &r->x->graph->ops[r->x->layer]), group = r->group_of[r->x->layer];
    if (group == UINT32_MAX || !channels || channels == now) return ETS_OK;
    struct eti_change c = {.group_of = r->group_of, .group = group, .channels = channels};
    bool alone = true;
    for (uint32_t i = 0; i < r->x->graph->n_ops; i++) alone &= i == r->x->layer || r->group_of[i] != group;
    return try_network(r, &c, r->x->layer, 1, cycles_now(r->x),
                       eti_explain_say(r->x, "%u channels instead of %u%s", channels, now, alone ? "" : ", as all that is added to it"));
}

static ets_status try_widths(struct rewriter *r)
{
    const struct eti_arch *a = &r->x->arch->v;
    uint32_t now = eti_channels_of(r->x->graph, &r->x->graph->ops[r->x->layer]);
    uint32_t cells = (uint32_t)(a->kind == ETI_SYSTOLIC ? a->array.columns : a->tile.cells);
    ETI_TRY(try_width(r, now > cells ? (now - 1) / cells * cells : now / 2));
    ETI_TRY(try_width(r, (now / cells + 1) * cells));
    return now > 2 * cells ? try_width(r, now / 2) : ETS_OK;
}

static ets_status try_kernels(struct rewriter *r)
{
    const struct eti_op *op = &r->x->graph->ops[r->x->layer];
    uint32_t k = op->at.kernel_h;
    if (op->type == ETI_OP_FULLY_CONNECTED || k != op->at.kernel_w || k < 3) return ETS_OK;
    for (uint32_t to = k - 2; to <= k + 2; to += 4) {
        struct eti_change c = {.op = r->x->layer, .kernel = to};
        ETI_TRY(try_network(r, &c, r->x->layer, 1, cycles_now(r->x), eti_explain_say(r->x, "%ux%u kernel instead of %ux%u", to, to, k, k)));
    }
    return ETS_OK;
}

/* A depthwise convolution and the 1x1 one before it as a regular one, whichever of both this is; a regular one as a depthwise and a
 * 1x1 one. */
static ets_status try_kinds(struct rewriter *r)
{
    struct eti_explainer *x = r->x;
    const struct eti_op *op = &x->graph->ops[x->layer];
    uint32_t expand;
    if (eti_separable(x->graph, x->layer)) {
        struct eti_change c = {.separated = x->layer + 1};
        return try_network(r, &c, x->layer, 2, cycles_now(x), eti_explain_say(x, "a depthwise %ux%u convolution and a 1x1 one instead", op->at.kernel_h, op->at.kernel_w));
    }
    for (uint32_t d = x->layer; d < x->graph->n_ops; d++) {
        bool near = d == x->layer || (x->graph->ops[d].n_inputs && x->graph->ops[d].inputs[0] == op->outputs[0]);
        if (!near || !eti_fusible(x->graph, d, &expand) || (d != x->layer && expand != x->layer)) continue;
        const struct eti_op *depthwise = &x->graph->ops[d];
        const ets_layer *layers = x->e->report->layers;
        struct eti_change c = {.fused = d};
        return try_network(r, &c, expand, 1, layers[expand].cycles + layers[d].cycles,
                           eti_explain_say(x, "'%.60s' and '%.60s' as one regular %ux%u convolution", x->graph->ops[expand].name, depthwise->name,
                                           depthwise->at.kernel_h, depthwise->at.kernel_w));
    }
    return ETS_OK;
}

static ets_status try_networks(struct rewriter *r)
{
    const struct eti_op *op = &r->x->graph->ops[r->x->layer];
    if (eti_op_kind(op->type)->class_ != ETI_WEIGHTED) return ETS_OK;
    ETI_TRY(eti_width_groups(r->x->graph, r->group_of, r->x->err));
    ETI_TRY(try_kinds(r));
    ETI_TRY(try_widths(r));
    return try_kernels(r);
}

static ets_status other_networks(struct eti_explainer *x)
{
    const ets_allocator mem = x->e->report->arena.mem;
    struct rewriter r;
    memset(&r, 0, sizeof r);
    r.x = x;
    r.group_of = eti_alloc(&mem, x->graph->n_ops, sizeof *r.group_of);
    r.map = eti_alloc(&mem, x->graph->n_tensors, sizeof *r.map);
    ets_status status = r.group_of && r.map ? eti_graph_begin(&r.b, x->graph->name, x->graph->format, &mem, x->err) : eti_nomem(x->err);
    if (status == ETS_OK) status = try_networks(&r);
    eti_graph_abandon(&r.b);
    eti_free(&mem, r.map, x->graph->n_tensors, sizeof *r.map);
    eti_free(&mem, r.group_of, x->graph->n_ops, sizeof *r.group_of);
    return status;
}

/* ------------------------------------------------------------------ other machines ----------------------- */

struct part { const char *key, *what; bool less; }; /* twice the value; `less`: half of it */
static const struct part grid_parts[] = {
    {"clock_hz", "the clock twice as fast", false}, {"tile.cells", "twice the cells", false},
    {"ring.bytes_per_cycle", "the ring twice as wide", false}, {"tile.wide_bytes_per_cycle", "the port of partial sums twice as wide", false},
    {"tile.wide_bytes", "wide memory twice as large", false}, {"tile.narrow_bytes", "narrow memory twice as large", false},
    {"link.in_bytes_per_s", "the link twice as fast", false}, {"mesh.cycles_per_word", "the mesh twice as fast", true},
    {"mover.cycles_per_word", "the movers twice as fast", true}, {"scalar.packet_cycles", "the scalar core's window twice as fast", true},
    {"scalar.fence_cycles", "barriers twice as fast", true}, {"relay.hop_cycles", "hand-overs from tile to tile twice as fast", true},
};
static const struct part array_parts[] = {
    {"clock_hz", "the clock twice as fast", false}, {"array.rows", "twice the rows", false}, {"array.columns", "twice the columns", false},
    {"dram.bytes_per_s", "DRAM twice as fast", false}, {"dram.channels", "twice the channels of DRAM", false},
    {"input_sram.bytes", "the input memory twice as large", false}, {"weight_sram.bytes", "the weight memory twice as large", false},
    {"output_sram.bytes", "the output memory twice as large", false}, {"vector.lanes", "twice the lanes of the vector unit", false},
};

/* The machine with one value changed; nothing is added if it cannot have that value, or if the layer takes as long then. A faster
 * clock counts in time, so its cycles are those of this machine's clock. */
static ets_status try_machine(struct eti_explainer *x, const char *key, const char *value, const char *what)
{
    ets_setting setting = {key, value};
    ets_arch *arch = NULL;
    ets_report *then = NULL;
    ets_error why;
    ets_status status = eti_arch_with(x->arch, &setting, 1, x->mem, &arch, &why);
    if (status == ETS_OK) status = eti_simulate(arch, x->graph, &x->options, x->mem, &then, &why);
    if (status == ETS_OK) {
        uint64_t faster = arch->v.clock_hz / x->e->clock_hz, cycles = then->layers[x->layer].cycles / (faster ? faster : 1);
        struct eti_explain_other o = {ETI_EXPLAIN_MACHINE, eti_explain_say(x, "%s: %s=%s", what, key, value), cycles_now(x), cycles, false,
                                      then->summary.cycles / (faster ? faster : 1)};
        if (cycles != o.before_cycles) add(x, o);
    }
    ets_report_free(then);
    eti_arch_free(arch);
    if (status == ETS_NOMEM) return eti_nomem(x->err);
    return status == ETS_CANCELLED ? eti_fail(x->err, status, NULL, "%s", why.text) : ETS_OK;
}

static const char *value_of(const struct eti_explainer *x, const char *key)
{
    for (size_t i = 0; i < eti_arch_field_count(x->arch); i++) {
        ets_arch_field f = eti_arch_field_at(x->arch, i);
        if (strcmp(f.key, key) == 0) return f.value;
    }
    return NULL;
}

static ets_status try_part(struct eti_explainer *x, const struct part *p)
{
    const char *text = value_of(x, p->key);
    uint64_t value, then;
    char number[24];
    if (!text || !eti_parse_u64(text, &value) || !eti_mul(value, 2, &then)) return ETS_OK;
    if (p->less) then = eti_ceil_div(value, 2);
    snprintf(number, sizeof number, "%llu", (unsigned long long)then);
    return then == value ? ETS_OK : try_machine(x, p->key, number, p->what);
}

static ets_status other_machines(struct eti_explainer *x)
{
    bool array = x->schedule.array != NULL;
    const struct part *parts = array ? array_parts : grid_parts;
    size_t n = array ? sizeof array_parts / sizeof *array_parts : sizeof grid_parts / sizeof *grid_parts;
    for (int flow = 0; array && flow < ETI_DATAFLOWS; flow++)
        if (flow != (int)x->schedule.array[x->layer].tiling.flow && x->schedule.array[x->layer].work.product)
            ETI_TRY(try_machine(x, "schedule.dataflow", eti_dataflow_name((enum eti_dataflow)flow), "another dataflow"));
    for (size_t i = 0; i < n; i++) ETI_TRY(try_part(x, &parts[i]));
    return ETS_OK;
}

/* ------------------------------------------------------------------ parameters elsewhere ----------------- */

/* Its cost alone with the plan as it is. */
static ets_status cost_alone(struct eti_explainer *x, struct eti_local *local, const struct eti_trial *trial, uint64_t *cycles)
{
    static const struct eti_item_start at_rest = {ETI_LINK_LONG_FREE, ETI_HOST_AS_ALWAYS};
    struct eti_cost *cost = eti_arena_alloc(&x->schedule.arena, 1, sizeof *cost + trial->program->n_tiles * sizeof cost->steps[0]);
    if (!cost) return eti_nomem(x->err);
    eti_local_of_op(local, x->layer);
    ETI_TRY(eti_cost_of_item(local, ETI_ITEM_LAYER, at_rest, trial, cost, x->err));
    *cycles = cost->cycles;
    return ETS_OK;
}

static ets_status run_placement(struct eti_explainer *x, struct eti_local *local, const struct eti_trial *trial)
{
    struct eti_layer_plan *plan = &x->schedule.layers[x->layer];
    struct eti_explain_other o = {ETI_EXPLAIN_PLACEMENT, plan->streamed ? "its parameters on the chip" : "its parameters sent by the host", cycles_now(x), 0, true, 0};
    plan->streamed = !plan->streamed;
    ets_status status = eti_local_begin(local, &x->schedule.l, x->err);
    if (status == ETS_OK) status = cost_alone(x, local, trial, &o.cycles);
    plan->streamed = !plan->streamed;
    if (status == ETS_OK && o.cycles != o.before_cycles) add(x, o);
    return status;
}

/* On the chip instead of from the host, or the other way; the layer alone, all else equal. */
static ets_status other_placement(struct eti_explainer *x)
{
    struct eti_local local;
    struct eti_program program;
    struct eti_trial trial = {&program, NULL};
    if (x->schedule.array || !x->schedule.layers[x->layer].parameter_bytes) return ETS_OK;
    if (eti_sends_constants(&x->graph->ops[x->layer])) return ETS_OK; /* they have no other place */
    eti_schedule_program(&x->arch->v, &program, x->mem);
    eti_local_init(&local, &program.mem);
    ets_status status = eti_engine_open(program.n_tiles, x->mem, &trial.engine, x->err);
    if (status == ETS_OK) status = run_placement(x, &local, &trial);
    if (trial.engine) eti_engine_close(trial.engine);
    eti_program_free(&program);
    eti_local_free(&local);
    return status;
}

ets_status eti_explain_others(struct eti_explainer *x)
{
    if (x->e->report->layers[x->layer].where == ETS_ON_HOST || !cycles_now(x)) return ETS_OK;
    ETI_TRY(other_networks(x));
    ETI_TRY(other_placement(x));
    return other_machines(x);
}
