/* memo.h - what layers cost, by key, in bounded memory. Many threads look up without a lock; additions take turns.
 *
 * Policy: entries live in generations. Additions go to the newest; when it has used up its share of the limit (a third),
 * it becomes the older one, and what was the older one before is dropped. An entry found in the older generation is
 * added to the newest again: what is used stays, what was not used for a whole generation goes. */
#ifndef ETI_PREDICT_MEMO_H
#define ETI_PREDICT_MEMO_H

#include <pthread.h>

#include "base/error.h"
#include "base/hash.h"

struct eti_generation;
struct eti_memo {
    ets_allocator mem;
    size_t value_words;
    uint64_t limit_bytes;
    pthread_mutex_t *lock;  /* of the owner: for pins and additions */
    struct eti_generation *newest, *older, *leaving; /* `leaving`: dropped, but a reader still holds it */
    uint64_t bytes, generations;
};
/* A reader's hold on the generations that it may look into. */
struct eti_memo_pin { struct eti_generation *newest, *older; };

/* Values are `value_words` words each. */
void eti_memo_init(struct eti_memo *m, const ets_allocator *mem, size_t value_words, uint64_t limit_bytes, pthread_mutex_t *lock);
void eti_memo_free(struct eti_memo *m);
/* Forgets everything; no pin may be held. */
void eti_memo_clear(struct eti_memo *m);

/* Before and after looking up; the owner's lock is held. */
void eti_memo_pin(struct eti_memo *m, struct eti_memo_pin *pin);
void eti_memo_unpin(struct eti_memo *m, struct eti_memo_pin *pin);
/* The value, valid until the next eti_memo_add() or unpin of this pin; NULL: not there. Takes no lock. `*old`: it was in
 * the older generation and should be added again. */
const uint64_t *eti_memo_find(const struct eti_memo_pin *pin, struct eti_digest key, bool *old);
/* Keeps a copy of the value if there is memory for it, and moves the pin along; takes the lock. */
void eti_memo_add(struct eti_memo *m, struct eti_memo_pin *pin, struct eti_digest key, const uint64_t *value);
/* Entries at present; the lock is held. */
uint64_t eti_memo_count(const struct eti_memo *m);

#endif
