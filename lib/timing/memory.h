/* memory.h - the memory outside, as the schedule sees it: cycles of the array's clock that a transfer keeps it busy, and
 * the time from a request to its first byte. A bandwidth and a latency, or a standard's rules (dram.h). */
#ifndef ETI_TIMING_MEMORY_H
#define ETI_TIMING_MEMORY_H

#include "arch/arch.h"

struct eti_memory {
    uint64_t clock_hz;
    uint64_t bytes_per_s;   /* sustained: of a standard, that of its sequential stream, refresh included */
    uint64_t burst_bytes;   /* the least that a contiguous piece takes */
    uint64_t latency_cycles;
};
ets_status eti_memory_of(const struct eti_arch *arch, const ets_allocator *mem, struct eti_memory *out, ets_error *err);
/* Cycles of a transfer of `bytes` in contiguous pieces of `piece_bytes`. */
uint64_t eti_memory_cycles(const struct eti_memory *m, uint64_t bytes, uint64_t piece_bytes);

#endif
