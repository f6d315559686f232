/* strips.c - layers whose activations do not fit narrow memory run as a group, a strip of columns after the other, each strip
 * split again over all tiles; parameters are sent again for each. A group reaches from a small tensor to a small tensor: back
 * over heavy operators to the smallest input, on while results get smaller. Strips are doubled until they fit. What a strip
 * needs of its neighbour's columns it computes itself. Derived from the public compiled DeepLab, PoseNet and BodyPix. */
#include "base/num.h"
#include "schedule/place.h"

static bool can_be_cut(const struct eti_layout *l, uint32_t i)
{
    const struct eti_op *op = &l->graph->ops[i];
    if (l->layers[i].map.where == ETS_ON_HOST || l->layers[i].folded || eti_is_matrix(l->graph, op)) return false;
    struct eti_yxz out = eti_yxz(&l->graph->tensors[op->outputs[0]].shape);
    switch ((int)op->type) {
    case ETI_OP_CONV_2D: case ETI_OP_DEPTHWISE_CONV_2D: case ETI_OP_MAX_POOL_2D: case ETI_OP_AVERAGE_POOL_2D:
    case ETI_OP_ADD: case ETI_OP_SUB: case ETI_OP_RELU: case ETI_OP_RELU6: case ETI_OP_QUANTIZE:
        return out.x >= 2 * l->arch->grid.x && out.y > 1;
    default:
        return false;
    }
}

/* Bytes of a tensor on the busiest tile, with the border its reader needs. */
static uint64_t held_bytes(const struct eti_layout *l, int32_t tensor)
{
    struct eti_block b = eti_block_of(l, tensor);
    return eti_block_bytes(l, &b);
}

static int32_t input_of(const struct eti_layout *l, uint32_t i)
{
    struct eti_edges pad;
    return eti_stored_tensor(l->graph, l->layers, eti_activation_input(&l->graph->ops[i], l->graph, 0), &pad);
}

/* Does operator i read what operator i - 1 made (behind what is folded)? */
static bool follows(const struct eti_layout *l, uint32_t i)
{
    uint32_t p = i;
    while (p && l->layers[p - 1].folded) p--;
    return p && input_of(l, i) >= 0 && l->graph->tensors[input_of(l, i)].producer == (int32_t)p - 1;
}

/* Back from `i`, not beyond `floor`, over operators that take half of narrow memory: the one with the smallest input. */
static uint32_t first_of(const struct eti_layout *l, const uint64_t *live, uint32_t i, uint32_t floor)
{
    uint32_t best = i;
    while (i > floor && follows(l, i) && can_be_cut(l, i - 1) && 2 * live[i - 1] > l->arch->tile.narrow_bytes) {
        i--;
        if (held_bytes(l, input_of(l, i)) < held_bytes(l, input_of(l, best))) best = i;
    }
    return best;
}

/* On from `i`: over all that does not fit, then while results get smaller. */
static uint32_t last_of(const struct eti_layout *l, const uint64_t *live, uint32_t i)
{
    for (; i + 1 < l->graph->n_ops && follows(l, i + 1) && can_be_cut(l, i + 1); i++) {
        bool fits = live[i + 1] <= l->arch->tile.narrow_bytes;
        if (fits && held_bytes(l, l->graph->ops[i + 1].outputs[0]) >= held_bytes(l, l->graph->ops[i].outputs[0])) break;
    }
    return i;
}

/* Columns of each operator's result in each strip, from the last one back. */
static ets_status set_columns(const struct eti_layout *l, struct eti_schedule *s, uint32_t first, uint32_t last, uint32_t passes, ets_error *err)
{
    for (uint32_t i = last + 1; i-- > first;) {
        ETI_TRY(eti_spend(l->budget, passes * (uint64_t)(last - i + 1) / 4 + ETI_PLAN_UNITS, err));
        uint32_t width = eti_yxz(&l->graph->tensors[l->graph->ops[i].outputs[0]].shape).x;
        s->layers[i].passes = passes;
        s->layers[i].group_begins = i == first;
        s->layers[i].group_ends = i == last;
        for (uint32_t pass = 0; pass < passes; pass++) {
            struct eti_span *mine = &s->layers[i].strips[pass].out, none = {0, 0};
            *mine = none;
            for (uint32_t k = i + 1; k <= last; k++) {
                bool reads = false;
                struct eti_edges pad;
                for (uint32_t n = 0; n < l->graph->ops[k].n_inputs; n++) {
                    int32_t t = eti_stored_tensor(l->graph, l->layers, l->graph->ops[k].inputs[n], &pad);
                    reads |= t == l->graph->ops[i].outputs[0];
                }
                if (!reads || l->layers[k].folded) continue;
                struct eti_window_of w = eti_window_of_op(l, k);
                *mine = eti_span_join(*mine, eti_inputs_of(&w.cols, s->layers[k].strips[pass].out));
            }
            if (!mine->n) *mine = eti_span_of(width, passes, pass);
        }
    }
    return ETS_OK;
}

/* What an operator of the group made is read as it lies; of what comes from outside, what is needed. */
static void set_inputs(const struct eti_layout *l, struct eti_schedule *s, uint32_t first, uint32_t last, uint32_t passes)
{
    for (uint32_t i = first; i <= last; i++) {
        int32_t p = l->graph->tensors[input_of(l, i)].producer;
        struct eti_window_of w = eti_window_of_op(l, i);
        for (uint32_t pass = 0; pass < passes; pass++) {
            struct eti_strip *strip = &s->layers[i].strips[pass];
            bool inside = p >= (int32_t)first && p < (int32_t)i;
            strip->in = inside ? s->layers[p].strips[pass].out : eti_inputs_of(&w.cols, strip->out);
        }
    }
}

/* The most narrow memory that an operator of the group needs in any strip: its strip's input and result, the strips of the
 * group's result that are done, and what lives beside the group. In four
 * strips or more, a result that only the host reads leaves strip by strip (likely: the latency of stacks of 3x3 convolutions
 * grows with their channels as if it did). */
static uint64_t most_bytes(const struct eti_layout *l, const uint64_t *live, uint32_t first, uint32_t last, uint32_t passes)
{
    uint64_t most = 0;
    for (uint32_t i = first; i <= last; i++) {
        if (l->layers[i].folded) continue;
        int32_t in = input_of(l, i), out = l->graph->ops[i].outputs[0];
        uint64_t whole = held_bytes(l, in) + held_bytes(l, out), beside = live[i] > whole ? live[i] - whole : 0;
        for (uint32_t pass = 0; pass < passes; pass++) {
            struct eti_window_of w = eti_window_of_pass(l, i, pass);
            struct eti_block from = eti_block_of_window(l, in, &w), to = eti_block_of_pass(l, i, pass);
            bool stays = l->layers[i].group_ends && (passes < 4 || l->graph->tensors[out].n_consumers > 0);
            uint64_t done = stays ? held_bytes(l, out) : eti_block_bytes(l, &to);
            most = eti_max(most, eti_block_bytes(l, &from) + done + beside / passes);
        }
    }
    return most;
}

/* Strips have a bound, for memory and work; what still does not fit then is run as if it did. Compiled networks have up to 32. */
static ets_status make_group(const struct eti_layout *l, struct eti_schedule *s, const uint64_t *live, uint32_t first,
                             uint32_t last, ets_error *err)
{
    uint32_t width = eti_yxz(&l->graph->tensors[l->graph->ops[last].outputs[0]].shape).x, passes = 2;
    uint32_t most = (uint32_t)eti_max(2, eti_min(ETI_MAX_STRIPS, width / (2 * l->arch->grid.x))); /* two columns a tile at least */
    for (uint32_t i = first; i <= last; i++) {
        s->layers[i].strips = eti_arena_alloc(&s->arena, 2 * (size_t)most, sizeof *s->layers[i].strips);
        if (!s->layers[i].strips) return eti_nomem(err);
    }
    for (;; passes *= 2) {
        ETI_TRY(set_columns(l, s, first, last, passes, err));
        set_inputs(l, s, first, last, passes);
        if (2 * passes > most || most_bytes(l, live, first, last, passes) <= l->arch->tile.narrow_bytes) break;
    }
    for (uint32_t i = first; i <= last; i++) s->layers[i].narrow_bytes = most_bytes(l, live, i, i, passes);
    return ETS_OK;
}

ets_status eti_find_strips(const struct eti_layout *l, struct eti_schedule *s, const uint64_t *live, ets_error *err)
{
    uint32_t floor = 0;
    for (uint32_t i = 0; i < l->graph->n_ops; i++) {
        if (live[i] <= l->arch->tile.narrow_bytes || !can_be_cut(l, i)) continue;
        uint32_t first = first_of(l, live, i, floor), last = last_of(l, live, i);
        ETI_TRY(make_group(l, s, live, first, last, err));
        floor = i = last;
        floor++;
    }
    return ETS_OK;
}
