/* arch_print.c - a machine's fields, resolved, with where each value came from. */
#include "arch/arch_fields.h"

size_t eti_arch_field_count(const ets_arch *arch)
{
    size_t n = 0;
    for (size_t i = 0; i < eti_n_fields; i++) n += eti_field_is_of(&eti_fields[i], arch->v.kind);
    return n;
}

ets_arch_field eti_arch_field_at(const ets_arch *arch, size_t nth)
{
    ets_arch_field none = {"", "", "", "", "", "", ""};
    for (size_t i = 0; i < eti_n_fields; i++) {
        const struct eti_arch_origin *o = &arch->origins[i];
        if (!eti_field_is_of(&eti_fields[i], arch->v.kind) || nth--) continue;
        ets_arch_field f = {eti_fields[i].key, o->value, eti_fields[i].unit, eti_fields[i].doc, o->origin, o->mark, o->source};
        return f;
    }
    return none;
}
