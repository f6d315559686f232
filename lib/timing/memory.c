/* memory.c - see memory.h. */
#include "timing/memory.h"

#include "base/clock.h"
#include "base/num.h"

struct eti_memory eti_memory_of(const struct eti_arch *arch)
{
    struct eti_memory m = {arch->clock_hz, arch->dram.bytes_per_s, 1, eti_cycles_of_ns(arch->dram.latency_ns, arch->clock_hz)};
    return m;
}

uint64_t eti_memory_cycles(const struct eti_memory *m, uint64_t bytes, uint64_t piece_bytes)
{
    if (!bytes) return 0;
    if (m->burst_bytes > 1 && piece_bytes % m->burst_bytes)
        bytes = eti_ceil_div(bytes, piece_bytes) * eti_round_up(piece_bytes, m->burst_bytes);
    return eti_cycles_of_bytes(bytes, m->bytes_per_s, m->clock_hz);
}
