/* test_arguments.c - what a caller can get wrong: each pointer that may not be NULL, sizes of options, names, indices, tables of rows.
 * The functions that are held here are those of test/abi.txt, so that a new one is missed. */
#include <math.h>

#include "test.h"

static char seen[128][32]; /* functions that refused something */
static size_t n_seen;

static void saw(const char *function)
{
    for (size_t i = 0; i < n_seen; i++)
        if (strcmp(seen[i], function) == 0) return;
    ck_assert_uint_lt(n_seen, sizeof seen / sizeof *seen);
    snprintf(seen[n_seen++], sizeof seen[0], "%s", function);
}

/* With these arguments the function says ARGUMENT and begins its message with its name; nobody has to want the message. */
#define REFUSES(function, ...)                                                                              \
    do {                                                                                                    \
        ets_error why;                                                                                      \
        memset(&why, 0, sizeof why);                                                                        \
        ck_assert_int_eq(function(__VA_ARGS__, &why), ETS_ARGUMENT);                                        \
        ck_assert_msg(strncmp(why.text, #function, strlen(#function)) == 0, "message is: %s", why.text);    \
        ck_assert_int_eq(function(__VA_ARGS__, NULL), ETS_ARGUMENT);                                        \
        saw(#function);                                                                                     \
    } while (0)

/* One of everything. */
static struct {
    ets_arch *arch;
    ets_model *model;
    ets_report *report;
    ets_explanation *explanation;
    ets_predictor *predictor;
    ets_builder *builder;
    ets_tensor x;
} w;

static const char yaml[] = "edgetpu_sim_model: 1\nname: m\ninputs: {x: [1, 8, 8, 4]}\nlayers:\n  - {op: conv_2d, name: c, kernel: 3, out: 8}\n";

static void open_world(void)
{
    const uint32_t dims[4] = {1, 8, 8, 4};
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &w.arch, &e), e);
    ASSERT_OK(ets_model_parse("m.yaml", yaml, sizeof yaml - 1, NULL, &w.model, &e), e);
    ASSERT_OK(ets_simulate(w.arch, w.model, NULL, NULL, &w.report, &e), e);
    ASSERT_OK(ets_explain(w.arch, w.model, 0, NULL, NULL, &w.explanation, &e), e);
    ASSERT_OK(ets_predictor_new(w.arch, NULL, NULL, &w.predictor, &e), e);
    ASSERT_OK(ets_builder_new("b", NULL, &w.builder, &e), e);
    ASSERT_OK(ets_build_input(w.builder, "x", dims, 4, &w.x, &e), e);
}

static void close_world(void)
{
    ets_builder_free(w.builder);
    ets_predictor_free(w.predictor);
    ets_explanation_free(w.explanation);
    ets_report_free(w.report);
    ets_model_free(w.model);
    ets_arch_free(w.arch);
}

static int no_write(void *ctx, const char *text, size_t n)
{
    (void)ctx, (void)text, (void)n;
    return 1;
}
static int no_name(void *ctx, const char *name, const char *path)
{
    (void)ctx, (void)name, (void)path;
    return 1;
}
static const ets_writer nowhere = {no_write, NULL}, none = {NULL, NULL};

/* ------------------------------------------------------------------ pointers ----------------------------- */

static void files_and_machines(void)
{
    ets_arch *a = NULL;
    ets_model *m = NULL;
    char path[64];
    REFUSES(ets_data_find, NULL, "a", NULL, path, sizeof path);
    REFUSES(ets_data_find, "arch", NULL, NULL, path, sizeof path);
    REFUSES(ets_data_find, "arch", "a", NULL, NULL, sizeof path);
    REFUSES(ets_data_find, "arch", "a", NULL, path, 0);
    REFUSES(ets_data_list, NULL, NULL, no_name, NULL, NULL);
    REFUSES(ets_data_list, "arch", NULL, NULL, NULL, NULL);
    REFUSES(ets_arch_load, NULL, NULL, 0, NULL, &a);
    REFUSES(ets_arch_load, "a", NULL, 0, NULL, NULL);
    REFUSES(ets_arch_load, "a", NULL, 1, NULL, &a);
    REFUSES(ets_arch_load_beside, NULL, ".", NULL, 0, NULL, &a);
    REFUSES(ets_arch_load_beside, "a", ".", NULL, 0, NULL, NULL);
    REFUSES(ets_arch_load_beside, "a", ".", NULL, 1, NULL, &a);
    REFUSES(ets_arch_parse, NULL, "x", 1, NULL, 0, NULL, &a);
    REFUSES(ets_arch_parse, "a", NULL, 1, NULL, 0, NULL, &a);
    REFUSES(ets_arch_parse, "a", "x", 1, NULL, 0, NULL, NULL);
    REFUSES(ets_arch_parse, "a", "x", 1, NULL, 1, NULL, &a);
    REFUSES(ets_arch_with, NULL, NULL, 0, NULL, &a);
    REFUSES(ets_arch_with, w.arch, NULL, 0, NULL, NULL);
    REFUSES(ets_arch_with, w.arch, NULL, 1, NULL, &a);
    REFUSES(ets_model_load, NULL, NULL, &m);
    REFUSES(ets_model_load, "m", NULL, NULL);
    REFUSES(ets_model_as_int8, NULL, NULL, &m);
    REFUSES(ets_model_as_int8, w.model, NULL, NULL);
    REFUSES(ets_model_parse, NULL, "x", 1, NULL, &m);
    REFUSES(ets_model_parse, "m", NULL, 1, NULL, &m);
    REFUSES(ets_model_parse, "m", "x", 1, NULL, NULL);
    ck_assert(!a && !m);
}

static void building(void)
{
    const ets_model *lent;
    ets_builder *b = w.builder, *made = NULL;
    ets_model *m;
    REFUSES(ets_builder_new, NULL, NULL, &made);
    REFUSES(ets_builder_new, "b", NULL, NULL);
    REFUSES(ets_builder_reset, NULL);
    REFUSES(ets_build_output, NULL, w.x);
    REFUSES(ets_build_model, NULL, &m);
    REFUSES(ets_build_model, b, NULL);
    REFUSES(ets_build_lend, NULL, &lent);
    REFUSES(ets_build_lend, b, NULL);
    REFUSES(ets_build_rows, NULL, NULL, 0);
    REFUSES(ets_build_rows, b, NULL, 1);
    ck_assert_ptr_null(made);
}

static void building_layers(void)
{
    const ets_conv conv = ETS_CONV_INIT;
    const ets_block block = ETS_BLOCK_INIT;
    const uint32_t dims[4] = {1, 8, 8, 4};
    ets_builder *b = w.builder;
    ets_tensor x = w.x, y;
    REFUSES(ets_build_input, NULL, "x", dims, 4, &y);
    REFUSES(ets_build_input, b, NULL, dims, 4, &y);
    REFUSES(ets_build_input, b, "x", NULL, 4, &y);
    REFUSES(ets_build_input, b, "x", dims, 4, NULL);
    REFUSES(ets_build_conv2d, NULL, x, &conv, &y);
    REFUSES(ets_build_conv2d, b, x, NULL, &y);
    REFUSES(ets_build_conv2d, b, x, &conv, NULL);
    REFUSES(ets_build_depthwise, b, x, NULL, &y);
    REFUSES(ets_build_fully_connected, NULL, x, 8, ETS_ACT_NONE, &y);
    REFUSES(ets_build_fully_connected, b, x, 8, ETS_ACT_NONE, NULL);
    REFUSES(ets_build_pool, b, NULL, x, &conv, &y);
    REFUSES(ets_build_pool, b, "max_pool", x, NULL, &y);
    REFUSES(ets_build_binary, NULL, "add", x, x, ETS_ACT_NONE, &y);
    REFUSES(ets_build_binary, b, NULL, x, x, ETS_ACT_NONE, &y);
    REFUSES(ets_build_binary, b, "add", x, x, ETS_ACT_NONE, NULL);
    REFUSES(ets_build_binary_constant, NULL, "add", x, dims, 1, ETS_ACT_NONE, &y);
    REFUSES(ets_build_binary_constant, b, NULL, x, dims, 1, ETS_ACT_NONE, &y);
    REFUSES(ets_build_binary_constant, b, "add", x, NULL, 1, ETS_ACT_NONE, &y);
    REFUSES(ets_build_binary_constant, b, "add", x, dims, 1, ETS_ACT_NONE, NULL);
    REFUSES(ets_build_unary, NULL, "relu", x, &y);
    REFUSES(ets_build_unary, b, NULL, x, &y);
    REFUSES(ets_build_unary, b, "relu", x, NULL);
    REFUSES(ets_build_concat, NULL, &x, 1, -1, &y);
    REFUSES(ets_build_concat, b, NULL, 1, -1, &y);
    REFUSES(ets_build_concat, b, &x, 1, -1, NULL);
    REFUSES(ets_build_concat, b, &x, 0, -1, &y);
    REFUSES(ets_build_concat, b, &x, 4097, -1, &y);
    REFUSES(ets_build_pad, NULL, x, 1, 1, 1, 1, &y);
    REFUSES(ets_build_pad, b, x, 1, 1, 1, 1, NULL);
    REFUSES(ets_build_transpose_conv, NULL, x, &conv, &y);
    REFUSES(ets_build_transpose_conv, b, x, NULL, &y);
    REFUSES(ets_build_transpose_conv, b, x, &conv, NULL);
    REFUSES(ets_build_resize, NULL, "resize_nearest", x, 2, 2, &y);
    REFUSES(ets_build_resize, b, NULL, x, 2, 2, &y);
    REFUSES(ets_build_resize, b, "resize_nearest", x, 2, 2, NULL);
    REFUSES(ets_build_reshape, NULL, x, dims, 4, &y);
    REFUSES(ets_build_reshape, b, x, NULL, 4, &y);
    REFUSES(ets_build_reshape, b, x, dims, 4, NULL);
    REFUSES(ets_build_block, NULL, x, &block, &y);
    REFUSES(ets_build_block, b, x, NULL, &y);
    REFUSES(ets_build_block, b, x, &block, NULL);
}

static void simulating(void)
{
    ets_report *r = NULL;
    ets_explanation *x = NULL;
    ets_page_part parts[2] = {{w.report, NULL, 0}, {NULL, NULL, 0}};
    REFUSES(ets_simulate, NULL, w.model, NULL, NULL, &r);
    REFUSES(ets_simulate, w.arch, NULL, NULL, NULL, &r);
    REFUSES(ets_simulate, w.arch, w.model, NULL, NULL, NULL);
    REFUSES(ets_report_write, NULL, ETS_FORMAT_JSON, NULL, &nowhere);
    REFUSES(ets_report_write, w.report, ETS_FORMAT_JSON, NULL, NULL);
    REFUSES(ets_report_write, w.report, ETS_FORMAT_JSON, NULL, &none);
    REFUSES(ets_report_write, w.report, ETS_FORMAT_TRACE, NULL, &nowhere); /* simulated without */
    REFUSES(ets_report_write, w.report, (ets_format)99, NULL, &nowhere);
    REFUSES(ets_page_write, NULL, 1, &nowhere);
    REFUSES(ets_page_write, parts, 0, &nowhere);
    REFUSES(ets_page_write, parts, 1, NULL);
    REFUSES(ets_page_write, parts, 1, &none);
    REFUSES(ets_page_write, parts, 2, &nowhere);
    parts[0].n_changes = 1;
    REFUSES(ets_page_write, parts, 1, &nowhere);
    REFUSES(ets_explain, NULL, w.model, 0, NULL, NULL, &x);
    REFUSES(ets_explain, w.arch, NULL, 0, NULL, NULL, &x);
    REFUSES(ets_explain, w.arch, w.model, 0, NULL, NULL, NULL);
    REFUSES(ets_explanation_write, NULL, ETS_FORMAT_JSON, NULL, &nowhere);
    REFUSES(ets_explanation_write, w.explanation, ETS_FORMAT_JSON, NULL, NULL);
    REFUSES(ets_explanation_write, w.explanation, ETS_FORMAT_JSON, NULL, &none);
    REFUSES(ets_explanation_write, w.explanation, ETS_FORMAT_CSV, NULL, &nowhere);
    ck_assert(!r && !x);
}

static void predicting(void)
{
    const ets_model *models[1] = {w.model};
    const ets_row rows[1] = {{0}};
    const size_t first[2] = {0, 1};
    ets_predictor *p = NULL;
    ets_summary s;
    ets_layer_costs c;
    ets_change change;
    size_t n;
    REFUSES(ets_predictor_new, NULL, NULL, NULL, &p);
    REFUSES(ets_predictor_new, w.arch, NULL, NULL, NULL);
    REFUSES(ets_predict, NULL, w.model, &s);
    REFUSES(ets_predict, w.predictor, NULL, &s);
    REFUSES(ets_predict, w.predictor, w.model, NULL);
    REFUSES(ets_predict_batch, NULL, models, 1, 1, &s, NULL);
    REFUSES(ets_predict_batch, w.predictor, NULL, 1, 1, &s, NULL);
    REFUSES(ets_predict_batch, w.predictor, models, 1, 1, NULL, NULL);
    REFUSES(ets_predict_rows, NULL, rows, first, 1, 1, &s, NULL);
    REFUSES(ets_predict_rows, w.predictor, NULL, first, 1, 1, &s, NULL);
    REFUSES(ets_predict_rows, w.predictor, rows, NULL, 1, 1, &s, NULL);
    REFUSES(ets_predict_rows, w.predictor, rows, first, 1, 1, NULL, NULL);
    REFUSES(ets_layer_cost, NULL, w.model, 0, &c);
    REFUSES(ets_layer_cost, w.predictor, NULL, 0, &c);
    REFUSES(ets_layer_cost, w.predictor, w.model, 0, NULL);
    REFUSES(ets_sensitivity, NULL, w.model, &change, 1, &n);
    REFUSES(ets_sensitivity, w.predictor, NULL, &change, 1, &n);
    REFUSES(ets_sensitivity, w.predictor, w.model, NULL, 1, &n);
    REFUSES(ets_sensitivity, w.predictor, w.model, &change, 1, NULL);
    REFUSES(ets_network_changes, NULL, w.model, &change, 1, &n);
    REFUSES(ets_network_changes, w.predictor, NULL, &change, 1, &n);
    REFUSES(ets_network_changes, w.predictor, w.model, NULL, 1, &n);
    REFUSES(ets_network_changes, w.predictor, w.model, &change, 1, NULL);
    ck_assert_ptr_null(p);
}

/* Every function that gives a status is in one of the tables above. */
static void all_were_asked(void)
{
    FILE *f = fopen(TREE("test/abi.txt"), "r");
    char line[512], name[64];
    size_t functions = 0;
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        bool found = false;
        if (sscanf(line, "ets_status %63[a-z0-9_](", name) != 1 || !strchr(line, '(')) continue;
        functions++;
        for (size_t i = 0; i < n_seen; i++) found |= strcmp(seen[i], name) == 0;
        ck_assert_msg(found, "no test gives NULL to %s()", name);
    }
    fclose(f);
    ck_assert_uint_ge(functions, 30);
}

START_TEST(no_pointer_may_be_null)
{
    open_world();
    n_seen = 0;
    files_and_machines();
    building();
    building_layers();
    simulating();
    predicting();
    all_were_asked();
    close_world();
}
END_TEST

START_TEST(nothing_is_freed_without_harm)
{
    ets_arch_free(NULL);
    ets_model_free(NULL);
    ets_builder_free(NULL);
    ets_report_free(NULL);
    ets_explanation_free(NULL);
    ets_predictor_free(NULL);
}
END_TEST

/* ------------------------------------------------------------------ options ------------------------------ */

/* Options that were not started from their INIT say what to start from. */
START_TEST(options_have_a_size)
{
    ets_options options = {0};
    ets_format_options format = {0};
    ets_predictor_options of_predictor = {0};
    ets_conv conv = {0};
    ets_block block = {0};
    ets_report *r = NULL;
    ets_explanation *x = NULL;
    ets_predictor *p = NULL;
    ets_tensor y;
    ets_error e;
    open_world();
    ASSERT_FAILS(ets_simulate(w.arch, w.model, &options, NULL, &r, &e), ETS_ARGUMENT, e, "start options from ETS_OPTIONS_INIT");
    ASSERT_FAILS(ets_explain(w.arch, w.model, 0, &options, NULL, &x, &e), ETS_ARGUMENT, e, "start options from ETS_OPTIONS_INIT");
    ASSERT_FAILS(ets_report_write(w.report, ETS_FORMAT_JSON, &format, &nowhere, &e), ETS_ARGUMENT, e, "from ETS_FORMAT_OPTIONS_INIT");
    ASSERT_FAILS(ets_explanation_write(w.explanation, ETS_FORMAT_JSON, &format, &nowhere, &e), ETS_ARGUMENT, e,
                 "from ETS_FORMAT_OPTIONS_INIT");
    ASSERT_FAILS(ets_predictor_new(w.arch, &of_predictor, NULL, &p, &e), ETS_ARGUMENT, e, "from ETS_PREDICTOR_OPTIONS_INIT");
    ASSERT_FAILS(ets_build_conv2d(w.builder, w.x, &conv, &y, &e), ETS_ARGUMENT, e, "from ETS_CONV_INIT");
    ASSERT_FAILS(ets_build_block(w.builder, w.x, &block, &y, &e), ETS_ARGUMENT, e, "from ETS_BLOCK_INIT");
    format = (ets_format_options)ETS_FORMAT_OPTIONS_INIT;
    format.sort = (ets_sort)99;
    ASSERT_FAILS(ets_report_write(w.report, ETS_FORMAT_TABLE, &format, &nowhere, &e), ETS_ARGUMENT, e, "no such order");
    ck_assert(!r && !x && !p);
    close_world();
}
END_TEST

START_TEST(a_reward_needs_a_target)
{
    ets_reward_options o = ETS_REWARD_OPTIONS_INIT;
    ets_summary s = {0};
    s.latency_ns = 2000;
    o.target_ns = 1000;
    ck_assert(isfinite(ets_reward(&o, 0.5, &s))); /* a network without parameters, too */
    ck_assert(isnan(ets_reward(NULL, 0.5, &s)));
    ck_assert(isnan(ets_reward(&o, 0.5, NULL)));
    o.target_ns = 0;
    ck_assert(isnan(ets_reward(&o, 0.5, &s)));
    o.target_ns = 1000;
    o.struct_size = 1;
    ck_assert(isnan(ets_reward(&o, 0.5, &s)));
}
END_TEST

/* ------------------------------------------------------------------ names and indices -------------------- */

START_TEST(every_code_has_a_name)
{
#define CODE(name, code, text)                                   \
    ck_assert_str_eq(ets_status_name(ETS_##name), #name);        \
    ck_assert_str_eq(ets_status_text(ETS_##name), text);
    ETS_STATUS_MAP(CODE)
#undef CODE
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", ETS_VERSION_MAJOR, ETS_VERSION_MINOR, ETS_VERSION_PATCH);
    ck_assert_str_eq(ets_version(), version);
    ck_assert_str_eq(ets_status_name((ets_status)999), "?");
    ck_assert_str_eq(ets_status_text((ets_status)999), "?");
    ck_assert_str_eq(ets_bound_name((ets_bound)999), "?");
}
END_TEST

START_TEST(what_is_not_there_is_null_or_out_of_range)
{
    ets_explanation *x = NULL;
    ets_layer_costs c;
    ets_error e;
    open_world();
    ck_assert_ptr_nonnull(ets_report_layer(w.report, 0));
    ck_assert_ptr_null(ets_report_layer(w.report, ets_report_layer_count(w.report)));
    ck_assert_ptr_nonnull(ets_report_phase(w.report, 0));
    ck_assert_ptr_null(ets_report_phase(w.report, ets_report_phase_count(w.report)));
    ck_assert_ptr_null(ets_report_array_layer(w.report, 0)); /* a grid of tiles has none */
    ASSERT_FAILS(ets_explain(w.arch, w.model, 1, NULL, NULL, &x, &e), ETS_RANGE, e, "m has no layer 1; its last one is 0");
    ASSERT_FAILS(ets_layer_cost(w.predictor, w.model, 1, &c, &e), ETS_RANGE, e, "m: there is no layer 1; it has 1");
    ASSERT_FAILS(ets_report_write(w.report, ETS_FORMAT_SCALESIM_COMPUTE, NULL, &nowhere, &e), ETS_ARGUMENT, e,
                 "SCALE-Sim's reports are of systolic machines; 'coral-usb' is none");
    ASSERT_FAILS(ets_report_write(w.report, ETS_FORMAT_JSON, NULL, &nowhere, &e), ETS_IO, e, "the output could not be written");
    close_world();
}
END_TEST

/* With less room than there are changes, the best are given. */
START_TEST(fewer_changes_are_the_best_ones)
{
    ets_model *m;
    ets_error e;
    ets_change all[300], some[300];
    size_t n, few;
    open_world();
    ASSERT_OK(ets_model_load(TREE("models/mobilenet-v1-0.25-128.yaml"), NULL, &m, &e), e);
    ASSERT_OK(ets_sensitivity(w.predictor, m, all, 300, &n, &e), e);
    ck_assert(n > 20 && n <= 3 * (size_t)ets_model_describe(m).n_ops);
    for (size_t room = 0; room <= n; room++) {
        ASSERT_OK(ets_sensitivity(w.predictor, m, some, room, &few, &e), e);
        ck_assert_uint_eq(few, room);
        ck_assert_mem_eq(some, all, room * sizeof *all);
    }
    ets_model_free(m);
    close_world();
}
END_TEST

START_TEST(layers_say_what_they_cannot_be)
{
    ets_conv conv = ETS_CONV_INIT;
    ets_block block = ETS_BLOCK_INIT;
    const uint32_t dims[ETS_MAX_RANK + 1] = {1};
    const ets_tensor many[5] = {1, 1, 1, 1, 99};
    const uint32_t huge = (uint32_t)INT32_MAX + 1, few = 7;
    ets_tensor y;
    ets_error e;
    open_world();
    block.out_channels = 8;
    uint32_t *const sizes[] = {&conv.kernel_h, &conv.kernel_w, &conv.stride_h, &conv.stride_w, &conv.dilation_h, &conv.dilation_w};
    for (size_t i = 0; i < 6; i++) {
        *sizes[i] = 0;
        ASSERT_FAILS(ets_build_depthwise(w.builder, w.x, &conv, &y, &e), ETS_RANGE, e, "kernel, stride and dilation must be at least 1");
        *sizes[i] = 1;
    }
    uint32_t *const of_block[] = {&block.kernel, &block.stride, &block.expansion};
    for (size_t i = 0; i < 3; i++) {
        uint32_t kept = *of_block[i];
        *of_block[i] = 0;
        ASSERT_FAILS(ets_build_block(w.builder, w.x, &block, &y, &e), ETS_RANGE, e, "kernel, stride and expansion must be at least 1");
        *of_block[i] = kept;
    }
    block.expansion = UINT32_MAX;
    ASSERT_FAILS(ets_build_block(w.builder, w.x, &block, &y, &e), ETS_RANGE, e, "4 channels expanded by 4294967295");
    ASSERT_FAILS(ets_build_block(w.builder, 0, &block, &y, &e), ETS_ARGUMENT, e, "b: there is no tensor 0");
    ASSERT_FAILS(ets_build_output(w.builder, 2, &e), ETS_ARGUMENT, e, "b: there is no tensor 2");
    ASSERT_FAILS(ets_build_concat(w.builder, many, 5, -1, &y, &e), ETS_ARGUMENT, e, "b: there is no tensor 99");
    ASSERT_FAILS(ets_build_pool(w.builder, "conv_2d", w.x, &conv, &y, &e), ETS_SCHEMA, e, "'conv_2d' is no operator for it");
    ASSERT_FAILS(ets_build_unary(w.builder, "reel", w.x, &y, &e), ETS_SCHEMA, e, "'reel' is no operator for it; it takes relu, relu6, ");
    ets_conv empty = ETS_CONV_INIT;
    ets_block nothing = ETS_BLOCK_INIT;
    ASSERT_FAILS(ets_build_conv2d(w.builder, w.x, &empty, &y, &e), ETS_RANGE, e, "ets_build_conv2d: out_channels must be at least 1");
    ASSERT_FAILS(ets_build_transpose_conv(w.builder, w.x, &empty, &y, &e), ETS_RANGE, e, "ets_build_transpose_conv: out_channels must be");
    ASSERT_FAILS(ets_build_fully_connected(w.builder, w.x, 0, ETS_ACT_NONE, &y, &e), ETS_RANGE, e, "ets_build_fully_connected: units must be");
    ASSERT_FAILS(ets_build_block(w.builder, w.x, &nothing, &y, &e), ETS_RANGE, e, "ets_build_block: out_channels must be");
    ASSERT_FAILS(ets_build_pad(w.builder, w.x, 1, 1, UINT32_MAX, 1, &y, &e), ETS_RANGE, e, "a pad of 4294967295 is too large");
    conv.out_channels = 4;
    conv.padding = (ets_padding)2; /* what a table of SCALE-Sim has, and nobody else */
    ASSERT_FAILS(ets_build_conv2d(w.builder, w.x, &conv, &y, &e), ETS_ARGUMENT, e, "b: no such padding or activation");
    conv.padding = ETS_PAD_SAME;
    conv.activation = (ets_activation)4;
    ASSERT_FAILS(ets_build_conv2d(w.builder, w.x, &conv, &y, &e), ETS_ARGUMENT, e, "b: no such padding or activation");
    ASSERT_FAILS(ets_build_binary(w.builder, "add", w.x, w.x, (ets_activation)-1, &y, &e), ETS_ARGUMENT, e, "no such padding or activation");
    conv.activation = ETS_ACT_NONE;
    conv.dilation_w = 2;
    ASSERT_FAILS(ets_build_transpose_conv(w.builder, w.x, &conv, &y, &e), ETS_RANGE, e, "dilation must be 1, not 1 x 2");
    ASSERT_FAILS(ets_build_resize(w.builder, "resize", w.x, 4, 4, &y, &e), ETS_SCHEMA, e, "'resize_bilinear' or 'resize_nearest', not 'resize'");
    ASSERT_FAILS(ets_build_resize(w.builder, "resize_nearest", w.x, 4, 0, &y, &e), ETS_RANGE, e, "ets_build_resize: a size of 0");
    ASSERT_FAILS(ets_build_reshape(w.builder, w.x, dims, 0, &y, &e), ETS_RANGE, e, "1 to 8 dimensions, not 0");
    ASSERT_FAILS(ets_build_reshape(w.builder, w.x, dims, ETS_MAX_RANK + 1, &y, &e), ETS_RANGE, e, "1 to 8 dimensions, not 9");
    ASSERT_FAILS(ets_build_reshape(w.builder, w.x, &huge, 1, &y, &e), ETS_RANGE, e, "ets_build_reshape: a size of 2147483648");
    ASSERT_FAILS(ets_build_reshape(w.builder, w.x, &few, 1, &y, &e), ETS_RANGE, e, "reshape");
    ASSERT_FAILS(ets_build_input(w.builder, "i", dims, ETS_MAX_RANK + 1, &y, &e), ETS_RANGE, e, "input 'i' has more than 8 dimensions");
    close_world();
}
END_TEST

/* ------------------------------------------------------------------ rows --------------------------------- */

/* Each operation of a table is the call of the builder that it stands for: the same latency. */
START_TEST(rows_are_calls)
{
    static const struct { ets_row row; const char *yaml; } cases[] = {
        {{.op = ETS_ROW_AVG_POOL, .kernel_h = 2, .kernel_w = 2, .stride = 2}, "{op: avg_pool, kernel: 2, stride: 2}"},
        {{.op = ETS_ROW_MAX_POOL, .kernel_h = 2, .kernel_w = 2, .stride = 2}, "{op: max_pool, kernel: 2, stride: 2}"},
        {{.op = ETS_ROW_GLOBAL_MEAN}, "{op: mean}"},
        {{.op = ETS_ROW_ADD, .y = 0}, "{op: add, from: [x, x]}"},
        {{.op = ETS_ROW_MUL, .y = 0}, "{op: mul, from: [x, x]}"},
        {{.op = ETS_ROW_CONCAT, .y = 0}, "{op: concat, from: [x, x]}"},
        {{.op = ETS_ROW_RELU}, "{op: relu}"},
        {{.op = ETS_ROW_LOGISTIC}, "{op: logistic}"},
        {{.op = ETS_ROW_SOFTMAX}, "{op: softmax}"},
        {{.op = ETS_ROW_FULLY_CONNECTED, .channels = 10}, "{op: fully_connected, out: 10}"},
        {{.op = ETS_ROW_DEPTHWISE_CONV_2D, .kernel_h = 3, .kernel_w = 3, .flags = ETS_ROW_VALID | ETS_ROW_PER_CHANNEL},
         "{op: depthwise_conv_2d, kernel: 3, pad: valid}"},
        {{.op = ETS_ROW_TRANSPOSE_CONV, .channels = 24, .kernel_h = 3, .kernel_w = 3, .stride = 2, .flags = ETS_ROW_PER_CHANNEL},
         "{op: transpose_conv, out: 24, kernel: 3, stride: 2}"},
        {{.op = ETS_ROW_RESIZE_BILINEAR, .kernel_h = 32, .kernel_w = 48}, "{op: resize_bilinear, size: [32, 48]}"},
        {{.op = ETS_ROW_RESIZE_NEAREST, .kernel_h = 8, .kernel_w = 8}, "{op: resize_nearest, size: [8, 8]}"},
        {{.op = ETS_ROW_RESHAPE, .kernel_h = 8, .kernel_w = 32, .channels = 32}, "{op: reshape, shape: [1, 8, 32, 32]}"},
        {{.op = ETS_ROW_RESHAPE, .channels = 16 * 16 * 32}, "{op: reshape, shape: [1, -1]}"},
        {{.op = ETS_ROW_HARD_SWISH}, "{op: hard_swish}"},
        {{.op = ETS_ROW_ADD_CONSTANT, .channels = 32, .flags = ETS_ACT_RELU << 8}, "{op: add, constant: [32], act: relu}"},
        {{.op = ETS_ROW_MUL_CONSTANT, .channels = 32}, "{op: mul, constant: [32]}"},
    };
    ets_row rows[3] = {{.op = ETS_ROW_INPUT, .kernel_h = 16, .kernel_w = 16, .channels = 32}, {0}, {.op = ETS_ROW_OUTPUT, .x = 1}};
    const size_t first[2] = {0, 3};
    open_world();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        ets_model *m = NULL;
        ets_summary of_rows, of_text;
        ets_error e;
        rows[1] = cases[i].row;
        ASSERT_OK(ets_predict_rows(w.predictor, rows, first, 1, 1, &of_rows, NULL, &e), e);
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\ninputs: {x: [1, 16, 16, 32]}\nlayers:\n  - %s\n", cases[i].yaml);
        ASSERT_OK(ets_model_parse("m.yaml", text, strlen(text), NULL, &m, &e), e);
        ASSERT_OK(ets_predict(w.predictor, m, &of_text, &e), e);
        ck_assert_msg(of_rows.latency_ns == of_text.latency_ns, "%s: %llu and %llu", cases[i].yaml,
                      (unsigned long long)of_rows.latency_ns, (unsigned long long)of_text.latency_ns);
        ets_model_free(m);
    }
    close_world();
}
END_TEST

START_TEST(rows_say_what_they_cannot_be)
{
    ets_row rows[3] = {{.op = ETS_ROW_INPUT, .kernel_h = 16, .kernel_w = 16, .channels = 32}, {.op = ETS_ROW_RELU}, {.op = ETS_ROW_RELU}};
    const size_t backwards[3] = {0, 3, 2};
    ets_summary s[2];
    ets_status each[2];
    ets_error e;
    open_world();
    rows[1].x = 1;
    ASSERT_FAILS(ets_build_rows(w.builder, rows, 3, &e), ETS_RANGE, e, "row 1 works on row 1, which does not stand above it");
    rows[1].x = 0;
    rows[1].op = ETS_ROW_ADD;
    rows[1].y = 2;
    ASSERT_FAILS(ets_build_rows(w.builder, rows, 3, &e), ETS_RANGE, e, "row 1 works on row 2, which does not stand above it");
    rows[1].op = 99;
    ASSERT_FAILS(ets_build_rows(w.builder, rows, 3, &e), ETS_RANGE, e, "row 1: there is no operation 99");
    rows[1].op = ETS_ROW_RELU;
    ASSERT_FAILS(ets_predict_rows(w.predictor, rows, backwards, 2, 1, s, each, &e), ETS_ARGUMENT, e, "graph 1 ends before it begins");
    ck_assert_int_eq(each[0], ETS_OK);
    ck_assert_int_eq(each[1], ETS_ARGUMENT);
    close_world();
}
END_TEST

/* A table longer than what is kept on the stack. */
START_TEST(long_tables_are_built)
{
    static ets_row rows[600];
    const size_t first[2] = {0, 600};
    ets_summary s;
    ets_error e;
    open_world();
    rows[0] = (ets_row){.op = ETS_ROW_INPUT, .kernel_h = 4, .kernel_w = 4, .channels = 4};
    for (uint32_t i = 1; i < 600; i++) rows[i] = (ets_row){.op = ETS_ROW_RELU, .x = i - 1};
    ASSERT_OK(ets_build_rows(w.builder, rows, 600, &e), e);
    struct test_memory memory = {0};
    ets_allocator counted = test_allocator(&memory);
    ets_builder *b;
    ASSERT_OK(ets_builder_new("b", &counted, &b, &e), e);
    for (int i = 0; i < 3; i++) ASSERT_OK(ets_build_rows(b, rows, 600, &e), e);
    memory.fail_at = 1; /* the list of results: all else has its memory by now */
    ASSERT_FAILS(ets_build_rows(b, rows, 600, &e), ETS_NOMEM, e, "out of memory");
    ASSERT_OK(ets_build_rows(b, rows, 600, &e), e);
    ets_builder_free(b);
    ck_assert_uint_eq(memory.bytes, 0);
    ASSERT_OK(ets_predict_rows(w.predictor, rows, first, 1, 1, &s, NULL, &e), e);
    ck_assert_uint_gt(s.latency_ns, 0);
    close_world();
}
END_TEST

Suite *suite_arguments(void);
Suite *suite_arguments(void)
{
    Suite *s = suite_create("arguments");
    TCase *t = tcase_create("calls");
    tcase_add_test(t, no_pointer_may_be_null);
    tcase_add_test(t, nothing_is_freed_without_harm);
    tcase_add_test(t, options_have_a_size);
    tcase_add_test(t, a_reward_needs_a_target);
    tcase_add_test(t, every_code_has_a_name);
    tcase_add_test(t, what_is_not_there_is_null_or_out_of_range);
    tcase_add_test(t, fewer_changes_are_the_best_ones);
    tcase_add_test(t, layers_say_what_they_cannot_be);
    tcase_add_test(t, rows_are_calls);
    tcase_add_test(t, rows_say_what_they_cannot_be);
    tcase_add_test(t, long_tables_are_built);
    suite_add_tcase(s, t);
    return s;
}
