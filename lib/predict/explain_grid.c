/* explain_grid.c - a layer on the grid of tiles: which tile has what, in which order it is computed, the formulas of docs/MODEL.md
 * with their numbers. Sizes are the schedule's own, cycles those of the commands of its program. */
#include <stdio.h>

#include "base/clock.h"
#include "base/num.h"
#include "predict/explain.h"
#include "schedule/emit.h"
#include "schedule/place.h"

typedef unsigned long long ull;
static const char *plural(uint64_t n) { return n == 1 ? "" : "s"; }

struct grid_layer {
    struct eti_explainer *x;
    const struct eti_arch *a;
    const struct eti_layout *l;
    const struct eti_op *op;
    const struct eti_layer_plan *plan;
    struct eti_block from, to;     /* of the first strip */
    uint64_t pixels;               /* of the tile that has most */
};

/* ------------------------------------------------------------------ the split ---------------------------- */

static void add_spans(const struct eti_halo_span *out, const struct eti_halo_span *in, uint32_t parts, struct eti_explain_span *to, size_t *n)
{
    for (uint32_t i = 0; i < parts; i++) {
        struct eti_explain_span s = {out[i].own.at, out[i].own.n, in[i].lo, in[i].hi - in[i].lo};
        to[(*n)++] = s;
    }
}

static void explain_split(struct grid_layer *g)
{
    struct eti_explainer *x = g->x;
    uint32_t gx = (uint32_t)g->a->grid.x, gy = (uint32_t)g->a->grid.y;
    if (eti_is_matrix(g->l->graph, g->op)) {
        x->e->mapping = eti_explain_say(x, "a matrix times a vector: the vector is gathered and sent to all tiles, each makes %llu results a pass",
                                        (ull)(g->a->tile.cores * g->a->tile.cells));
    } else if (g->to.by_channel) {
        uint64_t groups = eti_ceil_div(g->to.shape.z, g->a->tile.cells);
        x->e->mapping = eti_explain_say(x, "one pixel: %u channels over the tiles, %llu a tile, so %llu of %u tiles work", g->to.shape.z,
                                        (ull)eti_min(g->to.shape.z, g->a->tile.cells), (ull)eti_min(groups, gx * gy), gx * gy);
    } else {
        bool transposed = g->op->type == ETI_OP_TRANSPOSE_CONV; /* visits its input's pixels */
        struct eti_yxz map = transposed ? g->from.shape : g->to.shape;
        uint64_t all = (uint64_t)map.y * map.x, even = g->pixels * gx * gy * g->plan->passes;
        x->e->mapping = eti_explain_say(x, "%u x %u tiles share %u x %u pixels%s; the busiest %s %llu%s, the mean is %.0f %% of that",
                                        gx, gy, map.y, map.x, transposed ? " of the input" : "", transposed ? "visits" : "makes", (ull)g->pixels,
                                        g->plan->passes > 1 ? " of each part" : "", even ? 100 * (double)all / (double)even : 0);
        if (g->plan->passes > 1)
            x->e->mapping = eti_explain_say(x, "too large for narrow memory: %u x %u parts (bands of rows x strips of columns), one after the other; of the first, %u x %u tiles share %u x %u pixels; the busiest makes %llu",
                                            eti_n_bands(g->plan), g->plan->n_strips, gx, gy, g->plan->bands[0].out.n, g->plan->strips[0].out.n, (ull)g->pixels);
        add_spans(g->to.rows, g->from.rows, gy, x->e->rows, &x->e->n_rows);
        add_spans(g->to.cols, g->from.cols, gx, x->e->columns, &x->e->n_columns);
    }
}

static const char *room_of(struct grid_layer *g, uint64_t needed_bytes, uint64_t bytes, const char *memory, const char *what)
{
    return eti_explain_say(g->x, "%.1f of %.1f KiB of each tile's %s memory%s%s", (double)needed_bytes / 1024, (double)bytes / 1024, memory, what,
                           needed_bytes > bytes ? ": timed as if there was room" : "");
}

static void explain_memory(struct grid_layer *g)
{
    g->x->e->narrow = room_of(g, g->plan->narrow_bytes, g->a->tile.narrow_bytes, "narrow", "");
    uint64_t wide_bytes = eti_working_bytes(g->l, g->x->layer);
    if (wide_bytes) g->x->e->wide = room_of(g, wide_bytes, g->a->tile.wide_bytes, "wide", ", beside parameters that stay there");
}

/* Why they are not kept. */
static const char *why_sent(const struct grid_layer *g)
{
    bool others = g->a->compiler.others_bytes > 0;
    if (g->x->schedule.capacity_bytes) return others ? "other models and larger layers have taken the cache" : "larger layers have taken the cache";
    return others ? "other models and what operators work in leave no cache" : "what operators work in leaves no cache";
}

static void explain_parameters(struct grid_layer *g)
{
    struct eti_explainer *x = g->x;
    double kib = (double)g->plan->parameter_bytes / 1024;
    if (!g->plan->parameter_bytes) return;
    if (eti_sends_constants(g->op))
        x->e->parameters = eti_explain_say(x, "%.1f KiB of constants, which the host sends at every inference: they are never kept", kib);
    else if (g->plan->streamed)
        x->e->parameters = eti_explain_say(x, "%.1f KiB, which the host sends at every inference: %s", kib, why_sent(g));
    else if (eti_is_matrix(g->l->graph, g->op))
        x->e->parameters = eti_explain_say(x, "%.1f KiB, on the chip: each tile has the rows that it works on", kib);
    else if (eti_op_kind(g->op->type)->class_ != ETI_WEIGHTED)
        x->e->parameters = eti_explain_say(x, "%.1f KiB of tables, on the chip", kib);
    else
        x->e->parameters = eti_explain_say(x, "%.1f KiB, on the chip: in the wide memory of %u tile%s, over the ring to all", kib, g->plan->pieces,
                                           g->plan->pieces > 1 ? "s" : "");
}

static uint64_t weight_of(const struct eti_command *c) { return 2 * c->steps + (c->n_waits > 0); }

/* Of the tile that works most, the op command with most steps (one that waits for parameters rather than one that only moves
 * values); *steps of all its *n op commands. */
static const struct eti_command *busiest_op(const struct eti_explainer *x, uint64_t *steps, uint32_t *n)
{
    const struct eti_program *p = &x->schedule.program;
    const struct eti_command *best = NULL;
    uint64_t of[64] = {0};
    uint32_t count[64] = {0}, tile = 0;
    for (size_t i = 0; i < p->n_phases; i++) {
        if (p->phases[i].owner != (int32_t)x->layer) continue;
        for (uint32_t c = p->phases[i].first; c < p->phases[i].first + p->phases[i].count; c++)
            for (uint64_t t = p->commands[c].unit == ETI_OP ? p->commands[c].tiles : 0; t; t &= t - 1) {
                of[__builtin_ctzll(t)] += p->commands[c].steps;
                count[__builtin_ctzll(t)]++;
            }
    }
    for (uint32_t t = 1; t < 64; t++)
        if (of[t] > of[tile]) tile = t;
    *steps = of[tile];
    *n = count[tile];
    for (size_t i = 0; i < p->n_phases; i++) {
        if (p->phases[i].owner != (int32_t)x->layer) continue;
        for (uint32_t c = p->phases[i].first; c < p->phases[i].first + p->phases[i].count; c++) {
            const struct eti_command *k = &p->commands[c];
            if (k->unit == ETI_OP && k->tiles >> tile & 1 && (!best || weight_of(k) > weight_of(best))) best = k;
        }
    }
    return best;
}

/* The steps of its op; where there are several (parts; values that are moved before it), then those of all. */
static void add_steps(struct grid_layer *g, const char *numbers, uint64_t of_an_op)
{
    uint64_t steps;
    uint32_t n;
    bool all = busiest_op(g->x, &steps, &n) == NULL || steps == of_an_op;
    eti_explain_formula(g->x, all ? "steps" : g->plan->passes > 1 ? "steps of a part" : "steps of its op", numbers, of_an_op, "steps");
    if (!all) eti_explain_formula(g->x, "steps", eti_explain_say(g->x, "of all %u ops of a tile, those that only move values too", n), steps, "steps");
}

/* ------------------------------------------------------------------ loops -------------------------------- */

static void loops_of_dense(struct grid_layer *g)
{
    struct eti_explainer *x = g->x;
    uint32_t taps = g->op->at.kernel_h * g->op->at.kernel_w;
    struct eti_reduction r = eti_reduction_of(g->a, taps, g->from.shape.z, g->to.shape.z, g->pixels);
    uint64_t words = eti_ceil_div(g->from.shape.z, g->a->tile.lanes), pixels = eti_ceil_div(g->pixels, r.shares);
    const char *cores = g->a->tile.cores == 1 ? "" : eti_explain_say(x, "; %u groups abreast, %u core%s to a group", r.abreast, r.shares, plural(r.shares));
    eti_explain_loop(x, "groups of output channels", r.groups,
                     eti_explain_say(x, "%u channels on %llu cells at a time%s", g->to.shape.z, (ull)(g->a->tile.cells * r.abreast), cores));
    if (!r.position_outer)
        eti_explain_loop(x, "fills of the weight FIFO", r.fills,
                         eti_explain_say(x, "%u of %llu weight rows each (%s); sums of all pixels wait in wide memory", r.rows, (ull)(taps * words),
                                         r.fifo ? "the next fill arrives behind it" : "a block: the next fill waits"));
    eti_explain_loop(x, r.shares == 1 ? "pixels of the tile" : "pixels of a core", pixels, "");
    eti_explain_loop(x, r.position_outer ? "weight rows, all in the FIFO" : "weight rows of the fill", r.rows,
                     r.position_outer ? eti_explain_say(x, "%u tap%s x %llu word%s of %llu channels; no sum leaves the cells", taps, plural(taps), (ull)words, plural(words),
                                                           (ull)g->a->tile.lanes)
                                      : "a step each");
    add_steps(g, eti_explain_say(x, "%llu pixel%s x %u tap%s x %llu word%s x %u group%s", (ull)pixels, plural(pixels), taps, plural(taps), (ull)words,
                                 plural(words), r.groups, plural(r.groups)), pixels * taps * words * r.groups);
}

static void loops_of_depthwise(struct grid_layer *g)
{
    struct eti_explainer *x = g->x;
    uint32_t taps = g->op->at.kernel_h * g->op->at.kernel_w, words = g->to.words;
    uint64_t pixels = eti_core_pixels(g->a, g->pixels);
    eti_explain_loop(x, "words of channels", words, eti_explain_say(x, "%llu channels at a time, one product each: %llu of %llu cells work", (ull)g->a->tile.lanes,
                                                                 (ull)g->a->tile.lanes, (ull)g->a->tile.cells));
    eti_explain_loop(x, g->a->tile.cores == 1 ? "pixels of the tile" : "pixels of a core", pixels, "");
    eti_explain_loop(x, "taps", taps, "a step each");
    add_steps(g, eti_explain_say(x, "%llu pixel%s x %u tap%s x %u word%s", (ull)pixels, plural(pixels), taps, plural(taps), words, plural(words)),
              pixels * taps * words);
}

static void loops_of_program(struct grid_layer *g)
{
    uint64_t steps;
    uint32_t n;
    const struct eti_command *c = busiest_op(g->x, &steps, &n);
    if (!c) return;
    eti_explain_loop(g->x, "tensor ops", n, "");
    eti_explain_loop(g->x, "turns of the largest", (uint64_t)c->inner * c->outer, eti_is_matrix(g->l->graph, g->op) ? "a pass over all inputs" : "words or groups of channels");
    eti_explain_loop(g->x, "steps of a turn", c->steps / ((uint64_t)c->inner * c->outer), "");
    eti_explain_formula(g->x, "steps", n > 1 ? eti_explain_say(g->x, "of the %u ops of the tile that works most", n)
                                             : eti_explain_say(g->x, "%llu turn%s x %llu", (ull)c->inner * c->outer, plural((uint64_t)c->inner * c->outer), (ull)(c->steps / ((uint64_t)c->inner * c->outer))),
                        steps, "steps");
}

/* ------------------------------------------------------------------ cycles ------------------------------- */

/* "1764 steps + 392 partial sums + 36 change of fill" */
static const char *turn_text(struct eti_explainer *x, const struct eti_command *c, uint64_t cycles, uint64_t psum)
{
    uint64_t steps = c->steps / ((uint64_t)c->inner * c->outer), rest = cycles > steps + psum ? cycles - steps - psum : 0;
    char text[200];
    int used = snprintf(text, sizeof text, "%llu steps", (ull)steps);
    if (psum) used += snprintf(text + used, sizeof text - (size_t)used, " + %llu partial sums", (ull)psum);
    if (rest) snprintf(text + used, sizeof text - (size_t)used, " + %llu change of fill, results", (ull)rest);
    return eti_explain_say(x, "%s", text);
}

static void cycles_of_op(struct grid_layer *g)
{
    struct eti_explainer *x = g->x;
    uint64_t steps, turns;
    uint32_t n;
    const struct eti_command *c = busiest_op(x, &steps, &n);
    if (!c) return;
    turns = (uint64_t)c->inner * c->outer;
    bool even = c->inner == 1;
    uint64_t group = even ? c->first_cycles : c->first_cycles + (c->inner - 2) * c->middle_cycles + c->last_cycles;
    eti_explain_formula(x, even ? "a turn of the cells" : c->inner > 2 ? "a fill in the middle" : "the first fill",
                        turn_text(x, c, c->inner > 2 ? c->middle_cycles : c->first_cycles, c->inner > 2 ? c->middle_psum : c->first_psum),
                        c->inner > 2 ? c->middle_cycles : c->first_cycles, "cycles");
    if (!even)
        eti_explain_formula(x, "a group", c->inner > 2 ? eti_explain_say(x, "%llu first + %u x %llu + %llu last", (ull)c->first_cycles, c->inner - 2,
                                                                        (ull)c->middle_cycles, (ull)c->last_cycles)
                                                    : eti_explain_say(x, "%llu first + %llu last", (ull)c->first_cycles, (ull)c->last_cycles), group, "cycles");
    eti_explain_formula(x, n > 1 ? "its largest op" : "its op", even ? eti_explain_say(x, "%llu turn%s x %llu", (ull)turns, plural(turns), (ull)group)
                                                                  : eti_explain_say(x, "%u group%s x %llu", c->outer, plural(c->outer), (ull)group), c->outer * group, "cycles");
}

/* How its parameters come. */
static bool cycles_of_delivery(struct grid_layer *g, const struct eti_command *c)
{
    struct eti_explainer *x = g->x;
    uint64_t turns = (uint64_t)c->inner * c->outer, packets = c->meter_turns;
    ull each = (ull)c->middle_cycles;
    if (c->unit == ETI_LINK_IN)
        eti_explain_formula(x, "over the link", eti_explain_say(x, "%llu bytes at %.1f MB/s, in %llu fill%s of %llu cycles", (ull)c->bytes,
                            (double)eti_stream_bytes_per_s(g->a) / 1e6, (ull)turns, plural(turns), each),
                            eti_stream_cycles(g->a, c->bytes), "cycles");
    else if (c->unit == ETI_RING_PRODUCER && packets)
        eti_explain_formula(x, "over the ring", eti_explain_say(x, "%llu packets x %llu, each through the scalar core", (ull)packets, each), packets * each, "cycles");
    else if (c->unit == ETI_RING_PRODUCER && c->cause == ETS_BOUND_WEIGHTS)
        eti_explain_formula(x, "over the ring", eti_explain_say(x, "%llu fill%s x %llu + %u x %llu biases and scales", (ull)turns, plural(turns), each, c->outer,
                            (ull)(c->first_cycles - c->middle_cycles)), turns * each + c->outer * (c->first_cycles - c->middle_cycles), "cycles");
    else return false;
    return true;
}

static void add_delivery(struct grid_layer *g)
{
    const struct eti_program *p = &g->x->schedule.program;
    uint64_t hand_overs = 0, cycles = 0;
    for (size_t i = 0; i < p->n_phases; i++)
        for (uint32_t k = p->phases[i].first; p->phases[i].owner == (int32_t)g->x->layer && k < p->phases[i].first + p->phases[i].count; k++) {
            const struct eti_command *c = &p->commands[k];
            if (cycles_of_delivery(g, c)) return; /* the first strip's */
            if (c->unit != ETI_RING_PRODUCER) continue;
            hand_overs += (uint64_t)c->inner * c->outer;
            cycles += (uint64_t)c->inner * c->outer * c->middle_cycles;
        }
    if (hand_overs)
        eti_explain_formula(g->x, "from tile to tile", eti_explain_say(g->x, "%llu hand-over%s of a packet over the ring, mean %llu cycles", (ull)hand_overs,
                                                                       plural(hand_overs), (ull)(cycles / hand_overs)), cycles, "cycles");
}

static void cycles_of_barriers(struct grid_layer *g)
{
    const struct eti_program *p = &g->x->schedule.program;
    uint64_t n = 0, sum = 0;
    for (size_t i = 0; i < p->n_phases; i++) {
        n += p->phases[i].owner == (int32_t)g->x->layer;
        if (p->phases[i].owner == (int32_t)g->x->layer) sum += p->phases[i].fence_cycles;
    }
    if (n) eti_explain_formula(g->x, "barriers", eti_explain_say(g->x, "%llu x %llu", (ull)n, (ull)(sum / n)), sum, "cycles");
}

void eti_explain_grid(struct eti_explainer *x)
{
    const struct eti_op *op = &x->graph->ops[x->layer];
    struct grid_layer g = {.x = x, .a = &x->arch->v, .l = &x->schedule.l, .op = op, .plan = &x->schedule.layers[x->layer]};
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(x->graph, x->schedule.layers, eti_activation_input(op, x->graph, 0), &pad);
    struct eti_window_of w = eti_window_of_pass(g.l, x->layer, 0);
    if (op->type == ETI_OP_TRANSPOSE_CONV) { /* visits its inputs */
        w.rows.out_size = w.rows.in_size;
        w.cols.out_size = w.cols.in_size;
    }
    g.to = eti_block_of_pass(g.l, x->layer, 0);
    if (in >= 0) g.from = eti_block_of_window(g.l, in, &w);
    g.pixels = eti_most_pixels(g.l, op->type == ETI_OP_TRANSPOSE_CONV ? &g.from : &g.to);
    explain_split(&g);
    explain_memory(&g);
    explain_parameters(&g);
    if (g.plan->passes > 1) eti_explain_loop(x, "parts of the map", g.plan->passes, "parameters are sent again for each");
    bool windows = (op->type == ETI_OP_CONV_2D || op->type == ETI_OP_TRANSPOSE_CONV) && !eti_is_matrix(x->graph, op);
    if (windows) loops_of_dense(&g);
    else if (op->type == ETI_OP_DEPTHWISE_CONV_2D) loops_of_depthwise(&g);
    else loops_of_program(&g);
    cycles_of_op(&g);
    add_delivery(&g);
    cycles_of_barriers(&g);
}
