/* memory.c - see memory.h. */
#include "timing/memory.h"

#include "base/clock.h"
#include "base/num.h"
#include "timing/dram.h"

/* In the order of enum eti_dram_standard; the first is no standard. */
static const char *const names[] = {NULL, "ddr4_2400", "lpddr4_3200", "lpddr4x_4266", "hbm2"};

/* Channels share a transfer burst by burst. The latency is that of a read of a closed row. */
static struct eti_memory of_standard(const struct eti_arch *arch, const struct eti_dram_spec *spec)
{
    const uint32_t *p = spec->parameter;
    uint64_t idle = p[ETI_DRAM_RCD] + p[ETI_DRAM_CL] + p[ETI_DRAM_BL];
    struct eti_memory m;
    m.clock_hz = arch->clock_hz;
    m.bytes_per_s = eti_dram_stream_bytes_per_s(spec) * arch->dram.channels;
    m.burst_bytes = spec->burst_bytes;
    m.latency_cycles = eti_mul_div_ceil(idle, arch->clock_hz, spec->clock_hz) + eti_cycles_of_ns(arch->dram.latency_ns, arch->clock_hz);
    return m;
}

struct eti_memory eti_memory_of(const struct eti_arch *arch)
{
    const struct eti_dram_spec *spec = arch->dram.standard ? eti_dram_spec_of(names[arch->dram.standard]) : NULL;
    if (spec) return of_standard(arch, spec);
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
