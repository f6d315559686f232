/* support.c - what tests share. */
#include <stddef.h>
#include <unistd.h>

#include "test.h"

/* Every block knows its size, so that a caller that forgets it is caught, and every resize moves it, so that a pointer that was kept
 * is one to memory that is gone. */
struct block { size_t bytes; _Alignas(max_align_t) char data[]; };

static bool fails_now(struct test_memory *m)
{
    m->requests++;
    bool fails = m->fail_at ? --m->fail_at == 0 : m->for_good && m->failures;
    m->failures += fails;
    return fails;
}

static void *counted_resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    struct test_memory *m = ctx;
    struct block *old = ptr ? (struct block *)(void *)((char *)ptr - offsetof(struct block, data)) : NULL, *now = NULL;
    if ((old ? old->bytes : 0) != old_size) abort();
    if (new_size && fails_now(m)) return NULL;
    if (new_size) {
        now = malloc(sizeof *now + new_size);
        if (!now) abort();
        now->bytes = new_size;
        memset(now->data, 0xa5, new_size);
        if (old) memcpy(now->data, old->data, old_size < new_size ? old_size : new_size);
    }
    m->blocks += (now != NULL) - (old != NULL);
    m->bytes += new_size - old_size;
    free(old);
    return now ? now->data : NULL;
}

ets_allocator test_allocator(struct test_memory *m)
{
    ets_allocator a = {counted_resize, m};
    return a;
}

uint64_t test_seed(uint64_t usual)
{
    const char *added = getenv("SEED_OFFSET");
    return usual + (added ? strtoull(added, NULL, 10) : 0);
}

uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t test_between(uint64_t *state, uint64_t low, uint64_t high)
{
    return low + test_random(state) % (high - low + 1);
}

int8_t *test_bytes(uint64_t *state, size_t n)
{
    int8_t *bytes = malloc(n ? n : 1);
    for (size_t i = 0; i < n; i++) bytes[i] = (int8_t)test_random(state);
    return bytes;
}

const char *test_shared(const char *relative)
{
    static char paths[8][512];
    static unsigned next;
    const char *root = getenv("SHARED_DIR");
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", root ? root : "../shared", relative);
    return access(path, R_OK) == 0 ? path : NULL;
}
