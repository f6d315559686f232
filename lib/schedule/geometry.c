/* geometry.c - blocks, windows, parts. */
#include "schedule/geometry.h"

#include <string.h>

#include "base/num.h"

static bool has_window(const struct eti_op *op)
{
    return op->type == ETI_OP_CONV_2D || op->type == ETI_OP_DEPTHWISE_CONV_2D || op->type == ETI_OP_AVERAGE_POOL_2D ||
           op->type == ETI_OP_MAX_POOL_2D;
}

bool eti_slides(const struct eti_op *op)
{
    return op->type == ETI_OP_RESIZE_BILINEAR || (has_window(op) && (op->at.kernel_h > 1 || op->at.kernel_w > 1));
}

/* Who slides a window over what first. */
static void find_window_users(struct eti_layout *l)
{
    const struct eti_graph *g = l->graph;
    memset(l->window_user, 0xff, g->n_tensors * sizeof *l->window_user); /* -1 */
    for (uint32_t i = 0; i < g->n_ops; i++) {
        if (!(l->facts[i]->traits & ETI_SLIDES) || l->layers[i].map.where == ETS_ON_HOST) continue;
        struct eti_edges pad;
        int32_t t = g->ops[i].computed[0];
        if (l->any_folded) t = eti_stored_tensor(g, l->layers, t, &pad);
        if (l->window_user[t] < 0) l->window_user[t] = (int32_t)i;
    }
}

ets_status eti_layout_init(struct eti_layout *l, const struct eti_layer_plan *layers, struct eti_arena *arena, ets_error *err)
{
    l->layers = layers;
    l->window_user = eti_arena_raw(arena, l->graph->n_tensors, sizeof *l->window_user);
    if (!l->window_user) return eti_nomem(err);
    l->any_folded = false;
    if (l->traits & (ETI_VIEW | ETI_EDGE_PAD))
        for (uint32_t i = 0; i < l->graph->n_ops; i++) l->any_folded |= layers[i].folded;
    find_window_users(l);
    return ETS_OK;
}

static struct eti_axis axis_of(uint32_t in, uint32_t out, uint32_t kernel, uint32_t stride, uint32_t dilation,
                               uint32_t pad_before)
{
    struct eti_axis a = {in, out, kernel, stride, dilation, pad_before};
    return a;
}

struct eti_window_of eti_window_of_op(const struct eti_layout *l, uint32_t index)
{
    const struct eti_op *op = &l->graph->ops[index];
    struct eti_edges pad = {0, 0, 0, 0};
    int32_t t = eti_stored_tensor(l->graph, l->layers, eti_activation_input(op, l->graph, 0), &pad);
    struct eti_yxz out = eti_yxz(&l->graph->tensors[op->outputs[0]].shape);
    struct eti_yxz in = t < 0 ? out : eti_yxz(&l->graph->tensors[t].shape);
    struct eti_window_of w;
    if (op->type == ETI_OP_RESIZE_BILINEAR) {
        w.rows = axis_of(in.y, in.y, 3, 1, 1, 1);
        w.cols = axis_of(in.x, in.x, 3, 1, 1, 1);
        return w;
    }
    if (!eti_slides(op)) {
        bool steps = has_window(op); /* of a pixel */
        uint32_t sh = steps ? op->at.stride_h : 1, sw = steps ? op->at.stride_w : 1;
        bool cut = steps || (in.y == out.y && in.x == out.x);
        w.rows = axis_of(in.y, cut ? out.y : in.y, 1, sh, 1, pad.top);
        w.cols = axis_of(in.x, cut ? out.x : in.x, 1, sw, 1, pad.left);
        return w;
    }
    const struct eti_attributes *at = &op->at;
    uint32_t dh = at->dilation_h ? at->dilation_h : 1, dw = at->dilation_w ? at->dilation_w : 1;
    uint32_t top = eti_window(in.y, at->kernel_h, at->stride_h, dh, at->padding).pad_before;
    uint32_t left = eti_window(in.x, at->kernel_w, at->stride_w, dw, at->padding).pad_before;
    w.rows = axis_of(in.y, out.y, at->kernel_h, at->stride_h, dh, top + pad.top);
    w.cols = axis_of(in.x, out.x, at->kernel_w, at->stride_w, dw, left + pad.left);
    return w;
}

struct eti_span eti_inputs_of(const struct eti_axis *axis, struct eti_span out)
{
    int64_t window = (int64_t)(axis->kernel - 1) * axis->dilation + 1;
    int64_t first = (int64_t)out.at * axis->stride - axis->pad_before;
    int64_t last = first + (int64_t)(out.n ? out.n - 1 : 0) * axis->stride + window;
    int64_t lo = first < 0 ? 0 : first, hi = last > axis->in_size ? axis->in_size : last;
    struct eti_span in = {(uint32_t)lo, (uint32_t)(hi > lo ? hi - lo : 1)};
    return in;
}

struct eti_span eti_span_join(struct eti_span a, struct eti_span b)
{
    if (!a.n || !b.n) return a.n ? a : b;
    uint32_t at = a.at < b.at ? a.at : b.at, end = a.at + a.n > b.at + b.n ? a.at + a.n : b.at + b.n;
    struct eti_span s = {at, end - at};
    return s;
}

static struct eti_axis plain_axis(uint32_t size) { return axis_of(size, size, 1, 1, 1, 0); }

/* A line of pixels, as the boxes and scores of a detector: without height there is no window to slide over it, and a stretch
 * of it lies on each tile, not only on a row of them. (guess: on a row, the scores of EfficientDet-Lite1 would be more than
 * all of narrow memory, and the vendor's compiler maps that network without a part on the host) */
static bool is_line(const struct eti_shape *shape) { return shape->rank <= 3 && eti_yxz(shape).y == 1 && eti_yxz(shape).x > 1; }

/* As it lies on the grid: of a line as many rows as that has. */
static struct eti_yxz laid_out(const struct eti_arch *arch, const struct eti_shape *shape)
{
    struct eti_yxz s = eti_yxz(shape);
    if (!is_line(shape)) return s;
    s.y = (uint32_t)arch->grid.y;
    s.x = (uint32_t)eti_ceil_div(s.x, arch->grid.y);
    return s;
}

struct eti_block eti_block_of_window(const struct eti_layout *l, int32_t tensor, const struct eti_window_of *w)
{
    const struct eti_shape *shape = &l->graph->tensors[tensor].shape;
    struct eti_yxz at = laid_out(l->arch, shape);
    const struct eti_window_of line = {plain_axis(at.y), plain_axis(at.x)};
    if (is_line(shape)) w = &line;
    struct eti_block b; /* beyond the grid's rows and columns there is nothing in it */
    b.shape = eti_yxz(shape);
    b.shape.y = w->rows.in_size;
    b.shape.x = w->cols.in_size;
    b.words = (uint32_t)eti_ceil_div(b.shape.z, l->arch->tile.lanes);
    b.by_channel = b.shape.y == 1 && b.shape.x == 1;
    bool square = l->arch->grid.y == l->arch->grid.x && memcmp(&w->rows, &w->cols, sizeof w->rows) == 0;
    eti_halo_of(&w->rows, (uint32_t)l->arch->grid.y, b.rows);
    if (square) memcpy(b.cols, b.rows, sizeof b.cols);
    else eti_halo_of(&w->cols, (uint32_t)l->arch->grid.x, b.cols);
    return b;
}

struct eti_block eti_block_of(const struct eti_layout *l, int32_t tensor)
{
    int32_t user = l->window_user[tensor];
    struct eti_yxz shape = eti_yxz(&l->graph->tensors[tensor].shape);
    struct eti_window_of w = {plain_axis(shape.y), plain_axis(shape.x)};
    if (user >= 0) w = eti_window_of_op(l, (uint32_t)user);
    return eti_block_of_window(l, tensor, &w);
}

/* What of an axis is in one part: padding remains at the edges of the map. */
static void cut_axis(struct eti_axis *a, const struct eti_cut *cut)
{
    int64_t first = (int64_t)cut->out.at * a->stride - a->pad_before;
    a->pad_before = (uint32_t)((int64_t)cut->in.at > first ? (int64_t)cut->in.at - first : 0);
    a->out_size = cut->out.n;
    a->in_size = cut->in.n;
}

struct eti_window_of eti_window_of_pass(const struct eti_layout *l, uint32_t index, uint32_t pass)
{
    struct eti_window_of w = eti_window_of_op(l, index);
    const struct eti_layer_plan *plan = &l->layers[index];
    if (plan->passes < 2) return w;
    cut_axis(&w.rows, eti_rows_of_pass(plan, pass));
    cut_axis(&w.cols, eti_cols_of_pass(plan, pass));
    return w;
}

struct eti_block eti_block_of_pass(const struct eti_layout *l, uint32_t index, uint32_t pass)
{
    const struct eti_layer_plan *plan = &l->layers[index];
    int32_t out = l->graph->ops[index].outputs[0], user = l->window_user[out];
    if (plan->passes < 2) return eti_block_of(l, out);
    if (user >= 0 && !plan->group_ends && l->layers[user].passes == plan->passes) {
        struct eti_window_of w = eti_window_of_pass(l, (uint32_t)user, pass);
        return eti_block_of_window(l, out, &w);
    }
    struct eti_window_of plain = {plain_axis(eti_rows_of_pass(plan, pass)->out.n), plain_axis(eti_cols_of_pass(plan, pass)->out.n)};
    return eti_block_of_window(l, out, &plain);
}

uint64_t eti_pixels_of(const struct eti_layout *l, const struct eti_block *b, uint32_t tile)
{
    uint32_t width = (uint32_t)l->arch->grid.x;
    if (b->by_channel) return (uint64_t)tile * l->arch->tile.cells < b->shape.z ? 1 : 0;
    return (uint64_t)b->rows[tile / width].own.n * b->cols[tile % width].own.n;
}

static uint32_t tiles_of(const struct eti_arch *arch) { return (uint32_t)(arch->grid.x * arch->grid.y); }

uint64_t eti_most_pixels(const struct eti_layout *l, const struct eti_block *b)
{
    uint64_t most = 0;
    for (uint32_t t = 0; t < tiles_of(l->arch); t++) most = eti_max(most, eti_pixels_of(l, b, t));
    return most;
}

uint64_t eti_block_bytes(const struct eti_layout *l, const struct eti_block *b)
{
    uint64_t lanes = l->arch->tile.lanes;
    if (b->by_channel) return lanes * b->words; /* gathered: each reader holds all of it */
    uint64_t rows = 0, cols = 0;
    for (uint32_t i = 0; i < l->arch->grid.y; i++) rows = eti_max(rows, eti_held(&b->rows[i]));
    for (uint32_t i = 0; i < l->arch->grid.x; i++) cols = eti_max(cols, eti_held(&b->cols[i]));
    uint64_t bytes;
    return eti_mul(rows * cols, lanes * b->words, &bytes) ? eti_min(bytes, ETI_MAX_BLOCK_BYTES) : ETI_MAX_BLOCK_BYTES;
}

/* The largest share of an axis is its first one. */
uint64_t eti_borderless_bytes(const struct eti_arch *arch, const struct eti_shape *shape)
{
    struct eti_yxz s = laid_out(arch, shape);
    uint64_t words = eti_ceil_div(s.z, arch->tile.lanes) * arch->tile.lanes;
    if (s.y == 1 && s.x == 1) return words;
    return eti_ceil_div(s.y, arch->grid.y) * eti_ceil_div(s.x, arch->grid.x) * words;
}

uint64_t eti_stored_bytes(const struct eti_layout *l, int32_t tensor)
{
    int32_t user = l->window_user[tensor];
    if (user < 0) return eti_borderless_bytes(l->arch, &l->graph->tensors[tensor].shape);
    struct eti_facts *f = l->graph->ops[user].computed[0] == tensor ? l->facts[user] : NULL; /* else pads are folded between them */
    if (f && f->traits & ETI_KNOWS_STORED) return f->stored_bytes;
    struct eti_block b = eti_block_of(l, tensor);
    uint64_t bytes = eti_block_bytes(l, &b);
    if (f) f->stored_bytes = bytes;
    if (f) f->traits |= ETI_KNOWS_STORED;
    return bytes;
}

uint64_t eti_all_tiles(const struct eti_arch *arch)
{
    return eti_low_bits(tiles_of(arch));
}

uint64_t eti_tiles_with(const struct eti_layout *l, const struct eti_block *b)
{
    uint64_t mask = 0;
    for (uint32_t t = 0; t < tiles_of(l->arch); t++)
        if (eti_pixels_of(l, b, t)) mask |= (uint64_t)1 << t;
    return mask;
}
