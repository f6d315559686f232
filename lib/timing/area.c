/* area.c - see area.h. Sources: arithmetic at 45 nm from Horowitz, "Computing's Energy Problem", ISSCC 2014, and Dally's
 * tutorial at NIPS 2015 (8-bit multiply 282 um2, 8-bit add 36, 32-bit add 137); a 6T cell of 0.346 um2 from Mistry et al.,
 * IEDM 2007, of which half of a memory consists. */
#include "timing/area.h"

#define MULTIPLY_8_UM2 282.0
#define ADD_32_UM2 137.0
#define SRAM_BIT_UM2 (0.346 / 0.5)

uint64_t eti_peak_macs_per_cycle(const struct eti_arch *a)
{
    if (a->kind == ETI_SYSTOLIC) return a->array.rows * a->array.columns;
    return a->grid.x * a->grid.y * a->tile.cores * a->tile.cells * a->tile.lanes;
}

uint64_t eti_chip_bytes(const struct eti_arch *a)
{
    if (a->kind == ETI_SYSTOLIC) return a->input_sram.bytes + a->weight_sram.bytes + a->output_sram.bytes;
    return a->grid.x * a->grid.y * (a->tile.narrow_bytes + a->tile.wide_bytes);
}

/* A multiplier grows with the square of its operands' width; a lane of the vector unit is a multiplier and an adder. */
double eti_area_mm2(const struct eti_arch *a)
{
    double macs = (double)eti_peak_macs_per_cycle(a), width = 1, lanes = 0;
    if (a->kind == ETI_SYSTOLIC) {
        width = (double)(a->data.activation_bytes * a->data.weight_bytes);
        lanes = (double)a->vector.lanes;
    }
    double arithmetic = macs * (MULTIPLY_8_UM2 * width + ADD_32_UM2) + lanes * (MULTIPLY_8_UM2 + ADD_32_UM2);
    return (arithmetic + 8.0 * (double)eti_chip_bytes(a) * SRAM_BIT_UM2) / 1e6;
}
