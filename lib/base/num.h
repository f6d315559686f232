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
/* The sum, or the largest number if that is larger. */
static inline uint64_t eti_sum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }
static inline uint64_t eti_gcd(uint64_t a, uint64_t b)
{
    while (b) { uint64_t r = a % b; a = b; b = r; }
    return a;
}

#endif
