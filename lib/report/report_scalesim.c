/* report_scalesim.c - the three files that SCALE-Sim v2 writes, with its names of files and columns, so that a user's scripts
 * go on working. What each column counts: docs/FORMATS.md. */
#include "report/report.h"

/* As the tool writes it: a whole number has a point, too. */
static void put_double(struct eti_text *out, double value)
{
    eti_text_add(out, ", ");
    eti_text_add_double(out, value);
    if (value == (double)(int64_t)value && value < 1e15) eti_text_add(out, ".0");
}

static void put_count(struct eti_text *out, uint64_t value)
{
    eti_text_printf(out, ", %llu", (unsigned long long)value);
}

void eti_report_scalesim_compute(const ets_report *r, struct eti_text *out)
{
    eti_text_add(out, "LayerID, Total Cycles, Stall Cycles, Overall Util %, Mapping Efficiency %, Compute Util %,\n");
    for (size_t i = 0; i < r->n_scalesim; i++) {
        const struct eti_scalesim_row *row = &r->scalesim[i];
        eti_text_printf(out, "%zu", i);
        put_count(out, row->total_cycles);
        put_count(out, row->stall_cycles);
        put_double(out, row->overall_util);
        put_double(out, row->mapping_efficiency);
        put_double(out, row->compute_util);
        eti_text_add(out, ",\n");
    }
}

void eti_report_scalesim_bandwidth(const ets_report *r, struct eti_text *out)
{
    eti_text_add(out, "LayerID, Avg IFMAP SRAM BW, Avg FILTER SRAM BW, Avg OFMAP SRAM BW, Avg IFMAP DRAM BW, Avg FILTER DRAM BW, "
                      "Avg OFMAP DRAM BW,\n");
    for (size_t i = 0; i < r->n_scalesim; i++) {
        eti_text_printf(out, "%zu", i);
        for (int k = 0; k < 3; k++) put_double(out, r->scalesim[i].stream[k].sram_rate);
        for (int k = 0; k < 3; k++) put_double(out, r->scalesim[i].stream[k].dram_rate);
        eti_text_add(out, ",\n");
    }
}

void eti_report_scalesim_access(const ets_report *r, struct eti_text *out)
{
    static const char *const names[] = {"IFMAP", "Filter", "OFMAP"}, *const does[] = {"Reads", "Reads", "Writes"};
    eti_text_add(out, "LayerID");
    for (int memory = 0; memory < 2; memory++)
        for (int k = 0; k < 3; k++)
            eti_text_printf(out, ", %s %s Start Cycle, %s %s Stop Cycle, %s %s %s", memory ? "DRAM" : "SRAM", names[k],
                            memory ? "DRAM" : "SRAM", names[k], memory ? "DRAM" : "SRAM", names[k], does[k]);
    eti_text_add(out, ",\n");
    for (size_t i = 0; i < r->n_scalesim; i++) {
        eti_text_printf(out, "%zu", i);
        for (int k = 0; k < 6; k++) {
            put_count(out, r->scalesim[i].stream[k % 3].start);
            put_count(out, r->scalesim[i].stream[k % 3].stop);
            put_count(out, k < 3 ? r->scalesim[i].stream[k].sram : r->scalesim[i].stream[k - 3].dram);
        }
        eti_text_add(out, ",\n");
    }
}
