/* arch_check.c - rules across fields: what the table of single fields cannot say. One function a rule; its sentence is
 * what the user reads. */
#include "arch/arch.h"

typedef const char *rule(const struct eti_arch *a);

static const char *name_is_given(const struct eti_arch *a)
{
    return a->name[0] ? NULL : "name: a machine needs one";
}

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

ets_status eti_arch_check(const ets_arch *arch, const char *name, ets_error *err)
{
    static rule *const rules[] = {name_is_given, whole_units, whole_words, a_packet_is_a_row, whole_cell_words};
    struct eti_place at = {name, 0, 0, 0, false};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const char *broken = rules[i](&arch->v);
        if (broken) return eti_fail(err, ETS_RANGE, &at, "%s", broken);
    }
    return ETS_OK;
}
