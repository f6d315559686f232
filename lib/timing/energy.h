/* energy.h - what a program's work takes, from counts: MAC steps, and bytes through each memory and wire. Dynamic energy is a
 * sum over counts, so it adds up over layers and is independent of the clock; static power is drawn while the call lasts.
 * Integers in femtojoule: 2^63 fJ are 9 kJ. */
#ifndef ETI_TIMING_ENERGY_H
#define ETI_TIMING_ENERGY_H

#include "arch/arch.h"

struct eti_activity {
    uint64_t steps;        /* of all tiles: `cells` x `lanes` products each */
    uint64_t narrow_bytes; /* read from and written to narrow memories */
    uint64_t wide_bytes;   /* the same of wide memories */
    uint64_t ring_bytes;   /* sent on the ring, a multicast once */
    uint64_t link_bytes;   /* to and from the host */
};
/* Errors: none; saturates at UINT64_MAX, which no real program reaches. */
uint64_t eti_dynamic_energy_fj(const struct eti_arch *arch, const struct eti_activity *a);
/* The same on a systolic array. */
struct eti_array_activity { uint64_t products, input_bytes, weight_bytes, output_bytes, dram_bytes; };
uint64_t eti_array_energy_fj(const struct eti_arch *arch, const struct eti_array_activity *a);
/* Of a whole call of `cycles`. */
uint64_t eti_energy_nj(const struct eti_arch *arch, uint64_t dynamic_fj, uint64_t cycles);

#endif
