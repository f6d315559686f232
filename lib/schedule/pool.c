/* pool.c - pools and reductions. A local pool transposes its window into wide memory and works on 64 channels at a time;
 * a global one gathers all positions of 64 channels on one tile first. */
#include "schedule/emit.h"

/* Reductions other than over height and width leave the map: each tile reduces its own words. */
static bool reduces_depth(const struct eti_emitter *e, const struct eti_op *op)
{
    struct eti_yxz in = eti_yxz(&e->l.graph->tensors[eti_activation_input(op, e->l.graph, 0)].shape);
    return in.z > 1 && e->l.graph->tensors[op->outputs[0]].elements % in.z != 0;
}

static ets_status emit_depth_reduction(struct eti_emitter *e, uint32_t index, const struct eti_block *from)
{
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 2));
    struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, eti_tiles_with(&e->l, from), 17);
    uint64_t pixels = eti_core_pixels(e->l.arch, eti_most_pixels(&e->l, from));
    eti_turns(&c, 1, 1, pixels * (from->words + e->l.arch->tile.output_cycles));
    c.steps = pixels * from->words;
    return eti_emit(e, &c);
}

/* Mesh commands of a gather, as the MobileNets' programs have them for 4, 8, 12 and 16 groups: 89, 133, 177, 208. */
static uint32_t gather_commands(uint32_t groups, uint64_t n_tiles)
{
    return (uint32_t)eti_min(45 + 11 * (uint64_t)groups, 13 * n_tiles);
}

/* Constant fill, local re-packing, gather of each group of 64 channels to its tile, transposing move, op. */
static ets_status emit_global(struct eti_emitter *e, uint32_t index, const struct eti_block *from)
{
    const struct eti_arch *a = e->l.arch;
    uint64_t taps = (uint64_t)from->shape.y * from->shape.x, n_tiles = a->grid.x * a->grid.y;
    uint64_t owners = eti_reduces_on_one_tile(a, &e->l.graph->ops[index]) ? 1 : n_tiles; /* tiles that groups are gathered on */
    uint32_t groups = (uint32_t)eti_ceil_div(from->shape.z, a->tile.cells), rounds = (uint32_t)eti_ceil_div(groups, owners * a->tile.cores);
    uint64_t abreast = eti_ceil_div(eti_ceil_div(groups, owners), rounds); /* groups of a tile in a round, a core each */
    uint64_t group_words = eti_ceil_div(eti_min(from->shape.z, a->tile.cells), a->tile.lanes);
    uint64_t own = eti_most_pixels(&e->l, from) * from->words;
    uint64_t tiles = eti_low_bits(eti_min(groups, owners));
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 15));
    struct eti_command pack = eti_command(ETI_NARROW_TO_WIDE, ETS_BOUND_MOVE, eti_all_tiles(a), 100);
    eti_turns(&pack, 1, 1, 2 * own * a->mover.cycles_per_word);
    ETI_TRY(eti_emit(e, &pack));
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 2));
    /* each tile's words travel to the owners of their groups: half the grid's sides on average */
    uint32_t hops = (uint32_t)((a->grid.x + a->grid.y) / 2);
    ETI_TRY(eti_emit_mesh(e, eti_all_tiles(a), own, hops, 6 * gather_commands((uint32_t)eti_min(groups, owners), n_tiles)));
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 2));
    struct eti_command turn = eti_command(ETI_NARROW_TO_WIDE, ETS_BOUND_MOVE, tiles, 7);
    eti_turns(&turn, 1, rounds, abreast * taps * group_words * a->mover.cycles_per_word);
    eti_signal(&turn, ETI_NARROW_TO_WIDE_DONE, ETI_EACH_TURN, 0, 0);
    ETI_TRY(eti_emit(e, &turn));
    struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, tiles, 17);
    eti_turns(&c, 1, rounds, taps + a->tile.output_cycles);
    c.steps = taps * rounds;
    eti_wait(&c, ETI_NARROW_TO_WIDE_DONE, ETI_EACH_TURN, 1, 1);
    eti_signal(&c, ETI_AVDATA, ETI_EACH_TURN, 0, 0);
    return eti_emit(e, &c);
}

/* How many of its taps output `o` has inside the input. */
static uint32_t taps_inside(const struct eti_axis *axis, uint32_t o)
{
    int64_t first = (int64_t)o * axis->stride - axis->pad_before, last = first + axis->kernel;
    int64_t low = first < 0 ? 0 : first, high = last > axis->in_size ? axis->in_size : last;
    return high > low ? (uint32_t)(high - low) : 0;
}

/* The outputs from `at` on, up to `end`, that divide by the same number. */
static uint32_t band_of(const struct eti_axis *axis, uint32_t at, uint32_t end, bool average)
{
    uint32_t o = at + 1;
    while (o < end && (!average || taps_inside(axis, o) == taps_inside(axis, at))) o++;
    return o - at;
}

/* A local pool on its way into the program. */
struct local_pool {
    struct eti_emitter *e;
    struct eti_window_of w;
    bool average;
    uint32_t taps, groups;
    struct eti_records records; /* pixels, rows, columns, divisor, first row and column, pitch */
};

static ets_status emit_pool_ops(struct local_pool *p)
{
    const struct eti_records *r = &p->records;
    for (uint32_t i = 0; i < r->n; i++) {
        struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, r->tiles[i], 17);
        uint64_t pixels = eti_core_pixels(p->e->l.arch, r->key[i][0]);
        eti_turns(&c, 1, p->groups, pixels * (p->taps + p->e->l.arch->tile.output_cycles));
        c.steps = pixels * p->taps * p->groups;
        eti_wait(&c, ETI_NARROW_TO_WIDE_DONE, ETI_EACH_TURN, 1, 1);
        eti_signal(&c, ETI_AVDATA, ETI_EACH_TURN, 0, 0);
        ETI_TRY(eti_emit(p->e, &c));
    }
    eti_records_init(&p->records);
    return ETS_OK;
}

/* The pixels of a tile in bands of rows and columns: an average divides by the pixels that its window really covers, and an
 * op has one divisor, so the image's edges and corners are ops of their own. A maximum is one op. */
static ets_status add_regions(struct local_pool *p, struct eti_span rows, struct eti_span cols, uint32_t pitch, uint32_t tile)
{
    uint32_t bottom = rows.at + rows.n, right = cols.at + cols.n;
    for (uint32_t y = rows.at, ny; y < bottom; y += ny) {
        ny = band_of(&p->w.rows, y, bottom, p->average);
        for (uint32_t x = cols.at, nx; x < right; x += nx) {
            nx = band_of(&p->w.cols, x, right, p->average);
            uint32_t divisor = p->average ? taps_inside(&p->w.rows, y) * taps_inside(&p->w.cols, x) : 0;
            uint32_t key[ETI_KEY_WORDS] = {ny * nx, ny, nx, divisor, y - rows.at, x - cols.at, pitch};
            if (p->records.n == ETI_MAX_TILES) ETI_TRY(emit_pool_ops(p)); /* no room: what is there goes first */
            eti_records_add(&p->records, (uint64_t)1 << tile, key);
        }
    }
    return ETS_OK;
}

static ets_status emit_local(struct eti_emitter *e, uint32_t index, int32_t in)
{
    const struct eti_arch *a = e->l.arch;
    const struct eti_op *op = &e->l.graph->ops[index];
    struct local_pool p = {e, eti_window_of_pass(&e->l, index, e->pass), op->type == ETI_OP_AVERAGE_POOL_2D,
                           op->at.kernel_h * op->at.kernel_w, 0, {0}};
    struct eti_block from = eti_block_of_window(&e->l, in, &p.w), to = eti_block_of_pass(&e->l, index, e->pass);
    uint32_t gx = (uint32_t)a->grid.x, gy = (uint32_t)a->grid.y;
    uint64_t rows = eti_window_pixels(p.w.rows.stride, p.w.rows.kernel, eti_ceil_div(p.w.rows.out_size, gy));
    uint64_t cols = eti_window_pixels(p.w.cols.stride, p.w.cols.kernel, eti_ceil_div(p.w.cols.out_size, gx));
    uint64_t words = eti_min(a->tile.cells / a->tile.lanes, from.words);
    p.groups = (uint32_t)eti_ceil_div(from.shape.z, a->tile.cells);
    ETI_TRY(eti_phase_reset(e, (int32_t)index, 1));
    struct eti_command turn = eti_command(ETI_NARROW_TO_WIDE, ETS_BOUND_MOVE, eti_all_tiles(a), 7);
    eti_turns(&turn, 1, p.groups, rows * eti_round_up(cols, a->tile.lanes) * words * a->mover.cycles_per_word);
    eti_signal(&turn, ETI_NARROW_TO_WIDE_DONE, ETI_EACH_TURN, 0, 0);
    ETI_TRY(eti_emit(e, &turn));
    eti_records_init(&p.records);
    for (uint32_t t = 0; t < gx * gy; t++)
        ETI_TRY(add_regions(&p, eti_span_of(p.w.rows.out_size, gy, t / gx), eti_span_of(p.w.cols.out_size, gx, t % gx),
                            eti_held(&to.cols[t % gx]), t));
    return emit_pool_ops(&p);
}

ets_status eti_emit_pool(struct eti_emitter *e, uint32_t index)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(e->l.graph, e->layers, eti_activation_input(op, e->l.graph, 0), &pad);
    struct eti_block from = eti_block_of(&e->l, in);
    struct eti_yxz out = eti_yxz(&e->l.graph->tensors[op->outputs[0]].shape);
    bool pool = op->type == ETI_OP_AVERAGE_POOL_2D || op->type == ETI_OP_MAX_POOL_2D;
    if (!pool && reduces_depth(e, op)) return emit_depth_reduction(e, index, &from);
    if (!pool || (out.y == 1 && out.x == 1)) return emit_global(e, index, &from);
    ETI_TRY(emit_local(e, index, in));
    return eti_emit_halo(e, op->outputs[0], eti_group_words(e->l.arch));
}
