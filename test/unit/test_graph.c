/* test_graph.c - shapes, work, order and rules of networks, through the builder and the internal calls. */
#include "graph/model.h"
#include "test.h"

START_TEST(windows_equal_a_count)
{
    uint64_t seed = 14;
    for (int i = 0; i < 20000; i++) {
        uint32_t size = (uint32_t)test_between(&seed, 1, 60), kernel = (uint32_t)test_between(&seed, 1, 9);
        uint32_t stride = (uint32_t)test_between(&seed, 1, 4), dilation = (uint32_t)test_between(&seed, 1, 3);
        uint32_t reach = (kernel - 1) * dilation + 1, valid = 0, same = 0;
        for (uint32_t at = 0; at + reach <= size; at += stride) valid++;
        for (uint32_t at = 0; at < size; at += stride) same++;
        ck_assert_uint_eq(eti_window(size, kernel, stride, dilation, ETS_PAD_VALID).out, valid);
        struct eti_window w = eti_window(size, kernel, stride, dilation, ETS_PAD_SAME);
        ck_assert_uint_eq(w.out, same);
        ck_assert(w.pad_after - w.pad_before <= 1);
        ck_assert(w.pad_before + size + w.pad_after >= (same - 1) * stride + reach || w.pad_before + w.pad_after == 0);
    }
}
END_TEST

static ets_builder *builder(ets_tensor *x, uint32_t h, uint32_t w, uint32_t c)
{
    ets_builder *b = NULL;
    ets_error e;
    uint32_t dims[4] = {1, h, w, c};
    ASSERT_OK(ets_builder_new("net", NULL, &b, &e), e);
    ASSERT_OK(ets_build_input(b, "image", dims, 4, x, &e), e);
    return b;
}

static ets_model *finish(ets_builder *b, ets_tensor y)
{
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_build_output(b, y, &e), e);
    ASSERT_OK(ets_build_model(b, &m, &e), e);
    ets_builder_free(b);
    return m;
}

/* Every weight once at every output position. */
START_TEST(work_is_what_the_loops_do)
{
    uint64_t seed = 15;
    for (int i = 0; i < 300; i++) {
        uint32_t h = (uint32_t)test_between(&seed, 3, 9), w = (uint32_t)test_between(&seed, 3, 9), c = (uint32_t)test_between(&seed, 1, 9);
        ets_conv o = ETS_CONV_INIT;
        ets_tensor x, y;
        ets_error e;
        o.kernel_h = (uint32_t)test_between(&seed, 1, 3);
        o.kernel_w = (uint32_t)test_between(&seed, 1, 3);
        o.stride_h = o.stride_w = (uint32_t)test_between(&seed, 1, 2);
        o.out_channels = (uint32_t)test_between(&seed, 1, 9);
        o.padding = test_random(&seed) % 2 ? ETS_PAD_SAME : ETS_PAD_VALID;
        bool depthwise = test_random(&seed) % 2;
        if (depthwise) o.out_channels = 0;
        ets_builder *b = builder(&x, h, w, c);
        ASSERT_OK((depthwise ? ets_build_depthwise : ets_build_conv2d)(b, x, &o, &y, &e), e);
        ets_model *m = finish(b, y);
        uint64_t macs = 0;
        uint32_t oh = eti_window(h, o.kernel_h, o.stride_h, 1, o.padding).out, ow = eti_window(w, o.kernel_w, o.stride_w, 1, o.padding).out;
        for (uint32_t p = 0; p < oh * ow; p++)
            for (uint32_t k = 0; k < o.kernel_h * o.kernel_w; k++)
                for (uint32_t ci = 0; ci < c; ci++) macs += depthwise ? 1 : o.out_channels;
        ck_assert_uint_eq(ets_model_describe(m).macs, macs);
        ets_model_free(m);
    }
}
END_TEST

START_TEST(a_refused_call_leaves_the_builder_as_it_was)
{
    ets_tensor x, y, z, bad[2];
    ets_error e;
    ets_conv o = ETS_CONV_INIT;
    ets_builder *b = builder(&x, 8, 8, 3);
    o.out_channels = 4;
    ASSERT_OK(ets_build_conv2d(b, x, &o, &y, &e), e);
    ASSERT_FAILS(ets_build_binary(b, "add", x, y, ETS_ACT_NONE, &z, &e), ETS_RANGE, e, "shapes [1, 8, 8, 3] and [1, 8, 8, 4] do not match");
    const uint32_t three = 3, four = 4;
    ASSERT_FAILS(ets_build_binary_constant(b, "mul", x, &four, 1, ETS_ACT_NONE, &z, &e), ETS_RANGE, e, "shapes [1, 8, 8, 3] and [4] do not match");
    ASSERT_FAILS(ets_build_binary_constant(b, "mul", x, &three, 0, ETS_ACT_NONE, &z, &e), ETS_RANGE, e, "1 to 8 dimensions, not 0");
    ASSERT_FAILS(ets_build_binary_constant(b, "relu", x, &three, 1, ETS_ACT_NONE, &z, &e), ETS_SCHEMA, e, "'relu' is no operator for it");
    o.kernel_h = 9;
    o.padding = ETS_PAD_VALID;
    ASSERT_FAILS(ets_build_conv2d(b, x, &o, &z, &e), ETS_RANGE, e, "a 9x1 window (dilation 1x1) does not fit into [1, 8, 8, 3]");
    o.kernel_h = 0;
    ASSERT_FAILS(ets_build_conv2d(b, x, &o, &z, &e), ETS_RANGE, e, "kernel, stride and dilation must be at least 1");
    o.kernel_h = 1;
    o.out_channels = 0;
    ASSERT_FAILS(ets_build_conv2d(b, x, &o, &z, &e), ETS_RANGE, e, "out_channels must be at least 1");
    o.out_channels = 1;
    ASSERT_FAILS(ets_build_conv2d(b, 99, &o, &z, &e), ETS_ARGUMENT, e, "there is no tensor 99");
    ASSERT_FAILS(ets_build_unary(b, "conv_2d", x, &z, &e), ETS_SCHEMA, e, "'conv_2d' is no operator for it");
    bad[0] = x;
    bad[1] = y;
    ASSERT_FAILS(ets_build_concat(b, bad, 2, 1, &z, &e), ETS_RANGE, e, "cannot be joined");
    ASSERT_OK(ets_build_concat(b, bad, 2, -1, &z, &e), e);
    ets_model *m = finish(b, z);
    ck_assert_uint_eq(m->graph->n_ops, 2);
    ck_assert_uint_eq(m->graph->tensors[m->graph->outputs[0]].shape.dim[3], 7);
    ets_model_free(m);
}
END_TEST

START_TEST(an_empty_model_is_refused_and_the_builder_lives_on)
{
    ets_tensor x, y;
    ets_error e;
    ets_model *m = NULL;
    uint32_t dims[4] = {1, 4, 4, 4};
    ets_builder *b = builder(&x, 4, 4, 4);
    ASSERT_FAILS(ets_build_model(b, &m, &e), ETS_SCHEMA, e, "net: the model has no operators");
    ASSERT_OK(ets_build_input(b, "image", dims, 4, &x, &e), e);
    ASSERT_OK(ets_build_unary(b, "relu", x, &y, &e), e);
    m = finish(b, y);
    ck_assert_uint_eq(ets_model_describe(m).n_ops, 1);
    ets_model_free(m);
}
END_TEST

/* A random network whose layers are added in random order comes out in an order in which it can run. */
static ets_status scrambled(uint64_t seed, bool cycle, struct eti_graph **out, ets_error *e)
{
    struct eti_graph_builder b;
    enum { N = 40 };
    int32_t tensor[N + 1], order[N];
    ETI_TRY(eti_graph_begin(&b, "net", "builder", NULL, e));
    for (int i = 0; i <= N; i++) {
        struct eti_tensor t;
        char name[16];
        memset(&t, 0, sizeof t);
        snprintf(name, sizeof name, "t%d", i);
        t.name = name;
        t.type = ETI_I8;
        t.quant = ETI_QUANT_TENSOR;
        t.shape.rank = 1;
        t.shape.dim[0] = 8;
        ck_assert_int_eq(eti_graph_add_tensor(&b, &t, NULL, &tensor[i], e), ETS_OK);
    }
    for (int i = 0; i < N; i++) order[i] = i;
    for (int i = N - 1; i > 0; i--) {
        int k = (int)(test_random(&seed) % (uint64_t)(i + 1)), swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
    for (int i = 0; i < N; i++) {
        struct eti_op op;
        int n = order[i];
        int32_t in[2] = {tensor[test_random(&seed) % (uint64_t)(n + 1)], tensor[n]}, made = tensor[n + 1];
        if (cycle && n == 5) in[0] = tensor[20];
        memset(&op, 0, sizeof op);
        op.type = ETI_OP_ADD;
        op.name = op.type_name = "add";
        op.inputs = in;
        op.n_inputs = 2;
        op.outputs = &made;
        op.n_outputs = 1;
        ck_assert_int_eq(eti_graph_add_op(&b, &op, e), ETS_OK);
    }
    eti_graph_add_input(&b, tensor[0], e);
    eti_graph_add_output(&b, tensor[N], e);
    ets_status status = eti_graph_finish(&b, out, e);
    eti_graph_abandon(&b);
    return status;
}

START_TEST(operators_come_after_what_they_read)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct eti_graph *g = NULL;
        ets_error e;
        ASSERT_OK(scrambled(seed, false, &g, &e), e);
        for (uint32_t i = 0; i < g->n_ops; i++)
            for (uint32_t k = 0; k < g->ops[i].n_inputs; k++) ck_assert(g->tensors[g->ops[i].inputs[k]].producer < (int32_t)i);
        eti_graph_free(g);
        ASSERT_FAILS(scrambled(seed, true, &g, &e), ETS_SCHEMA, e, "the graph has a cycle");
    }
}
END_TEST

/* Of five tensors of four bytes: 0 the input, 1 and 2 computed, 3 a constant, 4 made by nobody unless an operator does. */
struct link { enum eti_op_type type; uint32_t n_inputs, n_outputs; int32_t inputs[5], outputs[2]; };

static ets_status linked(const struct link *ops, size_t n_ops, int32_t input, int32_t output, ets_error *e)
{
    static const struct eti_place here = {"", 0, 0, 0, false};
    struct eti_graph_builder b;
    struct eti_graph *g = NULL;
    int32_t t;
    memset(&b, 0, sizeof b);
    ets_status status = eti_graph_begin(&b, "g", "test", NULL, e);
    for (int i = 0; i < 5; i++) {
        const char *const names[] = {"t0", "t1", "t2", "t3", "t4"};
        struct eti_tensor tensor = {.name = names[i], .type = ETI_I8, .quant = ETI_QUANT_TENSOR, .shape = {1, {4}}, .constant = i == 3};
        ASSERT_OK(eti_graph_add_tensor(&b, &tensor, &here, &t, e), *e);
    }
    for (size_t i = 0; i < n_ops && !status && ops[i].n_inputs; i++) {
        const char *const names[] = {"first", "second"};
        struct eti_op op = {.type = ops[i].type, .n_inputs = ops[i].n_inputs, .n_outputs = ops[i].n_outputs, .inputs = ops[i].inputs,
                            .outputs = ops[i].outputs, .name = names[i], .type_name = eti_op_kind(ops[i].type)->name};
        status = eti_graph_add_op(&b, &op, e);
    }
    if (!status) status = eti_graph_add_input(&b, input, e);
    if (!status) status = eti_graph_add_output(&b, output, e);
    if (!status) status = eti_graph_finish(&b, &g, e);
    eti_graph_abandon(&b);
    eti_graph_free(g);
    return status;
}

START_TEST(graphs_hang_together_or_say_where_not)
{
    static const struct { struct link ops[2]; int32_t input, output; const char *message; } cases[] = {
        {{{ETI_OP_ADD, 1, 1, {0}, {1}}}, 0, 1, "add 'first' has 1 inputs; 2 to 2 are needed"},
        {{{ETI_OP_RELU, 2, 1, {0, 0}, {1}}}, 0, 1, "relu 'first' has 2 inputs; 1 to 1 are needed"},
        {{{ETI_OP_RELU, 1, 0, {0}, {1}}}, 0, 1, "relu 'first' has 0 outputs; 1 needed"},
        {{{ETI_OP_RELU, 1, 2, {0}, {1, 2}}}, 0, 1, "relu 'first' has 2 outputs; 1 needed"},
        {{{ETI_OP_SPLIT, 2, 0, {3, 0}, {1}}}, 0, 1, "split 'first' has 0 outputs; 1 needed"},
        {{{ETI_OP_RELU, 1, 1, {5}, {1}}}, 0, 1, "relu 'first': input 0 is tensor 5, which does not exist"},
        {{{ETI_OP_RELU, 1, 1, {-1}, {1}}}, 0, 1, "relu 'first': input 0 is tensor -1, which does not exist"},
        {{{ETI_OP_FULLY_CONNECTED, 3, 1, {0, 3, -2}, {1}}}, 0, 1, "fully_connected 'first': input 2 is tensor -2, which does not exist"},
        {{{ETI_OP_LSTM, 5, 1, {-1, 0, 0, 0, 0}, {1}}}, 0, 1, "lstm 'first': input 0 is tensor -1, which does not exist"},
        {{{ETI_OP_PACK, 2, 1, {0, -1}, {1}}}, 0, 1, "pack 'first': input 1 is tensor -1, which does not exist"},
        {{{ETI_OP_CONCATENATION, 3, 1, {0, 0, -1}, {1}}}, 0, 1, "concat 'first': input 2 is tensor -1, which does not exist"},
        {{{ETI_OP_RELU, 1, 1, {0}, {5}}}, 0, 1, "relu 'first': output 0 is tensor 5, which does not exist"},
        {{{ETI_OP_RELU, 1, 1, {0}, {-1}}}, 0, 1, "relu 'first': output 0 is tensor -1, which does not exist"},
        {{{ETI_OP_RELU, 1, 1, {0}, {3}}}, 0, 1, "relu 'first': its output 't3' is a constant"},
        {{{ETI_OP_RELU, 1, 1, {0}, {1}}, {ETI_OP_TANH, 1, 1, {0}, {1}}}, 0, 1, "tensor 't1' is made by both 'first' and 'second'"},
        {{{ETI_OP_RELU, 1, 1, {0}, {1}}, {ETI_OP_TANH, 1, 1, {4}, {2}}}, 0, 1, "tanh 'second' reads 't4', which is neither an input, a constant nor"},
        {{{ETI_OP_RELU, 1, 1, {0}, {1}}}, 0, 4, "g: the output 't4' is made by no operator"},
        {{{ETI_OP_RELU, 1, 1, {0}, {1}}}, 1, 1, "g: the input 't1' is also made inside the model"},
        {{{ETI_OP_RELU, 1, 1, {0}, {1}}}, 3, 1, "g: the input 't3' is also made inside the model"},
        {{{ETI_OP_RELU, 1, 1, {0}, {1}}}, 0, 5, "an input or output of the model is tensor 5, which does not exist"},
        {{{ETI_OP_RELU, 1, 1, {0}, {1}}}, -1, 1, "an input or output of the model is tensor -1, which does not exist"},
        {{{ETI_OP_CONCATENATION, 2, 1, {0, 3}, {1}}}, 0, 1, "concat 'first': output 't1' is given as [4], but is [8] by its inputs"},
    };
    ets_error e;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ASSERT_FAILS(linked(cases[i].ops, 2, cases[i].input, cases[i].output, &e), ETS_SCHEMA, e, cases[i].message);
    static const struct link relu = {ETI_OP_RELU, 1, 1, {0}, {1}};
    ASSERT_OK(linked(&relu, 1, 0, 1, &e), e);
    ASSERT_OK(linked(&relu, 1, 0, 0, &e), e); /* an input may leave as it is, a constant, too */
    ASSERT_OK(linked(&relu, 1, 0, 3, &e), e);
}
END_TEST

START_TEST(tensors_have_sizes_that_can_be)
{
    static const struct { struct eti_shape shape; const char *message; } cases[] = {
        {{9, {1, 1, 1, 1, 1, 1, 1, 1}}, "tensor 't' has 9 dimensions; at most 8 are allowed"},
        {{2, {4, 0}}, "tensor 't': dimension 1 is 0; sizes must be at least 1"},
        {{3, {UINT32_MAX, UINT32_MAX, UINT32_MAX}}, "tensor 't' of [4294967295, 4294967295, 4294967295] int8 takes 2305843009213693951 bytes"},
    };
    struct eti_graph_builder b;
    struct eti_place at = {"file", 0, 0, 77, true};
    ets_error e;
    int32_t t;
    memset(&b, 0, sizeof b);
    ASSERT_OK(eti_graph_begin(&b, "g", "test", NULL, &e), e);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct eti_tensor tensor = {.name = "t", .type = ETI_I8, .shape = cases[i].shape};
        ASSERT_FAILS(eti_graph_add_tensor(&b, &tensor, &at, &t, &e), ETS_RANGE, e, cases[i].message);
        ck_assert_msg(strncmp(e.text, "file: at byte 77: ", 18) == 0, "message is: %s", e.text);
    }
    eti_graph_abandon(&b);
}
END_TEST

static ets_status small_model(const ets_allocator *mem, ets_error *e)
{
    ets_builder *b = NULL;
    ets_model *m = NULL;
    ets_tensor x, y, z;
    ets_conv o = ETS_CONV_INIT;
    uint32_t dims[4] = {1, 16, 16, 3};
    o.kernel_h = o.kernel_w = 3;
    o.out_channels = 8;
    ets_status s = ets_builder_new("net", mem, &b, e);
    if (!s) s = ets_build_input(b, "image", dims, 4, &x, e);
    if (!s) s = ets_build_conv2d(b, x, &o, &y, e);
    if (!s) s = ets_build_unary(b, "relu", y, &z, e);
    if (!s) s = ets_build_binary(b, "add", y, z, ETS_ACT_NONE, &z, e);
    if (!s) s = ets_build_unary(b, "global_mean", z, &z, e);
    if (!s) s = ets_build_fully_connected(b, z, 10, ETS_ACT_NONE, &z, e);
    if (!s) s = ets_build_output(b, z, e);
    if (!s) s = ets_build_model(b, &m, e);
    ets_builder_free(b);
    ets_model_free(m);
    return s;
}

START_TEST(every_allocation_of_a_build_may_fail)
{
    for (size_t i = 1;; i++) {
        struct test_memory m = {.fail_at = i};
        ets_allocator mem = test_allocator(&m);
        ets_error e;
        ets_status status = small_model(&mem, &e);
        ck_assert_uint_eq(m.blocks, 0);
        if (status == ETS_OK) break;
        ck_assert_int_eq(status, ETS_NOMEM);
    }
}
END_TEST

Suite *suite_graph(void);
Suite *suite_graph(void)
{
    Suite *s = suite_create("graph");
    TCase *t = tcase_create("networks");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, windows_equal_a_count);
    tcase_add_test(t, work_is_what_the_loops_do);
    tcase_add_test(t, a_refused_call_leaves_the_builder_as_it_was);
    tcase_add_test(t, an_empty_model_is_refused_and_the_builder_lives_on);
    tcase_add_test(t, operators_come_after_what_they_read);
    tcase_add_test(t, graphs_hang_together_or_say_where_not);
    tcase_add_test(t, tensors_have_sizes_that_can_be);
    tcase_add_test(t, every_allocation_of_a_build_may_fail);
    suite_add_tcase(s, t);
    return s;
}
