/* tile_grid.h - how a layer is mapped on a grid of tiles, as arithmetic: spans, the order of the reduction, steps,
 * FIFO depths, border exchange. No graph, no state; docs/MODEL.md names the source and the test of each formula.
 *
 * A *step* reads one narrow word (`lanes` input channels of a pixel), hands it to all cells, and reads one weight row.
 * Words: cw = ceil(channels / lanes). Groups: G = ceil(output channels / cells). taps = kernel_h x kernel_w. */
#ifndef ETI_TIMING_TILE_GRID_H
#define ETI_TIMING_TILE_GRID_H

#include "arch/arch.h"

#define ETI_MAX_TILES 64
#define ETI_MAX_SIDE 8
#define ETI_UNIT_BYTES 64  /* wide memory is allotted in these */

/* --- the split: part i of `parts` owns [ceil(i size / parts), ceil((i + 1) size / parts)) --- */
struct eti_span { uint32_t at, n; };
struct eti_span eti_span_of(uint32_t size, uint32_t parts, uint32_t i);
/* All `parts` of them. */
void eti_spans_of(uint32_t size, uint32_t parts, struct eti_span *spans);

/* --- the order of the reduction of a dense convolution --- */
struct eti_reduction {
    bool position_outer;   /* all rows of a group stay in the FIFO, pixels go by; no partial sums */
    uint32_t rows;         /* weight rows a fill: `a` */
    uint32_t fills;        /* fills a group of output channels: `b`; rows x fills = taps x cw */
    uint32_t groups;       /* `G`, or rounds of `abreast` groups */
    uint32_t abreast, shares; /* cores that work on groups of their own x cores that share the pixels of a group */
    bool fifo;             /* fill f + 1 may arrive while f is used; otherwise a plain block */
    uint32_t cells;        /* cells that work */
};
/* Rows, or columns, of the input that `n_out` outputs of a pool's window read, borders included. */
uint64_t eti_window_pixels(uint32_t stride, uint32_t kernel, uint64_t n_out);
/* What the busiest of a tile's cores has of `pixels` when all work on the same group. */
uint64_t eti_core_pixels(const struct eti_arch *arch, uint64_t pixels);
/* `pixels` are those of the busiest tile; of its cores as many work abreast as takes the fewest steps. Rule of the order fitted without exception on > 3000 vendor compiles. */
struct eti_reduction eti_reduction_of(const struct eti_arch *arch, uint32_t taps, uint32_t in_channels,
                                      uint32_t out_channels, uint64_t pixels);
/* A FIFO of `rows` slots holds two fills; 16 to 30 rows sit in a plain block. */
bool eti_fill_is_fifo(uint32_t rows);
/* Wide memory of a layer's fills, bias and partial sums in each core, in units; `pixels` of the busiest tile. */
uint64_t eti_reduction_units(const struct eti_reduction *r, uint64_t pixels);

/* --- partial sums: a row of a sum a cell; cycles of its way through the port of wide memory --- */
uint64_t eti_psum_row_bytes(const struct eti_arch *arch);
uint64_t eti_psum_row_cycles(const struct eti_arch *arch);

/* --- cycles of one fill on a tile with `pixels` output pixels --- */
struct eti_fill_cost {
    uint64_t first, middle, last; /* cycles, the partial sums' traffic included; one fill a group: `first` */
    uint64_t psum_first, psum_middle, psum_last; /* of these, partial sums */
};
struct eti_fill_cost eti_fill_cost_of(const struct eti_arch *arch, const struct eti_reduction *r, uint64_t pixels);

/* --- parameters as the accelerator stores them, bytes --- */
/* Header bytes an output channel: 8 for a scale a channel, 4 for a bias unless all are zero. */
uint32_t eti_header_bytes(bool per_channel, bool bias_zero);
uint64_t eti_dense_parameter_bytes(const struct eti_arch *arch, uint32_t taps, uint32_t in_channels,
                                   uint32_t out_channels, uint32_t header_bytes);
uint64_t eti_depthwise_parameter_bytes(const struct eti_arch *arch, uint32_t taps, uint32_t channels,
                                       uint32_t header_bytes);
uint64_t eti_softmax_parameter_bytes(uint64_t classes);

/* --- border exchange along one axis --- */
/* Span q owns inputs [own.at, own.at + own.n) and needs [need_lo, need_hi) (unclipped at the edges of the map). It holds
 * rows [lo, hi) afterwards: short spans fetch for their neighbours and relay. fill_* are rows of padding. */
struct eti_halo_span {
    struct eti_span own;
    uint32_t lo, hi;
    uint32_t fill_before, fill_after;
};
struct eti_axis { uint32_t in_size, out_size, kernel, stride, dilation, pad_before; };
void eti_halo_of(const struct eti_axis *axis, uint32_t parts, struct eti_halo_span spans[ETI_MAX_SIDE]);

#endif
