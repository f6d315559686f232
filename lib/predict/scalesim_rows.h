/* scalesim_rows.h - the products of a schedule as SCALE-Sim's reports count them. */
#ifndef ETI_PREDICT_SCALESIM_ROWS_H
#define ETI_PREDICT_SCALESIM_ROWS_H

#include "arch/arch.h"
#include "report/report.h"
#include "schedule/systolic.h"

/* `cycles`: what the layer took, all stalls in it. */
struct eti_scalesim_row eti_scalesim_row_of(const struct eti_arch *arch, const struct eti_array_plan *p, uint64_t cycles);

#endif
