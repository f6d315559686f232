/* dram.c - the device and its controller. See dram.h. */
#include "timing/dram.h"

#include <string.h>

#include "base/clock.h"
#include "base/num.h"

#define MOST_BYPASSED 128 /* younger row hits that may pass the oldest request */

struct eti_dram_address eti_dram_map(const struct eti_dram_spec *spec, uint64_t index)
{
    struct eti_dram_address a;
    a.group = (uint32_t)(index % spec->groups);
    index /= spec->groups;
    a.burst = (uint32_t)(index % spec->bursts);
    index /= spec->bursts;
    a.bank = (uint32_t)(index % spec->banks);
    index /= spec->banks;
    a.rank = (uint32_t)(index % spec->ranks);
    a.row = (uint32_t)(index / spec->ranks % spec->rows);
    return a;
}

/* ------------------------------------------------------------------ the device --------------------------- */

static uint32_t group_of(const struct eti_dram_spec *s, const struct eti_dram_address *a) { return a->rank * s->groups + a->group; }
static uint32_t bank_of(const struct eti_dram_spec *s, const struct eti_dram_address *a) { return group_of(s, a) * s->banks + a->bank; }

void eti_dram_init(struct eti_dram *d, const struct eti_dram_spec *spec)
{
    memset(d, 0, sizeof *d);
    d->spec = spec;
    for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++) d->open[i] = -1;
}

uint64_t eti_dram_earliest(const struct eti_dram *d, enum eti_dram_command c, const struct eti_dram_address *a)
{
    uint64_t at = d->rank_next[a->rank][c];
    if (c == ETI_DRAM_REF) return at;
    return eti_max(at, eti_max(d->group_next[group_of(d->spec, a)][c], d->bank_next[bank_of(d->spec, a)][c]));
}

static void not_before(uint64_t *next, uint64_t at) { *next = eti_max(*next, at); }

static void apply(struct eti_dram *d, const struct eti_dram_rule *r, const struct eti_dram_address *a, uint64_t at)
{
    const struct eti_dram_spec *s = d->spec;
    if (r->window > 1) { /* of the last `window` activations, this one among them, the first */
        if (d->n_acts[a->rank] < r->window) return;
        at = d->acts[a->rank][(d->n_acts[a->rank] - r->window) % 4];
    }
    at += eti_dram_rule_cycles(s, r);
    if (r->scope == ETI_DRAM_BANK) not_before(&d->bank_next[bank_of(s, a)][r->to], at);
    if (r->scope == ETI_DRAM_GROUP) not_before(&d->group_next[group_of(s, a)][r->to], at);
    if (r->scope == ETI_DRAM_RANK) not_before(&d->rank_next[a->rank][r->to], at);
    for (uint32_t other = 0; r->scope == ETI_DRAM_OTHER_RANK && other < s->ranks; other++)
        if (other != a->rank) not_before(&d->rank_next[other][r->to], at);
}

void eti_dram_issue(struct eti_dram *d, enum eti_dram_command c, const struct eti_dram_address *a, uint64_t at)
{
    if (c == ETI_DRAM_ACT) d->acts[a->rank][d->n_acts[a->rank]++ % 4] = at;
    for (size_t i = 0; i < eti_n_dram_rules; i++)
        if (eti_dram_rules[i].from == c) apply(d, &eti_dram_rules[i], a, at);
    if (c == ETI_DRAM_ACT) d->open[bank_of(d->spec, a)] = a->row;
    if (c == ETI_DRAM_PRE) d->open[bank_of(d->spec, a)] = -1;
}

/* ------------------------------------------------------------------ the controller ----------------------- */

struct waiting { struct eti_dram_request r; struct eti_dram_address a; bool opened, closed; };
struct controller {
    struct eti_dram d;
    struct waiting queue[ETI_DRAM_QUEUE]; /* oldest first */
    size_t n;
    bool more, held;                      /* `held`: the next one has not arrived when the queue had room */
    struct eti_dram_request ahead;
    uint64_t bus, refresh_due, bypassed;
    struct eti_dram_stats stats;
    bool (*next)(void *ctx, struct eti_dram_request *out);
    void *ctx;
};

static void fill(struct controller *c)
{
    while (c->n < ETI_DRAM_QUEUE && c->more) {
        if (!c->held) c->more = c->held = c->next(c->ctx, &c->ahead);
        if (!c->held) return;
        if (c->n && c->ahead.arrival > c->bus) return;
        struct waiting w = {c->ahead, eti_dram_map(c->d.spec, c->ahead.index), false, false};
        c->queue[c->n++] = w;
        c->held = false;
    }
}

static enum eti_dram_command needed(const struct controller *c, const struct waiting *w)
{
    int64_t open = c->d.open[bank_of(c->d.spec, &w->a)];
    if (open < 0) return ETI_DRAM_ACT;
    if (open != w->a.row) return ETI_DRAM_PRE;
    return w->r.write ? ETI_DRAM_WR : ETI_DRAM_RD;
}

/* A row that an older request waits for stays open. */
static bool row_is_wanted(const struct controller *c, size_t i)
{
    uint32_t bank = bank_of(c->d.spec, &c->queue[i].a);
    for (size_t k = 0; k < i; k++)
        if (bank_of(c->d.spec, &c->queue[k].a) == bank && c->d.open[bank] == c->queue[k].a.row) return true;
    return false;
}

/* The request whose next command can go first; of equals a row hit, then the oldest. */
static size_t choose(const struct controller *c, uint64_t *at)
{
    size_t best = 0;
    bool best_hits = false;
    *at = UINT64_MAX;
    for (size_t i = 0; i < c->n; i++) {
        const struct waiting *w = &c->queue[i];
        enum eti_dram_command command = needed(c, w);
        bool hits = command == ETI_DRAM_RD || command == ETI_DRAM_WR;
        if (command == ETI_DRAM_PRE && row_is_wanted(c, i)) continue;
        if (hits && i && c->bypassed >= MOST_BYPASSED) continue;
        uint64_t ready = eti_max(eti_dram_earliest(&c->d, command, &w->a), eti_max(c->bus, w->r.arrival));
        if (ready > *at || (ready == *at && (best_hits || !hits))) continue;
        best = i;
        best_hits = hits;
        *at = ready;
    }
    return best;
}

static void finish(struct controller *c, size_t i, uint64_t at)
{
    const struct eti_dram_spec *s = c->d.spec;
    const struct waiting *w = &c->queue[i];
    uint64_t end = at + s->parameter[w->r.write ? ETI_DRAM_CWL : ETI_DRAM_CL] + s->parameter[ETI_DRAM_BL];
    c->stats.end = eti_max(c->stats.end, end);
    c->stats.latency_sum += end - w->r.arrival;
    *(w->closed ? &c->stats.conflicts : w->opened ? &c->stats.misses : &c->stats.hits) += 1;
    c->bypassed = i ? c->bypassed + 1 : 0;
    c->n--;
    memmove(&c->queue[i], &c->queue[i + 1], (c->n - i) * sizeof c->queue[0]);
}

/* All banks closed, then every rank refreshed. */
static void refresh(struct controller *c)
{
    const struct eti_dram_spec *s = c->d.spec;
    uint64_t at = eti_max(c->bus, c->refresh_due);
    struct eti_dram_address a = {0, 0, 0, 0, 0};
    for (a.rank = 0; a.rank < s->ranks; a.rank++)
        for (a.group = 0; a.group < s->groups; a.group++)
            for (a.bank = 0; a.bank < s->banks; a.bank++)
                if (c->d.open[bank_of(s, &a)] >= 0) at = eti_max(at, eti_dram_earliest(&c->d, ETI_DRAM_PRE, &a));
    for (a.rank = 0; a.rank < s->ranks; a.rank++) { /* precharge-all: one command */
        for (a.group = 0; a.group < s->groups; a.group++)
            for (a.bank = 0; a.bank < s->banks; a.bank++)
                if (c->d.open[bank_of(s, &a)] >= 0) eti_dram_issue(&c->d, ETI_DRAM_PRE, &a, at);
        a.group = a.bank = 0;
        eti_dram_issue(&c->d, ETI_DRAM_REF, &a, eti_max(at, eti_dram_earliest(&c->d, ETI_DRAM_REF, &a)));
    }
    c->bus = at + 1;
    c->refresh_due += s->parameter[ETI_DRAM_REFI];
    c->stats.refreshes++;
}

static void begin(struct controller *c, const struct eti_dram_spec *spec)
{
    memset(c, 0, sizeof *c);
    eti_dram_init(&c->d, spec);
    c->refresh_due = spec->parameter[ETI_DRAM_REFI];
    c->more = true;
}

/* One command. false: nothing is left to do. */
static bool step(struct controller *c)
{
    uint64_t at;
    fill(c);
    if (!c->n) return false;
    size_t i = choose(c, &at);
    if (at >= c->refresh_due) {
        refresh(c);
        return true;
    }
    struct waiting *w = &c->queue[i];
    enum eti_dram_command command = needed(c, w);
    eti_dram_issue(&c->d, command, &w->a, at);
    c->bus = at + 1;
    if (command == ETI_DRAM_PRE) w->closed = true;
    else if (command == ETI_DRAM_ACT) w->opened = true;
    else finish(c, i, at);
    return true;
}

struct eti_dram_stats eti_dram_run(const struct eti_dram_spec *spec, bool (*next)(void *ctx, struct eti_dram_request *out), void *ctx)
{
    struct controller c;
    begin(&c, spec);
    c.next = next;
    c.ctx = ctx;
    while (step(&c)) continue;
    return c.stats;
}

/* ------------------------------------------------------------------ streams ------------------------------ */

struct stream { uint64_t at, end; };

static bool next_of_stream(void *ctx, struct eti_dram_request *out)
{
    struct stream *s = ctx;
    struct eti_dram_request r = {s->at, 0, false};
    *out = r;
    return s->at++ < s->end;
}

/* Where a stream stands just behind a refresh, whenever that is: what still holds, counted from now, and which bursts wait,
 * counted from the next one. Equal places go on equally. */
struct place {
    uint64_t next_in_period, n, waiting[ETI_DRAM_QUEUE], bypassed, due;
    uint64_t bank_next[ETI_DRAM_MOST_BANKS][ETI_DRAM_COMMANDS], group_next[ETI_DRAM_MOST_BANKS][ETI_DRAM_COMMANDS];
    uint64_t rank_next[4][ETI_DRAM_COMMANDS], since_act[4][4];
};

static uint64_t still(uint64_t at, uint64_t now) { return at > now ? at - now : 0; }

static void look(const struct controller *c, const struct stream *s, struct place *p)
{
    const struct eti_dram_spec *spec = c->d.spec;
    uint64_t now = c->bus, faw = spec->parameter[ETI_DRAM_FAW];
    memset(p, 0, sizeof *p);
    p->next_in_period = s->at % ((uint64_t)spec->groups * spec->bursts * spec->banks * spec->ranks);
    p->n = c->n;
    p->bypassed = c->bypassed;
    p->due = c->refresh_due - now;
    for (size_t i = 0; i < c->n; i++) p->waiting[i] = s->at - c->queue[i].r.index;
    for (int k = 0; k < ETI_DRAM_COMMANDS; k++) {
        for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++) p->bank_next[i][k] = still(c->d.bank_next[i][k], now);
        for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++) p->group_next[i][k] = still(c->d.group_next[i][k], now);
        for (int i = 0; i < 4; i++) p->rank_next[i][k] = still(c->d.rank_next[i][k], now);
    }
    for (int r = 0; r < 4; r++)
        for (uint64_t i = 0; i < 4 && i < c->d.n_acts[r]; i++)
            p->since_act[r][i] = eti_min(faw, now - c->d.acts[r][(c->d.n_acts[r] - 1 - i) % 4]);
}

/* The same place, later and further on. */
static void move(struct controller *c, struct stream *s, uint64_t cycles, uint64_t bursts)
{
    for (int k = 0; k < ETI_DRAM_COMMANDS; k++) {
        for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++) {
            c->d.bank_next[i][k] += cycles;
            c->d.group_next[i][k] += cycles;
        }
        for (int i = 0; i < 4; i++) c->d.rank_next[i][k] += cycles;
    }
    for (int r = 0; r < 4; r++)
        for (int i = 0; i < 4; i++) c->d.acts[r][i] += cycles;
    for (size_t i = 0; i < c->n; i++) {
        c->queue[i].r.index += bursts;
        c->queue[i].a = eti_dram_map(c->d.spec, c->queue[i].r.index);
    }
    c->bus += cycles;
    c->refresh_due += cycles;
    c->stats.end += cycles;
    s->at += bursts;
}

/* Skips as many whole periods as are left, but for one, if this refresh found the stream where the kept one did. */
static bool skip_periods(struct controller *c, struct stream *s, const struct place *kept, uint64_t kept_at, uint64_t kept_bursts)
{
    struct place now;
    look(c, s, &now);
    if (memcmp(&now, kept, sizeof now) != 0 || s->at == kept_bursts) return false;
    uint64_t bursts = s->at - kept_bursts, left = s->end - s->at, times = left / bursts;
    if (times > 1) move(c, s, (times - 1) * (c->bus - kept_at), (times - 1) * bursts);
    return true;
}

static uint64_t run_stream(const struct eti_dram_spec *spec, struct stream *s)
{
    struct controller c;
    struct place kept;
    uint64_t kept_at = 0, kept_bursts = 0, keep_next = 1;
    bool skipped = false;
    begin(&c, spec);
    c.next = next_of_stream;
    c.ctx = s;
    for (uint64_t seen = 0; step(&c);) {
        if (skipped || c.stats.refreshes == seen) continue;
        seen = c.stats.refreshes;
        if (seen > 1 && s->at < s->end) skipped = skip_periods(&c, s, &kept, kept_at, kept_bursts);
        if (seen != keep_next) continue;
        look(&c, s, &kept); /* at the 1st, 2nd, 4th, 8th, ...: a period of any length is met in the end */
        kept_at = c.bus;
        kept_bursts = s->at;
        keep_next *= 2;
    }
    return c.stats.end;
}

uint64_t eti_dram_stream_end(const struct eti_dram_spec *spec, uint64_t bursts)
{
    struct stream s = {0, bursts};
    return run_stream(spec, &s);
}

/* From one refresh to the second next. */
uint64_t eti_dram_stream_bytes_per_s(const struct eti_dram_spec *spec)
{
    struct controller c;
    struct stream s = {0, UINT64_MAX};
    begin(&c, spec);
    c.next = next_of_stream;
    c.ctx = &s;
    while (c.stats.refreshes < 1) step(&c);
    uint64_t from = s.at, at = c.bus;
    while (c.stats.refreshes < 3) step(&c);
    return eti_mul_div_floor((s.at - from) * spec->burst_bytes, spec->clock_hz, c.bus - at);
}
