/* arch_fields.h - one row a field of struct eti_arch: reading, ranges, printing and the documentation come from it. */
#ifndef ETI_ARCH_ARCH_FIELDS_H
#define ETI_ARCH_ARCH_FIELDS_H

#include "arch/arch.h"

enum eti_field_type { ETI_FIELD_COUNT_OF, ETI_FIELD_TEXT, ETI_FIELD_CHOICE };
/* The kinds of machine that a field belongs to: required there, unknown to the others. A bit an enum eti_arch_kind. */
enum { ETI_OF_TILE_GRID = 1 << ETI_TILE_GRID, ETI_OF_SYSTOLIC = 1 << ETI_SYSTOLIC,
       ETI_OF_ANY = ETI_OF_TILE_GRID | ETI_OF_SYSTOLIC };

struct eti_field {
    const char *key;       /* "section.name", or "name" at the top */
    enum eti_field_type type;
    size_t offset;         /* in struct eti_arch */
    uint64_t low, high;    /* of a number, both allowed */
    const char *unit;
    const char *doc;
    unsigned kinds;
    const char *choices;   /* of a choice: its names, separated by blanks, in the order of its enum; NAME/SHORT: either */
    const char *absent;    /* of a field that older files do not have: what its absence says; NULL: it must be there */
};

#define ETI_MOST_FIELDS 256
extern const struct eti_field eti_fields[];
extern const size_t eti_n_fields;
/* The row with this key, or eti_n_fields. */
size_t eti_field_by_key(const char *key);
/* Does a machine of this kind have the field? */
bool eti_field_is_of(const struct eti_field *field, uint64_t kind);

#endif
