/* test_partition.c - which operators the accelerator runs, and the sentence that says why not. Operands: operands.h. */
#include "base/alloc.h"
#include "graph/model.h"
#include "operands.h"
#include "schedule/schedule.h"
#include "test.h"

#define ONES .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1

/* A graph of `n` operators in a row; each reads what the one before makes, in place of its first operand but for the first. */
struct row { struct eti_graph_builder b; struct eti_graph *graph; int32_t last; };

static int32_t add_tensor(struct row *r, struct eti_tensor *t)
{
    static const struct eti_place here = {"", 0, 0, 0, false};
    int32_t index;
    ets_error e;
    t->name = "t";
    ASSERT_OK(eti_graph_add_tensor(&r->b, t, &here, &index, &e), e);
    return index;
}

static void add_operator(struct row *r, enum eti_op_type type, const struct eti_attributes *at, const char *inputs, const char *result)
{
    struct test_operands in, out;
    int32_t operands[TEST_MOST_OPERANDS], made;
    struct eti_op op = {.type = type, .at = *at, .name = "it", .type_name = eti_op_kind(type)->name, .inputs = operands, .n_outputs = 1,
                        .outputs = &made};
    ets_error e;
    test_read_operands(inputs, &in);
    op.n_inputs = in.n;
    for (uint32_t i = 0; i < in.n; i++) {
        bool follows = i == 0 && r->last >= 0;
        operands[i] = follows ? r->last : in.in[i] ? add_tensor(r, &in.tensor[i]) : -1;
        if (in.in[i] && !in.tensor[i].constant && !in.kept[i] && !follows) ASSERT_OK(eti_graph_add_input(&r->b, operands[i], &e), e);
    }
    test_read_operands(result, &out);
    out.tensor[0].producer = -1;
    made = add_tensor(r, &out.tensor[0]);
    ASSERT_OK(eti_graph_add_op(&r->b, &op, &e), e);
    r->last = made;
}

static void begin(struct row *r)
{
    ets_error e;
    memset(r, 0, sizeof *r);
    r->last = -1;
    ASSERT_OK(eti_graph_begin(&r->b, "row", "test", NULL, &e), e);
}

static const struct eti_layer_plan *finish(struct row *r, bool multi_subgraph, struct eti_arena *arena, uint32_t *n_parts)
{
    struct eti_schedule s;
    ets_arch *arch;
    ets_error e;
    ASSERT_OK(eti_graph_add_output(&r->b, r->last, &e), e);
    ASSERT_OK(eti_graph_finish(&r->b, &r->graph, &e), e);
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &arch, &e), e);
    memset(&s, 0, sizeof s);
    eti_arena_init(&s.arena, NULL);
    ASSERT_OK(eti_schedule_plan(&arch->v, r->graph, multi_subgraph, &s, &e), e);
    ets_arch_free(arch);
    *arena = s.arena;
    *n_parts = s.n_subgraphs;
    return s.layers;
}

/* `why`: "" if it is mapped. */
static const struct { enum eti_op_type type; struct eti_attributes at; const char *inputs, *result, *why; } cases[] = {
    {ETI_OP_RELU, {0}, "1x8x8x4", "1x8x8x4", ""},
    {ETI_OP_RELU, {0}, "1x8x8x4w", "1x8x8x4w", ""},
    {ETI_OP_RELU, {0}, "1x8x8x4d", "1x8x8x4", "its input has a size that is only known at run time"},
    {ETI_OP_RELU, {0}, "1x8x8x4", "1x8x8x4d", "its output has a size that is only known at run time"},
    {ETI_OP_RELU, {0}, "1x8x8x4f", "1x8x8x4f", "its input is not quantised to 8 bits"},
    {ETI_OP_RELU, {0}, "1x8x8x4", "1x8x8x4f", "its output is not quantised to 8 bits"},
    {ETI_OP_QUANTIZE, {0}, "1x8x8x4f", "1x8x8x4", "it converts from float, which the accelerator does not compute"},
    {ETI_OP_QUANTIZE, {0}, "1x8x8x4", "1x8x8x4w", ""},
    {ETI_OP_RELU, {0}, "2x8x8x4", "2x8x8x4", "only the three innermost dimensions may be larger than 1 (batch is 1)"},
    {ETI_OP_RELU, {0}, "8x8x4", "8x8x4", ""},
    {ETI_OP_HARD_SWISH, {0}, "1x8x8x4", "1x8x8x4", "the accelerator has no such operator"},
    {ETI_OP_RELU, {0}, "8x8x4c", "8x8x4", "all of its inputs are constant"},
    {ETI_OP_ADD, {0}, "8x8x4c 4c", "8x8x4", "all of its inputs are constant"},
    {ETI_OP_RESHAPE, {0}, "8x4c :1,32", "1x32", "all of its inputs are constant"},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x3x3x4c", "1x8x8x16", ""},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x3x3x4", "1x8x8x16", "its weights are not constant"},
    {ETI_OP_CONV_2D, {.stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 2}, "1x8x8x4 16x3x3x4c", "1x8x8x16",
     "its dilation differs between height and width"},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x3x3x2c", "1x8x8x16", "grouped convolutions are not mapped"},
    {ETI_OP_FULLY_CONNECTED, {0}, "1x4 10x4c", "1x10", ""},
    {ETI_OP_CONV_2D, {ONES}, "1x8d 16x9c", "1x8", "its input has a size that is only known at run time"}, /* not even of four dimensions */
    {ETI_OP_DEPTHWISE_CONV_2D, {ONES}, "1x8 16c", "8d", "its output has a size that is only known at run time"},
    {ETI_OP_TRANSPOSE_CONV, {ONES}, "1 16x9c 8d", "1x8", "its input has a size that is only known at run time"},
    {ETI_OP_FULLY_CONNECTED, {0}, "8d 16c", "1x8", "its input has a size that is only known at run time"},
    {ETI_OP_FULLY_CONNECTED, {.shuffled_weights = true}, "1x4 10x4c", "1x10", "its weights are not in the default format"},
    {ETI_OP_FULLY_CONNECTED, {0}, "2x4 10x4c", "2x10", "the output of a fully connected layer must be one-dimensional"},
    {ETI_OP_MAX_POOL_2D, {ONES, .kernel_h = 2, .kernel_w = 2}, "1x8x8x4", "1x8x8x4", ""},
    {ETI_OP_MAX_POOL_2D, {ONES, .kernel_h = 2, .kernel_w = 2, .activation = ETS_ACT_RELU}, "1x8x8x4", "1x8x8x4", "it has a fused activation"},
    {ETI_OP_CONCATENATION, {.axis = 3}, "1x8x8x4 1x8x8x3", "1x8x8x7", ""},
    {ETI_OP_CONCATENATION, {.axis = 3}, "1x8x8x4 1x8x8x3z", "1x8x8x7", ""},
    {ETI_OP_CONCATENATION, {.axis = 3}, "1x8x8x4 1x8x8x3c", "1x8x8x7", "a constant may only be joined as zeros to one other input"},
    {ETI_OP_CONCATENATION, {.axis = 3}, "1x8x8x4 1x8x8x3 1x8x8x1z", "1x8x8x8", "a constant may only be joined as zeros to one other input"},
    {ETI_OP_ADD, {0}, "1x8x8x4 1x8x8x4", "1x8x8x4", ""},
    {ETI_OP_ADD, {0}, "1x8x8x4 4c", "1x8x8x4", ""},
    {ETI_OP_ADD, {0}, "4c 1x8x8x4", "1x8x8x4", ""},
    {ETI_OP_ADD, {0}, "1x8x8x4 1", "1x8x8x4", ""},
    {ETI_OP_ADD, {0}, "1x8x8x4 4", "1x8x8x4", "its computed operands have different shapes, and broadcasting those is not mapped"},
    {ETI_OP_ADD, {0}, "1x8x8x4 1x8x1x4c", "1x8x8x4", ""},
    {ETI_OP_ADD, {0}, "1x8x8x1c 1x8x8x4", "1x8x8x4", ""},
    {ETI_OP_ADD, {0}, "1x8x1x4 1x8x8x4c", "1x8x8x4", "its computed operands have different shapes, and broadcasting those is not mapped"},
    {ETI_OP_ADD, {0}, "1x8x8x4 1x8x1x4", "1x8x8x4", "its computed operands have different shapes, and broadcasting those is not mapped"},
    {ETI_OP_PRELU, {0}, "1x8x8x4 4c", "1x8x8x4", ""},
    {ETI_OP_PRELU, {0}, "1x8x8x4 4", "1x8x8x4", "its alpha is not constant"},
    {ETI_OP_PRELU, {0}, "1x8x8x4 8x8x4c", "1x8x8x4", "its alpha must be one-dimensional (a value a channel)"},
    {ETI_OP_MEAN, {.keep_dims = true}, "1x8x8x4 :1,2", "1x1x1x4", ""},
    {ETI_OP_SUM, {.keep_dims = true}, "1x8x8x4 :0", "1x8x8x4", "it reduces over the batch"},
    {ETI_OP_SUM, {.keep_dims = true}, "8x8x4 :0", "1x8x4", ""}, /* there is none */
    {ETI_OP_MEAN, {.keep_dims = true}, "1x8x8x4 :3", "1x8x8x1", ""},
    {ETI_OP_MEAN, {.keep_dims = true}, "1x8x8x6 :3", "1x8x8x1", "it reduces over a depth that is not a multiple of 4"},
    {ETI_OP_MEAN, {.keep_dims = true}, "1x8x8x6 :2", "1x8x1x6", ""},
    {ETI_OP_PAD, {0}, "1x8x8x4 :0,0,1,1,1,1,0,0", "1x10x10x4", ""},
    {ETI_OP_PAD, {0}, "1x8x8x4 :0,0,0,0,0,0,0,4", "1x8x8x8", ""},
    {ETI_OP_PAD, {0}, "1x8x8x4 :1,0,0,0,0,0,0,0", "2x8x8x4", "only the three innermost dimensions may be larger than 1 (batch is 1)"},
    {ETI_OP_PACK, {.axis = 0}, "8x4 8x4", "2x8x4", ""},
    {ETI_OP_PACK, {.axis = 1}, "1x8x4 1x8x4", "1x2x8x4", ""},
    {ETI_OP_PACK, {.axis = -3}, "1x8x4 1x8x4", "1x2x8x4", ""},
    {ETI_OP_PACK, {.axis = -4}, "1x8x4", "1x1x8x4", "it works on the batch"},
    {ETI_OP_SOFTMAX, {0}, "1x1000", "1x1000", ""},
    {ETI_OP_SOFTMAX, {0}, "2x1000", "2x1000", "the input of a softmax must be one-dimensional"},
    {ETI_OP_SOFTMAX, {0}, "1x16000", "1x16000", ""},
    {ETI_OP_SOFTMAX, {0}, "1x16001", "1x16001", "a softmax is mapped up to 16,000 elements"},
    {ETI_OP_RESIZE_BILINEAR, {0}, "1x8x9x4 :16,18", "1x16x18x4", ""},
    {ETI_OP_RESIZE_BILINEAR, {0}, "1x8x9x4 :16,27", "1x16x27x4", "only a bilinear resize to exactly twice the height and width is mapped"},
    {ETI_OP_RESIZE_NEAREST_NEIGHBOR, {0}, "1x3x3x4 :5,5", "1x5x5x4", ""},
    {ETI_OP_RESIZE_NEAREST_NEIGHBOR, {0}, "1x8x9x4 :16,18", "1x16x18x4", ""},
    {ETI_OP_SQUEEZE, {.axes = 1}, "1x8x4", "8x4", ""},
    {ETI_OP_SQUEEZE, {.axes = 2}, "8x1x4", "8x4", "only leading dimensions may be squeezed"},
    {ETI_OP_STRIDED_SLICE, {0}, "8x8x4 :1,1 :4,5 :1,1", "3x4x4", ""},
    {ETI_OP_STRIDED_SLICE, {0}, "8x8x4 :1,1 :4,5 :1,2", "3x2x4", "its strides are not all 1"},
    {ETI_OP_STRIDED_SLICE, {.unusual_masks = 2}, "8x8x4 :1,1 :4,5 :1,1", "3x4x4", "it has an ellipsis or new-axis mask"},
    {ETI_OP_SPACE_TO_DEPTH, {.block = 2}, "1x8x8x4", "1x4x4x16", ""},
    {ETI_OP_LSTM, {0}, "1x5x8 16x8c 16x8c 16x8c 16x8c 16x16c 16x16c 16x16c 16x16c", "1x5x16", ""},
    {ETI_OP_LSTM, {0}, "1x5x8v 16x8c 16x8c 16x8c 16x8c 16x16c 16x16c 16x16c 16x16c", "1x5x16", ""},
    {ETI_OP_LSTM, {0}, "1x5x8 16x8c 16x8c 16x8c 16x8c", "1x5x16", "its operands are not those of a sequence of steps, or it has a projection"},
    {ETI_OP_LSTM, {.bidirectional = true}, "1x5x8 16x8c 16x8c 16x8c 16x8c", "1x5x16", "it runs in both directions"},
    {ETI_OP_LSTM, {0}, "5x8 16x8c 16x8c 16x8c 16x8c", "5x16", "its input must have batch, time and features"},
    {ETI_OP_LSTM, {0}, "2x5x8 16x8c 16x8c 16x8c 16x8c", "2x5x16", "it runs more than one sequence (batch is 1)"},
    {ETI_OP_LSTM, {.time_major = true}, "5x1x8 16x8c 16x8c 16x8c 16x8c 16x16c 16x16c 16x16c 16x16c", "5x1x16", ""},
    {ETI_OP_LSTM, {.time_major = true}, "5x2x8 16x8c 16x8c 16x8c 16x8c", "5x2x16", "it runs more than one sequence (batch is 1)"},
};

static int count_bytes(void *ctx, const char *text, size_t n)
{
    (void)text;
    *(size_t *)ctx += n;
    return 0;
}

/* Whatever it is, all that can be asked of it has an answer, on both kinds of machine; some networks cannot be changed. */
static void ask_everything(struct eti_graph *g)
{
    static const char *const machines[] = {TREE("arch/coral-usb.yaml"), TREE("arch/systolic-16x16.yaml")};
    ets_model model = {eti_allocator(NULL), g};
    for (int i = 0; i < 2; i++) {
        ets_arch *a;
        ets_report *r;
        ets_explanation *x;
        ets_predictor *p;
        ets_summary s;
        ets_change changes[16];
        ets_error e;
        size_t n = 0;
        ets_writer to = {count_bytes, &n};
        ASSERT_OK(ets_arch_load(machines[i], NULL, 0, NULL, &a, &e), e);
        ASSERT_OK(ets_simulate(a, &model, NULL, NULL, &r, &e), e);
        for (int f = ETS_FORMAT_TABLE; f <= ETS_FORMAT_CSV; f++) ASSERT_OK(ets_report_write(r, (ets_format)f, NULL, &to, &e), e);
        ASSERT_OK(ets_report_write(r, ETS_FORMAT_HTML, NULL, &to, &e), e);
        ASSERT_OK(ets_explain(a, &model, 0, NULL, NULL, &x, &e), e);
        ASSERT_OK(ets_explanation_write(x, ETS_FORMAT_TABLE, NULL, &to, &e), e);
        ASSERT_OK(ets_predictor_new(a, NULL, NULL, &p, &e), e);
        ASSERT_OK(ets_predict(p, &model, &s, &e), e);
        ck_assert_uint_eq(s.cycles, ets_report_summary(r)->cycles);
        ets_status status = ets_sensitivity(p, &model, changes, 16, &n, &e);
        ck_assert_msg(status == ETS_OK || status == ETS_UNSUPPORTED, "%s", e.text);
        status = ets_network_changes(p, &model, changes, 16, &n, &e);
        ck_assert_msg(status == ETS_OK || status == ETS_UNSUPPORTED, "%s", e.text);
        ets_predictor_free(p);
        ets_explanation_free(x);
        ets_report_free(r);
        ets_arch_free(a);
    }
}

START_TEST(an_operator_is_mapped_or_says_why_not)
{
    struct row r;
    struct eti_arena arena;
    uint32_t parts;
    begin(&r);
    add_operator(&r, cases[_i].type, &cases[_i].at, cases[_i].inputs, cases[_i].result);
    const struct eti_layer_plan *l = finish(&r, false, &arena, &parts);
    ck_assert_msg(strcmp(l[0].map.reason, cases[_i].why) == 0, "%s of %s: '%s', not '%s'", eti_op_kind(cases[_i].type)->name, cases[_i].inputs,
                  l[0].map.reason, cases[_i].why);
    ck_assert_int_eq(l[0].map.where, cases[_i].why[0] ? ETS_ON_HOST : ETS_ON_TPU);
    ck_assert_uint_eq(parts, !cases[_i].why[0]);
    ask_everything(r.graph);
    eti_arena_free(&arena);
    eti_graph_free(r.graph);
}
END_TEST

/* Only what an early compiler lacked: all else is mapped by each. */
START_TEST(transposes_are_mapped_from_release_14_on)
{
    static const char text[] = "edgetpu_sim_model: 1\ninputs: {x: [1, 8, 8, 16]}\nlayers:\n  - {op: relu}\n  - {op: transpose, permutation: [0, 2, 1, 3]}\n";
    static const struct { const char *release; uint32_t on_host; } of[] = {{"1", 1}, {"13", 1}, {"14", 0}, {"16", 0}};
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_parse("m", text, sizeof text - 1, NULL, &m, &e), e);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        ets_setting release = {"compiler.release", of[i].release};
        ets_arch *a = NULL;
        ets_report *r = NULL;
        ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), &release, 1, NULL, &a, &e), e);
        ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
        ck_assert_uint_eq(ets_report_summary(r)->n_host_layers, of[i].on_host);
        ck_assert_str_eq(ets_report_layer(r, 1)->reason, of[i].on_host ? "this release of the compiler does not map it (14 and later do)" : "");
        ets_report_free(r);
        ets_arch_free(a);
    }
    ets_model_free(m);
}
END_TEST

/* The state of a cell is nobody's result; a network that has one can be changed nevertheless. */
START_TEST(what_a_cell_keeps_stays_with_it)
{
    static const struct eti_attributes none = {0};
    struct row r;
    struct eti_arena arena;
    ets_arch *a;
    ets_predictor *p;
    ets_change changes[4];
    uint32_t parts;
    size_t n = 0;
    ets_error e;
    begin(&r);
    add_operator(&r, ETI_OP_LSTM, &none, "1x5x8 16x8c 16x8c 16x8c 16x8c 16x16c 16x16c 16x16c 16x16c 1x16v", "1x5x16");
    add_operator(&r, ETI_OP_FULLY_CONNECTED, &none, "1x5x16 128x80c", "1x128");
    add_operator(&r, ETI_OP_FULLY_CONNECTED, &none, "1x128 32x128c", "1x32");
    finish(&r, false, &arena, &parts);
    ets_model model = {eti_allocator(NULL), r.graph};
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_predictor_new(a, NULL, NULL, &p, &e), e);
    ASSERT_OK(ets_sensitivity(p, &model, changes, 4, &n, &e), e);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(changes[0].layer, 1);
    ets_predictor_free(p);
    ets_arch_free(a);
    eti_arena_free(&arena);
    eti_graph_free(r.graph);
}
END_TEST

/* Letters: t mapped, h on the host, q quantises a float input there. Without `multi_subgraph` all behind the first h is on the host. */
START_TEST(parts_begin_behind_the_host)
{
    static const struct { const char *row; uint32_t parts; const char *cut, *numbers; } rows[] = {
        {"t", 1, "t", "0"},
        {"h", 0, "h", "0"},
        {"th", 1, "th", "00"},
        {"ht", 1, "hh", "00"}, /* no call for nothing before it */
        {"htht", 2, "hhhh", "0011"},
        {"q", 0, "q", "0"},
        {"qtt", 1, "qtt", "000"}, /* what a converter makes of a network with float ends */
        {"qtht", 2, "qthh", "0001"},
        {"tht", 2, "thh", "001"},
        {"thhtht", 3, "thhhhh", "000112"},
    };
    static const struct eti_attributes none = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int multi = 0; multi < 2; multi++) {
            struct row r;
            struct eti_arena arena;
            uint32_t parts;
            begin(&r);
            for (const char *c = rows[i].row; *c; c++) {
                enum eti_op_type type = *c == 't' ? ETI_OP_RELU : *c == 'q' ? ETI_OP_QUANTIZE : ETI_OP_HARD_SWISH;
                add_operator(&r, type, &none, *c == 'q' ? "1x8x8x4f" : "1x8x8x4", "1x8x8x4");
            }
            const struct eti_layer_plan *l = finish(&r, multi, &arena, &parts);
            for (size_t k = 0; rows[i].row[k]; k++) {
                ck_assert_int_eq(l[k].map.where, (multi ? rows[i].row : rows[i].cut)[k] == 't' ? ETS_ON_TPU : ETS_ON_HOST);
                if (multi && rows[i].row[k] == 't') ck_assert_uint_eq(l[k].map.subgraph, rows[i].numbers[k] - '0');
            }
            ck_assert_uint_eq(parts, multi ? rows[i].parts : strchr(rows[i].cut, 't') != NULL);
            eti_arena_free(&arena);
            eti_graph_free(r.graph);
        }
}
END_TEST

Suite *suite_partition(void);
Suite *suite_partition(void)
{
    Suite *s = suite_create("partition");
    TCase *t = tcase_create("operators");
    tcase_add_loop_test(t, an_operator_is_mapped_or_says_why_not, 0, sizeof cases / sizeof *cases);
    tcase_add_test(t, transposes_are_mapped_from_release_14_on);
    tcase_add_test(t, what_a_cell_keeps_stays_with_it);
    tcase_add_test(t, parts_begin_behind_the_host);
    suite_add_tcase(s, t);
    return s;
}
