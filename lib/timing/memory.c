/* memory.c - see memory.h. */
#include "timing/memory.h"

#include "base/clock.h"
#include "base/num.h"
#include "timing/dram.h"

/* The latency is that of a read of a closed row. */
static ets_status of_standard(const struct eti_arch *arch, struct eti_dram_spec spec, const ets_allocator *mem, struct eti_memory *m,
                              ets_error *err)
{
    const uint32_t *p = spec.parameter;
    uint64_t idle = p[ETI_DRAM_RCD] + p[ETI_DRAM_CL] + p[ETI_DRAM_BL];
    spec.channels = (uint32_t)arch->dram.channels;
    spec.ranks = (uint32_t)arch->dram.ranks;
    spec.postponed = (uint32_t)arch->dram.postponed_refreshes;
    eti_dram_order_of(arch->dram.mapping, spec.order);
    m->clock_hz = arch->clock_hz;
    m->burst_bytes = spec.burst_bytes;
    m->latency_cycles = eti_mul_div_ceil(idle, arch->clock_hz, spec.clock_hz) + eti_cycles_of_ns(arch->dram.latency_ns, arch->clock_hz);
    return eti_dram_stream_bytes_per_s(&spec, mem, &m->bytes_per_s, err);
}

ets_status eti_memory_of(const struct eti_arch *arch, const ets_allocator *mem, struct eti_memory *out, ets_error *err)
{
    const struct eti_dram_spec *spec = eti_dram_spec_at(arch->dram.standard);
    if (spec) return of_standard(arch, *spec, mem, out, err);
    struct eti_memory m = {arch->clock_hz, arch->dram.bytes_per_s, 1, eti_cycles_of_ns(arch->dram.latency_ns, arch->clock_hz)};
    *out = m;
    return ETS_OK;
}

uint64_t eti_memory_cycles(const struct eti_memory *m, uint64_t bytes, uint64_t piece_bytes)
{
    if (!bytes) return 0;
    if (m->burst_bytes > 1 && piece_bytes % m->burst_bytes)
        bytes = eti_ceil_div(bytes, piece_bytes) * eti_round_up(piece_bytes, m->burst_bytes);
    return eti_cycles_of_bytes(bytes, m->bytes_per_s, m->clock_hz);
}
