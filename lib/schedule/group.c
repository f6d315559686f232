/* group.c - operators that run part by part of the map: the input of every part is laid out over all tiles, the parts run, their
 * results are moved to their places. The vendor's programs run all operators of a group for a part before the next; here an
 * operator runs all parts before the next operator: as every body stands behind a barrier, they take the same time. */
#include "schedule/emit.h"

/* Overlap of [a, a + n) with [b, b + m). */
static uint32_t overlap(struct eti_span a, uint32_t b, uint32_t m)
{
    uint32_t lo = a.at > b ? a.at : b, hi = a.at + a.n < b + m ? a.at + a.n : b + m;
    return hi > lo ? hi - lo : 0;
}

/* Along one axis, what a tile has of a part, and how much of that lies on it already. */
struct stay { uint32_t n, stay; };

static void find_stay(struct eti_span held, struct eti_span part, uint32_t tiles, struct stay *out)
{
    struct eti_span now[ETI_MAX_SIDE], old[ETI_MAX_SIDE];
    eti_spans_of(part.n, tiles, now);
    eti_spans_of(held.n, tiles, old);
    for (uint32_t q = 0; q < tiles; q++) {
        old[q].at += held.at;
        out[q] = (struct stay){now[q].n, overlap(old[q], part.at + now[q].at, now[q].n)};
    }
}

struct area { struct eti_span rows, cols; };

/* `part` of `tensor` from where it lies, of rows `held` and all columns, to a split over all tiles, or back: what stays on its
 * tile is copied, the rest goes to neighbours, over several tiles if need be. */
static ets_status emit_move(struct eti_emitter *e, int32_t owner, int32_t tensor, struct eti_span held, struct area part, uint32_t iwords)
{
    const struct eti_arch *a = e->l.arch;
    struct eti_yxz shape = eti_yxz(&e->l.graph->tensors[tensor].shape);
    uint32_t gx = (uint32_t)a->grid.x, gy = (uint32_t)a->grid.y, most = 0;
    uint32_t words = (uint32_t)eti_ceil_div(shape.z, a->tile.lanes);
    struct eti_records r;
    struct stay rows[ETI_MAX_SIDE], cols[ETI_MAX_SIDE];
    find_stay(held, part.rows, gy, rows);
    find_stay((struct eti_span){0, shape.x}, part.cols, gx, cols);
    eti_records_init(&r);
    for (uint32_t t = 0; t < gx * gy; t++) {
        const struct stay *y = &rows[t / gx], *x = &cols[t % gx];
        uint32_t key[ETI_KEY_WORDS] = {y->stay * x->stay, y->stay, x->stay};
        most = y->n * x->n - key[0] > most ? y->n * x->n - key[0] : most;
        if (key[0]) eti_records_add(&r, (uint64_t)1 << t, key);
    }
    ETI_TRY(eti_phase_reset(e, owner, 1));
    ETI_TRY(eti_emit_mesh(e, eti_all_tiles(a), (uint64_t)most * words, (gx + 1) / 2, iwords));
    ETI_TRY(eti_phase_reset(e, owner, 1));
    for (uint32_t i = 0; i < r.n; i++) {
        struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, r.tiles[i], 17);
        c.steps = eti_core_pixels(a, r.key[i][0]) * words;
        eti_turns(&c, 1, 1, c.steps);
        ETI_TRY(eti_emit(e, &c));
    }
    return ETS_OK;
}

#define EDGE_IWORDS 84  /* 14 mesh commands of a part */
#define STASH_IWORDS 28 /* its input to wide memory and back */

ets_status eti_emit_parts(struct eti_emitter *e, uint32_t index, ets_status (*emit_op)(struct eti_emitter *e, uint32_t op))
{
    const struct eti_layer_plan *plan = &e->layers[index];
    const struct eti_op *op = &e->l.graph->ops[index];
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(e->l.graph, e->layers, eti_activation_input(op, e->l.graph, 0), &pad);
    struct eti_span rows_in = {0, eti_yxz(&e->l.graph->tensors[in].shape).y}, rows_out = {0, eti_yxz(&e->l.graph->tensors[op->outputs[0]].shape).y};
    for (uint32_t pass = plan->passes; plan->group_begins && pass-- > 0;) {
        struct area part = {eti_rows_of_pass(plan, pass)->in, eti_cols_of_pass(plan, pass)->in};
        ETI_TRY(emit_move(e, (int32_t)index, in, plan->input_in_bands ? part.rows : rows_in, part, EDGE_IWORDS + STASH_IWORDS));
    }
    for (e->pass = 0; e->pass < plan->passes; e->pass++) {
        if (plan->group_begins) {
            struct eti_window_of w = eti_window_of_pass(&e->l, index, e->pass);
            struct eti_block b = eti_block_of_window(&e->l, in, &w);
            ETI_TRY(eti_phase_reset(e, (int32_t)index, 1));
            ETI_TRY(eti_emit_halo_of(e, &b, eti_group_words(e->l.arch), false));
        }
        ETI_TRY(emit_op(e, index));
    }
    e->pass = 0;
    if (!plan->group_ends) return ETS_OK;
    for (uint32_t pass = 0; pass < plan->passes; pass++) {
        struct area part = {eti_rows_of_pass(plan, pass)->out, eti_cols_of_pass(plan, pass)->out};
        ETI_TRY(emit_move(e, (int32_t)index, op->outputs[0], rows_out, part, EDGE_IWORDS));
    }
    return eti_emit_halo_whole(e, op->outputs[0]);
}
