/* build_report.c - adds up what the phases of each layer took, and copies what a reader needs to know of it. */
#include "predict/build_report.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/num.h"
#include "predict/activity.h"
#include "predict/build_trace.h"
#include "predict/scalesim_rows.h"
#include "predict/summarize.h"
#include "schedule/place.h"
#include "schedule/systolic.h"
#include "timing/host.h"

struct builder {
    const struct eti_arch *arch;
    const struct eti_graph *graph;
    const struct eti_schedule *schedule;
    const struct eti_timeline *timeline;
    const struct eti_trace *trace;
    ets_report *r;
    ets_error *err;
};

static const char *copy(struct builder *b, const char *text)
{
    return eti_arena_text(&b->r->arena, text, strlen(text));
}

/* ------------------------------------------------------------------ layers ------------------------------- */

static void copy_shape(const struct eti_shape *shape, uint32_t *rank, uint32_t *dims)
{
    *rank = shape->rank;
    memcpy(dims, shape->dim, sizeof shape->dim);
}

static ets_status describe_layer(struct builder *b, uint32_t i)
{
    const struct eti_op *op = &b->graph->ops[i];
    const struct eti_layer_plan *plan = &b->schedule->layers[i];
    ets_layer *l = &b->r->layers[i];
    int32_t in = eti_activation_input(op, b->graph, 0);
    l->name = copy(b, op->name);
    l->op = op->type == ETI_OP_OPAQUE ? copy(b, op->type_name) : eti_op_kind(op->type)->name;
    l->reason = plan->map.reason; /* a constant of the library's */
    if (!l->name || !l->op) return eti_nomem(b->err);
    l->where = plan->map.where;
    l->timed = l->where == ETS_ON_TPU || eti_host_op_is_known(b->arch, op);
    if (in >= 0) copy_shape(&b->graph->tensors[in].shape, &l->input_rank, l->input_dims);
    copy_shape(&b->graph->tensors[op->outputs[0]].shape, &l->output_rank, l->output_dims);
    l->macs = op->macs;
    l->parameter_bytes = plan->parameter_bytes;
    l->parameters_streamed = plan->streamed;
    l->narrow_bytes_per_tile = plan->narrow_bytes;
    if (!b->schedule->array) {
        l->wide_bytes_per_tile = eti_working_bytes(&b->schedule->l, i);
        l->overfull = eti_is_overfull(&b->schedule->l, i);
    }
    l->passes = plan->passes;
    return ETS_OK;
}

/* Who reads whose results; each once, where there are not more than a few. */
static ets_status describe_links(struct builder *b)
{
    const struct eti_graph *g = b->graph;
    size_t most = 0, n = 0;
    for (uint32_t i = 0; i < g->n_ops; i++) most += g->ops[i].n_inputs;
    b->r->first_link = eti_arena_alloc(&b->r->arena, (size_t)g->n_ops + 1, sizeof *b->r->first_link);
    b->r->links = eti_arena_alloc(&b->r->arena, most, sizeof *b->r->links);
    if (!b->r->first_link || !b->r->links) return eti_nomem(b->err);
    for (uint32_t i = 0; i < g->n_ops; i++) {
        size_t first = n;
        b->r->first_link[i] = (uint32_t)n;
        for (uint32_t k = 0; k < g->ops[i].n_inputs; k++) {
            int32_t t = g->ops[i].inputs[k], maker = t < 0 ? -1 : g->tensors[t].producer;
            bool there = maker < 0;
            for (size_t m = first; m < n && m < first + 8; m++) there |= b->r->links[m] == (uint32_t)maker;
            if (!there) b->r->links[n++] = (uint32_t)maker;
        }
    }
    b->r->first_link[g->n_ops] = (uint32_t)n;
    return ETS_OK;
}

static enum ets_bound bound_of(const ets_layer *l)
{
    const uint64_t parts[] = {l->split.compute_cycles, l->split.psum_cycles, l->split.weight_cycles, l->split.halo_cycles,
                              l->split.link_cycles, l->split.move_cycles, l->split.sync_cycles, l->split.memory_cycles};
    if (!l->cycles) return ETS_BOUND_NONE;
    size_t most = 0;
    for (size_t i = 1; i < sizeof parts / sizeof *parts; i++)
        if (parts[i] > parts[most]) most = i;
    return (enum ets_bound)(ETS_BOUND_COMPUTE + (int)most);
}

/* Products that count: parts leave out what a window behind them steps over, and what two parts make is of use once. */
static uint64_t useful_macs(const struct builder *b, uint32_t i)
{
    const struct eti_layer_plan *p = &b->schedule->layers[i];
    const struct eti_op *op = &b->graph->ops[i];
    struct eti_yxz out = eti_yxz(&b->graph->tensors[op->outputs[0]].shape);
    uint64_t rows = 0, cols = 0;
    if (p->passes < 2 || b->schedule->array) return op->macs;
    for (uint32_t k = 0; k < eti_n_bands(p); k++) rows += p->bands[k].out.n;
    for (uint32_t k = 0; k < p->n_strips; k++) cols += p->strips[k].out.n;
    return op->macs / ((uint64_t)out.y * out.x) * eti_min(rows, out.y) * eti_min(cols, out.x);
}

/* What the schedule of a systolic array says of a layer. */
static void describe_array_layer(struct builder *b, uint32_t i)
{
    const struct eti_array_plan *p = &b->schedule->array[i];
    const struct eti_tiling *t = &p->tiling;
    ets_array_layer *l = &b->r->array[i];
    struct eti_gemm g = eti_gemm_of(&p->work);
    l->dataflow = p->work.product ? eti_dataflow_name(t->flow) : "vector";
    l->pixels = g.pixels * (p->work.product ? p->work.steps : 1);
    l->depth = g.depth;
    l->outputs = g.outputs;
    l->groups = p->work.groups;
    l->folds = t->folds;
    l->parts = t->compute.count[0] * t->compute.count[1] * t->compute.count[2];
    l->part_pixels = t->part_pixels;
    l->part_channels = t->part_channels;
    l->part_outputs = t->part_outputs;
    l->array_cycles = t->compute_cycles;
    l->mapping_efficiency = t->mapping_efficiency;
    l->dram_read_bytes = t->read_bytes;
    l->dram_write_bytes = t->write_bytes;
    l->input_sram_bytes = t->input_sram_bytes;
    l->weight_sram_bytes = t->weight_sram_bytes;
    l->output_sram_bytes = t->output_sram_bytes;
}

static ets_status describe_array(struct builder *b)
{
    if (!b->schedule->array) return ETS_OK;
    b->r->array = eti_arena_alloc(&b->r->arena, b->graph->n_ops, sizeof *b->r->array);
    if (!b->r->array) return eti_nomem(b->err);
    for (uint32_t i = 0; i < b->graph->n_ops; i++) describe_array_layer(b, i);
    return ETS_OK;
}

static void finish_layer(struct builder *b, uint32_t i)
{
    ets_layer *l = &b->r->layers[i];
    l->latency_ns = eti_ns_of_cycles(l->cycles, b->arch->clock_hz);
    l->utilization = l->where == ETS_ON_TPU ? eti_utilization(b->arch, useful_macs(b, i), l->cycles) : 0;
    l->bound_by = l->where == ETS_ON_TPU ? bound_of(l) : ETS_BOUND_NONE;
}

/* ------------------------------------------------------------------ what is repeated --------------------- */

/* The layer whose phases this one's repeat, all of them (schedule.c): what their commands do is known. NULL: none. */
static const ets_layer *repeated_by(const struct builder *b, size_t phase)
{
    const struct eti_phase *phases = b->schedule->program.phases;
    return phases[phase].same == phase ? NULL : &b->r->layers[phases[phases[phase].same].owner];
}

/* Is it the first of the phases of its owner, which follow each other; the last? */
static bool is_first(const struct eti_program *p, size_t i) { return !i || p->phases[i - 1].owner != p->phases[i].owner; }
static bool is_last(const struct eti_program *p, size_t i) { return i + 1 == p->n_phases || is_first(p, i + 1); }

/* ------------------------------------------------------------------ steps -------------------------------- */

static void add_tiles(const uint64_t *steps, uint32_t n, uint64_t *all, uint64_t *busiest)
{
    for (uint32_t t = 0; t < n; t++) {
        *all += steps[t];
        *busiest = eti_max(*busiest, steps[t]);
    }
}

/* Steps of the tensor ops of each layer; `whole` adds up all of them, input formatting too, by tile. `times`: of each phase, how often it
 * runs. */
static void add_steps(struct builder *b, const uint32_t *times, uint64_t *whole)
{
    const struct eti_program *p = &b->schedule->program;
    uint64_t steps[64] = {0};
    for (size_t i = 0; i < p->n_phases; i++) {
        const ets_layer *repeated = repeated_by(b, i);
        ets_layer *l = p->phases[i].owner < 0 ? NULL : &b->r->layers[p->phases[i].owner];
        if (!repeated) eti_add_steps(p, &p->phases[i], steps);
        if (!is_last(p, i)) continue;
        if (repeated) {
            l->steps_all_tiles = repeated->steps_all_tiles;
            l->steps_busiest_tile = repeated->steps_busiest_tile;
            continue;
        }
        if (l) add_tiles(steps, p->n_tiles, &l->steps_all_tiles, &l->steps_busiest_tile);
        for (uint32_t t = 0; t < p->n_tiles; t++) {
            whole[t] += steps[t] * times[i];
            steps[t] = 0;
        }
    }
}

static ets_status count_steps(struct builder *b)
{
    const struct eti_program *p = &b->schedule->program;
    const ets_allocator *mem = &b->r->arena.mem;
    uint64_t whole[64] = {0};
    if (!p->n_phases) return ETS_OK; /* all is on the host */
    uint32_t *times = eti_alloc(mem, p->n_phases, sizeof *times);
    if (!times) return eti_nomem(b->err);
    for (size_t i = 0; i < p->n_phases; i++) times[p->phases[i].same]++;
    add_steps(b, times, whole);
    add_tiles(whole, p->n_tiles, &b->r->summary.steps_all_tiles, &b->r->summary.steps_busiest_tile);
    eti_free(mem, times, p->n_phases, sizeof *times);
    return ETS_OK;
}

/* ------------------------------------------------------------------ time --------------------------------- */

const char *eti_phase_name(int32_t owner)
{
    switch (owner) {
    case ETI_OWNER_INVOKE: return "invoke";
    case ETI_OWNER_INSTRUCTIONS: return "instructions";
    case ETI_OWNER_INPUT: return "input";
    default: return "output";
    }
}

static uint64_t link_bytes(const struct eti_program *p, const struct eti_phase *phase)
{
    uint64_t sum = 0;
    for (uint32_t c = phase->first; c < phase->first + phase->count; c++)
        if (p->commands[c].unit == ETI_LINK_IN || p->commands[c].unit == ETI_LINK_OUT) sum += p->commands[c].bytes;
    return sum;
}

/* Consecutive phases of one owner that is no layer are one entry. */
static void add_phase(struct builder *b, size_t i)
{
    const struct eti_phase *phase = &b->schedule->program.phases[i];
    const struct eti_phase_time *t = &b->timeline->phases[i];
    bool same = i && b->schedule->program.phases[i - 1].owner == phase->owner;
    if (!same) {
        ets_phase *now = &b->r->phases[b->r->n_phases++];
        now->name = eti_phase_name(phase->owner);
        now->start_cycle = t->start_cycle;
    }
    ets_phase *now = &b->r->phases[b->r->n_phases - 1];
    now->cycles += t->end_cycle - t->start_cycle;
    now->bytes += link_bytes(&b->schedule->program, phase);
}

static ets_status add_times(struct builder *b)
{
    const struct eti_program *p = &b->schedule->program;
    size_t n = 0;
    for (size_t i = 0; i < p->n_phases; i++) n += p->phases[i].owner < 0;
    b->r->phases = eti_arena_alloc(&b->r->arena, n, sizeof *b->r->phases);
    if (!b->r->phases) return eti_nomem(b->err);
    for (size_t i = 0; i < p->n_phases; i++) {
        const struct eti_phase_time *t = &b->timeline->phases[i];
        if (p->phases[i].owner < 0) {
            add_phase(b, i);
            continue;
        }
        ets_layer *l = &b->r->layers[p->phases[i].owner];
        if (!l->cycles) l->start_cycle = t->start_cycle;
        l->cycles += t->end_cycle - t->start_cycle;
        eti_add_split(&l->split, &t->split);
        uint64_t *whose = l->where == ETS_ON_HOST ? &b->r->summary.host_cycles : &b->r->summary.chip_cycles;
        *whose += t->end_cycle - t->start_cycle;
    }
    return ETS_OK;
}

/* A layer that takes no time stands where the one before it ended; before all of them, where the first one begins. One whose time is
 * not known has no place. */
static void place_untimed(struct builder *b)
{
    uint64_t at = b->r->summary.cycles;
    for (uint32_t i = b->graph->n_ops; i-- > 0;)
        if (b->r->layers[i].cycles) at = b->r->layers[i].start_cycle;
    for (uint32_t i = 0; i < b->graph->n_ops; i++) {
        ets_layer *l = &b->r->layers[i];
        if (l->cycles) at = l->start_cycle + l->cycles;
        else if (l->timed) l->start_cycle = at;
    }
}

static ets_status add_scalesim_rows(struct builder *b)
{
    if (!b->r->array) return ETS_OK;
    b->r->scalesim = eti_arena_alloc(&b->r->arena, b->graph->n_ops, sizeof *b->r->scalesim);
    if (!b->r->scalesim) return eti_nomem(b->err);
    for (uint32_t i = 0; i < b->graph->n_ops; i++)
        if (b->r->layers[i].where == ETS_ON_TPU && b->schedule->array[i].work.product)
            b->r->scalesim[b->r->n_scalesim++] = eti_scalesim_row_of(b->arch, &b->schedule->array[i], b->r->layers[i].cycles);
    return ETS_OK;
}

/* ------------------------------------------------------------------ energy ------------------------------- */

static uint64_t phase_energy_fj(const struct builder *b, const struct eti_phase *phase)
{
    struct eti_activity a = {0};
    if (b->schedule->array) return b->schedule->array[phase->owner].energy_fj; /* a phase a layer */
    eti_add_activity(b->arch, &b->schedule->program, phase, &a);
    return eti_dynamic_energy_fj(b->arch, &a);
}

/* What the work of each layer takes; the sum of all, and of what is no layer's. */
static uint64_t add_energy(struct builder *b)
{
    const struct eti_program *p = &b->schedule->program;
    uint64_t all_fj = 0;
    for (size_t i = 0; i < p->n_phases; i++) {
        const ets_layer *repeated = repeated_by(b, i);
        if (repeated && !is_first(p, i)) continue;
        uint64_t fj = repeated ? repeated->energy_nj : phase_energy_fj(b, &p->phases[i]);
        all_fj = eti_sum(all_fj, fj);
        uint64_t *of_layer = p->phases[i].owner < 0 ? NULL : &b->r->layers[p->phases[i].owner].energy_nj;
        if (of_layer) *of_layer = eti_sum(*of_layer, fj);
    }
    for (uint32_t i = 0; i < b->graph->n_ops; i++) b->r->layers[i].energy_nj /= 1000000; /* summed in fJ */
    return all_fj;
}

/* ------------------------------------------------------------------ the whole ---------------------------- */

static ets_status build(struct builder *b)
{
    b->r->model = copy(b, b->graph->name);
    b->r->arch = copy(b, b->arch->name);
    b->r->n_layers = b->graph->n_ops;
    b->r->layers = eti_arena_alloc(&b->r->arena, b->graph->n_ops, sizeof *b->r->layers);
    if (!b->r->model || !b->r->arch || !b->r->layers) return eti_nomem(b->err);
    for (uint32_t i = 0; i < b->graph->n_ops; i++) {
        ETI_TRY(eti_spend(b->schedule->l.budget, ETI_PLAN_UNITS, b->err));
        ETI_TRY(describe_layer(b, i));
    }
    ETI_TRY(describe_links(b));
    ETI_TRY(describe_array(b));
    ETI_TRY(count_steps(b));
    ETI_TRY(add_times(b));
    ETI_TRY(add_scalesim_rows(b));
    for (uint32_t i = 0; i < b->graph->n_ops; i++) finish_layer(b, i);
    b->r->summary.cycles = b->timeline->cycles;
    eti_summarize(b->schedule, add_energy(b), &b->r->summary);
    place_untimed(b);
    b->r->n_tiles = b->schedule->program.n_tiles;
    b->r->feed_bytes_per_s = eti_feed_bytes_per_s(b->arch);
    return b->trace ? eti_build_trace(b->schedule, b->trace, b->r, b->err) : ETS_OK;
}

ets_status eti_build_report(const struct eti_schedule *schedule, const struct eti_timeline *timeline, const struct eti_trace *trace,
                            const ets_allocator *mem, ets_report **out, ets_error *err)
{
    ets_allocator a = eti_allocator(mem);
    ets_report *r = eti_alloc(&a, 1, sizeof *r);
    if (!r) return eti_nomem(err);
    eti_arena_init(&r->arena, mem);
    struct builder b = {schedule->l.arch, schedule->l.graph, schedule, timeline, trace, r, err};
    ets_status status = build(&b);
    if (status == ETS_OK) *out = r;
    else {
        eti_arena_free(&r->arena);
        eti_free(&a, r, 1, sizeof *r);
    }
    return status;
}
