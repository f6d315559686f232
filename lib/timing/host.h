/* host.h - what is around the chip: what a host adds to a call besides its transfers, and the rate of what feeds the chip. */
#ifndef ETI_TIMING_HOST_H
#define ETI_TIMING_HOST_H

#include "arch/arch.h"

/* A host that waits for long sleeps more deeply, and takes `link.wake_ns` to notice a result that comes later than
 * `link.sleep_after_ns` after the call. Seen on the Dev Board: of 1,500 measured networks those of more than 1.07 ms take some
 * 80 us more than their parts, at whatever they are made of. Cycles; 0 for a host that does not sleep. */
uint64_t eti_wake_cycles(const struct eti_arch *arch, uint64_t call_cycles);

#define ETI_HOST_AS_ALWAYS 1000
/* The speed at which the host copies outputs, in thousandths of `link.out_bytes_per_s`, if a call of `call_cycles` would be copying for
 * `copying_cycles` of them at 1000. A governor gives a core the clock at which it is busy for a certain share of the time, here
 * `host.busy_percent`, and at most `host.boost_percent` of what it has otherwise. So copies that are just above that share become just
 * as fast as they have to be: nothing jumps. 1000 to 10 `host.boost_percent`. */
uint64_t eti_host_permille(const struct eti_arch *arch, uint64_t call_cycles, uint64_t copying_cycles);

/* What the host link brings to a grid, DRAM to an array; 0 where a DRAM standard's rules set the rate. */
uint64_t eti_feed_bytes_per_s(const struct eti_arch *arch);

#endif
