/* test_scalesim.c - SCALE-Sim's own files in, its reports out: every row of its results, column by column; malformed rows and
 * configurations are named with their place. */
#include <math.h>

#include "report/report.h"
#include "test.h"

static ets_report *run(const char *topology, const char *cfg)
{
    ets_model *m;
    ets_arch *a;
    ets_report *r;
    ets_error e;
    ASSERT_OK(ets_model_parse("t.csv", topology, strlen(topology), NULL, &m, &e), e);
    ck_assert_str_eq(ets_model_describe(m).format, "scalesim");
    ASSERT_OK(ets_arch_parse("s.cfg", cfg, strlen(cfg), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    ets_model_free(m);
    ets_arch_free(a);
    return r;
}

enum { RUN = 1, SRAM = 3, LAYER = 5, FLOW = 7, ROWS, COLS, IN_H, IN_W, KERNEL_H, KERNEL_W, CIN, COUT, STRIDE, TOTAL, STALL, COMPUTE, OVERALL,
       MAPPING, UTIL, SRAM_IN, SRAM_FILTER, SRAM_OUT, DRAM_IN, DRAM_FILTER, DRAM_OUT, RATE_IN, COLUMNS = 40 };

static int split(char *line, char **cell)
{
    int n = 0;
    for (char *at = line, *end; n < COLUMNS; at = end + 1) {
        cell[n++] = at;
        end = strpbrk(at, ",\r\n");
        if (!end) break;
        bool last = *end != ',';
        *end = '\0';
        if (last) break;
    }
    return n;
}

static void near(char *const *cell, int column, double ours)
{
    double theirs = strtod(cell[column], NULL);
    ck_assert_msg(fabs(ours - theirs) <= 1e-9 * fabs(theirs), "row %s, column %d: %.12g, not %.12g", cell[0], column, ours, theirs);
}

static void same(char *const *cell, int column, uint64_t ours)
{
    ck_assert_msg(ours == strtoull(cell[column], NULL, 10), "row %s, column %d: %llu, not %s", cell[0], column, (unsigned long long)ours, cell[column]);
}

static struct eti_scalesim_row row_of(char *const *cell)
{
    char topology[400], cfg[400];
    bool memory = strcmp(cell[RUN], "compute_only") != 0;
    snprintf(topology, sizeof topology, "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
             "%s,%s,%s,%s,%s,%s,%s,%s,\n", cell[LAYER], cell[IN_H], cell[IN_W], cell[KERNEL_H], cell[KERNEL_W], cell[CIN], cell[COUT], cell[STRIDE]);
    unsigned long kb = memory ? strtoul(cell[SRAM], NULL, 10) : 2048;
    snprintf(cfg, sizeof cfg, "[general]\nrun_name = x\n[architecture_presets]\nArrayHeight: %s\nArrayWidth: %s\nIfmapSramSzkB: %lu\n"
             "FilterSramSzkB: %lu\nOfmapSramSzkB: %lu\nDataflow : %s\nBandwidth : 10\n", cell[ROWS], cell[COLS], kb, kb, kb, cell[FLOW]);
    ets_report *r = run(topology, cfg);
    ck_assert_uint_eq(r->n_scalesim, 1);
    struct eti_scalesim_row row = r->scalesim[0];
    ck_assert_uint_eq(ets_report_layer(r, 0)->cycles, row.total_cycles + 1); /* a count, not an index */
    ets_report_free(r);
    return row;
}

/* Cycles, utilisation and accesses of every row; DRAM where the tool runs without bandwidth limits and all fits. */
START_TEST(every_row_is_reproduced)
{
    const char *path = test_shared("vectors/scalesim_public.csv");
    char line[2048], *cell[COLUMNS];
    int n = 0, filters_differ = 0, outputs_differ = 0;
    if (!path) return;
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    for (; fgets(line, sizeof line, f); n++) {
        ck_assert_int_gt(split(line, cell), DRAM_OUT);
        struct eti_scalesim_row row = row_of(cell);
        same(cell, COMPUTE, row.total_cycles);
        same(cell, TOTAL, row.total_cycles + strtoull(cell[STALL], NULL, 10)); /* stalls of its prefetcher, not of a machine */
        if (strcmp(cell[STALL], "0") == 0) near(cell, OVERALL, row.overall_util);
        near(cell, MAPPING, row.mapping_efficiency);
        near(cell, UTIL, row.compute_util);
        for (int k = 0; k < 3; k++) same(cell, SRAM_IN + k, row.stream[k].sram);
        if (strcmp(cell[RUN], "full") != 0) continue;
        same(cell, DRAM_IN, row.stream[0].dram);
        for (int k = 0; k < 3; k++) near(cell, RATE_IN + k, row.stream[k].sram_rate);
        if (row.stream[0].dram <= 50 * (2048 * 1024 / 100)) near(cell, RATE_IN + 3, row.stream[0].dram_rate); /* it holds the map */
        filters_differ += row.stream[1].dram != strtoull(cell[DRAM_FILTER], NULL, 10); /* fetched twice: more than 50 sets */
        outputs_differ += row.stream[2].dram != strtoull(cell[DRAM_OUT], NULL, 10);    /* padding of half lines counted */
    }
    fclose(f);
    ck_assert_int_ge(n, 800);
    ck_assert_int_le(filters_differ, 1);
    ck_assert_int_le(outputs_differ, 7);
}
END_TEST

START_TEST(both_forms_and_depthwise_are_read)
{
    ets_report *r = run("name,h,w,kh,kw,c,n,s\n# a comment\n\nconv, 10, 10, 3, 3, 4, 8, 2\r\n\"DP x\", 10, 10, 3, 3, 4, 1, 1, 2,\n",
                        "[a]\nArrayHeight=4\nArrayWidth=4\nifmapsramszkb=1\nfiltersramszkb=1\nofmapsramszkb=1\ndataflow=os\n");
    const ets_array_layer *conv = ets_report_array_layer(r, 0), *depthwise = ets_report_array_layer(r, 1);
    ck_assert_uint_eq(conv->pixels, 25); /* the last window hangs over */
    ck_assert_uint_eq(conv->depth, 36);
    ck_assert_uint_eq(depthwise->groups, 4);
    ck_assert_uint_eq(depthwise->pixels, 8 * 5);
    ets_report_free(r);
    r = run("Layer,M,N,K,\na,5,7,11,\n", "[a]\nArrayHeight=4\nArrayWidth=4\nifmapsramszkb=1\nfiltersramszkb=1\nofmapsramszkb=1\ndataflow=os\n");
    ck_assert_uint_eq(ets_report_array_layer(r, 0)->pixels, 5);
    ck_assert_uint_eq(ets_report_array_layer(r, 0)->outputs, 7);
    ck_assert_uint_eq(ets_report_array_layer(r, 0)->depth, 11);
    ets_report_free(r);
}
END_TEST

/* What editors, spreadsheets and later versions of that tool add says nothing of a layer. */
START_TEST(tables_are_the_same_however_they_are_saved)
{
    static const char cfg[] = "[a]\nArrayHeight: 8\nArrayWidth: 8\nIfmapSramSzkB: 8\nFilterSramSzkB: 8\nOfmapSramSzkB: 8\nDataflow: os\n";
    static const char *const convs[] = {
        "n,h,w,kh,kw,c,n,s\na, 9, 8, 3, 3, 4, 5, 1\n", "a,9,8,3,3,4,5,1", "\xef\xbb\xbfn,h,w,kh,kw,c,n,s,\r\na,9,8,3,3,4,5,1,\r\n\r\n,,,,,,,,\r\n",
        "# of 2026, a, b, c\n\nn,h,w,kh,kw,c,n,s,,,\na,9,8,3,3,4,5,1,,,\n", "n,h,w,kh,kw,c,n,s,Sparsity\na,9,8,3,3,4,5,1,1:1\n",
        "n,h,w,kh,kw,c,n,sh,sw,Sparsity,\na,9,8,3,3,4,5,1,1,4:4,\n", "\"n\",\"h\",w,kh,kw,c,n,s\n\"a\",\"9\",8,3,3,4,5,1\n"};
    static const char *const products[] = {"Layer,M,N,K,\na,5,7,9,\n", "a,5,7,9\n", "Layer,M,N,K,Sparsity\r\na,5,7,9,2:2\r\n", "a,5,7,9,2:2,,\n"};
    for (size_t i = 0; i < sizeof convs / sizeof *convs; i++) {
        ets_report *r = run(convs[i], cfg);
        ck_assert_uint_eq(ets_report_layer_count(r), 1);
        ck_assert_uint_eq(ets_report_layer(r, 0)->macs, 7 * 6 * 5 * 9 * 4);
        ets_report_free(r);
    }
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        ets_report *r = run(products[i], cfg);
        ck_assert_uint_eq(ets_report_layer_count(r), 1);
        ck_assert_uint_eq(ets_report_layer(r, 0)->macs, 5 * 7 * 9);
        ets_report_free(r);
    }
}
END_TEST

START_TEST(malformed_tables_are_named_with_their_place)
{
    static const struct { const char *text; ets_status status; const char *message; } faults[] = {
        {"n,h,w,kh,kw,c,n,s\na, 8, 8, 3, 3, 4, 8\n", ETS_SCHEMA, "t.csv:2:19: 7 fields; a layer has 8 or 9"},
        {"n,h,w,kh,kw,c,n,s\na, 8, 8, 3, 3, 4, x, 1,\n", ETS_SCHEMA, "t.csv:2:19: number of filters: 'x' is not a whole number from 1 to 2147483647"},
        {"n,h,w,kh,kw,c,n,s\na, 8, 8, 0, 3, 4, 4, 1,\n", ETS_SCHEMA, "t.csv:2:10: filter height: '0'"},
        {"n,h,w,kh,kw,c,n,s\n\na, 2, 8, 3, 3, 4, 4, 1,\n", ETS_RANGE, "t.csv:3:1: conv_2d 'a': a 3x3 window"},
        {"n,h,w,kh,kw,c,n,s\na, 8, 8, 3, 3, 4, 4, 1, 1:2\n", ETS_UNSUPPORTED, "t.csv:2:25: sparsity '1:2' is not modelled; a dense layer is 1:1, or has no such column"},
        {"Layer, M, N, K, Sparsity,\na,5,7,8,2:4\n", ETS_UNSUPPORTED, "t.csv:2:9: sparsity '2:4'"},
        {"n;h;w;kh;kw;c;n;s\na;8;8;3;3;4;4;1\n", ETS_SCHEMA, "t.csv:1:1: fields are separated by ',', these seem to be by ';'"},
        {"n\th\tw\tkh\na\t8\t8\t3\n", ETS_SCHEMA, "t.csv:1:1: fields are separated by ',', and this line has one"},
        {"M,N,K\n5,7,8\n", ETS_SCHEMA, "t.csv:2:5: 3 fields; a product has 4: name, M, N, K"},
        {"n,h,w,kh,kw,c,n,s\n", ETS_SCHEMA, "the table has no layers"},
        {"Layer,M,N,K\na,5,7\n", ETS_SCHEMA, "t.csv:2:5: 3 fields; a product has 4: name, M, N, K"},
        {"Layer,M,N,K\n\"a,5,7,8\n", ETS_SYNTAX, "t.csv:2:1: a quote is not closed"},
        {"Layer,M,N,K\n,5,7,8\n", ETS_SCHEMA, "the layer has no name"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ets_model *m = NULL;
        ets_error e;
        ASSERT_FAILS(ets_model_parse("t.csv", faults[i].text, strlen(faults[i].text), NULL, &m, &e), faults[i].status, e, faults[i].message);
    }
}
END_TEST

START_TEST(malformed_configurations_are_named_with_their_place)
{
    static const struct { const char *text; ets_status status; const char *message; } faults[] = {
        {"[a]\nArrayHeight: 4\n", ETS_SCHEMA, "s.cfg:1:1: missing 'ArrayWidth' (columns of the array)"},
        {"[a]\nArrayHeight: 4\nArayWidth: 4\n", ETS_SCHEMA, "s.cfg:3:1: unknown key 'ArayWidth'; did you mean 'ArrayWidth'?"},
        {"[a]\nArrayHeight: 4\n arrayheight: 4\n", ETS_SCHEMA, "s.cfg:3:2: arrayheight: already set on line 2"},
        {"[a]\nArrayHeight 4\n", ETS_SYNTAX, "s.cfg:2:1: 'key: value' is expected"},
        {"[a\nArrayHeight: 4\n", ETS_SYNTAX, "s.cfg:1:1: a section is written [name]"},
        {"[a]\nArrayHeight: 0\nArrayWidth: 4\nIfmapSramSzkB: 1\nFilterSramSzkB: 1\nOfmapSramSzkB: 1\nDataflow: ws\n", ETS_RANGE, "s.cfg:2:14: array.rows: 0 is outside 1..4096"},
        {"[a]\nArrayHeight: 4\nArrayWidth: 4\nIfmapSramSzkB: 1\nFilterSramSzkB: 1\nOfmapSramSzkB: x\nDataflow: ws\n", ETS_SCHEMA, "s.cfg:6:16: OfmapSramSzkB: 'x'"},
        {"[a]\nArrayHeight: 4\nArrayWidth: 4\nIfmapSramSzkB: 1\nFilterSramSzkB: 1\nOfmapSramSzkB: 1\nDataflow: rs\n", ETS_SCHEMA, "s.cfg:7:11: schedule.dataflow: 'rs'"},
        {"[sparsity]\nSparsitySupport: true\n", ETS_UNSUPPORTED, "s.cfg:2:1: SparsitySupport: true: sparsity is not modelled"},
        {"[sparsity]\nsparsitysupport = YES\n", ETS_UNSUPPORTED, "sparsity is not modelled"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ets_arch *a = NULL;
        ets_error e;
        ASSERT_FAILS(ets_arch_parse("s.cfg", faults[i].text, strlen(faults[i].text), NULL, 0, NULL, &a, &e), faults[i].status, e, faults[i].message);
    }
}
END_TEST

Suite *suite_scalesim(void);
Suite *suite_scalesim(void)
{
    Suite *s = suite_create("scalesim");
    TCase *t = tcase_create("files");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, every_row_is_reproduced);
    tcase_add_test(t, both_forms_and_depthwise_are_read);
    tcase_add_test(t, tables_are_the_same_however_they_are_saved);
    tcase_add_test(t, malformed_tables_are_named_with_their_place);
    tcase_add_test(t, malformed_configurations_are_named_with_their_place);
    suite_add_tcase(s, t);
    return s;
}
