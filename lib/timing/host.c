/* host.c - a host asleep, and what feeds the chip. */
#include "timing/host.h"

#include "base/clock.h"
#include "base/num.h"

uint64_t eti_wake_cycles(const struct eti_arch *arch, uint64_t call_cycles)
{
    uint64_t wake_ns = arch->link.wake_ns, after_ns = arch->link.sleep_after_ns;
    if (!wake_ns || call_cycles <= eti_cycles_of_ns(after_ns, arch->clock_hz)) return 0;
    return eti_cycles_of_ns(wake_ns, arch->clock_hz);
}

uint64_t eti_host_permille(const struct eti_arch *arch, uint64_t call_cycles, uint64_t copying_cycles)
{
    uint64_t busy = arch->host.busy_percent, most = 10 * arch->host.boost_percent;
    if (most <= ETI_HOST_AS_ALWAYS) return ETI_HOST_AS_ALWAYS; /* an array has no host */
    if (copying_cycles >= call_cycles) return most;
    uint64_t enough = eti_mul_div_floor(copying_cycles, 1000 * (100 - busy), call_cycles - copying_cycles) / busy; /* to be busy for no more than that */
    return eti_max(ETI_HOST_AS_ALWAYS, eti_min(enough, most));
}

uint64_t eti_feed_bytes_per_s(const struct eti_arch *arch)
{
    if (arch->kind != ETI_SYSTOLIC) return arch->link.in_bytes_per_s;
    return arch->dram.standard == ETI_DRAM_BANDWIDTH ? arch->dram.bytes_per_s : 0;
}
