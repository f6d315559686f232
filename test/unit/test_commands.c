/* test_commands.c - what operators become: instruction words and steps as the tables of the vendor's programs give them (docs/MODEL.md,
 * "Instructions"), and what links, the scalar core and energy take. Figures are worked out here, not recorded. */
#include "arch/arch.h"
#include "base/num.h"
#include "engine/engine.h"
#include "graph/model.h"
#include "schedule/schedule.h"
#include "test.h"
#include "timing/energy.h"

#define COUNT(list) (sizeof list / sizeof *list)
#define TILES 16

struct made { ets_arch *arch; ets_model *model; struct eti_schedule s; };

static struct made make(const char *head, const char *layers, const ets_setting *set, size_t n_set)
{
    struct made m;
    char text[1024];
    ets_error e;
    int n = snprintf(text, sizeof text, "edgetpu_sim_model: 1\nname: made\n%s\nlayers:\n%s", head, layers);
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), set, n_set, NULL, &m.arch, &e), e);
    ets_status parsed = ets_model_parse("made", text, (size_t)n, NULL, &m.model, &e);
    ck_assert_msg(parsed == ETS_OK, "%s\n%s", e.text, text);
    ASSERT_OK(eti_schedule_make(&m.arch->v, m.model->graph, false, NULL, &m.s, &e), e);
    return m;
}

static void discard(struct made *m)
{
    eti_schedule_free(&m->s);
    ets_model_free(m->model);
    ets_arch_free(m->arch);
}

static uint64_t iwords_of(const struct made *m, int32_t owner)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < m->s.program.n_phases; i++)
        if (m->s.program.phases[i].owner == owner) sum += m->s.program.phases[i].fence_iwords + m->s.program.phases[i].iwords;
    return sum;
}

static uint64_t cycles_of(const struct made *m, int32_t owner)
{
    struct eti_timeline t;
    ets_error e;
    uint64_t sum = 0;
    ASSERT_OK(eti_engine_run(&m->s.program, NULL, &t, &e), e);
    for (size_t i = 0; i < t.n_phases; i++)
        if (m->s.program.phases[i].owner == owner) sum += t.phases[i].end_cycle - t.phases[i].start_cycle;
    eti_timeline_free(&t);
    return sum;
}

/* Steps and ops of each tile in the last phase of a layer that has any. */
struct ops { uint64_t n, steps; };

static void last_ops(const struct made *m, int32_t owner, struct ops of[TILES])
{
    const struct eti_program *p = &m->s.program;
    for (size_t i = 0; i < p->n_phases; i++) {
        bool first = true;
        for (uint32_t k = p->phases[i].first; p->phases[i].owner == owner && k < p->phases[i].first + p->phases[i].count; k++) {
            const struct eti_command *c = &p->commands[k];
            if (c->unit != ETI_OP) continue;
            if (first) memset(of, 0, TILES * sizeof *of);
            first = false;
            for (uint32_t t = 0; t < TILES; t++)
                if (c->tiles >> t & 1) of[t] = (struct ops){of[t].n + 1, of[t].steps + c->steps};
        }
    }
}

/* ------------------------------------------------------------------ instruction words -------------------- */

/* Of an op record, and beside them. 8x8 pixels are cut evenly, so all tiles share a record. 10x10 are cut into spans of 3 and 2: with a
 * border four records; without one 3x2 and 2x3 pixels lie alike, in one piece, so three. */
static const struct { const char *layers; uint64_t a_record, beside, records_of_10; } bodies[] = {
    {"  - {op: conv_2d, out: 64}\n", 17, 18, 3},
    {"  - {op: conv_2d, kernel: 3, out: 128}\n", 17, 18, 4},
    {"  - {op: depthwise_conv_2d, kernel: 3}\n", 17, 24, 4},
    {"  - {op: relu}\n", 17, 3, 3},
    {"  - {op: logistic}\n", 17, 16, 3},
    {"  - {op: tanh}\n", 17, 16, 3},
    {"  - {op: add, from: [x, x]}\n", 17, 69, 3},
    {"  - {op: mul, from: [x, x]}\n", 34 + 7, 7, 3},
};

START_TEST(instruction_words_are_those_of_the_table)
{
    static const char *const heads[] = {"inputs: {x: [1, 8, 8, 64]}", "inputs: {x: [1, 10, 10, 64]}"};
    for (size_t i = 0; i < COUNT(bodies); i++) {
        for (size_t k = 0; k < COUNT(heads); k++) {
            struct made m = make(heads[k], bodies[i].layers, NULL, 0);
            uint64_t wanted = bodies[i].beside + (k ? bodies[i].records_of_10 : 1) * bodies[i].a_record, got = iwords_of(&m, 0);
            ck_assert_msg(got == wanted, "%s%s: %llu, not %llu", heads[k], bodies[i].layers, (unsigned long long)got, (unsigned long long)wanted);
            ck_assert_uint_eq(iwords_of(&m, ETI_OWNER_OUTPUT), 32 + 7 * (k ? 3 : 1) + 6 * TILES + 24);
            discard(&m);
        }
    }
}
END_TEST

/* Of each tile, with 4 of 8x8 pixels of 64 channels: 16 words. A mul's first op feeds rows of 4 words. */
START_TEST(steps_are_those_of_the_table)
{
    static const struct { const char *layer; uint64_t ops, steps; } rows[] = {
        {"conv_2d, kernel: 3, out: 128", 1, 4 * 9 * 16 * 2}, {"depthwise_conv_2d, kernel: 3", 1, 4 * 9 * 16},
        {"transpose_conv, kernel: 2, stride: 2, out: 64", 1, 4 * 4 * 16}, {"add, from: [x, x]", 1, 4 * 4 * 16},
        {"sub, from: [x, x]", 1, 4 * 4 * 16}, {"maximum, from: [x, x]", 1, 4 * 4 * 16}, {"minimum, from: [x, x]", 1, 4 * 4 * 16},
        {"mul, from: [x, x]", 2, 4 * (4 * 4 * 4 + 4 * 16)}, {"squared_difference, from: [x, x]", 2, 4 * 8 * 16}, {"prelu", 2, 4 * 5 * 16},
        {"relu6", 1, 4 * 16}, {"rsqrt", 1, 4 * 16}, {"quantize", 1, 4 * 16}, {"resize_nearest, size: [16, 16]", 1, 4 * 4 * 16},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char layers[100];
        struct ops of[TILES] = {{0, 0}};
        snprintf(layers, sizeof layers, "  - {op: %s}\n", rows[i].layer);
        struct made m = make("inputs: {x: [1, 8, 8, 64]}", layers, NULL, 0);
        last_ops(&m, 0, of);
        for (uint32_t t = 0; t < TILES; t++)
            ck_assert_msg(of[t].n == rows[i].ops && of[t].steps == rows[i].steps, "%s: %llu steps", rows[i].layer, (unsigned long long)of[t].steps);
        discard(&m);
    }
}
END_TEST

/* Of 64 units: 256 gates are 64 on each of 4 tiles, which also make 16 units each, 4 words. A step in time reads 8 words of input and 16
 * of state; five passes through the spline, three products and a sum follow. */
START_TEST(an_lstm_takes_its_parts_at_every_step)
{
    struct ops of[TILES] = {{0, 0}};
    struct made m = make("inputs: {x: [1, 10, 32]}", "  - {op: lstm, out: 64}\n", NULL, 0);
    last_ops(&m, 0, of);
    for (uint32_t t = 0; t < TILES; t++) ck_assert_uint_eq(of[t].steps, t < 4 ? 10 * (8 + 16 + 5 * 4 + 3 * 8 * 4 + 4 * 4) : 0);
    discard(&m);
}
END_TEST

/* 71 + 17 a record: four copies continue the edges; each output word takes four steps. */
START_TEST(a_resize_continues_the_edges_and_takes_four_steps_a_word)
{
    struct made m = make("inputs: {x: [1, 8, 8, 20]}", "  - {op: resize_bilinear, size: [16, 16]}\n", NULL, 0);
    struct ops of[TILES] = {{0, 0}};
    last_ops(&m, 0, of);
    ck_assert_uint_eq(iwords_of(&m, 0), 71 + 17);
    for (uint32_t t = 0; t < TILES; t++) ck_assert_uint_eq(of[t].steps, 4 * (4 * 4) * 5);
    discard(&m);
}
END_TEST

/* From a map, what a matrix product reads goes to all its tiles by one quad, however many packets that are. */
START_TEST(a_gathered_map_is_handed_over_by_one_quad)
{
    struct made small = make("inputs: {x: [1, 4, 4, 64]}", "  - {op: conv_2d, kernel: 4, pad: valid, out: 128}\n", NULL, 0);
    struct made large = make("inputs: {x: [1, 4, 4, 256]}", "  - {op: conv_2d, kernel: 4, pad: valid, out: 128}\n", NULL, 0);
    uint64_t line = 6 * (2 + 3 + 4) + 3; /* from three tiles, with relays, and a fence each; rows at once, then a column */
    ck_assert_uint_eq(iwords_of(&small, 0), 1 + 2 * line + 1 + 22 + 3 + 7 + 17);
    ck_assert_uint_eq(iwords_of(&large, 0), iwords_of(&small, 0));
    ck_assert_uint_gt(cycles_of(&large, 0), cycles_of(&small, 0) + 12 * large.arch->v.relay.hop_cycles); /* 16 packets, not 4, beside words */
    discard(&small);
    discard(&large);
}
END_TEST

/* ------------------------------------------------------------------ pools, softmax ----------------------- */

/* An average of what lies inside the map has an op for each divisor: a tile at a corner of the map four, one at an edge two. */
START_TEST(averages_have_an_op_for_each_divisor)
{
    struct ops mean[TILES], most[TILES];
    struct made a = make("inputs: {x: [1, 8, 8, 64]}", "  - {op: avg_pool, kernel: 3, stride: 1}\n", NULL, 0);
    struct made b = make("inputs: {x: [1, 8, 8, 64]}", "  - {op: max_pool, kernel: 3, stride: 1}\n", NULL, 0);
    last_ops(&a, 0, mean);
    last_ops(&b, 0, most);
    for (uint32_t t = 0; t < TILES; t++) {
        bool side = t % 4 == 0 || t % 4 == 3, end = t / 4 == 0 || t / 4 == 3;
        ck_assert_uint_eq(mean[t].n, (side ? 2 : 1) * (end ? 2 : 1));
        ck_assert_uint_eq(most[t].n, 1);
        ck_assert_uint_eq(mean[t].steps, 9 * 4);
        ck_assert_uint_eq(most[t].steps, 9 * 4);
    }
    discard(&a);
    discard(&b);
}
END_TEST

/* Three loops of 13, 17 and 27 bundles an element. */
START_TEST(a_softmax_on_the_scalar_core_takes_57_cycles_an_element)
{
    struct made few = make("type: int8\ninputs: {x: [1, 100]}", "  - {op: softmax}\n", NULL, 0);
    struct made many = make("type: int8\ninputs: {x: [1, 120]}", "  - {op: softmax}\n", NULL, 0);
    ck_assert_uint_eq(cycles_of(&many, 0) - cycles_of(&few, 0), 20 * 57);
    discard(&few);
    discard(&many);
}
END_TEST

/* ------------------------------------------------------------------ parameters, link --------------------- */

/* On 4x4 pixels nothing hides the window: each packet of 256 bytes costs its round trip. */
START_TEST(depthwise_parameters_go_through_the_window_packet_by_packet)
{
    static const ets_setting slow[] = {{"scalar.packet_cycles", "500"}}, slower[] = {{"scalar.packet_cycles", "600"}};
    for (uint32_t channels = 4; channels <= 1024; channels *= 4) {
        char head[64];
        snprintf(head, sizeof head, "type: uint8\ninputs: {x: [1, 4, 4, %u]}", channels);
        struct made a = make(head, "  - {op: depthwise_conv_2d, kernel: 3}\n", slow, 1), b = make(head, "  - {op: depthwise_conv_2d, kernel: 3}\n", slower, 1);
        uint64_t packets = eti_ceil_div(channels / 4 * (4 * 4 + 16 * 9), 256);
        ck_assert_uint_eq(cycles_of(&b, 0) - cycles_of(&a, 0), 100 * packets);
        discard(&a);
        discard(&b);
    }
}
END_TEST

/* A vector of 1 MB comes in, 10,000 pixels of seven channels go out, as eight; cycles of 2 ns. */
START_TEST(transfers_take_what_the_link_says)
{
    static const ets_setting rates[] = {{"link.in_bytes_per_s", "100M"}, {"link.out_bytes_per_s", "50M"}, {"link.transfer_ns", "2000"},
                                        {"link.invoke_ns", "30000"}, {"link.pixel_ns", "40"}, {"link.input_percent", "80"},
                                        {"mover.cycles_per_word", "1"}};
    struct made in = make("inputs: {x: [1, 1000000]}", "  - {op: relu}\n", rates, COUNT(rates));
    struct made out = make("inputs: {x: [1, 100, 100, 7]}", "  - {op: relu}\n", rates, COUNT(rates));
    uint64_t fence = in.arch->v.scalar.fence_cycles, words = iwords_of(&in, ETI_OWNER_INPUT) * in.arch->v.scalar.issue_cycles_per_iword;
    ck_assert_uint_eq(cycles_of(&in, ETI_OWNER_INVOKE), 15000);
    ck_assert_uint_eq(cycles_of(&in, ETI_OWNER_INSTRUCTIONS), 1000 + 5 * in.s.instruction_bytes);
    ck_assert_uint_eq(cycles_of(&in, ETI_OWNER_INPUT), fence + words + 1000 + 1000000 / 80 * 500);
    uint64_t output = cycles_of(&out, ETI_OWNER_OUTPUT), least = 1000 + 80000 * 10 + 10000 * 20; /* eight bytes a pixel, and the host's copy */
    ck_assert_uint_ge(output, least);
    ck_assert_uint_le(output, least + 2 * (fence + iwords_of(&out, ETI_OWNER_OUTPUT)) + 625 * 40); /* the first tile's block on its way */
    discard(&in);
    discard(&out);
}
END_TEST

/* Weights of 1 MiB that do not fit: behind their layer's barrier, or, where the host runs ahead, while the layers before it run. */
START_TEST(streamed_layers_wait_for_their_barrier_unless_the_host_runs_ahead)
{
    static const ets_setting waits[] = {{"tile.wide_bytes", "64Ki"}, {"link.runs_ahead", "0"}, {"link.buffer_bytes", "2Mi"}, {"link.stream_percent", "50"}};
    static const ets_setting ahead[] = {{"tile.wide_bytes", "64Ki"}, {"link.runs_ahead", "1"}, {"link.buffer_bytes", "2Mi"}, {"link.stream_percent", "50"}};
    const char *layers = "  - {op: conv_2d, kernel: 3, out: 64}\n  - {op: conv_2d, kernel: 4, out: 1024}\n";
    struct made a = make("inputs: {x: [1, 16, 16, 64]}", layers, waits, COUNT(waits)), b = make("inputs: {x: [1, 16, 16, 64]}", layers, ahead, COUNT(ahead));
    uint64_t rate = a.arch->v.link.in_bytes_per_s / 2, bytes = a.s.layers[1].parameter_bytes, link = bytes * 500 / (rate / 1000000);
    ck_assert(!a.s.layers[0].streamed && a.s.layers[1].streamed);
    ck_assert_uint_ge(cycles_of(&a, 1), link);
    ck_assert_uint_lt(cycles_of(&b, 1), cycles_of(&a, 1));
    ck_assert_uint_ge(cycles_of(&b, 1) + cycles_of(&b, 0) + cycles_of(&b, ETI_OWNER_INPUT), link); /* the link carried the input before */
    discard(&a);
    discard(&b);
}
END_TEST

/* ------------------------------------------------------------------ energy ------------------------------- */

/* Each count at its own rate, a step by its products; a milliwatt for a microsecond is a nanojoule. A memory four times as large costs twice as much a byte. */
START_TEST(energy_is_what_is_done_times_what_it_takes)
{
    struct eti_arch a;
    memset(&a, 0, sizeof a);
    a.clock_hz = 500000000;
    a.tile.cells = 64;
    a.tile.lanes = 4;
    a.energy.step_fj = 1;
    a.energy.narrow_fj_per_byte = 10;
    a.energy.wide_fj_per_byte = 100;
    a.energy.ring_fj_per_byte = 1000;
    a.energy.link_fj_per_byte = 10000;
    a.energy.static_mw = 700;
    a.energy.product_fj = 1;
    a.energy.sram_fj_per_byte = 1000;
    a.energy.dram_fj_per_byte = 100000;
    struct eti_activity moved = {3, 4, 5, 6, 7};
    struct eti_array_activity array = {3, 4, 5, 6, 7};
    a.input_sram.bytes = 8192;
    a.weight_sram.bytes = 4 * 8192;
    a.output_sram.bytes = 16 * 8192;
    ck_assert_uint_eq(eti_dynamic_energy_fj(&a, &moved), 76543);
    a.tile.cells = 128; /* twice the products a step */
    ck_assert_uint_eq(eti_dynamic_energy_fj(&a, &moved), 76546);
    ck_assert_uint_eq(eti_energy_nj(&a, 9000000, 500), 9 + 700);
    ck_assert_uint_eq(eti_array_energy_fj(&a, &array), 3 + 4 * 1000 + 5 * 2000 + 6 * 4000 + 7 * 100000);
    moved.link_bytes = UINT64_MAX / 100;
    ck_assert_uint_eq(eti_dynamic_energy_fj(&a, &moved), UINT64_MAX);
}
END_TEST

Suite *suite_commands(void);
Suite *suite_commands(void)
{
    Suite *s = suite_create("commands");
    TCase *t = tcase_create("words and steps");
    tcase_add_test(t, instruction_words_are_those_of_the_table);
    tcase_add_test(t, steps_are_those_of_the_table);
    tcase_add_test(t, an_lstm_takes_its_parts_at_every_step);
    tcase_add_test(t, a_resize_continues_the_edges_and_takes_four_steps_a_word);
    tcase_add_test(t, a_gathered_map_is_handed_over_by_one_quad);
    tcase_add_test(t, averages_have_an_op_for_each_divisor);
    tcase_add_test(t, a_softmax_on_the_scalar_core_takes_57_cycles_an_element);
    suite_add_tcase(s, t);
    t = tcase_create("parameters and link");
    tcase_add_test(t, depthwise_parameters_go_through_the_window_packet_by_packet);
    tcase_add_test(t, transfers_take_what_the_link_says);
    tcase_add_test(t, energy_is_what_is_done_times_what_it_takes);
    tcase_add_test(t, streamed_layers_wait_for_their_barrier_unless_the_host_runs_ahead);
    suite_add_tcase(s, t);
    return s;
}
