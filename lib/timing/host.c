/* host.c - a host asleep, and what feeds the chip. */
#include "timing/host.h"

#include "base/clock.h"

uint64_t eti_wake_cycles(const struct eti_arch *arch, uint64_t call_cycles)
{
    uint64_t wake_ns = arch->link.wake_ns, after_ns = arch->link.sleep_after_ns;
    if (!wake_ns || call_cycles <= eti_cycles_of_ns(after_ns, arch->clock_hz)) return 0;
    return eti_cycles_of_ns(wake_ns, arch->clock_hz);
}

uint64_t eti_feed_bytes_per_s(const struct eti_arch *arch)
{
    if (arch->kind != ETI_SYSTOLIC) return arch->link.in_bytes_per_s;
    return arch->dram.standard == ETI_DRAM_BANDWIDTH ? arch->dram.bytes_per_s : 0;
}
