/* softmax.c - softmax (and l2_normalization) over the channels of one pixel, as tensor ops of every tile glued by hand-overs
 * of packets: scale, maximum, exponent, sum, reciprocal, product. Exact for the vendor's programs of 1001 classes. */
#include "schedule/release.h"
#include "schedule/weights.h"

#define SYNCED_QUAD (ETI_QUAD_IWORDS + 3) /* 300 of them are 7,830 instruction words with what stands around them */

#define CORE_BUNDLES (13 + 17 + 27)
#define CORE_IWORDS 124 /* loops: what the 18 Grid programs hold beside the parts that are known */

struct spread { uint32_t tiles, words[ETI_MAX_TILES], halves[ETI_MAX_TILES]; }; /* of n elements: 64 a tile */

static struct spread spread_of(const struct eti_arch *a, uint64_t n)
{
    struct spread s = {0, {0}, {0}};
    uint64_t n_tiles = a->grid.x * a->grid.y;
    uint64_t share = eti_max(a->tile.cells, eti_round_up(eti_ceil_div(n, n_tiles), a->tile.lanes)), left = n;
    while (left && s.tiles < n_tiles) {
        uint64_t here = eti_min(share, left);
        left -= here;
        s.words[s.tiles] = (uint32_t)eti_ceil_div(here, 4);
        s.halves[s.tiles++] = (uint32_t)(left ? here / 2 : here / 4 * 2); /* whole words of 16-bit values */
    }
    return s;
}

/* An op whose steps differ by tile; tiles in a row that have as many share a command. */
static ets_status emit_spread(struct eti_emitter *e, const struct spread *s, const uint32_t *steps)
{
    for (uint32_t i = 0; i < s->tiles;) {
        uint64_t mask = 0;
        uint32_t k = i;
        for (; k < s->tiles && steps[k] == steps[i]; k++) mask |= (uint64_t)1 << k;
        struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, mask, 17);
        eti_turns(&c, 1, 1, steps[i]);
        c.steps = steps[i];
        ETI_TRY(eti_emit(e, &c));
        i = k;
    }
    return ETS_OK;
}

static ets_status emit_on(struct eti_emitter *e, uint64_t tiles, uint64_t steps)
{
    struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, tiles, 17);
    eti_turns(&c, 1, 1, steps);
    c.steps = steps;
    return eti_emit(e, &c);
}

static void scaled(const struct spread *s, uint32_t num, uint32_t den, uint32_t *out)
{
    for (uint32_t i = 0; i < s->tiles; i++) out[i] = num * (uint32_t)eti_ceil_div(s->words[i], den);
}

/* Two passes to a common scale, while tables that have no room arrive; the maximum of all on tile 0, and the difference to it everywhere. */
static ets_status emit_maximum(struct eti_emitter *e, int32_t owner, const struct spread *s, uint64_t words)
{
    const struct eti_layer_plan *plan = &e->layers[owner];
    uint32_t steps[ETI_MAX_TILES], ones[ETI_MAX_TILES];
    uint64_t all = eti_low_bits(s->tiles);
    scaled(s, 2, 1, steps);
    scaled(s, 0, 1, ones);
    ETI_TRY(eti_phase_reset(e, owner, 60));
    ETI_TRY(emit_spread(e, s, steps));
    if (plan->streamed) ETI_TRY(eti_emit_stream(e, 1, plan->parameter_bytes));
    ETI_TRY(eti_phase_reset(e, owner, 60));
    ETI_TRY(eti_emit_quads(e, s->tiles - 1, SYNCED_QUAD));
    ETI_TRY(eti_phase_reset(e, owner, 1));
    ETI_TRY(emit_on(e, 1, 4 * eti_ceil_div(words, 4)));
    ETI_TRY(emit_on(e, 1, 4));
    ETI_TRY(eti_emit_quads(e, s->tiles - 1, SYNCED_QUAD));
    ETI_TRY(eti_phase_reset(e, owner, 30));
    ETI_TRY(emit_on(e, all, words));
    ETI_TRY(emit_on(e, all, 1));
    for (int i = 0; i < 3; i++) ETI_TRY(emit_spread(e, s, steps)); /* subtract; two passes to 16 bits */
    return ETS_OK;
}

/* Exponents through the spline, handed from every tile to every other; the sum and its reciprocal on tile 0. */
static ets_status emit_sum(struct eti_emitter *e, int32_t owner, const struct spread *s, uint64_t n)
{
    uint32_t exps[ETI_MAX_TILES];
    uint64_t done = 0, halves = eti_ceil_div(n, 2);
    for (uint32_t i = 0; i < s->tiles; i++) {
        exps[i] = s->halves[i];
        done += exps[i];
    }
    ETI_TRY(eti_phase_reset(e, owner, 60));
    ETI_TRY(emit_spread(e, s, exps));
    ETI_TRY(eti_phase_reset(e, owner, 60));
    ETI_TRY(eti_emit_quads(e, s->tiles * (s->tiles - 1), SYNCED_QUAD));
    ETI_TRY(eti_phase_reset(e, owner, 1));
    if (halves > done) ETI_TRY(emit_on(e, 1, halves - done));
    ETI_TRY(emit_on(e, 1, 4 * eti_ceil_div(halves + 1, 4)));
    ETI_TRY(emit_on(e, 1, 4));
    ETI_TRY(emit_on(e, 1, 4));
    return eti_emit_quads(e, s->tiles - 1, SYNCED_QUAD);
}

/* On the scalar core: the row goes to its memory, then three loops of 13, 17 and 27 bundles an element (maximum, sum of the
 * exponents, division), a bundle a cycle; the result is pushed from there. */
static ets_status emit_on_core(struct eti_emitter *e, int32_t owner, uint64_t n)
{
    uint32_t tiles = (uint32_t)eti_min(eti_ceil_div(n, e->l.arch->tile.cells), e->l.arch->grid.x * e->l.arch->grid.y);
    ETI_TRY(eti_phase_reset(e, owner, 3));
    uint32_t iwords = CORE_IWORDS + tiles * eti_release_of(e->l.arch)->core_softmax_iwords;
    struct eti_command loops = eti_command(ETI_SCALAR, ETS_BOUND_MOVE, 1, iwords);
    eti_turns(&loops, 1, (uint32_t)n, CORE_BUNDLES);
    return eti_emit(e, &loops);
}

ets_status eti_emit_softmax(struct eti_emitter *e, uint32_t index)
{
    int32_t owner = (int32_t)index;
    const struct eti_tensor *out = &e->l.graph->tensors[e->l.graph->ops[index].outputs[0]];
    if (!eti_softmax_on_tiles(e->l.arch, e->l.graph, &e->l.graph->ops[index])) return emit_on_core(e, owner, out->elements);
    uint64_t n = out->elements, words = eti_ceil_div(n, 4);
    struct spread s = spread_of(e->l.arch, n);
    uint64_t all = eti_low_bits(s.tiles);
    uint32_t last[ETI_MAX_TILES];
    ETI_TRY(emit_maximum(e, owner, &s, words));
    ETI_TRY(emit_sum(e, owner, &s, n));
    ETI_TRY(eti_phase_reset(e, owner, 60));
    ETI_TRY(emit_on(e, all, 2 * words));
    scaled(&s, 2, 2, last);
    ETI_TRY(emit_spread(e, &s, last));
    return ETS_OK;
}
