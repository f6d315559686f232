/* build_trace.h - what the engine traced, as the report keeps it: with names, and arrows from who makes to who takes. */
#ifndef ETI_PREDICT_BUILD_TRACE_H
#define ETI_PREDICT_BUILD_TRACE_H

#include "engine/trace.h"
#include "report/report.h"
#include "schedule/schedule.h"

/* Into the arena of `r`, whose layers are complete. */
ets_status eti_build_trace(const struct eti_schedule *schedule, const struct eti_trace *trace, ets_report *r, ets_error *err);

#endif
