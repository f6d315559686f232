/* test_dram.c - DRAM from its rules: each holds to the cycle, the controller's order, streams at peak less refresh, random rows
 * at the datasheet's sum, and streams skipped exactly. */
#include "test.h"
#include "timing/dram.h"

static const char *const standards[] = {"ddr4_2400", "lpddr4_3200", "lpddr4x_4266", "hbm2"};

/* With one rule at work: `from` at cycle 100 (as many as its window), then `to` where only its scope is shared. A cycle
 * early it is refused, on time it is ready. */
static void holds(const struct eti_dram_spec *spec, const struct eti_dram_rule *rule)
{
    static const struct eti_dram_address to[] = {{0, 0, 0, 0, 0}, {0, 0, 1, 0, 0}, {0, 1, 0, 0, 0}, {1, 0, 0, 0, 0}};
    struct eti_dram_spec two_ranks = *spec;
    struct eti_dram_address a = {0, 0, 0, 0, 0}, b = to[rule->scope];
    struct eti_dram d;
    two_ranks.ranks = 2;
    if (rule->scope == ETI_DRAM_RANK && spec->groups == 1) b.group = 0, b.bank = 1;
    if (rule->to == ETI_DRAM_REF || rule->from == ETI_DRAM_REF) b = a;
    eti_dram_init(&d, &two_ranks);
    for (unsigned i = 0; i < rule->window; i++) eti_dram_issue(&d, rule->from, &a, 100);
    uint64_t wanted = 100 + eti_dram_rule_cycles(spec, rule), ready = eti_dram_earliest(&d, rule->to, &b);
    for (size_t i = 0; i < eti_n_dram_rules; i++) { /* a stricter rule of the same pair may be at work there, too */
        const struct eti_dram_rule *r = &eti_dram_rules[i];
        bool wider = r->scope >= rule->scope && r->scope != ETI_DRAM_OTHER_RANK;
        bool also = r->from == rule->from && r->to == rule->to && (r->scope == rule->scope || (wider && rule->scope != ETI_DRAM_OTHER_RANK));
        if (spec->groups == 1 && rule->scope == ETI_DRAM_RANK && r->scope == ETI_DRAM_GROUP && r->from == rule->from && r->to == rule->to) also = true;
        if (also && r->window <= rule->window && 100 + eti_dram_rule_cycles(spec, r) > wanted) wanted = 100 + eti_dram_rule_cycles(spec, r);
    }
    ck_assert_msg(ready == wanted, "%s, %s: ready at %llu, not %llu", spec->name, rule->name, (unsigned long long)ready, (unsigned long long)wanted);
    eti_dram_init(&d, &two_ranks);
    for (unsigned i = 0; i + 1 < rule->window; i++) eti_dram_issue(&d, rule->from, &a, 100);
    if (rule->window > 1) ck_assert_uint_lt(eti_dram_earliest(&d, rule->to, &b), wanted); /* one fewer does not reach it */
}

START_TEST(each_rule_holds_to_the_cycle)
{
    for (size_t s = 0; s < 4; s++)
        for (size_t i = 0; i < eti_n_dram_rules; i++) holds(eti_dram_spec_of(standards[s]), &eti_dram_rules[i]);
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
    struct eti_dram_stats stats = eti_dram_run(s, from_list, &l);
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
        struct eti_dram_stats stats = eti_dram_run(s, from_list, &l);
        uint64_t opened = p[ETI_DRAM_RCD] + p[ETI_DRAM_CL] + p[ETI_DRAM_BL];
        ck_assert_uint_eq(stats.conflicts, 19);
        ck_assert_uint_eq(stats.latency_sum, 20 * opened + 19 * p[ETI_DRAM_RP]);
    }
}
END_TEST

/* A refresh takes tRP (all rows close) and tRFC of each tREFI. */
START_TEST(a_stream_reaches_peak_less_refresh)
{
    for (size_t k = 0; k < 4; k++) {
        const struct eti_dram_spec *s = eti_dram_spec_of(standards[k]);
        const uint32_t *p = s->parameter;
        double peak = (double)s->burst_bytes / p[ETI_DRAM_BL] * (double)s->clock_hz;
        double less_refresh = peak * (1 - (double)(p[ETI_DRAM_RP] + p[ETI_DRAM_RFC]) / p[ETI_DRAM_REFI]), is = (double)eti_dram_stream_bytes_per_s(s);
        ck_assert_msg(is <= less_refresh * 1.0001 && is >= less_refresh * 0.99, "%s: %.3f of %.3f GB/s", s->name, is / 1e9, less_refresh / 1e9);
    }
}
END_TEST

static bool stream(void *ctx, struct eti_dram_request *out)
{
    struct list *l = ctx;
    struct eti_dram_request r = {l->at, 0, false};
    *out = r;
    return l->at++ < l->n;
}

START_TEST(skipped_streams_are_exact)
{
    uint64_t state = 9;
    for (size_t k = 0; k < 4; k++)
        for (int i = 0; i < 12; i++) {
            const struct eti_dram_spec *s = eti_dram_spec_of(standards[k]);
            struct list l = {NULL, test_between(&state, 1, i < 4 ? 3000 : 300000), 0};
            uint64_t bursts = l.n;
            ck_assert_uint_eq(eti_dram_stream_end(s, bursts), eti_dram_run(s, stream, &l).end);
        }
    uint64_t hour = eti_dram_stream_end(eti_dram_spec_of("ddr4_2400"), (uint64_t)1 << 40); /* 64 TiB, at once */
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
        struct eti_dram_stats stats = eti_dram_run(s, from_list, &l);
        ck_assert_uint_eq(stats.hits + stats.misses + stats.conflicts, 400);
        ck_assert_uint_ge(stats.end, 400 * s->parameter[ETI_DRAM_BL]);
        ck_assert_uint_ge(stats.latency_sum, 400 * (s->parameter[ETI_DRAM_CWL] + s->parameter[ETI_DRAM_BL]));
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
    tcase_add_test(t, a_row_hit_passes_an_older_miss);
    tcase_add_test(t, random_rows_take_the_sum_of_the_datasheet);
    tcase_add_test(t, a_stream_reaches_peak_less_refresh);
    tcase_add_test(t, skipped_streams_are_exact);
    tcase_add_test(t, mixed_loads_are_served);
    suite_add_tcase(s, t);
    return s;
}
