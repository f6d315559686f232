/* memo.c - generations of entries in slabs, each with an index that readers walk without a lock: an entry is written
 * before its pointer is published, and nothing published moves until the generation goes. An index that has become too
 * small is replaced by a larger one; readers of the old one miss the newest entries, no more. */
#include "predict/memo.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"

#define FIRST_SLOTS 256
#define FIRST_SLAB_BYTES 4096
#define LARGEST_SLAB_BYTES ((size_t)1 << 16)

struct entry {
    struct eti_digest key;
    uint64_t value[];
};
struct index {
    struct index *smaller; /* the one before it */
    size_t n_slots;        /* a power of two, never more than half full */
    _Atomic(struct entry *) slots[];
};
struct slab {
    struct slab *next;
    size_t size, used;
    _Alignas(16) char bytes[];
};
struct eti_generation {
    _Atomic(struct index *) index;
    struct slab *slabs;
    size_t count;
    uint64_t bytes;
    uint32_t pins;
};

/* ------------------------------------------------------------------ generations -------------------------- */

static void *take(struct eti_memo *m, struct eti_generation *g, size_t size)
{
    void *block = eti_alloc(&m->mem, 1, size);
    if (!block) return NULL;
    g->bytes += size;
    m->bytes += size;
    return block;
}

static void drop(struct eti_memo *m, struct eti_generation *g)
{
    if (!g) return;
    m->bytes -= g->bytes;
    for (struct index *i = atomic_load(&g->index), *smaller; i; i = smaller) {
        smaller = i->smaller;
        eti_free(&m->mem, i, 1, sizeof *i + i->n_slots * sizeof i->slots[0]);
    }
    for (struct slab *s = g->slabs, *next; s; s = next) {
        next = s->next;
        eti_free(&m->mem, s, 1, sizeof *s + s->size);
    }
    eti_free(&m->mem, g, 1, sizeof *g);
}

static struct eti_generation *new_generation(struct eti_memo *m)
{
    struct eti_generation *g = eti_alloc(&m->mem, 1, sizeof *g);
    if (!g) return NULL;
    g->bytes = sizeof *g;
    m->bytes += sizeof *g;
    return g;
}

void eti_memo_init(struct eti_memo *m, const ets_allocator *mem, size_t value_words, uint64_t limit_bytes, pthread_mutex_t *lock)
{
    memset(m, 0, sizeof *m);
    m->mem = *mem;
    m->value_words = value_words;
    m->limit_bytes = limit_bytes;
    m->lock = lock;
}

void eti_memo_clear(struct eti_memo *m)
{
    drop(m, m->newest);
    drop(m, m->older);
    drop(m, m->leaving);
    m->newest = m->older = m->leaving = NULL;
}

void eti_memo_free(struct eti_memo *m)
{
    eti_memo_clear(m);
}

uint64_t eti_memo_count(const struct eti_memo *m)
{
    return (m->newest ? m->newest->count : 0) + (m->older ? m->older->count : 0);
}

/* ------------------------------------------------------------------ reading ------------------------------ */

void eti_memo_pin(struct eti_memo *m, struct eti_memo_pin *pin)
{
    pin->newest = m->newest;
    pin->older = m->older;
    if (pin->newest) pin->newest->pins++;
    if (pin->older) pin->older->pins++;
}

void eti_memo_unpin(struct eti_memo *m, struct eti_memo_pin *pin)
{
    if (pin->newest) pin->newest->pins--;
    if (pin->older) pin->older->pins--;
    pin->newest = pin->older = NULL;
    if (!m->leaving || m->leaving->pins) return;
    drop(m, m->leaving);
    m->leaving = NULL;
}

static const struct entry *find(const struct eti_generation *g, struct eti_digest key)
{
    const struct index *index = g ? atomic_load_explicit(&g->index, memory_order_acquire) : NULL;
    if (!index) return NULL;
    size_t mask = index->n_slots - 1;
    for (size_t i = (size_t)key.a & mask;; i = (i + 1) & mask) {
        const struct entry *e = atomic_load_explicit(&index->slots[i], memory_order_acquire);
        if (!e || eti_digest_equal(e->key, key)) return e;
    }
}

const uint64_t *eti_memo_find(const struct eti_memo_pin *pin, struct eti_digest key, bool *old)
{
    const struct entry *e = find(pin->newest, key);
    *old = false;
    if (!e) {
        e = find(pin->older, key);
        *old = e != NULL;
    }
    return e ? e->value : NULL;
}

/* ------------------------------------------------------------------ adding ------------------------------- */

static void put(struct index *index, struct entry *e)
{
    size_t mask = index->n_slots - 1, i = (size_t)e->key.a & mask;
    while (atomic_load_explicit(&index->slots[i], memory_order_relaxed)) i = (i + 1) & mask;
    atomic_store_explicit(&index->slots[i], e, memory_order_release);
}

static bool grow_index(struct eti_memo *m, struct eti_generation *g)
{
    struct index *now = atomic_load(&g->index);
    size_t n = now ? now->n_slots * 2 : FIRST_SLOTS;
    if (now && g->count * 2 < now->n_slots) return true;
    struct index *next = take(m, g, sizeof *next + n * sizeof next->slots[0]);
    if (!next) return false;
    next->n_slots = n;
    next->smaller = now;
    for (size_t i = 0; now && i < now->n_slots; i++) {
        struct entry *e = atomic_load_explicit(&now->slots[i], memory_order_relaxed);
        if (e) put(next, e);
    }
    atomic_store_explicit(&g->index, next, memory_order_release);
    return true;
}

static size_t entry_bytes(const struct eti_memo *m)
{
    return (sizeof(struct entry) + m->value_words * sizeof(uint64_t) + 15) / 16 * 16;
}

static size_t slab_bytes(const struct eti_generation *g, size_t at_least)
{
    size_t bytes = g->slabs ? g->slabs->size * 2 : FIRST_SLAB_BYTES;
    if (bytes > LARGEST_SLAB_BYTES) bytes = LARGEST_SLAB_BYTES;
    return bytes < at_least ? at_least : bytes;
}

static struct entry *new_entry(struct eti_memo *m, struct eti_generation *g)
{
    size_t size = entry_bytes(m);
    if (!g->slabs || g->slabs->size - g->slabs->used < size) {
        size_t bytes = slab_bytes(g, size);
        struct slab *s = take(m, g, sizeof *s + bytes);
        if (!s) return NULL;
        s->size = bytes;
        s->next = g->slabs;
        g->slabs = s;
    }
    struct entry *e = (void *)(g->slabs->bytes + g->slabs->used);
    g->slabs->used += size;
    return e;
}

/* Bytes that the next addition will take. */
static uint64_t next_bytes(const struct eti_memo *m, const struct eti_generation *g)
{
    const struct index *index = atomic_load(&g->index);
    size_t slots = !index ? FIRST_SLOTS : g->count * 2 < index->n_slots ? 0 : index->n_slots * 2, entry = entry_bytes(m);
    bool fits = g->slabs && g->slabs->size - g->slabs->used >= entry;
    return (slots ? sizeof *index + slots * sizeof index->slots[0] : 0) +
           (fits ? 0 : sizeof(struct slab) + slab_bytes(g, entry));
}

/* A generation with room, or NULL: the one that has to leave is still being read. */
static struct eti_generation *with_room(struct eti_memo *m)
{
    uint64_t share = m->limit_bytes / 3;
    if (m->newest && m->newest->bytes + next_bytes(m, m->newest) <= share) return m->newest;
    if (m->leaving && m->leaving->pins) return NULL;
    drop(m, m->leaving);
    m->leaving = NULL;
    struct eti_generation *g = new_generation(m);
    if (!g) return NULL;
    if (g->bytes + next_bytes(m, g) > share) { /* the limit is too low for a single entry */
        drop(m, g);
        return NULL;
    }
    m->leaving = m->older;
    m->older = m->newest;
    m->newest = g;
    m->generations++;
    return g;
}

void eti_memo_add(struct eti_memo *m, struct eti_memo_pin *pin, struct eti_digest key, const uint64_t *value)
{
    pthread_mutex_lock(m->lock);
    eti_memo_unpin(m, pin);
    struct eti_generation *g = find(m->newest, key) ? NULL : with_room(m);
    struct entry *e = g && grow_index(m, g) ? new_entry(m, g) : NULL;
    if (e) {
        e->key = key;
        memcpy(e->value, value, m->value_words * sizeof *value);
        put(atomic_load(&g->index), e);
        g->count++;
    }
    eti_memo_pin(m, pin);
    pthread_mutex_unlock(m->lock);
}
