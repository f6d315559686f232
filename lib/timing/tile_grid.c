/* tile_grid.c - the mapping rules of the tile grid. See tile_grid.h; sources in docs/MODEL.md. */
#include "timing/tile_grid.h"

#include "base/num.h"

struct eti_span eti_span_of(uint32_t size, uint32_t parts, uint32_t i)
{
    uint64_t begin = eti_ceil_div((uint64_t)i * size, parts);
    uint64_t end = eti_ceil_div((uint64_t)(i + 1) * size, parts);
    struct eti_span span = {(uint32_t)begin, (uint32_t)(end - begin)};
    return span;
}

/* As eti_span_of(), by one division: what is over after equal shares goes to a part as soon as less than its share has been given. */
void eti_spans_of(uint32_t size, uint32_t parts, struct eti_span *spans)
{
    uint32_t each = size / parts, over = size % parts, ahead = 0, at = 0; /* ahead: parts x what was given, less what was due */
    for (uint32_t i = 0; i < parts; i++) {
        bool more = ahead < over;
        struct eti_span span = {at, each + more};
        spans[i] = span;
        at += span.n;
        ahead += (more ? parts : 0) - over;
    }
}

bool eti_fill_is_fifo(uint32_t rows)
{
    return rows <= 15 || rows >= 31;
}

/* The largest divisor of `words` that is at most min(15, words / 2); 1 for a single word. */
static uint32_t rows_of_pointwise(uint32_t words)
{
    uint32_t most = words / 2 < 15 ? words / 2 : 15;
    for (uint32_t a = most; a > 1; a--)
        if (words % a == 0) return a;
    return 1;
}

/* Position-outer keeps all K rows and needs no partial sums; K-chunked keeps `a` rows and a sum for each pixel.
 * Above 30 rows the one that takes less wide memory (in units: 8 a row in a FIFO, 4 in a block, 4 a partial sum,
 * 8 or 4 for the bias) is chosen; up to 30 rows the one that visits less. */
static bool is_position_outer(uint32_t in_channels, uint32_t lanes, uint32_t taps, uint64_t k, uint32_t a, uint64_t pixels)
{
    if (in_channels <= lanes) return true;
    if (k <= 30) return k <= pixels + taps;
    uint64_t chunked = 4 * pixels + (eti_fill_is_fifo(a) ? 8 * (uint64_t)a + 8 : 4 * (uint64_t)a + 4);
    return 8 * k + 8 < chunked;
}

uint64_t eti_window_pixels(uint32_t stride, uint32_t kernel, uint64_t n_out)
{
    return n_out ? (n_out - 1) * stride + kernel : 0;
}

uint64_t eti_core_pixels(const struct eti_arch *arch, uint64_t pixels)
{
    return eti_ceil_div(pixels, arch->tile.cores);
}

/* The fewest steps; of equals the most groups abreast, which need each weight row in one core only. */
static uint32_t groups_abreast(uint32_t cores, uint64_t groups, uint64_t pixels)
{
    uint64_t least = UINT64_MAX;
    uint32_t best = 1;
    for (uint32_t abreast = 1; abreast <= cores; abreast++) {
        uint64_t turns = eti_ceil_div(groups, abreast) * eti_ceil_div(pixels, cores / abreast);
        if (cores % abreast || turns > least) continue;
        least = turns;
        best = abreast;
    }
    return best;
}

struct eti_reduction eti_reduction_of(const struct eti_arch *arch, uint32_t taps, uint32_t in_channels,
                                      uint32_t out_channels, uint64_t pixels)
{
    uint32_t lanes = (uint32_t)arch->tile.lanes, cells = (uint32_t)arch->tile.cells;
    uint32_t words = (uint32_t)eti_ceil_div(in_channels, lanes);
    uint64_t k = (uint64_t)taps * words;
    uint32_t a = taps > 1 ? taps : rows_of_pointwise(words);
    struct eti_reduction r;
    r.abreast = groups_abreast((uint32_t)arch->tile.cores, eti_ceil_div(out_channels, cells), pixels);
    r.shares = (uint32_t)arch->tile.cores / r.abreast;
    pixels = eti_ceil_div(pixels, r.shares);
    r.position_outer = is_position_outer(in_channels, lanes, taps, k, a, pixels);
    r.rows = r.position_outer ? (uint32_t)k : a;
    r.fills = r.position_outer ? 1 : (uint32_t)(k / a);
    r.groups = (uint32_t)eti_ceil_div(eti_ceil_div(out_channels, cells), r.abreast);
    r.fifo = eti_fill_is_fifo(r.rows);
    r.cells = (uint32_t)eti_min(cells, lanes * eti_ceil_div(out_channels, lanes));
    return r;
}

uint64_t eti_reduction_units(const struct eti_reduction *r, uint64_t pixels)
{
    uint64_t psum = r->position_outer ? 0 : 4 * eti_ceil_div(pixels, r->shares);
    return psum + (r->fifo ? 8 * (uint64_t)r->rows + 8 : 4 * (uint64_t)r->rows + 4);
}

uint64_t eti_psum_row_bytes(const struct eti_arch *arch) { return arch->tile.cells * 4; } /* int32 */
uint64_t eti_psum_row_cycles(const struct eti_arch *arch) { return eti_ceil_div(eti_psum_row_bytes(arch), arch->tile.wide_bytes_per_cycle); }

/* Rows of partial sums are read and written through the wide port. A tile with a
 * single pixel keeps its sums in the cells. The first fill reads none, the last writes none. */
struct eti_fill_cost eti_fill_cost_of(const struct eti_arch *arch, const struct eti_reduction *r, uint64_t pixels)
{
    pixels = eti_ceil_div(pixels, r->shares); /* of the busiest core */
    uint64_t steps = pixels * r->rows;
    uint64_t way = r->fills > 1 && pixels > 1 ? pixels * eti_psum_row_cycles(arch) : 0; /* one way, all pixels */
    struct eti_fill_cost c;
    c.psum_first = way;
    c.psum_middle = 2 * way;
    c.psum_last = way;
    c.first = steps + c.psum_first + arch->tile.fill_cycles;
    c.middle = steps + c.psum_middle + arch->tile.fill_cycles;
    c.last = steps + c.psum_last + arch->tile.fill_cycles;
    uint64_t leave = pixels * arch->tile.output_cycles; /* the finished group of each pixel leaves the cells */
    if (r->fills == 1) c.first += leave;
    else c.last += leave;
    return c;
}

uint32_t eti_header_bytes(bool per_channel, bool bias_zero)
{
    return (per_channel ? 8 : 0) + (bias_zero ? 0 : 4);
}

uint64_t eti_dense_parameter_bytes(const struct eti_arch *arch, uint32_t taps, uint32_t in_channels,
                                   uint32_t out_channels, uint32_t header_bytes)
{
    uint64_t cells = arch->tile.cells, lanes = arch->tile.lanes, stored;
    if (out_channels <= lanes) stored = lanes;
    else if (out_channels <= cells) stored = eti_round_up(out_channels, 16);
    else stored = eti_round_up(out_channels, cells);
    uint64_t row = header_bytes + (uint64_t)taps * lanes * eti_ceil_div(in_channels, lanes);
    return eti_round_up(stored * row, ETI_UNIT_BYTES);
}

uint64_t eti_depthwise_parameter_bytes(const struct eti_arch *arch, uint32_t taps, uint32_t channels,
                                       uint32_t header_bytes)
{
    uint64_t lanes = arch->tile.lanes;
    uint64_t group = lanes * header_bytes + lanes * lanes * taps;
    return eti_round_up(eti_ceil_div(channels, lanes) * group, ETI_UNIT_BYTES);
}

uint64_t eti_softmax_parameter_bytes(uint64_t classes)
{
    return 192 * eti_ceil_div(classes, 4) + 64;
}

/* First and last input that the outputs [o, o + n) of the window need; the last is exclusive. */
static void need_of(const struct eti_axis *axis, struct eti_span out, int64_t *first, int64_t *last)
{
    int64_t window = (int64_t)(axis->kernel - 1) * axis->dilation + 1;
    *first = (int64_t)out.at * axis->stride - axis->pad_before;
    *last = ((int64_t)out.at + out.n - 1) * axis->stride - axis->pad_before + window;
}

static int64_t clip(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* A window of one, in place: each holds what it owns. */
static bool is_plain(const struct eti_axis *axis)
{
    return axis->kernel == 1 && axis->stride == 1 && axis->pad_before == 0 && axis->in_size == axis->out_size;
}

static void plain_spans(uint32_t size, uint32_t parts, struct eti_halo_span *spans)
{
    struct eti_span own[ETI_MAX_SIDE];
    eti_spans_of(size, parts, own);
    for (uint32_t q = 0; q < parts; q++) {
        struct eti_halo_span s = {own[q], own[q].at, own[q].at + own[q].n, 0, 0};
        spans[q] = s;
    }
}

void eti_halo_of(const struct eti_axis *axis, uint32_t parts, struct eti_halo_span spans[ETI_MAX_SIDE])
{
    if (is_plain(axis)) {
        plain_spans(axis->in_size, parts, spans);
        return;
    }
    int64_t size = axis->in_size;
    int64_t first[ETI_MAX_SIDE], last[ETI_MAX_SIDE];
    struct eti_span own[ETI_MAX_SIDE], outs[ETI_MAX_SIDE];
    eti_spans_of(axis->in_size, parts, own);
    eti_spans_of(axis->out_size, parts, outs);
    for (uint32_t q = 0; q < parts; q++) {
        struct eti_span out = outs[q];
        spans[q].own = own[q];
        first[q] = spans[q].own.at; /* a span without outputs needs nothing */
        last[q] = (int64_t)spans[q].own.at + spans[q].own.n;
        if (out.n) need_of(axis, out, &first[q], &last[q]);
        spans[q].fill_before = (uint32_t)(first[q] < 0 ? -first[q] : 0);
        spans[q].fill_after = (uint32_t)(last[q] > size ? last[q] - size : 0);
    }
    /* hi from the first span on, lo from the last: each holds at least what its neighbour beyond it must be sent */
    for (uint32_t q = 0; q < parts; q++) {
        int64_t end = (int64_t)spans[q].own.at + spans[q].own.n;
        int64_t hi = clip(last[q], end, size > end ? size : end);
        if (q && spans[q - 1].hi > hi) hi = spans[q - 1].hi;
        spans[q].hi = (uint32_t)hi;
    }
    for (uint32_t q = parts; q-- > 0;) {
        int64_t lo = clip(first[q], 0, spans[q].own.at);
        if (q + 1 < parts && spans[q + 1].lo < lo) lo = spans[q + 1].lo;
        spans[q].lo = (uint32_t)lo;
    }
}
