/* test_wide.c - what stays on the chip and what the host sends, against the compiler's log of stacks of one operator
 * (Jorgitou98/EdgeTPU-QuantRL-Evaluation, compiler 16). Figures in MiB as printed, two decimals. */
#include "arch/arch.h"
#include "base/num.h"
#include "graph/model.h"
#include "schedule/place.h"
#include "schedule/release.h"
#include "test.h"
#include "tools/truth/networks.h"

static ets_summary compiled(const char *release, ets_model *m)
{
    ets_arch *a = NULL;
    ets_report *r = NULL;
    ets_error e;
    ets_setting setting = {"compiler.release", release};
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), &setting, 1, NULL, &a, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    ets_summary sum = *ets_report_summary(r);
    ets_report_free(r);
    ets_model_free(m);
    ets_arch_free(a);
    return sum;
}

static ets_summary compiled_by(const char *release, const char *model)
{
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_load(model, NULL, &m, &e), e);
    return compiled(release, m);
}

static ets_summary compiled_text_by(const char *release, const char *yaml)
{
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_parse("text", yaml, strlen(yaml), NULL, &m, &e), e);
    return compiled(release, m);
}

/* The host strips the padding of pixels one by one; those of a single word it copies as fast as any, since some release. */
START_TEST(small_pixels_are_copied_by_releases_below_14)
{
    for (uint64_t channels = 1; channels <= 9; channels++) {
        char text[200];
        uint64_t pixel_cycles = channels < 4 ? 64 * 64 * 20 : 0; /* 40 ns of 2 ns */
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: n\ninputs: {x: [1, 64, 64, 8]}\nlayers: [{op: conv_2d, out: %u, kernel: 1}]\n",
                 (unsigned)channels);
        ck_assert_uint_eq(compiled_text_by("13", text).cycles, compiled_text_by("14", text).cycles + pixel_cycles);
    }
}
END_TEST

static ets_layer layer_of(const char *yaml, size_t index)
{
    ets_arch *a = NULL;
    ets_model *m = NULL;
    ets_report *r = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-pcie.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_model_parse("text", yaml, strlen(yaml), NULL, &m, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    ets_layer layer = *ets_report_layer(r, index); /* its numbers, when the report is gone */
    ets_report_free(r);
    ets_model_free(m);
    ets_arch_free(a);
    return layer;
}

static void assert_mib(uint64_t bytes, double mib)
{
    ck_assert_double_eq_tol((double)bytes / 1048576, mib, 0.0051);
}

static void assert_cached(const char *yaml, double cached_mib, double streamed_mib)
{
    ets_summary s = compiled_text_by("16", yaml);
    assert_mib(s.onchip_parameter_bytes, cached_mib);
    assert_mib(s.streamed_parameter_bytes, streamed_mib);
}

/* Five 3x3 convolutions of F channels on 64x64x3. */
START_TEST(stacks_of_convolutions)
{
    static const struct { uint32_t f; double cached, streamed; } rows[] = {
        {32, 0.074951171875, 0}, {42, 0.101318359375, 0}, {72, 0.32568359375, 0}, {140, 0.936767578125, 0}, {262, 2.92, 0},
        {442, 6.86, 0}, {452, 5.99, 1.99}, {512, 6.78, 2.25}, {522, 5.21, 5.19}, {632, 6.98, 6.95}, {662, 4.05, 12.05},
        {742, 4.94, 14.73},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        int n = snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: stack\ninputs: {x: [1, 64, 64, 3]}\nlayers:\n");
        for (int k = 0; k < 5; k++)
            n += snprintf(text + n, sizeof text - (size_t)n, "  - {op: conv_2d, kernel: 3, out: %u, bias: false}\n", rows[i].f);
        assert_cached(text, rows[i].cached, rows[i].streamed);
    }
}
END_TEST

static void fully_connected(uint32_t inputs, uint32_t units, double cached_mib, double streamed_mib)
{
    char text[1024];
    int n = snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: stack\nper_channel: false\ninputs: {x: [1, %u]}\nlayers:\n", inputs);
    for (int k = 0; k < (inputs == 64 ? 4 : 5); k++)
        n += snprintf(text + n, sizeof text - (size_t)n, "  - {op: fully_connected, out: %u, bias: false}\n", units);
    snprintf(text + n, sizeof text - (size_t)n, "  - {op: fully_connected, out: 10, bias: false}\n");
    assert_cached(text, cached_mib, streamed_mib);
}

/* 64 inputs, four layers of N, 10 outputs: a layer that one tile's share does not fit is kept out whatever is free. */
START_TEST(stacks_of_fully_connected_layers)
{
    fully_connected(64, 100, 0.050537109375, 0);
    fully_connected(64, 220, 0.190185546875, 0);
    fully_connected(64, 1580, 7.43, 0);
    fully_connected(64, 1620, 5.34, 2.57);
    fully_connected(64, 1980, 7.73, 3.75);
    fully_connected(64, 2000, 7.81, 4.06); /* the last layer, of 10, is sent */
    fully_connected(64, 2140, 4.70, 8.88);
    fully_connected(64, 2620, 6.88, 13.11);
    fully_connected(64, 2750, 0.3359375, 21.67);
    fully_connected(64, 3000, 0.36669921875, 25.82);
}
END_TEST

/* 6912 inputs: blocks of 64 rows fill the tiles that the first layer leaves free. */
START_TEST(stacks_with_a_wide_input)
{
    fully_connected(6912, 22, 0.42919921875, 0);
    fully_connected(6912, 742, 7.29, 0);
    fully_connected(6912, 802, 7.45, 0.637939453125);
    fully_connected(6912, 862, 7.44, 1.48);
    fully_connected(6912, 902, 7.21, 2.48);
    fully_connected(6912, 982, 7.71, 2.90); /* the last layer is sent */
    fully_connected(6912, 1022, 7.75, 3.02);
    fully_connected(6912, 1342, 5.25, 10.58);
}
END_TEST

/* The log of DenseNet-201's segments (pm2550/TPU_Models@1f14bf8): constants are streamed although megabytes are free. */
START_TEST(constants_of_batch_norms_are_sent_by_the_host)
{
    static const struct { const char *name; double cached, streamed; } rows[] = {
        {"densenet201 segment 1 of 8", 3.78, 0.359}, {"densenet201 segment 5 of 8", 2.88, 0.472},
        {"densenet201 segment 6 of 8", 2.80, 0.505}, {"densenet201 segment 7 of 8", 3.91, 0.441},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ets_error e;
        ets_model *m = network_named(rows[i].name, "", NULL, &e);
        ck_assert_msg(m != NULL, "%s", e.text);
        ets_summary s = compiled("16", m);
        assert_mib(s.onchip_parameter_bytes, rows[i].cached);
        ck_assert_double_eq_tol((double)s.streamed_parameter_bytes / 1048576, rows[i].streamed, 0.0006);
    }
}
END_TEST

/* What makes boxes of a 416x416 image's predictions: a grid, equal for the three anchors, and anchors, equal for all cells. YOLOv7-tiny's
 * log says 41.75 KiB. */
START_TEST(constants_by_place_go_where_they_are_needed)
{
    static const unsigned cells[] = {52 * 52, 26 * 26, 13 * 13};
    uint64_t sent_bytes = 0;
    for (size_t i = 0; i < 3; i++) {
        char text[320];
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: boxes\ninputs: {x: [1, 3, %u, 2]}\nlayers:\n"
                 "  - {op: add, name: xy, constant: [1, 1, %u, 2]}\n  - {op: mul, name: wh, constant: [1, 3, 1, 2]}\n", cells[i], cells[i]);
        sent_bytes += compiled_text_by("16", text).streamed_parameter_bytes;
        ck_assert_uint_eq(compiled_text_by("16", text).onchip_parameter_bytes, 0);
    }
    ck_assert_double_eq_tol((double)sent_bytes / 1024, 41.75, 0.002 * 41.75);
}
END_TEST

/* The first release leaves 6.91 MiB beside a Keras MobileNet v2, as its log says, and has no softmax on tiles: some
 * 94,000 bytes of instructions fewer. Both rules change at a release of their own. */
START_TEST(releases_differ_in_softmax_and_mean)
{
    const char *keras = TREE("models/mobilenet-v2-tf2-1.0-224.yaml"), *uint8 = TREE("models/mobilenet-v2-1.0-224.yaml");
    assert_mib(compiled_by("1", keras).parameter_capacity_bytes, 6.91);
    assert_mib(compiled_by("13", keras).parameter_capacity_bytes, 6.91);
    ck_assert_uint_gt(compiled_by("14", keras).parameter_capacity_bytes, compiled_by("13", keras).parameter_capacity_bytes);
    double sent_bytes = (double)compiled_by("1", TREE("models/mobilenet-v1-1.0-224.yaml")).instruction_bytes;
    ck_assert_double_eq_tol(sent_bytes, 82768, 0.005 * 82768); /* seen on the wire */
    ck_assert_uint_lt(compiled_by("1", uint8).instruction_bytes + 90000, compiled_by("2", uint8).instruction_bytes);
    ck_assert_uint_eq(compiled_by("2", uint8).instruction_bytes, compiled_by("16", uint8).instruction_bytes);
}
END_TEST

/* Inception v1 has 0.5 MiB to spare, yet nine hosts wait for some 200 kB more than it sends and gets; without pools nothing is sent. */
/* A FIFO of two fills of `taps` rows, 4 units each, and 8 for biases; 16 to 30 rows are one fill, and 4. */
START_TEST(a_depthwise_layer_takes_a_fifo_or_a_block)
{
    static const struct { uint32_t kernel; uint64_t units; } of[] = {{3, 8 * 9 + 8}, {4, 4 * 16 + 4}, {5, 4 * 25 + 4}, {6, 8 * 36 + 8}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        char text[160];
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: d\ninputs: {x: [1, 16, 8, 32]}\nlayers:\n  - {op: depthwise_conv_2d, kernel: %u}\n", of[i].kernel);
        ck_assert_uint_eq(compiled_text_by("16", text).parameter_capacity_bytes, 16 * (512 * 1024 - 64 * of[i].units));
    }
}
END_TEST

START_TEST(windows_of_pools_take_room)
{
    static const char pool[] = "  - {op: max_pool, kernel: 3, stride: 2}\n", with[] =
        "edgetpu_sim_model: 1\nname: pool\ninputs: {x: [1, 56, 56, 64]}\nlayers:\n  - {op: conv_2d, kernel: 3, out: 192}\n%s"
        "  - {op: conv_2d, kernel: 3, stride: 4, out: 1024}\n  - {op: conv_2d, kernel: 3, out: 560}\n";
    ets_summary s = compiled_by("2", TREE("models/inception-v1-224.yaml"));
    ck_assert_uint_gt(s.streamed_parameter_bytes, 180000);
    ck_assert_uint_lt(s.streamed_parameter_bytes, 245000);
    ck_assert_uint_gt(s.parameter_capacity_bytes, s.parameter_bytes);
    char text[512];
    for (int pools = 0; pools < 2; pools++) {
        snprintf(text, sizeof text, with, pools ? pool : "");
        ets_summary small = compiled_text_by("16", text);
        ck_assert_uint_eq(small.streamed_parameter_bytes > 0, pools);
        ck_assert_uint_gt(small.parameter_capacity_bytes, small.parameter_bytes);
    }
}
END_TEST

/* A group in parts leaves less room for parameters, by its input's part of a tile: PoseNet's 89 x 121 pixels of a word. */
START_TEST(groups_stash_their_input)
{
    ets_summary whole = compiled_by("16", TREE("models/posenet-mobilenet-v1-0.75-353x481.yaml"));
    ck_assert_uint_le(whole.parameter_capacity_bytes, 16 * (512 * 1024 - 676 * 64));
}
END_TEST

/* The compiler of 2019 leaves block 0 of each of 100 layers on tile 0: what a log of 100 layers of U rows keeps, by a layer. */
START_TEST(release_1_fills_the_first_tiles)
{
    static const struct { uint32_t units; double cached, streamed; } logs[] = {
        {150, 1.49, 1.34}, {200, 2, 2.94}, {300, 2.5, 6.69}, {350, 3.01, 9.91}, {400, 3.46, 13.64}};
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        char text[8192];
        int n = snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: stack\ntype: uint8\ninputs: {x: [1, 12]}\nlayers:\n");
        for (int k = 0; k < 100; k++) n += snprintf(text + n, sizeof text - (size_t)n, "  - {op: fully_connected, out: %u, act: relu}\n", logs[i].units);
        snprintf(text + n, sizeof text - (size_t)n, "  - {op: fully_connected, out: 1}\n");
        ets_summary s = compiled_text_by("1", text), today = compiled_text_by("16", text);
        double layer = (logs[i].cached + logs[i].streamed) / 100;
        ck_assert_double_eq_tol((double)s.onchip_parameter_bytes / 1048576, logs[i].cached, 1.1 * layer);
        ck_assert_double_eq_tol((double)s.streamed_parameter_bytes / 1048576, logs[i].streamed, 1.1 * layer);
        ck_assert_uint_gt(today.onchip_parameter_bytes, s.onchip_parameter_bytes);
    }
}
END_TEST

/* Five 3x3 convolutions of F channels on 64x64x3: where their latency on a device jumps, which host and link tell apart, the
 * compiler has gone on to the next cut: 302, 380 (1x2, 2x2), 652 (2x3) and 722 (3x3). */
START_TEST(stacks_are_cut_where_their_latency_jumps)
{
    static const struct { uint32_t f, parts; } rows[] = {{300, 1}, {302, 2}, {372, 2}, {380, 4}, {632, 4}, {652, 6}, {712, 6}, {722, 9}, {742, 9}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        int n = snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: stack\ninputs: {x: [1, 64, 64, 3]}\nlayers:\n");
        for (int k = 0; k < 5; k++)
            n += snprintf(text + n, sizeof text - (size_t)n, "  - {op: conv_2d, kernel: 3, out: %u, bias: false}\n", rows[i].f);
        ck_assert_uint_eq(layer_of(text, 0).passes, rows[i].parts);
    }
}
END_TEST

/* 32x32 pixels of 96 channels a tile and their border do not fit twice. Where another operator than the next reads them, behind the
 * group, they are there as a whole while it runs. */
START_TEST(what_is_read_behind_a_group_stays_as_a_whole)
{
    static const char *const reads[] = {"c", "a"};
    for (size_t i = 0; i < 2; i++) {
        char text[1024];
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: branch\ninputs: {x: [1, 128, 128, 3]}\nlayers:\n"
                                    "  - {op: conv_2d, name: a, kernel: 3, out: 96}\n  - {op: conv_2d, name: b, kernel: 3, out: 96}\n"
                                    "  - {op: conv_2d, name: c, kernel: 3, stride: 4, out: 96}\n"
                                    "  - {op: conv_2d, name: d, from: %s, kernel: 3, stride: 4, out: 96}\n", reads[i]);
        ck_assert_uint_gt(layer_of(text, 1).passes, 1);
        ck_assert(i == 1 ? layer_of(text, 2).narrow_bytes_per_tile > 34 * 34 * 96 : layer_of(text, 2).narrow_bytes_per_tile < 34 * 34 * 96);
    }
}
END_TEST

/* A line of 1600 boxes, which has no height, lies on all 16 tiles, 100 on each; with a height of one it is a row of 4 tiles. */
START_TEST(a_line_of_boxes_lies_on_all_tiles)
{
    static const struct { const char *shape; uint64_t pixels; } cases[] = {{"1, 1600, 90", 100}, {"1, 1, 1600, 90", 400}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\ninputs: {x: [%s]}\nlayers:\n  - {op: logistic}\n", cases[i].shape);
        ck_assert_uint_eq(layer_of(text, 0).narrow_bytes_per_tile, 2 * 92 * cases[i].pixels);
        ck_assert_uint_eq(layer_of(text, 0).steps_busiest_tile, cases[i].pixels * 23);
    }
}
END_TEST

/* Scores of two maps, too many to wait for each other on the chip: they pass the last operator and leave map by map, unless something
 * on the chip reads what it makes. What comes and goes is the same. */
START_TEST(scores_too_large_to_wait_leave_in_pieces)
{
    static const struct { uint32_t side; const char *behind; uint32_t results; bool overfull; } cases[] = {
        {20, "", 1, false}, {72, "", 1, false}, {72, "  - {op: relu}\n", 1, true}, {72, "  - {op: relu, name: r, from: all}\noutputs: [s, r]\n", 2, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        uint32_t n = cases[i].side * cases[i].side;
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: detector\ninputs: {x: [1, %u, %u, 32]}\nlayers:\n"
                 "  - {op: conv_2d, name: a, kernel: 1, out: 180}\n  - {op: reshape, name: af, shape: [1, %u, 90]}\n"
                 "  - {op: conv_2d, name: b, from: x, kernel: 1, out: 180}\n  - {op: reshape, name: bf, shape: [1, %u, 90]}\n"
                 "  - {op: concat, name: all, from: [af, bf], axis: 1}\n  - {op: logistic, name: s}\n%s", cases[i].side, cases[i].side,
                 2 * n, 2 * n, cases[i].behind);
        ets_summary s = compiled_text_by("16", text);
        ck_assert_uint_eq(s.n_overfull_layers > 0, cases[i].overfull);
        ck_assert_uint_eq(s.output_bytes - s.spilled_activation_bytes, cases[i].results * 4 * (uint64_t)n * 92);
    }
}
END_TEST

/* 16x16 pixels a tile: an input of 4 channels, maps of 8 and 12 in one block of 20, which is there while the first is made. */
START_TEST(a_joint_block_is_there_from_its_first_part_on)
{
    const char *text = "edgetpu_sim_model: 1\nname: joint\ninputs: {x: [1, 64, 64, 4]}\nlayers:\n"
                       "  - {op: conv_2d, name: a, kernel: 1, out: 8}\n  - {op: conv_2d, name: b, from: x, kernel: 1, out: 12}\n"
                       "  - {op: concat, name: c, from: [a, b]}\n";
    ck_assert_uint_eq(layer_of(text, 0).narrow_bytes_per_tile, 256 * (4 + 20));
    ck_assert_uint_eq(layer_of(text, 1).narrow_bytes_per_tile, 256 * (4 + 20));
    ck_assert_uint_eq(layer_of(text, 2).narrow_bytes_per_tile, 256 * 20);
}
END_TEST

/* A skip connection of half of narrow memory that a transposed convolution leaves no room for. It is kept by the host, leaves
 * and comes back once, and is in the time; where all fits, or the rest can run in parts, nothing is. */
START_TEST(what_does_not_fit_is_kept_by_the_host)
{
    static const struct { uint64_t side, spilled; } cases[] = {{128, 128 * 128 * 96}, {64, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        uint64_t pixels = cases[i].side * cases[i].side;
        snprintf(text, sizeof text,
                 "edgetpu_sim_model: 1\nname: unet\ninputs: {x: [1, %u, %u, 3]}\nlayers:\n"
                 "  - {op: conv_2d, name: skip, kernel: 3, out: 96}\n"
                 "  - {op: conv_2d, name: down, kernel: 3, stride: 2, out: 144}\n"
                 "  - {op: transpose_conv, name: up, kernel: 3, stride: 2, out: 96}\n"
                 "  - {op: add, name: join, from: [skip, up]}\n", (unsigned)cases[i].side, (unsigned)cases[i].side);
        ets_summary s = compiled_text_by("16", text);
        ck_assert_uint_eq(s.spilled_activation_bytes, cases[i].spilled);
        ck_assert_uint_eq(s.input_bytes, pixels * 3 + cases[i].spilled);
        ck_assert_uint_eq(s.output_bytes, pixels * 96 + cases[i].spilled);
    }
}
END_TEST

/* What is too large with nothing beside it is run as if it fitted: there is no use in sending anything away for it. */
START_TEST(what_does_not_fit_by_itself_sends_nothing_away)
{
    static const struct { uint32_t channels; bool spilled, overfull; } cases[] = {{96, true, false}, {208, false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: one\ninputs: {x: [1, 128, 128, 3]}\nlayers:\n"
                 "  - {op: conv_2d, name: skip, kernel: 3, out: 96}\n  - {op: conv_2d, name: down, kernel: 3, stride: 2, out: 144}\n"
                 "  - {op: transpose_conv, name: up, kernel: 3, stride: 2, out: %u}\n"
                 "  - {op: conv_2d, name: again, from: skip, kernel: 1, stride: 4, out: 8}\noutputs: [up, again]\n", cases[i].channels);
        ets_summary s = compiled_text_by("16", text);
        ck_assert_int_eq(s.spilled_activation_bytes > 0, cases[i].spilled);
        ck_assert_int_eq(s.n_overfull_layers > 0, cases[i].overfull);
    }
}
END_TEST

/* What leaves the network as it is, or behind a view, is no such tensor: it does not come back. */
START_TEST(what_only_leaves_is_not_kept)
{
    ets_summary s = compiled_text_by("16", "edgetpu_sim_model: 1\nname: two\ninputs: {x: [1, 128, 128, 3]}\nlayers:\n"
                                           "  - {op: conv_2d, name: early, kernel: 3, out: 96}\n"
                                           "  - {op: conv_2d, name: down, kernel: 3, stride: 2, out: 144}\n"
                                           "  - {op: transpose_conv, name: up, kernel: 3, stride: 2, out: 96}\n"
                                           "  - {op: reshape, name: flat, from: early, shape: [128, 128, 96]}\n"
                                           "outputs: [flat, up]\n");
    ck_assert_uint_eq(s.spilled_activation_bytes, 0);
    ck_assert_uint_eq(s.output_bytes, 2 * 128 * 128 * 96);
}
END_TEST

/* Models that are compiled together: the second has what the first leaves, byte for byte, and streams the rest; nothing left: all. */
START_TEST(models_compiled_together_share_the_cache)
{
    static const struct { const char *others; uint64_t bytes; } cases[] = {{"0", 0}, {"1Mi", 1 << 20}, {"6Mi", 6 << 20}, {"1Gi", 8 << 20}};
    ets_summary alone = {0};
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_load(TREE("models/mobilenet-v2-1.0-224.yaml"), NULL, &m, &e), e);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ets_setting others = {"compiler.others_bytes", cases[i].others};
        ets_arch *a = NULL;
        ets_report *r = NULL;
        ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), &others, 1, NULL, &a, &e), e);
        ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
        ets_summary s = *ets_report_summary(r);
        if (!i) alone = s;
        uint64_t left = alone.parameter_capacity_bytes > cases[i].bytes ? alone.parameter_capacity_bytes - cases[i].bytes : 0;
        ck_assert_uint_eq(s.parameter_capacity_bytes, left);
        ck_assert_uint_le(s.onchip_parameter_bytes, left);
        ck_assert_int_eq(s.streamed_parameter_bytes > 0, left < alone.onchip_parameter_bytes);
        ck_assert_uint_ge(s.onchip_parameter_bytes + s.streamed_parameter_bytes, alone.onchip_parameter_bytes);
        ck_assert_uint_ge(s.cycles, alone.cycles);
        ets_report_free(r);
        ets_arch_free(a);
    }
    ets_model_free(m);
}
END_TEST

/* An image's row waits in a FIFO that parameters cannot use, 8 units for each packet of 256 bytes and 8 more; a vector has none. */
START_TEST(an_image_waits_in_wide_memory_and_a_vector_does_not)
{
    uint64_t capacity[4];
    static const char *const inputs[] = {"1, 1, 8", "1, 1, 4096", "1, 2, 8", "1, 2, 4096"};
    for (int i = 0; i < 4; i++) {
        char text[256];
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\ninputs: {x: [1, %s]}\nlayers:\n  - {op: relu}\n", inputs[i]);
        capacity[i] = compiled_text_by("16", text).parameter_capacity_bytes;
    }
    ck_assert_uint_eq(capacity[0], capacity[1]);
    ck_assert_uint_eq(capacity[2] - capacity[3], 16 * 8 * (2 * 4096 / 256 - 1) * ETI_UNIT_BYTES); /* on each tile */
}
END_TEST

/* A recurrent layer stores eight matrices, of its input and of its state for each of four gates, each as a dense layer of its own. */
START_TEST(the_gates_of_an_lstm_are_dense_layers)
{
    static const struct { unsigned inputs, units; } cases[] = {{24, 40}, {7, 3}, {130, 100}, {64, 64}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: m\ntype: uint8\ninputs: {x: [1, 5, %u]}\nlayers:\n  - {op: lstm, out: %u}\n",
                 cases[i].inputs, cases[i].units);
        uint64_t whole = compiled_text_by("16", text).parameter_bytes;
        int n = snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: m\ntype: uint8\ninputs: {x: [1, %u], h: [1, %u]}\nlayers:\n",
                         cases[i].inputs, cases[i].units);
        for (int k = 0; k < 8; k++)
            n += snprintf(text + n, sizeof text - (size_t)n, "  - {op: fully_connected, from: %s, out: %u, bias: true}\n", k < 4 ? "x" : "h",
                          cases[i].units);
        ck_assert_uint_gt(whole, 0);
        ck_assert_uint_eq(whole, compiled_text_by("16", text).parameter_bytes);
    }
}
END_TEST

/* The largest first, each at the lowest address that is free while it lives; every one of them. */
static uint64_t first_fit(const struct eti_buffer *from, uint32_t n)
{
    struct eti_buffer placed[300];
    uint64_t highest = 0;
    for (uint32_t k = 0; k < n; k++) {
        const struct eti_buffer *next = NULL;
        for (uint32_t i = 0; i < n; i++) {
            bool done = false;
            for (uint32_t p = 0; p < k; p++) done |= placed[p].rank == i;
            if (!done && (!next || from[i].bytes > next->bytes)) next = &from[i];
        }
        struct eti_buffer b = *next;
        b.rank = (uint32_t)(next - from);
        b.at = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (uint32_t p = 0; p < k; p++) {
                const struct eti_buffer *o = &placed[p];
                if (o->last < b.first || o->first > b.last || o->at >= b.at + b.bytes || o->at + o->bytes <= b.at) continue;
                b.at = o->at + o->bytes;
                moved = true;
            }
        }
        placed[k] = b;
        if (b.at + b.bytes > highest) highest = b.at + b.bytes;
    }
    return highest;
}

START_TEST(the_highest_address_is_that_of_all_placed)
{
    uint64_t seed = 11, above = 0;
    struct eti_arena arena;
    eti_arena_init(&arena, NULL);
    for (int k = 0; k < 3000; k++) {
        struct eti_buffer buffers[300];
        uint32_t n = (uint32_t)test_between(&seed, 1, k % 50 ? 60 : 300), n_ops = (uint32_t)test_between(&seed, 1, 60);
        uint64_t largest = test_between(&seed, 1, k % 2 ? 20 : 100000), longest = test_between(&seed, 0, k % 3 ? 5 : 60), live[64] = {0}, most = 0, out;
        for (uint32_t i = 0; i < n; i++) {
            struct eti_buffer *b = &buffers[i];
            b->bytes = test_between(&seed, 1, largest);
            b->first = (uint32_t)test_between(&seed, 0, n_ops);
            b->last = b->first + (uint32_t)test_between(&seed, 0, longest);
            if (b->last > n_ops) b->last = n_ops;
            for (uint32_t op = b->first; op <= b->last; op++) live[op] += b->bytes;
        }
        for (uint32_t op = 0; op <= n_ops; op++)
            if (live[op] > most) most = live[op];
        uint64_t want = first_fit(buffers, n);
        ck_assert_int_eq(eti_highest_of(buffers, n, n_ops, &arena, &out, NULL), ETS_OK);
        ck_assert_uint_eq(out, want);
        above += want > most;
        eti_arena_reset(&arena);
    }
    ck_assert_uint_gt(above, 500); /* holes are common here */
    eti_arena_free(&arena);
}
END_TEST

/* ------------------------------------------------------------------ room in the cache -------------------- */

/* Pointwise convolutions on a small map, and some fully connected layers behind them. */
static ets_model *random_stack(uint64_t *seed, uint32_t products)
{
    char text[2048];
    ets_model *m = NULL;
    ets_error e;
    int n = snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: stack\ninputs: {x: [1, 8, 8, 16]}\nlayers:\n");
    for (uint64_t k = test_between(seed, 2, 8); k; k--)
        n += snprintf(text + n, sizeof text - (size_t)n, "  - {op: conv_2d, kernel: 1, out: %u}\n", (unsigned)test_between(seed, 8, 400));
    if (products) n += snprintf(text + n, sizeof text - (size_t)n, "  - {op: mean}\n");
    for (uint32_t k = 0; k < products; k++)
        n += snprintf(text + n, sizeof text - (size_t)n, "  - {op: fully_connected, out: %u}\n", (unsigned)test_between(seed, 8, 900));
    ASSERT_OK(ets_model_parse("stack", text, (size_t)n, NULL, &m, &e), e);
    return m;
}

static uint64_t units_of(const struct eti_schedule *s, uint32_t i) { return s->l.facts[i]->parameter_bytes / ETI_UNIT_BYTES; }
static bool is_product(const struct eti_schedule *s, uint32_t i) { return s->l.facts[i]->traits & ETI_MATRIX; }

/* The next layer to be placed: products first, where they have their tiles, then the largest, of equal ones the first. */
static uint32_t next_of(const struct eti_schedule *s, const bool *placed)
{
    uint32_t best = UINT32_MAX, n = s->l.graph->n_ops;
    bool first = !eti_release_of(s->l.arch)->spreads_blocks;
    uint64_t most = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t rank = s->l.facts[i]->parameter_bytes + (first && is_product(s, i) ? (uint64_t)1 << 40 : 0);
        if (placed[i] || !s->l.facts[i]->parameter_bytes || rank <= most) continue;
        best = i;
        most = rank;
    }
    return best;
}

/* Returns how many layers are sent. */
static uint32_t assert_room_is_used(const ets_arch *a, const ets_model *m)
{
    struct eti_schedule s;
    ets_error e;
    bool placed[32] = {false};
    uint32_t sent = 0;
    ASSERT_OK(eti_schedule_make(&a->v, m->graph, false, NULL, &s, &e), e);
    uint64_t room = s.capacity_bytes / ETI_UNIT_BYTES;
    for (uint32_t i = next_of(&s, placed); i != UINT32_MAX; i = next_of(&s, placed)) {
        uint64_t blocks = is_product(&s, i) ? eti_ceil_div(eti_yxz(&m->graph->tensors[m->graph->ops[i].outputs[0]].shape).z, a->v.tile.cells) : 1;
        uint64_t takes = blocks * eti_ceil_div(units_of(&s, i), blocks);
        placed[i] = true;
        sent += s.layers[i].streamed;
        if (!s.layers[i].streamed) ck_assert_uint_le(takes, room);
        else if (!is_product(&s, i)) ck_assert_uint_gt(takes, room); /* else it could have been cut to fill what is free */
        room -= s.layers[i].streamed ? 0 : takes;
    }
    eti_schedule_free(&s);
    return sent;
}

static ets_arch *with_wide(uint64_t side, uint64_t bytes, const char *release)
{
    char wide[24], grid[24];
    ets_arch *a = NULL;
    ets_error e;
    snprintf(wide, sizeof wide, "%llu", (unsigned long long)bytes);
    snprintf(grid, sizeof grid, "%llu", (unsigned long long)side);
    const ets_setting settings[] = {{"tile.wide_bytes", wide}, {"grid.x", grid}, {"grid.y", grid}, {"compiler.release", release}};
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), settings, 4, NULL, &a, &e), e);
    return a;
}

START_TEST(a_layer_is_sent_only_where_it_has_no_room)
{
    uint64_t seed = 91;
    uint32_t sent = 0;
    for (int k = 0; k < 600; k++) {
        ets_arch *a = with_wide(test_between(&seed, 1, 5), 64 * test_between(&seed, 200, 4000), k % 2 ? "16" : "1");
        ets_model *m = random_stack(&seed, (uint32_t)test_between(&seed, 0, 3));
        sent += assert_room_is_used(a, m);
        ets_model_free(m);
        ets_arch_free(a);
    }
    ck_assert_uint_gt(sent, 300);
}
END_TEST

static ets_summary on_one_tile(const ets_model *m, uint64_t wide_bytes)
{
    ets_arch *a = with_wide(1, wide_bytes, "16");
    ets_report *r = NULL;
    ets_error e;
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    ets_summary sum = *ets_report_summary(r);
    ets_report_free(r);
    ets_arch_free(a);
    return sum;
}

START_TEST(what_fits_to_the_byte_is_kept)
{
    uint64_t seed = 92;
    for (int k = 0; k < 50; k++) {
        ets_model *m = random_stack(&seed, 0);
        uint64_t large = 64 << 20;
        ets_summary all = on_one_tile(m, large);
        uint64_t beside = large - all.parameter_capacity_bytes; /* what the operators need */
        ck_assert_uint_eq(all.streamed_parameter_bytes, 0);
        ck_assert_uint_eq(on_one_tile(m, all.onchip_parameter_bytes + beside).streamed_parameter_bytes, 0);
        ck_assert_uint_gt(on_one_tile(m, all.onchip_parameter_bytes + beside - ETI_UNIT_BYTES).streamed_parameter_bytes, 0);
        ets_model_free(m);
    }
}
END_TEST

Suite *suite_wide(void);
Suite *suite_wide(void)
{
    Suite *s = suite_create("wide");
    TCase *t = tcase_create("parameters on the chip");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, stacks_of_convolutions);
    tcase_add_test(t, stacks_of_fully_connected_layers);
    tcase_add_test(t, stacks_with_a_wide_input);
    tcase_add_test(t, constants_of_batch_norms_are_sent_by_the_host);
    tcase_add_test(t, constants_by_place_go_where_they_are_needed);
    tcase_add_test(t, releases_differ_in_softmax_and_mean);
    tcase_add_test(t, windows_of_pools_take_room);
    tcase_add_test(t, a_depthwise_layer_takes_a_fifo_or_a_block);
    tcase_add_test(t, groups_stash_their_input);
    tcase_add_test(t, stacks_are_cut_where_their_latency_jumps);
    tcase_add_test(t, what_is_read_behind_a_group_stays_as_a_whole);
    tcase_add_test(t, models_compiled_together_share_the_cache);
    tcase_add_test(t, a_line_of_boxes_lies_on_all_tiles);
    tcase_add_test(t, scores_too_large_to_wait_leave_in_pieces);
    tcase_add_test(t, a_joint_block_is_there_from_its_first_part_on);
    tcase_add_test(t, release_1_fills_the_first_tiles);
    tcase_add_test(t, what_does_not_fit_is_kept_by_the_host);
    tcase_add_test(t, what_does_not_fit_by_itself_sends_nothing_away);
    tcase_add_test(t, what_only_leaves_is_not_kept);
    tcase_add_test(t, an_image_waits_in_wide_memory_and_a_vector_does_not);
    tcase_add_test(t, the_gates_of_an_lstm_are_dense_layers);
    tcase_add_test(t, small_pixels_are_copied_by_releases_below_14);
    tcase_add_test(t, the_highest_address_is_that_of_all_placed);
    tcase_add_test(t, a_layer_is_sent_only_where_it_has_no_room);
    tcase_add_test(t, what_fits_to_the_byte_is_kept);
    suite_add_tcase(s, t);
    return s;
}
