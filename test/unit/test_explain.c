/* test_explain.c - what is said of a layer is what was simulated: formulas give the layer's steps and cycles, an alternative is what
 * the changed machine or network really takes. */
#include "report/explain.h"
#include "random_graph.h"
#include "test.h"

static const char *const models[] = {"models/efficientnet-edgetpu-s.yaml", "models/deeplab-v3-mobilenet-v2-1.0-513.yaml",
                                     "models/mobilenet-v1-0.25-128.yaml", "models/squeezenet-1.1-224.yaml"};
static const char *const machines[] = {"arch/coral-usb.yaml", "arch/systolic-64x64.yaml", "arch/edgetpu-v2.yaml"};
enum { MODELS = sizeof models / sizeof *models, MACHINES = sizeof machines / sizeof *machines, STEP = 5 };

static ets_arch *load_arch(const char *path, const ets_setting *settings, size_t n)
{
    ets_arch *arch = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(path, settings, n, NULL, &arch, &e), e);
    return arch;
}

static ets_model *load_model(const char *path)
{
    ets_model *model = NULL;
    ets_error e;
    ASSERT_OK(ets_model_load(path, NULL, &model, &e), e);
    return model;
}

static uint64_t formula(const ets_explanation *e, const char *what)
{
    for (size_t i = 0; i < e->n_formulas; i++)
        if (strcmp(e->formulas[i].what, what) == 0) return e->formulas[i].value;
    return UINT64_MAX;
}

/* Runs `check` on every fifth layer (the phase differs by model) of all models on all machines. */
static void each_layer(void (*check)(const ets_arch *arch, const ets_model *model, const ets_explanation *e))
{
    for (size_t a = 0; a < MACHINES; a++) {
        ets_arch *arch = load_arch(machines[a], NULL, 0);
        for (size_t m = 0; m < MODELS; m++) {
            ets_model *model = load_model(models[m]);
            for (size_t i = m; i < ets_model_describe(model).n_ops; i += STEP) {
                ets_explanation *e = NULL;
                ets_error err;
                ASSERT_OK(ets_explain(arch, model, i, NULL, NULL, &e, &err), err);
                check(arch, model, e);
                ets_explanation_free(e);
            }
            ets_model_free(model);
        }
        ets_arch_free(arch);
    }
}

static void check_sums(const ets_arch *arch, const ets_model *model, const ets_explanation *e)
{
    const ets_layer *l = &e->report->layers[e->layer];
    (void)arch;
    (void)model;
    ck_assert_ptr_nonnull(e->mapping);
    if (!l->cycles) return;
    ck_assert_uint_eq(formula(e, "the layer"), l->cycles);
    if (!e->report->array && l->steps_busiest_tile)
        ck_assert_msg(formula(e, "steps") == l->steps_busiest_tile, "%s '%s': %llu steps of %llu: %s", l->op, l->name,
                      (unsigned long long)formula(e, "steps"), (unsigned long long)l->steps_busiest_tile, e->mapping);
    for (size_t i = 0; i < e->n_units; i++) /* a mean is rounded down */
        ck_assert_uint_le(e->units[i].busy_cycles + e->units[i].waiting_cycles + e->units[i].idle_cycles, l->cycles);
    for (size_t i = 0; i < e->n_loops; i++) ck_assert_uint_ge(e->loops[i].count, 1);
}

/* The rows and columns of the tiles are all of the map, each once. */
static void check_split(const ets_arch *arch, const ets_model *model, const ets_explanation *e)
{
    const ets_layer *l = &e->report->layers[e->layer];
    (void)arch;
    (void)model;
    if (!e->n_rows || l->passes > 1) return;
    uint32_t rows = 0, columns = 0;
    for (size_t i = 0; i < e->n_rows; i++) {
        ck_assert_uint_eq(e->rows[i].at, rows);
        rows += e->rows[i].n;
    }
    for (size_t i = 0; i < e->n_columns; i++) columns += e->columns[i].n;
    ck_assert_uint_eq(rows, l->output_rank > 2 ? l->output_dims[l->output_rank - 3] : 1);
    ck_assert_uint_eq(columns, l->output_rank > 1 ? l->output_dims[l->output_rank - 2] : 1);
}

START_TEST(formulas_give_the_layer) { each_layer(check_sums); }
END_TEST
/* Networks of any operators, on any machine. */
START_TEST(formulas_give_the_layer_of_random_networks)
{
    uint64_t seed = 77;
    for (int k = 0; k < 12; k++) {
        ets_arch *arch = load_arch(machines[k % MACHINES], NULL, 0);
        ets_model *model = test_random_graph(&seed, 30);
        for (size_t i = 0; i < ets_model_describe(model).n_ops; i++) {
            ets_explanation *e = NULL;
            ets_error err;
            ASSERT_OK(ets_explain(arch, model, i, NULL, NULL, &e, &err), err);
            check_sums(arch, model, e);
            check_split(arch, model, e);
            ets_explanation_free(e);
        }
        ets_model_free(model);
        ets_arch_free(arch);
    }
}
END_TEST

START_TEST(the_split_is_the_map) { each_layer(check_split); }
END_TEST

/* "the ring twice as wide: ring.bytes_per_cycle=128": the machine with that value takes what is said. */
START_TEST(other_machines_are_simulated)
{
    for (size_t a = 0; a < MACHINES; a++) {
        ets_arch *arch = load_arch(machines[a], NULL, 0);
        ets_model *model = load_model(models[2]);
        ets_explanation *e = NULL;
        ets_error err;
        size_t compared = 0;
        ASSERT_OK(ets_explain(arch, model, 5, NULL, NULL, &e, &err), err);
        for (size_t i = 0; i < e->n_others; i++) {
            char text[200], *key, *value;
            if (e->others[i].kind != ETI_EXPLAIN_MACHINE) continue;
            snprintf(text, sizeof text, "%s", strrchr(e->others[i].what, ' ') + 1);
            key = strtok(text, "=");
            value = strtok(NULL, "=");
            if (strcmp(key, "clock_hz") == 0) continue; /* counted by this machine's clock */
            ets_setting s = {key, value};
            ets_arch *other = load_arch(machines[a], &s, 1);
            ets_report *r = NULL;
            ASSERT_OK(ets_simulate(other, model, NULL, NULL, &r, &err), err);
            ck_assert_uint_eq(e->others[i].cycles, ets_report_layer(r, 5)->cycles);
            ck_assert_uint_eq(e->others[i].total_cycles, ets_report_summary(r)->cycles);
            ets_report_free(r);
            ets_arch_free(other);
            compared++;
        }
        ck_assert_uint_gt(compared, 0);
        ets_explanation_free(e);
        ets_model_free(model);
        ets_arch_free(arch);
    }
}
END_TEST

static ets_model *parse(const char *text)
{
    ets_model *model = NULL;
    ets_error e;
    ASSERT_OK(ets_model_parse("net", text, strlen(text), NULL, &model, &e), e);
    return model;
}

static uint64_t cycles_of(const ets_arch *arch, const char *text)
{
    ets_model *model = parse(text);
    ets_report *r = NULL;
    ets_error e;
    ASSERT_OK(ets_simulate(arch, model, NULL, NULL, &r, &e), e);
    uint64_t cycles = ets_report_summary(r)->cycles;
    ets_report_free(r);
    ets_model_free(model);
    return cycles;
}

#define BEFORE "edgetpu_sim_model: 1\nname: net\ntype: int8\ninputs: {x: [1, 28, 28, 32]}\nlayers:\n" \
               "  - {op: conv_2d, name: a, kernel: 1, out: 48}\n"
#define AFTER "  - {op: conv_2d, name: z, kernel: 1, out: 16}\n"
#define REGULAR(kernel, out) "  - {op: conv_2d, name: b, kernel: " #kernel ", stride: 2, out: " #out "}\n"
#define SEPARABLE "  - {op: depthwise_conv_2d, name: d, kernel: 3, stride: 2}\n  - {op: conv_2d, name: b, kernel: 1, out: 40}\n"

/* A convolution as a depthwise and a 1x1 one, more channels, a larger kernel: what is said is what such a network takes. */
START_TEST(other_networks_are_simulated)
{
    ets_arch *arch = load_arch(machines[0], NULL, 0);
    ets_model *model = parse(BEFORE REGULAR(3, 40) AFTER);
    ets_explanation *e = NULL;
    ets_error err;
    static const struct { const char *what, *text; } others[] = {
        {"a depthwise 3x3 convolution and a 1x1 one instead", BEFORE SEPARABLE AFTER},
        {"64 channels instead of 40", BEFORE REGULAR(3, 64) AFTER},
        {"5x5 kernel instead of 3x3", BEFORE REGULAR(5, 40) AFTER},
    };
    ASSERT_OK(ets_explain(arch, model, 1, NULL, NULL, &e, &err), err);
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        uint64_t said = 0;
        for (size_t i = 0; i < e->n_others; i++)
            if (strcmp(e->others[i].what, others[k].what) == 0) said = e->others[i].total_cycles;
        ck_assert_msg(said == cycles_of(arch, others[k].text), "%s: %llu said", others[k].what, (unsigned long long)said);
    }
    ets_explanation_free(e);
    ets_model_free(model);
    ets_arch_free(arch);
}
END_TEST

/* A network of three free widths and a pool over all that is left. */
static void state(char *to, size_t room, unsigned side, unsigned a, unsigned b, unsigned pool)
{
    snprintf(to, room, "edgetpu_sim_model: 1\nname: net\ntype: int8\ninputs: {x: [1, %u, %u, 8]}\nlayers:\n"
             "  - {op: conv_2d, name: a, kernel: 3, stride: 2, out: %u}\n  - {op: conv_2d, name: b, kernel: 3, stride: 2, out: %u}\n"
             "  - {op: conv_2d, name: c, kernel: 3, stride: 2, out: %u}\n  - {op: avg_pool, name: pool, kernel: %u, pad: valid}\n"
             "  - {op: conv_2d, name: logits, kernel: 1, out: 100}\n  - {op: reshape, name: flat, shape: [1, 100]}\n"
             "  - {op: softmax, name: p}\n", side, side, a, b, b, pool);
}

static uint64_t ns_of(const ets_arch *arch, const char *text)
{
    ets_model *model = parse(text);
    ets_report *r = NULL;
    ets_error e;
    ASSERT_OK(ets_simulate(arch, model, NULL, NULL, &r, &e), e);
    uint64_t ns = ets_report_summary(r)->latency_ns;
    ets_report_free(r);
    ets_model_free(model);
    return ns;
}

/* Widths rounded, the next smaller input, a faster link: each takes what such a network, such a machine takes. */
START_TEST(changes_of_the_network_are_simulated)
{
    static const ets_setting fast[] = {{"link.in_bytes_per_s", "890M"}, {"link.out_bytes_per_s", "200M"}};
    ets_arch *arch = load_arch(machines[0], NULL, 0), *faster = load_arch(machines[0], fast, 2);
    char text[1000], then[1000];
    ets_predictor *p = NULL;
    ets_change changes[ETS_MOST_NETWORK_CHANGES];
    ets_error err;
    size_t n = 0, seen = 0;
    state(text, sizeof text, 96, 70, 130, 12);
    ets_model *model = parse(text);
    ASSERT_OK(ets_predictor_new(arch, NULL, NULL, &p, &err), err);
    ASSERT_OK(ets_network_changes(p, model, changes, ETS_MOST_NETWORK_CHANGES, &n, &err), err);
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(changes[i].layer, ETS_WHOLE_NETWORK);
        if (i) ck_assert_int_le(changes[i].saved_ns, changes[i - 1].saved_ns);
        memcpy(then, text, sizeof then);
        if (changes[i].dimension == ETS_DIMENSION_RESOLUTION) state(then, sizeof then, 64, 70, 130, 8);
        if (changes[i].dimension == ETS_DIMENSION_MULTIPLE && changes[i].to == 4) state(then, sizeof then, 96, 72, 132, 12);
        if (changes[i].dimension == ETS_DIMENSION_MULTIPLE && changes[i].to == 64) state(then, sizeof then, 96, 64, 128, 12);
        ck_assert_uint_eq(changes[i].latency_ns, ns_of(changes[i].dimension == ETS_DIMENSION_LINK ? faster : arch, then));
        seen |= (size_t)1 << changes[i].dimension;
    }
    ck_assert_uint_eq(seen, 1 << ETS_DIMENSION_MULTIPLE | 1 << ETS_DIMENSION_RESOLUTION | 1 << ETS_DIMENSION_LINK);
    ets_predictor_free(p);
    ets_model_free(model);
    ets_arch_free(faster);
    ets_arch_free(arch);
}
END_TEST

/* A detector: anchors dealt out by views, then an operator of which only the result's shape is known. */
static void detect(char *to, size_t room, unsigned side, unsigned a, unsigned b, unsigned kernel_a, unsigned kernel_b)
{
    unsigned anchors = 3 * (side / 4) * (side / 4);
    snprintf(to, room, "edgetpu_sim_model: 1\nname: net\ntype: int8\ninputs: {x: [1, %u, %u, 8]}\nlayers:\n"
             "  - {op: conv_2d, name: a, kernel: %u, stride: 2, out: %u}\n  - {op: conv_2d, name: b, kernel: %u, stride: 2, out: %u}\n"
             "  - {op: conv_2d, name: boxes, kernel: 1, out: 12}\n  - {op: reshape, name: flat_boxes, shape: [1, %u, 4]}\n"
             "  - {op: conv_2d, name: classes, from: b, kernel: 1, out: 33}\n  - {op: reshape, name: flat_classes, shape: [1, %u, 11]}\n"
             "  - {op: custom, name: found, from: [flat_boxes, flat_classes], custom: Chooser, shape: [1, 10, 4]}\n",
             side, side, kernel_a, a, kernel_b, b, anchors, anchors);
}

START_TEST(changes_of_a_network_with_a_custom_operator)
{
    static const ets_setting fast[] = {{"link.in_bytes_per_s", "890M"}, {"link.out_bytes_per_s", "200M"}};
    ets_arch *arch = load_arch(machines[0], NULL, 0), *faster = load_arch(machines[0], fast, 2);
    char text[1000], then[1000];
    ets_predictor *p = NULL;
    ets_change changes[40];
    ets_error err;
    size_t n = 0, more = 0, layers = 0, seen = 0;
    detect(text, sizeof text, 96, 64, 70, 3, 3);
    ets_model *model = parse(text);
    ASSERT_OK(ets_predictor_new(arch, NULL, NULL, &p, &err), err);
    ASSERT_OK(ets_network_changes(p, model, changes, 20, &n, &err), err);
    ASSERT_OK(ets_sensitivity(p, model, changes + n, 20, &more, &err), err);
    for (size_t i = 0; i < n + more; i++) {
        const ets_change *c = &changes[i];
        bool whole = c->layer == ETS_WHOLE_NETWORK;
        ck_assert_msg(whole || c->layer < 2, "anchors and classes are not to be chosen: layer %u", c->layer);
        memcpy(then, text, sizeof then);
        if (c->dimension == ETS_DIMENSION_RESOLUTION) detect(then, sizeof then, 64, 64, 70, 3, 3);
        if (c->dimension == ETS_DIMENSION_MULTIPLE) detect(then, sizeof then, 96, 64, c->to == 64 ? 64 : 72, 3, 3);
        if (c->dimension == ETS_DIMENSION_CHANNELS) detect(then, sizeof then, 96, c->layer ? 64 : c->to, c->layer ? c->to : 70, 3, 3);
        if (c->dimension == ETS_DIMENSION_KERNEL) detect(then, sizeof then, 96, 64, 70, c->layer ? 3 : 1, c->layer ? 1 : 3);
        ck_assert_uint_eq(c->latency_ns, ns_of(c->dimension == ETS_DIMENSION_LINK ? faster : arch, then));
        seen |= (size_t)1 << c->dimension;
        layers += !whole;
    }
    ck_assert_uint_eq(layers, 4);
    ck_assert_uint_eq(seen, 1 << ETS_DIMENSION_MULTIPLE | 1 << ETS_DIMENSION_RESOLUTION | 1 << ETS_DIMENSION_LINK |
                            1 << ETS_DIMENSION_CHANNELS | 1 << ETS_DIMENSION_KERNEL);
    ets_predictor_free(p);
    ets_model_free(model);
    ets_arch_free(faster);
    ets_arch_free(arch);
}
END_TEST

/* Of a network that streams, all widths are scaled as far as it takes to stream no more, and no further. */
START_TEST(widths_that_fit_the_chip)
{
    static const ets_setting small = {"tile.wide_bytes", "32Ki"};
    ets_arch *arch = load_arch(machines[0], &small, 1);
    char text[1000], then[1000];
    ets_predictor *p = NULL;
    ets_change changes[ETS_MOST_NETWORK_CHANGES];
    ets_summary s;
    ets_error err;
    size_t n = 0, found = 0;
    state(text, sizeof text, 96, 128, 256, 12);
    ets_model *model = parse(text);
    ASSERT_OK(ets_predictor_new(arch, NULL, NULL, &p, &err), err);
    ASSERT_OK(ets_network_changes(p, model, changes, ETS_MOST_NETWORK_CHANGES, &n, &err), err);
    for (size_t i = 0; i < n; i++) {
        for (unsigned percent = changes[i].to; changes[i].dimension == ETS_DIMENSION_WIDTHS && percent <= changes[i].to + 5; percent += 5) {
            state(then, sizeof then, 96, (128 * percent / 100 + 2) / 4 * 4, (256 * percent / 100 + 2) / 4 * 4, 12);
            ets_model *other = parse(then);
            ASSERT_OK(ets_predict(p, other, &s, &err), err);
            ck_assert_int_eq(s.streamed_parameter_bytes == 0, percent == changes[i].to);
            if (percent == changes[i].to) ck_assert_uint_eq(s.latency_ns, changes[i].latency_ns);
            ets_model_free(other);
            found++;
        }
    }
    ck_assert_uint_eq(found, 2);
    ets_predictor_free(p);
    ets_model_free(model);
    ets_arch_free(arch);
}
END_TEST

/* A window of one pixel with a stride visits its results, not its input (found by the law of steps above). */
START_TEST(one_pixel_windows_take_their_stride)
{
    static const char *const ops[] = {"conv_2d, out: 64", "depthwise_conv_2d", "max_pool"};
    static const uint64_t steps[] = {4 * 16, 4 * 16, 4}; /* 2 x 2 pixels of the busiest tile, 16 words; a pool: a group */
    ets_arch *arch = load_arch(machines[0], NULL, 0);
    for (size_t i = 0; i < 3; i++) {
        char text[300];
        ets_report *r = NULL;
        ets_error err;
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: net\ntype: int8\ninputs: {x: [1, 14, 14, 64]}\nlayers:\n"
                 "  - {name: a, kernel: 1, stride: 2, op: %s}\n", ops[i]);
        ets_model *model = parse(text);
        ASSERT_OK(ets_simulate(arch, model, NULL, NULL, &r, &err), err);
        ck_assert_uint_eq(ets_report_layer(r, 0)->steps_busiest_tile, steps[i]);
        ets_report_free(r);
        ets_model_free(model);
    }
    ets_arch_free(arch);
}
END_TEST

START_TEST(layers_have_the_names_of_the_report)
{
    ets_arch *arch = load_arch(machines[0], NULL, 0);
    ets_model *model = load_model(models[0]);
    ets_report *report = NULL;
    ets_error e;
    ASSERT_OK(ets_simulate(arch, model, NULL, NULL, &report, &e), e);
    size_t n = ets_report_layer_count(report);
    ck_assert_uint_eq(n, ets_model_describe(model).n_ops);
    for (size_t i = 0; i < n; i++) ck_assert_str_eq(ets_model_layer_name(model, i), ets_report_layer(report, i)->name);
    ck_assert_ptr_null(ets_model_layer_name(model, n));
    ets_report_free(report);
    ets_model_free(model);
    ets_arch_free(arch);
}
END_TEST

/* Constants of a batch norm are on no tile before they are sent: nothing else is supposed of them. */
START_TEST(sent_constants_have_no_other_place)
{
    ets_arch *arch = load_arch(machines[0], NULL, 0);
    ets_model *model = parse("edgetpu_sim_model: 1\nname: net\ninputs: {x: [1, 14, 14, 64]}\nlayers:\n  - {op: mul, constant: [64]}\n");
    ets_explanation *e = NULL;
    ets_error err;
    ASSERT_OK(ets_explain(arch, model, 0, NULL, NULL, &e, &err), err);
    ck_assert_ptr_nonnull(strstr(e->parameters, "1.0 KiB of constants, which the host sends at every inference"));
    ck_assert_uint_gt(e->n_others, 0);
    for (size_t i = 0; i < e->n_others; i++) ck_assert_ptr_null(strstr(e->others[i].what, "on the chip"));
    ets_explanation_free(e);
    ets_model_free(model);
    ets_arch_free(arch);
}
END_TEST

/* A sum reads of its input what it makes, whatever borders a convolution has it kept with. */
START_TEST(a_sum_reads_no_borders)
{
    ets_arch *arch = load_arch(machines[0], NULL, 0);
    ets_model *model = parse("edgetpu_sim_model: 1\nname: net\ninputs: {x: [1, 14, 14, 64]}\nlayers:\n"
                             "  - {name: a, op: conv_2d, out: 64, kernel: 1}\n  - {name: b, op: conv_2d, out: 64, kernel: 3}\n"
                             "  - {op: add, from: [a, b]}\n");
    ets_explanation *e = NULL;
    ets_error err;
    ASSERT_OK(ets_explain(arch, model, 2, NULL, NULL, &e, &err), err);
    ck_assert_uint_gt(e->n_rows, 0);
    for (size_t i = 0; i < e->n_rows; i++) ck_assert_uint_eq(e->rows[i].input_n, e->rows[i].n);
    for (size_t i = 0; i < e->n_columns; i++) ck_assert_uint_eq(e->columns[i].input_n, e->columns[i].n);
    ets_explanation_free(e);
    ets_model_free(model);
    ets_arch_free(arch);
}
END_TEST

START_TEST(no_such_layer)
{
    ets_arch *arch = load_arch(machines[0], NULL, 0);
    ets_model *model = parse(BEFORE REGULAR(3, 40) AFTER);
    ets_explanation *e = NULL;
    ets_error err;
    ASSERT_FAILS(ets_explain(arch, model, 3, NULL, NULL, &e, &err), ETS_RANGE, err, "its last one is 2");
    ck_assert_ptr_null(e);
    ets_model_free(model);
    ets_arch_free(arch);
}
END_TEST

/* Every allocation that it makes fails once: an error each time, and nothing is left behind. */
START_TEST(without_memory)
{
    for (size_t a = 0; a < 2; a++) {
        ets_arch *arch = load_arch(machines[a], NULL, 0);
        ets_model *model = parse(BEFORE REGULAR(3, 40) AFTER);
        for (size_t n = 1, done = 0; !done; n += 1 + n / 16) {
            struct test_memory memory = {.fail_at = n};
            ets_allocator mem = test_allocator(&memory);
            ets_explanation *e = NULL;
            ets_error err;
            ets_status status = ets_explain(arch, model, 1, NULL, &mem, &e, &err);
            done = memory.fail_at != 0; /* there were not so many */
            ck_assert_int_eq(status, done ? ETS_OK : ETS_NOMEM);
            ets_explanation_free(e);
            ck_assert_uint_eq(memory.blocks, 0);
        }
        ets_model_free(model);
        ets_arch_free(arch);
    }
}
END_TEST

Suite *suite_explain(void)
{
    Suite *s = suite_create("explain");
    TCase *t = tcase_create("explain");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, formulas_give_the_layer);
    tcase_add_test(t, formulas_give_the_layer_of_random_networks);
    tcase_add_test(t, the_split_is_the_map);
    tcase_add_test(t, other_machines_are_simulated);
    tcase_add_test(t, other_networks_are_simulated);
    tcase_add_test(t, changes_of_the_network_are_simulated);
    tcase_add_test(t, changes_of_a_network_with_a_custom_operator);
    tcase_add_test(t, widths_that_fit_the_chip);
    tcase_add_test(t, one_pixel_windows_take_their_stride);
    tcase_add_test(t, layers_have_the_names_of_the_report);
    tcase_add_test(t, sent_constants_have_no_other_place);
    tcase_add_test(t, a_sum_reads_no_borders);
    tcase_add_test(t, no_such_layer);
    tcase_add_test(t, without_memory);
    suite_add_tcase(s, t);
    return s;
}
