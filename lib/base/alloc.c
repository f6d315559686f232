/* alloc.c - checked sizes, zeroed memory, over one caller-given function. */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static void *standard_resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size) return realloc(ptr, new_size);
    free(ptr);
    return NULL;
}

ets_allocator eti_allocator(const ets_allocator *mem)
{
    ets_allocator standard = {standard_resize, NULL};
    return mem ? *mem : standard;
}

void *eti_resize(const ets_allocator *mem, void *ptr, size_t old_n, size_t new_n, size_t size)
{
    size_t old_bytes = old_n * size, new_bytes;
    if (__builtin_mul_overflow(new_n, size, &new_bytes) || !new_bytes) return NULL;
    char *now = mem->resize(mem->ctx, ptr, old_bytes, new_bytes);
    if (now && new_bytes > old_bytes) memset(now + old_bytes, 0, new_bytes - old_bytes);
    return now;
}

void *eti_alloc(const ets_allocator *mem, size_t n, size_t size)
{
    return eti_resize(mem, NULL, 0, n, size);
}

void *eti_alloc_raw(const ets_allocator *mem, size_t n, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(n, size, &bytes) || !bytes ? NULL : mem->resize(mem->ctx, NULL, 0, bytes);
}

void eti_free(const ets_allocator *mem, void *ptr, size_t n, size_t size)
{
    if (ptr) mem->resize(mem->ctx, ptr, n * size, 0);
}

/* With ETI_ONE_OBJECT_A_REQUEST (`make nomem`) each of the first elements of a list is a request that can fail. */
static size_t room_for(size_t n, size_t cap, size_t size)
{
#ifdef ETI_ONE_OBJECT_A_REQUEST
    if (size > 1 && n < 40) return n + 1;
#endif
    (void)size;
    size_t room = cap ? cap : 8;
    while (room <= n) room *= 2;
    return room;
}

int eti_enlarge(const ets_allocator *mem, void **array, size_t *cap, size_t n, size_t size)
{
    size_t wanted, bytes;
    if (n > SIZE_MAX / 4) return 0;
    wanted = room_for(n, *cap, size);
    if (__builtin_mul_overflow(wanted, size, &bytes)) return 0;
    void *now = mem->resize(mem->ctx, *array, *cap * size, bytes);
    if (!now) return 0;
    *array = now;
    *cap = wanted;
    return 1;
}

int eti_enlarge_zeroed(const ets_allocator *mem, void **array, size_t *cap, size_t n, size_t size)
{
    size_t before = *cap;
    if (!eti_enlarge(mem, array, cap, n, size)) return 0;
    if (*cap > before) memset((char *)*array + before * size, 0, (*cap - before) * size);
    return 1;
}
