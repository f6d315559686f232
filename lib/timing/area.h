/* area.h - what a machine is made of, to compare machines: multipliers, memory, and the silicon that both would take in one
 * old and well-published process. Relative figures: no controller, wires, pads or DRAM. */
#ifndef ETI_TIMING_AREA_H
#define ETI_TIMING_AREA_H

#include "arch/arch.h"

/* Multiply-accumulates of a cycle, all multipliers at work. */
uint64_t eti_peak_macs_per_cycle(const struct eti_arch *arch);
/* Memories on the chip. */
uint64_t eti_chip_bytes(const struct eti_arch *arch);
/* mm2 in 45 nm. */
double eti_area_mm2(const struct eti_arch *arch);

#endif
