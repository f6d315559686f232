/* activity.h - what the commands of a program move and compute, for energy. */
#ifndef ETI_PREDICT_ACTIVITY_H
#define ETI_PREDICT_ACTIVITY_H

#include "schedule/program.h"
#include "timing/energy.h"

/* Adds commands [first, first + count). */
void eti_add_activity(const struct eti_arch *arch, const struct eti_program *p, uint32_t first, uint32_t count,
                      struct eti_activity *a);

#endif
