/* test_report.c - what is printed: widths, sums, quoting, and JSON that a strict reader takes. */
#include "report/report.h"
#include "test.h"

struct text { char data[1 << 20]; size_t n; };

static int collect(void *ctx, const char *bytes, size_t n)
{
    struct text *t = ctx;
    if (t->n + n >= sizeof t->data) return 1;
    memcpy(t->data + t->n, bytes, n);
    t->n += n;
    t->data[t->n] = '\0';
    return 0;
}

static const char *const names[] = {
    "plain", "with,comma and \"quotes\"", "a/very/long/name/that/goes/on/and/on/until/nobody/reads/it/any/more/relu6",
    "\xc3\xa9\xc3\xa8\xc3\xa0/\xe2\x96\x88 unicode unicode unicode unicode", "", "x",
};
enum { N = sizeof names / sizeof *names };

static ets_report *hand_made(void)
{
    static ets_report r;
    static ets_layer layers[N];
    static ets_phase phases[2] = {{"input", 0, 100, 5000}, {"output", 100 + 1000 * N, 50, 10}};
    memset(&r, 0, sizeof r);
    memset(layers, 0, sizeof layers);
    eti_arena_init(&r.arena, NULL);
    r.model = "model \"quoted\"";
    r.arch = "machine";
    for (size_t i = 0; i < N; i++) {
        layers[i].name = names[i];
        layers[i].op = i % 2 ? "squared_difference" : "an operator with a long name of its own";
        layers[i].reason = i == 1 ? "some rule, with a comma" : "";
        layers[i].where = i == 1 ? ETS_ON_HOST : ETS_ON_TPU;
        layers[i].timed = i != 1;
        layers[i].output_rank = layers[i].input_rank = 4;
        for (int k = 0; k < 4; k++) layers[i].output_dims[k] = layers[i].input_dims[k] = 100000000;
        layers[i].macs = UINT64_MAX / 2;
        layers[i].parameter_bytes = 3000000000u;
        layers[i].start_cycle = i == 1 ? 0 : 100 + 1000 * i;
        layers[i].cycles = i == 1 ? 0 : 1000;
        layers[i].bound_by = ETS_BOUND_PSUM;
    }
    r.layers = layers;
    r.n_layers = N;
    r.phases = phases;
    r.n_phases = 2;
    r.summary.cycles = 150 + 1000 * (N - 1);
    r.summary.clock_hz = 500000000;
    r.summary.n_layers = N;
    r.summary.n_host_layers = 1;
    r.summary.parameter_capacity_bytes = r.summary.onchip_parameter_bytes = 1;
    return &r;
}

static struct text *written(ets_format format, const ets_format_options *o)
{
    static struct text t;
    ets_writer to = {collect, &t};
    ets_error e;
    ets_report *r = hand_made();
    t.n = 0;
    ASSERT_OK(ets_report_write(r, format, o, &to, &e), e);
    return &t;
}

START_TEST(no_row_is_wider_than_asked)
{
    for (int mapping = 0; mapping < 2; mapping++)
        for (uint32_t width = mapping ? 60 : 40; width <= 140; width += 7) {
            ets_format_options o = ETS_FORMAT_OPTIONS_INIT;
            o.width = width;
            o.mapping = mapping;
            o.split = width % 2;
            struct text *t = written(ETS_FORMAT_TABLE, &o);
            char *line = strtok(t->data, "\n");
            for (; line; line = strtok(NULL, "\n"))
                ck_assert_msg(eti_text_columns(line) <= width, "%u columns: %s", width, line);
        }
}
END_TEST

/* Where no width is asked for, nothing is cut; numbers never are. */
START_TEST(rows_without_a_width_have_all)
{
    static const char *const shown[] = {"an operator with a long name of its own", "100000000x100000000x100000000x100000000"};
    for (int mapping = 0; mapping < 2; mapping++) {
        ets_format_options o = ETS_FORMAT_OPTIONS_INIT;
        o.mapping = mapping;
        const char *data = written(ETS_FORMAT_TABLE, &o)->data;
        for (size_t i = 0; i < N; i++) ck_assert_msg(strstr(data, names[i]), "'%s' is cut:\n%s", names[i], data);
        for (size_t i = 0; i < 2; i++) ck_assert_msg(strstr(data, shown[i]), "'%s' is cut:\n%s", shown[i], data);
    }
    ets_report *r = hand_made();
    static struct text t;
    ets_writer to = {collect, &t};
    ets_format_options o = ETS_FORMAT_OPTIONS_INIT;
    ets_error e;
    r->layers[0].cycles = 1000000000000000u; /* 2000000000 ms of 500 MHz */
    r->summary.cycles = r->layers[0].cycles;
    o.width = 60;
    t.n = 0;
    ASSERT_OK(ets_report_write(r, ETS_FORMAT_TABLE, &o, &to, &e), e);
    ck_assert_ptr_nonnull(strstr(t.data, " 2000000000000.0 "));
}
END_TEST

/* A strict reader of JSON: returns where the value ends, NULL if it is none. */
static const char *json(const char *s, int depth);
static const char *space(const char *s) { return s + strspn(s, " \n"); }
static const char *json_text(const char *s)
{
    if (*s++ != '"') return NULL;
    for (; *s != '"'; s++) {
        if ((unsigned char)*s < 0x20) return NULL;
        if (*s == '\\' && !strchr("\"\\/bfnrtu", *++s)) return NULL;
    }
    return s + 1;
}
static const char *json_members(const char *s, char end, int depth)
{
    s = space(s + 1);
    if (*s == end) return s + 1;
    for (;;) {
        if (end == '}') {
            s = json_text(space(s));
            if (!s || *(s = space(s)) != ':') return NULL;
            s++;
        }
        s = json(space(s), depth + 1);
        if (!s) return NULL;
        s = space(s);
        if (*s == end) return s + 1;
        if (*s++ != ',') return NULL;
    }
}
static const char *json(const char *s, int depth)
{
    if (depth > 10) return NULL;
    if (*s == '{') return json_members(s, '}', depth);
    if (*s == '[') return json_members(s, ']', depth);
    if (*s == '"') return json_text(s);
    if (strncmp(s, "true", 4) == 0 || strncmp(s, "null", 4) == 0) return s + 4;
    if (strncmp(s, "false", 5) == 0) return s + 5;
    size_t n = strspn(s, "+-0123456789.e");
    return n && *s != '+' && *s != '.' ? s + n : NULL;
}

START_TEST(json_is_json)
{
    struct text *t = written(ETS_FORMAT_JSON, NULL);
    const char *end = json(t->data, 0);
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end, "\n");
    ck_assert_ptr_nonnull(strstr(t->data, "\"schema\": \"edgetpu_sim.report/1\""));
    ck_assert_ptr_nonnull(strstr(t->data, "\"model\": \"model \\\"quoted\\\"\""));
    ck_assert_ptr_nonnull(strstr(t->data, "\"cycles\": null")); /* of the one on the host */
}
END_TEST

START_TEST(csv_quotes_what_it_has_to)
{
    struct text *t = written(ETS_FORMAT_CSV, NULL);
    ck_assert_ptr_nonnull(strstr(t->data, ",\"with,comma and \"\"quotes\"\"\",squared_difference,host,\"some rule, with a comma\","));
    size_t commas = 0, rows = 0, columns = 17;
    bool quoted = false;
    for (const char *c = t->data; *c; c++) {
        quoted ^= *c == '"';
        commas += *c == ',' && !quoted;
        if (*c != '\n') continue;
        ck_assert_uint_eq(commas, columns);
        commas = 0;
        rows++;
    }
    ck_assert_uint_eq(rows, 1 + N + 2);
}
END_TEST

/* Each order puts what is largest first (names: as in the alphabet) and leaves equal ones as they were. */
START_TEST(rows_come_in_the_order_that_is_asked_for)
{
    static const struct { uint64_t cycles, macs, parameters, energy; double utilization; const char *name; } of[] = {
        {10, 5, 7, 3, 0.5, "c"}, {30, 9, 7, 9, 0.9, "a"}, {20, 5, 8, 1, 0.1, "d"}, {20, 1, 1, 1, 0.9, "b"},
    };
    static const struct { ets_sort by; const char *order; } cases[] = {
        {ETS_SORT_ORDER, "cadb"}, {ETS_SORT_CYCLES, "adbc"}, {ETS_SORT_MACS, "acdb"}, {ETS_SORT_PARAMETERS, "dcab"},
        {ETS_SORT_ENERGY, "acdb"}, {ETS_SORT_UTILIZATION, "dcab"}, {ETS_SORT_NAME, "abcd"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (uint32_t top = 0; top <= 5; top++) {
            static struct text t;
            ets_report *r = hand_made();
            ets_format_options o = ETS_FORMAT_OPTIONS_INIT;
            ets_writer to = {collect, &t};
            ets_error e;
            char order[8] = "";
            r->n_layers = 4;
            r->n_phases = 0;
            for (size_t i = 0; i < 4; i++) {
                ets_layer *l = (ets_layer *)(uintptr_t)&r->layers[i];
                l->name = of[i].name;
                l->where = ETS_ON_TPU;
                l->op = "relu";
                l->cycles = of[i].cycles;
                l->macs = of[i].macs;
                l->parameter_bytes = of[i].parameters;
                l->energy_nj = of[i].energy;
                l->utilization = of[i].utilization;
            }
            o.sort = cases[k].by;
            o.top = top;
            t.n = 0;
            ASSERT_OK(ets_report_write(r, ETS_FORMAT_TABLE, &o, &to, &e), e);
            for (char *line = strtok(t.data, "\n"); line; line = strtok(NULL, "\n"))
                if (strstr(line, " relu ")) strncat(order, line + strspn(line, " 0123456789"), 1);
            size_t shown = top && top < 4 ? top : 4;
            ck_assert_msg(strlen(order) == shown && strncmp(order, cases[k].order, shown) == 0, "order %d, top %u: %s", (int)cases[k].by, top,
                          order);
        }
}
END_TEST

/* All rows stand in the order of time, each where the one before it ended, what takes no time too: a view at the beginning, in between, at
 * the end, of two parts of a network. */
START_TEST(each_row_begins_where_the_one_before_it_ended)
{
    static const char network[] = "edgetpu_sim_model: 1\ninputs: {x: [1, 8, 8, 4]}\nlayers:\n  - {op: concat, from: [x, x]}\n"
                                  "  - {op: conv_2d, out: 8}\n  - {op: reshape, shape: [1, 64, 1, 8]}\n  - {op: hard_swish}\n"
                                  "  - {op: reshape, shape: [1, 8, 8, 8]}\n  - {op: conv_2d, out: 8}\n  - {op: reshape, shape: [1, 512]}\n";
    static struct text t;
    for (int parts = 0; parts < 2; parts++) {
        ets_arch *a;
        ets_model *m;
        ets_report *r;
        ets_error e;
        ets_options o = ETS_OPTIONS_INIT;
        ets_writer to = {collect, &t};
        o.multi_subgraph = parts;
        ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
        ASSERT_OK(ets_model_parse("m", network, sizeof network - 1, NULL, &m, &e), e);
        ASSERT_OK(ets_simulate(a, m, &o, NULL, &r, &e), e);
        t.n = 0;
        ASSERT_OK(ets_report_write(r, ETS_FORMAT_CSV, NULL, &to, &e), e);
        uint64_t at = 0;
        unsigned rows = 0;
        for (const char *line = strchr(t.data, '\n'); line[1]; line = strchr(line + 1, '\n')) {
            unsigned long long start, cycles;
            const char *cell = line + 1;
            for (int k = 0; k < 13; k++) cell = strchr(cell, ',') + 1;
            if (sscanf(cell, "%llu,%llu", &start, &cycles) != 2) continue;
            ck_assert_msg(start == at, "%.40s begins at %llu, not %llu", line + 1, start, (unsigned long long)at);
            at += cycles;
            rows++;
        }
        ck_assert_uint_eq(at, ets_report_summary(r)->cycles);
        ck_assert_uint_eq(rows, parts ? 15 : 11);
        ets_report_free(r);
        ets_model_free(m);
        ets_arch_free(a);
    }
}
END_TEST

START_TEST(rows_are_picked_by_name)
{
    static struct text t;
    ets_format_options o = ETS_FORMAT_OPTIONS_INIT;
    ets_writer to = {collect, &t};
    ets_error e;
    t.n = 0;
    o.layers = "pl*n";
    ASSERT_OK(ets_report_write(hand_made(), ETS_FORMAT_TABLE, &o, &to, &e), e);
    ck_assert_ptr_nonnull(strstr(t.data, "plain"));
    ck_assert_ptr_nonnull(strstr(t.data, "shown        1 of 8 rows"));
    o.layers = "nobody*";
    ASSERT_FAILS(ets_report_write(hand_made(), ETS_FORMAT_TABLE, &o, &to, &e), ETS_RANGE, e, "no layer matches 'nobody*'; * stands for any text");
}
END_TEST

/* Operators of the host are listed by kind; of more kinds than anybody reads, their number. */
START_TEST(reasons_have_an_end)
{
    static struct text t;
    static ets_layer layers[100];
    static char ops[100][8];
    ets_report *r = hand_made();
    ets_writer to = {collect, &t};
    ets_error e;
    memset(layers, 0, sizeof layers);
    for (size_t i = 0; i < 100; i++) {
        snprintf(ops[i], sizeof ops[i], "T%zu", i % 43);
        layers[i].name = "x";
        layers[i].op = ops[i];
        layers[i].reason = "why";
        layers[i].where = ETS_ON_HOST;
    }
    r->layers = layers;
    r->summary.n_layers = r->summary.n_host_layers = r->n_layers = 100;
    t.n = 0;
    ASSERT_OK(ets_report_write(r, ETS_FORMAT_TABLE, NULL, &to, &e), e);
    ck_assert_ptr_nonnull(strstr(t.data, "\n  3 x T0: why\n  3 x T1: why\n"));
    ck_assert_ptr_nonnull(strstr(t.data, "\n  2 x T39: why\n  6 x other operators (in JSON, each with its reason)\n"));
    ck_assert_ptr_null(strstr(t.data, "T40: "));
}
END_TEST

static int stop(void *ctx, const char *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
    return 1;
}

START_TEST(a_writer_that_stops_is_an_error)
{
    ets_writer to = {stop, NULL};
    ets_error e;
    ASSERT_FAILS(ets_report_write(hand_made(), ETS_FORMAT_JSON, NULL, &to, &e), ETS_IO, e, "could not be written");
    ASSERT_FAILS(ets_report_write(NULL, ETS_FORMAT_JSON, NULL, &to, &e), ETS_ARGUMENT, e, "NULL");
}
END_TEST

Suite *suite_report(void);
Suite *suite_report(void)
{
    Suite *s = suite_create("report");
    TCase *t = tcase_create("output");
    tcase_add_test(t, no_row_is_wider_than_asked);
    tcase_add_test(t, rows_without_a_width_have_all);
    tcase_add_test(t, rows_come_in_the_order_that_is_asked_for);
    tcase_add_test(t, each_row_begins_where_the_one_before_it_ended);
    tcase_add_test(t, rows_are_picked_by_name);
    tcase_add_test(t, json_is_json);
    tcase_add_test(t, csv_quotes_what_it_has_to);
    tcase_add_test(t, reasons_have_an_end);
    tcase_add_test(t, a_writer_that_stops_is_an_error);
    suite_add_tcase(s, t);
    return s;
}
