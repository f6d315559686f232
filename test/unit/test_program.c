/* test_program.c - programs of operators in every order: each comes to its end, whatever stands before a window. */
#include "arch/arch.h"
#include "graph/model.h"
#include "random_graph.h"
#include "schedule/schedule.h"
#include "test.h"

/* After a convolution `c` to 300 channels; each result is `r`. */
static const char *const befores[] = {
    "  - {op: conv_2d, name: r, kernel: 1, out: 200}\n",
    "  - {op: depthwise_conv_2d, name: r, kernel: 1}\n",
    "  - {op: depthwise_conv_2d, name: r, kernel: 3}\n",
    "  - {op: transpose_conv, name: r, kernel: 1, out: 200}\n",
    "  - {op: fully_connected, name: q, out: 300}\n  - {op: reshape, name: r, shape: [1, 1, 1, 300]}\n",
    "  - {op: mul, name: r, from: [c, c]}\n",
    "  - {op: relu, name: r}\n",
    "  - {op: logistic, name: r}\n",
    "  - {op: quantize, name: r}\n",
    "  - {op: softmax, name: r}\n",
    "  - {op: mean, name: r, keep_dims: true}\n",
    "  - {op: avg_pool, name: r, kernel: 1}\n",
    "  - {op: concat, name: r, from: [c, c]}\n",
    "  - {op: slice, name: r, begin: [0, 0, 0, 0], size: [1, 1, 1, 100]}\n",
    "  - {op: resize_nearest, name: r, size: [2, 2]}\n",
};
static const char *const pads[] = {"", "  - {op: pad, pads: [[1, 1], [4, 0]]}\n", "  - {op: pad, pads: [[4, 0], [4, 0]]}\n",
                                   "  - {op: pad, pads: [[0, 3], [0, 3]]}\n"};
static const char *const windows[] = {"depthwise_conv_2d, kernel: 3", "conv_2d, out: 8, kernel: 3", "max_pool, stride: 1, kernel: 2",
                                      "transpose_conv, stride: 2, out: 8, kernel: 3"};
#define COUNT(list) (sizeof list / sizeof *list)

static void assert_finishes(const ets_arch *arch, const char *size, size_t before, size_t pad, size_t window)
{
    char text[1024];
    ets_model *m = NULL;
    ets_report *r = NULL;
    ets_error e = {0};
    ets_options options = ETS_OPTIONS_INIT;
    options.multi_subgraph = true;
    int n = snprintf(text, sizeof text,
                     "edgetpu_sim_model: 1\nname: chain\ninputs: {x: [1, %s, 64]}\nlayers:\n  - {op: conv_2d, name: c, kernel: 1, out: 300}\n%s%s"
                     "  - {op: %s, pad: %s}\n",
                     size, befores[before], pads[pad], windows[window], pad ? "valid" : "same");
    ets_status made = ets_model_parse("chain", text, (size_t)n, NULL, &m, &e);
    ck_assert_msg(made == ETS_OK, "%s\n%s", e.text, text);
    ets_status done = ets_simulate(arch, m, &options, NULL, &r, &e);
    ck_assert_msg(done == ETS_OK, "%s\n%s", e.text, text);
    ets_report_free(r);
    ets_model_free(m);
}

/* Vectors lie 64 channels a tile after some operators, on one tile after others, maps by position; a window wants all of them by
 * position. What is counted has to be what is waited for. */
START_TEST(every_chain_of_operators_finishes)
{
    static const char *const sizes[] = {"1, 1", "1, 3", "2, 2"};
    static const ets_setting small[] = {{"grid.x", "2"}, {"grid.y", "2"}, {"tile.narrow_bytes", "4Ki"}, {"tile.wide_bytes", "32Ki"}};
    for (size_t machine = 0; machine < 2; machine++) {
        ets_arch *a = NULL;
        ets_error e;
        ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), small, machine ? COUNT(small) : 0, NULL, &a, &e), e);
        for (size_t s = 0; s < COUNT(sizes); s++)
            for (size_t before = 0; before < COUNT(befores); before++)
                for (size_t pad = 0; pad < COUNT(pads); pad++)
                    for (size_t window = 0; window < COUNT(windows); window++) {
                        bool vector = strstr(befores[before], "reshape") || strstr(befores[before], "size: [1");
                        if (!vector || s == 0) assert_finishes(a, sizes[s], before, pad, window);
                    }
        ets_arch_free(a);
    }
}
END_TEST

/* Bytes of the input in the program's transfers, band by band where it comes in bands; each ends at a multiple of 8 bytes. */
START_TEST(bands_add_up_to_what_the_host_sends)
{
    static const struct { const char *model; uint64_t bands; } cases[] = {
        {TREE("models/mobilenet-v2-1.0-224.yaml"), 1}, {TREE("models/vgg-16-224.yaml"), 2}, {TREE("models/posenet-mobilenet-v1-0.75-721x1281.yaml"), 3}};
    ets_arch *a = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct eti_schedule s;
        ets_model *m = NULL;
        uint64_t sent_bytes = 0, n_sent = 0;
        ASSERT_OK(ets_model_load(cases[i].model, NULL, &m, &e), e);
        ASSERT_OK(eti_schedule_make(&a->v, m->graph, false, NULL, &s, &e), e);
        const struct eti_program *p = &s.program;
        ck_assert_uint_eq(s.layers[0].input_in_bands ? eti_n_bands(&s.layers[0]) : 1, cases[i].bands);
        for (size_t k = 0; k < p->n_phases; k++) {
            bool sends = false;
            for (uint32_t c = p->phases[k].first; c < p->phases[k].first + p->phases[k].count && p->phases[k].owner == ETI_OWNER_INPUT; c++) {
                if (p->commands[c].unit != ETI_LINK_IN) continue;
                sent_bytes += p->commands[c].bytes;
                sends = true;
            }
            n_sent += sends;
        }
        ck_assert_uint_eq(n_sent, cases[i].bands);
        ck_assert_uint_eq(s.input_bytes % 8, 0);
        ck_assert_uint_le(sent_bytes, s.input_bytes);
        ck_assert_uint_lt(s.input_bytes, sent_bytes + 8 * cases[i].bands);
        eti_schedule_free(&s);
        ets_model_free(m);
    }
    ets_arch_free(a);
}
END_TEST

/* Bytes of the program's transfers, each way. */
static void transferred(const struct eti_program *p, uint64_t *in_bytes, uint64_t *out_bytes)
{
    *in_bytes = *out_bytes = 0;
    for (size_t k = 0; k < p->n_phases; k++)
        for (uint32_t c = p->phases[k].first; c < p->phases[k].first + p->phases[k].count; c++) {
            if (p->commands[c].unit == ETI_LINK_IN) *in_bytes += p->commands[c].bytes;
            if (p->commands[c].unit == ETI_LINK_OUT) *out_bytes += p->commands[c].bytes;
        }
}

/* A program's transfers are what a summary says of them, but for the 8 bytes that each part of a transfer ends at: parameters that have no
 * room take the link whatever they are of, and as often as they are sent. */
static void assert_transfers(const ets_arch *a, const ets_model *m)
{
    struct eti_schedule s;
    ets_report *r = NULL;
    ets_error e;
    uint64_t in_bytes, out_bytes;
    ASSERT_OK(eti_schedule_make(&a->v, m->graph, false, NULL, &s, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    transferred(&s.program, &in_bytes, &out_bytes);
    const ets_summary *t = ets_report_summary(r);
    ck_assert_uint_le(in_bytes, t->link_in_bytes);
    ck_assert_uint_le(out_bytes, t->link_out_bytes);
    ck_assert_msg(t->link_in_bytes - in_bytes < 8 * (16 + s.n_spills), "%llu of %llu bytes", (unsigned long long)in_bytes, (unsigned long long)t->link_in_bytes);
    ck_assert_uint_lt(t->link_out_bytes - out_bytes, 8 * (16 + s.n_spills));
    for (size_t i = 0; i < t->n_layers; i++) {
        const ets_layer *l = ets_report_layer(r, i);
        if (l->parameters_streamed && !s.l.arch->link.runs_ahead) ck_assert_uint_ge(l->cycles * a->v.link.in_bytes_per_s, l->parameter_bytes * l->passes * a->v.clock_hz);
    }
    ets_report_free(r);
    eti_schedule_free(&s);
}

START_TEST(what_has_no_room_takes_the_link)
{
    static const char text[] = "edgetpu_sim_model: 1\nname: it\ntype: uint8\ninputs: {x: [1, 30, 200]}\nlayers:\n  - {op: lstm, out: 64}\n  - {op: reshape, shape: [1, 1920]}\n"
                               "  - {op: fully_connected, out: 900}\n  - {op: softmax}\n";
    static const ets_setting small = {"tile.wide_bytes", "4Ki"};
    ets_arch *a = NULL;
    ets_model *m = NULL;
    ets_error e;
    uint64_t seed = 17;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), &small, 1, NULL, &a, &e), e);
    ASSERT_OK(ets_model_parse("it", text, sizeof text - 1, NULL, &m, &e), e);
    assert_transfers(a, m);
    ets_model_free(m);
    ASSERT_OK(ets_model_load(TREE("models/vgg-16-224.yaml"), NULL, &m, &e), e);
    assert_transfers(a, m);
    ets_model_free(m);
    ets_arch_free(a);
    for (int k = 0; k < 200; k++) {
        ets_arch *any = test_random_machine(&seed);
        ASSERT_OK(ets_arch_with(any, &small, k % 2, NULL, &a, &e), e);
        m = test_random_graph(&seed, 10);
        assert_transfers(a, m);
        ets_model_free(m);
        ets_arch_free(a);
        ets_arch_free(any);
    }
}
END_TEST

Suite *suite_program(void);
Suite *suite_program(void)
{
    Suite *s = suite_create("program");
    TCase *t = tcase_create("chains");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, every_chain_of_operators_finishes);
    tcase_add_test(t, bands_add_up_to_what_the_host_sends);
    tcase_add_test(t, what_has_no_room_takes_the_link);
    suite_add_tcase(s, t);
    return s;
}
