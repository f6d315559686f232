/* partition.h - which operators run on the accelerator, as the vendor's compiler decides: one small function a rule,
 * whose sentence is what the user reads. Rules: the vendor's table of supported operators (docs/MODEL.md). */
#ifndef ETI_SCHEDULE_PARTITION_H
#define ETI_SCHEDULE_PARTITION_H

#include "graph/graph.h"
#include "schedule/facts.h"

struct eti_mapping {
    enum ets_where where;
    const char *reason;  /* on the host: the rule, in words; else "" */
    uint32_t subgraph;   /* on the accelerator: which compiled part, from 0 */
};

/* The rule that keeps an operator from the accelerator, by the compiler's release; NULL: none does. */
const char *eti_broken_rule(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op);
/* Of a network in which a rule is broken. `layers`: of each operator, as if all ran on the accelerator. Without `multi_subgraph` there is at
 * most one part: an operator that cannot be mapped sends everything that depends on it to the host. With it, each operator is mapped that
 * can be, and a part ends where data comes back from the host. Returns the number of parts. */
struct eti_layer_plan;
uint32_t eti_partition(const struct eti_graph *graph, bool multi_subgraph, struct eti_facts *const *facts, struct eti_layer_plan *layers);

#endif
