/* test_dram.c - DRAM from its rules: each holds to the cycle, the controller's order, streams at peak less refresh, random rows
 * at the datasheet's sum, and streams skipped exactly. */
#include <math.h>

#include "test.h"
#include "timing/dram.h"

/* In the order of enum eti_dram_standard. */
static const char *const standards[] = {"ddr4_2400", "lpddr4_3200", "lpddr4x_4266", "hbm2"};

static struct eti_dram_spec spec_of(const char *name, uint32_t channels, uint32_t ranks, uint32_t postponed, const char *mapping)
{
    struct eti_dram_spec s = *eti_dram_spec_of(name);
    s.channels = channels;
    s.ranks = ranks;
    s.postponed = postponed;
    ck_assert(eti_dram_order_of(mapping, s.order));
    return s;
}
static const char usual[] = "row-rank-bank-column-group-channel";

static struct eti_dram_stats stats_of(const struct eti_dram_spec *s, eti_dram_source *source, void *ctx)
{
    struct eti_dram_stats stats;
    ets_error e;
    ASSERT_OK(eti_dram_run(s, source, ctx, NULL, &stats, &e), e);
    return stats;
}

static uint64_t end_of(const struct eti_dram_spec *s, uint64_t bursts)
{
    uint64_t end;
    ets_error e;
    ASSERT_OK(eti_dram_stream_end(s, bursts, NULL, &end, &e), e);
    return end;
}

static double rate_of(const struct eti_dram_spec *s)
{
    uint64_t rate;
    ets_error e;
    ASSERT_OK(eti_dram_stream_bytes_per_s(s, NULL, &rate, &e), e);
    return (double)rate;
}

static double peak_of(const struct eti_dram_spec *s)
{
    return s->channels * (double)s->burst_bytes / s->parameter[ETI_DRAM_BL] * (double)s->clock_hz;
}

static double less_refresh(const struct eti_dram_spec *s)
{
    return peak_of(s) * (1 - (double)s->parameter[ETI_DRAM_RFC] / s->parameter[ETI_DRAM_REFI]);
}

/* --- the device --- */

static bool may(const struct eti_dram *d, enum eti_dram_command c, const struct eti_dram_address *a, uint64_t at)
{
    return at >= eti_dram_earliest(d, c, a);
}

/* With this rule alone at work: `from` at cycle 100 (as often as its window says), then `to` within its scope: a cycle early it
 * is refused, on time it is ready. Outside its scope, and with one `from` fewer, it does not hold. */
static void holds(const struct eti_dram_spec *spec, size_t rule)
{
    static const struct eti_dram_address in[] = {{0, 0, 0, 0, 0, 0}, {0, 0, 1, 0, 0, 0}, {0, 1, 1, 0, 0, 0}, {1, 0, 0, 0, 0, 0}};
    static const struct eti_dram_address out[] = {{0, 0, 1, 0, 0, 0}, {0, 1, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0}, {0, 1, 1, 0, 0, 0}};
    const struct eti_dram_rule *r = &eti_dram_rules[rule];
    struct eti_dram_spec wide = *spec; /* so that each scope has an inside and an outside */
    struct eti_dram_address a = {0, 0, 0, 0, 0, 0};
    struct eti_dram d;
    wide.ranks = wide.groups = 2;
    eti_dram_init(&d, &wide);
    for (size_t i = 0; i < eti_n_dram_rules; i++)
        if (i != rule) d.rule_cycles[i] = 0;
    uint64_t cycles = eti_dram_rule_cycles(spec, r);
    for (unsigned i = 0; i < r->window; i++) {
        ck_assert_msg(i == 0 || may(&d, r->to, &in[r->scope], 100), "%s, %s: %u are enough", spec->name, r->name, i);
        eti_dram_issue(&d, r->from, &a, 100);
    }
    ck_assert_msg(cycles > 0 && !may(&d, r->to, &in[r->scope], 100 + cycles - 1), "%s, %s: early", spec->name, r->name);
    ck_assert_msg(may(&d, r->to, &in[r->scope], 100 + cycles), "%s, %s: late", spec->name, r->name);
    bool wider_too = r->to == ETI_DRAM_REF && r->scope != ETI_DRAM_RANK; /* a refresh is of the rank */
    ck_assert_msg(wider_too || may(&d, r->to, &out[r->scope], 100), "%s, %s: out of its scope", spec->name, r->name);
}

START_TEST(each_rule_holds_to_the_cycle)
{
    for (size_t s = 0; s < 4; s++) {
        ck_assert_str_eq(eti_dram_spec_at(s + 1)->name, standards[s]);
        for (size_t i = 0; i < eti_n_dram_rules; i++) holds(eti_dram_spec_of(standards[s]), i);
    }
}
END_TEST

/* Every burst has a place of its own, and the part named last changes first. */
START_TEST(addresses_are_taken_apart_in_the_order_given)
{
    static const char *const orders[] = {usual, "channel-rank-row-group-bank-column", "row-column-bank-group-rank-channel", "column-row-channel-bank-rank-group"};
    enum eti_dram_field order[ETI_DRAM_FIELDS];
    for (size_t k = 0; k < 4; k++) {
        struct eti_dram_spec s = spec_of("ddr4_2400", 2, 2, 0, orders[k]);
        bool seen[2][2][4][4][4][8] = {{{{{{false}}}}}};
        s.rows = 4;
        s.bursts = 8;
        for (uint64_t i = 0; i < 2 * 2 * 4 * 4 * 4 * 8; i++) {
            struct eti_dram_address a = eti_dram_map(&s, i);
            bool *place = &seen[a.channel][a.rank][a.group][a.bank][a.row][a.burst];
            ck_assert(!*place);
            *place = true;
        }
    }
    struct eti_dram_spec s = spec_of("ddr4_2400", 2, 2, 0, "channel-rank-row-group-bank-column");
    ck_assert_uint_eq(eti_dram_map(&s, 1).burst, 1);
    ck_assert_uint_eq(eti_dram_map(&s, s.bursts).bank, 1);
    static const char *const wrong[] = {"", "row", "row-rank-bank-column-group", "row-row-bank-column-group-channel", "row-rank-bank-column-group-channel-",
                                        "row-rank-bank-column-group-channel-row", "row_rank_bank_column_group_channel", "-rank-bank-column-group-channel"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) ck_assert_msg(!eti_dram_order_of(wrong[i], order), "%s", wrong[i]);
}
END_TEST

/* ------------------------------------------------------------------ the controller ----------------------- */

struct list { const struct eti_dram_request *r; size_t n, at; };
static bool from_list(void *ctx, struct eti_dram_request *out)
{
    struct list *l = ctx;
    if (l->at == l->n) return false;
    *out = l->r[l->at++];
    return true;
}

static bool stream(void *ctx, struct eti_dram_request *out)
{
    struct list *l = ctx;
    struct eti_dram_request r = {l->at, 0, false};
    *out = r;
    return l->at++ < l->n;
}

/* Bursts of one row and bank, `row` rows on. */
static uint64_t burst_at(const struct eti_dram_spec *s, uint64_t row, uint64_t burst)
{
    return ((row * s->ranks * s->banks) * s->bursts + burst) * s->groups;
}

START_TEST(a_row_hit_passes_an_older_miss)
{
    const struct eti_dram_spec *s = eti_dram_spec_of("ddr4_2400");
    const uint32_t *p = s->parameter;
    struct eti_dram_request r[] = {{burst_at(s, 0, 0), 0, false}, {burst_at(s, 1, 0), 0, false}, {burst_at(s, 0, 1), 0, false}};
    struct list l = {r, 3, 0};
    struct eti_dram_stats stats = stats_of(s, from_list, &l);
    ck_assert_uint_eq(stats.misses, 1);
    ck_assert_uint_eq(stats.hits, 1);
    ck_assert_uint_eq(stats.conflicts, 1);
    /* the two of row 0 come first; then it stays open as long as it must, closes, and the other one opens */
    uint64_t second = p[ETI_DRAM_RCD] + p[ETI_DRAM_CCD_L], close = second + p[ETI_DRAM_RTP];
    if (close < p[ETI_DRAM_RAS]) close = p[ETI_DRAM_RAS];
    ck_assert_uint_eq(stats.end, close + p[ETI_DRAM_RP] + p[ETI_DRAM_RCD] + p[ETI_DRAM_CL] + p[ETI_DRAM_BL]);
}
END_TEST

/* One at a time, each another row of an open bank: precharge, activate, read, burst. */
START_TEST(random_rows_take_the_sum_of_the_datasheet)
{
    for (size_t k = 0; k < 4; k++) {
        const struct eti_dram_spec *s = eti_dram_spec_of(standards[k]);
        const uint32_t *p = s->parameter;
        struct eti_dram_request r[20];
        for (uint64_t i = 0; i < 20; i++) {
            struct eti_dram_request one = {burst_at(s, i, 0), i * 200, false};
            r[i] = one;
        }
        struct list l = {r, 20, 0};
        struct eti_dram_stats stats = stats_of(s, from_list, &l);
        uint64_t opened = p[ETI_DRAM_RCD] + p[ETI_DRAM_CL] + p[ETI_DRAM_BL];
        ck_assert_uint_eq(stats.conflicts, 19);
        ck_assert_uint_eq(stats.latency_sum, 20 * opened + 19 * p[ETI_DRAM_RP]);
    }
}
END_TEST

/* Peak less the refreshes; what closing and opening rows around them costs shrinks as more of them are made up for at once. */
START_TEST(a_stream_reaches_peak_less_refresh)
{
    for (size_t k = 0; k < 4; k++) {
        double before = 0;
        for (uint32_t postponed = 0; postponed <= 8; postponed += 2) {
            struct eti_dram_spec s = spec_of(standards[k], 1, 1, postponed, usual);
            ck_assert_msg(rate_of(&s) > before, "%s with %u late refreshes", s.name, postponed);
            before = rate_of(&s);
        }
        struct eti_dram_spec s = spec_of(standards[k], 1, 1, 8, usual);
        ck_assert_msg(before <= less_refresh(&s) && before >= less_refresh(&s) * 0.99, "%s: %.4f of %.4f GB/s", s.name, before / 1e9, less_refresh(&s) / 1e9);
        double run = 3e6 * s.burst_bytes * (double)s.clock_hz / (double)end_of(&s, 3000000);
        ck_assert_msg(run > before * 0.997 && run < before * 1.003, "%s: a stream runs at %.4f, not %.4f GB/s", s.name, run / 1e9, before / 1e9);
    }
}
END_TEST

/* A refresh, under load, at the latest after nine intervals. */
START_TEST(refreshes_keep_the_interval)
{
    struct list l = {NULL, 200000, 0};
    for (size_t k = 0; k < 4; k++) {
        struct eti_dram_spec s = spec_of(standards[k], 1, 2, 8, usual);
        l.at = 0;
        struct eti_dram_stats stats = stats_of(&s, stream, &l);
        uint64_t due = 2 * (stats.end / s.parameter[ETI_DRAM_REFI]);
        ck_assert_uint_le(stats.refreshes, due);
        ck_assert_uint_ge(stats.refreshes + 2 * 9, due);
    }
}
END_TEST

START_TEST(channels_ranks_and_mapping_change_a_stream)
{
    for (size_t k = 0; k < 4; k++) {
        struct eti_dram_spec one = spec_of(standards[k], 1, 1, 8, usual), four = spec_of(standards[k], 4, 1, 8, usual);
        ck_assert_double_eq_tol(rate_of(&four), 4 * rate_of(&one), 1);
        struct eti_dram_spec pairs = spec_of(standards[k], 4, 1, 8, "row-rank-bank-column-channel-group");
        double run = 3e6 * pairs.burst_bytes * (double)pairs.clock_hz / (double)end_of(&pairs, 3000000); /* all of them stepped */
        ck_assert_double_eq_tol(rate_of(&pairs) / run, 1, 0.003);
        ck_assert_uint_eq(end_of(&four, 400000), end_of(&one, 100000)); /* burst by burst: each does what one would */
        struct eti_dram_spec turns = spec_of(standards[k], 2, 1, 8, "channel-row-rank-bank-column-group");
        ck_assert_double_eq_tol(rate_of(&turns) / rate_of(&one), 1, 0.003); /* one after the other: no gain */
        struct eti_dram_spec ranks = spec_of(standards[k], 1, 2, 8, usual); /* one is refreshed while the other works */
        ck_assert_double_gt(rate_of(&ranks), rate_of(&one));
        ck_assert_double_lt(rate_of(&ranks), peak_of(&ranks));
        /* row after row of one bank: closed and opened between */
        struct eti_dram_spec rows = spec_of(standards[k], 1, 1, 8, "group-rank-bank-row-column-channel");
        const uint32_t *p = rows.parameter;
        double row = (rows.bursts - 1.0) * p[ETI_DRAM_CCD_L] + p[ETI_DRAM_RTP] + p[ETI_DRAM_RP] + p[ETI_DRAM_RCD];
        ck_assert_double_eq_tol(rate_of(&rows) / less_refresh(&rows), rows.bursts * (double)p[ETI_DRAM_BL] / row, 0.004);
    }
}
END_TEST

START_TEST(skipped_streams_are_exact)
{
    static const char *const orders[] = {usual, "row-bank-rank-column-channel-group", "bank-row-channel-rank-column-group", "channel-row-rank-bank-group-column"};
    uint64_t state = 9;
    for (size_t k = 0; k < 4; k++)
        for (int i = 0; i < 24; i++) {
            struct eti_dram_spec s = spec_of(standards[k], 1 + i % 2, 1 + i / 2 % 2, i % 3 * 4, orders[i % 4]);
            if (i % 5) s.bursts = 8, s.rows = 64; /* short periods */
            struct list l = {NULL, test_between(&state, 1, i < 4 ? 3000 : 300000), 0};
            uint64_t bursts = l.n;
            ck_assert_uint_eq(end_of(&s, bursts), stats_of(&s, stream, &l).end);
        }
    uint64_t hour = end_of(eti_dram_spec_of("ddr4_2400"), (uint64_t)1 << 40); /* 64 TiB, at once */
    ck_assert_uint_gt(hour, (uint64_t)4 << 40);
}
END_TEST

/* Reads and writes in any order: each is served once, none sooner than its data can pass. */
START_TEST(mixed_loads_are_served)
{
    uint64_t state = 10;
    for (int i = 0; i < 60; i++) {
        const struct eti_dram_spec *s = eti_dram_spec_of(standards[i % 4]);
        struct eti_dram_request r[400];
        uint64_t at = 0;
        for (int k = 0; k < 400; k++) {
            at += test_between(&state, 0, i % 3 ? 40 : 2);
            struct eti_dram_request one = {test_between(&state, 0, 1 << 22), at, test_between(&state, 0, 3) == 0};
            r[k] = one;
        }
        struct list l = {r, 400, 0};
        struct eti_dram_stats stats = stats_of(s, from_list, &l);
        ck_assert_uint_eq(stats.hits + stats.misses + stats.conflicts, 400);
        ck_assert_uint_ge(stats.end, 400 * s->parameter[ETI_DRAM_BL]);
        ck_assert_uint_ge(stats.latency_sum, 400 * (s->parameter[ETI_DRAM_CWL] + s->parameter[ETI_DRAM_BL]));
    }
}
END_TEST

/* The figures of the standards, in nanoseconds as the documents have them: as many clocks as hold them. Refreshes are the other way
 * round, at most as long; where that was rounded up, by less than a clock. Clocks that the documents give as such stand as they are.
 * Two transfers a clock; a channel is `devices` of 8 Gbit side by side. */
START_TEST(standards_are_their_datasheets)
{
    static const struct { const char *name; uint64_t mega_transfers, bits, devices; double rcd, rp, ras, rrd_s, rrd_l, faw, wr, wtr_s, wtr_l, rtp, rfc, refi, rc; uint64_t cl, cwl, bl, ccd_s, ccd_l, rtrs; } sheets[] = {
        {"ddr4_2400", 2400, 64, 8, 14.16, 14.16, 32, 3.3, 4.9, 21, 15, 2.5, 7.5, 7.5, 350, 7800, 46.16, 17, 12, 4, 4, 6, 2},
        {"lpddr4_3200", 3200, 16, 1, 18, 18, 42, 10, 10, 40, 18, 10, 10, 7.5, 280, 3904, 0, 28, 14, 8, 8, 8, 2},
        {"lpddr4x_4266", 4266, 16, 1, 18, 18, 42, 10, 10, 40, 18, 10, 10, 7.5, 280, 3904, 0, 36, 18, 8, 8, 8, 2},
        {"hbm2", 2000, 128, 1, 14, 14, 33, 4, 6, 16, 16, 3, 8, 5, 260, 3900, 0, 14, 4, 2, 2, 4, 2},
    };
    for (size_t i = 0; i < sizeof sheets / sizeof *sheets; i++) {
        const struct eti_dram_spec *s = eti_dram_spec_of(sheets[i].name);
        ck_assert_ptr_nonnull(s);
        ck_assert_uint_eq(2 * s->clock_hz, sheets[i].mega_transfers * 1000000);
        ck_assert_uint_eq(s->burst_bytes, sheets[i].bits / 8 * 2 * sheets[i].bl);
        ck_assert_uint_eq((uint64_t)s->ranks * s->groups * s->banks * s->rows * s->bursts * s->burst_bytes, sheets[i].devices << 30);
        double clocks_a_ns = 1e-9 * (double)s->clock_hz;
#define CLOCKS(ns) ((uint64_t)ceil((ns) * clocks_a_ns - 1e-3))
        const struct { int which; uint64_t clocks; } figures[] = {
            {ETI_DRAM_RCD, CLOCKS(sheets[i].rcd)}, {ETI_DRAM_RP, CLOCKS(sheets[i].rp)}, {ETI_DRAM_RAS, CLOCKS(sheets[i].ras)},
            {ETI_DRAM_RRD_S, CLOCKS(sheets[i].rrd_s)}, {ETI_DRAM_RRD_L, CLOCKS(sheets[i].rrd_l)}, {ETI_DRAM_FAW, CLOCKS(sheets[i].faw)},
            {ETI_DRAM_TWR, CLOCKS(sheets[i].wr)}, {ETI_DRAM_WTR_S, CLOCKS(sheets[i].wtr_s)}, {ETI_DRAM_WTR_L, CLOCKS(sheets[i].wtr_l)},
            {ETI_DRAM_RTP, CLOCKS(sheets[i].rtp)}, {ETI_DRAM_RFC, CLOCKS(sheets[i].rfc)},
            {ETI_DRAM_RC, sheets[i].rc > 0 ? CLOCKS(sheets[i].rc) : CLOCKS(sheets[i].ras) + CLOCKS(sheets[i].rp)},
            {ETI_DRAM_CL, sheets[i].cl}, {ETI_DRAM_CWL, sheets[i].cwl}, {ETI_DRAM_BL, sheets[i].bl}, {ETI_DRAM_CCD_S, sheets[i].ccd_s},
            {ETI_DRAM_CCD_L, sheets[i].ccd_l}, {ETI_DRAM_RTRS, sheets[i].rtrs},
        };
        for (size_t k = 0; k < sizeof figures / sizeof *figures; k++)
            ck_assert_msg(s->parameter[figures[k].which] == figures[k].clocks, "%s, figure %zu: %llu clocks, not %llu", sheets[i].name, k,
                          (unsigned long long)s->parameter[figures[k].which], (unsigned long long)figures[k].clocks);
        ck_assert_double_lt(fabs((double)s->parameter[ETI_DRAM_REFI] - sheets[i].refi * clocks_a_ns), 1);
#undef CLOCKS
    }
}
END_TEST

Suite *suite_dram(void);
Suite *suite_dram(void)
{
    Suite *s = suite_create("dram");
    TCase *t = tcase_create("channel");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, each_rule_holds_to_the_cycle);
    tcase_add_test(t, addresses_are_taken_apart_in_the_order_given);
    tcase_add_test(t, a_row_hit_passes_an_older_miss);
    tcase_add_test(t, random_rows_take_the_sum_of_the_datasheet);
    tcase_add_test(t, a_stream_reaches_peak_less_refresh);
    tcase_add_test(t, refreshes_keep_the_interval);
    tcase_add_test(t, channels_ranks_and_mapping_change_a_stream);
    tcase_add_test(t, skipped_streams_are_exact);
    tcase_add_test(t, mixed_loads_are_served);
    suite_add_tcase(s, t);
    t = tcase_create("datasheets");
    tcase_add_test(t, standards_are_their_datasheets);
    suite_add_tcase(s, t);
    return s;
}
