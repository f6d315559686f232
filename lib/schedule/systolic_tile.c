/* systolic_tile.c - cuts a product to the memories. A bounded search: for each dataflow, part sizes that halve and third the
 * outputs, the largest channels and pixels that then fit and smaller ones while that helps, both orders of the outer loops; each
 * costed by the functions of timing/ and the chain that the engine will run. The depth is innermost, so that partial sums
 * never leave the output memory. */
#include <string.h>

#include "base/budget.h"
#include "base/clock.h"
#include "base/num.h"
#include "schedule/systolic.h"

#define PLACES 27 /* of a part: first, middle or last of three loops, the depth innermost */
#define FRUITLESS 2 /* sizes in a row, from the largest that fits downwards, that bring nothing: then no smaller one is tried */

struct search {
    const struct eti_arch *arch;
    const struct eti_work *w;
    struct eti_array array;
    struct eti_memory memory;
    uint64_t halves, input_room, weight_room, output_room;
    bool timed;                  /* is DRAM in the time? */
    struct eti_tiling now, best;
    uint64_t moved[PLACES][3];   /* by the parts of `now`: bytes of input, weights, results */
    bool found;
    struct eti_budget *budget;
    ets_status status;           /* not OK: every part is hopeless from here on */
    ets_error *err;
};

/* ------------------------------------------------------------------ sizes -------------------------------- */

static uint64_t parts_of(uint64_t total, uint64_t size) { return eti_ceil_div(total, size); }

/* Size of a first, middle or last part. */
static uint64_t size_of(uint64_t total, uint64_t size, int which)
{
    uint64_t n = parts_of(total, size);
    return n == 1 || which == 2 ? total - (n - 1) * size : size;
}

static uint64_t covered(uint64_t n, uint64_t stride, uint64_t reach, uint64_t all)
{
    uint64_t before = (n - 1) * stride, last = all > before ? eti_min(reach, all - before) : 0; /* it may hang over the edge */
    return eti_min(all, (n - 1) * eti_min(stride, reach) + last);
}

/* Elements of the map, of a channel, that the windows of `pixels` touch: whole rows of windows, or a piece of one. */
static uint64_t touched(const struct eti_work *w, uint64_t pixels)
{
    uint64_t rows = eti_ceil_div(pixels, w->columns), columns = rows > 1 || pixels == w->columns ? w->columns : pixels;
    return covered(rows, w->stride_h, w->reach_h, w->in_rows) * covered(columns, w->stride_w, w->reach_w, w->in_columns);
}

uint64_t eti_work_touched(const struct eti_work *w) { return touched(w, w->rows * w->columns); }

static uint64_t outputs_of(const struct search *s) { return s->w->groups > 1 ? s->w->groups : s->w->outputs; }

static bool weights_fit(const struct search *s)
{
    uint64_t per_output = s->w->taps * s->now.part_channels * (s->w->groups > 1 ? s->w->outputs : 1), bytes;
    return eti_mul(per_output, s->now.part_outputs * s->array.weight_bytes, &bytes) && bytes <= s->weight_room;
}

static bool sums_wait(const struct search *s)
{
    uint64_t depth = s->w->taps * s->now.part_channels;
    bool over_folds = s->now.flow != ETI_OUTPUT_STATIONARY && s->w->groups == 1 && depth > s->array.rows;
    return over_folds || s->now.part_channels < s->w->channels;
}

static bool activations_fit(const struct search *s)
{
    const struct eti_tiling *t = &s->now;
    uint64_t groups = s->w->groups > 1 ? t->part_outputs : 1, results = t->part_outputs * (s->w->groups > 1 ? s->w->outputs : 1);
    uint64_t in = touched(s->w, t->part_pixels) * t->part_channels * groups * s->array.activation_bytes;
    uint64_t out = t->part_pixels * results * (sums_wait(s) ? s->array.sum_bytes : s->array.activation_bytes);
    return (s->w->in_kept || in <= s->input_room) && out <= s->output_room;
}

/* ------------------------------------------------------------------ cost of a part ----------------------- */

/* `begins`, `ends`: the chain, or a step of it. */
struct part { uint64_t pixels, channels, outputs; bool first_depth, last_depth, first, begins, ends; };

static void add_pass(struct eti_pass *sum, const struct eti_pass *p, uint64_t times, bool first, bool last)
{
    if (!times) return;
    if (first) sum->lead = p->lead;
    sum->last = sum->body + (times - 1) * p->body + (last ? p->last : p->body);
    sum->body += times * p->body;
    sum->input_bytes += times * p->input_bytes;
    sum->weight_bytes += times * p->weight_bytes;
    sum->output_read_bytes += times * p->output_read_bytes;
    sum->output_write_bytes += times * p->output_write_bytes;
}

/* The passes of a part: one, or one a bundle of groups; a block-diagonal product of the bundle. */
static struct eti_pass passes_of(const struct search *s, const struct part *p)
{
    const struct eti_work *w = s->w;
    struct eti_gemm g = {p->pixels, w->taps * p->channels, p->outputs};
    if (w->groups == 1) return eti_pass_of(&s->array, s->now.flow, &g, !p->first_depth, !p->last_depth);
    struct eti_pass sum = {0, 0, 0, 0, 0, 0, 0}, one;
    uint64_t bundles = p->outputs / s->now.bundle, rest = p->outputs % s->now.bundle;
    g.depth = w->taps * w->channels * s->now.bundle;
    g.outputs = w->outputs * s->now.bundle;
    one = eti_pass_of(&s->array, s->now.flow, &g, false, false);
    add_pass(&sum, &one, bundles, true, !rest);
    g.depth = w->taps * w->channels * rest;
    g.outputs = w->outputs * rest;
    if (rest) one = eti_pass_of(&s->array, s->now.flow, &g, false, false);
    add_pass(&sum, &one, rest ? 1 : 0, !bundles, true);
    return sum;
}

/* Where the array and the transfers share the only bank of a memory, they take turns. */
static uint64_t with_transfers(const struct search *s, uint64_t cycles, const struct eti_pass *p, const uint64_t moved[3])
{
    if (!s->array.shared_ports || !s->timed) return cycles;
    if (s->arch->input_sram.banks == 1) cycles = eti_max(cycles, eti_ceil_div(p->input_bytes + moved[0], s->array.input_rate));
    if (s->arch->weight_sram.banks == 1) cycles = eti_max(cycles, eti_ceil_div(p->weight_bytes + moved[1], s->array.weight_rate));
    uint64_t results = p->output_read_bytes + p->output_write_bytes + moved[2];
    return s->arch->output_sram.banks == 1 ? eti_max(cycles, eti_ceil_div(results, s->array.output_rate)) : cycles;
}

/* What a part loads: weights unless the part before used the same ones, and the same of activations. */
struct loads { bool input, weights; };
static struct loads loads_of(const struct search *s, const int which[3], uint64_t n_pixels, uint64_t n_outputs)
{
    bool deep = s->now.part_channels < s->w->channels, outside = s->now.pixels_outside;
    bool first_inner = which[1] == 0, first_outer = which[2] == 0;
    struct loads l;
    l.weights = deep || (outside ? n_outputs > 1 || first_outer : first_inner);
    l.input = deep || s->w->groups > 1 || (outside ? first_inner : n_pixels > 1 || first_outer);
    return l;
}

static struct part part_at(const struct search *s, const int which[3])
{
    const struct eti_tiling *t = &s->now;
    int p = t->pixels_outside ? which[2] : which[1], n = t->pixels_outside ? which[1] : which[2];
    struct part part;
    part.pixels = size_of(s->w->rows * s->w->columns, t->part_pixels, p);
    part.channels = size_of(s->w->channels, t->part_channels, which[0]);
    part.outputs = size_of(outputs_of(s), t->part_outputs, n);
    part.first_depth = which[0] == 0;
    part.last_depth = which[0] == 2 || t->compute.count[0] == 1;
    bool last_step = which[2] == 2 || t->compute.count[2] == 1, steps = s->w->steps > 1;
    part.first = part.first_depth && which[1] == 0 && which[2] == 0;
    part.begins = part.first_depth && which[1] == 0 && (which[2] == 0 || steps);
    part.ends = part.last_depth && (which[1] == 2 || t->compute.count[1] == 1) && (last_step || steps);
    return part;
}

/* Bytes that a part moves: input, weights (with a bias a result), results; how often the chain has such a part. */
static void bytes_of(const struct search *s, const struct part *p, struct loads l, uint64_t moved[3])
{
    const struct eti_work *w = s->w;
    uint64_t groups = w->groups > 1 ? p->outputs : 1, results = p->outputs * (w->groups > 1 ? w->outputs : 1);
    uint64_t all = w->rows * w->columns * w->outputs * w->groups * w->steps, weights = w->taps * p->channels * results;
    uint64_t outside = w->state ? eti_mul_div_ceil(p->channels, w->channels - w->state, w->channels) : p->channels; /* the state is here */
    moved[0] = l.input && !w->in_kept ? touched(w, p->pixels) * outside * groups * s->array.activation_bytes : 0;
    moved[1] = l.weights ? weights * s->array.weight_bytes + (p->first_depth ? results * s->array.sum_bytes : 0) : 0;
    moved[2] = p->last_depth && !w->out_kept ? eti_mul_div_ceil(w->out_bytes, p->pixels * results, all) : 0;
}

/* Contiguous bytes of the map in memory: all of it, or the channels of a pixel. */
static uint64_t piece_of(const struct search *s, const struct part *p)
{
    uint64_t channels = p->channels * (s->w->groups > 1 ? p->outputs : 1), all = s->w->channels * s->w->groups;
    return channels == all ? s->w->in_bytes : channels * s->array.activation_bytes;
}

/* Which part of each loop stands at place `i`; false: this product has none there. */
static bool part_of_each(const struct search *s, int i, int which[3])
{
    bool occurs = true;
    for (int loop = 0; loop < 3; loop++, i /= 3) {
        uint64_t n = s->now.compute.count[loop];
        which[loop] = i % 3;
        occurs &= which[loop] == 0 || (which[loop] == 2 ? n > 1 : n > 2);
    }
    return occurs;
}

static uint64_t how_often(const struct search *s, const int which[3])
{
    uint64_t times = 1;
    for (int loop = 0; loop < 3; loop++) times *= which[loop] == 1 ? s->now.compute.count[loop] - 2 : 1;
    return times;
}

/* What each part moves, and all of them. */
static void count_bytes(struct search *s)
{
    struct eti_tiling *t = &s->now;
    uint64_t n_pixels = t->compute.count[t->pixels_outside ? 2 : 1], n_outputs = t->compute.count[t->pixels_outside ? 1 : 2];
    int which[3];
    t->read_bytes = t->write_bytes = 0;
    for (int i = 0; i < PLACES; i++) {
        if (!part_of_each(s, i, which)) continue;
        struct part p = part_at(s, which);
        bytes_of(s, &p, loads_of(s, which, n_pixels, n_outputs), s->moved[i]);
        t->read_bytes += how_often(s, which) * (s->moved[i][0] + s->moved[i][1]);
        t->write_bytes += how_often(s, which) * s->moved[i][2];
    }
}

/* ------------------------------------------------------------------ cost of a candidate ------------------ */

static void set_counts(struct search *s)
{
    struct eti_tiling *t = &s->now;
    uint64_t pixels = s->w->steps > 1 ? s->w->steps : parts_of(s->w->rows * s->w->columns, t->part_pixels), outputs = parts_of(outputs_of(s), t->part_outputs);
    uint64_t count[3] = {parts_of(s->w->channels, t->part_channels), t->pixels_outside ? outputs : pixels, t->pixels_outside ? pixels : outputs};
    memcpy(t->compute.count, count, sizeof count);
    memcpy(t->read.count, count, sizeof count);
    memcpy(t->write.count, count, sizeof count);
    t->compute_cycles = t->input_sram_bytes = t->weight_sram_bytes = t->output_sram_bytes = 0;
}

/* What stays is loaded with nothing to hide behind at the first part; if it is the result of the step before, at every step. */
static bool leads(const struct search *s, const struct part *p)
{
    return p->first || (p->begins && s->now.flow == ETI_INPUT_STATIONARY);
}

/* The vector unit makes the state of the next step. */
static uint64_t between_steps(const struct search *s)
{
    if (!s->w->operations) return 0;
    return s->arch->vector.start_cycles + eti_ceil_div(s->w->operations / s->w->steps, s->array.lanes);
}

static void cost_part(struct search *s, const int which[3], const uint64_t moved[3])
{
    struct eti_tiling *t = &s->now;
    uint64_t times = how_often(s, which);
    struct part p = part_at(s, which);
    struct eti_pass pass = passes_of(s, &p);
    uint64_t cycles = (leads(s, &p) ? pass.lead : 0) + (p.ends ? pass.last + between_steps(s) : pass.body);
    t->compute.cycles[which[2]][which[1]][which[0]] = with_transfers(s, cycles, &pass, moved);
    t->compute_cycles += times * t->compute.cycles[which[2]][which[1]][which[0]];
    t->read.cycles[which[2]][which[1]][which[0]] =
        s->timed ? eti_memory_cycles(&s->memory, moved[0], piece_of(s, &p)) + eti_memory_cycles(&s->memory, moved[1], moved[1]) : 0;
    t->write.cycles[which[2]][which[1]][which[0]] = s->timed ? eti_memory_cycles(&s->memory, moved[2], moved[2]) : 0;
    t->input_sram_bytes += times * pass.input_bytes;
    t->weight_sram_bytes += times * pass.weight_bytes;
    t->output_sram_bytes += times * (pass.output_read_bytes + pass.output_write_bytes);
}

/* Bytes alone already take as long as the best: not worth a closer look. */
static bool hopeless(const struct search *s)
{
    uint64_t bytes = s->now.read_bytes + s->now.write_bytes;
    return s->found && s->timed && eti_memory_cycles(&s->memory, bytes, bytes) >= s->best.cycles;
}

/* Whether it is the best so far. */
static bool consider(struct search *s)
{
    struct eti_tiling *t = &s->now;
    if (s->status == ETS_OK) s->status = eti_spend(s->budget, ETI_PLAN_UNITS, s->err);
    if (s->status != ETS_OK) return false;
    set_counts(s);
    count_bytes(s);
    if (hopeless(s)) return false;
    for (int i = 0, which[3]; i < PLACES; i++)
        if (part_of_each(s, i, which)) cost_part(s, which, s->moved[i]);
    s->status = eti_chain_within(t, s->halves, s->timed ? s->memory.latency_cycles : 0, s->budget, &t->cycles, s->err);
    bool better = !s->found || t->cycles < s->best.cycles ||
                  (t->cycles == s->best.cycles && t->read_bytes + t->write_bytes < s->best.read_bytes + s->best.write_bytes);
    if (better) s->best = *t;
    s->found = true;
    return better;
}

/* ------------------------------------------------------------------ the search --------------------------- */

static bool try_orders(struct search *s)
{
    bool better = false;
    bool one_way = s->now.part_pixels == s->w->rows * s->w->columns || s->now.part_outputs == outputs_of(s);
    for (int order = 0; order < (one_way ? 1 : 2); order++) {
        s->now.pixels_outside = order == 1 || s->w->steps > 1;
        better |= consider(s);
    }
    return better;
}

enum fit { TOO_LARGE, FITS, BETTER };

static enum fit try_part(struct search *s, uint64_t pixels)
{
    s->now.part_pixels = pixels;
    if (!activations_fit(s)) return TOO_LARGE;
    return try_orders(s) ? BETTER : FITS;
}

/* Whole rows of positions while a row fits, then pieces of a row. */
static enum fit try_pixels(struct search *s)
{
    enum fit all = TOO_LARGE, one;
    uint64_t size;
    int fruitless = 0;
    for (uint64_t n = 1; fruitless < FRUITLESS; n = eti_next_parts(n)) {
        size = eti_ceil_div(s->w->rows, n);
        one = try_part(s, size * s->w->columns);
        if (s->w->steps > 1) return one; /* a step is not cut */
        if (one > all) all = one;
        fruitless = one == FITS ? fruitless + 1 : 0;
        if (size == 1) break;
    }
    for (uint64_t n = 2; all == TOO_LARGE; n *= 2) {
        size = eti_ceil_div(s->w->columns, n);
        all = try_part(s, size);
        if (size == 1) break;
    }
    return all;
}

static void try_channels(struct search *s)
{
    int fruitless = 0;
    for (uint64_t n = 1, size; fruitless < FRUITLESS; n = eti_next_parts(n)) {
        size = eti_ceil_div(s->w->channels, n);
        if (size > s->array.rows) size = eti_min(s->w->channels, eti_round_up(size, s->array.rows));
        s->now.part_channels = size;
        enum fit fit = weights_fit(s) ? try_pixels(s) : TOO_LARGE;
        fruitless = fit == FITS ? fruitless + 1 : 0;
        if (eti_ceil_div(s->w->channels, n) == 1 || s->w->groups > 1) break;
    }
}

/* Whole columns of the array, or whole bundles of groups. */
static void try_outputs(struct search *s)
{
    uint64_t total = outputs_of(s), grain = s->w->groups > 1 ? s->now.bundle : s->array.columns, last = 0;
    for (uint64_t n = 1, size;; n = eti_next_parts(n)) {
        uint64_t even = eti_ceil_div(total, n);
        size = even > grain ? eti_min(total, eti_round_up(even, grain)) : even;
        s->now.part_outputs = size;
        if (size != last) try_channels(s);
        last = size;
        if (even == 1 || (s->timed ? false : s->found)) break;
    }
}

/* Groups beside each other on the diagonal of the array: as many as rows, as columns hold, both, or one. */
static void try_bundles(struct search *s)
{
    const struct eti_work *w = s->w;
    uint64_t down = eti_max(1, s->array.rows / (w->taps * w->channels)), across = eti_max(1, s->array.columns / w->outputs);
    uint64_t sizes[3] = {eti_min(w->groups, eti_min(down, across)), eti_min(w->groups, eti_max(down, across)), 1};
    bool alone = w->groups == 1 || s->array.convention == ETI_SCALESIM;
    for (int i = alone ? 2 : 0; i < 3; i++) {
        if (i > 0 && !alone && sizes[i] == sizes[i - 1]) continue;
        s->now.bundle = sizes[i];
        try_outputs(s);
    }
}

/* As a simulator without memory does it: whole, whatever the memories hold. */
static void take_whole(struct search *s)
{
    s->now.part_pixels = s->w->rows * s->w->columns;
    s->now.part_channels = s->w->channels;
    s->now.part_outputs = outputs_of(s);
    s->now.bundle = 1;
    s->now.pixels_outside = s->w->steps > 1;
    consider(s);
}

/* Folds of the whole product; of what they hold, the share that is not filled up with zeros. */
static void count_folds(const struct search *s, struct eti_tiling *t)
{
    const struct eti_work *w = s->w;
    struct eti_gemm g = {w->rows * w->columns, w->taps * w->channels * t->bundle, w->outputs * t->bundle}, one = eti_gemm_of(w);
    struct eti_folds f = eti_folds_of(&s->array, t->flow, &g), useful = eti_folds_of(&s->array, t->flow, &one);
    t->folds = f.down * f.across * eti_ceil_div(w->groups, t->bundle) * w->steps;
    double places = (double)t->folds * (double)s->array.rows * (double)s->array.columns;
    t->mapping_efficiency = (double)w->groups * (double)w->steps * (double)useful.row_size * (double)useful.column_size / places;
}

ets_status eti_tile(const struct eti_arch *arch, const struct eti_memory *memory, const struct eti_work *w, struct eti_budget *budget,
                    struct eti_tiling *out, ets_error *err)
{
    struct search s;
    memset(&s, 0, sizeof s);
    s.arch = arch;
    s.w = w;
    s.budget = budget;
    s.err = err;
    s.array = eti_array_of(arch);
    s.memory = *memory;
    s.halves = arch->sram.double_buffered ? 2 : 1;
    s.input_room = arch->input_sram.bytes / s.halves / (w->out_kept ? 2 : 1); /* the other half is the result's */
    s.weight_room = arch->weight_sram.bytes / s.halves;
    s.output_room = arch->output_sram.bytes / s.halves;
    s.timed = arch->schedule.convention != ETI_SCALESIM;
    bool any = false;
    for (int flow = 0; flow < ETI_DATAFLOWS; flow++) { /* each by itself, so that the best of all is the best of each */
        if (arch->schedule.dataflow != ETI_DATAFLOW_AUTO && arch->schedule.dataflow != (uint64_t)flow) continue;
        s.found = false;
        s.now.flow = (enum eti_dataflow)flow;
        if (s.timed) try_bundles(&s);
        else take_whole(&s);
        if (s.found && (!any || s.best.cycles < out->cycles)) *out = s.best;
        any |= s.found;
    }
    if (s.status != ETS_OK) return s.status;
    if (!any) return ETS_CAPACITY;
    if (w->out_kept) out->input_sram_bytes += w->out_bytes;
    count_folds(&s, out);
    return ETS_OK;
}
