/* estimate.h - the vendor compiler's own estimate of a program's cycles. */
#ifndef ETI_SCHEDULE_ESTIMATE_H
#define ETI_SCHEDULE_ESTIMATE_H

#include "schedule/geometry.h"

/* What the vendor's compiler (up to version 15) writes into its programs as estimated cycles. It is no timing: only
 * convolutions and pools count, as if a tile made 64 products a cycle. It checks shapes, split and strips against an
 * owner's compiled file. Formula: docs/MODEL.md. */
uint64_t eti_estimate_cycles(const struct eti_layout *l);

#endif
