/* test_models.c - latencies of the reference graphs against the vendor's table. */
#include "test.h"

static ets_model *load(const char *path)
{
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_load(path, NULL, &m, &e), e);
    return m;
}

static double latency_ms(const char *path)
{
    ets_arch *a = NULL;
    ets_report *r = NULL;
    ets_error e;
    ets_model *m = load(path);
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    double ms = (double)ets_report_summary(r)->latency_ns / 1e6;
    ets_report_free(r);
    ets_model_free(m);
    ets_arch_free(a);
    return ms;
}

/* coral.ai/docs/edgetpu/benchmarks, desktop with USB 3: within 20 %. */
START_TEST(latency_is_near_the_published_one)
{
    static const struct { const char *file; double ms; } published[] = {
        {"models/mobilenet-v1-1.0-224.yaml", 2.4}, {"models/mobilenet-v2-1.0-224.yaml", 2.6},
        {"models/efficientnet-edgetpu-s.yaml", 5.1}, {"models/resnet-50-v1-224.yaml", 49},
    };
    for (int i = 0; i < 4; i++) ck_assert_double_eq_tol(latency_ms(published[i].file), published[i].ms, 0.2 * published[i].ms);
}
END_TEST

START_TEST(s_is_about_ten_times_faster_than_resnet_50)
{
    double ratio = latency_ms("models/resnet-50-v1-224.yaml") / latency_ms("models/efficientnet-edgetpu-s.yaml");
    ck_assert(ratio > 8 && ratio < 12);
}
END_TEST

/* The family of the published study: its peaks, and that wider tiles and less of a link make it faster than the USB stick. */
START_TEST(the_family_has_its_published_peaks)
{
    static const struct { const char *arch; double tops; } family[] = {
        {"arch/edgetpu-v1.yaml", 26.2}, {"arch/edgetpu-v2.yaml", 8.73}, {"arch/edgetpu-v3.yaml", 8.73}, {"arch/coral-usb.yaml", 4.1}};
    uint64_t ns[4];
    for (int i = 0; i < 4; i++) {
        ets_arch *a;
        ets_model *m;
        ets_report *r;
        ets_error e;
        ASSERT_OK(ets_arch_load(TREE(family[i].arch), NULL, 0, NULL, &a, &e), e);
        ck_assert_double_eq_tol(ets_arch_size_of(a).peak_tops, family[i].tops, 0.01 * family[i].tops);
        ASSERT_OK(ets_model_load(TREE("models/efficientnet-edgetpu-s.yaml"), NULL, &m, &e), e);
        ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
        ns[i] = ets_report_summary(r)->latency_ns;
        ets_report_free(r);
        ets_model_free(m);
        ets_arch_free(a);
    }
    for (int i = 0; i < 3; i++) ck_assert_uint_lt(ns[i], ns[3]);
}
END_TEST

/* A product is two ops: the first feeds D rows of the other operand at a time, D = min(4,
 * ceil(words / 2)), the second rescales; a sum takes four steps a word. Over all tiles, however many share the pixels. */
START_TEST(sums_and_products_take_their_steps_on_any_grid)
{
    static const uint32_t channels[] = {4, 8, 12, 20, 32, 40};
    static const ets_setting grids[2][2] = {{{"grid.x", "4"}, {"grid.y", "4"}}, {{"grid.x", "8"}, {"grid.y", "8"}}};
    const uint64_t pixels = 16 * 16;
    for (size_t k = 0; k < 2 * sizeof channels / sizeof *channels; k++) {
        uint64_t words = channels[k / 2] / 4, d = (words + 1) / 2 < 4 ? (words + 1) / 2 : 4;
        char text[300];
        ets_arch *a;
        ets_model *m;
        ets_report *r;
        ets_error e;
        int n = snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: m\ninputs: {x: [1, 16, 16, 8]}\nlayers:\n"
                         "  - {op: conv_2d, name: a, out: %u, from: x}\n  - {op: conv_2d, name: b, out: %u, from: x}\n"
                         "  - {op: mul, name: c, from: [a, b]}\n  - {op: add, name: d, from: [c, b]}\n", channels[k / 2], channels[k / 2]);
        ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), grids[k % 2], 2, NULL, &a, &e), e);
        ASSERT_OK(ets_model_parse("m", text, (size_t)n, NULL, &m, &e), e);
        ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
        ck_assert_uint_eq(ets_report_layer(r, 2)->steps_all_tiles, pixels * 4 * (d * ((words + d - 1) / d) + words));
        ck_assert_uint_eq(ets_report_layer(r, 3)->steps_all_tiles, pixels * 4 * words);
        ets_report_free(r);
        ets_model_free(m);
        ets_arch_free(a);
    }
}
END_TEST

/* Twice the cores, each with the same memory, and a network is faster: all its kinds of operators find work for them. */
START_TEST(more_cores_are_faster)
{
    static const char *const networks[] = {"models/efficientnet-edgetpu-s.yaml", "models/mobilenet-v2-1.0-224.yaml", "models/ssd-mobilenet-v1-300.yaml",
                                           "models/deeplab-v3-mobilenet-v2-0.5-513.yaml"};
    for (size_t k = 0; k < sizeof networks / sizeof *networks; k++) {
        uint64_t before = UINT64_MAX;
        for (uint64_t cores = 1; cores <= 8; cores *= 2) {
            char count[8], bytes[16];
            snprintf(count, sizeof count, "%u", (unsigned)cores);
            snprintf(bytes, sizeof bytes, "%uKi", 128 * (unsigned)cores);
            ets_setting s[] = {{"tile.cores", count}, {"tile.wide_bytes", bytes}};
            ets_arch *a;
            ets_model *m;
            ets_report *r;
            ets_error e;
            ASSERT_OK(ets_arch_load(TREE("arch/edgetpu-v2.yaml"), s, 2, NULL, &a, &e), e);
            ASSERT_OK(ets_model_load(TREE(networks[k]), NULL, &m, &e), e);
            ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
            ck_assert_msg(ets_report_summary(r)->cycles < before, "%s on %s cores", networks[k], count);
            before = ets_report_summary(r)->cycles;
            ets_report_free(r);
            ets_model_free(m);
            ets_arch_free(a);
        }
    }
}
END_TEST

Suite *suite_models(void);
Suite *suite_models(void)
{
    Suite *s = suite_create("models");
    TCase *t = tcase_create("reference graphs");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, latency_is_near_the_published_one);
    tcase_add_test(t, s_is_about_ten_times_faster_than_resnet_50);
    tcase_add_test(t, more_cores_are_faster);
    tcase_add_test(t, sums_and_products_take_their_steps_on_any_grid);
    tcase_add_test(t, the_family_has_its_published_peaks);
    suite_add_tcase(s, t);
    return s;
}
