/* sensitivity.h - which dimension of which layer to change. */
#ifndef ETI_PREDICT_SENSITIVITY_H
#define ETI_PREDICT_SENSITIVITY_H

#include "predict/predictor.h"

/* ets_sensitivity() of the public header. */
ets_status eti_sensitivity(ets_predictor *p, const struct eti_graph *graph, ets_change *out, size_t capacity, size_t *n, ets_error *err);

#endif
