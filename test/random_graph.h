/* random_graph.h - seeded networks and machines of every kind, for laws that hold of all of them. */
#ifndef TEST_RANDOM_GRAPH_H
#define TEST_RANDOM_GRAPH_H

#include "edgetpu_sim/edgetpu_sim.h"

/* Up to `most` operators on maps of some size, with branches, joins, folded pads and views, now and then an operator that
 * goes to the host. Equal states give equal networks; it advances. */
ets_model *test_random_graph(uint64_t *state, uint32_t most);
/* The USB machine with some of its values changed. */
ets_arch *test_random_machine(uint64_t *state);

#endif
