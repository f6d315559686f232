/* elementwise.c - operators on single values: four cells work, a word of four channels at a time. */
#include "schedule/place.h"
#include "schedule/weights.h"

/* How an operator's tensor ops run: steps an output word in each of its ops, and what else the program holds. */
struct recipe {
    enum eti_op_type type;
    uint32_t ops;              /* tensor ops, one after the other */
    uint32_t steps[2];         /* of each, an output word */
    uint32_t iwords;           /* beside the 17 of each op record */
    uint32_t fences;           /* barriers before it */
    uint32_t feed_iwords;      /* of the mover that feeds the first op's other operand, an op record; constants have one of their own */
};
/* add: 16-bit mode, two words of each operand. mul: operands are fed as weights, rows of D words at a time, then rescaled.
 * Values through the spline (logistic, tanh) take a step a word. maximum, minimum: as add; prelu: as relu with a multiply. */
static const struct recipe recipes[] = {
    {ETI_OP_ADD, 1, {4, 0}, 69, 2, 0},
    {ETI_OP_SUB, 1, {4, 0}, 69, 2, 0},
    {ETI_OP_MAXIMUM, 1, {4, 0}, 69, 2, 0},
    {ETI_OP_MINIMUM, 1, {4, 0}, 69, 2, 0},
    {ETI_OP_SQUARED_DIFFERENCE, 2, {4, 4}, 76, 3, 0},
    {ETI_OP_MUL, 2, {4, 4}, 7, 4, 7},
    {ETI_OP_RELU, 1, {1, 0}, 3, 1, 0},
    {ETI_OP_RELU6, 1, {1, 0}, 3, 1, 0},
    {ETI_OP_RELU_N1_TO_1, 1, {1, 0}, 3, 1, 0},
    {ETI_OP_PRELU, 2, {1, 4}, 10, 2, 0},
    {ETI_OP_QUANTIZE, 1, {1, 0}, 3, 1, 0},
    {ETI_OP_LOGISTIC, 1, {1, 0}, 16, 2, 0},
    {ETI_OP_TANH, 1, {1, 0}, 16, 2, 0},
    {ETI_OP_RSQRT, 1, {1, 0}, 16, 2, 0},
};

/* Constant operands come from the host, each tile's values in packets of their own, and wait in wide memory for the mover. */
static struct eti_delivery delivery_of(const struct eti_emitter *e, uint32_t index)
{
    uint64_t packets = eti_ceil_div(e->layers[index].parameter_bytes, e->l.arch->ring.packet_bytes);
    struct eti_delivery d = {(uint32_t)packets, 1, 1, 0, true, eti_all_tiles(e->l.arch), true, 1};
    return d;
}

static ets_status emit_constants_in(struct eti_emitter *e, const struct eti_delivery *d, uint64_t words)
{
    ETI_TRY(eti_emit_consumer(e, d));
    struct eti_command c = eti_command(ETI_WIDE_TO_NARROW, ETS_BOUND_LINK, d->tiles, 7);
    eti_turns(&c, 1, 1, words * e->l.arch->mover.cycles_per_word);
    eti_wait(&c, eti_arrival(d), ETI_EACH_TURN, 1, 1);
    eti_signal(&c, ETI_WIDE_TO_NARROW_DONE, ETI_EACH_TURN, 0, 0);
    return eti_emit(e, &c);
}

/* Words of the constant that the busiest tile holds: what does not differ by row or column lies there once. */
static uint64_t constant_words(const struct eti_emitter *e, const struct eti_op *op, const struct eti_block *to)
{
    const struct eti_arch *a = e->l.arch;
    struct eti_yxz s = eti_yxz(&eti_sent_constant(e->l.graph, op)->shape);
    uint64_t rows = s.y > 1 ? eti_ceil_div(to->shape.y, a->grid.y) : 1, cols = s.x > 1 ? eti_ceil_div(to->shape.x, a->grid.x) : 1;
    return rows * cols * eti_ceil_div(s.z, a->tile.lanes);
}

static const struct recipe *recipe_of(enum eti_op_type type)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        if (recipes[i].type == type) return &recipes[i];
    return NULL;
}

/* Steps of a tile with `w` words a row (columns x words) and `rows` rows. The first op of a product feeds D rows of the
 * other operand at a time, D = min(4, ceil(w / 2)). */
static uint64_t steps_of(const struct recipe *r, uint32_t op, uint64_t pixels, uint64_t words)
{
    if (r->type == ETI_OP_MUL && op == 0) {
        uint64_t d = eti_min(4, eti_ceil_div(words, 2));
        return pixels * 4 * d * eti_ceil_div(words, d);
    }
    return pixels * r->steps[op] * words;
}

static ets_status emit_one(struct eti_emitter *e, const struct recipe *recipe, uint32_t op, const struct eti_records *r,
                           uint32_t words, bool waits)
{
    for (uint32_t i = 0; i < r->n; i++) {
        uint64_t pixels = eti_core_pixels(e->l.arch, r->key[i][0]), steps = steps_of(recipe, op, pixels, words);
        struct eti_command c = eti_command(ETI_OP, ETS_BOUND_COMPUTE, r->tiles[i], 17 + (op || waits ? 0 : recipe->feed_iwords));
        eti_turns(&c, 1, words, steps / words + pixels * e->l.arch->tile.output_cycles);
        c.steps = steps;
        if (waits) eti_wait(&c, ETI_WIDE_TO_NARROW_DONE, ETI_ONCE, 1, 0);
        eti_signal(&c, ETI_AVDATA, ETI_EACH_TURN, 0, 0);
        ETI_TRY(eti_emit(e, &c));
    }
    return ETS_OK;
}

ets_status eti_emit_elementwise(struct eti_emitter *e, uint32_t index)
{
    const struct eti_op *op = &e->l.graph->ops[index];
    const struct recipe *recipe = recipe_of(op->type);
    if (!recipe) return eti_fail(e->err, ETS_INTERNAL, &op->place, "'%s' (%s) was mapped, but has no recipe", op->name, op->type_name);
    struct eti_edges pad;
    int32_t in = eti_stored_tensor(e->l.graph, e->layers, eti_activation_input(op, e->l.graph, 0), &pad);
    struct eti_block to = eti_block_of_pass(&e->l, index, e->pass), from = eti_block_of(&e->l, in);
    if (e->layers[index].passes > 1) {
        struct eti_window_of strip = eti_window_of_pass(&e->l, index, e->pass);
        from = eti_block_of_window(&e->l, in, &strip);
    }
    uint32_t words = to.words;
    struct eti_records r;
    eti_pixel_records(&e->l, &from, &to, &r);
    if (to.by_channel) words = (uint32_t)eti_min(words, e->l.arch->tile.cells / e->l.arch->tile.lanes);
    ETI_TRY(eti_phase_reset(e, (int32_t)index, recipe->iwords));
    for (uint32_t i = 1; i < recipe->fences; i++) ETI_TRY(eti_phase_reset(e, (int32_t)index, 0));
    bool constants = e->layers[index].streamed;
    struct eti_delivery d = delivery_of(e, index);
    if (constants) ETI_TRY(emit_constants_in(e, &d, constant_words(e, op, &to)));
    for (uint32_t i = 0; i < recipe->ops; i++) ETI_TRY(emit_one(e, recipe, i, &r, words, constants));
    if (constants) ETI_TRY(eti_emit_producer(e, &d, e->layers[index].parameter_bytes));
    return to.by_channel ? eti_emit_halo_of_vector(e, op->outputs[0]) : eti_emit_halo(e, op->outputs[0], 1);
}
