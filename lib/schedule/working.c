/* working.c - what operators work in, of wide memory, while they run: FIFOs, partial sums, biases, windows of pools, the input of a group
 * in parts; what the neediest leaves of each tile is the cache for parameters (wide.c). Counted in units of timing/tile_grid.h. */
#include "base/num.h"
#include "schedule/place.h"
#include "schedule/release.h"

#define ROW_BYTES 256 /* of one core: what the units of timing/tile_grid.h count in; rows of other sizes: in_units() */
#define ROW_UNITS (ROW_BYTES / ETI_UNIT_BYTES)
#define STREAMED_MATRIX_UNITS (128 + 8) /* FIFO of 32 rows of a matrix product that the host sends, and its biases */

/* Rows of a mean over the whole map, as its window lies in wide memory: four positions a row, groups on a tile after the other. On one
 * tile all of them fill what a log of release 1 leaves of MobileNet v2's cache; EfficientNet-EdgeTPU-M of today streams less. */
static uint64_t mean_units(const struct eti_layout *l, struct eti_yxz from, uint64_t groups_a_tile)
{
    return ROW_UNITS * from.y * eti_ceil_div(from.x, l->arch->tile.lanes) * groups_a_tile;
}

/* Outputs of the busiest tile, of the largest part where the map is cut. */
struct share { uint64_t rows, cols; };

static struct share share_of(const struct eti_layout *l, uint32_t index, struct eti_yxz at)
{
    const struct eti_layer_plan *p = &l->layers[index];
    struct share most = {at.y, at.x};
    if (p->passes > 1) {
        most = (struct share){0, 0};
        for (uint32_t i = 0; i < eti_n_bands(p); i++) most.rows = eti_max(most.rows, p->bands[i].out.n);
        for (uint32_t i = 0; i < p->n_strips; i++) most.cols = eti_max(most.cols, p->strips[i].out.n);
    }
    return (struct share){eti_ceil_div(most.rows, l->arch->grid.y), eti_ceil_div(most.cols, l->arch->grid.x)};
}

/* Units at the top of every core's wide memory that an operator needs while it runs. */
static uint64_t working_units(const struct eti_layout *l, uint32_t index)
{
    const struct eti_op *op = &l->graph->ops[index];
    int32_t in = eti_activation_input(op, l->graph, 0);
    if (in < 0) return 0;
    struct eti_yxz from = eti_yxz(&l->graph->tensors[in].shape), to = eti_yxz(&l->graph->tensors[op->outputs[0]].shape);
    uint64_t taps = (uint64_t)op->at.kernel_h * op->at.kernel_w, groups = eti_ceil_div(from.z, l->arch->tile.cells);
    struct eti_yxz at = op->type == ETI_OP_TRANSPOSE_CONV ? from : to;
    struct share most = share_of(l, index, at);
    uint64_t pixels = most.rows * most.cols;
    switch ((int)op->type) {
    case ETI_OP_CONV_2D: case ETI_OP_TRANSPOSE_CONV: {
        if (eti_is_matrix(l->graph, op)) return 8;
        struct eti_reduction r = eti_reduction_of(l->arch, (uint32_t)taps, from.z, to.z, pixels);
        return eti_reduction_units(&r, pixels);
    }
    case ETI_OP_DEPTHWISE_CONV_2D:
        return eti_fill_is_fifo((uint32_t)taps) ? 8 * taps + 8 : 4 * taps + 4;
    case ETI_OP_MEAN: case ETI_OP_AVERAGE_POOL_2D:
        if (op->type == ETI_OP_AVERAGE_POOL_2D && (at.y > 1 || at.x > 1)) return 0;
        if (eti_reduces_on_one_tile(l->arch, op)) return mean_units(l, from, groups);
        return mean_units(l, from, eti_ceil_div(groups, l->arch->grid.x * l->arch->grid.y * l->arch->tile.cores));
    default:
        return 8;
    }
}

/* While a group of layers runs part by part, its input lies in wide memory, each tile's share of it (or of the band). */
static uint64_t stash_units(const struct eti_layout *l, uint32_t index)
{
    while (!l->layers[index].group_begins) index--;
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(l->graph, l->layers, eti_activation_input(&l->graph->ops[index], l->graph, 0), &pad);
    struct eti_yxz s = eti_yxz(&l->graph->tensors[in].shape);
    uint64_t bytes = eti_ceil_div(eti_rows_at_a_time(&l->layers[index], s.y), l->arch->grid.y) * eti_ceil_div(s.x, l->arch->grid.x) *
                     eti_ceil_div(s.z, l->arch->tile.lanes) * l->arch->tile.lanes;
    return ROW_UNITS * eti_ceil_div(bytes, l->arch->ring.packet_bytes);
}

/* working_units(), remembered. */
static uint64_t known_units(const struct eti_layout *l, uint32_t index)
{
    struct eti_facts *f = l->facts[index];
    if (l->layers[index].passes > 1) return working_units(l, index);
    if (f->traits & ETI_KNOWS_WORKING) return f->working_units;
    f->traits |= ETI_KNOWS_WORKING;
    return f->working_units = working_units(l, index);
}

/* A local pool's window lies in wide memory, four positions a row. */
static uint64_t window_units(const struct eti_layout *l, uint32_t index)
{
    const struct eti_op *op = &l->graph->ops[index];
    struct eti_yxz to = eti_yxz(&l->graph->tensors[op->outputs[0]].shape);
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(l->graph, l->layers, eti_activation_input(op, l->graph, 0), &pad);
    struct share out = share_of(l, index, to);
    uint64_t rows = eti_window_pixels(op->at.stride_h, op->at.kernel_h, out.rows), cols = eti_window_pixels(op->at.stride_w, op->at.kernel_w, out.cols);
    uint64_t groups = eti_ceil_div(eti_yxz(&l->graph->tensors[in].shape).z, l->arch->tile.cells * l->arch->tile.cores);
    return ROW_UNITS * rows * eti_ceil_div(cols, l->arch->tile.lanes) * groups;
}

/* Of the operator before a local pool, whose window takes its room as if that one were still at work: a guess from one network
 * (docs/MODEL.md). In time a barrier stands between them (pool.c). */
static uint64_t units_before(const struct eti_layout *l, uint32_t index)
{
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(l->graph, l->layers, eti_activation_input(&l->graph->ops[index], l->graph, 0), &pad);
    int32_t before = l->graph->tensors[in].producer;
    bool here = before >= 0 && l->layers[before].map.where == ETS_ON_TPU && !l->layers[before].folded;
    return here ? known_units(l, (uint32_t)before) : 0;
}

/* The FIFO of an image holds a row of it in packets. */
static uint64_t image_units(const struct eti_layout *l, int32_t input)
{
    struct eti_yxz s = eti_yxz(&l->graph->tensors[input].shape);
    return s.y == 1 && s.x == 1 ? 0 : 8 * eti_ceil_div((uint64_t)s.x * s.z, l->arch->ring.packet_bytes) + 8;
}

/* Of the network's inputs that an operator reads. */
static uint64_t images_read_units(const struct eti_layout *l, uint32_t index)
{
    const struct eti_op *op = &l->graph->ops[index];
    uint64_t most = 0;
    for (uint32_t k = 0; k < op->n_computed; k++)
        if (l->graph->tensors[op->computed[k]].producer < 0) most = eti_max(most, image_units(l, op->computed[k]));
    return most;
}

/* Rows of other cores are wider or narrower than those that units count. */
static uint64_t in_units(const struct eti_layout *l, uint64_t units)
{
    return eti_ceil_div(units * l->arch->ring.packet_bytes, ROW_BYTES);
}

uint64_t eti_working_bytes(const struct eti_layout *l, uint32_t index)
{
    const struct eti_layer_plan *p = &l->layers[index];
    uint64_t units = 0, cores = l->arch->tile.cores;
    if (p->map.where != ETS_ON_TPU) return 0;
    if (!p->folded) {
        units = known_units(l, index) * cores + (p->passes > 1 ? stash_units(l, index) : 0);
        if (l->facts[index]->traits & ETI_LOCAL_POOL) units = eti_max(units, window_units(l, index) * cores);
        if (p->streamed && l->facts[index]->traits & ETI_MATRIX) units = eti_max(units, STREAMED_MATRIX_UNITS * cores);
    }
    return in_units(l, eti_max(units, images_read_units(l, index))) * ETI_UNIT_BYTES;
}

struct eti_capacity eti_tile_capacity(const struct eti_layout *l, bool streams_matrix)
{
    uint64_t units = l->arch->tile.wide_bytes / ETI_UNIT_BYTES, tiles = l->arch->grid.x * l->arch->grid.y;
    units -= eti_min(units, eti_ceil_div(l->arch->compiler.others_bytes, tiles * ETI_UNIT_BYTES)); /* the first one takes what it wants */
    uint64_t top = streams_matrix ? STREAMED_MATRIX_UNITS * l->arch->tile.cores : 0, pools = 0;
    for (uint32_t i = 0; i < l->graph->n_inputs; i++) top = eti_max(top, image_units(l, l->graph->inputs[i]));
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        const struct eti_layer_plan *p = &l->layers[i];
        if (p->map.where != ETS_ON_TPU || p->folded) continue;
        top = eti_max(top, known_units(l, i) * l->arch->tile.cores + (p->passes > 1 ? stash_units(l, i) : 0));
        if (l->facts[i]->traits & ETI_LOCAL_POOL) pools = eti_max(pools, (window_units(l, i) + units_before(l, i)) * l->arch->tile.cores);
    }
    top = in_units(l, top);
    pools = eti_max(top, in_units(l, pools));
    return (struct eti_capacity){units > top ? units - top : 0, units > pools ? units - pools : 0};
}
