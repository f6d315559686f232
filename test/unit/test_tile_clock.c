/* test_tile_clock.c - a convolution by schedule and engine takes the cycles that the tile takes clock by clock, with real
 * products of what has really arrived. */
#include "base/num.h"
#include "ref/tile_clock.h"
#include "test.h"
#include "timing/tile_grid.h"

/* Everything that a tile's time depends on, drawn anew for each layer. */
struct numbers { uint64_t fill, output, ring_bytes, ring_latency, wide_bytes, mover, issue, fence; bool per_channel; };

static struct numbers random_numbers(uint64_t *seed)
{
    static const uint64_t widths[] = {16, 64, 100, 256, 512};
    struct numbers n;
    n.fill = test_between(seed, 0, 40);
    n.output = test_between(seed, 0, 3);
    n.ring_bytes = widths[test_between(seed, 0, 4)];
    n.ring_latency = test_between(seed, 0, 200);
    n.wide_bytes = widths[test_between(seed, 0, 4)];
    n.mover = test_between(seed, 1, 3);
    n.issue = test_between(seed, 0, 3);
    n.fence = test_between(seed, 0, 300);
    n.per_channel = test_between(seed, 0, 1);
    return n;
}

static ets_arch *one_tile(const struct numbers *n)
{
    static const char *const keys[] = {"grid.x", "grid.y", "tile.fill_cycles", "tile.output_cycles", "ring.bytes_per_cycle",
                                       "ring.latency_cycles", "tile.wide_bytes_per_cycle", "mover.cycles_per_word",
                                       "scalar.issue_cycles_per_iword", "scalar.fence_cycles", "tile.wide_bytes", "tile.narrow_bytes"};
    uint64_t values[] = {1, 1, n->fill, n->output, n->ring_bytes, n->ring_latency, n->wide_bytes, n->mover, n->issue, n->fence, 1 << 24, 1 << 24};
    char text[sizeof keys / sizeof *keys][24];
    ets_setting settings[sizeof keys / sizeof *keys];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        snprintf(text[i], sizeof text[i], "%llu", (unsigned long long)values[i]);
        settings[i] = (ets_setting){keys[i], text[i]};
    }
    ets_arch *a = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), settings, sizeof keys / sizeof *keys, NULL, &a, &e), e);
    return a;
}

static uint64_t simulated(const struct numbers *n, const struct ref_conv *c)
{
    char text[512];
    snprintf(text, sizeof text,
             "edgetpu_sim_model: 1\nname: one\ntype: int8\nper_channel: %s\ninputs: {x: [1, %u, %u, %u]}\nlayers:\n"
             "  - {op: conv_2d, kernel: [%u, %u], stride: %u, out: %u, pad: valid}\n",
             n->per_channel ? "true" : "false", (c->out_h - 1) * c->stride + c->kernel_h, c->in_w, c->in_c, c->kernel_h, c->kernel_w,
             c->stride, c->out_c);
    ets_arch *a = one_tile(n);
    ets_model *m = NULL;
    ets_report *r = NULL;
    ets_error e;
    ASSERT_OK(ets_model_parse("one", text, strlen(text), NULL, &m, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    uint64_t cycles = ets_report_layer(r, 0)->cycles;
    ets_report_free(r);
    ets_model_free(m);
    ets_arch_free(a);
    return cycles;
}

/* Kinds of layers that were met. */
struct met { uint32_t position_outer, partial_sums, fifo, block, groups; };

static uint64_t clocked(const struct numbers *n, const struct ref_conv *c, const int32_t *bias, struct met *met)
{
    struct eti_arch a;
    memset(&a, 0, sizeof a);
    a.tile.cores = 1;
    a.tile.cells = REF_CELLS;
    a.tile.lanes = REF_LANES;
    a.tile.cores = 1;
    uint32_t width = c->out_c < REF_CELLS ? c->out_c : REF_CELLS;
    struct eti_reduction r = eti_reduction_of(&a, c->kernel_h * c->kernel_w, c->in_c, c->out_c, (uint64_t)c->out_h * c->out_w);
    met->position_outer += r.position_outer;
    met->partial_sums += r.fills > 1;
    met->fifo += r.fifo && r.fills > 2;
    met->block += !r.fifo;
    met->groups += r.groups > 2;
    struct clock_machine m = {eti_ceil_div(256, n->ring_bytes), n->ring_latency, eti_ceil_div(4 * REF_CELLS, n->wide_bytes), n->fill,
                              n->output, n->mover, 0, 0, 0, 0};
    struct clock_layer l = {*c, bias, r.rows, r.fills, r.groups, r.fifo, (uint32_t)eti_ceil_div(width * (n->per_channel ? 12 : 4), 256),
                            (width + 1) / 2 * (n->per_channel ? 2 : 1)};
    m.consumer_issued = n->fence + (3 + 4) * n->issue; /* behind the barrier's three words; lengths: docs/MODEL.md "Instructions" */
    m.mover_issued = m.consumer_issued + 7 * n->issue;
    m.op_issued = m.mover_issued + 17 * n->issue;
    m.producer_issued = m.op_issued + 4 * n->issue;
    return clock_run(&m, &l);
}

START_TEST(a_convolution_takes_the_clocks_of_a_tile)
{
    uint64_t seed = 20;
    struct met met = {0, 0, 0, 0, 0};
    for (int k = 0; k < 3000; k++) {
        struct numbers n = random_numbers(&seed);
        struct ref_conv c;
        memset(&c, 0, sizeof c);
        c.out_h = (uint32_t)test_between(&seed, 1, k % 4 == 1 ? 6 : 3);
        c.out_w = (uint32_t)test_between(&seed, 2, 4);
        c.kernel_h = (uint32_t)test_between(&seed, 1, 3);
        c.kernel_w = (uint32_t)test_between(&seed, 1, 3);
        c.stride = (uint32_t)test_between(&seed, 1, 2);
        c.in_c = (uint32_t)test_between(&seed, 1, k % 2 ? 12 : k % 8 ? 40 : 160);
        c.out_c = (uint32_t)test_between(&seed, 1, k % 8 ? 100 : 300);
        c.in_w = (c.out_w - 1) * c.stride + c.kernel_w;
        size_t taps = (size_t)c.kernel_h * c.kernel_w, n_out = (size_t)c.out_h * c.out_w * c.out_c;
        int8_t *in = test_bytes(&seed, (size_t)((c.out_h - 1) * c.stride + c.kernel_h) * c.in_w * c.in_c);
        int8_t *weights = test_bytes(&seed, taps * c.in_c * c.out_c);
        int32_t *bias = calloc(c.out_c, sizeof *bias), *got = calloc(n_out, sizeof *got), *wanted = calloc(n_out, sizeof *wanted);
        for (uint32_t i = 0; i < c.out_c; i++) bias[i] = (int32_t)test_between(&seed, 0, 100000);
        c.input = in;
        c.weights = weights;
        c.output = got;
        uint64_t clocks = clocked(&n, &c, bias, &met);
        ref_plain(&c, wanted);
        for (size_t i = 0; i < n_out; i++) wanted[i] += bias[i % c.out_c];
        ck_assert_mem_eq(got, wanted, n_out * sizeof *got);
        ck_assert_msg(simulated(&n, &c) == clocks, "case %d: %llu simulated, %llu clocks: %ux%u kernel %ux%u, %u to %u channels", k,
                      (unsigned long long)simulated(&n, &c), (unsigned long long)clocks, c.out_h, c.out_w, c.kernel_h, c.kernel_w, c.in_c, c.out_c);
        free(in);
        free(weights);
        free(bias);
        free(got);
        free(wanted);
    }
    ck_assert(met.position_outer > 100 && met.partial_sums > 100 && met.fifo > 100 && met.block > 50 && met.groups > 100);
}
END_TEST

Suite *suite_tile_clock(void);
Suite *suite_tile_clock(void)
{
    Suite *s = suite_create("tile clock");
    TCase *t = tcase_create("a tile clock by clock");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, a_convolution_takes_the_clocks_of_a_tile);
    suite_add_tcase(s, t);
    return s;
}
