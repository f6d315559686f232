/* seen.c - finding an equal phase: a slot by a few of its numbers, then all that time depends on. */
#include "engine/seen.h"

#include "base/hash.h"
#include "engine/groups.h"

struct eti_seen_phase *eti_seen_slot(struct eti_seen *seen, const struct eti_program *p, size_t i, bool *uses_link)
{
    const struct eti_phase *phase = &p->phases[i];
    struct eti_digest d = eti_digest_begin(phase->count);
    *uses_link = false;
    for (uint32_t k = phase->first; k < phase->first + phase->count; k++) {
        const struct eti_command *c = &p->commands[k];
        *uses_link |= c->unit == ETI_LINK_IN;
        if (c->unit == ETI_LINK_IN && c->runs_ahead) return NULL;
        eti_digest_add(&d, c->first_cycles ^ c->tiles << 20, c->inner | (uint64_t)c->outer << 32);
    }
    return &seen->slots[d.a % ETI_SEEN_SLOTS];
}

bool eti_is_seen(const struct eti_seen_phase *slot, const struct eti_program *p, size_t i)
{
    if (!slot->used) return false;
    const struct eti_phase *a = &p->phases[slot->phase], *b = &p->phases[i];
    bool same = a->count == b->count && a->fence_cycles == b->fence_cycles && a->fence_iwords == b->fence_iwords;
    for (uint32_t k = 0; same && k < a->count; k++) {
        const struct eti_command *x = &p->commands[a->first + k], *y = &p->commands[b->first + k];
        same = x->tiles == y->tiles && x->iwords == y->iwords && eti_same_work(x, y);
    }
    return same;
}
