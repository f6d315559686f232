/* test_blocks.c - what the search that made EfficientNet-EdgeTPU found has to come out by itself: regular convolutions win
 * early in a network in spite of several times the multiplications, depthwise ones late. */
#include "test.h"

/* Cycles and MACs of the layers of `build` on a size x size map of `channels`. */
struct found { uint64_t cycles, macs; };

static struct found run(uint32_t size, uint32_t channels, void (*build)(ets_builder *, ets_tensor, uint32_t, ets_tensor *))
{
    static ets_arch *arch; /* one for all: immutable */
    const uint32_t dims[4] = {1, size, size, channels};
    ets_builder *b = NULL;
    ets_model *m = NULL;
    ets_report *r = NULL;
    ets_tensor x, y;
    ets_error e;
    if (!arch) ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &arch, &e), e);
    ASSERT_OK(ets_builder_new("block", NULL, &b, &e), e);
    ASSERT_OK(ets_build_input(b, "x", dims, 4, &x, &e), e);
    build(b, x, channels, &y);
    ASSERT_OK(ets_build_output(b, y, &e), e);
    ASSERT_OK(ets_build_model(b, &m, &e), e);
    ASSERT_OK(ets_simulate(arch, m, NULL, NULL, &r, &e), e);
    struct found f = {ets_report_summary(r)->chip_cycles, ets_report_summary(r)->macs};
    ets_report_free(r);
    ets_model_free(m);
    ets_builder_free(b);
    return f;
}

static void regular(ets_builder *b, ets_tensor x, uint32_t channels, ets_tensor *y)
{
    ets_error e;
    ets_conv c = ETS_CONV_INIT;
    c.kernel_h = c.kernel_w = 3;
    c.out_channels = channels;
    ASSERT_OK(ets_build_conv2d(b, x, &c, y, &e), e);
}

static void separable(ets_builder *b, ets_tensor x, uint32_t channels, ets_tensor *y)
{
    ets_error e;
    ets_conv c = ETS_CONV_INIT, pointwise = ETS_CONV_INIT;
    c.kernel_h = c.kernel_w = 3;
    pointwise.out_channels = channels;
    ASSERT_OK(ets_build_depthwise(b, x, &c, y, &e), e);
    ASSERT_OK(ets_build_conv2d(b, *y, &pointwise, y, &e), e);
}

static void bottleneck(ets_builder *b, ets_tensor x, uint32_t channels, ets_tensor *y, bool fused)
{
    ets_error e;
    ets_block block = ETS_BLOCK_INIT;
    block.out_channels = channels == 24 ? 32 : channels;
    block.expansion = 8;
    block.fused = fused;
    ASSERT_OK(ets_build_block(b, x, &block, y, &e), e);
}

static void fused(ets_builder *b, ets_tensor x, uint32_t channels, ets_tensor *y) { bottleneck(b, x, channels, y, true); }
static void plain(ets_builder *b, ets_tensor x, uint32_t channels, ets_tensor *y) { bottleneck(b, x, channels, y, false); }

/* In steps a pixel, regular to separable: 9 to 10 at 32 channels, 18 to 11 at 128, 36 to 13 at 256. */
START_TEST(a_regular_convolution_wins_early_and_loses_late)
{
    struct found early = run(112, 32, regular), early_separable = run(112, 32, separable);
    struct found late = run(14, 256, regular), late_separable = run(14, 256, separable);
    ck_assert(early.macs > 5 * early_separable.macs && early.cycles < early_separable.cycles);
    ck_assert(late.cycles > 2 * late_separable.cycles);
    ck_assert_double_eq_tol((double)late.cycles / (double)late_separable.cycles, 36.0 / 13, 0.2);
    struct found middle = run(14, 128, regular), middle_separable = run(14, 128, separable);
    ck_assert_double_eq_tol((double)middle.cycles / (double)middle_separable.cycles, 18.0 / 11, 0.1);
}
END_TEST

/* 24 channels, expansion 8, 14x14 pixels a tile: about 2.4 times faster with 3.8 times the MACs; at 96 it turns round. */
START_TEST(a_fused_bottleneck_wins_early_and_loses_late)
{
    struct found early = run(56, 24, fused), early_plain = run(56, 24, plain);
    struct found late = run(14, 96, fused), late_plain = run(14, 96, plain);
    ck_assert_double_eq_tol((double)early.macs / (double)early_plain.macs, 3.8, 0.3);
    ck_assert_double_eq_tol((double)early_plain.cycles / (double)early.cycles, 2.4, 0.25);
    ck_assert(late.cycles > late_plain.cycles);
}
END_TEST

Suite *suite_blocks(void);
Suite *suite_blocks(void)
{
    Suite *s = suite_create("blocks");
    TCase *t = tcase_create("early and late");
    tcase_add_test(t, a_regular_convolution_wins_early_and_loses_late);
    tcase_add_test(t, a_fused_bottleneck_wins_early_and_loses_late);
    suite_add_tcase(s, t);
    return s;
}
