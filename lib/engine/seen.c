/* seen.c - finding an equal phase: by a few of its numbers, then by all that time depends on. When its commands are issued need not be the
 * same. A turn starts at the latest of some times: if all of these come later by as much as in the phase that was seen, so does the turn,
 * and so all that follows. A command that began when it was issued has to be issued that much later, then; one that waited when it was
 * issued may be issued at any time before that ends. */
#include "engine/seen.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "engine/groups.h"

#define SLOTS (2 * ETI_SEEN_PHASES)

void eti_seen_open(struct eti_seen *seen)
{
    seen->begun_cycles = NULL;
    seen->of_phase = NULL;
    seen->cap_begun = seen->cap_of_phase = 0;
}

void eti_seen_close(struct eti_seen *seen, const ets_allocator *mem)
{
    eti_free(mem, seen->begun_cycles, seen->cap_begun, sizeof *seen->begun_cycles);
    eti_free(mem, seen->of_phase, seen->cap_of_phase, sizeof *seen->of_phase);
}

static void forget(struct eti_seen *seen)
{
    for (uint32_t i = 0; i < seen->n; i++) seen->of_phase[seen->phases[i].phase] = 0;
    seen->n = 0;
    eti_clear(seen->slots, sizeof seen->slots);
}

ets_status eti_seen_begin(struct eti_seen *seen, const ets_allocator *mem, const struct eti_program *p, ets_error *err)
{
    void *begun = seen->begun_cycles, *of_phase = seen->of_phase;
    if (!eti_grow(mem, &begun, &seen->cap_begun, p->n_commands, sizeof *seen->begun_cycles)) return eti_nomem(err);
    seen->begun_cycles = begun;
    if (!eti_grow(mem, &of_phase, &seen->cap_of_phase, p->n_phases, sizeof *seen->of_phase)) return eti_nomem(err);
    seen->of_phase = of_phase;
    for (size_t k = 0; k < p->n_commands; k++) seen->begun_cycles[k] = UINT64_MAX;
    for (size_t i = 0; i < p->n_phases; i++) seen->of_phase[i] = 0;
    seen->n = 0; /* what is left of another program */
    forget(seen);
    return ETS_OK;
}

const struct eti_seen_phase *eti_seen_same(const struct eti_seen *seen, const struct eti_program *p, size_t i)
{
    uint32_t kept = seen->of_phase[p->phases[i].same];
    return kept && p->phases[i].same != i ? &seen->phases[kept - 1] : NULL;
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

/* Are they equal but for when commands are issued? `*issued_alike`: in that, too. */
static bool equal(const struct eti_program *p, const struct eti_phase *a, const struct eti_phase *b, bool *issued_alike)
{
    bool same = a->count == b->count && a->fence_cycles == b->fence_cycles && a->fence_iwords == b->fence_iwords;
    *issued_alike = true;
    if (a->first == b->first) return same; /* they share them */
    for (uint32_t k = 0; same && k < a->count; k++) {
        const struct eti_command *x = &p->commands[a->first + k], *y = &p->commands[b->first + k];
        *issued_alike &= x->iwords == y->iwords;
        same = x->tiles == y->tiles && eti_same_work(x, y);
    }
    return same;
}

/* When a command of a phase that was seen was issued, and how much later, modulo 2^64, the same one of another phase is. */
struct issue { uint64_t cycle, later; };

static void issue_next(const struct eti_program *p, uint32_t here, uint32_t there, struct issue *at)
{
    uint64_t each = p->issue_cycles_per_iword;
    at->cycle += p->commands[here].iwords * each;
    at->later += p->commands[there].iwords * each - p->commands[here].iwords * each;
}

/* By how much later all of the other phase happens, as commands that began at once tell; false: they do not agree, or a unit has several
 * commands, of which those behind the first may stall for when they are issued, or a command has no turns: nothing of its is any later,
 * and a link without others is free from the start of the phase, whenever that was issued. */
static bool find_shift(const struct eti_seen *seen, const struct eti_program *p, const struct eti_phase *phase, const struct eti_phase *other,
                       struct issue at, uint64_t *later)
{
    uint64_t taken[ETI_UNITS] = {0};
    bool known = false;
    for (uint32_t k = 0; k < phase->count; k++) {
        const struct eti_command *c = &p->commands[phase->first + k];
        issue_next(p, phase->first + k, other->first + k, &at);
        if ((taken[c->unit] & c->tiles) || !c->inner || !c->outer) return false;
        taken[c->unit] |= c->tiles;
        if (seen->begun_cycles[phase->first + k] > at.cycle) continue;
        if (known && *later != at.later) return false;
        *later = at.later;
        known = true;
    }
    return known;
}

/* The other phase is equal but for when its commands are issued: is it the same, only shifted? */
static bool is_shifted(const struct eti_seen *seen, const struct eti_program *p, const struct eti_seen_phase *found, const struct eti_phase *other,
                       struct eti_seen_shift *shift)
{
    const struct eti_phase *phase = &p->phases[found->phase];
    struct issue at = {found->start_cycle + phase->fence_cycles + phase->fence_iwords * p->issue_cycles_per_iword, 0};
    if (found->op == UINT32_MAX || !find_shift(seen, p, phase, other, at, &shift->later_cycles)) return false;
    for (uint32_t k = 0; k < phase->count; k++) {
        const struct eti_command *c = &p->commands[phase->first + k];
        issue_next(p, phase->first + k, other->first + k, &at);
        uint64_t too_late = at.later - shift->later_cycles, waited = seen->begun_cycles[phase->first + k] - at.cycle;
        if ((int64_t)too_late > (int64_t)waited) return false;
        shift->stalled_cycles[c->unit] -= too_late * eti_count_bits(c->tiles);
        if (k == found->op) shift->op_later_cycles = at.later;
    }
    return true;
}

const struct eti_seen_phase *eti_seen_find(const struct eti_seen *seen, const struct eti_program *p, size_t i, uint64_t hash,
                                           struct eti_seen_shift *shift)
{
    bool issued_alike;
    for (uint64_t at = hash % SLOTS; seen->slots[at]; at = (at + 1) % SLOTS) {
        const struct eti_seen_phase *found = &seen->phases[seen->slots[at] - 1];
        if (found->hash != hash || !equal(p, &p->phases[found->phase], &p->phases[i], &issued_alike)) continue;
        if (shift) eti_clear(shift, sizeof *shift);
        if (issued_alike || (shift && is_shifted(seen, p, found, &p->phases[i], shift))) return found;
    }
    return NULL;
}

struct eti_seen_phase *eti_seen_add(struct eti_seen *seen, size_t i, uint64_t hash)
{
    if (seen->n == ETI_SEEN_PHASES) forget(seen);
    struct eti_seen_phase *now = &seen->phases[seen->n++];
    uint64_t at = hash % SLOTS;
    while (seen->slots[at]) at = (at + 1) % SLOTS;
    seen->slots[at] = (uint8_t)seen->n;
    eti_clear(now, sizeof *now);
    now->hash = hash;
    now->phase = i;
    seen->of_phase[i] = seen->n;
    return now;
}
