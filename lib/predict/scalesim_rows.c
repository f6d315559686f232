/* scalesim_rows.c - see scalesim_rows.h. Rules of SCALE-Sim v2, worked out from its results and held by a test over all of
 * them; where it counts oddly, so does this. A group is a layer of its own there: rows add its groups up. */
#include "predict/scalesim_rows.h"

#include "base/num.h"

/* Words a cycle from DRAM while it prefetches: whole hundredths of a memory at 10 words a cycle, up to 50 of them; what does
 * not fit is spread over the layer. */
static double prefetch_rate(uint64_t words, uint64_t sram_bytes, uint64_t cycles)
{
    uint64_t set = sram_bytes / 100;
    if (set && eti_ceil_div(words, set) <= 50) return (double)words / (double)eti_ceil_div(eti_ceil_div(words, set) * set, 10);
    return cycles ? (double)words / (double)cycles : 0;
}

/* First and last cycle of each stream: what stays is loaded first, rows are skewed, the last fold ends the layer. */
static void set_windows(struct eti_scalesim_row *row, const struct eti_array *a, enum eti_dataflow flow, const struct eti_folds *f)
{
    bool sums_stay = flow == ETI_OUTPUT_STATIONARY;
    uint64_t load = sums_stay ? 0 : a->rows, fold = load + f->turns + a->skew, last = (f->down * f->across - 1) * fold;
    int staying = flow == ETI_INPUT_STATIONARY ? 0 : 1, moving = 1 - staying;
    row->stream[moving].start = load;
    row->stream[moving].stop = last + load + f->turns + a->rows - 2;
    row->stream[staying].start = 0;
    row->stream[staying].stop = sums_stay ? last + f->turns + a->columns - 2 : last + a->rows - 1;
    row->stream[2].start = sums_stay ? f->turns - 1 : load + a->rows - 1;
    row->stream[2].stop = last + fold - 1;
}

static void set_accesses(struct eti_scalesim_row *row, const struct eti_arch *arch, const struct eti_array *a, const struct eti_array_plan *p,
                         const struct eti_folds *f)
{
    const struct eti_work *w = &p->work;
    struct eti_gemm g = eti_gemm_of(w);
    struct eti_scalesim_counts c = eti_scalesim_counts_of(a, p->tiling.flow, &g);
    uint64_t sram[3] = {c.input_reads, c.weight_reads, c.output_writes}, room[2] = {arch->input_sram.bytes, arch->weight_sram.bytes};
    uint64_t dram[3] = {eti_work_touched(w) * w->channels, g.depth * g.outputs,
                        g.pixels * g.outputs * (p->tiling.flow == ETI_OUTPUT_STATIONARY ? 1 : f->down)};
    for (int k = 0; k < 3; k++) { /* of a recurrent layer, weights come once */
        row->stream[k].sram = sram[k] * w->groups * w->steps;
        row->stream[k].dram = dram[k] * w->groups * (k == 1 ? 1 : w->steps);
        row->stream[k].sram_rate = row->total_cycles ? (double)row->stream[k].sram / (double)row->total_cycles : 0;
        row->stream[k].dram_rate = k < 2 ? prefetch_rate(dram[k], room[k], row->total_cycles)
                                         : row->total_cycles ? (double)row->stream[k].dram / (double)row->total_cycles : 0;
    }
}

struct eti_scalesim_row eti_scalesim_row_of(const struct eti_arch *arch, const struct eti_array_plan *p, uint64_t cycles)
{
    struct eti_scalesim_row row;
    struct eti_array a = eti_array_of(arch);
    struct eti_gemm g = eti_gemm_of(&p->work);
    struct eti_folds f = eti_folds_of(&a, p->tiling.flow, &g);
    double places = (double)a.rows * (double)a.columns, folds = (double)f.down * (double)f.across;
    double held = (double)f.row_size * (double)f.column_size, groups = (double)p->work.groups * (double)p->work.steps;
    bool sums_stay = p->tiling.flow == ETI_OUTPUT_STATIONARY, tool = a.convention == ETI_SCALESIM;
    uint64_t fold = f.turns + a.skew + (sums_stay ? 0 : a.rows);
    row.total_cycles = tool ? cycles - p->work.groups : cycles; /* the tool reports the index of the last cycle */
    row.stall_cycles = cycles - eti_min(cycles, p->tiling.compute_cycles);
    row.overall_util = row.total_cycles ? 100 * groups * held * (double)f.turns / ((double)row.total_cycles * places) : 0;
    row.mapping_efficiency = 100 * held / (folds * places);
    row.compute_util = row.mapping_efficiency * (double)f.turns / (double)(fold + (sums_stay ? 0 : a.columns - 1));
    set_windows(&row, &a, p->tiling.flow, &f);
    set_accesses(&row, arch, &a, p, &f);
    return row;
}
