/* test_estimate.c - the vendor compiler's own estimate, to the cycle, of compiled models whose layers are known (figures read
 * off google-coral/test_data and other public compiled files). Not here, because their layers are not published: "donut",
 * "face_landmark_192_full_integer_quant". */
#include "test.h"

static uint64_t estimate_of(ets_model *m)
{
    ets_arch *a = NULL;
    ets_report *r = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    uint64_t cycles = ets_report_summary(r)->compiler_estimate_cycles;
    ets_report_free(r);
    ets_model_free(m);
    ets_arch_free(a);
    return cycles;
}

static uint64_t estimate_of_text(const char *yaml)
{
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_parse("text", yaml, strlen(yaml), NULL, &m, &e), e);
    return estimate_of(m);
}

static uint64_t estimate_of_file(const char *path)
{
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_load(path, NULL, &m, &e), e);
    return estimate_of(m);
}

/* One convolution: the input, its kernel, its stride, its channels. */
static const struct { uint32_t y, x, z, kernel, stride_y, stride_x, out; uint64_t cycles; } single[] = {
    {128, 64, 3, 1, 128, 64, 1, 16},           /* model_stride_128x64x3 */
    {512, 256, 3, 1, 512, 256, 1, 16},         /* model_stride_512x256x3 */
    {32, 32, 1, 3, 1, 1, 1, 1024},             /* conv_2d_1_H_W_1_k_k_1_1_quant, from here on */
    {32, 32, 1, 6, 1, 1, 1, 2304},
    {64, 64, 1, 3, 1, 1, 1, 4096},
    {64, 64, 1, 6, 1, 1, 1, 9216},
    {256, 256, 1, 40, 1, 1, 1, 6553600},
    {500, 500, 1, 40, 1, 1, 1, 25000000},
    {1024, 1024, 1, 40, 1, 1, 1, 104857600},
    {512, 512, 4, 4, 1, 1, 64, 1048576},       /* conv */
};

START_TEST(single_convolutions)
{
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "edgetpu_sim_model: 1\nname: one\ntype: uint8\ninputs: {x: [1, %u, %u, %u]}\nlayers:\n"
                 "  - {op: conv_2d, kernel: %u, stride: [%u, %u], out: %u}\n",
                 single[i].y, single[i].x, single[i].z, single[i].kernel, single[i].stride_y, single[i].stride_x, single[i].out);
        ck_assert_uint_eq(estimate_of_text(text), single[i].cycles);
    }
}
END_TEST

/* model_conv_128x128x3x32x7xN: a small input padded to 128x128, N convolutions 7x7 of 32 channels, one pixel of one more. */
static uint64_t estimate_of_stack(uint32_t layers)
{
    static char text[16384];
    int n = snprintf(text, sizeof text,
                     "edgetpu_sim_model: 1\nname: stack\ntype: uint8\ninputs: {x: [1, 2, 2, 3]}\nlayers:\n"
                     "  - {op: pad, pads: [[0, 126], [0, 126]]}\n");
    for (uint32_t i = 0; i < layers; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "  - {op: conv_2d, kernel: 7, out: 32}\n");
    snprintf(text + n, sizeof text - (size_t)n, "  - {op: conv_2d, kernel: 1, stride: 128, out: 1}\n");
    return estimate_of_text(text);
}

START_TEST(stacks_of_seven_by_seven)
{
    ck_assert_uint_eq(estimate_of_stack(10), 7325712);
    ck_assert_uint_eq(estimate_of_stack(50), 39438352);
    ck_assert_uint_eq(estimate_of_stack(75), 59508752);
}
END_TEST

/* MobileNet v2 up to its last convolution (`head`: that too), with other layers behind it. */
static uint64_t estimate_of_backbone(bool head, const char *rest)
{
    static char text[32768];
    FILE *f = fopen(TREE("models/mobilenet-v2-1.0-224.yaml"), "r");
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    char *cut = strstr(text, head ? "  - {op: avg_pool" : "  - {op: conv_2d, name: head");
    ck_assert_ptr_nonnull(cut);
    snprintf(cut, sizeof text - (size_t)(cut - text), "%s", rest);
    return estimate_of_text(text);
}

START_TEST(mobilenet_v2_with_other_heads)
{
    ck_assert_uint_eq(estimate_of_backbone(true, ""), 457000);                          /* ..._wo_fc_224x224x3 */
    ck_assert_uint_eq(estimate_of_backbone(true, "  - {op: mean}\n  - {op: fully_connected, out: 1000}\n"), 458040); /* _w_fc_ */
    ck_assert_uint_eq(estimate_of_backbone(true, "  - {op: mean}\n  - {op: fully_connected, out: 965}\n"), 458040);  /* bird */
    ck_assert_uint_eq(estimate_of_backbone(true, "  - {op: mean}\n  - {op: fully_connected, out: 1022}\n"), 458040); /* insect */
    /* "classifier": 3x3 of 32 channels without padding, mean, two classes */
    ck_assert_uint_eq(estimate_of_backbone(true, "  - {op: conv_2d, kernel: 3, pad: valid, out: 32, act: relu}\n  - {op: mean}\n"
                                                 "  - {op: fully_connected, out: 2}\n"), 480054);
}
END_TEST

START_TEST(mobilenets)
{
    ck_assert_uint_eq(estimate_of_file(TREE("models/mobilenet-v1-0.25-128.yaml")), 21568);
    ck_assert_uint_eq(estimate_of_file(TREE("models/mobilenet-v1-0.5-160.yaml")), 117088);
    ck_assert_uint_eq(estimate_of_file(TREE("models/mobilenet-v1-0.75-192.yaml")), 281520);
    ck_assert_uint_eq(estimate_of_file(TREE("models/mobilenet-v1-1.0-224.yaml")), 685376);
    ck_assert_uint_eq(estimate_of_file(TREE("models/mobilenet-v2-1.0-224.yaml")), 458040);
}
END_TEST

/* Strips, dilation and a pool over 33x33 pixels. */
START_TEST(deeplab)
{
    const char *path = test_shared("models/deeplabv3_mnv2_dm05_pascal_quant.tflite");
    if (path) ck_assert_uint_eq(estimate_of_file(path), 1279736);
    ck_assert_uint_eq(estimate_of_text("edgetpu_sim_model: 1\nname: one\ntype: uint8\ninputs: {x: [1, 33, 33, 16]}\nlayers:\n"
                                       "  - {op: avg_pool, kernel: 33, pad: valid}\n"), 81 + 9);
    ck_assert_uint_eq(estimate_of_text("edgetpu_sim_model: 1\nname: one\ntype: uint8\ninputs: {x: [1, 33, 33, 16]}\nlayers:\n"
                                       "  - {op: mean}\n"), 81 + 9);
}
END_TEST

Suite *suite_estimate(void);
Suite *suite_estimate(void)
{
    Suite *s = suite_create("estimate");
    TCase *t = tcase_create("compiled models");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, single_convolutions);
    tcase_add_test(t, stacks_of_seven_by_seven);
    tcase_add_test(t, mobilenet_v2_with_other_heads);
    tcase_add_test(t, mobilenets);
    tcase_add_test(t, deeplab);
    suite_add_tcase(s, t);
    return s;
}
