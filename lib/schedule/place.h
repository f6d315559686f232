/* place.h - memory: strips and live ranges in narrow memory, parameters in wide memory. */
#ifndef ETI_SCHEDULE_PLACE_H
#define ETI_SCHEDULE_PLACE_H

#include "schedule/geometry.h"
#include "schedule/schedule.h"

/* Fills passes, narrow bytes, parameter bytes, pieces and streamed of every layer, and the sums of the schedule. */
ets_status eti_place(const struct eti_layout *l, struct eti_schedule *s, ets_error *err);
/* wide.c: parameters; `passes` of every layer is known. */
ets_status eti_place_wide(const struct eti_layout *l, struct eti_schedule *s, ets_error *err);
/* Bytes of one operator's parameters on the accelerator. */
uint64_t eti_parameter_bytes(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op);

#endif
