/* explain.h - one layer in detail. */
#ifndef ETI_PREDICT_EXPLAIN_H
#define ETI_PREDICT_EXPLAIN_H

#include "engine/timeline.h"
#include "report/explain.h"
#include "schedule/systolic.h"

/* ets_explain() of the public header; `layer` is one of the graph's. */
ets_status eti_explain(const ets_arch *arch, const struct eti_graph *graph, size_t layer, const ets_options *options,
                       const ets_allocator *mem, ets_explanation **out, ets_error *err);
void eti_explain_free(ets_explanation *e);

/* One on its way. What is added where there is no room is left out. */
struct eti_explainer {
    const ets_arch *arch;
    const struct eti_graph *graph;
    uint32_t layer;
    ets_options options;
    const ets_allocator *mem;
    struct eti_schedule schedule;
    struct eti_budget budget;
    ets_explanation *e;
    bool failed;                     /* no memory for a text */
    ets_error *err;
};
/* A text of the explanation. */
const char *eti_explain_say(struct eti_explainer *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
void eti_explain_loop(struct eti_explainer *x, const char *over, uint64_t count, const char *note);
void eti_explain_formula(struct eti_explainer *x, const char *what, const char *numbers, uint64_t value, const char *unit);

/* explain_grid.c, explain_array.c: how it lies on the machine, its loops, its formulas. */
void eti_explain_grid(struct eti_explainer *x);
ets_status eti_explain_array(struct eti_explainer *x);
/* explain_others.c: what else it could be, each run. */
ets_status eti_explain_others(struct eti_explainer *x);

#endif
