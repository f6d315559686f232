/* tile_ref.h - one tile, stepped: cells with their registers, the weight FIFO, partial sums in wide memory, real int8
 * arithmetic. Slow and plain; what the closed forms of timing/tile_grid.c are compared with. */
#ifndef TILE_REF_H
#define TILE_REF_H

#include <stdbool.h>
#include <stdint.h>

enum { REF_LANES = 4, REF_CELLS = 64 };

/* A convolution over one tile's outputs; input and weights as NHWC / OHWI int8. */
struct ref_conv {
    uint32_t out_h, out_w, kernel_h, kernel_w, stride, in_w, in_c, out_c;
    bool depthwise;
    const int8_t *input, *weights;
    int32_t *output; /* out_h x out_w x out_c */
};
struct ref_count {
    uint64_t steps;      /* clocks in which a word and a weight row are read */
    uint64_t fills;      /* weight fills taken from the ring */
    uint64_t psum_reads, psum_writes; /* rows of partial sums */
    uint32_t cells;      /* the most that worked in one step */
};
/* `rows`: weight rows a fill holds; position-outer keeps all of a group's. */
struct ref_count ref_run(const struct ref_conv *c, bool position_outer, uint32_t rows);
/* The value that a tap of output (y, x) reads; 0 beyond the last channel. */
int8_t ref_input(const struct ref_conv *c, uint32_t y, uint32_t x, uint32_t tap, uint32_t channel);
/* The same result by the definition of a convolution. */
void ref_plain(const struct ref_conv *c, int32_t *output);

#endif
