/* summarize.h - the totals of an inference that follow from plan and sums, whoever added them up. */
#ifndef ETI_PREDICT_SUMMARIZE_H
#define ETI_PREDICT_SUMMARIZE_H

#include "arch/arch.h"
#include "schedule/schedule.h"

/* Share of the array's MACs that were useful. */
double eti_utilization(const struct eti_arch *arch, uint64_t macs, uint64_t cycles);
/* `to` += `s`, part by part. */
void eti_add_split(ets_split *to, const ets_split *s);
/* Fills what is not zero yet: `m` has cycles, chip_cycles and steps; `s` has been walked and knows its instruction bytes;
 * `dynamic_fj`: energy of all work. */
void eti_summarize(const struct eti_schedule *s, uint64_t dynamic_fj, ets_summary *m);

#endif
