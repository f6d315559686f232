/* build_report.h - schedule and timeline to a report. */
#ifndef ETI_PREDICT_BUILD_REPORT_H
#define ETI_PREDICT_BUILD_REPORT_H

#include "arch/arch.h"
#include "engine/trace.h"
#include "report/report.h"
#include "schedule/schedule.h"

/* `trace`: NULL if none is to be kept. */
ets_status eti_build_report(const struct eti_schedule *schedule, const struct eti_timeline *timeline, const struct eti_trace *trace,
                            const ets_allocator *mem, ets_report **out, ets_error *err);
/* "input": of an owner that is no layer. */
const char *eti_phase_name(int32_t owner);

#endif
