/* arch_print.c - a machine's fields, resolved, with where each value came from. */
#include "arch/arch_fields.h"

size_t eti_arch_field_count(void)
{
    return eti_n_fields;
}

ets_arch_field eti_arch_field_at(const ets_arch *arch, size_t i)
{
    ets_arch_field none = {"", "", "", "", "", "", ""};
    if (i >= eti_n_fields) return none;
    const struct eti_arch_origin *o = &arch->origins[i];
    ets_arch_field f = {eti_fields[i].key, o->value, eti_fields[i].unit, eti_fields[i].doc, o->origin, o->mark, o->source};
    return f;
}
