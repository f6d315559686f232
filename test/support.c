/* support.c - what tests share. */
#include <unistd.h>

#include "test.h"

static void *counted_resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    struct test_memory *m = ctx;
    if (!new_size) {
        if (ptr) {
            m->blocks--;
            m->bytes -= old_size;
        }
        free(ptr);
        return NULL;
    }
    m->requests++;
    if (m->fail_at && --m->fail_at == 0) return NULL;
    void *now = realloc(ptr, new_size);
    if (!now) return NULL;
    if (!ptr) m->blocks++;
    m->bytes += new_size - (ptr ? old_size : 0);
    return now;
}

ets_allocator test_allocator(struct test_memory *m)
{
    ets_allocator a = {counted_resize, m};
    return a;
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

const char *test_shared(const char *relative)
{
    static char paths[8][512];
    static unsigned next;
    const char *root = getenv("SHARED_DIR");
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", root ? root : "../shared", relative);
    return access(path, R_OK) == 0 ? path : NULL;
}
