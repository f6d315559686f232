/* model.h - the public handle around a graph. */
#ifndef ETI_GRAPH_MODEL_H
#define ETI_GRAPH_MODEL_H

#include "graph/graph.h"

struct ets_model {
    ets_allocator mem;
    struct eti_graph *graph;
};

#endif
