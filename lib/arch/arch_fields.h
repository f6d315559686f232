/* arch_fields.h - one row a field of struct eti_arch: reading, ranges, printing and the documentation come from it. */
#ifndef ETI_ARCH_ARCH_FIELDS_H
#define ETI_ARCH_ARCH_FIELDS_H

#include "arch/arch.h"

enum eti_field_type { ETI_FIELD_COUNT_OF, ETI_FIELD_TEXT, ETI_FIELD_KIND };

struct eti_field {
    const char *key;       /* "section.name", or "name" at the top */
    enum eti_field_type type;
    size_t offset;         /* in struct eti_arch */
    uint64_t low, high;    /* of a number, both allowed */
    const char *unit;
    const char *doc;
};

extern const struct eti_field eti_fields[];
extern const size_t eti_n_fields;
/* The names of the kinds of machine, by enum eti_arch_kind. */
extern const char *const eti_kind_names[];
extern const size_t eti_n_kinds;

/* The row with this key, or eti_n_fields. */
size_t eti_field_by_key(const char *key);

#endif
