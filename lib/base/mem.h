/* mem.h - copying and clearing structs of some hundred bytes where it is done a million times a second. Compilers expand
 * these into `rep movs` and `rep stos` when they know the size, which take several times as long as the C library's
 * functions; so they are not told. */
#ifndef ETI_BASE_MEM_H
#define ETI_BASE_MEM_H

#include <string.h>

/* What a library wrote that the memory sanitizer does not see into (`make SAN=memory`): taken as written. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define eti_written_outside(what, n_bytes) __msan_unpoison(what, n_bytes)
#endif
#endif
#ifndef eti_written_outside
#define eti_written_outside(what, n_bytes) ((void)(what), (void)(n_bytes))
#endif

static inline size_t eti_unknown_size(size_t size)
{
#if defined(__GNUC__)
    __asm__("" : "+r"(size));
#endif
    return size;
}

static inline void eti_copy(void *to, const void *from, size_t size)
{
    memcpy(to, from, eti_unknown_size(size));
}

static inline void eti_clear(void *what, size_t size)
{
    memset(what, 0, eti_unknown_size(size));
}

#endif
