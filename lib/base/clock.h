/* clock.h - the only conversions between cycles, time and bandwidth. All exact (128-bit inside), all rounded up
 * or down as their name says; a result over 64 bits is UINT64_MAX. */
#ifndef ETI_BASE_CLOCK_H
#define ETI_BASE_CLOCK_H

#include <stdint.h>

/* floor and ceil of a x b / c for any 64-bit values, c > 0. */
uint64_t eti_mul_div_floor(uint64_t a, uint64_t b, uint64_t c);
uint64_t eti_mul_div_ceil(uint64_t a, uint64_t b, uint64_t c);

/* Nanoseconds that `cycles` of a `clock_hz` clock take, rounded down. */
uint64_t eti_ns_of_cycles(uint64_t cycles, uint64_t clock_hz);
/* Cycles until `ns` have passed, rounded up. */
uint64_t eti_cycles_of_ns(uint64_t ns, uint64_t clock_hz);
/* Cycles until `bytes` have passed at `bytes_per_s`, rounded up. */
uint64_t eti_cycles_of_bytes(uint64_t bytes, uint64_t bytes_per_s, uint64_t clock_hz);

#endif
