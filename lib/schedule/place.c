/* place.c - memory. Narrow: live ranges of activations; a layer that does not fit is run in strips of columns. Wide: what
 * FIFOs, partial sums and biases leave is the parameter cache; layers are kept whole, in order, as long as they fit. */
#include "base/num.h"
#include "schedule/place.h"

#define ROW_BYTES 256 /* of one core: what the units of timing/tile_grid.h count in */

/* ------------------------------------------------------------------ narrow memory ------------------------ */

/* Bytes of each stored tensor and the last operator that reads it, behind what is folded. */
struct life { uint64_t bytes; int64_t last; };

static ets_status lives_of(const struct eti_layout *l, struct eti_arena *arena, struct life **out, ets_error *err)
{
    const struct eti_graph *g = l->graph;
    struct life *lives = eti_arena_alloc(arena, g->n_tensors, sizeof *lives);
    if (!lives) return eti_nomem(err);
    for (uint32_t i = 0; i < g->n_ops; i++) {
        for (uint32_t k = 0; k < g->ops[i].n_inputs && l->layers[i].map.where == ETS_ON_TPU; k++) {
            int32_t t = g->ops[i].inputs[k];
            struct eti_edges pad;
            if (t >= 0 && !g->tensors[t].constant) lives[eti_stored_tensor(g, l->layers, t, &pad)].last = i;
        }
        for (uint32_t k = 0; k < g->ops[i].n_outputs; k++) lives[g->ops[i].outputs[k]].last = i;
    }
    for (uint32_t t = 0; t < g->n_tensors; t++) {
        if (g->tensors[t].constant || g->tensors[t].dynamic) continue;
        lives[t].bytes = eti_stored_bytes(l, (int32_t)t);
    }
    *out = lives;
    return ETS_OK;
}

/* Inputs of a concatenation lie in its block: they take no room of their own. */
static void join_concats(const struct eti_layout *l, struct life *lives)
{
    const struct eti_graph *g = l->graph;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        if (g->ops[i].type != ETI_OP_CONCATENATION || l->layers[i].map.where == ETS_ON_HOST) continue;
        for (uint32_t k = 0; k < g->ops[i].n_inputs; k++)
            if (g->ops[i].inputs[k] >= 0) lives[g->ops[i].inputs[k]].bytes = 0;
    }
}

/* Room of what is live while each operator runs: a tensor from its producer to its last reader. `born` and `dies` are
 * summed into differences, so the cost is that of the graph, not of ranges. */
static ets_status narrow_of(const struct eti_layout *l, const struct life *lives, struct eti_arena *arena,
                            uint64_t **out, ets_error *err)
{
    const struct eti_graph *g = l->graph;
    int64_t *change = eti_arena_alloc(arena, (size_t)g->n_ops + 1, sizeof *change);
    uint64_t *live = eti_arena_alloc(arena, g->n_ops, sizeof *live);
    if (!change || !live) return eti_nomem(err);
    for (uint32_t t = 0; t < g->n_tensors; t++) {
        int32_t p = g->tensors[t].producer;
        if (!lives[t].bytes || (p >= 0 && (l->layers[p].folded || l->layers[p].map.where == ETS_ON_HOST))) continue;
        change[p < 0 ? 0 : p] += (int64_t)lives[t].bytes;
        change[lives[t].last + 1] -= (int64_t)lives[t].bytes;
    }
    int64_t now = 0;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        now += change[i];
        live[i] = (uint64_t)now;
    }
    *out = live;
    return ETS_OK;
}

static bool can_be_cut(const struct eti_op *op)
{
    return op->type == ETI_OP_CONV_2D || op->type == ETI_OP_DEPTHWISE_CONV_2D || op->type == ETI_OP_MAX_POOL_2D ||
           op->type == ETI_OP_AVERAGE_POOL_2D;
}

/* Strips so that a strip's share of what is live fits; no strip is narrower than a column a column of tiles. */
static uint32_t passes_of(const struct eti_layout *l, uint32_t op, uint64_t live)
{
    uint32_t columns = eti_yxz(&l->graph->tensors[l->graph->ops[op].outputs[0]].shape).x;
    uint64_t wanted = eti_ceil_div(live, l->arch->tile.narrow_bytes);
    return (uint32_t)eti_max(1, eti_min(wanted, eti_max(1, columns / (uint32_t)l->arch->grid.x)));
}

static ets_status place_narrow(const struct eti_layout *l, struct eti_schedule *s, ets_error *err)
{
    struct life *lives = NULL;
    uint64_t *live = NULL;
    ETI_TRY(lives_of(l, &s->arena, &lives, err));
    join_concats(l, lives);
    ETI_TRY(narrow_of(l, lives, &s->arena, &live, err));
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        struct eti_layer_plan *p = &s->layers[i];
        p->passes = 1;
        if (p->map.where == ETS_ON_HOST) continue;
        if (can_be_cut(&l->graph->ops[i]) && !p->folded) p->passes = passes_of(l, i, live[i]);
        p->narrow_bytes = eti_ceil_div(live[i], p->passes);
        s->narrow_peak_bytes = eti_max(s->narrow_peak_bytes, p->narrow_bytes);
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ wide memory -------------------------- */

/* Units at the top of every tile that an operator needs while it runs. */
static uint64_t working_units(const struct eti_layout *l, uint32_t index)
{
    const struct eti_op *op = &l->graph->ops[index];
    int32_t in = eti_activation_input(op, l->graph, 0);
    if (in < 0) return 0;
    struct eti_yxz from = eti_yxz(&l->graph->tensors[in].shape), to = eti_yxz(&l->graph->tensors[op->outputs[0]].shape);
    uint64_t taps = (uint64_t)op->at.kernel_h * op->at.kernel_w;
    struct eti_yxz at = op->type == ETI_OP_TRANSPOSE_CONV ? from : to;
    uint64_t pixels = eti_ceil_div(at.y, l->arch->grid.y) * eti_ceil_div(at.x, l->arch->grid.x);
    pixels = eti_ceil_div(pixels, l->layers[index].passes);
    if (op->type == ETI_OP_CONV_2D || op->type == ETI_OP_TRANSPOSE_CONV) {
        struct eti_reduction r = eti_reduction_of(l->arch, (uint32_t)taps, from.z, to.z, pixels);
        return eti_reduction_units(&r, pixels);
    }
    if (op->type == ETI_OP_DEPTHWISE_CONV_2D) return 8 * taps + 8;
    if (op->type == ETI_OP_MAX_POOL_2D || op->type == ETI_OP_AVERAGE_POOL_2D) return 4 * pixels;
    return 0;
}

/* The input FIFO holds a row of the image in packets. */
static uint64_t input_units(const struct eti_layout *l)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < l->graph->n_inputs; i++) {
        struct eti_yxz s = eti_yxz(&l->graph->tensors[l->graph->inputs[i]].shape);
        if (s.y == 1 && s.x == 1) continue;
        most = eti_max(most, 8 * eti_ceil_div((uint64_t)s.x * s.z, l->arch->ring.packet_bytes) + 8);
    }
    return most;
}

static uint64_t capacity_of(const struct eti_layout *l)
{
    uint64_t units = l->arch->tile.wide_bytes / ETI_UNIT_BYTES, top = input_units(l);
    for (uint32_t i = 0; i < l->graph->n_ops; i++)
        if (l->layers[i].map.where == ETS_ON_TPU) top = eti_max(top, working_units(l, i));
    top = eti_ceil_div(top * l->arch->ring.packet_bytes, ROW_BYTES); /* rows are wider where a tile has several cores */
    uint64_t left = units > top ? units - top : 0;
    return left * ETI_UNIT_BYTES * l->arch->grid.x * l->arch->grid.y;
}

/* Whole layers, in the order of execution, as long as they fit; depthwise ones first, they are never streamed. */
static void cache(const struct eti_graph *g, struct eti_schedule *s, uint64_t *left, bool depthwise)
{
    for (uint32_t i = 0; i < g->n_ops; i++) {
        struct eti_layer_plan *p = &s->layers[i];
        if (!p->parameter_bytes || (g->ops[i].type == ETI_OP_DEPTHWISE_CONV_2D) != depthwise) continue;
        p->streamed = p->parameter_bytes > *left;
        if (p->streamed) {
            s->streamed_bytes += p->parameter_bytes;
        } else {
            s->cached_bytes += p->parameter_bytes;
            *left -= p->parameter_bytes;
        }
    }
}

static uint64_t parameter_bytes(const struct eti_layout *l, const struct eti_op *op)
{
    struct eti_facts none, *facts = eti_facts_of(l->known, op->digest, &none);
    if (!facts->knows_parameters) facts->parameter_bytes = eti_parameter_bytes(l->arch, l->graph, op);
    facts->knows_parameters = true;
    return facts->parameter_bytes;
}

static void place_wide(const struct eti_layout *l, struct eti_schedule *s)
{
    uint64_t left = s->capacity_bytes = capacity_of(l), tile = eti_max(1, left / (l->arch->grid.x * l->arch->grid.y));
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        struct eti_layer_plan *p = &s->layers[i];
        if (p->map.where == ETS_ON_HOST || p->folded) continue;
        p->parameter_bytes = parameter_bytes(l, &l->graph->ops[i]);
        p->pieces = (uint32_t)eti_max(1, eti_ceil_div(p->parameter_bytes, tile));
    }
    cache(l->graph, s, &left, true);
    cache(l->graph, s, &left, false);
}

ets_status eti_place(const struct eti_layout *l, struct eti_schedule *s, ets_error *err)
{
    ETI_TRY(place_narrow(l, s, err));
    place_wide(l, s);
    return ETS_OK;
}
