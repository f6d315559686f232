/* dram_stream.c - sequential streams: run as any other load, whole periods skipped where one is known. See dram.h. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/num.h"
#include "timing/dram.h"

struct stream { uint64_t at, end; };

static bool next_of_stream(void *ctx, struct eti_dram_request *out)
{
    struct stream *s = ctx;
    struct eti_dram_request r = {s->at, 0, false};
    *out = r;
    return s->at++ < s->end;
}

/* ------------------------------------------------------------------ places ------------------------------- */

/* Where a channel stands in a stream, whenever that is: what still holds and which rows are open, counted from now and from
 * the next burst. Equal places go on equally. Times long past are all the same: a refresh looks back at most as far as it
 * may be late. */
struct place {
    uint64_t n, waiting[ETI_DRAM_QUEUE], entered[ETI_DRAM_QUEUE], opened, closed, bypassed, bus, due[ETI_DRAM_MOST_RANKS];
    uint64_t bank_next[ETI_DRAM_MOST_BANKS][ETI_DRAM_COMMANDS], group_next[ETI_DRAM_MOST_BANKS][ETI_DRAM_COMMANDS];
    uint64_t rank_next[ETI_DRAM_MOST_RANKS][ETI_DRAM_COMMANDS], acts[ETI_DRAM_MOST_RANKS][4];
    int64_t open[ETI_DRAM_MOST_BANKS];
};

/* The stream over the whole memory: the places of its channels, one after the other. */
struct run {
    struct eti_dram_memory m;
    struct stream s;
    const struct eti_dram_spec *spec;
    uint64_t row_bursts;             /* from a row to the next */
    bool row_is_top;                 /* else the next row is elsewhere once all have passed */
    struct place *kept, *found;
    uint64_t kept_at, kept_bursts, kept_next;
};

/* Bursts until this part of the address changes. */
static uint64_t bursts_of(const struct eti_dram_spec *s, enum eti_dram_field field)
{
    const uint64_t size[ETI_DRAM_FIELDS] = {s->rows, s->ranks, s->banks, s->bursts, s->groups, s->channels};
    uint64_t bursts = 1;
    for (int i = 0; s->order[i] != field; i++) bursts *= size[s->order[i]];
    return bursts;
}

static uint64_t since(const struct run *r, uint64_t at)
{
    uint64_t back = ((uint64_t)r->spec->postponed + 2) * r->spec->parameter[ETI_DRAM_REFI];
    return at + back > r->m.now ? at + back - r->m.now : 0;
}

static void look_at(const struct run *r, struct eti_dram_channel *c, struct place *p)
{
    int64_t row = (int64_t)(r->s.at / r->row_bursts % r->spec->rows);
    memset(p, 0, sizeof *p);
    p->n = c->n;
    p->bypassed = c->bypassed;
    p->bus = since(r, c->bus);
    for (size_t i = 0; i < c->n; i++) {
        const struct eti_dram_waiting *w = eti_dram_at(c, i);
        p->waiting[i] = r->s.at - w->r.index;
        p->entered[i] = since(r, w->entered);
        p->opened |= (uint64_t)w->opened << i;
        p->closed |= (uint64_t)w->closed << i;
    }
    for (int k = 0; k < ETI_DRAM_COMMANDS; k++) {
        for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++) p->bank_next[i][k] = since(r, c->d.bank_next[i][k]);
        for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++) p->group_next[i][k] = since(r, c->d.group_next[i][k]);
        for (int i = 0; i < ETI_DRAM_MOST_RANKS; i++) p->rank_next[i][k] = since(r, c->d.rank_next[i][k]);
    }
    for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++) p->open[i] = c->d.open[i] < 0 ? -1 : (row - c->d.open[i] + r->spec->rows) % r->spec->rows;
    for (uint32_t i = 0; i < r->spec->ranks; i++) {
        p->due[i] = c->due[i] - r->m.now; /* differences wrap, and are compared only */
        for (uint64_t k = 0; k < 4 && k < c->d.n_acts[i]; k++) p->acts[i][k] = since(r, c->d.acts[i][(c->d.n_acts[i] - 1 - k) % 4]);
    }
}

static void look(const struct run *r, struct place *p)
{
    for (uint32_t i = 0; i < r->m.n_channels; i++) look_at(r, &r->m.channels[i], &p[i]);
}

/* The same place, `cycles` later and `bursts` further on. */
static void move(struct run *r, struct eti_dram_channel *c, uint64_t cycles, uint64_t bursts)
{
    int64_t rows = (int64_t)(bursts / r->row_bursts % r->spec->rows);
    for (int k = 0; k < ETI_DRAM_COMMANDS; k++) {
        for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++) {
            c->d.bank_next[i][k] += cycles;
            c->d.group_next[i][k] += cycles;
        }
        for (int i = 0; i < ETI_DRAM_MOST_RANKS; i++) c->d.rank_next[i][k] += cycles;
    }
    for (int i = 0; i < ETI_DRAM_MOST_BANKS; i++)
        if (c->d.open[i] >= 0) c->d.open[i] = (c->d.open[i] + rows) % r->spec->rows;
    for (int i = 0; i < ETI_DRAM_MOST_RANKS; i++) {
        c->due[i] += cycles;
        for (int k = 0; k < 4; k++) c->d.acts[i][k] += cycles;
    }
    for (size_t i = 0; i < c->n; i++) {
        struct eti_dram_waiting *w = eti_dram_at(c, i);
        w->r.index += bursts;
        w->entered += cycles;
        w->a = eti_dram_map(r->spec, w->r.index);
    }
    c->bus += cycles;
    c->chosen = false;
}

/* Skips as many whole periods as are left, but for one, if this refresh found the stream where the kept one did. */
static void skip_periods(struct run *r)
{
    uint64_t bursts = r->s.at - r->kept_bursts, rows = r->row_bursts * r->spec->rows, left = r->s.end - r->s.at;
    if (!bursts || bursts % r->row_bursts) return;
    if (!r->row_is_top) left = eti_min(left, rows - r->s.at % rows);
    look(r, r->found);
    if (left / bursts < 2 || memcmp(r->found, r->kept, r->m.n_channels * sizeof *r->kept) != 0) return;
    uint64_t times = left / bursts - 1, cycles = times * (r->m.now - r->kept_at);
    for (uint32_t i = 0; i < r->m.n_channels; i++) move(r, &r->m.channels[i], cycles, times * bursts);
    r->m.ahead.index += times * bursts;
    r->m.ahead_at = eti_dram_map(r->spec, r->m.ahead.index);
    r->m.now += cycles;
    r->m.stats.end += cycles;
    r->s.at += times * bursts;
    look(r, r->found);
    assert(memcmp(r->found, r->kept, r->m.n_channels * sizeof *r->kept) == 0); /* all that tells places apart has moved */
}

static void run(struct run *r)
{
    uint64_t due = r->m.channels[0].due[0], seen = 0;
    while (eti_dram_step(&r->m)) {
        if (r->m.channels[0].due[0] == due) continue;
        if (seen++ && r->s.at < r->s.end) skip_periods(r);
        due = r->m.channels[0].due[0];
        if (seen != r->kept_next) continue;
        look(r, r->kept); /* at the 1st, 2nd, 4th, 8th, ...: a period of any length is met in the end */
        r->kept_at = r->m.now;
        r->kept_bursts = r->s.at;
        r->kept_next *= 2;
    }
}

ets_status eti_dram_stream_end(const struct eti_dram_spec *spec, uint64_t bursts, const ets_allocator *mem, uint64_t *out,
                               ets_error *err)
{
    struct run r;
    memset(&r, 0, sizeof r);
    r.s.end = bursts;
    r.spec = spec;
    r.kept_next = 1;
    r.row_bursts = bursts_of(spec, ETI_DRAM_ROW_OF);
    r.row_is_top = spec->order[ETI_DRAM_FIELDS - 1] == ETI_DRAM_ROW_OF;
    ETI_TRY(eti_dram_begin(&r.m, spec, next_of_stream, &r.s, mem, err));
    size_t n = (size_t)2 * r.m.n_channels;
    r.kept = eti_alloc(&r.m.mem, n, sizeof *r.kept);
    r.found = r.kept ? r.kept + r.m.n_channels : NULL;
    if (r.kept) run(&r);
    *out = r.m.stats.end;
    bool ran = r.kept != NULL;
    eti_free(&r.m.mem, r.kept, n, sizeof *r.kept);
    eti_dram_end(&r.m);
    return ran ? ETS_OK : eti_nomem(err);
}

/* ------------------------------------------------------------------ what a stream sustains --------------- */

/* One rank under load falls behind with its refreshes, then makes up for them: from the end of that to the end of the next
 * is a period; it starts when only the last one may be postponed yet. Where ranks or channels take turns there is no such period;
 * three times as long is seen then. */
static uint64_t sustained(const struct eti_dram_spec *spec, struct eti_dram_memory *m)
{
    bool alone = spec->ranks == 1 && spec->channels == 1;
    uint64_t round = (uint64_t)spec->postponed + 1, at[2], bursts[2];
    if (alone) m->now = m->channels[0].bus = (uint64_t)spec->postponed * spec->parameter[ETI_DRAM_REFI];
    for (int i = 0; i < 2; i++) {
        while (alone ? m->stats.refreshes < (i ? 2 : 1) * round : m->now < (i ? 4 : 1) * round * spec->parameter[ETI_DRAM_REFI]) eti_dram_step(m);
        at[i] = alone ? m->channels[0].d.rank_next[0][ETI_DRAM_ACT] : m->now;
        bursts[i] = m->stats.hits + m->stats.misses + m->stats.conflicts;
    }
    return eti_mul_div_floor((bursts[1] - bursts[0]) * spec->burst_bytes, spec->clock_hz, at[1] - at[0]);
}

ets_status eti_dram_stream_bytes_per_s(const struct eti_dram_spec *spec, const ets_allocator *mem, uint64_t *out, ets_error *err)
{
    struct eti_dram_spec one = *spec;
    struct eti_dram_memory m;
    struct stream s = {0, UINT64_MAX};
    bool alike = bursts_of(spec, ETI_DRAM_CHANNEL_OF) <= ETI_DRAM_QUEUE / 2; /* all queues are full: all channels do the same */
    if (alike) one.channels = 1;
    ETI_TRY(eti_dram_begin(&m, &one, next_of_stream, &s, mem, err));
    *out = sustained(&one, &m) * (alike ? spec->channels : 1);
    eti_dram_end(&m);
    return ETS_OK;
}
