/* op.c - the table of operators, and the small tables of element types. */
#include <string.h>

#include "graph/graph.h"

const struct eti_op_kind eti_op_kinds[ETI_OP_COUNT] = {
#define ETI_OP(id, name, in_min, in_max, outputs, class_) {name, in_min, in_max, outputs, ETI_##class_},
#include "graph/op.def"
#undef ETI_OP
};

enum eti_op_type eti_op_by_name(const char *name)
{
    int i = 0;
    while (i < ETI_OP_COUNT && (eti_op_kinds[i].name[0] != name[0] || strcmp(eti_op_kinds[i].name, name) != 0)) i++;
    return (enum eti_op_type)i;
}

static const struct { const char *name; uint32_t bytes; } types[] = {
    {"int8", 1}, {"uint8", 1}, {"int16", 2}, {"int32", 4}, {"int64", 8}, {"float16", 2},
    {"float32", 4}, {"float64", 8}, {"bool", 1}, {"string", 1}, {"unknown", 1},
};

uint32_t eti_type_bytes(enum eti_type type)
{
    return types[type].bytes;
}

const char *eti_type_name(enum eti_type type)
{
    return types[type].name;
}
