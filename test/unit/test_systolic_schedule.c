/* test_systolic_schedule.c - whole networks on a systolic array: the engine's time is the chain's, products and bytes are
 * conserved, better parts never cost more, and the size of a layer does not cost the simulator. */
#include "arch/arch.h"
#include "engine/engine.h"
#include "graph/model.h"
#include "operands.h"
#include "schedule/systolic.h"
#include "test.h"

static const char mixed[] =
    "edgetpu_sim_model: 1\ninputs: {x: [2, 31, 45, 12]}\nlayers:\n"
    "  - {op: conv_2d, kernel: 3, dilation: 2, out: 40, name: a}\n  - {op: transpose_conv, kernel: 4, stride: 2, out: 16}\n"
    "  - {op: depthwise_conv_2d, kernel: 5, stride: 2, name: dw}\n  - {op: logistic, name: l}\n  - {op: add, from: [dw, l]}\n"
    "  - {op: resize_bilinear, size: [40, 50]}\n  - {op: max_pool, kernel: 3, stride: 2}\n  - {op: conv_2d, kernel: [1, 7], out: 130}\n"
    "  - {op: conv_2d, out: 300, kernel: 3, stride: 2, pad: valid}\n  - {op: mean}\n  - {op: fully_connected, out: 77}\n  - {op: softmax}\n"
    "  - {op: reshape, shape: [2, 7, 11]}\n  - {op: lstm, out: 40}\n  - {op: lstm, out: 9}\n";

static ets_model *model_of(const char *text)
{
    ets_model *m;
    ets_error e;
    ASSERT_OK(ets_model_parse("net", text, strlen(text), NULL, &m, &e), e);
    return m;
}

static ets_arch *machine(const char *path, const ets_setting *s, size_t n)
{
    ets_arch *a;
    ets_error e;
    ASSERT_OK(ets_arch_load(path, s, n, NULL, &a, &e), e);
    return a;
}

static ets_report *run(const ets_arch *a, const ets_model *m)
{
    ets_report *r;
    ets_error e;
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    return r;
}

static char *number(char *to, uint64_t value)
{
    snprintf(to, 24, "%llu", (unsigned long long)value);
    return to;
}

/* A machine drawn at random. */
static ets_arch *any_machine(uint64_t *state)
{
    static const char *const flows[] = {"ws", "os", "is", "auto"}, *const conventions[] = {"double_buffered", "serial"};
    static const char *const keys[] = {"array.rows", "array.columns", "input_sram.bytes", "weight_sram.bytes", "output_sram.bytes",
                                       "input_sram.banks", "output_sram.banks", "vector.lanes", "dram.bytes_per_s", "sram.double_buffered"};
    uint64_t values[] = {test_between(state, 1, 70), test_between(state, 1, 70), 1u << test_between(state, 10, 20), 1u << test_between(state, 10, 20),
                         1u << test_between(state, 11, 20), test_between(state, 1, 4), test_between(state, 1, 4), test_between(state, 1, 99),
                         1000000000u * test_between(state, 1, 90), test_between(state, 0, 1)};
    char text[10][24];
    ets_setting s[13];
    for (int i = 0; i < 10; i++) {
        s[i].key = keys[i];
        s[i].value = number(text[i], values[i]);
    }
    s[10].key = "schedule.dataflow";
    s[10].value = flows[test_between(state, 0, 3)];
    s[11].key = "schedule.convention";
    s[11].value = conventions[test_between(state, 0, 1)];
    s[12].key = "schedule.keep";
    s[12].value = test_between(state, 0, 1) ? "yes" : "no";
    return machine(TREE("arch/systolic-64x64.yaml"), s, 13);
}

/* The time that the search believed in is the one that the engine finds, turn by turn; nothing is lost on the way. */
START_TEST(engine_equals_the_chain)
{
    ets_model *m = model_of(mixed);
    uint64_t state = 7;
    for (int i = 0; i < 200; i++) {
        ets_arch *a = any_machine(&state);
        struct eti_schedule s;
        struct eti_timeline t;
        ets_error e;
        ASSERT_OK(eti_schedule_make(&a->v, m->graph, false, NULL, &s, &e), e);
        ASSERT_OK(eti_engine_run(&s.program, NULL, &t, &e), e);
        for (size_t k = 0; k < s.program.n_phases; k++) {
            const struct eti_array_plan *p = &s.array[s.program.phases[k].owner];
            ck_assert_msg(t.phases[k].end_cycle - t.phases[k].start_cycle == p->tiling.cycles, "operator %d: %llu cycles in the engine, %llu in the chain",
                          s.program.phases[k].owner, (unsigned long long)(t.phases[k].end_cycle - t.phases[k].start_cycle), (unsigned long long)p->tiling.cycles);
            uint64_t macs = m->graph->ops[s.program.phases[k].owner].macs;
            ck_assert_uint_ge(p->tiling.cycles * a->v.array.rows * a->v.array.columns, macs);
            uint64_t once = p->work.weight_bytes;
            if (p->work.state) once += p->work.in_kept ? 0 : p->work.in_bytes;
            else if (p->work.product) once += p->work.in_kept ? 0 : eti_work_touched(&p->work) * p->work.channels * p->work.groups * a->v.data.activation_bytes;
            else once += p->work.in_bytes;
            ck_assert_uint_ge(p->tiling.read_bytes, once); /* everything comes in at least once */
            ck_assert_uint_ge(p->tiling.write_bytes, p->work.out_kept ? 0 : p->work.out_bytes);
            ck_assert_uint_le(t.units[ETI_DRAM].busy_cycles, t.cycles);
        }
        eti_timeline_free(&t);
        eti_schedule_free(&s);
        ets_arch_free(a);
    }
    ets_model_free(m);
}
END_TEST

/* The chain with skipped stretches against the same one walked part by part. */
static uint64_t walked(const struct eti_tiling *t, uint64_t ahead, uint64_t latency)
{
    uint64_t parts = t->compute.count[0] * t->compute.count[1] * t->compute.count[2], dram = 0;
    uint64_t *done = calloc(parts + 3, sizeof *done);
    for (uint64_t i = 0; i < parts + ahead; i++) {
        uint64_t stored = i >= ahead ? eti_cost_nest_at(&t->write, i - ahead) : 0;
        uint64_t before = i >= ahead ? done[i - ahead] : 0;
        dram = (dram > before ? dram : before) + stored + (i < parts ? eti_cost_nest_at(&t->read, i) : 0);
        if (i == parts + ahead - 1 && dram < done[parts - 1]) dram = done[parts - 1];
        if (i >= parts) continue;
        uint64_t start = dram + latency;
        if (i && done[i - 1] > start) start = done[i - 1];
        done[i] = start + eti_cost_nest_at(&t->compute, i);
    }
    free(done);
    return dram;
}

START_TEST(skipping_is_exact)
{
    uint64_t state = 8;
    for (int i = 0; i < 3000; i++) {
        struct eti_tiling t;
        memset(&t, 0, sizeof t);
        for (int k = 0; k < 3; k++) t.compute.count[k] = t.read.count[k] = t.write.count[k] = test_between(&state, 1, 9);
        struct eti_cost_nest *nests[] = {&t.compute, &t.read, &t.write};
        for (int n = 0; n < 3; n++)
            for (int k = 0; k < 27; k++) nests[n]->cycles[k / 9][k / 3 % 3][k % 3] = test_between(&state, 0, i % 2 ? 3 : 100);
        uint64_t ahead = test_between(&state, 1, 2), latency = test_between(&state, 0, 50);
        ck_assert_uint_eq(eti_chain_cycles(&t, ahead, latency), walked(&t, ahead, latency));
    }
}
END_TEST

/* Array cycles of a network's only layer. */
static uint64_t array_cycles(const char *text, const ets_arch *a)
{
    ets_model *m = model_of(text);
    ets_report *r = run(a, m);
    ck_assert_int_eq(ets_report_layer(r, 0)->where, ETS_ON_TPU);
    uint64_t cycles = ets_report_array_layer(r, 0)->array_cycles;
    ck_assert_uint_eq(ets_report_array_layer(r, 0)->pixels * ets_report_array_layer(r, 0)->depth * ets_report_array_layer(r, 0)->outputs,
                      ets_report_layer(r, 0)->macs);
    ets_report_free(r);
    ets_model_free(m);
    return cycles;
}

/* Each step costs what the matrix product of inputs and state with all gates costs by itself, and a pass of the vector unit; of
 * weights that stay, the first load is paid once. */
START_TEST(a_recurrent_layer_is_its_steps)
{
    static const char lstm[] = "edgetpu_sim_model: 1\ninputs: {x: [3, 20, 24]}\nlayers:\n  - {op: lstm, out: 40}\n";
    static const char step[] = "edgetpu_sim_model: 1\ninputs: {x: [3, 64]}\nlayers:\n  - {op: fully_connected, out: 160}\n";
    static const char *const flows[] = {"os", "is", "ws"};
    for (int k = 0; k < 3; k++) {
        ets_setting s[] = {{"schedule.dataflow", flows[k]}};
        ets_arch *a = machine(TREE("arch/systolic-16x16.yaml"), s, 1);
        uint64_t vector = a->v.vector.start_cycles + (3 * 40 * 5 + a->v.vector.lanes - 1) / a->v.vector.lanes;
        uint64_t load = k == 2 ? a->v.array.rows : 0; /* the first weights */
        ck_assert_uint_eq(array_cycles(lstm, a), 20 * (array_cycles(step, a) - load + vector) + load);
        ets_arch_free(a);
    }
}
END_TEST

/* What the vector unit does of a step: five operations a unit, one more without an input gate, two more for each gate that looks at the
 * state; biases are the array's. */
START_TEST(gates_of_a_recurrent_layer_are_counted)
{
#define MATRICES " 4x6c 4x6c 4x6c 4x4c 4x4c 4x4c 4x4c"
    static const struct { const char *operands; uint64_t gates, operations; } rows[] = {
        {"1x5x6 4x6c" MATRICES, 4, 5},
        {"1x5x6 - 4x6c 4x6c 4x6c - 4x4c 4x4c 4x4c", 3, 6},
        {"1x5x6 4x6c" MATRICES " 4c - -", 4, 7},
        {"1x5x6 4x6c" MATRICES " 4c 4c 4c", 4, 11},
        {"1x5x6 4x6c" MATRICES " - - - 4c 4c 4c 4c", 4, 5},
        {"1x5x6 4x6c" MATRICES " 4c 4c 4c 4c 4c 4c 4c", 4, 11},
    };
    ets_arch *a = machine(TREE("arch/systolic-16x16.yaml"), NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_operands in, out;
        struct eti_graph g;
        struct eti_tensor tensors[TEST_MOST_OPERANDS + 1];
        int32_t operands[TEST_MOST_OPERANDS], made = TEST_MOST_OPERANDS;
        struct eti_op op = {.type = ETI_OP_LSTM, .name = "it", .type_name = "lstm", .inputs = operands, .n_outputs = 1, .outputs = &made};
        struct eti_work w;
        memset(&g, 0, sizeof g);
        test_read_operands(rows[i].operands, &in);
        test_read_operands("1x5x4", &out);
        memcpy(tensors, in.tensor, sizeof in.tensor);
        tensors[made] = out.tensor[0];
        for (uint32_t k = 0; k < in.n; k++) operands[k] = in.in[k] ? (int32_t)k : -1;
        op.n_inputs = in.n;
        g.tensors = tensors;
        g.n_tensors = TEST_MOST_OPERANDS + 1;
        ck_assert_msg(eti_work_of(&a->v, &g, &op, &w) == NULL, "%s", rows[i].operands);
        ck_assert_uint_eq(w.outputs, rows[i].gates * 4);
        ck_assert_uint_eq(w.operations, 5 * 4 * rows[i].operations);
    }
#undef MATRICES
    ets_arch_free(a);
}
END_TEST

/* The smallest input memory for a window over a whole map of 32 x 32 x 1: twice that if the next part is loaded meanwhile, and twice
 * again if the result shall stay there. */
START_TEST(what_stays_takes_half_of_the_input_memory)
{
    for (uint64_t kept = 0; kept < 2; kept++)
        for (uint64_t halves = 1; halves <= 2; halves++) {
            struct eti_work w = {.product = true, .rows = 1, .columns = 1, .in_rows = 32, .in_columns = 32, .reach_h = 32, .reach_w = 32, .taps = 1024,
                                 .stride_h = 1, .stride_w = 1, .channels = 1, .outputs = 4, .groups = 1, .steps = 1, .in_bytes = 1024,
                                 .weight_bytes = 4096, .out_bytes = 4, .out_kept = kept};
            uint64_t least = 1024 * halves * (kept + 1);
            for (uint64_t bytes = least - 1; bytes <= least; bytes++) {
                char text[24];
                ets_setting s[2] = {{"input_sram.bytes", number(text, bytes)}, {"sram.double_buffered", halves == 2 ? "1" : "0"}};
                ets_arch *a = machine(TREE("arch/systolic-16x16.yaml"), s, 2);
                struct eti_memory memory = {a->v.clock_hz, 1000000000, 1, 0};
                struct eti_tiling t;
                ets_error e;
                ck_assert_int_eq(eti_tile(&a->v, &memory, &w, NULL, &t, &e), bytes == least ? ETS_OK : ETS_CAPACITY);
                ets_arch_free(a);
            }
        }
}
END_TEST

/* Bytes that the parts of a matrix product load, one after the other: activations and weights unless the part before had the same, biases
 * with the first part of the depth. */
static uint64_t loaded_by_parts(const struct eti_arch *a, const struct eti_work *w, const struct eti_tiling *t)
{
    uint64_t sum = 0, before[2] = {UINT64_MAX, UINT64_MAX};
    const uint64_t *n = t->compute.count;
    for (uint64_t i = 0; i < n[0] * n[1] * n[2]; i++) {
        uint64_t c = i % n[0], inner = i / n[0] % n[1], outer = i / n[0] / n[1], p = t->pixels_outside ? outer : inner, o = t->pixels_outside ? inner : outer;
        uint64_t pixels = w->rows - p * t->part_pixels, channels = w->channels - c * t->part_channels, outputs = w->outputs - o * t->part_outputs;
        if (pixels > t->part_pixels) pixels = t->part_pixels;
        if (channels > t->part_channels) channels = t->part_channels;
        if (outputs > t->part_outputs) outputs = t->part_outputs;
        uint64_t now[2] = {p * n[0] + c, o * n[0] + c};
        if (now[0] != before[0]) sum += pixels * channels * a->data.activation_bytes;
        if (now[1] != before[1]) sum += channels * outputs * a->data.weight_bytes + (c == 0 ? outputs * a->data.sum_bytes : 0);
        memcpy(before, now, sizeof now);
    }
    return sum;
}

START_TEST(a_part_loads_what_the_one_before_did_not)
{
    static const char *const nets[] = {
        "edgetpu_sim_model: 1\ninputs: {x: [60, 700]}\nlayers:\n  - {op: fully_connected, out: 500}\n",
        "edgetpu_sim_model: 1\ninputs: {x: [700, 40]}\nlayers:\n  - {op: fully_connected, out: 90}\n",
        "edgetpu_sim_model: 1\ninputs: {x: [30, 900]}\nlayers:\n  - {op: fully_connected, out: 2000}\n",
    };
    uint64_t state = 23, seen[2][3] = {{0}}; /* pixels outside; parts of pixels: 1, 2, more */
    for (int i = 0; i < 600; i++) {
        ets_arch *a = any_machine(&state);
        ets_model *m = model_of(nets[i % 3]);
        struct eti_schedule s;
        ets_error e;
        ASSERT_OK(eti_schedule_make(&a->v, m->graph, false, NULL, &s, &e), e);
        const struct eti_tiling *t = &s.array[0].tiling;
        uint64_t pixels = t->compute.count[t->pixels_outside ? 2 : 1];
        if (t->compute.count[0] == 1 && t->compute.count[t->pixels_outside ? 1 : 2] > 1) seen[t->pixels_outside][pixels < 3 ? pixels - 1 : 2]++;
        ck_assert_uint_eq(t->read_bytes, loaded_by_parts(&a->v, &s.array[0].work, t));
        eti_schedule_free(&s);
        ets_model_free(m);
        ets_arch_free(a);
    }
    ck_assert_msg(seen[0][1] && seen[0][2] && seen[1][1] && seen[1][2], "%d %d %d %d", (int)seen[0][1], (int)seen[0][2], (int)seen[1][1], (int)seen[1][2]);
}
END_TEST

/* Of an element of the result; of a reduction, of what it reads. 8x8x4 values, as moves, sums and windows of 9 see them. */
START_TEST(vector_operations_are_those_of_the_table)
{
    static const struct { const char *layer; uint64_t operations; } rows[] = {
        {"add, from: [x, x]", 256}, {"relu", 256}, {"logistic", 256}, {"maximum, from: [x, x]", 256}, {"split, axis: 3, parts: 2", 256},
        {"concat, from: [x, x]", 512}, {"resize_nearest, size: [16, 16]", 1024}, {"resize_bilinear, size: [16, 16]", 4 * 1024},
        {"max_pool, kernel: 3, stride: 2", 9 * 64}, {"avg_pool, kernel: [1, 2], pad: valid", 2 * 128}, {"mean", 256}, {"softmax", 4 * 256},
        {"l2_normalization", 3 * 256}, {"reshape, shape: [1, 256]", 0},
    };
    ets_arch *a = machine(TREE("arch/systolic-16x16.yaml"), NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[160];
        struct eti_work w;
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\ninputs: {x: [1, 8, 8, 4]}\nlayers:\n  - {op: %s}\n", rows[i].layer);
        ets_model *m = model_of(text);
        ck_assert_ptr_null(eti_work_of(&a->v, m->graph, &m->graph->ops[0], &w));
        ck_assert_msg(w.operations == rows[i].operations, "%s: %llu", rows[i].layer, (unsigned long long)w.operations);
        ets_model_free(m);
    }
    ets_arch_free(a);
}
END_TEST

/* Elements pass the vector unit in equal parts: each costs a start, and a cycle for as many as there are lanes. */
START_TEST(the_vector_unit_works_through_every_part)
{
    static const char net[] = "edgetpu_sim_model: 1\ninputs: {x: [1, 31, 45, 12]}\nlayers:\n  - {op: logistic}\n";
    uint64_t state = 17, most_parts = 1;
    ets_model *m = model_of(net);
    for (int i = 0; i < 40; i++) {
        ets_arch *a = any_machine(&state);
        ets_report *r = run(a, m);
        const ets_array_layer *l = ets_report_array_layer(r, 0);
        uint64_t lanes = a->v.vector.lanes, each = 31 * 45 * 12, one = (each + l->parts - 1) / l->parts, last = each - one * (l->parts - 1);
        ck_assert_uint_eq(l->array_cycles, l->parts * a->v.vector.start_cycles + (l->parts - 1) * ((one + lanes - 1) / lanes) + (last + lanes - 1) / lanes);
        if (l->parts > most_parts) most_parts = l->parts;
        ets_report_free(r);
        ets_arch_free(a);
    }
    ck_assert_uint_gt(most_parts, 3);
    ets_model_free(m);
}
END_TEST

static uint64_t cycles_at(const ets_model *m, const char *dram, const char *key, uint64_t value, uint64_t *ns)
{
    char text[24];
    ets_setting s[2] = {{"dram.bytes_per_s", dram}, {key, number(text, value)}};
    ets_arch *a = machine(TREE("arch/systolic-16x16.yaml"), s, 2);
    ets_report *r = run(a, m);
    uint64_t cycles = ets_report_summary(r)->cycles;
    *ns = ets_report_summary(r)->latency_ns;
    ets_report_free(r);
    ets_arch_free(a);
    return cycles;
}

static uint64_t cycles_with(const ets_model *m, const char *key, uint64_t value, uint64_t *ns)
{
    return cycles_at(m, "2G", key, value, ns);
}

/* Wider and faster never costs more; memories, banks and double buffering matter. */
START_TEST(better_parts_are_never_slower)
{
    static const char *const widths[] = {"dram.bytes_per_s", "input_sram.bytes_per_cycle", "weight_sram.bytes_per_cycle",
                                         "output_sram.bytes_per_cycle", "input_sram.ports", "vector.lanes"};
    static const uint64_t from[] = {100000000, 1, 1, 1, 1, 1};
    ets_model *m = model_of(mixed);
    uint64_t ns, slow_ns, few_banks, many_banks;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        uint64_t before = UINT64_MAX, top = strstr(widths[i], "ports") ? 4 : from[i] * 256;
        for (uint64_t v = from[i]; v <= top; v *= 2) {
            uint64_t now = cycles_with(m, widths[i], v, &ns);
            ck_assert_msg(now <= before, "%s=%llu: %llu cycles after %llu", widths[i], (unsigned long long)v, (unsigned long long)now, (unsigned long long)before);
            before = now;
        }
    }
    cycles_with(m, "clock_hz", 500000000, &slow_ns);
    cycles_with(m, "clock_hz", 1000000000, &ns);
    ck_assert_uint_lt(ns, slow_ns);
    few_banks = cycles_at(m, "100G", "input_sram.banks", 1, &ns);
    many_banks = cycles_at(m, "100G", "input_sram.banks", 4, &ns);
    ck_assert_uint_lt(many_banks, few_banks);
    ck_assert_uint_lt(cycles_with(m, "weight_sram.bytes", 1 << 20, &ns), cycles_with(m, "weight_sram.bytes", 2048, &ns));
    ck_assert_uint_lt(cycles_with(m, "sram.double_buffered", 1, &ns), cycles_with(m, "sram.double_buffered", 0, &ns));
    ets_model_free(m);
}
END_TEST

/* auto is as good as the best of the three, layer by layer. */
START_TEST(auto_takes_the_best_dataflow_of_each_layer)
{
    static const char *const flows[] = {"ws", "os", "is", "auto"};
    ets_model *m = model_of(mixed);
    ets_report *r[4];
    for (int i = 0; i < 4; i++) {
        ets_setting s = {"schedule.dataflow", flows[i]};
        ets_arch *a = machine(TREE("arch/systolic-16x16.yaml"), &s, 1);
        r[i] = run(a, m);
        ets_arch_free(a);
    }
    for (size_t k = 0; k < ets_report_layer_count(r[3]); k++) {
        uint64_t best = UINT64_MAX;
        for (int i = 0; i < 3; i++)
            if (ets_report_layer(r[i], k)->cycles < best) best = ets_report_layer(r[i], k)->cycles;
        ck_assert_uint_eq(ets_report_layer(r[3], k)->cycles, best);
    }
    for (int i = 0; i < 4; i++) ets_report_free(r[i]);
    ets_model_free(m);
}
END_TEST

/* Depthwise: as many channels as the rows hold kernels stand side by side, and that is all that it uses. */
START_TEST(depthwise_says_how_little_it_uses)
{
    ets_model *m = model_of("edgetpu_sim_model: 1\ninputs: {x: [1, 56, 56, 64]}\nlayers:\n  - {op: depthwise_conv_2d, kernel: 3}\n");
    ets_arch *a = machine(TREE("arch/systolic-64x64.yaml"), NULL, 0);
    ets_report *r = run(a, m);
    const ets_array_layer *l = ets_report_array_layer(r, 0);
    ck_assert_uint_eq(l->groups, 64);
    ck_assert_uint_eq(l->folds, 10); /* 7 kernels of 9 on 64 rows */
    ck_assert_double_le(ets_report_layer(r, 0)->utilization, l->mapping_efficiency);
    ck_assert_double_eq_tol(l->mapping_efficiency, 64 * 9 / (10.0 * 64 * 64), 1e-12);
    ets_report_free(r);
    ets_arch_free(a);
    ets_model_free(m);
}
END_TEST

/* A 1080p layer, a 4096^3 product and 100,000 channels: no more memory than a small layer takes. */
START_TEST(large_layers_cost_what_small_ones_do)
{
    static const char *const nets[] = {
        "edgetpu_sim_model: 1\ninputs: {x: [1, 8, 8, 3]}\nlayers:\n  - {op: conv_2d, kernel: 3, out: 8}\n",
        "edgetpu_sim_model: 1\ninputs: {x: [1, 1080, 1920, 3]}\nlayers:\n  - {op: conv_2d, kernel: 7, stride: 2, out: 64}\n",
        "edgetpu_sim_model: 1\ninputs: {x: [4096, 4096]}\nlayers:\n  - {op: fully_connected, out: 4096}\n",
        "edgetpu_sim_model: 1\ninputs: {x: [1, 7, 7, 100000]}\nlayers:\n  - {op: conv_2d, out: 10000}\n",
    };
    ets_arch *a = machine(TREE("arch/systolic-64x64.yaml"), NULL, 0);
    size_t small = 0;
    for (int i = 0; i < 4; i++) {
        struct test_memory mem = {0};
        ets_allocator allocator = test_allocator(&mem);
        ets_model *m = model_of(nets[i]);
        ets_report *r;
        ets_error e;
        ASSERT_OK(ets_simulate(a, m, NULL, &allocator, &r, &e), e);
        if (i == 0) small = mem.requests;
        ck_assert_uint_le(mem.requests, small + 64); /* a history of a counter doubles a few times */
        ets_report_free(r);
        ets_model_free(m);
    }
    ets_arch_free(a);
}
END_TEST

START_TEST(every_allocation_of_a_run_may_fail)
{
    ets_model *m = model_of(mixed);
    ets_arch *a = machine(TREE("arch/systolic-16x16.yaml"), NULL, 0);
    for (size_t i = 1;; i++) {
        struct test_memory mem = {.fail_at = i};
        ets_allocator allocator = test_allocator(&mem);
        ets_report *r = NULL;
        ets_error e;
        ets_status status = ets_simulate(a, m, NULL, &allocator, &r, &e);
        ets_report_free(r);
        ck_assert_uint_eq(mem.blocks, 0);
        if (status == ETS_OK) break;
        ck_assert_int_eq(status, ETS_NOMEM);
    }
    ets_arch_free(a);
    ets_model_free(m);
}
END_TEST

/* A prediction is the simulation's summary, byte for byte, energy and all; and so are its layers. */
START_TEST(predictions_are_simulations)
{
    ets_model *m = model_of(mixed);
    uint64_t state = 11;
    for (int i = 0; i < 20; i++) {
        ets_arch *a = any_machine(&state);
        ets_report *r = run(a, m);
        ets_predictor *p;
        ets_summary s;
        ets_error e;
        ASSERT_OK(ets_predictor_new(a, NULL, NULL, &p, &e), e);
        ASSERT_OK(ets_predict(p, m, &s, &e), e);
        ck_assert_int_eq(memcmp(&s, ets_report_summary(r), sizeof s), 0);
        for (size_t k = 0; k < ets_report_layer_count(r); k++) {
            ets_layer_costs c;
            ASSERT_OK(ets_layer_cost(p, m, k, &c, &e), e);
            ck_assert_uint_eq(c.cycles, ets_report_layer(r, k)->cycles);
            ck_assert_uint_eq(c.split.memory_cycles, ets_report_layer(r, k)->split.memory_cycles);
        }
        ets_predictor_free(p);
        ets_report_free(r);
        ets_arch_free(a);
    }
    ets_model_free(m);
}
END_TEST

/* Kept results are neither stored nor loaded again; one with two readers, or larger than half the memory, is not kept. */
START_TEST(a_kept_result_stays_on_the_chip)
{
    static const char chain[] = "edgetpu_sim_model: 1\ninputs: {x: [1, 32, 32, 8]}\nlayers:\n"
                                "  - {op: conv_2d, name: a, out: 16}\n  - {op: conv_2d, name: b, out: 32}\n"
                                "  - {op: conv_2d, name: c, out: 16}\n  - {op: add, from: [c, a]}\n";
    static const struct { const char *keep, *bytes; uint64_t reads, writes; } cases[] = {
        {"no", "1Mi", 8192 + 16384 + 32768 + 2 * 16384, 16384 + 32768 + 16384 + 16384},
        {"yes", "1Mi", 8192 + 16384 + 0 + 16384, 16384 + 0 + 0 + 16384}, /* b waits for c, c for the sum; a has two readers */
        {"yes", "40Ki", 8192 + 16384 + 32768 + 16384, 16384 + 32768 + 0 + 16384},
    };
    ets_model *m = model_of(chain);
    uint64_t weights = 8 * 16 + 16 * 32 + 32 * 16 + 4 * (16 + 32 + 16); /* and biases */
    for (int i = 0; i < 3; i++) {
        ets_setting s[] = {{"schedule.keep", cases[i].keep}, {"input_sram.bytes", cases[i].bytes}};
        ets_arch *a = machine(TREE("arch/systolic-64x64.yaml"), s, 2);
        ets_report *r = run(a, m);
        ck_assert_uint_eq(ets_report_summary(r)->dram_read_bytes, cases[i].reads + weights);
        ck_assert_uint_eq(ets_report_summary(r)->dram_write_bytes, cases[i].writes);
        ets_report_free(r);
        ets_arch_free(a);
    }
    ets_model_free(m);
}
END_TEST

START_TEST(a_window_that_fits_no_memory_is_said_so)
{
    ets_model *m = model_of("edgetpu_sim_model: 1\ninputs: {x: [1, 56, 56, 64]}\nlayers:\n  - {op: conv_2d, name: big, kernel: 49, out: 3}\n");
    ets_setting s[] = {{"input_sram.bytes", "1Ki"}, {"array.rows", "8"}};
    ets_arch *a = machine(TREE("arch/systolic-16x16.yaml"), s, 2);
    ets_report *r;
    ets_error e;
    ASSERT_FAILS(ets_simulate(a, m, NULL, NULL, &r, &e), ETS_CAPACITY, e, "'big': not even one window");
    ets_arch_free(a);
    ets_model_free(m);
}
END_TEST

Suite *suite_systolic_schedule(void);
Suite *suite_systolic_schedule(void)
{
    Suite *s = suite_create("systolic_schedule");
    TCase *t = tcase_create("networks");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, engine_equals_the_chain);
    tcase_add_test(t, skipping_is_exact);
    tcase_add_test(t, a_recurrent_layer_is_its_steps);
    tcase_add_test(t, gates_of_a_recurrent_layer_are_counted);
    tcase_add_test(t, what_stays_takes_half_of_the_input_memory);
    tcase_add_test(t, a_part_loads_what_the_one_before_did_not);
    tcase_add_test(t, vector_operations_are_those_of_the_table);
    tcase_add_test(t, the_vector_unit_works_through_every_part);
    tcase_add_test(t, better_parts_are_never_slower);
    tcase_add_test(t, auto_takes_the_best_dataflow_of_each_layer);
    tcase_add_test(t, depthwise_says_how_little_it_uses);
    tcase_add_test(t, large_layers_cost_what_small_ones_do);
    tcase_add_test(t, every_allocation_of_a_run_may_fail);
    tcase_add_test(t, predictions_are_simulations);
    tcase_add_test(t, a_kept_result_stays_on_the_chip);
    tcase_add_test(t, a_window_that_fits_no_memory_is_said_so);
    suite_add_tcase(s, t);
    return s;
}
