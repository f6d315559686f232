/* test_predict.c - a prediction is the summary of the simulation: on any network and machine, from any thread, warm or
 * cold, in bounded memory. */
#include <math.h>
#include <pthread.h>

#include "base/alloc.h"
#include "predict/memo.h"
#include "random_graph.h"
#include "test.h"

static ets_predictor *predictor(const ets_arch *a, uint64_t limit_bytes, const ets_allocator *mem)
{
    ets_predictor_options o = ETS_PREDICTOR_OPTIONS_INIT;
    ets_predictor *p = NULL;
    ets_error e;
    o.memory_limit_bytes = limit_bytes;
    ASSERT_OK(ets_predictor_new(a, &o, mem, &p, &e), e);
    return p;
}

static ets_arch *usb(void)
{
    ets_arch *a = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    return a;
}

/* Field by field, as a caller sees it: both are zeroed before they are filled. */
static void assert_equals_simulation(const ets_arch *a, const ets_model *m, ets_predictor *p, uint64_t seed)
{
    ets_report *r = NULL;
    ets_summary s;
    ets_error e;
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    ASSERT_OK(ets_predict(p, m, &s, &e), e);
    const ets_summary *want = ets_report_summary(r);
    ck_assert_msg(s.cycles == want->cycles, "seed %llu: %llu cycles predicted, %llu simulated", (unsigned long long)seed,
                  (unsigned long long)s.cycles, (unsigned long long)want->cycles);
    ck_assert_msg(memcmp(&s, want, sizeof s) == 0, "seed %llu: same cycles, but the summaries differ", (unsigned long long)seed);
    for (size_t i = 0; i < ets_report_layer_count(r); i++) {
        const ets_layer *l = ets_report_layer(r, i);
        ets_layer_costs c;
        ASSERT_OK(ets_layer_cost(p, m, i, &c, &e), e);
        ck_assert_uint_eq(c.cycles, l->cycles);
        ck_assert_mem_eq(&c.split, &l->split, sizeof c.split);
    }
    ets_report_free(r);
}

/* Many networks share a predictor, so that a key which leaves out anything that matters would be caught. */
START_TEST(predictions_are_simulations)
{
    uint64_t seed = 51;
    for (int machine = 0; machine < 25; machine++) {
        ets_arch *a = machine ? test_random_machine(&seed) : usb();
        ets_predictor *p = predictor(a, 0, NULL);
        for (int i = 0; i < 40; i++) {
            uint64_t at = seed;
            ets_model *m = test_random_graph(&seed, 16);
            assert_equals_simulation(a, m, p, at);
            ets_model_free(m);
        }
        ets_predictor_free(p);
        ets_arch_free(a);
    }
}
END_TEST

static int predict_file(void *ctx, const char *name, const char *path)
{
    void **both = ctx;
    ets_model *m = NULL;
    ets_error e;
    (void)name;
    ASSERT_OK(ets_model_load(path, NULL, &m, &e), e);
    assert_equals_simulation(both[0], m, both[1], 0);
    ets_model_free(m);
    return 0;
}

START_TEST(the_reference_networks_are_predicted_as_simulated)
{
    ets_error e;
    ets_arch *a = usb();
    void *both[2] = {a, predictor(a, 0, NULL)};
    ASSERT_OK(ets_data_list("models", TREE("."), predict_file, both, NULL, &e), e);
    ets_predictor_free(both[1]);
    ets_arch_free(a);
}
END_TEST

/* What a call takes on a machine with these settings, predicted as simulated. */
static uint64_t cycles_with(const ets_model *m, const ets_setting *settings, size_t n)
{
    ets_error e;
    ets_arch *a = NULL;
    ets_report *r = NULL;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), settings, n, NULL, &a, &e), e);
    ets_predictor *p = predictor(a, 0, NULL);
    assert_equals_simulation(a, m, p, 0);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    uint64_t cycles = ets_report_summary(r)->cycles;
    ets_report_free(r);
    ets_predictor_free(p);
    ets_arch_free(a);
    return cycles;
}

/* A convolution behind a swish on the host is mapped again with --multi-subgraph: chip, host, chip, host. */
START_TEST(operators_on_the_host_take_time)
{
    static const char text[] = "edgetpu_sim_model: 1\ninputs: {x: [1, 16, 16, 8]}\nlayers:\n  - {op: conv_2d, out: 16}\n  - {op: hard_swish}\n"
                               "  - {op: conv_2d, kernel: 3, out: 32}\n  - {op: hard_swish}\n  - {op: reshape, shape: [1, 8192]}\n";
    const ets_setting fast[] = {{"host.macs_per_s", "1G"}, {"host.element_ps", "2000"}}, none[] = {{"host.macs_per_s", "0"}};
    const struct { const ets_setting *set; size_t n; bool multi; uint64_t first_ns, conv_ns, last_ns; } cases[] = {
        {fast, 2, false, 2 * 16 * 16 * 16, 16 * 16 * 16 * 9 * 32 + 2 * 16 * 16 * 32, 2 * 16 * 16 * 32},
        {fast, 2, true, 2 * 16 * 16 * 16, 0, 2 * 16 * 16 * 32}, {none, 1, false, 0, 0, 0}, {none, 1, true, 0, 0, 0}};
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_parse("m", text, sizeof text - 1, NULL, &m, &e), e);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ets_arch *a = NULL;
        ets_predictor *p = NULL;
        ets_report *r = NULL;
        ets_summary s;
        ets_options options = ETS_OPTIONS_INIT;
        ets_predictor_options same = ETS_PREDICTOR_OPTIONS_INIT;
        options.multi_subgraph = same.multi_subgraph = cases[i].multi;
        ASSERT_OK(ets_arch_load(TREE("arch/coral-devboard.yaml"), cases[i].set, cases[i].n, NULL, &a, &e), e);
        ASSERT_OK(ets_simulate(a, m, &options, NULL, &r, &e), e);
        const ets_layer *first = ets_report_layer(r, 1), *conv = ets_report_layer(r, 2), *last = ets_report_layer(r, 3);
        ck_assert_uint_eq(first->latency_ns, cases[i].first_ns);
        ck_assert_uint_eq(last->latency_ns, cases[i].last_ns);
        if (!cases[i].multi) ck_assert_uint_eq(conv->latency_ns, cases[i].conv_ns);
        if (!cases[i].multi) ck_assert_uint_eq(ets_report_layer(r, 4)->cycles, 0);
        if (i < 2) ck_assert(first->start_cycle < conv->start_cycle && conv->start_cycle < last->start_cycle);
        ck_assert_uint_eq(ets_report_summary(r)->host_cycles, first->cycles + last->cycles + (cases[i].multi ? 0 : conv->cycles));
        ck_assert_int_eq(ets_report_summary(r)->complete, i < 2);
        for (size_t k = 0; k < 5; k++)
            ck_assert_int_eq(ets_report_layer(r, k)->timed, i < 2 || ets_report_layer(r, k)->where == ETS_ON_TPU);
        ASSERT_OK(ets_predictor_new(a, &same, NULL, &p, &e), e);
        ASSERT_OK(ets_predict(p, m, &s, &e), e);
        ck_assert_mem_eq(&s, ets_report_summary(r), sizeof s);
        if (!cases[i].multi) assert_equals_simulation(a, m, p, i);
        ets_predictor_free(p);
        ets_report_free(r);
        ets_arch_free(a);
    }
    ets_model_free(m);
}
END_TEST

/* Nobody knows what a custom operator does: it has no time, and the sum says so; TFLite's box decoder was measured. */
START_TEST(operators_that_nobody_knows_leave_the_time_incomplete)
{
    static const struct { const char *name; bool known; } cases[] = {{"Mine", false}, {"TFLite_Detection_PostProcess", true}};
    for (size_t i = 0; i < 2; i++) {
        char text[300];
        ets_model *m = NULL;
        ets_arch *a = usb();
        ets_report *r = NULL;
        ets_error e;
        snprintf(text, sizeof text, "edgetpu_sim_model: 1\ninputs: {x: [1, 8, 8, 4]}\nlayers: [{op: hard_swish}, {op: reshape, shape: [1, 256]}, {op: custom, custom: %s, shape: [1, 10]}]\n", cases[i].name);
        ASSERT_OK(ets_model_parse("m", text, strlen(text), NULL, &m, &e), e);
        ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
        const ets_layer *swish = ets_report_layer(r, 0), *view = ets_report_layer(r, 1), *custom = ets_report_layer(r, 2);
        ck_assert(swish->timed && view->timed && !view->cycles); /* whatever else is not known */
        ck_assert_int_eq(custom->timed, cases[i].known);
        ck_assert_int_eq(ets_report_summary(r)->complete, cases[i].known);
        ck_assert_uint_gt(swish->cycles, 0);
        ck_assert_int_eq(custom->cycles > 0, cases[i].known);
        ck_assert_uint_eq(ets_report_summary(r)->host_cycles, swish->cycles + custom->cycles);
        ets_report_free(r);
        ets_model_free(m);
        ets_arch_free(a);
    }
}
END_TEST

START_TEST(a_host_that_sleeps_wakes_late)
{
    uint64_t seed = 5;
    ets_model *m = test_random_graph(&seed, 8);
    uint64_t awake = cycles_with(m, NULL, 0); /* of 2 ns */
    char exactly[24], less[24];
    snprintf(exactly, sizeof exactly, "%llu", 2 * (unsigned long long)awake);
    snprintf(less, sizeof less, "%llu", 2 * (unsigned long long)awake - 2);
    const ets_setting long_enough[] = {{"link.sleep_after_ns", less}, {"link.wake_ns", "70k"}};
    const ets_setting too_short[] = {{"link.sleep_after_ns", exactly}, {"link.wake_ns", "70k"}};
    ck_assert_uint_eq(cycles_with(m, long_enough, 2), awake + 35000);
    ck_assert_uint_eq(cycles_with(m, too_short, 2), awake);
    ets_model_free(m);
}
END_TEST

/* What outputs take of a call, and all else. */
struct shares { uint64_t copying, waiting; };

static struct shares shares_with(const ets_model *m, const char *out_rate, const char *boost_percent)
{
    const ets_setting set[] = {{"link.out_bytes_per_s", out_rate}, {"host.busy_percent", "50"}, {"host.boost_percent", boost_percent}};
    struct shares s = {0, 0};
    ets_report *r = NULL;
    ets_arch *a = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), set, 3, NULL, &a, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    for (size_t i = 0; i < ets_report_phase_count(r); i++)
        if (strcmp(ets_report_phase(r, i)->name, "output") == 0) s.copying += ets_report_phase(r, i)->cycles;
    s.waiting = ets_report_summary(r)->cycles - s.copying;
    ets_predictor *p = predictor(a, 0, NULL);
    assert_equals_simulation(a, m, p, 0);
    ets_predictor_free(p);
    ets_report_free(r);
    ets_arch_free(a);
    return s;
}

/* A host that would copy for more than half of the call copies faster: up to three times, or as fast as makes it half. */
START_TEST(a_busy_host_raises_its_clock)
{
    static const char *const rates[] = {"100k", "200k", "300k", "400k", "500k", "600k", "800k", "1M", "100M"};
    uint64_t seed = 5, idle = 0, between = 0, full = 0;
    ets_model *m = test_random_graph(&seed, 8);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct shares before = shares_with(m, rates[i], "100"), after = shares_with(m, rates[i], "300");
        uint64_t barriers = 1000, half = before.waiting;
        ck_assert_uint_eq(after.waiting, before.waiting);
        ck_assert_uint_le(after.copying, before.copying);
        if (before.copying <= half) {
            ck_assert_uint_eq(after.copying, before.copying);
            idle++;
        } else if (before.copying < 3 * half) {
            ck_assert_uint_le(after.copying, half + half / 500 + barriers);
            ck_assert_uint_ge(after.copying, half);
            between++;
        } else {
            ck_assert_uint_le(after.copying, before.copying / 3 + barriers);
            ck_assert_uint_ge(after.copying, before.copying / 3);
            full++;
        }
    }
    ck_assert(idle && between && full);
    ets_model_free(m);
}
END_TEST

START_TEST(a_warm_prediction_asks_for_no_memory)
{
    struct test_memory memory = {0};
    ets_allocator mem = test_allocator(&memory);
    ets_arch *a = usb();
    ets_predictor *p = predictor(a, 0, &mem);
    uint64_t seed = 52;
    ets_summary s, again;
    ets_error e;
    ets_model *m = test_random_graph(&seed, 40);
    for (int i = 0; i < 2; i++) ASSERT_OK(ets_predict(p, m, &s, &e), e);
    size_t requests = memory.requests;
    ASSERT_OK(ets_predict(p, m, &again, &e), e);
    ck_assert_mem_eq(&s, &again, sizeof s);
    for (size_t i = 0; i < ets_model_describe(m).n_ops; i++) { /* these plan the network and look up each layer */
        ets_layer_costs c;
        ASSERT_OK(ets_layer_cost(p, m, i, &c, &e), e);
    }
    ck_assert_uint_eq(memory.requests, requests);
    ck_assert_uint_eq(ets_predictor_describe(p).repeats, 2);
    ets_model_free(m);
    ets_predictor_free(p);
    ets_arch_free(a);
    ck_assert_uint_eq(memory.blocks, 0);
    ck_assert_uint_eq(memory.bytes, 0);
}
END_TEST

/* Each allocation fails once, in turn: a clean error, and the next call is right. */
START_TEST(no_memory_is_an_error_and_no_more)
{
    ets_arch *a = usb();
    uint64_t seed = 53;
    ets_model *m = test_random_graph(&seed, 12);
    ets_error e;
    ets_summary want, s;
    ets_predictor *whole = predictor(a, 0, NULL);
    ASSERT_OK(ets_predict(whole, m, &want, &e), e);
    for (size_t n = 1;; n++) {
        struct test_memory memory = {0};
        ets_allocator mem = test_allocator(&memory);
        ets_predictor *p = NULL;
        memory.fail_at = n;
        ets_status status = ets_predictor_new(a, NULL, &mem, &p, &e);
        if (status == ETS_OK) status = ets_predict(p, m, &s, &e);
        bool failed = memory.fail_at == 0;
        ck_assert(status == ETS_OK || (failed && status == ETS_NOMEM));
        memory.fail_at = 0;
        if (p) ASSERT_OK(ets_predict(p, m, &s, &e), e);
        if (p) ck_assert_mem_eq(&s, &want, sizeof s);
        ets_predictor_free(p);
        ck_assert_uint_eq(memory.blocks, 0);
        if (!failed) break;
    }
    ets_predictor_free(whole);
    ets_model_free(m);
    ets_arch_free(a);
}
END_TEST

/* ------------------------------------------------------------------ threads ------------------------------ */

#define MODELS 200
struct crowd { ets_predictor *p; ets_model *models[MODELS]; ets_summary want[MODELS]; };

static void *predict_all(void *argument)
{
    struct crowd *c = argument;
    uint64_t seed = (uint64_t)(uintptr_t)&seed;
    for (int i = 0; i < 3 * MODELS; i++) {
        size_t k = test_random(&seed) % MODELS;
        ets_summary s;
        if (ets_predict(c->p, c->models[k], &s, NULL) || memcmp(&s, &c->want[k], sizeof s)) return c;
    }
    return NULL;
}

/* With a limit so low that generations come and go while others read them. */
START_TEST(threads_and_order_do_not_matter)
{
    static struct crowd c;
    static ets_summary out[MODELS];
    ets_status status[MODELS];
    pthread_t threads[8];
    ets_arch *a = usb();
    uint64_t seed = 54;
    ets_error e;
    c.p = predictor(a, 60000, NULL);
    ets_predictor *alone = predictor(a, 0, NULL);
    for (int i = 0; i < MODELS; i++) {
        c.models[i] = test_random_graph(&seed, 6);
        ASSERT_OK(ets_predict(alone, c.models[i], &c.want[i], &e), e);
    }
    for (int i = 0; i < 8; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, predict_all, &c), 0);
    for (int i = 0; i < 8; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        ck_assert_ptr_null(wrong);
    }
    for (uint32_t n = 0; n <= 8; n += 4) {
        ets_predictor *p = predictor(a, 0, NULL);
        ASSERT_OK(ets_predict_batch(p, (const ets_model *const *)c.models, MODELS, n, out, status, &e), e);
        ck_assert_mem_eq(out, c.want, sizeof out);
        ets_predictor_free(p);
    }
    ets_predictor_info info = ets_predictor_describe(c.p);
    ck_assert_uint_eq(info.predictions, 8 * 3 * MODELS);
    ck_assert_uint_le(info.bytes, info.limit_bytes);
    for (int i = 0; i < MODELS; i++) ets_model_free(c.models[i]);
    ets_predictor_free(c.p);
    ets_predictor_free(alone);
    ets_arch_free(a);
}
END_TEST

/* ------------------------------------------------------------------ the memo ----------------------------- */

/* A million keys through a limit for some thousands: never above it, what is asked for all the time stays. */
START_TEST(the_memo_keeps_to_its_limit)
{
    struct test_memory memory = {0};
    ets_allocator mem = test_allocator(&memory);
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct eti_memo m;
    struct eti_memo_pin pin;
    uint64_t value[4] = {0}, limit = 1000000;
    struct eti_digest favourite = eti_digest_begin(77);
    bool old;
    eti_memo_init(&m, &mem, 4, limit, &lock);
    eti_memo_pin(&m, &pin);
    value[0] = 4711;
    eti_memo_add(&m, &pin, favourite, value);
    for (uint64_t i = 0; i < 1000000; i++) {
        struct eti_digest key = eti_digest_begin(i);
        eti_digest_add(&key, i, 0);
        ck_assert_ptr_null(eti_memo_find(&pin, key, &old));
        value[0] = i;
        eti_memo_add(&m, &pin, key, value);
        ck_assert(m.bytes <= limit && memory.bytes <= limit);
        const uint64_t *found = eti_memo_find(&pin, key, &old);
        ck_assert(found && found[0] == i);
        if (i % 1000) continue;
        found = eti_memo_find(&pin, favourite, &old);
        ck_assert(found && found[0] == 4711);
        value[0] = 4711;
        if (old) eti_memo_add(&m, &pin, favourite, value);
    }
    ck_assert_uint_gt(m.generations, 10);
    ck_assert_uint_gt(eti_memo_count(&m), 2000);
    eti_memo_unpin(&m, &pin);
    eti_memo_free(&m);
    ck_assert_uint_eq(memory.bytes, 0);
}
END_TEST

/* A limit that not even one layer fits into: everything is computed, nothing is kept. */
START_TEST(no_room_to_remember_changes_no_result)
{
    ets_arch *a = usb();
    ets_predictor *p = predictor(a, 1, NULL);
    uint64_t seed = 55;
    for (int i = 0; i < 5; i++) {
        ets_model *m = test_random_graph(&seed, 8);
        assert_equals_simulation(a, m, p, 0);
        ets_model_free(m);
    }
    ck_assert_uint_eq(ets_predictor_describe(p).bytes, 0);
    ets_predictor_free(p);
    ets_arch_free(a);
}
END_TEST

/* ------------------------------------------------------------------ what is asked of it ------------------- */

START_TEST(the_reward_is_the_published_formula)
{
    ets_reward_options o = ETS_REWARD_OPTIONS_INIT;
    ets_summary s;
    memset(&s, 0, sizeof s);
    s.latency_ns = 4000000;
    s.parameter_bytes = 100;
    s.onchip_parameter_bytes = 50;
    o.target_ns = 2000000;
    ck_assert_double_eq_tol(ets_reward(&o, 0.75, &s), 0.75 * pow(2, -0.07), 1e-12);
    o.w_below = 0;
    o.w_above = -1;
    ck_assert_double_eq_tol(ets_reward(&o, 0.75, &s), 0.375, 1e-12);
    o.onchip_bonus = 0.1;
    ck_assert_double_eq_tol(ets_reward(&o, 0.75, &s), 0.375 * 1.05, 1e-12);
    s.latency_ns = 1000000;
    ck_assert_double_eq_tol(ets_reward(&o, 0.75, &s), 0.75 * 1.05, 1e-12);
    s.latency_ns = 0; /* it failed: not infinitely good */
    o.w_below = -0.07;
    ck_assert(ets_reward(&o, 0.75, &s) == 0);
    o.target_ns = 0;
    ck_assert(isnan(ets_reward(&o, 0.75, &s)));
    ck_assert(isnan(ets_reward(NULL, 0.75, &s)));
}
END_TEST

static int after_some(void *ctx)
{
    return --*(int *)ctx < 0;
}

/* A caller that stops the work the nth time it is asked, and one that allows less than it takes, get CANCELLED; the network and the
 * predictor are as they were, and without an end the result is the same as ever. */
START_TEST(work_ends_where_the_caller_says)
{
    ets_arch *a = usb();
    ets_model *m = NULL;
    ets_error e;
    ets_summary s, again;
    ASSERT_OK(ets_model_load(TREE("models/efficientnet-edgetpu-l.yaml"), NULL, &m, &e), e);
    for (int asked = 0; asked < 6; asked++) {
        ets_report *r = NULL;
        ets_options o = ETS_OPTIONS_INIT;
        int left = asked;
        o.cancelled = after_some;
        o.cancel_ctx = &left;
        ck_assert_int_eq(ets_simulate(a, m, &o, NULL, &r, &e), ETS_CANCELLED);
        ck_assert_ptr_null(r);
        ets_predictor_options po = ETS_PREDICTOR_OPTIONS_INIT;
        ets_predictor *p = NULL;
        left = asked;
        po.cancelled = after_some;
        po.cancel_ctx = &left;
        ASSERT_OK(ets_predictor_new(a, &po, NULL, &p, &e), e);
        ck_assert_int_eq(ets_predict(p, m, &s, &e), ETS_CANCELLED);
        left = 1 << 30;
        assert_equals_simulation(a, m, p, (uint64_t)asked);
        ets_predictor_free(p);
    }
    for (uint64_t limit = 1; limit <= 10000; limit *= 10) {
        ets_report *r = NULL;
        ets_options o = ETS_OPTIONS_INIT;
        o.work_limit = limit;
        ck_assert_int_eq(ets_simulate(a, m, &o, NULL, &r, &e), ETS_CANCELLED);
    }
    ets_predictor *p = predictor(a, 0, NULL);
    ASSERT_OK(ets_predict(p, m, &s, &e), e);
    ASSERT_OK(ets_predict(p, m, &again, &e), e);
    ck_assert_int_eq(memcmp(&s, &again, sizeof s), 0);
    ets_predictor_free(p);
    ets_model_free(m);
    ets_arch_free(a);
}
END_TEST

START_TEST(contracts_are_checked)
{
    ets_arch *a = usb();
    ets_predictor *p = NULL;
    ets_predictor_options o = ETS_PREDICTOR_OPTIONS_INIT;
    ets_layer_costs c;
    ets_error e;
    uint64_t seed = 56;
    ets_model *m = test_random_graph(&seed, 3);
    o.struct_size = 1;
    ASSERT_FAILS(ets_predictor_new(NULL, NULL, NULL, &p, &e), ETS_ARGUMENT, e, "arch or out");
    ASSERT_FAILS(ets_predictor_new(a, &o, NULL, &p, &e), ETS_ARGUMENT, e, "ETS_PREDICTOR_OPTIONS_INIT");
    p = predictor(a, 0, NULL);
    ASSERT_FAILS(ets_predict(p, NULL, NULL, &e), ETS_ARGUMENT, e, "model or out");
    ASSERT_FAILS(ets_predict_batch(p, NULL, 2, 1, NULL, NULL, &e), ETS_ARGUMENT, e, "models or out");
    ASSERT_OK(ets_predict_batch(p, NULL, 0, 3, NULL, NULL, &e), e);
    ASSERT_FAILS(ets_layer_cost(p, m, 1000, &c, &e), ETS_RANGE, e, "there is no layer 1000");
    ets_predictor_free(NULL);
    ets_predictor_free(p);
    ets_model_free(m);
    ets_arch_free(a);
}
END_TEST

Suite *suite_predict(void)
{
    Suite *s = suite_create("predict");
    TCase *c = tcase_create("predict");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, predictions_are_simulations);
    tcase_add_test(c, the_reference_networks_are_predicted_as_simulated);
    tcase_add_test(c, operators_on_the_host_take_time);
    tcase_add_test(c, operators_that_nobody_knows_leave_the_time_incomplete);
    tcase_add_test(c, a_host_that_sleeps_wakes_late);
    tcase_add_test(c, a_busy_host_raises_its_clock);
    tcase_add_test(c, a_warm_prediction_asks_for_no_memory);
    tcase_add_test(c, no_memory_is_an_error_and_no_more);
    tcase_add_test(c, threads_and_order_do_not_matter);
    tcase_add_test(c, the_memo_keeps_to_its_limit);
    tcase_add_test(c, no_room_to_remember_changes_no_result);
    tcase_add_test(c, the_reward_is_the_published_formula);
    tcase_add_test(c, work_ends_where_the_caller_says);
    tcase_add_test(c, contracts_are_checked);
    suite_add_tcase(s, c);
    return s;
}
