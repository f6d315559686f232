/* activity.h - what the commands of a phase move and compute, for energy and utilisation. */
#ifndef ETI_PREDICT_ACTIVITY_H
#define ETI_PREDICT_ACTIVITY_H

#include "schedule/program.h"
#include "timing/energy.h"

void eti_add_activity(const struct eti_arch *arch, const struct eti_program *p, const struct eti_phase *phase, struct eti_activity *a);
/* Adds the steps of its tensor ops to those of each tile. */
void eti_add_steps(const struct eti_program *p, const struct eti_phase *phase, uint64_t *steps);

#endif
