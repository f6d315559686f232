/* seen.c - finding an equal phase: by a few of its numbers, then by all that time depends on. */
#include "engine/seen.h"

#include "base/hash.h"
#include "base/mem.h"
#include "engine/groups.h"

#define SLOTS (2 * ETI_SEEN_PHASES)

void eti_seen_clear(struct eti_seen *seen)
{
    seen->n = 0;
    eti_clear(seen->slots, sizeof seen->slots);
}

bool eti_seen_key_of(const struct eti_program *p, size_t i, struct eti_seen_key *key)
{
    const struct eti_phase *phase = &p->phases[i];
    struct eti_digest d = eti_digest_begin(phase->count);
    key->uses_link = false;
    for (uint32_t k = phase->first; k < phase->first + phase->count; k++) {
        const struct eti_command *c = &p->commands[k];
        key->uses_link |= c->unit == ETI_LINK_IN;
        if (c->unit == ETI_LINK_IN && c->runs_ahead) return false;
        eti_digest_add(&d, c->first_cycles ^ c->tiles << 20, c->inner | (uint64_t)c->outer << 32);
    }
    key->hash = d.a;
    return true;
}

static bool equal(const struct eti_program *p, const struct eti_phase *a, const struct eti_phase *b)
{
    bool same = a->count == b->count && a->fence_cycles == b->fence_cycles && a->fence_iwords == b->fence_iwords;
    if (a->first == b->first) return same; /* they share them */
    for (uint32_t k = 0; same && k < a->count; k++) {
        const struct eti_command *x = &p->commands[a->first + k], *y = &p->commands[b->first + k];
        same = x->tiles == y->tiles && x->iwords == y->iwords && eti_same_work(x, y);
    }
    return same;
}

const struct eti_seen_phase *eti_seen_find(const struct eti_seen *seen, const struct eti_program *p, size_t i, uint64_t hash)
{
    for (uint64_t at = hash % SLOTS; seen->slots[at]; at = (at + 1) % SLOTS) {
        const struct eti_seen_phase *found = &seen->phases[seen->slots[at] - 1];
        if (found->hash == hash && equal(p, &p->phases[found->phase], &p->phases[i])) return found;
    }
    return NULL;
}

struct eti_seen_phase *eti_seen_add(struct eti_seen *seen, size_t i, uint64_t hash)
{
    if (seen->n == ETI_SEEN_PHASES) eti_seen_clear(seen);
    struct eti_seen_phase *now = &seen->phases[seen->n++];
    uint64_t at = hash % SLOTS;
    while (seen->slots[at]) at = (at + 1) % SLOTS;
    seen->slots[at] = (uint8_t)seen->n;
    eti_clear(now, sizeof *now);
    now->hash = hash;
    now->phase = i;
    return now;
}
