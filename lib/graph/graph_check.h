/* graph_check.h - what makes a set of tensors and operators a network. */
#ifndef ETI_GRAPH_GRAPH_CHECK_H
#define ETI_GRAPH_GRAPH_CHECK_H

#include "graph/graph.h"

/* Fills producers and consumers and puts operators into an order in which every input is made before it is used: the
 * given one if it is one. A cycle is an error that names an operator on it. */
ets_status eti_graph_order(struct eti_graph *g, ets_error *err);
/* MACs, weights and digest of one operator. */
ets_status eti_graph_count_op(struct eti_graph *g, struct eti_op *op, ets_error *err);
/* Every rule, one function each; fills MACs, weights and `quantized`. */
ets_status eti_graph_check(struct eti_graph *g, ets_error *err);

#endif
