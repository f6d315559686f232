/* import.h - bytes to a graph. The format is recognised by its first bytes; a format is a reader and a row. */
#ifndef ETI_IMPORT_IMPORT_H
#define ETI_IMPORT_IMPORT_H

#include "graph/graph.h"
#include "io/file.h"

/* `name` is the path or whatever stands in messages; the graph's name is its last part without extensions
 * (.tflite, .yaml, .yml, .csv, .gz), unless the file names itself. `data` is already inflated. */
ets_status eti_import(const char *name, const uint8_t *data, size_t size, const ets_allocator *mem,
                      struct eti_graph **out, ets_error *err);

ets_status eti_import_tflite(const char *name, const uint8_t *data, size_t size, const ets_allocator *mem,
                             struct eti_graph **out, ets_error *err);
ets_status eti_import_graph_yaml(const char *name, const uint8_t *data, size_t size, const ets_allocator *mem,
                                 struct eti_graph **out, ets_error *err);

/* SCALE-Sim's table of layers: does the first line look like one? */
bool eti_is_topology_csv(const uint8_t *data, size_t size);
ets_status eti_import_topology_csv(const char *name, const uint8_t *data, size_t size, const ets_allocator *mem,
                                   struct eti_graph **out, ets_error *err);

/* The last part of a path without what names a format (.tflite, .yaml, .yml, .csv, .gz). NULL: no memory. */
char *eti_model_name(const char *path, struct eti_arena *arena);

#endif
