/* num.h - integer arithmetic that says so when it cannot be right. */
#ifndef ETI_BASE_NUM_H
#define ETI_BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t eti_min(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t eti_max(uint64_t a, uint64_t b) { return a > b ? a : b; }
/* ceil(a / b), b > 0; no overflow for any a. */
static inline uint64_t eti_ceil_div(uint64_t a, uint64_t b) { return a / b + (a % b != 0); }
/* The next multiple of b at or above a; the caller knows that it fits. */
static inline uint64_t eti_round_up(uint64_t a, uint64_t b) { return eti_ceil_div(a, b) * b; }
static inline bool eti_mul(uint64_t a, uint64_t b, uint64_t *out) { return !__builtin_mul_overflow(a, b, out); }
static inline bool eti_add(uint64_t a, uint64_t b, uint64_t *out) { return !__builtin_add_overflow(a, b, out); }
/* The n lowest of 64 bits, n <= 64. */
static inline uint64_t eti_low_bits(uint64_t n) { return n == 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1; }
/* How many bits are set: without an instruction for it, compilers call a function that looks bytes up. */
static inline uint64_t eti_count_bits(uint64_t a)
{
    a -= a >> 1 & 0x5555555555555555;
    a = (a & 0x3333333333333333) + (a >> 2 & 0x3333333333333333);
    return ((a + (a >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56;
}
/* The high half of a x b, by halves: needs no wider type. */
static inline uint64_t eti_mul_high(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t p01 = a0 * b1, p10 = a1 * b0, middle = (a0 * b0 >> 32) + (p01 & UINT32_MAX) + (p10 & UINT32_MAX);
    return a1 * b1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
}
/* The sum, or the largest number if that is larger. */
static inline uint64_t eti_sum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }
static inline uint64_t eti_gcd(uint64_t a, uint64_t b)
{
    while (b) { uint64_t r = a % b; a = b; b = r; }
    return a;
}

#endif
