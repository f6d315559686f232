/* test_tile_grid.c - laws of the mapping: the split, the order of the reduction against the stepped tile, borders,
 * parameter bytes. */
#include "base/num.h"
#include "ref/tile_ref.h"
#include "test.h"
#include "timing/tile_grid.h"

static struct eti_arch machine(void)
{
    struct eti_arch a;
    memset(&a, 0, sizeof a);
    a.grid.x = a.grid.y = 4;
    a.tile.cores = 1;
    a.tile.cells = REF_CELLS;
    a.tile.lanes = REF_LANES;
    a.tile.wide_bytes_per_cycle = 64;
    a.ring.packet_bytes = 256;
    a.ring.bytes_per_cycle = 64;
    return a;
}

/* Programs of the vendor's compiler: 33 -> 9,8,8,8; 10 -> 3,2,3,2; 14 -> 4,3,4,3; 7 -> 2,2,2,1 */
START_TEST(all_spans_of_an_axis_are_each_of_them)
{
    for (uint32_t parts = 1; parts <= ETI_MAX_SIDE; parts++)
        for (uint32_t k = 0; k < 400; k++) {
            uint32_t size = k < 390 ? k : UINT32_MAX - (k - 390);
            struct eti_span spans[ETI_MAX_SIDE];
            eti_spans_of(size, parts, spans);
            for (uint32_t i = 0; i < parts; i++) {
                struct eti_span one = eti_span_of(size, parts, i);
                ck_assert_uint_eq(spans[i].at, one.at);
                ck_assert_uint_eq(spans[i].n, one.n);
            }
        }
}
END_TEST

START_TEST(spans_are_those_of_the_vendor)
{
    static const uint32_t sizes[] = {33, 10, 14, 7}, parts[][4] = {{9, 8, 8, 8}, {3, 2, 3, 2}, {4, 3, 4, 3}, {2, 2, 2, 1}};
    for (int k = 0; k < 4; k++)
        for (uint32_t i = 0; i < 4; i++) ck_assert_uint_eq(eti_span_of(sizes[k], 4, i).n, parts[k][i]);
}
END_TEST

START_TEST(spans_cover_without_overlap)
{
    uint64_t seed = 1;
    for (int k = 0; k < 5000; k++) {
        uint32_t size = (uint32_t)test_between(&seed, 1, 100000), n = (uint32_t)test_between(&seed, 1, 8), at = 0;
        for (uint32_t i = 0; i < n; i++) {
            struct eti_span s = eti_span_of(size, n, i);
            ck_assert_uint_eq(s.at, at);
            at += s.n;
        }
        ck_assert_uint_eq(at, size);
    }
}
END_TEST

static struct ref_conv random_conv(uint64_t *seed, bool depthwise)
{
    struct ref_conv c;
    memset(&c, 0, sizeof c);
    c.depthwise = depthwise;
    c.out_h = (uint32_t)test_between(seed, 1, 4);
    c.out_w = (uint32_t)test_between(seed, 1, 4);
    c.kernel_h = (uint32_t)test_between(seed, 1, 3);
    c.kernel_w = (uint32_t)test_between(seed, 1, 3);
    c.stride = (uint32_t)test_between(seed, 1, 2);
    c.in_c = (uint32_t)test_between(seed, 1, 40);
    c.out_c = depthwise ? c.in_c : (uint32_t)test_between(seed, 1, 140);
    c.in_w = (c.out_w - 1) * c.stride + c.kernel_w;
    return c;
}

/* Runs the stepped tile, checks its arithmetic, returns its counts. */
static struct ref_count run_ref(struct ref_conv *c, uint64_t *seed, bool position_outer, uint32_t rows)
{
    size_t n_in = (size_t)((c->out_h - 1) * c->stride + c->kernel_h) * c->in_w * c->in_c, n_out = (size_t)c->out_h * c->out_w * c->out_c;
    int8_t *in = test_bytes(seed, n_in);
    int8_t *w = test_bytes(seed, (size_t)c->kernel_h * c->kernel_w * (c->depthwise ? 1 : c->in_c) * c->out_c);
    int32_t *got = calloc(n_out, sizeof *got), *wanted = calloc(n_out, sizeof *wanted);
    c->input = in;
    c->weights = w;
    c->output = got;
    struct ref_count n = ref_run(c, position_outer, rows);
    ref_plain(c, wanted);
    ck_assert_mem_eq(got, wanted, n_out * sizeof *got);
    free(in);
    free(w);
    free(got);
    free(wanted);
    return n;
}

START_TEST(convolution_costs_what_the_stepped_tile_takes)
{
    struct eti_arch a = machine();
    uint64_t seed = 2;
    for (int k = 0; k < 3000; k++) {
        struct ref_conv c = random_conv(&seed, false);
        uint64_t pixels = (uint64_t)c.out_h * c.out_w;
        struct eti_reduction r = eti_reduction_of(&a, c.kernel_h * c.kernel_w, c.in_c, c.out_c, pixels);
        struct ref_count n = run_ref(&c, &seed, r.position_outer, r.rows);
        struct eti_fill_cost cost = eti_fill_cost_of(&a, &r, pixels);
        uint64_t psum_rows = n.psum_reads + n.psum_writes, group = cost.first;
        if (r.fills > 1) group += cost.last + (r.fills - 2) * cost.middle;
        ck_assert_uint_eq(n.fills, (uint64_t)r.fills * r.groups);
        ck_assert_uint_eq(n.steps, pixels * r.rows * r.fills * r.groups);
        ck_assert_uint_eq(n.cells, r.groups > 1 ? 64 : r.cells);
        ck_assert_uint_eq(group * r.groups, n.steps + 4 * psum_rows); /* a row of 256 bytes: 4 cycles of 64 */
    }
}
END_TEST

/* Cores take groups of their own or share the pixels of one, as makes the busiest the fewest steps; it costs what a tile of one
 * core with its part costs. */
START_TEST(cores_share_the_work)
{
    uint64_t seed = 5;
    for (int k = 0; k < 3000; k++) {
        struct eti_arch many = machine(), one = machine();
        uint32_t cores = (uint32_t)test_between(&seed, 1, 12), taps = k % 2 ? 1 : 9, in = (uint32_t)test_between(&seed, 1, 300);
        uint32_t out = (uint32_t)test_between(&seed, 1, 900);
        uint64_t pixels = test_between(&seed, 1, 400), groups = eti_ceil_div(out, REF_CELLS);
        many.tile.cores = cores;
        struct eti_reduction r = eti_reduction_of(&many, taps, in, out, pixels);
        uint64_t share = eti_ceil_div(pixels, r.shares), turns = r.groups * share;
        ck_assert_uint_eq(r.abreast * r.shares, cores);
        for (uint32_t abreast = 1; abreast <= cores; abreast++)
            if (cores % abreast == 0) ck_assert_uint_le(turns, eti_ceil_div(groups, abreast) * eti_ceil_div(pixels, cores / abreast));
        ck_assert_uint_ge(turns * cores, groups * pixels);
        struct eti_reduction alone = eti_reduction_of(&one, taps, in, out, share);
        struct eti_fill_cost a = eti_fill_cost_of(&many, &r, pixels), b = eti_fill_cost_of(&one, &alone, share);
        ck_assert_uint_eq(r.rows, alone.rows);
        ck_assert_uint_eq(a.first + a.middle + a.last, b.first + b.middle + b.last);
        ck_assert_uint_eq(eti_reduction_units(&r, pixels), eti_reduction_units(&alone, share));
    }
}
END_TEST

START_TEST(depthwise_takes_a_step_a_tap_pixel_and_four_channels)
{
    uint64_t seed = 3;
    for (int k = 0; k < 2000; k++) {
        struct ref_conv c = random_conv(&seed, true);
        uint32_t taps = c.kernel_h * c.kernel_w;
        struct ref_count n = run_ref(&c, &seed, true, taps);
        ck_assert_uint_eq(n.steps, (uint64_t)c.out_h * c.out_w * taps * eti_ceil_div(c.in_c, 4));
        ck_assert_uint_eq(n.cells, 4);
    }
}
END_TEST

START_TEST(pointwise_chunks_divide_the_words)
{
    struct eti_arch a = machine();
    for (uint32_t words = 1; words < 3000; words++) {
        struct eti_reduction r = eti_reduction_of(&a, 1, words * 4, 64, 1000000000);
        if (r.position_outer) continue;
        ck_assert_uint_eq(words % r.rows, 0);
        ck_assert(r.rows <= 15 && (words < 2 || r.rows <= words / 2));
        for (uint32_t d = r.rows + 1; d <= 15 && d <= words / 2; d++) ck_assert_uint_ne(words % d, 0);
    }
    /* MobileNet v1 1.0: 512 channels on 4x4 pixels a tile are 16 fills of 8 rows (vectors/op_loops) */
    struct eti_reduction r = eti_reduction_of(&a, 1, 512, 512, 16);
    ck_assert(!r.position_outer && r.rows == 8 && r.fills == 16 && r.groups == 8 && r.fifo);
}
END_TEST

static struct eti_axis random_axis(uint64_t *seed)
{
    struct eti_axis a;
    a.kernel = (uint32_t)test_between(seed, 1, 7);
    a.stride = (uint32_t)test_between(seed, 1, 3);
    a.dilation = (uint32_t)test_between(seed, 1, 3);
    a.in_size = (uint32_t)test_between(seed, 1, 60);
    uint32_t window = (a.kernel - 1) * a.dilation + 1;
    a.pad_before = 0;
    if (test_random(seed) % 4 == 0) { /* of a part, or behind a pad: whatever it reads */
        if (test_random(seed) % 2) a.kernel = a.stride = 1;
        a.out_size = test_random(seed) % 2 ? a.in_size : (uint32_t)test_between(seed, 1, a.in_size);
        a.pad_before = (uint32_t)test_between(seed, 0, (a.kernel - 1) * a.dilation + 1);
    } else if (test_random(seed) % 2 || window > a.in_size) { /* SAME */
        a.out_size = (a.in_size + a.stride - 1) / a.stride;
        uint32_t reach = (a.out_size - 1) * a.stride + window;
        a.pad_before = reach > a.in_size ? (reach - a.in_size) / 2 : 0;
    } else {
        a.out_size = (a.in_size - window) / a.stride + 1;
    }
    return a;
}

/* After the exchange every span holds all that its outputs read; what it sends on, it holds too. */
START_TEST(borders_bring_what_the_outputs_read)
{
    uint64_t seed = 4;
    for (int k = 0; k < 20000; k++) {
        struct eti_axis a = random_axis(&seed);
        uint32_t parts = (uint32_t)test_between(&seed, 1, 8);
        struct eti_halo_span s[ETI_MAX_SIDE];
        eti_halo_of(&a, parts, s);
        for (uint32_t q = 0; q < parts; q++) {
            struct eti_span out = eti_span_of(a.out_size, parts, q);
            ck_assert(s[q].lo <= s[q].own.at && s[q].hi >= s[q].own.at + s[q].own.n && s[q].hi <= a.in_size);
            for (uint32_t o = out.at; o < out.at + out.n; o++)
                for (uint32_t t = 0; t < a.kernel; t++) {
                    int64_t i = (int64_t)o * a.stride - a.pad_before + t * a.dilation;
                    if (i < 0) ck_assert(-i <= s[q].fill_before);
                    else if (i >= a.in_size) ck_assert(i - a.in_size < s[q].fill_after);
                    else ck_assert(i >= s[q].lo && i < s[q].hi);
                }
            if (q + 1 < parts) ck_assert(s[q].hi <= s[q + 1].hi && s[q].lo <= s[q + 1].lo);
        }
    }
}
END_TEST

START_TEST(three_by_three_exchanges_one_row_each_way)
{
    struct eti_axis a = {112, 112, 3, 1, 1, 1};
    struct eti_halo_span s[ETI_MAX_SIDE];
    eti_halo_of(&a, 4, s);
    ck_assert(s[0].fill_before == 1 && s[0].hi == 29 && s[1].lo == 27 && s[1].hi == 57 && s[3].fill_after == 1);
}
END_TEST

/* MobileNet v1 0.25/128 (vectors): the first layers, by the published layout. */
START_TEST(parameter_bytes_follow_the_layout)
{
    struct eti_arch a = machine();
    ck_assert_uint_eq(eti_dense_parameter_bytes(&a, 9, 3, 8, 4), 640);      /* 16 x (4 + 9 x 4) */
    ck_assert_uint_eq(eti_dense_parameter_bytes(&a, 1, 1024, 1001, 4), 1024 * 1028);
    ck_assert_uint_eq(eti_depthwise_parameter_bytes(&a, 9, 8, 4), 320);     /* 2 x (16 + 144) */
    ck_assert_uint_eq(eti_softmax_parameter_bytes(1001), 192 * 251 + 64);
    ck_assert_uint_eq(eti_header_bytes(true, false), 12);
    ck_assert_uint_eq(eti_header_bytes(true, true), 8);
}
END_TEST

Suite *suite_tile_grid(void);
Suite *suite_tile_grid(void)
{
    Suite *s = suite_create("tile_grid");
    TCase *t = tcase_create("mapping");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, spans_are_those_of_the_vendor);
    tcase_add_test(t, all_spans_of_an_axis_are_each_of_them);
    tcase_add_test(t, spans_cover_without_overlap);
    tcase_add_test(t, convolution_costs_what_the_stepped_tile_takes);
    tcase_add_test(t, cores_share_the_work);
    tcase_add_test(t, depthwise_takes_a_step_a_tap_pixel_and_four_channels);
    tcase_add_test(t, pointwise_chunks_divide_the_words);
    tcase_add_test(t, borders_bring_what_the_outputs_read);
    tcase_add_test(t, three_by_three_exchanges_one_row_each_way);
    tcase_add_test(t, parameter_bytes_follow_the_layout);
    suite_add_tcase(s, t);
    return s;
}
