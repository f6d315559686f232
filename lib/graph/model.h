/* model.h - the public handle around a graph. */
#ifndef ETI_GRAPH_MODEL_H
#define ETI_GRAPH_MODEL_H

#include "graph/graph.h"

struct ets_model {
    ets_allocator mem;
    struct eti_graph *graph;
};

/* api_builder.c: what a builder was made with. */
const ets_allocator *eti_builder_memory(const ets_builder *b);

#endif
