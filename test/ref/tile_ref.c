/* tile_ref.c - steps one tile clock by clock. */
#include "ref/tile_ref.h"

#include <stdlib.h>
#include <string.h>

int8_t ref_input(const struct ref_conv *c, uint32_t y, uint32_t x, uint32_t tap, uint32_t channel)
{
    uint32_t row = y * c->stride + tap / c->kernel_w, column = x * c->stride + tap % c->kernel_w;
    return channel < c->in_c ? c->input[(row * c->in_w + column) * c->in_c + channel] : 0;
}

static int8_t weight_at(const struct ref_conv *c, uint32_t out, uint32_t tap, uint32_t channel)
{
    uint32_t taps = c->kernel_h * c->kernel_w;
    if (c->depthwise) return channel == out && out < c->out_c ? c->weights[tap * c->out_c + out] : 0;
    return channel < c->in_c && out < c->out_c ? c->weights[(out * taps + tap) * c->in_c + channel] : 0;
}

/* One clock: the narrow word (4 channels of a pixel and tap) goes to all cells, each adds four products. */
static void step(const struct ref_conv *c, uint32_t y, uint32_t x, uint32_t tap, uint32_t word, uint32_t first_out,
                 uint32_t cells, int32_t *sums)
{
    int8_t narrow[REF_LANES];
    for (uint32_t l = 0; l < REF_LANES; l++) narrow[l] = ref_input(c, y, x, tap, word * REF_LANES + l);
    for (uint32_t cell = 0; cell < cells; cell++)
        for (uint32_t l = 0; l < REF_LANES; l++)
            sums[cell] += narrow[l] * weight_at(c, first_out + cell, tap, word * REF_LANES + l);
}

struct ref_count ref_run(const struct ref_conv *c, bool position_outer, uint32_t rows)
{
    struct ref_count n = {0, 0, 0, 0, 0};
    uint32_t taps = c->kernel_h * c->kernel_w, words = (c->in_c + REF_LANES - 1) / REF_LANES;
    uint32_t width = c->depthwise ? REF_LANES : REF_CELLS, pixels = c->out_h * c->out_w;
    uint32_t total = c->depthwise ? taps : taps * words; /* rows of a group */
    int32_t *wide = calloc((size_t)pixels * REF_CELLS, sizeof *wide);
    for (uint32_t first = 0; first < c->out_c; first += width) {
        uint32_t left = c->out_c - first, cells = left < width ? (left + REF_LANES - 1) / REF_LANES * REF_LANES : width;
        uint32_t fill_rows = position_outer ? total : rows;
        if (cells > n.cells) n.cells = cells;
        for (uint32_t row = 0; row < total; row += fill_rows) { /* a fill is taken from the FIFO */
            n.fills++;
            for (uint32_t p = 0; p < pixels; p++) {
                int32_t sums[REF_CELLS] = {0};
                bool carries = total > fill_rows && pixels > 1; /* one pixel keeps its sums in the cells */
                if (row) memcpy(sums, wide + (size_t)p * REF_CELLS, sizeof sums);
                n.psum_reads += carries && row > 0;
                for (uint32_t r = row; r < row + fill_rows; r++) {
                    /* rows of a fill run over the taps of some words, or over words of all taps: order is free */
                    uint32_t tap = r % taps, word = c->depthwise ? first / REF_LANES : r / taps;
                    step(c, p / c->out_w, p % c->out_w, tap, word, first, cells, sums);
                    n.steps++;
                }
                memcpy(wide + (size_t)p * REF_CELLS, sums, sizeof sums);
                n.psum_writes += carries && row + fill_rows < total;
            }
        }
        for (uint32_t p = 0; p < pixels; p++)
            for (uint32_t cell = 0; cell < cells && first + cell < c->out_c; cell++)
                c->output[(size_t)p * c->out_c + first + cell] = wide[(size_t)p * REF_CELLS + cell];
        memset(wide, 0, (size_t)pixels * REF_CELLS * sizeof *wide);
    }
    free(wide);
    return n;
}

void ref_plain(const struct ref_conv *c, int32_t *output)
{
    uint32_t taps = c->kernel_h * c->kernel_w;
    for (uint32_t p = 0; p < c->out_h * c->out_w; p++)
        for (uint32_t o = 0; o < c->out_c; o++) {
            int32_t sum = 0;
            for (uint32_t tap = 0; tap < taps; tap++)
                for (uint32_t i = c->depthwise ? o : 0; i < (c->depthwise ? o + 1 : c->in_c); i++)
                    sum += ref_input(c, p / c->out_w, p % c->out_w, tap, i) * weight_at(c, o, tap, i);
            output[(size_t)p * c->out_c + o] = sum;
        }
}
