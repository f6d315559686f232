/* test_trace.c - what the engine says that units did: nothing of it is lost, and it is bounded. */
#include "engine/engine.h"
#include "graph/model.h"
#include "schedule/schedule.h"
#include "test.h"

static uint64_t busy_of(const struct eti_slice *s)
{
    return s->merged ? s->busy_cycles : s->busy_cycles * (uint64_t)__builtin_popcountll(s->tiles);
}

/* Slices add up to what each unit was busy, phases to all that it did; nothing lies outside its phase but what ran ahead. */
static void check_trace(const struct eti_program *p, const struct eti_timeline *t, const struct eti_trace *trace)
{
    uint64_t busy[ETI_UNITS] = {0};
    struct eti_unit_time sum[ETI_UNITS];
    memset(sum, 0, sizeof sum);
    for (size_t i = 0; i < p->n_phases; i++) {
        const struct eti_phase_trace *phase = &trace->phases[i];
        for (size_t k = phase->first; k < phase->first + phase->n; k++) {
            const struct eti_slice *s = &trace->slices[k];
            enum eti_unit unit = p->commands[s->command].unit;
            busy[unit] += busy_of(s);
            ck_assert(s->end_cycle >= s->begin_cycle && s->end_cycle <= t->phases[i].end_cycle);
            ck_assert(s->begin_cycle >= t->phases[i].start_cycle || unit == ETI_LINK_IN);
            ck_assert(s->merged || s->busy_cycles <= s->end_cycle - s->begin_cycle);
            ck_assert(s->command >= p->phases[i].first && s->command < p->phases[i].first + p->phases[i].count);
        }
        for (int u = 0; u < ETI_UNITS; u++) {
            sum[u].busy_cycles += phase->units[u].busy_cycles;
            sum[u].stalled_cycles += phase->units[u].stalled_cycles;
            if (u != ETI_LINK_IN)
                ck_assert_uint_eq(phase->units[u].busy_cycles + phase->units[u].stalled_cycles + phase->units[u].idle_cycles,
                                  (t->phases[i].end_cycle - t->phases[i].start_cycle) * t->units[u].instances);
        }
    }
    for (int u = 0; u < ETI_UNITS; u++) {
        ck_assert_uint_eq(busy[u], t->units[u].busy_cycles);
        ck_assert_uint_eq(sum[u].busy_cycles, t->units[u].busy_cycles);
        ck_assert_uint_eq(sum[u].stalled_cycles, t->units[u].stalled_cycles);
    }
}

static void check_program(const struct eti_program *p, size_t most)
{
    struct eti_timeline plain, timeline;
    struct eti_trace trace;
    ets_error e;
    eti_trace_init(&trace, NULL);
    ASSERT_OK(eti_engine_run(p, NULL, &plain, &e), e);
    ASSERT_OK(eti_engine_run_traced(p, NULL, &timeline, &trace, &e), e);
    ck_assert_uint_eq(plain.cycles, timeline.cycles);
    check_trace(p, &timeline, &trace);
    ck_assert_uint_le(trace.n_slices, most);
    eti_trace_free(&trace);
    eti_timeline_free(&timeline);
    eti_timeline_free(&plain);
}

START_TEST(slices_add_up_to_the_work_of_the_units)
{
    static const char *const machines[] = {"coral-usb", "systolic-64x64"};
    static const char *const models[] = {"mobilenet-v2-1.0-224", "efficientnet-edgetpu-l", "resnet-50-v1-224", "unet-mobilenet-v2-256"};
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; i < 4; i++) {
            char path[256];
            ets_arch *arch = NULL;
            ets_model *model = NULL;
            struct eti_schedule s;
            ets_error e;
            snprintf(path, sizeof path, "arch/%s.yaml", machines[m]);
            ASSERT_OK(ets_arch_load(path, NULL, 0, NULL, &arch, &e), e);
            snprintf(path, sizeof path, "models/%s.yaml", models[i]);
            ASSERT_OK(ets_model_load(path, NULL, &model, &e), e);
            ASSERT_OK(eti_schedule_make(&arch->v, model->graph, false, NULL, &s, &e), e);
            check_program(&s.program, ETI_MOST_SLICES);
            eti_schedule_free(&s);
            ets_model_free(model);
            ets_arch_free(arch);
        }
}
END_TEST

START_TEST(a_long_trace_is_merged)
{
    struct eti_program p;
    struct eti_command c;
    ets_error e;
    enum { PHASES = 2000, UNITS = 4 };
    eti_program_init(&p, NULL);
    p.n_tiles = 16;
    p.width = 4;
    p.clock_hz = 500000000;
    memset(&c, 0, sizeof c);
    c.inner = 3;
    c.outer = 2;
    c.tiles = 0xffff;
    for (uint32_t i = 0; i < PHASES; i++) { /* some are equal, so that they are copied */
        ASSERT_OK(eti_program_phase(&p, 0, 10, 0, &e), e);
        for (int u = 0; u < UNITS; u++) {
            c.unit = (enum eti_unit)(ETI_MESH_SOUTH + u);
            c.first_cycles = c.middle_cycles = c.last_cycles = 5 + i % 7;
            ASSERT_OK(eti_program_add(&p, &c, &e), e);
        }
    }
    check_program(&p, ETI_MOST_SLICES + 64 + PHASES * UNITS);
    eti_program_free(&p);
}
END_TEST

Suite *suite_trace(void);
Suite *suite_trace(void)
{
    Suite *s = suite_create("trace");
    TCase *t = tcase_create("trace");
    tcase_add_test(t, slices_add_up_to_the_work_of_the_units);
    tcase_add_test(t, a_long_trace_is_merged);
    suite_add_tcase(s, t);
    return s;
}
