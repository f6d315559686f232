/* arch_check.c - what the table of fields cannot say: rules of one field (RANGE) and across fields (CONFLICT). One function a rule;
 * its sentence is what the user reads. */
#include "arch/arch_fields.h"

typedef const char *rule(const struct eti_arch *a);

/* ------------------------------------------------------------------ any machine -------------------------- */

static const char *name_is_given(const struct eti_arch *a)
{
    return a->name[0] ? NULL : "name: a machine needs one";
}

/* ------------------------------------------------------------------ tile grid ---------------------------- */

static const char *whole_units(const struct eti_arch *a)
{
    return a->tile.wide_bytes % 64 ? "tile.wide_bytes: wide memory is allotted in units of 64 bytes; give a multiple" : NULL;
}

static const char *whole_words(const struct eti_arch *a)
{
    return a->tile.narrow_bytes % a->tile.lanes ? "tile.narrow_bytes: must be a multiple of tile.lanes, a word" : NULL;
}

static const char *a_packet_is_a_row(const struct eti_arch *a)
{
    return a->ring.packet_bytes == a->tile.cells * a->tile.lanes
               ? NULL
               : "ring.packet_bytes: a packet is one weight row, tile.cells x tile.lanes bytes";
}

static const char *whole_cell_words(const struct eti_arch *a)
{
    return a->tile.cells % a->tile.lanes ? "tile.cells: must be a multiple of tile.lanes" : NULL;
}

/* ------------------------------------------------------------------ systolic ----------------------------- */

/* Each memory, or its half, holds one operand of the smallest fold: a row of inputs, a row of weights, a row of sums. */
static const char *memories_hold_a_fold(const struct eti_arch *a)
{
    if (a->schedule.convention == ETI_SCALESIM) return NULL; /* not timed, so not checked */
    uint64_t parts = a->sram.double_buffered ? 2 : 1, most = a->array.rows > a->array.columns ? a->array.rows : a->array.columns;
    if (a->input_sram.bytes / parts < most * a->data.activation_bytes)
        return "input_sram.bytes: does not hold one activation for each row and column of the array";
    if (a->weight_sram.bytes / parts < most * a->data.weight_bytes)
        return "weight_sram.bytes: does not hold one weight for each row and column of the array";
    if (a->output_sram.bytes / parts < most * a->data.sum_bytes)
        return "output_sram.bytes: does not hold one partial sum for each row and column of the array";
    return NULL;
}

static const char *parts_of_an_address(const struct eti_arch *a)
{
    enum eti_dram_field order[ETI_DRAM_FIELDS];
    return eti_dram_order_of(a->dram.mapping, order)
               ? NULL
               : "dram.mapping: name row, rank, bank, column, group and channel once each, the slowest changing first, with '-' between";
}

ets_status eti_arch_check(const ets_arch *arch, const char *name, ets_error *err)
{
    static const struct { rule *holds; unsigned kinds; ets_status broken; } rules[] = {
        {name_is_given, ETI_OF_ANY, ETS_RANGE},
        {whole_units, ETI_OF_TILE_GRID, ETS_RANGE},
        {whole_words, ETI_OF_TILE_GRID, ETS_CONFLICT},
        {a_packet_is_a_row, ETI_OF_TILE_GRID, ETS_CONFLICT},
        {whole_cell_words, ETI_OF_TILE_GRID, ETS_CONFLICT},
        {memories_hold_a_fold, ETI_OF_SYSTOLIC, ETS_CONFLICT},
        {parts_of_an_address, ETI_OF_SYSTOLIC, ETS_RANGE},
    };
    struct eti_place at = {name, 0, 0, 0, false};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const char *broken = rules[i].kinds >> arch->v.kind & 1 ? rules[i].holds(&arch->v) : NULL;
        if (broken) return eti_fail(err, rules[i].broken, &at, "%s", broken);
    }
    return ETS_OK;
}
