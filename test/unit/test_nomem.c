/* test_nomem.c - each request for memory of each call fails in turn, once alone and once with all after it. The call says NOMEM and
 * gives nothing, or could do without and gives what it always does; every byte comes back; and the same call on the same objects, with
 * memory again, gives the same. `make nomem` runs this with arenas that ask for each object by itself. */
#include "test.h"

/* What a call works on. All of it was made with `mem`. */
struct world {
    struct test_memory memory;
    ets_allocator mem;
    ets_arch *grid, *array;
    ets_model *model, *other;
    ets_report *traced, *of_array;
    ets_predictor *predictor;
    uint64_t seen, want; /* digests of what the call gave, and gives with memory enough */
};

static void see(struct world *w, const void *data, size_t n)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < n; i++) w->seen = (w->seen ^ bytes[i]) * 0x100000001b3u; /* FNV-1a */
}

static int see_text(void *ctx, const char *text, size_t n)
{
    see(ctx, text, n);
    return 0;
}

/* From here on there is memory. */
static void replenish(struct world *w)
{
    w->memory.fail_at = 0;
    w->memory.for_good = false;
}

/* ------------------------------------------------------------------ reading ------------------------------ */

static const char yaml[] =
    "edgetpu_sim_model: 1\nname: small\ntype: uint8\ninputs: {image: [1, 24, 24, 3]}\nlayers:\n"
    "  - {op: conv_2d, name: stem, kernel: 3, stride: 2, out: 16, act: relu6}\n"
    "  - {op: conv_2d, name: wide, out: 64}\n  - {op: depthwise_conv_2d, kernel: 3}\n  - {op: conv_2d, name: back, out: 16}\n"
    "  - {op: add, name: sum, from: [back, stem]}\n  - {op: split, axis: 3, parts: 2, name: s}\n"
    "  - {op: mul, name: m, from: ['s:0', 's:1']}\n  - {op: max_pool, kernel: 2}\n  - {op: mean}\n"
    "  - {op: fully_connected, out: 10}\n  - {op: softmax}\n"
    "  - {op: custom, custom: Mine, name: mine, shape: [1, 4]}\n";
static const char csv[] = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
                          "a, 12, 12, 3, 3, 4, 8, 1,\nDPb, 10, 10, 3, 3, 8, 1, 2,\n";

static ets_status see_model(struct world *w, ets_status status, ets_model *m)
{
    if (status != ETS_OK) {
        ck_assert_ptr_null(m);
        return status;
    }
    ets_model_info info = ets_model_describe(m);
    ets_report *r = NULL;
    ets_writer to = {see_text, w};
    ets_error why;
    see(w, info.format, strlen(info.format));
    see(w, &info.constant_bytes, sizeof info.constant_bytes);
    ASSERT_OK(ets_simulate(w->grid, m, NULL, NULL, &r, &why), why);
    ASSERT_OK(ets_report_write(r, ETS_FORMAT_JSON, NULL, &to, &why), why);
    ets_report_free(r);
    ets_model_free(m);
    return ETS_OK;
}

static ets_status reads_yaml(struct world *w, ets_error *e)
{
    ets_model *m = NULL;
    ets_status status = ets_model_parse("small.yaml", yaml, sizeof yaml - 1, &w->mem, &m, e);
    return see_model(w, status, m);
}

static ets_status reads_csv(struct world *w, ets_error *e)
{
    ets_model *m = NULL;
    ets_status status = ets_model_parse("table.csv", csv, sizeof csv - 1, &w->mem, &m, e);
    return see_model(w, status, m);
}

static ets_status quantises(struct world *w, ets_error *e)
{
    ets_model *m = NULL;
    ets_status status = ets_model_as_int8(w->model, &w->mem, &m, e);
    return see_model(w, status, m);
}

static ets_status reads_file(struct world *w, const char *path, ets_error *e)
{
    ets_model *m = NULL;
    ets_status status = ets_model_load(path, &w->mem, &m, e);
    return see_model(w, status, m);
}

static ets_status reads_tflite(struct world *w, ets_error *e) { return reads_file(w, TREE("test/fuzz/corpora/tflite/conv.tflite"), e); }
static ets_status reads_gzip(struct world *w, ets_error *e) { return reads_file(w, TREE("test/fuzz/corpora/gzip/conv.csv.gz"), e); }

static ets_status see_machine(struct world *w, ets_status status, ets_arch *a)
{
    if (status != ETS_OK) {
        ck_assert_ptr_null(a);
        return status;
    }
    for (size_t i = 0; i < ets_arch_field_count(a); i++) {
        ets_arch_field f = ets_arch_field_at(a, i);
        see(w, f.value, strlen(f.value));
        see(w, f.origin, strlen(f.origin));
    }
    ets_arch_free(a);
    return ETS_OK;
}

static ets_status reads_machine(struct world *w, ets_error *e)
{
    static const ets_setting set = {"clock_hz", "250M"};
    ets_arch *a = NULL;
    ets_status status = ets_arch_load(TREE("arch/coral-devboard.yaml"), &set, 1, &w->mem, &a, e); /* inherits */
    return see_machine(w, status, a);
}

static ets_status reads_cfg(struct world *w, ets_error *e)
{
    ets_arch *a = NULL;
    ets_status status = ets_arch_load(TREE("test/fuzz/corpora/arch_cfg/example.cfg"), NULL, 0, &w->mem, &a, e);
    return see_machine(w, status, a);
}

static ets_status changes_machine(struct world *w, ets_error *e)
{
    static const ets_setting set = {"grid.x", "2"};
    ets_arch *a = NULL;
    ets_status status = ets_arch_with(w->grid, &set, 1, &w->mem, &a, e);
    return see_machine(w, status, a);
}

static int see_name(void *ctx, const char *name, const char *path)
{
    (void)path;
    see(ctx, name, strlen(name));
    return 0;
}

static ets_status lists_models(struct world *w, ets_error *e)
{
    return ets_data_list("models", TREE("."), see_name, w, &w->mem, e);
}

/* ------------------------------------------------------------------ simulating, writing ------------------ */

static ets_status simulates_on(struct world *w, const ets_arch *a, bool trace, ets_error *e)
{
    ets_options o = ETS_OPTIONS_INIT;
    ets_report *r = NULL;
    o.trace = trace;
    o.multi_subgraph = true;
    ets_status status = ets_simulate(a, w->model, &o, &w->mem, &r, e);
    if (status == ETS_OK) see(w, ets_report_summary(r), sizeof *ets_report_summary(r));
    else ck_assert_ptr_null(r);
    ets_report_free(r);
    return status;
}

static ets_status simulates(struct world *w, ets_error *e) { return simulates_on(w, w->grid, false, e); }
static ets_status traces(struct world *w, ets_error *e) { return simulates_on(w, w->grid, true, e); }
static ets_status simulates_array(struct world *w, ets_error *e) { return simulates_on(w, w->array, false, e); }

static ets_status writes(struct world *w, const ets_report *r, ets_format format, bool mapping, ets_error *e)
{
    ets_format_options o = ETS_FORMAT_OPTIONS_INIT;
    ets_writer to = {see_text, w};
    o.mapping = mapping;
    o.split = true;
    o.sort = ETS_SORT_CYCLES;
    uint64_t before = w->seen;
    ets_status status = ets_report_write(r, format, &o, &to, e);
    ck_assert(status == ETS_OK || w->seen == before); /* nothing is written of what cannot be written whole */
    return status;
}

static ets_status writes_table(struct world *w, ets_error *e) { return writes(w, w->traced, ETS_FORMAT_TABLE, false, e); }
static ets_status writes_mapping(struct world *w, ets_error *e) { return writes(w, w->traced, ETS_FORMAT_TABLE, true, e); }
static ets_status writes_json(struct world *w, ets_error *e) { return writes(w, w->traced, ETS_FORMAT_JSON, false, e); }
static ets_status writes_csv(struct world *w, ets_error *e) { return writes(w, w->traced, ETS_FORMAT_CSV, false, e); }
static ets_status writes_trace(struct world *w, ets_error *e) { return writes(w, w->traced, ETS_FORMAT_TRACE, false, e); }
static ets_status writes_html(struct world *w, ets_error *e) { return writes(w, w->traced, ETS_FORMAT_HTML, false, e); }
static ets_status writes_compute(struct world *w, ets_error *e) { return writes(w, w->of_array, ETS_FORMAT_SCALESIM_COMPUTE, false, e); }
static ets_status writes_bandwidth(struct world *w, ets_error *e)
{
    return writes(w, w->of_array, ETS_FORMAT_SCALESIM_BANDWIDTH, false, e);
}
static ets_status writes_access(struct world *w, ets_error *e) { return writes(w, w->of_array, ETS_FORMAT_SCALESIM_ACCESS, false, e); }

static ets_status writes_page(struct world *w, ets_error *e)
{
    ets_change change = {0, ETS_DIMENSION_CHANNELS, 16, 8, 1000, 10, 10, 10};
    ets_page_part parts[2] = {{w->traced, &change, 1}, {w->of_array, NULL, 0}};
    ets_writer to = {see_text, w};
    return ets_page_write(parts, 2, &to, e);
}

static ets_status explains(struct world *w, ets_error *e)
{
    ets_explanation *x = NULL;
    ets_writer to = {see_text, w};
    ets_status status = ets_explain(w->grid, w->model, 1, NULL, &w->mem, &x, e);
    if (!status) status = ets_explanation_write(x, ETS_FORMAT_TABLE, NULL, &to, e);
    if (!status) status = ets_explanation_write(x, ETS_FORMAT_JSON, NULL, &to, e);
    ets_explanation_free(x);
    return status;
}

/* From the text of a network to every byte that is printed of it. */
static ets_status profiles(struct world *w, ets_error *e)
{
    ets_arch *a = NULL;
    ets_model *m = NULL;
    ets_report *r = NULL;
    ets_options o = ETS_OPTIONS_INIT;
    o.trace = true;
    ets_status status = ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, &w->mem, &a, e);
    if (!status) status = ets_model_parse("small.yaml", yaml, sizeof yaml - 1, &w->mem, &m, e);
    if (!status) status = ets_simulate(a, m, &o, &w->mem, &r, e);
    for (int f = 0; !status && f <= ETS_FORMAT_HTML; f++)
        if (f < ETS_FORMAT_SCALESIM_COMPUTE || f >= ETS_FORMAT_TRACE) status = writes(w, r, (ets_format)f, false, e);
    ets_report_free(r);
    ets_model_free(m);
    ets_arch_free(a);
    return status;
}

/* ------------------------------------------------------------------ building ----------------------------- */

/* A call of a builder that failed for want of memory leaves it as it was: with memory, the same call does it. */
#define BUILD(call)                                          \
    do {                                                     \
        ets_status once = (call);                            \
        if (once == ETS_NOMEM) {                             \
            status = once;                                   \
            *e = why;                                        \
            replenish(w);                                    \
            once = (call);                                   \
        }                                                    \
        ck_assert_msg(once == ETS_OK, "%s", why.text);       \
    } while (0)

static ets_status builds(struct world *w, ets_error *e)
{
    static const uint32_t dims[4] = {1, 20, 20, 8}, turned[4] = {1, 12, 48, 16};
    ets_status status = ETS_OK, built;
    ets_error why;
    ets_builder *b = NULL;
    ets_model *m = NULL;
    ets_tensor x, y, parts[2];
    ets_conv c = ETS_CONV_INIT;
    ets_block k = ETS_BLOCK_INIT;
    c.out_channels = 16;
    c.kernel_h = c.kernel_w = 3;
    k.out_channels = 16;
    BUILD(ets_builder_new("built", &w->mem, &b, &why));
    BUILD(ets_build_input(b, "image", dims, 4, &x, &why));
    BUILD(ets_build_conv2d(b, x, &c, &x, &why));
    BUILD(ets_build_block(b, x, &k, &y, &why));
    BUILD(ets_build_binary(b, "add", x, y, ETS_ACT_RELU, &x, &why));
    BUILD(ets_build_binary_constant(b, "mul", x, &c.out_channels, 1, ETS_ACT_NONE, &x, &why));
    BUILD(ets_build_transpose_conv(b, x, &c, &x, &why));
    BUILD(ets_build_resize(b, "resize_nearest", x, 24, 24, &x, &why));
    BUILD(ets_build_reshape(b, x, turned, 4, &x, &why));
    BUILD(ets_build_pad(b, x, 1, 1, 1, 1, &y, &why));
    c.out_channels = 0;
    BUILD(ets_build_depthwise(b, y, &c, &y, &why));
    BUILD(ets_build_pool(b, "max_pool", y, &c, &y, &why));
    BUILD(ets_build_unary(b, "logistic", y, &y, &why));
    parts[0] = parts[1] = y;
    BUILD(ets_build_concat(b, parts, 2, -1, &y, &why));
    BUILD(ets_build_unary(b, "global_mean", y, &y, &why));
    BUILD(ets_build_fully_connected(b, y, 10, ETS_ACT_NONE, &y, &why));
    BUILD(ets_build_output(b, y, &why));
    built = ets_build_model(b, &m, status ? &why : e);
    if (built == ETS_OK) see_model(w, built, m);
    ck_assert(built || w->seen == w->want || !w->want);
    replenish(w); /* whatever came of it, the builder is empty and may be used again */
    ASSERT_OK(ets_build_input(b, "image", dims, 4, &x, &why), why);
    ck_assert_uint_eq(x, 1);
    ASSERT_OK(ets_build_unary(b, "softmax", x, &y, &why), why);
    ASSERT_OK(ets_build_output(b, y, &why), why);
    ASSERT_OK(ets_build_model(b, &m, &why), why);
    ck_assert_uint_eq(ets_model_describe(m).n_ops, 1);
    ets_model_free(m);
    ets_builder_free(b);
    return status ? status : built;
}

static const ets_row rows[] = {
    {.op = ETS_ROW_INPUT, .channels = 3, .kernel_h = 24, .kernel_w = 24},
    {.op = ETS_ROW_CONV_2D, .channels = 16, .kernel_h = 3, .kernel_w = 3, .stride = 2},
    {.op = ETS_ROW_BLOCK, .x = 1, .channels = 16, .kernel_h = 3, .expansion = 4, .flags = ETS_ROW_SKIP},
    {.op = ETS_ROW_GLOBAL_MEAN, .x = 2},
    {.op = ETS_ROW_FULLY_CONNECTED, .x = 3, .channels = 10},
};
#define ROWS (sizeof rows / sizeof *rows)

/* Lent models; the second graph in the memory of the first. */
static ets_status lends(struct world *w, ets_error *e)
{
    ets_builder *b = NULL;
    ets_status status = ets_builder_new("rows", &w->mem, &b, e);
    for (int i = 0; i < 2 && !status; i++) {
        const ets_model *m = NULL;
        status = ets_build_rows(b, rows, ROWS - (i == 0), e);
        if (!status) status = ets_build_lend(b, &m, e);
        if (!status) see(w, &(uint64_t){ets_model_describe(m).macs}, sizeof(uint64_t));
        if (status) { /* and the builder may be used again */
            ets_error why;
            if (!b) return status;
            replenish(w);
            ASSERT_OK(ets_build_rows(b, rows, ROWS, &why), why);
            ASSERT_OK(ets_build_lend(b, &m, &why), why);
            ck_assert_uint_eq(ets_model_describe(m).n_ops, 7);
        }
    }
    ets_builder_free(b);
    return status;
}

/* ------------------------------------------------------------------ predicting --------------------------- */

static ets_predictor *new_predictor(struct world *w, ets_status *status, ets_error *e)
{
    ets_predictor *p = NULL;
    *status = ets_predictor_new(w->grid, NULL, &w->mem, &p, e);
    return p;
}

static ets_status predicts_anew(struct world *w, bool in_use, ets_error *e)
{
    ets_status status;
    ets_error why;
    ets_summary s, again;
    size_t fail_at = w->memory.fail_at;
    bool for_good = w->memory.for_good;
    ets_predictor *p;
    if (in_use) replenish(w);
    p = new_predictor(w, &status, e);
    if (in_use) ASSERT_OK(ets_predict(p, w->other, &s, &why), why);
    if (in_use) w->memory.fail_at = fail_at, w->memory.for_good = for_good;
    if (!status) status = ets_predict(p, w->model, &s, e);
    if (p) {
        replenish(w);
        ASSERT_OK(ets_predict(p, w->model, &again, &why), why);
        see(w, &again, sizeof again);
        ck_assert(status || memcmp(&s, &again, sizeof s) == 0);
    }
    ets_predictor_free(p);
    return status;
}

static ets_status predicts_cold(struct world *w, ets_error *e) { return predicts_anew(w, false, e); }
static ets_status predicts_another(struct world *w, ets_error *e) { return predicts_anew(w, true, e); }

/* A network that was asked for before: needs no memory. */
static ets_status predicts_warm(struct world *w, ets_error *e)
{
    ets_summary s;
    ets_layer_costs c;
    ets_status status = ets_predict(w->predictor, w->model, &s, e);
    if (!status) see(w, &s, sizeof s);
    if (!status) status = ets_layer_cost(w->predictor, w->model, 1, &c, e);
    if (!status) see(w, &c.cycles, sizeof c.cycles);
    return status;
}

#define MODELS 5
/* By threads: which of them is refused is anybody's guess, but each result is right or all zero. */
static ets_status predicts_many(struct world *w, bool of_rows, ets_error *e)
{
    const ets_model *models[MODELS];
    ets_summary out[MODELS];
    ets_status each[MODELS] = {ETS_INTERNAL}, status;
    size_t first[MODELS + 1], failed = 0;
    ets_row table[MODELS * ROWS];
    ets_predictor *p = new_predictor(w, &status, e);
    for (size_t i = 0; i < MODELS; i++) {
        models[i] = i % 2 ? w->model : w->other;
        memcpy(&table[ROWS * i], rows, sizeof rows);
        table[ROWS * i + 1].channels = table[ROWS * i + 2].channels = 8 + 8 * (uint32_t)(i % 2);
        first[i] = ROWS * i;
    }
    first[MODELS] = MODELS * ROWS;
    if (!p) return status;
    status = of_rows ? ets_predict_rows(p, table, first, MODELS, 3, out, each, e)
                     : ets_predict_batch(p, models, MODELS, 3, out, each, e);
    replenish(w);
    for (size_t i = 0; i < MODELS; i++) {
        static const ets_summary zero;
        ets_summary want;
        ets_error why;
        ck_assert(each[i] == ETS_OK || each[i] == ETS_NOMEM);
        failed += each[i] != ETS_OK;
        if (of_rows) ASSERT_OK(ets_predict_rows(p, table, &first[i], 1, 1, &want, NULL, &why), why);
        else ASSERT_OK(ets_predict(p, models[i], &want, &why), why);
        ck_assert_mem_eq(&out[i], each[i] ? &zero : &want, sizeof want);
        see(w, &want, sizeof want);
    }
    ck_assert_int_eq(status, failed ? ETS_NOMEM : ETS_OK);
    ets_predictor_free(p);
    return status;
}

static ets_status predicts_batch(struct world *w, ets_error *e) { return predicts_many(w, false, e); }
static ets_status predicts_rows(struct world *w, ets_error *e) { return predicts_many(w, true, e); }

static ets_status says_what_helps(struct world *w, ets_error *e)
{
    ets_change changes[32];
    size_t n = 0;
    ets_status status;
    ets_predictor *p = new_predictor(w, &status, e);
    if (!status) status = ets_sensitivity(p, w->model, changes, 32, &n, e);
    if (!status) ck_assert_uint_gt(n, 3);
    for (size_t i = 0; i < n && !status; i++) see(w, &changes[i].latency_ns, sizeof changes[i].latency_ns);
    ets_predictor_free(p);
    return status;
}

/* ------------------------------------------------------------------ every request ------------------------ */

static const struct { const char *name; ets_status (*call)(struct world *w, ets_error *e); } calls[] = {
#define CALL(name) {#name, name}
    CALL(reads_yaml), CALL(reads_csv), CALL(reads_tflite), CALL(reads_gzip), CALL(quantises), CALL(reads_machine), CALL(reads_cfg),
    CALL(changes_machine), CALL(lists_models), CALL(simulates), CALL(traces), CALL(simulates_array), CALL(writes_table),
    CALL(writes_mapping), CALL(writes_json), CALL(writes_csv), CALL(writes_trace), CALL(writes_html), CALL(writes_compute),
    CALL(writes_bandwidth), CALL(writes_access), CALL(writes_page), CALL(profiles), CALL(explains), CALL(builds), CALL(lends),
    CALL(predicts_cold), CALL(predicts_another), CALL(predicts_warm), CALL(says_what_helps),
    CALL(predicts_batch), CALL(predicts_rows),
};
#define CALLS (sizeof calls / sizeof *calls)
#define BY_THREADS 2 /* the last of them */

static void open_world(struct world *w)
{
    static const char other[] = "edgetpu_sim_model: 1\nname: other\ninputs: {x: [1, 9, 9, 8]}\nlayers:\n  - {op: conv_2d, kernel: 3, out: 24}\n";
    ets_options o = ETS_OPTIONS_INIT;
    ets_error e;
    ets_summary s;
    memset(w, 0, sizeof *w);
    w->mem = test_allocator(&w->memory);
    o.trace = true;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, &w->mem, &w->grid, &e), e);
    ASSERT_OK(ets_arch_load(TREE("arch/systolic-16x16.yaml"), NULL, 0, &w->mem, &w->array, &e), e);
    ASSERT_OK(ets_model_parse("small.yaml", yaml, sizeof yaml - 1, &w->mem, &w->model, &e), e);
    ASSERT_OK(ets_model_parse("other.yaml", other, sizeof other - 1, &w->mem, &w->other, &e), e);
    ASSERT_OK(ets_simulate(w->grid, w->model, &o, &w->mem, &w->traced, &e), e);
    ASSERT_OK(ets_simulate(w->array, w->model, &o, &w->mem, &w->of_array, &e), e);
    ASSERT_OK(ets_predictor_new(w->grid, NULL, &w->mem, &w->predictor, &e), e);
    ASSERT_OK(ets_predict(w->predictor, w->model, &s, &e), e);
}

static void close_world(struct world *w)
{
    ets_predictor_free(w->predictor);
    ets_report_free(w->of_array);
    ets_report_free(w->traced);
    ets_model_free(w->other);
    ets_model_free(w->model);
    ets_arch_free(w->array);
    ets_arch_free(w->grid);
    ck_assert_uint_eq(w->memory.blocks, 0);
    ck_assert_uint_eq(w->memory.bytes, 0);
}

/* With request `n` failing (0: none); how many failed. */
static size_t try_call(struct world *w, int i, size_t n, bool for_good, ets_status *status, ets_error *e)
{
    size_t blocks = w->memory.blocks, bytes = w->memory.bytes;
    w->seen = 0xcbf29ce484222325u;
    w->memory.fail_at = n;
    w->memory.for_good = for_good;
    w->memory.failures = 0;
    memset(e, 0, sizeof *e);
    *status = calls[i].call(w, e);
    replenish(w);
    ck_assert_msg(w->memory.blocks == blocks && w->memory.bytes == bytes, "%s, request %zu: %zu bytes do not come back", calls[i].name, n,
                  w->memory.bytes - bytes);
    return w->memory.failures;
}

static void fail_each(struct world *w, int i, bool for_good)
{
    const char *name = calls[i].name;
    ets_status status;
    ets_error e;
    for (size_t n = 1; try_call(w, i, n, for_good, &status, &e); n++) {
        bool clean = status == ETS_NOMEM && e.status == ETS_NOMEM && strcmp(e.text, "out of memory") == 0;
        ck_assert_msg(clean || (status == ETS_OK && w->seen == w->want), "%s, request %zu: %s, '%s'", name, n, ets_status_name(status),
                      e.text);
        try_call(w, i, 0, false, &status, &e);
        ck_assert_msg(status == ETS_OK && w->seen == w->want, "%s, after request %zu failed: %s", name, n, e.text);
    }
    ck_assert_msg(status == ETS_OK && w->seen == w->want, "%s: %s", name, e.text);
}

START_TEST(every_request_for_memory_may_fail)
{
    struct world w;
    ets_status status;
    ets_error e;
    open_world(&w);
    try_call(&w, _i, 0, false, &status, &e);
    ck_assert_msg(status == ETS_OK, "%s: %s", calls[_i].name, e.text);
    w.want = w.seen;
    fail_each(&w, _i, false);
    fail_each(&w, _i, true);
    close_world(&w);
}
END_TEST

static Suite *suite_of(const char *name, size_t first, size_t end)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create("every request");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, every_request_for_memory_may_fail, (int)first, (int)end);
    suite_add_tcase(s, t);
    return s;
}

Suite *suite_nomem(void);
Suite *suite_nomem(void) { return suite_of("nomem", 0, CALLS - BY_THREADS); }

/* By itself for ThreadSanitizer, which need not see the others. */
Suite *suite_nomem_threads(void);
Suite *suite_nomem_threads(void) { return suite_of("nomem_threads", CALLS - BY_THREADS, CALLS); }
