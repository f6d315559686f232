/* dram.c - the device: addresses and what may be issued when. See dram.h. */
#include "timing/dram.h"

#include <string.h>

#include "base/num.h"

struct eti_dram_address eti_dram_map(const struct eti_dram_spec *spec, uint64_t index)
{
    const uint32_t size[ETI_DRAM_FIELDS] = {spec->rows, spec->ranks, spec->banks, spec->bursts, spec->groups, spec->channels};
    uint32_t part[ETI_DRAM_FIELDS] = {0};
    for (int i = 0; i < ETI_DRAM_FIELDS; i++) {
        part[spec->order[i]] = (uint32_t)(index % size[spec->order[i]]);
        index /= size[spec->order[i]];
    }
    struct eti_dram_address a = {part[ETI_DRAM_RANK_OF], part[ETI_DRAM_GROUP_OF], part[ETI_DRAM_BANK_OF],
                                 part[ETI_DRAM_ROW_OF],  part[ETI_DRAM_COLUMN_OF], part[ETI_DRAM_CHANNEL_OF]};
    return a;
}

/* ------------------------------------------------------------------ the device --------------------------- */

static uint32_t group_of(const struct eti_dram_spec *s, const struct eti_dram_address *a) { return a->rank * s->groups + a->group; }

uint32_t eti_dram_bank_of(const struct eti_dram_spec *s, const struct eti_dram_address *a)
{
    return group_of(s, a) * s->banks + a->bank;
}

void eti_dram_init(struct eti_dram *d, const struct eti_dram_spec *spec)
{
    memset(d, 0, sizeof *d);
    d->spec = spec;
    for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++) d->open[i] = -1;
    for (size_t i = 0; i < eti_n_dram_rules; i++) d->rule_cycles[i] = eti_dram_rule_cycles(spec, &eti_dram_rules[i]);
}

uint64_t eti_dram_earliest(const struct eti_dram *d, enum eti_dram_command c, const struct eti_dram_address *a)
{
    uint64_t at = d->rank_next[a->rank][c];
    if (c == ETI_DRAM_REF) return at;
    return eti_max(at, eti_max(d->group_next[group_of(d->spec, a)][c], d->bank_next[eti_dram_bank_of(d->spec, a)][c]));
}

static void not_before(uint64_t *next, uint64_t at) { *next = eti_max(*next, at); }

static void apply(struct eti_dram *d, size_t rule, const struct eti_dram_address *a, uint64_t at)
{
    const struct eti_dram_spec *s = d->spec;
    const struct eti_dram_rule *r = &eti_dram_rules[rule];
    if (r->window > 1) { /* of the last `window` activations, this one among them, the first */
        if (d->n_acts[a->rank] < r->window) return;
        at = d->acts[a->rank][(d->n_acts[a->rank] - r->window) % 4];
    }
    at += d->rule_cycles[rule];
    if (r->scope == ETI_DRAM_BANK) not_before(&d->bank_next[eti_dram_bank_of(s, a)][r->to], at);
    if (r->scope == ETI_DRAM_GROUP) not_before(&d->group_next[group_of(s, a)][r->to], at);
    if (r->scope == ETI_DRAM_RANK) not_before(&d->rank_next[a->rank][r->to], at);
    for (uint32_t other = 0; r->scope == ETI_DRAM_OTHER_RANK && other < s->ranks; other++)
        if (other != a->rank) not_before(&d->rank_next[other][r->to], at);
}

void eti_dram_issue(struct eti_dram *d, enum eti_dram_command c, const struct eti_dram_address *a, uint64_t at)
{
    if (c == ETI_DRAM_ACT) d->acts[a->rank][d->n_acts[a->rank]++ % 4] = at;
    for (size_t i = 0; i < eti_n_dram_rules; i++)
        if (eti_dram_rules[i].from == c) apply(d, i, a, at);
    if (c == ETI_DRAM_ACT) d->open[eti_dram_bank_of(d->spec, a)] = a->row;
    if (c == ETI_DRAM_PRE) d->open[eti_dram_bank_of(d->spec, a)] = -1;
}
