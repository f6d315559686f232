/* systolic.c - passes of a systolic array. See systolic.h; sources and tests in docs/MODEL.md. */
#include "timing/systolic.h"

#include "base/num.h"

/* Bytes a cycle on the array's side of a memory: all banks, or those of one half; one bank for both if there is one. */
static uint64_t array_rate(const struct eti_sram *m, bool halves)
{
    uint64_t banks = halves && m->banks > 1 ? m->banks / 2 : m->banks;
    return banks * m->ports * m->bytes_per_cycle;
}

struct eti_array eti_array_of(const struct eti_arch *arch)
{
    bool halves = arch->sram.double_buffered != 0;
    struct eti_array a;
    a.rows = arch->array.rows;
    a.columns = arch->array.columns;
    a.skew = a.rows + a.columns - 2 + arch->array.pipeline_cycles - 1;
    a.convention = (enum eti_convention)arch->schedule.convention;
    a.activation_bytes = arch->data.activation_bytes;
    a.weight_bytes = arch->data.weight_bytes;
    a.sum_bytes = arch->data.sum_bytes;
    a.input_rate = array_rate(&arch->input_sram, halves);
    a.weight_rate = array_rate(&arch->weight_sram, halves);
    a.output_rate = array_rate(&arch->output_sram, halves);
    a.lanes = arch->vector.lanes;
    if (a.convention == ETI_SCALESIM) a.input_rate = a.weight_rate = a.output_rate = a.lanes = UINT64_MAX;
    a.shared_ports = halves && a.convention != ETI_SCALESIM &&
                     (arch->input_sram.banks == 1 || arch->weight_sram.banks == 1 || arch->output_sram.banks == 1);
    return a;
}

struct eti_folds eti_folds_of(const struct eti_array *a, enum eti_dataflow flow, const struct eti_gemm *g)
{
    struct eti_folds f;
    f.row_size = flow == ETI_OUTPUT_STATIONARY ? g->pixels : g->depth;
    f.column_size = flow == ETI_INPUT_STATIONARY ? g->pixels : g->outputs;
    f.turns = flow == ETI_OUTPUT_STATIONARY ? g->depth : flow == ETI_INPUT_STATIONARY ? g->outputs : g->pixels;
    f.down = eti_ceil_div(f.row_size, a->rows);
    f.across = eti_ceil_div(f.column_size, a->columns);
    return f;
}

uint64_t eti_pass_cycles(const struct eti_array *a, enum eti_dataflow flow, const struct eti_gemm *g)
{
    struct eti_folds f = eti_folds_of(a, flow, g);
    uint64_t load = flow == ETI_OUTPUT_STATIONARY ? 0 : a->rows, folds, cycles;
    if (!eti_mul(f.down, f.across, &folds)) return UINT64_MAX;
    if (a->convention != ETI_DOUBLE_BUFFERED)
        return eti_mul(folds, f.turns + a->skew + load, &cycles) ? cycles : UINT64_MAX;
    bool fits = eti_mul(folds - 1, eti_max(f.turns, a->rows), &cycles) && eti_add(cycles, load + f.turns + a->skew, &cycles);
    return fits ? cycles : UINT64_MAX;
}

/* ------------------------------------------------------------------ through ports ------------------------ */

/* A fold: rows and columns that work, whether it adds to sums in memory, whether its sums are final. */
struct fold { uint64_t rows, columns, turns; bool adds, ends; };
struct fold_cost { uint64_t stream, swap; };

static uint64_t slowest(uint64_t cycles, uint64_t bytes, uint64_t rate)
{
    return eti_max(cycles, eti_ceil_div(bytes, rate));
}

/* Results of a fold through the output memory's port; a final one also through the vector unit, which scales it. */
static uint64_t results_out(const struct eti_array *a, const struct fold *f, uint64_t results, uint64_t cycles,
                            struct eti_pass *p, uint64_t times)
{
    uint64_t written = results * (f->ends ? a->activation_bytes : a->sum_bytes), read = f->adds ? results * a->sum_bytes : 0;
    p->output_write_bytes += written * times;
    p->output_read_bytes += read * times;
    cycles = slowest(cycles, written + read, a->output_rate);
    return f->ends ? slowest(cycles, results, a->lanes) : cycles;
}

/* `stream`: turns go by. `swap`: what stays is replaced, behind the stream of the fold before. */
static struct fold_cost cost_of(const struct eti_array *a, enum eti_dataflow flow, const struct fold *f, struct eti_pass *p,
                                uint64_t times)
{
    struct fold_cost c = {f->turns, a->rows};
    uint64_t inputs = f->turns * f->rows * a->activation_bytes, weights = f->rows * f->columns * a->weight_bytes;
    uint64_t results = f->turns * f->columns;
    if (flow == ETI_INPUT_STATIONARY) {
        inputs = f->rows * f->columns * a->activation_bytes;
        weights = f->turns * f->rows * a->weight_bytes;
    } else if (flow == ETI_OUTPUT_STATIONARY) {
        weights = f->turns * f->columns * a->weight_bytes;
        results = f->rows * f->columns;
    }
    uint64_t *of_inputs = flow == ETI_INPUT_STATIONARY ? &c.swap : &c.stream;
    uint64_t *of_weights = flow == ETI_WEIGHT_STATIONARY ? &c.swap : &c.stream;
    uint64_t *of_results = flow == ETI_OUTPUT_STATIONARY ? &c.swap : &c.stream;
    *of_inputs = slowest(*of_inputs, inputs, a->input_rate);
    *of_weights = slowest(*of_weights, weights, a->weight_rate);
    *of_results = results_out(a, f, results, *of_results, p, times);
    p->input_bytes += inputs * times;
    p->weight_bytes += weights * times;
    return c;
}

/* Folds that are alike: `times` of them; `last`: the last of all is among them. */
static void add_folds(const struct eti_array *a, enum eti_dataflow flow, const struct fold *f, uint64_t times, bool last,
                      struct eti_pass *p)
{
    if (!times) return;
    bool sums_stay = flow == ETI_OUTPUT_STATIONARY, overlaps = a->convention == ETI_DOUBLE_BUFFERED;
    struct fold_cost c = cost_of(a, flow, f, p, times);
    uint64_t serial = eti_max(c.stream + a->skew, c.swap);
    if (!sums_stay) serial = c.stream + a->skew + c.swap;
    uint64_t one = overlaps ? eti_max(c.stream, c.swap) : serial;
    if (overlaps && !sums_stay && !p->body) p->lead = c.swap;
    p->body += times * one;
    if (last) p->last = p->body;
    if (last && overlaps) p->last += c.stream + a->skew + (sums_stay ? c.swap - 1 : 0) - one;
}

struct eti_pass eti_pass_of(const struct eti_array *a, enum eti_dataflow flow, const struct eti_gemm *g, bool continues,
                            bool unfinished)
{
    struct eti_folds n = eti_folds_of(a, flow, g);
    struct eti_pass p = {0, 0, 0, 0, 0, 0, 0};
    uint64_t edge_rows = n.row_size - (n.down - 1) * a->rows, edge_columns = n.column_size - (n.across - 1) * a->columns;
    bool over_depth = flow != ETI_OUTPUT_STATIONARY; /* folds over the rows are parts of the depth */
    for (int edge = 0; edge < 2; edge++) {           /* full columns, then what is left */
        uint64_t columns = edge ? edge_columns : a->columns, times = edge ? 1 : n.across - 1;
        struct fold first = {n.down > 1 ? a->rows : edge_rows, columns, n.turns, continues, !unfinished && (!over_depth || n.down == 1)};
        struct fold middle = first, last = first;
        middle.adds = over_depth || continues;
        last.rows = edge_rows;
        last.adds = middle.adds;
        last.ends = !unfinished;
        add_folds(a, flow, &first, times, edge && n.down == 1, &p);
        if (n.down > 2) add_folds(a, flow, &middle, times * (n.down - 2), false, &p);
        if (n.down > 1) add_folds(a, flow, &last, times, edge == 1, &p);
    }
    return p;
}

struct eti_scalesim_counts eti_scalesim_counts_of(const struct eti_array *a, enum eti_dataflow flow, const struct eti_gemm *g)
{
    struct eti_folds f = eti_folds_of(a, flow, g);
    struct eti_scalesim_counts c = {g->pixels * g->depth, g->depth * g->outputs, g->pixels * g->outputs};
    if (flow == ETI_OUTPUT_STATIONARY) {
        c.input_reads *= f.across;
        c.weight_reads *= f.down;
        c.output_writes += f.down * f.across * (a->rows + a->columns);
        return c;
    }
    *(flow == ETI_INPUT_STATIONARY ? &c.weight_reads : &c.input_reads) *= f.across;
    c.output_writes *= f.down;
    return c;
}
