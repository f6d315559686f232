/* sensitivity.h - which dimension of which layer to change. */
#ifndef ETI_PREDICT_SENSITIVITY_H
#define ETI_PREDICT_SENSITIVITY_H

#include "graph/restate.h"
#include "predict/predictor.h"

/* ets_sensitivity() of the public header. */
ets_status eti_sensitivity(ets_predictor *p, const struct eti_graph *graph, ets_change *out, size_t capacity, size_t *n, ets_error *err);

/* network_changes.c: ets_network_changes() */
ets_status eti_network_changes(ets_predictor *p, const struct eti_graph *graph, ets_change *out, size_t capacity, size_t *n, ets_error *err);

/* --- what both share: one change after the other, each predicted --- */
struct eti_study {
    ets_predictor *p;
    const struct eti_graph *g;
    ets_summary now;                /* of the network as it is */
    uint32_t *group_of;             /* of eti_width_groups() */
    int32_t *map;
    struct eti_graph_builder b;
    struct eti_repeats *repeats;
    ets_change *out;
    size_t capacity, n;
    ets_error *err;
};
/* Opens a study, runs `each`, sorts what it found by gain, closes it. UNSUPPORTED if the network cannot be stated anew. */
ets_status eti_study_run(ets_predictor *p, const struct eti_graph *g, ets_change *out, size_t capacity, size_t *n,
                         ets_status (*each)(struct eti_study *s), ets_error *err);
/* Rebuilds and predicts; *made false: there is no such network, or it does not run on the machine, or operators go to the host. */
ets_status eti_study_try(struct eti_study *s, const struct eti_change *c, ets_summary *out, bool *made);
/* The change, whose summary is `then`, with what it saves, if it is among the `capacity` best. */
void eti_study_add(struct eti_study *s, ets_change change, const ets_summary *then);

#endif
