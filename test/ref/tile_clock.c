/* tile_clock.c - every unit looks at the others once a clock and does at most one clock of work. */
#include "ref/tile_clock.h"

#include <stdlib.h>
#include <string.h>

#define HANGS 100000000
#define MOST_IN_FLIGHT 4096 /* more than two fills of packets */

struct tile {
    const struct clock_machine *m;
    const struct clock_layer *l;
    uint64_t now;
    /* ring: packets of fill `sending`, the biases of its group in front of its first fill's rows */
    uint32_t sending, packet, packets_arrived, arrived; /* fills sent, arrived */
    uint64_t packet_left;
    uint64_t due[MOST_IN_FLIGHT];                       /* clocks at which sent packets arrive, a ring buffer */
    uint32_t due_first, due_next;
    /* the FIFO */
    uint32_t credits, used;                             /* fills that were made room for, used up */
    /* scales */
    uint32_t loading, loaded;                           /* groups on their way, there */
    uint64_t load_left;
    int32_t scales[2][REF_CELLS];
    /* cells */
    uint32_t fill, pixel, row;                          /* fill: of all groups */
    enum { WAIT, READ, STEP, WRITE, LEAVE, CHANGE } phase;
    uint64_t left;
    int32_t sums[REF_CELLS];
    int32_t *wide;                                      /* partial sums of a group, a row of cells a pixel */
    uint32_t groups_done;
};

static uint32_t total_fills(const struct tile *t) { return t->l->fills * t->l->groups; }
static uint32_t pixels(const struct tile *t) { return t->l->conv.out_h * t->l->conv.out_w; }
static bool carries(const struct tile *t) { return t->l->fills > 1 && pixels(t) > 1; }

static uint32_t packets_of(const struct tile *t, uint32_t fill)
{
    return t->l->rows + (fill % t->l->fills ? 0 : t->l->bias_packets);
}

/* The consumer makes room for fill n as soon as n - 1 (FIFO: n - 2) fills before it are used up. */
static void consumer(struct tile *t)
{
    if (t->now < t->m->consumer_issued) return;
    while (t->credits < total_fills(t) && t->credits < t->used + (t->l->fifo ? 2 : 1)) t->credits++;
}

static void arrive(struct tile *t)
{
    while (t->due_first != t->due_next && t->due[t->due_first % MOST_IN_FLIGHT] <= t->now) {
        t->due_first++;
        if (++t->packets_arrived < packets_of(t, t->arrived)) continue;
        t->packets_arrived = 0;
        t->arrived++;
    }
}

static void ring(struct tile *t)
{
    if (t->now < t->m->producer_issued || t->sending == total_fills(t)) return;
    if (!t->packet && !t->packet_left && t->credits <= t->sending) return; /* no room */
    if (!t->packet_left) t->packet_left = t->m->packet;
    if (--t->packet_left) return;
    t->due[t->due_next++ % MOST_IN_FLIGHT] = t->now + 1 + t->m->ring_latency;
    if (++t->packet < packets_of(t, t->sending)) return;
    t->packet = 0;
    t->sending++;
}

/* Loads the scales of a group when its first fill has arrived and the group two before it has left. */
static void mover(struct tile *t)
{
    if (t->now < t->m->mover_issued || t->loading == t->l->groups) return;
    if (!t->load_left) {
        if (t->arrived <= t->loading * t->l->fills || t->groups_done + 2 <= t->loading) return;
        t->load_left = t->l->bias_words * t->m->mover_word;
    }
    if (--t->load_left) return;
    for (uint32_t cell = 0; cell < REF_CELLS; cell++) {
        uint32_t out = t->loading * REF_CELLS + cell;
        t->scales[t->loading % 2][cell] = out < t->l->conv.out_c ? t->l->bias[out] : 0;
    }
    t->loading++;
}

/* A word of narrow memory and a weight row: all cells add four products. */
static void step(struct tile *t)
{
    const struct ref_conv *c = &t->l->conv;
    uint32_t taps = c->kernel_h * c->kernel_w, row = t->fill % t->l->fills * t->l->rows + t->row, first = t->fill / t->l->fills * REF_CELLS;
    for (uint32_t lane = 0; lane < REF_LANES; lane++) {
        uint32_t tap = row % taps, channel = row / taps * REF_LANES + lane;
        int8_t value = ref_input(c, t->pixel / c->out_w, t->pixel % c->out_w, tap, channel);
        for (uint32_t cell = 0; cell < REF_CELLS && value && first + cell < c->out_c; cell++)
            t->sums[cell] += value * c->weights[((first + cell) * taps + tap) * c->in_c + channel];
    }
}

static void results(struct tile *t)
{
    const struct ref_conv *c = &t->l->conv;
    uint32_t group = t->fill / t->l->fills;
    for (uint32_t cell = 0; cell < REF_CELLS && group * REF_CELLS + cell < c->out_c; cell++)
        c->output[t->pixel * c->out_c + group * REF_CELLS + cell] = t->sums[cell] + t->scales[group % 2][cell];
}

static uint64_t length_of(const struct tile *t)
{
    uint32_t f = t->fill % t->l->fills;
    switch (t->phase) {
    case WAIT: return 0;
    case READ: return carries(t) && f ? t->m->psum_row : 0;
    case STEP: return t->l->rows;
    case WRITE: return carries(t) && f + 1 < t->l->fills ? t->m->psum_row : 0;
    case LEAVE: return f + 1 == t->l->fills ? t->m->result : 0;
    case CHANGE: return t->m->change_of_fill;
    }
    return 0;
}

/* What happens at the end of a pixel's or fill's stretch of work; true if the next stretch begins. */
static void end_of_stretch(struct tile *t)
{
    switch (t->phase) {
    case WAIT: t->phase = READ; t->pixel = 0; break;
    case READ:
        memset(t->sums, 0, sizeof t->sums);
        if (t->fill % t->l->fills) memcpy(t->sums, t->wide + t->pixel * REF_CELLS, sizeof t->sums);
        t->row = 0;
        t->phase = STEP;
        break;
    case STEP: t->phase = WRITE; break;
    case WRITE: memcpy(t->wide + t->pixel * REF_CELLS, t->sums, sizeof t->sums); t->phase = LEAVE; break;
    case LEAVE:
        if (t->fill % t->l->fills + 1 == t->l->fills) results(t);
        t->phase = ++t->pixel < pixels(t) ? READ : CHANGE;
        break;
    case CHANGE:
        t->used++;
        if (++t->fill % t->l->fills == 0) t->groups_done++;
        t->phase = WAIT;
        break;
    }
    t->left = length_of(t);
}

static bool may_begin(const struct tile *t)
{
    return t->now >= t->m->op_issued && t->arrived > t->fill && t->loading > t->fill / t->l->fills;
}

/* Stretches without a clock of their own are passed at once; then a clock of work. */
static void cells(struct tile *t)
{
    if (t->fill == total_fills(t)) return;
    if (t->phase == WAIT && !may_begin(t)) return;
    while (!t->left && t->phase != WAIT) {
        end_of_stretch(t);
        if (t->phase == WAIT) return;
    }
    if (t->phase == WAIT) end_of_stretch(t);
    while (!t->left) end_of_stretch(t);
    if (t->phase == STEP) {
        step(t);
        t->row++;
    }
    t->left--;
}

/* Work that ends with this clock is visible to the others in the next. */
static void finish(struct tile *t)
{
    while (t->phase != WAIT && !t->left) end_of_stretch(t);
}

uint64_t clock_run(const struct clock_machine *m, const struct clock_layer *l)
{
    struct tile *t = calloc(1, sizeof *t);
    t->m = m;
    t->l = l;
    t->wide = calloc((size_t)l->conv.out_h * l->conv.out_w * REF_CELLS, sizeof *t->wide);
    for (; t->fill < total_fills(t) && t->now < HANGS; t->now++) {
        arrive(t);
        consumer(t);
        ring(t);
        cells(t); /* before the mover: what that ends in this clock is there in the next */
        mover(t);
        finish(t);
    }
    uint64_t end = t->now < HANGS ? t->now : 0;
    free(t->wide);
    free(t);
    return end;
}
