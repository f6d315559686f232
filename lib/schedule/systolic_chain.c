/* systolic_chain.c - cycles of a chain of parts. Loading part i (behind storing part i - ahead) needs that part i - ahead
 * has been worked on; working on part i needs its load. The state is how far DRAM and array are apart; when a turn of a
 * loop leaves it as it was, the turns that are like it only add their length. */
#include "base/budget.h"
#include "base/num.h"
#include "schedule/systolic.h"

#define MOST_AHEAD 2

struct chain {
    const struct eti_tiling *t;
    uint64_t ahead, latency;
    uint64_t dram;                    /* when it is free */
    uint64_t done[MOST_AHEAD];        /* end of the work on the last parts, newest first */
    uint64_t stores[MOST_AHEAD];      /* cycles to store their results */
    struct eti_budget *budget;        /* a turn is a unit */
    ets_status status;
    ets_error *err;
};
/* The state but for when it is. */
struct apart { uint64_t dram, done[MOST_AHEAD], stores[MOST_AHEAD]; };

static struct apart apart_of(const struct chain *c)
{
    struct apart a;
    a.dram = c->dram - c->done[0]; /* differences wrap, and are compared only */
    for (uint64_t i = 0; i < MOST_AHEAD; i++) {
        a.done[i] = c->done[0] - c->done[i];
        a.stores[i] = c->stores[i];
    }
    return a;
}

static bool same(const struct apart *a, const struct apart *b)
{
    bool all = a->dram == b->dram;
    for (uint64_t i = 0; i < MOST_AHEAD; i++) all = all && a->done[i] == b->done[i] && a->stores[i] == b->stores[i];
    return all;
}

static void skip(struct chain *c, uint64_t cycles)
{
    c->dram += cycles;
    for (uint64_t i = 0; i < MOST_AHEAD; i++) c->done[i] += cycles;
}

static void step(struct chain *c, uint64_t read, uint64_t compute, uint64_t store)
{
    c->dram = eti_max(c->dram, c->done[c->ahead - 1]) + c->stores[c->ahead - 1] + read;
    uint64_t start = eti_max(c->done[0], c->dram + c->latency);
    for (uint64_t i = MOST_AHEAD - 1; i > 0; i--) {
        c->done[i] = c->done[i - 1];
        c->stores[i] = c->stores[i - 1];
    }
    c->done[0] = start + compute;
    c->stores[0] = store;
}

static void run(struct chain *c, int level, const int *outer);

/* One turn of the loop at `level`, which is a first, middle or last one. */
static void turn(struct chain *c, int level, int which, const int *outer)
{
    int now[3] = {which, outer[1], outer[2]};
    now[level] = which;
    for (int i = level + 1; i < 3; i++) now[i] = outer[i];
    if (level > 0) {
        run(c, level - 1, now);
        return;
    }
    step(c, c->t->read.cycles[now[2]][now[1]][now[0]], c->t->compute.cycles[now[2]][now[1]][now[0]],
         c->t->write.cycles[now[2]][now[1]][now[0]]);
}

static void run(struct chain *c, int level, const int *outer)
{
    uint64_t n = c->t->compute.count[level];
    turn(c, level, 0, outer);
    for (uint64_t i = 1; i + 1 < n && c->status == ETS_OK; i++) {
        c->status = eti_spend(c->budget, 1, c->err);
        struct apart before = apart_of(c);
        uint64_t from = c->done[0];
        turn(c, level, 1, outer);
        struct apart after = apart_of(c);
        if (!same(&before, &after)) continue;
        skip(c, (c->done[0] - from) * (n - 2 - i));
        break;
    }
    if (n > 1) turn(c, level, 2, outer);
}

ets_status eti_chain_within(const struct eti_tiling *t, uint64_t ahead, uint64_t latency_cycles, struct eti_budget *budget,
                            uint64_t *cycles, ets_error *err)
{
    struct chain c = {t, ahead, latency_cycles, 0, {0}, {0}, budget, ETS_OK, err};
    static const int top[3] = {0, 0, 0};
    run(&c, 2, top);
    for (uint64_t i = ahead; i-- > 0;) c.dram = eti_max(c.dram, c.done[i]) + c.stores[i];
    *cycles = eti_max(c.dram, c.done[0]);
    return c.status;
}

uint64_t eti_chain_cycles(const struct eti_tiling *t, uint64_t ahead, uint64_t latency_cycles)
{
    uint64_t cycles = 0;
    eti_chain_within(t, ahead, latency_cycles, NULL, &cycles, NULL);
    return cycles;
}
