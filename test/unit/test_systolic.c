/* test_systolic.c - the array's closed forms against a stepped one with real products, the published convention, ports. */
#include "ref/systolic_ref.h"
#include "test.h"
#include "timing/systolic.h"

static const enum ref_flow ref_of[] = {REF_WEIGHTS_STAY, REF_SUMS_STAY, REF_INPUTS_STAY};

/* An array that nothing but its own registers limits. */
static struct eti_array wide(uint64_t rows, uint64_t columns, uint64_t pipeline, enum eti_convention convention)
{
    struct eti_array a = {rows, columns, rows + columns - 2 + pipeline - 1, convention, 1, 1, 4, 1u << 20, 1u << 20, 1u << 20, 1u << 20, false};
    return a;
}

static void multiply(const int8_t *a, const int8_t *b, int32_t *c, const struct eti_gemm *g)
{
    for (uint64_t p = 0; p < g->pixels; p++)
        for (uint64_t n = 0; n < g->outputs; n++) {
            int32_t sum = 0;
            for (uint64_t k = 0; k < g->depth; k++) sum += a[p * g->depth + k] * b[k * g->outputs + n];
            c[p * g->outputs + n] = sum;
        }
}

/* The product is right; its cycles, and those until the last result has left, are the closed forms'. */
static void same_as_stepped(const struct eti_array *a, uint64_t pipeline, enum eti_dataflow flow, const struct eti_gemm *g, uint64_t *state)
{
    static int8_t x[64 * 64], w[64 * 64];
    static int32_t got[64 * 64], want[64 * 64];
    struct ref_array r = {(int)a->rows, (int)a->columns, (int)pipeline, a->convention == ETI_DOUBLE_BUFFERED};
    uint64_t out;
    for (uint64_t i = 0; i < g->pixels * g->depth; i++) x[i] = (int8_t)test_random(state);
    for (uint64_t i = 0; i < g->depth * g->outputs; i++) w[i] = (int8_t)test_random(state);
    memset(got, 0, sizeof got);
    uint64_t cycles = ref_multiply(&r, ref_of[flow], x, w, got, (int)g->pixels, (int)g->depth, (int)g->outputs, &out);
    multiply(x, w, want, g);
    ck_assert_msg(memcmp(got, want, g->pixels * g->outputs * sizeof *want) == 0, "the product is wrong");
    ck_assert_msg(cycles == eti_pass_cycles(a, flow, g), "%d: %llux%llu, %llu x %llu x %llu: stepped %llu, closed form %llu", (int)flow,
                  (unsigned long long)a->rows, (unsigned long long)a->columns, (unsigned long long)g->pixels, (unsigned long long)g->depth,
                  (unsigned long long)g->outputs, (unsigned long long)cycles, (unsigned long long)eti_pass_cycles(a, flow, g));
    struct eti_pass p = eti_pass_of(a, flow, g, false, false);
    ck_assert_uint_eq(p.lead + p.last, a->convention == ETI_DOUBLE_BUFFERED ? out : cycles);
}

START_TEST(closed_forms_equal_the_stepped_array)
{
    uint64_t state = 4;
    for (int i = 0; i < 6000; i++) {
        uint64_t rows = test_between(&state, 1, 9), columns = test_between(&state, 1, 9), pipeline = test_between(&state, 1, 3);
        struct eti_array a = wide(rows, columns, pipeline, i % 2 ? ETI_SERIAL : ETI_DOUBLE_BUFFERED);
        struct eti_gemm g = {test_between(&state, 1, 24), test_between(&state, 1, 24), test_between(&state, 1, 24)};
        same_as_stepped(&a, pipeline, (enum eti_dataflow)(i / 2 % 3), &g, &state);
    }
}
END_TEST

/* The published example that a well-known simulator reports one short. */
START_TEST(four_by_four_output_stationary_takes_ten_cycles)
{
    struct eti_gemm g = {4, 4, 4};
    static const enum eti_convention all[] = {ETI_DOUBLE_BUFFERED, ETI_SERIAL, ETI_SCALESIM};
    for (int i = 0; i < 3; i++) {
        struct eti_array a = wide(4, 4, 1, all[i]);
        ck_assert_uint_eq(eti_pass_cycles(&a, ETI_OUTPUT_STATIONARY, &g), 10);
    }
}
END_TEST

/* A product in parts of its depth, pixels or outputs takes what it takes in one, but for the turns that parts add. */
START_TEST(parts_add_up)
{
    uint64_t state = 5;
    for (int i = 0; i < 3000; i++) {
        struct eti_array a = wide(test_between(&state, 1, 32), test_between(&state, 1, 32), 1, ETI_DOUBLE_BUFFERED);
        uint64_t down = test_between(&state, 1, 4), more = test_between(&state, 1, 4);
        struct eti_gemm head = {test_between(&state, 1, 99), down * a.rows, test_between(&state, 1, 99)}, tail = head, whole = head;
        tail.depth = test_between(&state, 1, more * a.rows);
        whole.depth = head.depth + tail.depth;
        struct eti_pass h = eti_pass_of(&a, ETI_WEIGHT_STATIONARY, &head, false, true);
        struct eti_pass t = eti_pass_of(&a, ETI_WEIGHT_STATIONARY, &tail, true, false);
        struct eti_pass w = eti_pass_of(&a, ETI_WEIGHT_STATIONARY, &whole, false, false);
        ck_assert_uint_eq(h.lead + h.body + t.last, w.lead + w.last);
        ck_assert_uint_eq(h.output_write_bytes + t.output_write_bytes, w.output_write_bytes);
        ck_assert_uint_eq(h.output_read_bytes + t.output_read_bytes, w.output_read_bytes);
    }
}
END_TEST

/* A port that is too narrow for a turn makes it as long as its bytes take; a wider one never costs more. */
START_TEST(narrow_ports_slow_the_array)
{
    uint64_t state = 6;
    struct eti_array a = wide(8, 8, 1, ETI_DOUBLE_BUFFERED);
    struct eti_gemm g = {100, 8, 8};
    uint64_t free_running = eti_pass_of(&a, ETI_WEIGHT_STATIONARY, &g, false, false).last;
    a.input_rate = 4; /* half a row of inputs a cycle */
    ck_assert_uint_eq(eti_pass_of(&a, ETI_WEIGHT_STATIONARY, &g, false, false).last, free_running + 100);
    for (int i = 0; i < 5000; i++) {
        struct eti_array n = wide(test_between(&state, 1, 32), test_between(&state, 1, 32), 1, (enum eti_convention)(i % 2)), w;
        struct eti_gemm any = {test_between(&state, 1, 200), test_between(&state, 1, 200), test_between(&state, 1, 200)};
        n.input_rate = test_between(&state, 1, 64);
        n.weight_rate = test_between(&state, 1, 64);
        n.output_rate = test_between(&state, 1, 256);
        n.lanes = test_between(&state, 1, 64);
        w = n;
        *(i % 4 == 0 ? &w.input_rate : i % 4 == 1 ? &w.weight_rate : i % 4 == 2 ? &w.output_rate : &w.lanes) *= 2;
        struct eti_pass p = eti_pass_of(&n, (enum eti_dataflow)(i % 3), &any, false, false), q = eti_pass_of(&w, (enum eti_dataflow)(i % 3), &any, false, false);
        ck_assert_uint_le(q.lead + q.last, p.lead + p.last);
        ck_assert_uint_le(q.body, p.body);
        ck_assert_uint_ge(p.body * n.rows * n.columns, any.pixels * any.depth * any.outputs); /* no more than its multipliers do */
    }
}
END_TEST

/* ------------------------------------------------------------------ SCALE-Sim's results ------------------ */

struct row { char layer[64], flow[8]; unsigned long long rows, columns, h, w, kh, kw, cin, cout, stride, compute, in, weight, out; };

static bool read_row(FILE *f, struct row *r)
{
    char line[2048];
    char *cell[40], *at = line;
    int n = 0;
    if (!fgets(line, sizeof line, f)) return false;
    for (char *end; n < 40; at = end + 1) {
        cell[n++] = at;
        end = strpbrk(at, ",\r\n");
        if (!end || *end != ',') break;
        *end = '\0';
    }
    ck_assert_int_ge(n, 26);
    snprintf(r->layer, sizeof r->layer, "%s", cell[5]);
    snprintf(r->flow, sizeof r->flow, "%s", cell[7]);
    unsigned long long *to[] = {&r->rows, &r->columns, &r->h, &r->w, &r->kh, &r->kw, &r->cin, &r->cout, &r->stride};
    for (int i = 0; i < 9; i++) *to[i] = strtoull(cell[8 + i], NULL, 10);
    r->compute = strtoull(cell[19], NULL, 10);
    r->in = strtoull(cell[23], NULL, 10);
    r->weight = strtoull(cell[24], NULL, 10);
    r->out = strtoull(cell[25], NULL, 10);
    return true;
}

/* Every row of the tool's results: cycles (it reports the index of the last one), reads and writes. */
START_TEST(every_row_of_the_published_convention)
{
    const char *path = test_shared("vectors/scalesim_public.csv");
    struct row r;
    char head[2048];
    int n = 0;
    if (!path) return;
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(fgets(head, sizeof head, f));
    for (; read_row(f, &r); n++) {
        struct eti_array a = wide(r.rows, r.columns, 1, ETI_SCALESIM);
        enum eti_dataflow flow = r.flow[0] == 'w' ? ETI_WEIGHT_STATIONARY : r.flow[0] == 'o' ? ETI_OUTPUT_STATIONARY : ETI_INPUT_STATIONARY;
        uint64_t oh = (r.h - r.kh + r.stride + r.stride - 1) / r.stride, ow = (r.w - r.kw + r.stride + r.stride - 1) / r.stride;
        struct eti_gemm g = {oh * ow, r.kh * r.kw * r.cin, r.cout};
        struct eti_scalesim_counts c = eti_scalesim_counts_of(&a, flow, &g);
        ck_assert_msg(eti_pass_cycles(&a, flow, &g) == r.compute + 1, "%s %s %llux%llu", r.layer, r.flow, r.rows, r.columns);
        ck_assert_uint_eq(c.input_reads, r.in);
        ck_assert_uint_eq(c.weight_reads, r.weight);
        ck_assert_uint_eq(c.output_writes, r.out);
    }
    fclose(f);
    ck_assert_int_ge(n, 800);
}
END_TEST

Suite *suite_systolic(void);
Suite *suite_systolic(void)
{
    Suite *s = suite_create("systolic");
    TCase *t = tcase_create("array");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, closed_forms_equal_the_stepped_array);
    tcase_add_test(t, four_by_four_output_stationary_takes_ten_cycles);
    tcase_add_test(t, parts_add_up);
    tcase_add_test(t, narrow_ports_slow_the_array);
    tcase_add_test(t, every_row_of_the_published_convention);
    suite_add_tcase(s, t);
    return s;
}
