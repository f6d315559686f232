/* test_builder.c - networks built in memory, for loops: blocks, tables of rows, models that are lent, layers stated again. */
#include "bench/nasbench201.h"
#include "graph/model.h"
#include "graph/restate.h"
#include "random_graph.h"
#include "test.h"

static ets_builder *builder(const ets_allocator *mem)
{
    ets_builder *b = NULL;
    ets_error e;
    ASSERT_OK(ets_builder_new("net", mem, &b, &e), e);
    return b;
}

static ets_tensor image(ets_builder *b, uint32_t size, uint32_t channels)
{
    uint32_t dims[4] = {1, size, size, channels};
    ets_tensor x = 0;
    ets_error e;
    ASSERT_OK(ets_build_input(b, "image", dims, 4, &x, &e), e);
    return x;
}

/* All that a cost can depend on. */
static void assert_same_graph(const struct eti_graph *a, const struct eti_graph *b)
{
    ck_assert_uint_eq(a->n_ops, b->n_ops);
    ck_assert_uint_eq(a->n_tensors, b->n_tensors);
    for (uint32_t i = 0; i < a->n_ops; i++) {
        const struct eti_op *x = &a->ops[i], *y = &b->ops[i];
        ck_assert(eti_digest_equal(x->digest, y->digest));
        ck_assert_uint_eq(x->macs, y->macs);
        ck_assert_uint_eq(x->weight_count, y->weight_count);
        ck_assert_mem_eq(x->inputs, y->inputs, x->n_inputs * sizeof *x->inputs);
        ck_assert_mem_eq(x->outputs, y->outputs, x->n_outputs * sizeof *x->outputs);
    }
}

/* Lent again and again from one builder: the same as each built by itself, and after the first ones without memory. */
START_TEST(lent_models_are_those_that_are_made)
{
    struct test_memory memory = {0};
    ets_allocator mem = test_allocator(&memory);
    ets_builder *loop = builder(&mem);
    const ets_model *lent = NULL;
    ets_error e;
    for (uint32_t round = 0; round < 2; round++) {
        size_t requests = memory.requests;
        for (uint32_t i = 0; i < NASBENCH201_COUNT; i += 97) {
            ASSERT_OK(nasbench201_build(loop, i, &e), e);
            ASSERT_OK(ets_build_lend(loop, &lent, &e), e);
            if (round) continue;
            ets_builder *b = builder(NULL);
            ets_model *made = NULL;
            ASSERT_OK(nasbench201_build(b, i, &e), e);
            ASSERT_OK(ets_build_model(b, &made, &e), e);
            assert_same_graph(lent->graph, made->graph);
            ets_model_free(made);
            ets_builder_free(b);
        }
        if (round) ck_assert_uint_eq(memory.requests, requests);
    }
    ets_builder_free(loop);
    ck_assert_uint_eq(memory.bytes, 0);
}
END_TEST

/* x + x, then x + y: the same statement, other operands. */
START_TEST(layers_stated_again_take_their_own_operands)
{
    ets_builder *b = builder(NULL);
    ets_tensor x = image(b, 8, 4), y, sums[4];
    ets_conv c = ETS_CONV_INIT;
    const ets_model *m = NULL;
    ets_error e;
    c.out_channels = 4;
    ASSERT_OK(ets_build_conv2d(b, x, &c, &y, &e), e);
    const ets_tensor pairs[4][2] = {{x, x}, {x, y}, {y, x}, {y, y}};
    for (int i = 0; i < 4; i++) ASSERT_OK(ets_build_binary(b, "add", pairs[i][0], pairs[i][1], ETS_ACT_NONE, &sums[i], &e), e);
    for (int i = 0; i < 4; i++) ASSERT_OK(ets_build_output(b, sums[i], &e), e);
    ASSERT_OK(ets_build_lend(b, &m, &e), e);
    for (int i = 0; i < 4; i++) {
        const struct eti_op *op = &m->graph->ops[1 + i];
        ck_assert_int_eq(op->inputs[0] + 1, (int32_t)pairs[i][0]);
        ck_assert_int_eq(op->inputs[1] + 1, (int32_t)pairs[i][1]);
    }
    ets_builder_free(b);
}
END_TEST

START_TEST(blocks_are_their_layers)
{
    static const struct { uint32_t expansion; bool fused; uint32_t stride, channels, ops; } cases[] = {
        {4, false, 1, 16, 4}, {4, false, 2, 16, 3}, {4, false, 1, 24, 3}, {1, false, 1, 16, 3}, {4, true, 1, 16, 3}, {1, true, 1, 16, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ets_builder *b = builder(NULL);
        ets_block k = ETS_BLOCK_INIT;
        ets_tensor x = image(b, 8, 16), y;
        const ets_model *m = NULL;
        ets_error e;
        k.name = "block";
        k.expansion = cases[i].expansion;
        k.fused = cases[i].fused;
        k.stride = cases[i].stride;
        k.out_channels = cases[i].channels;
        ASSERT_OK(ets_build_block(b, x, &k, &y, &e), e);
        ASSERT_OK(ets_build_output(b, y, &e), e);
        ASSERT_OK(ets_build_lend(b, &m, &e), e);
        ck_assert_uint_eq(m->graph->n_ops, cases[i].ops);
        const struct eti_tensor *out = &m->graph->tensors[y - 1];
        ck_assert_uint_eq(out->shape.dim[1], 8 / cases[i].stride);
        ck_assert_uint_eq(out->shape.dim[3], cases[i].channels);
        ck_assert(strncmp(out->name, "block.", 6) == 0);
        ets_builder_free(b);
    }
}
END_TEST

/* What is wrong is said at the call, and the builder is as it was. */
START_TEST(a_call_that_fails_leaves_the_builder_as_it_was)
{
    ets_builder *b = builder(NULL);
    ets_tensor x = image(b, 8, 16), y = 77;
    ets_block k = ETS_BLOCK_INIT;
    const ets_model *m = NULL;
    ets_error e;
    k.out_channels = UINT32_MAX; /* the third of its layers */
    ASSERT_FAILS(ets_build_block(b, x, &k, &y, &e), ETS_RANGE, e, "conv_2d_3/weights");
    k.kernel = 0;
    ASSERT_FAILS(ets_build_block(b, x, &k, &y, &e), ETS_RANGE, e, "must be at least 1");
    k.struct_size = 3;
    ASSERT_FAILS(ets_build_block(b, x, &k, &y, &e), ETS_ARGUMENT, e, "ETS_BLOCK_INIT");
    ASSERT_FAILS(ets_build_lend(b, &m, &e), ETS_SCHEMA, e, "no operators");
    ck_assert_uint_eq(y, 77);
    x = image(b, 8, 16); /* a new graph */
    ASSERT_OK(ets_build_unary(b, "relu", x, &y, &e), e);
    ASSERT_OK(ets_build_output(b, y, &e), e);
    ASSERT_OK(ets_build_lend(b, &m, &e), e);
    ck_assert_uint_eq(m->graph->n_tensors, 2);
    ASSERT_FAILS(ets_build_output(b, y, &e), ETS_ARGUMENT, e, "there is no tensor 2");
    ets_builder_free(b);
}
END_TEST

static const ets_row tiny[] = {
    {ETS_ROW_INPUT, 0, 0, 3, 32, 32, 0, 0, 0, 0},
    {ETS_ROW_CONV_2D, 0, 0, 8, 3, 3, 2, 0, 0, ETS_ACT_RELU << 8},
    {ETS_ROW_BLOCK, 1, 0, 8, 3, 0, 1, 0, 4, ETS_ROW_SKIP},
    {ETS_ROW_MUL, 1, 2, 0, 0, 0, 0, 0, 0, 0},
    {ETS_ROW_GLOBAL_MEAN, 3, 0, 0, 0, 0, 0, 0, 0, 0},
};

START_TEST(rows_are_calls)
{
    ets_builder *b = builder(NULL);
    const ets_model *m = NULL;
    ets_row wrong[5];
    ets_error e;
    ASSERT_OK(ets_build_rows(b, tiny, 5, &e), e);
    ASSERT_OK(ets_build_lend(b, &m, &e), e);
    ck_assert_uint_eq(m->graph->n_ops, 1 + 4 + 1 + 1);
    ck_assert_uint_eq(m->graph->n_outputs, 1);
    memcpy(wrong, tiny, sizeof wrong);
    wrong[2].x = 2;
    ASSERT_FAILS(ets_build_rows(b, wrong, 5, &e), ETS_RANGE, e, "row 2 works on row 2");
    wrong[2].x = 1;
    wrong[1].op = 99;
    ASSERT_FAILS(ets_build_rows(b, wrong, 5, &e), ETS_RANGE, e, "row 1: there is no operation 99");
    wrong[1].op = ETS_ROW_CONV_2D;
    wrong[3].y = 0;
    ASSERT_FAILS(ets_build_rows(b, wrong, 5, &e), ETS_RANGE, e, "row 3: mul");
    ASSERT_FAILS(ets_build_rows(b, NULL, 5, &e), ETS_ARGUMENT, e, "NULL");
    ets_builder_free(b);
}
END_TEST

/* Tables through the predictor: as built one by one, by any number of threads; the first failure is told. */
START_TEST(tables_are_predicted_as_models_are)
{
    ets_arch *a = NULL;
    ets_predictor *p = NULL;
    ets_builder *b = builder(NULL);
    static ets_row rows[60];
    static ets_summary out[12], alone[12];
    size_t first[13] = {0};
    ets_status status[12];
    const ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_predictor_new(a, NULL, NULL, &p, &e), e);
    for (size_t i = 0; i < 12; i++) {
        memcpy(rows + 5 * i, tiny, sizeof tiny);
        rows[5 * i].kernel_h += (uint32_t)i;
        first[i + 1] = 5 * (i + 1);
        ASSERT_OK(ets_build_rows(b, rows + 5 * i, 5, &e), e);
        ASSERT_OK(ets_build_lend(b, &m, &e), e);
        ASSERT_OK(ets_predict(p, m, &alone[i], &e), e);
    }
    for (uint32_t threads = 0; threads < 4; threads++) {
        ASSERT_OK(ets_predict_rows(p, rows, first, 12, threads, out, status, &e), e);
        ck_assert_mem_eq(out, alone, sizeof out);
    }
    rows[5 * 7 + 1].x = 9;
    rows[5 * 9 + 1].x = 9;
    ASSERT_FAILS(ets_predict_rows(p, rows, first, 12, 3, out, status, &e), ETS_RANGE, e, "row 1 works on row 9");
    for (int i = 0; i < 12; i++) ck_assert_int_eq(status[i], i == 7 || i == 9 ? ETS_RANGE : ETS_OK);
    ck_assert_uint_eq(out[7].cycles, 0);
    ck_assert_mem_eq(&out[8], &alone[8], sizeof out[8]);
    ets_builder_free(b);
    ets_predictor_free(p);
    ets_arch_free(a);
}
END_TEST

/* ------------------------------------------------------------------ restating, sensitivity ---------------- */

static int restate_file(void *ctx, const char *name, const char *path)
{
    ets_model *m = NULL;
    ets_error e;
    struct eti_graph_builder b;
    struct eti_change none = {.group_of = NULL};
    (void)ctx;
    ASSERT_OK(ets_model_load(path, NULL, &m, &e), e);
    int32_t *map = calloc(m->graph->n_tensors, sizeof *map);
    ASSERT_OK(eti_graph_begin(&b, name, "builder", NULL, &e), e);
    ASSERT_OK(eti_restate(m->graph, &none, map, &b, &e), e);
    ASSERT_OK(eti_graph_complete(&b, &e), e);
    for (uint32_t i = 0; i < m->graph->n_ops; i++)
        ck_assert_msg(eti_digest_equal(m->graph->ops[i].digest, b.graph.ops[i].digest), "%s: %s", name, m->graph->ops[i].name);
    eti_graph_abandon(&b);
    free(map);
    ets_model_free(m);
    return 0;
}

START_TEST(networks_stated_anew_are_the_same)
{
    ets_error e;
    ASSERT_OK(ets_data_list("models", TREE("."), restate_file, NULL, NULL, &e), e);
}
END_TEST

/* Each gain is that of the network which is really built so. */
START_TEST(sensitivity_says_what_a_change_gains)
{
    ets_arch *a = NULL;
    ets_predictor *p = NULL;
    ets_builder *b = builder(NULL);
    const ets_model *m = NULL;
    ets_change changes[20];
    ets_summary s;
    ets_error e;
    size_t n = 0;
    ets_row rows[4] = {{ETS_ROW_INPUT, 0, 0, 3, 64, 64, 0, 0, 0, 0}, {ETS_ROW_CONV_2D, 0, 0, 96, 3, 3, 1, 0, 0, 0},
                       {ETS_ROW_DEPTHWISE_CONV_2D, 1, 0, 0, 5, 5, 1, 0, 0, 0}, {ETS_ROW_CONV_2D, 2, 0, 40, 1, 1, 1, 0, 0, 0}};
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_predictor_new(a, NULL, NULL, &p, &e), e);
    ASSERT_OK(ets_build_rows(b, rows, 4, &e), e);
    ASSERT_OK(ets_build_lend(b, &m, &e), e);
    ASSERT_OK(ets_sensitivity(p, m, changes, 20, &n, &e), e);
    ck_assert_uint_eq(n, 3); /* the output's width stays; the depthwise layer is as wide as the one before */
    for (size_t i = 0; i < n; i++) {
        ets_row changed[4];
        memcpy(changed, rows, sizeof rows);
        ets_row *r = &changed[1 + changes[i].layer];
        if (changes[i].dimension == ETS_DIMENSION_CHANNELS) r->channels = changes[i].to;
        else r->kernel_h = r->kernel_w = changes[i].to;
        ASSERT_OK(ets_build_rows(b, changed, 4, &e), e);
        ASSERT_OK(ets_build_lend(b, &m, &e), e);
        ASSERT_OK(ets_predict(p, m, &s, &e), e);
        ck_assert_uint_eq(s.latency_ns, changes[i].latency_ns);
        ck_assert(i == 0 || changes[i].saved_ns <= changes[i - 1].saved_ns);
    }
    ets_builder_free(b);
    ets_predictor_free(p);
    ets_arch_free(a);
}
END_TEST

/* An expansion and the depthwise convolution behind it, fused, are the network with one regular convolution. */
START_TEST(fusing_gains_what_a_regular_convolution_does)
{
    ets_arch *a = NULL;
    ets_predictor *p = NULL;
    ets_builder *b = builder(NULL);
    const ets_model *m = NULL;
    ets_change changes[20];
    ets_summary s;
    ets_error e;
    size_t n = 0, fused = 0;
    ets_row apart[4] = {{ETS_ROW_INPUT, 0, 0, 16, 32, 32, 0, 0, 0, 0}, {ETS_ROW_CONV_2D, 0, 0, 96, 1, 1, 1, 0, 0, 0},
                        {ETS_ROW_DEPTHWISE_CONV_2D, 1, 0, 0, 3, 3, 2, 0, 0, 0}, {ETS_ROW_CONV_2D, 2, 0, 40, 1, 1, 1, 0, 0, 0}};
    ets_row regular[3] = {{ETS_ROW_INPUT, 0, 0, 16, 32, 32, 0, 0, 0, 0}, {ETS_ROW_CONV_2D, 0, 0, 96, 3, 3, 2, 0, 0, 0},
                          {ETS_ROW_CONV_2D, 1, 0, 40, 1, 1, 1, 0, 0, 0}};
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_predictor_new(a, NULL, NULL, &p, &e), e);
    ASSERT_OK(ets_build_rows(b, apart, 4, &e), e);
    ASSERT_OK(ets_build_lend(b, &m, &e), e);
    ASSERT_OK(ets_sensitivity(p, m, changes, 20, &n, &e), e);
    ASSERT_OK(ets_build_rows(b, regular, 3, &e), e);
    ASSERT_OK(ets_build_lend(b, &m, &e), e);
    ASSERT_OK(ets_predict(p, m, &s, &e), e);
    for (size_t i = 0; i < n; i++) {
        if (changes[i].dimension != ETS_DIMENSION_FUSED) continue;
        ck_assert_uint_eq(changes[i].layer, 1);
        ck_assert_uint_eq(changes[i].latency_ns, s.latency_ns);
        fused++;
    }
    ck_assert_uint_eq(fused, 1);
    ets_builder_free(b);
    ets_predictor_free(p);
    ets_arch_free(a);
}
END_TEST

Suite *suite_builder(void)
{
    Suite *s = suite_create("builder");
    TCase *c = tcase_create("builder");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, lent_models_are_those_that_are_made);
    tcase_add_test(c, layers_stated_again_take_their_own_operands);
    tcase_add_test(c, blocks_are_their_layers);
    tcase_add_test(c, a_call_that_fails_leaves_the_builder_as_it_was);
    tcase_add_test(c, rows_are_calls);
    tcase_add_test(c, tables_are_predicted_as_models_are);
    tcase_add_test(c, networks_stated_anew_are_the_same);
    tcase_add_test(c, sensitivity_says_what_a_change_gains);
    tcase_add_test(c, fusing_gains_what_a_regular_convolution_does);
    suite_add_tcase(s, c);
    return s;
}
