/* simulate.h - the pipeline on one page: graph -> program -> timeline -> report. */
#ifndef ETI_PREDICT_SIMULATE_H
#define ETI_PREDICT_SIMULATE_H

#include "arch/arch.h"
#include "graph/graph.h"
#include "report/report.h"

/* Pure: nothing but `out` is written; equal inputs give equal reports. The report refers to neither input. */
ets_status eti_simulate(const ets_arch *arch, const struct eti_graph *graph, const ets_options *options,
                        const ets_allocator *mem, ets_report **out, ets_error *err);

#endif
