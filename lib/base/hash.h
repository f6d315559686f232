/* hash.h - 128-bit digests of small values, for keys of caches. Two lanes of folded 64 x 64 -> 128-bit products (the
 * mixing step of the wyhash family) with different constants. Not for adversaries: whoever can choose the input can
 * make two collide; of a billion honest ones the chance that any two do is below 10^-20. */
#ifndef ETI_BASE_HASH_H
#define ETI_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

struct eti_digest { uint64_t a, b; };

/* Low and high half of x y, one xor the other. */
static inline uint64_t eti_fold(uint64_t x, uint64_t y)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)x * y;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else /* 32-bit machines: the same value, so the same digests */
    return x * y ^ eti_mul_high(x, y);
#endif
}

/* A digest over nothing; `what` tells kinds of keys apart. */
static inline struct eti_digest eti_digest_begin(uint64_t what)
{
    struct eti_digest d = {what ^ 0x9e3779b97f4a7c15u, what ^ 0xc2b2ae3d27d4eb4fu};
    return d;
}

/* Appends two words. Neither factor is zero for any likely input: both lanes carry what went before. */
static inline void eti_digest_add(struct eti_digest *d, uint64_t x, uint64_t y)
{
    d->a = eti_fold(d->a ^ x ^ 0x2d358dccaa6c78a5u, y ^ 0x8bb84b93962eacc9u ^ (d->a << 32 | d->a >> 32));
    d->b = eti_fold(d->b ^ y ^ 0x4b33a62ed433d4a3u, x ^ 0x4d5a2da51de1aa47u ^ (d->b << 32 | d->b >> 32));
}

static inline bool eti_digest_equal(struct eti_digest x, struct eti_digest y)
{
    return x.a == y.a && x.b == y.b;
}

#endif
