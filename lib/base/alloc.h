/* alloc.h - the one way to memory: every block of the library is asked of an ets_allocator.
 * Sizes are n x size, checked for overflow. NULL means no memory; the caller says so with eti_nomem(). */
#ifndef ETI_BASE_ALLOC_H
#define ETI_BASE_ALLOC_H

#include "edgetpu_sim/edgetpu_sim.h"

/* The allocator to use for `mem`: a copy of it, or of the C library's if NULL. */
ets_allocator eti_allocator(const ets_allocator *mem);

/* Zeroed. */
void *eti_alloc(const ets_allocator *mem, size_t n, size_t size);
/* Not zeroed: for what is written before it is read. */
void *eti_alloc_raw(const ets_allocator *mem, size_t n, size_t size);
/* Keeps the first old_n elements; what is new is zeroed. On NULL the old block is still there. */
void *eti_resize(const ets_allocator *mem, void *ptr, size_t old_n, size_t new_n, size_t size);
void eti_free(const ets_allocator *mem, void *ptr, size_t n, size_t size);

/* Room for element `n` of a growing array (doubles); 1 on success. `*array` is a T *, `*cap` its capacity. */
int eti_enlarge_zeroed(const ets_allocator *mem, void **array, size_t *cap, size_t n, size_t size);
static inline int eti_reserve(const ets_allocator *mem, void **array, size_t *cap, size_t n, size_t size)
{
    return n < *cap || eti_enlarge_zeroed(mem, array, cap, n, size);
}
/* The same for elements that are written whole before they are read: what is new is not touched, so that a large array does not take
 * its time at once. */
int eti_enlarge(const ets_allocator *mem, void **array, size_t *cap, size_t n, size_t size);
static inline int eti_grow(const ets_allocator *mem, void **array, size_t *cap, size_t n, size_t size)
{
    return n < *cap || eti_enlarge(mem, array, cap, n, size);
}

#endif
