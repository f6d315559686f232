/* tile_clock.h - one tile of the grid with all that a cached convolution keeps busy, clock by clock: the ring that brings
 * weight rows and biases packet by packet, the weight FIFO with its two fills, the store of scales with its two groups and the
 * mover that loads it, the cells, partial sums on their way to wide memory and back. Real int8 arithmetic on what has really
 * arrived. What the schedule's commands and the engine's turns are compared with. */
#ifndef TILE_CLOCK_H
#define TILE_CLOCK_H

#include "ref/tile_ref.h"

/* Cycles, but for what is said otherwise. */
struct clock_machine {
    uint64_t packet, ring_latency;   /* a packet on the ring; from its end to the tile */
    uint64_t psum_row;               /* a row of partial sums, one way */
    uint64_t change_of_fill, result; /* behind a fill; a pixel's results leave the cells */
    uint64_t mover_word;
    uint64_t consumer_issued, mover_issued, op_issued, producer_issued; /* clocks */
};
struct clock_layer {
    struct ref_conv conv;            /* its output is filled */
    const int32_t *bias;             /* of each output channel */
    uint32_t rows, fills, groups;    /* weight rows a fill, fills a group, groups of output channels */
    bool fifo;                       /* room for two fills, else one */
    uint32_t bias_packets, bias_words; /* of a group: on the ring; that the mover loads */
};
/* Returns the clock at which all is done; 0: it hangs. */
uint64_t clock_run(const struct clock_machine *m, const struct clock_layer *l);

#endif
