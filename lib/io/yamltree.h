/* yamltree.h - YAML text to a tree of nodes that know their line and column. Syntax only.
 * Limits, each a clear error: one document, what base/limits.h says, no anchors, aliases and tags (so no bombs), scalar keys, no key
 * twice in a mapping. */
#ifndef ETI_IO_YAMLTREE_H
#define ETI_IO_YAMLTREE_H

#include "base/arena.h"
#include "base/error.h"

enum eti_yaml_kind { ETI_YAML_SCALAR, ETI_YAML_SEQUENCE, ETI_YAML_MAPPING };

struct eti_yaml {
    enum eti_yaml_kind kind;
    uint32_t line, column;   /* 1-based */
    const char *text;        /* scalar: its value; NULL otherwise */
    bool plain;              /* scalar without quotes */
    const char *key;         /* as a member of a mapping */
    uint64_t key_hash;       /* so that keys of 64 KiB each are not read again for every other */
    uint32_t key_line, key_column;
    struct eti_yaml *child;  /* first element or member */
    struct eti_yaml *next;   /* sibling */
    uint32_t n_children;
};

/* `name` stands in messages. The tree lives in `arena`. */
ets_status eti_yaml_parse(const char *name, const uint8_t *data, size_t size, struct eti_arena *arena,
                          struct eti_yaml **out, ets_error *err);
/* The member of a mapping with this key, or NULL. */
const struct eti_yaml *eti_yaml_get(const struct eti_yaml *mapping, const char *key);

#endif
