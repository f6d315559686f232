/* nasbench201.h - the networks of NAS-Bench-201 (Dong and Yang, ICLR 2020) for 32x32 images, built by number. */
#ifndef BENCH_NASBENCH201_H
#define BENCH_NASBENCH201_H

#include <edgetpu_sim/edgetpu_sim.h>

#define NASBENCH201_COUNT 15625u /* 5 operations on 6 edges */

/* Adds network `index` to an empty builder. A node sums the edges that lead to it; an edge "none" is left out, and with it
 * a node that nothing leads to. A cell that nothing leads through hands on what it is given. */
ets_status nasbench201_build(ets_builder *b, uint32_t index, ets_error *err);

#endif
