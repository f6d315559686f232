/* random_graph.c - random operators on random earlier results; what does not fit its operands is tried again. */
#include "random_graph.h"

#include "graph/layer.h"
#include "graph/model.h"
#include "test.h"

struct garden {
    struct eti_graph_builder b;
    uint64_t *state;
    int32_t grown[64]; /* results so far; most of them are maps */
    uint32_t n;
};

static uint32_t some(struct garden *g, uint32_t low, uint32_t high)
{
    return (uint32_t)test_between(g->state, low, high);
}

static bool now_and_then(struct garden *g, uint32_t every) { return some(g, 1, every) == 1; }

static const struct eti_shape *shape_of(const struct garden *g, int32_t t) { return &g->b.graph.tensors[t].shape; }

/* Late results more often than early ones, so that networks are deep. */
static int32_t pick(struct garden *g)
{
    uint32_t back = now_and_then(g, 3) ? some(g, 1, g->n) : 1;
    return g->grown[g->n - back];
}

/* A result of the same shape, or -1. */
static int32_t pick_like(struct garden *g, int32_t x)
{
    const struct eti_shape *s = shape_of(g, x);
    for (uint32_t i = g->n; i-- > 0;) {
        const struct eti_shape *o = shape_of(g, g->grown[i]);
        if (g->grown[i] != x && o->rank == s->rank && memcmp(o->dim, s->dim, s->rank * sizeof s->dim[0]) == 0) return g->grown[i];
    }
    return now_and_then(g, 4) ? x : -1;
}

static void set_window(struct garden *g, struct eti_layer *l)
{
    static const uint32_t sizes[] = {1, 1, 2, 3, 3, 3, 5, 7};
    l->at.kernel_h = sizes[some(g, 0, 7)];
    l->at.kernel_w = now_and_then(g, 4) ? sizes[some(g, 0, 7)] : l->at.kernel_h;
    l->at.stride_h = l->at.stride_w = now_and_then(g, 3) ? some(g, 2, 3) : 1;
    l->at.padding = now_and_then(g, 3) ? ETS_PAD_VALID : ETS_PAD_SAME;
    if (l->at.stride_h == 1 && now_and_then(g, 6)) l->at.dilation_h = l->at.dilation_w = 2;
    l->per_channel = now_and_then(g, 3);
    l->no_bias = now_and_then(g, 6);
    l->at.activation = now_and_then(g, 2) ? ETS_ACT_RELU6 : ETS_ACT_NONE;
}

/* Paddings of height and width, a pair each of four dimensions. */
static void set_paddings(struct garden *g, struct eti_layer *l)
{
    l->n_values = 8;
    for (int i = 2; i < 6; i++) l->values[i] = (int32_t)some(g, 0, 2);
}

static void set_sizes(struct garden *g, struct eti_layer *l, int32_t x, uint32_t times)
{
    l->n_values = 2;
    l->values[0] = (int32_t)(shape_of(g, x)->dim[1] * times);
    l->values[1] = (int32_t)(shape_of(g, x)->dim[2] * times);
}

/* A view that keeps the map, with or without the batch. */
static void set_view(struct garden *g, struct eti_layer *l, int32_t x)
{
    const struct eti_shape *s = shape_of(g, x);
    l->n_values = s->rank;
    for (uint32_t i = 0; i < s->rank; i++) l->values[i] = (int32_t)s->dim[i];
}

/* Fills in what the operator needs besides its first input; false: not on this one. */
static bool state(struct garden *g, struct eti_layer *l, int32_t *inputs)
{
    const struct eti_shape *x = shape_of(g, inputs[0]);
    bool map = x->rank == 4;
    switch ((int)l->type) {
    case ETI_OP_CONV_2D: case ETI_OP_TRANSPOSE_CONV:
        set_window(g, l);
        l->out_channels = now_and_then(g, 2) ? 8 * some(g, 1, 40) : some(g, 1, 90);
        return map;
    case ETI_OP_DEPTHWISE_CONV_2D: case ETI_OP_MAX_POOL_2D: case ETI_OP_AVERAGE_POOL_2D:
        set_window(g, l);
        if (l->type != ETI_OP_DEPTHWISE_CONV_2D) l->at.activation = ETS_ACT_NONE;
        return map;
    case ETI_OP_FULLY_CONNECTED: l->out_channels = some(g, 1, 300); return true;
    case ETI_OP_ADD: case ETI_OP_MUL: case ETI_OP_CONCATENATION:
        inputs[1] = pick_like(g, inputs[0]);
        l->n_inputs = 2;
        l->at.axis = -1;
        return inputs[1] >= 0;
    case ETI_OP_PAD: set_paddings(g, l); return map;
    case ETI_OP_RESIZE_BILINEAR: case ETI_OP_RESIZE_NEAREST_NEIGHBOR:
        set_sizes(g, l, inputs[0], now_and_then(g, 5) ? 3 : 2);
        return map && x->dim[1] < 30;
    case ETI_OP_RESHAPE: set_view(g, l, inputs[0]); return true;
    case ETI_OP_MEAN: return map;
    case ETI_OP_SPLIT:
        l->at.axis = 3;
        l->n_outputs = 2;
        return map && x->dim[3] % 2 == 0;
    case ETI_OP_SPACE_TO_DEPTH: l->at.block = 2; return map && x->dim[1] % 2 == 0 && x->dim[2] % 2 == 0;
    default: return true;
    }
}

static void grow(struct garden *g)
{
    static const enum eti_op_type kinds[] = {
        ETI_OP_CONV_2D, ETI_OP_CONV_2D, ETI_OP_CONV_2D, ETI_OP_CONV_2D, ETI_OP_DEPTHWISE_CONV_2D, ETI_OP_DEPTHWISE_CONV_2D,
        ETI_OP_ADD, ETI_OP_ADD, ETI_OP_MUL, ETI_OP_CONCATENATION, ETI_OP_MAX_POOL_2D, ETI_OP_AVERAGE_POOL_2D, ETI_OP_PAD,
        ETI_OP_RESHAPE, ETI_OP_RELU, ETI_OP_LOGISTIC, ETI_OP_RESIZE_BILINEAR, ETI_OP_RESIZE_NEAREST_NEIGHBOR, ETI_OP_MEAN,
        ETI_OP_FULLY_CONNECTED, ETI_OP_SOFTMAX, ETI_OP_SPLIT, ETI_OP_SPACE_TO_DEPTH, ETI_OP_TRANSPOSE_CONV, ETI_OP_HARD_SWISH,
        ETI_OP_L2_NORMALIZATION, ETI_OP_QUANTIZE,
    };
    struct eti_layer l;
    int32_t inputs[2] = {pick(g), 0}, outputs[2];
    memset(&l, 0, sizeof l);
    l.type = kinds[some(g, 0, sizeof kinds / sizeof *kinds - 1)];
    if ((l.type == ETI_OP_HARD_SWISH || l.type == ETI_OP_MEAN || l.type == ETI_OP_FULLY_CONNECTED) && !now_and_then(g, 3)) return;
    l.name = eti_op_kind(l.type)->name;
    l.inputs = inputs;
    l.n_inputs = l.n_outputs = 1;
    l.at.kernel_h = l.at.kernel_w = l.at.stride_h = l.at.stride_w = l.at.dilation_h = l.at.dilation_w = 1;
    if (!state(g, &l, inputs) || eti_graph_add_layer(&g->b, &l, outputs, NULL) != ETS_OK) return;
    for (uint32_t i = 0; i < l.n_outputs; i++)
        if (g->n < sizeof g->grown / sizeof *g->grown) g->grown[g->n++] = outputs[i];
}

static void add_input(struct garden *g)
{
    struct eti_tensor t;
    struct eti_place nowhere = {"", 0, 0, 0, false};
    ets_error e;
    memset(&t, 0, sizeof t);
    t.name = "input";
    t.type = ETI_I8;
    t.quant = ETI_QUANT_TENSOR;
    t.shape.rank = 4;
    t.shape.dim[0] = 1;
    t.shape.dim[1] = some(g, 1, 40);
    t.shape.dim[2] = now_and_then(g, 3) ? some(g, 1, 40) : t.shape.dim[1];
    t.shape.dim[3] = now_and_then(g, 3) ? 3 : some(g, 1, 70);
    ASSERT_OK(eti_graph_add_tensor(&g->b, &t, &nowhere, &g->grown[g->n], &e), e);
    ASSERT_OK(eti_graph_add_input(&g->b, g->grown[g->n++], &e), e);
}

ets_model *test_random_graph(uint64_t *state, uint32_t most)
{
    struct garden g;
    ets_error e;
    ets_model *m = calloc(1, sizeof *m);
    ck_assert_ptr_nonnull(m);
    memset(&g, 0, sizeof g);
    g.state = state;
    ASSERT_OK(eti_graph_begin(&g.b, "random", "builder", NULL, &e), e);
    add_input(&g);
    uint32_t wanted = some(&g, 1, most);
    for (uint32_t tries = 0; g.b.graph.n_ops < wanted && tries < 8 * wanted + 50; tries++) grow(&g);
    ASSERT_OK(eti_graph_add_output(&g.b, g.grown[g.n - 1], &e), e);
    if (g.n > 3 && now_and_then(&g, 3)) ASSERT_OK(eti_graph_add_output(&g.b, g.grown[g.n - 2], &e), e);
    m->mem = g.b.graph.arena.mem;
    if (g.b.graph.n_ops == 0 || eti_graph_finish(&g.b, &m->graph, &e) != ETS_OK) {
        eti_graph_abandon(&g.b);
        free(m);
        return test_random_graph(state, most); /* nothing fitted the input: another one */
    }
    return m;
}

ets_arch *test_random_machine(uint64_t *state)
{
    static const char *const choices[][4] = {
        {"grid.x", "1", "2", "5"},           {"grid.y", "1", "3", "8"},
        {"tile.cells", "16", "32", "128"},   {"tile.narrow_bytes", "16Ki", "48Ki", "1Mi"},
        {"tile.wide_bytes", "64Ki", "256Ki", "4Mi"},  {"ring.bytes_per_cycle", "8", "64", "256"},
        {"link.in_bytes_per_s", "10M", "100M", "2G"}, {"clock_hz", "63M", "250M", "1G"},
        {"link.runs_ahead", "0", "0", "1"},           {"link.buffer_bytes", "256", "8Ki", "4Mi"},
        {"link.stream_percent", "100", "80", "7"},    {"link.wake_ns", "0", "1", "80k"},
        {"link.input_percent", "100", "71", "9"},     {"host.macs_per_s", "0", "1M", "1T"},
        {"host.busy_percent", "1", "50", "99"},       {"host.boost_percent", "100", "180", "900"},
        {"mesh.cycles_per_word", "1", "2", "4"},      {"scalar.issue_cycles_per_iword", "1", "4", "20"},
    };
    ets_setting settings[4];
    ets_arch *a = NULL;
    ets_error e;
    uint32_t n = (uint32_t)test_between(state, 0, 4);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = (uint32_t)test_between(state, 0, sizeof choices / sizeof *choices - 1);
        settings[i].key = choices[row][0];
        settings[i].value = choices[row][test_between(state, 1, 3)];
    }
    ets_status status = ets_arch_load(TREE("arch/coral-usb.yaml"), settings, n, NULL, &a, &e);
    return status == ETS_OK ? a : test_random_machine(state); /* not every combination is a machine */
}
