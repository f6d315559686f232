/* dram_control.c - the controllers of the channels, and what is served when. See dram.h. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/num.h"
#include "timing/dram.h"

#define MOST_BYPASSED 128 /* younger row hits that may pass the oldest request */

/* ------------------------------------------------------------------ requests enter ----------------------- */

static bool is_column(enum eti_dram_command c) { return c == ETI_DRAM_RD || c == ETI_DRAM_WR; }

static void set_needed(struct eti_dram_channel *c, struct eti_dram_waiting *w)
{
    int64_t open = c->d.open[w->bank];
    w->needed = open < 0 ? ETI_DRAM_ACT : open != w->a.row ? ETI_DRAM_PRE : w->r.write ? ETI_DRAM_WR : ETI_DRAM_RD;
    c->n_misses += !is_column(w->needed);
}

/* A row has been opened or closed. */
static void set_all_needed(struct eti_dram_channel *c)
{
    c->n_misses = 0;
    for (size_t i = 0; i < c->n; i++) set_needed(c, eti_dram_at(c, i));
}

static void fetch(struct eti_dram_memory *m)
{
    m->more = m->held = m->source(m->ctx, &m->ahead);
    if (m->held) m->ahead_at = eti_dram_map(m->channels[0].d.spec, m->ahead.index);
}

/* The requests that have arrived by `until` and find room in their queues; whether there was any. */
static bool enter(struct eti_dram_memory *m, uint64_t until)
{
    bool any = false;
    while (m->more) {
        if (!m->held) fetch(m);
        struct eti_dram_address a = m->ahead_at;
        struct eti_dram_channel *c = &m->channels[a.channel];
        if (!m->held || m->ahead.arrival > until || c->n == ETI_DRAM_QUEUE) return any;
        struct eti_dram_waiting w = {m->ahead, a, eti_max(m->ahead.arrival, m->now), eti_dram_bank_of(c->d.spec, &a), ETI_DRAM_ACT, false, false};
        *eti_dram_at(c, c->n) = w;
        set_needed(c, eti_dram_at(c, c->n++));
        c->chosen = m->held = false;
        any = true;
    }
    return any;
}

/* ------------------------------------------------------------------ the next command --------------------- */

/* A row that an older request waits for stays open. */
static bool row_is_wanted(struct eti_dram_channel *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (eti_dram_at(c, k)->bank == eti_dram_at(c, i)->bank && is_column(eti_dram_at(c, k)->needed)) return true;
    return false;
}

/* No read or write can go before this. */
static uint64_t columns_from(const struct eti_dram_channel *c)
{
    uint64_t least = UINT64_MAX;
    for (uint32_t r = 0; r < c->d.spec->ranks; r++)
        least = eti_min(least, eti_min(c->d.rank_next[r][ETI_DRAM_RD], c->d.rank_next[r][ETI_DRAM_WR]));
    return eti_max(least, c->bus);
}

/* The request whose next command can go first; of equals a row hit, then the oldest. */
static void choose(struct eti_dram_channel *c)
{
    uint64_t from = columns_from(c);
    uint64_t tried[ETI_DRAM_COMMANDS] = {0}; /* a bit a bank: an older request needs the same, and could have it at once */
    size_t misses = 0;
    bool hits = false; /* the best so far does */
    c->chosen = true;
    c->at = UINT64_MAX;
    for (size_t i = 0; i < c->n; i++) {
        const struct eti_dram_waiting *w = eti_dram_at(c, i);
        bool column = is_column(w->needed), settled = hits && c->at <= from;
        if (settled && misses == c->n_misses) return;
        misses += !column;
        if (tried[w->needed] >> w->bank & 1 || (column && (settled || (i && c->bypassed >= MOST_BYPASSED)))) continue;
        if (w->entered <= c->bus) tried[w->needed] |= (uint64_t)1 << w->bank;
        uint64_t ready = eti_max(eti_dram_earliest(&c->d, w->needed, &w->a), eti_max(c->bus, w->entered));
        if (ready > c->at || (ready == c->at && (hits || !column))) continue;
        if (w->needed == ETI_DRAM_PRE && row_is_wanted(c, i)) continue;
        c->next = i;
        c->at = ready;
        hits = column;
    }
}

/* The channel whose command is the first. */
static struct eti_dram_channel *first(struct eti_dram_memory *m)
{
    struct eti_dram_channel *first = &m->channels[0];
    for (uint32_t i = 0; i < m->n_channels; i++) {
        if (!m->channels[i].chosen) choose(&m->channels[i]);
        if (m->channels[i].at < first->at) first = &m->channels[i];
    }
    return first;
}

static void finish(struct eti_dram_memory *m, struct eti_dram_channel *c, size_t i, uint64_t at)
{
    const uint32_t *p = c->d.spec->parameter;
    const struct eti_dram_waiting *w = eti_dram_at(c, i);
    uint64_t end = at + p[w->r.write ? ETI_DRAM_CWL : ETI_DRAM_CL] + p[ETI_DRAM_BL];
    m->stats.end = eti_max(m->stats.end, end);
    m->stats.latency_sum += end - w->r.arrival;
    *(w->closed ? &m->stats.conflicts : w->opened ? &m->stats.misses : &m->stats.hits) += 1;
    c->bypassed = i ? c->bypassed + 1 : 0;
    for (size_t k = i; k > 0; k--) *eti_dram_at(c, k) = *eti_dram_at(c, k - 1); /* the older ones move up */
    c->oldest = (c->oldest + 1) % ETI_DRAM_QUEUE;
    c->n--;
}

/* ------------------------------------------------------------------ refresh ------------------------------ */

/* When a refresh of the rank could begin if all were idle. */
static uint64_t rank_is_free(const struct eti_dram_channel *c, uint32_t rank)
{
    struct eti_dram_address a = {rank, 0, 0, 0, 0, 0};
    uint64_t at = eti_max(c->bus, eti_dram_earliest(&c->d, ETI_DRAM_REF, &a));
    for (a.group = 0; a.group < c->d.spec->groups; a.group++)
        for (a.bank = 0; a.bank < c->d.spec->banks; a.bank++)
            if (c->d.open[eti_dram_bank_of(c->d.spec, &a)] >= 0) at = eti_max(at, eti_dram_earliest(&c->d, ETI_DRAM_PRE, &a));
    return at;
}

/* All banks of the rank closed by one command at `at`; refreshed, once, or until it owes none. */
static void refresh(struct eti_dram_memory *m, struct eti_dram_channel *c, uint32_t rank, uint64_t at, bool all)
{
    struct eti_dram_address a = {rank, 0, 0, 0, 0, 0};
    for (a.group = 0; a.group < c->d.spec->groups; a.group++)
        for (a.bank = 0; a.bank < c->d.spec->banks; a.bank++)
            if (c->d.open[eti_dram_bank_of(c->d.spec, &a)] >= 0) eti_dram_issue(&c->d, ETI_DRAM_PRE, &a, at);
    a.group = a.bank = 0;
    c->bus = eti_max(c->bus, at + 1);
    do {
        at = eti_max(at, eti_dram_earliest(&c->d, ETI_DRAM_REF, &a));
        eti_dram_issue(&c->d, ETI_DRAM_REF, &a, at);
        c->due[rank] += c->d.spec->parameter[ETI_DRAM_REFI];
        m->stats.refreshes++;
    } while (all && c->due[rank] <= at);
    set_all_needed(c);
    c->chosen = false;
}

static bool waits_at(struct eti_dram_channel *c, uint32_t rank, uint64_t at)
{
    for (size_t i = 0; i < c->n; i++)
        if (eti_dram_at(c, i)->a.rank == rank && eti_dram_at(c, i)->entered <= at) return true;
    return false;
}

/* Whether a rank of the channel is refreshed before its next command. */
static bool refreshed(struct eti_dram_memory *m, struct eti_dram_channel *c)
{
    const struct eti_dram_spec *s = c->d.spec;
    for (uint32_t rank = 0; rank < s->ranks; rank++) {
        if (c->at < c->due[rank]) continue;
        uint64_t latest = c->due[rank] + (uint64_t)s->postponed * s->parameter[ETI_DRAM_REFI];
        bool late = c->at >= latest;
        if (!late && waits_at(c, rank, eti_max(c->due[rank], c->bus))) continue; /* `at` is not before that */
        uint64_t at = eti_max(c->due[rank], rank_is_free(c, rank));
        bool idle = at <= c->at && !waits_at(c, rank, at);
        if (!late && !idle) continue;
        refresh(m, c, rank, idle ? at : eti_max(latest, rank_is_free(c, rank)), !idle);
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ all of it ---------------------------- */

ets_status eti_dram_begin(struct eti_dram_memory *m, const struct eti_dram_spec *spec, eti_dram_source *source, void *ctx,
                          const ets_allocator *mem, ets_error *err)
{
    memset(m, 0, sizeof *m);
    m->mem = eti_allocator(mem);
    m->n_channels = spec->channels;
    m->source = source;
    m->ctx = ctx;
    m->more = true;
    m->channels = eti_alloc(&m->mem, m->n_channels, sizeof *m->channels);
    if (!m->channels) return eti_nomem(err);
    for (uint32_t i = 0; i < m->n_channels; i++) {
        eti_dram_init(&m->channels[i].d, spec);
        for (uint32_t r = 0; r < spec->ranks; r++) m->channels[i].due[r] = spec->parameter[ETI_DRAM_REFI];
    }
    return ETS_OK;
}

bool eti_dram_step(struct eti_dram_memory *m)
{
    struct eti_dram_channel *c = first(m);
    while (enter(m, c->at)) c = first(m);
    if (c->at == UINT64_MAX) return false;
    if (refreshed(m, c)) return true;
    struct eti_dram_waiting *w = eti_dram_at(c, c->next);
    enum eti_dram_command command = w->needed;
    eti_dram_issue(&c->d, command, &w->a, c->at);
    c->bus = c->at + 1;
    m->now = eti_max(m->now, c->at);
    c->chosen = false;
    w->closed |= command == ETI_DRAM_PRE;
    w->opened |= command == ETI_DRAM_ACT;
    if (is_column(command)) finish(m, c, c->next, c->at);
    else set_all_needed(c);
    return true;
}

void eti_dram_end(struct eti_dram_memory *m)
{
    eti_free(&m->mem, m->channels, m->n_channels, sizeof *m->channels);
}

ets_status eti_dram_run(const struct eti_dram_spec *spec, eti_dram_source *source, void *ctx, const ets_allocator *mem,
                        struct eti_dram_stats *out, ets_error *err)
{
    struct eti_dram_memory m;
    ETI_TRY(eti_dram_begin(&m, spec, source, ctx, mem, err));
    while (eti_dram_step(&m)) continue;
    *out = m.stats;
    eti_dram_end(&m);
    return ETS_OK;
}
