/* clock.c - exact conversions: 64 x 64 bits over 64, by halves, so that it needs no wider type. */
#include "base/clock.h"

#include "base/num.h"

#define NS_PER_S 1000000000u

/* Quotient and remainder of high:low / c, bit by bit; high < c. */
static uint64_t divide(uint64_t high, uint64_t low, uint64_t c, uint64_t *rest)
{
    uint64_t quotient = 0;
    for (int bit = 63; bit >= 0; bit--) {
        uint64_t carry = high >> 63;
        high = high << 1 | (low >> bit & 1);
        if (carry || high >= c) {
            high -= c;
            quotient |= (uint64_t)1 << bit;
        }
    }
    *rest = high;
    return quotient;
}

static uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c, int round_up)
{
    uint64_t high, low, rest, product;
    if (!__builtin_mul_overflow(a, b, &product)) return product / c + (round_up && product % c != 0);
    high = eti_mul_high(a, b);
    low = a * b;
    if (high >= c) return UINT64_MAX;
    uint64_t quotient = divide(high, low, c, &rest);
    return round_up && rest && quotient != UINT64_MAX ? quotient + 1 : quotient;
}

uint64_t eti_mul_div_floor(uint64_t a, uint64_t b, uint64_t c) { return mul_div(a, b, c, 0); }
uint64_t eti_mul_div_ceil(uint64_t a, uint64_t b, uint64_t c) { return mul_div(a, b, c, 1); }

uint64_t eti_ns_of_cycles(uint64_t cycles, uint64_t clock_hz)
{
    return eti_mul_div_floor(cycles, NS_PER_S, clock_hz);
}

uint64_t eti_cycles_of_ns(uint64_t ns, uint64_t clock_hz)
{
    return eti_mul_div_ceil(ns, clock_hz, NS_PER_S);
}

uint64_t eti_cycles_of_bytes(uint64_t bytes, uint64_t bytes_per_s, uint64_t clock_hz)
{
    return eti_mul_div_ceil(bytes, clock_hz, bytes_per_s);
}
