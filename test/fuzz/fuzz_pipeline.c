/* fuzz_pipeline.c - the input is a tape of choices: each builds an operator or changes a value of the machine, so that nearly
 * every tape is a network on a machine. Then the laws: parts add up; the engine equals the one without shortcuts; predicted
 * equals simulated, cold and warm; twice is the same. */
#include "fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch_fields.h"
#include "engine/engine.h"
#include "graph/model.h"
#include "ref/plain_engine.h"
#include "schedule/schedule.h"

#define MOST_TENSORS 48
#define MOST_CHANGES 6
#define MOST_PLAIN_TURNS 200000u /* of the engine that runs each of them */

struct tape { const uint8_t *at, *end; };

static uint32_t byte(struct tape *t) { return t->at < t->end ? *t->at++ : 0; }
static uint32_t below(struct tape *t, uint32_t n) { return byte(t) % n; }
static uint32_t word(struct tape *t) { uint32_t high = byte(t) << 8; return high | byte(t); }
static bool left(const struct tape *t) { return t->at < t->end; }

/* ------------------------------------------------------------------ a network ---------------------------- */

struct grower { struct tape *tape; ets_builder *b; ets_tensor made[MOST_TENSORS]; uint32_t n; };

static ets_tensor pick(struct grower *g)
{
    uint32_t back = byte(g->tape);
    return g->made[back < 128 ? g->n - 1 : back % g->n];
}

static uint32_t channels(struct tape *t)
{
    uint32_t b = byte(t);
    return b < 100 ? 1 + b : b < 200 ? 8 * (b - 99) : 1 + (word(t) & 0x1fff);
}

static void set_window(struct tape *t, ets_conv *c)
{
    static const uint32_t sizes[] = {1, 3, 5, 2, 7, 4, 9, 17};
    uint32_t shape = byte(t), way = byte(t);
    c->kernel_h = sizes[shape & 7];
    c->kernel_w = shape & 64 ? sizes[shape >> 3 & 7] : c->kernel_h;
    c->stride_h = 1 + (way & 3) % 3;
    c->stride_w = way & 128 ? 1 + (way >> 2 & 1) : c->stride_h;
    c->dilation_h = c->dilation_w = way & 64 && c->stride_h == 1 && c->stride_w == 1 ? 2 : 1;
    c->padding = way & 8 ? ETS_PAD_VALID : ETS_PAD_SAME;
    c->activation = (ets_activation)(way >> 4 & 3);
    c->per_channel = shape & 128;
}

static ets_status add_block(struct grower *g, ets_tensor x, ets_tensor *out)
{
    ets_block k = ETS_BLOCK_INIT;
    uint32_t flags = byte(g->tape);
    k.kernel = 1 + 2 * (flags & 3);
    k.stride = 1 + (flags >> 2 & 1);
    k.expansion = 1 + (flags >> 3 & 7);
    k.fused = flags & 64;
    k.skip = flags & 128;
    k.out_channels = channels(g->tape);
    return ets_build_block(g->b, x, &k, out, NULL);
}

/* An operator on earlier results; what does not fit is left out. */
static ets_status grow(struct grower *g, ets_tensor *out)
{
    static const char *const unary[] = {"relu", "relu6", "logistic", "tanh", "softmax", "hard_swish", "quantize", "global_mean"};
    static const char *const binary[] = {"add", "sub", "mul", "maximum", "minimum"};
    struct tape *t = g->tape;
    uint32_t kind = below(t, 16), sides;
    ets_tensor x = pick(g), two[3] = {x, 0, 0};
    ets_conv c = ETS_CONV_INIT;
    switch (kind) {
    case 0: case 1: case 2: case 3:
        set_window(t, &c);
        c.out_channels = channels(t);
        c.no_bias = c.per_channel && c.out_channels % 3 == 0;
        return ets_build_conv2d(g->b, x, &c, out, NULL);
    case 4: case 5: set_window(t, &c); return ets_build_depthwise(g->b, x, &c, out, NULL);
    case 6: return ets_build_fully_connected(g->b, x, channels(t), ETS_ACT_NONE, out, NULL);
    case 7: case 8: set_window(t, &c); return ets_build_pool(g->b, kind == 7 ? "avg_pool" : "max_pool", x, &c, out, NULL);
    case 9: case 10: return ets_build_binary(g->b, binary[below(t, 5)], x, pick(g), ETS_ACT_NONE, out, NULL);
    case 11: case 12: return ets_build_unary(g->b, unary[below(t, 8)], x, out, NULL);
    case 13:
        two[1] = pick(g);
        two[2] = pick(g);
        return ets_build_concat(g->b, two, 2 + below(t, 2), (int)below(t, 5) - 1, out, NULL);
    case 14:
        sides = byte(t);
        return ets_build_pad(g->b, x, sides & 3, sides >> 2 & 3, sides >> 4 & 3, sides >> 6, out, NULL);
    default: return add_block(g, x, out);
    }
}

static ets_status add_input(struct grower *g)
{
    struct tape *t = g->tape;
    uint32_t side = 1 + below(t, 64), dims[4] = {1, side, side, 1 + below(t, 64)}, flags = byte(t), rank = 4;
    if (flags & 1) dims[2] = 1 + below(t, 64);
    if ((flags & 6) == 6) { dims[1] *= 8; dims[2] *= 8; } /* a large map of few channels */
    if ((flags & 24) == 24) { rank = 2; dims[1] = dims[3]; }
    if (flags >= 250) dims[0] = 2;
    return ets_build_input(g->b, "x", dims, rank, &g->made[g->n++], NULL);
}

static ets_model *build(struct tape *t)
{
    struct grower g = {t, NULL, {0}, 0};
    ets_model *model = NULL;
    if (ets_builder_new("tape", NULL, &g.b, NULL) != ETS_OK) abort();
    uint32_t wanted = 1 + below(t, MOST_TENSORS - 2);
    ets_status status = add_input(&g);
    while (status == ETS_OK && left(t) && g.n <= wanted)
        if (grow(&g, &g.made[g.n]) == ETS_OK) g.n++;
    if (status == ETS_OK) status = ets_build_output(g.b, g.made[g.n - 1], NULL);
    if (status == ETS_OK && g.n > 3 && wanted % 4 == 0) status = ets_build_output(g.b, g.made[g.n - 2], NULL);
    if (status == ETS_OK) ets_build_model(g.b, &model, NULL);
    ets_builder_free(g.b);
    return model;
}

/* ------------------------------------------------------------------ a machine ---------------------------- */

/* Another value for a field: near its own, or an end of its range. */
static void change(struct tape *t, const ets_arch_field *f, char *value, size_t size)
{
    const struct eti_field *row = &eti_fields[eti_field_by_key(f->key)];
    uint64_t was = 0;
    uint32_t how = byte(t);
    if (row->type == ETI_FIELD_CHOICE) {
        const char *from = row->choices;
        for (uint32_t i = how % 5; i && strchr(from, ' '); i--) from = strchr(from, ' ') + 1;
        snprintf(value, size, "%.*s", (int)strcspn(from, " /"), from);
        return;
    }
    if (row->type == ETI_FIELD_TEXT) { snprintf(value, size, "text"); return; }
    was = strtoull(f->value, NULL, 10);
    switch (how % 8) {
    case 0: was = row->low; break;
    case 1: was = row->high; break;
    case 2: was *= 2; break;
    case 3: was /= 2; break;
    case 4: was = row->low + how; break;
    case 5: was = 1ull << how / 8; break;
    case 6: was += how; break;
    default: was = word(t); break;
    }
    was = was < row->low ? row->low : was > row->high ? row->high : was;
    snprintf(value, size, "%llu", (unsigned long long)was);
}

static ets_arch *machine(struct tape *t)
{
    static const char *const bases[] = {"coral-usb", "coral-pcie", "coral-devboard-micro", "edgetpu-v1", "edgetpu-v3", "systolic-16x16",
                                        "systolic-64x64", "scalesim-32x32"};
    const ets_arch *base = fuzz_machine(bases[below(t, 8)]);
    ets_setting settings[MOST_CHANGES];
    char values[MOST_CHANGES][64];
    ets_arch *arch = NULL;
    uint32_t n = below(t, MOST_CHANGES + 1);
    for (uint32_t i = 0; i < n; i++) {
        ets_arch_field f = ets_arch_field_at(base, 3 + below(t, (uint32_t)ets_arch_field_count(base) - 3));
        settings[i].key = f.key;
        settings[i].value = values[i];
        change(t, &f, values[i], sizeof values[i]);
    }
    if (ets_arch_with(base, settings, n, NULL, &arch, NULL) != ETS_OK && ets_arch_with(base, NULL, 0, NULL, &arch, NULL) != ETS_OK) abort();
    return arch;
}

/* ------------------------------------------------------------------ laws --------------------------------- */

static void hold(bool law, const char *name) { if (!law) fuzz_broken(name, "in the pipeline"); }

static void check_timeline(const struct eti_timeline *t)
{
    uint64_t at = 0;
    for (int u = 0; u < ETI_UNITS; u++) {
        const struct eti_unit_time *x = &t->units[u];
        hold(x->busy + x->stalled + x->idle == t->cycles * x->instances, "busy + stalled + idle = elapsed");
        hold(x->idle <= t->cycles * x->instances, "no unit is busier than time allows");
    }
    for (size_t i = 0; i < t->n_phases; i++) {
        hold(t->phases[i].start == at, "phases follow each other");
        at = t->phases[i].end;
    }
    hold(at == t->cycles, "phases add up");
}

static uint64_t turns_of(const struct eti_program *p)
{
    uint64_t turns = 0;
    for (size_t i = 0; i < p->n_phases; i++)
        for (uint32_t k = p->phases[i].first; k < p->phases[i].first + p->phases[i].count; k++)
            turns += (uint64_t)p->commands[k].inner * p->commands[k].outer * (uint32_t)__builtin_popcountll(p->commands[k].tiles);
    return turns;
}

static void check_engines(const ets_arch *arch, const ets_model *model, uint64_t cycles)
{
    struct eti_schedule s;
    struct eti_timeline a, b;
    ets_error err;
    if (eti_schedule_make(&arch->v, model->graph, false, NULL, &s, &err) != ETS_OK) fuzz_broken("what was simulated is scheduled", err.text);
    if (eti_engine_run(&s.program, NULL, &a, &err) != ETS_OK) fuzz_broken("what was simulated runs", err.text);
    hold(a.cycles == cycles, "the report's cycles are the engine's");
    check_timeline(&a);
    if (turns_of(&s.program) <= MOST_PLAIN_TURNS) {
        if (plain_engine_run(&s.program, NULL, &b, &err) != ETS_OK) fuzz_broken("the plain engine runs it, too", err.text);
        bool same = a.cycles == b.cycles && a.link_free_at == b.link_free_at && a.link_ahead_until == b.link_ahead_until &&
                    memcmp(a.units, b.units, sizeof a.units) == 0;
        for (size_t i = 0; i < a.n_phases; i++) same &= memcmp(&a.phases[i], &b.phases[i], sizeof a.phases[i]) == 0;
        hold(same, "the engine equals the one without shortcuts");
        eti_timeline_free(&b);
    }
    eti_timeline_free(&a);
    eti_schedule_free(&s);
}

/* Of a prediction, at least as often as the limit of the simulation lets it; of many, cuts them off. */
static int has_asked_enough(void *ctx)
{
    size_t *asked = ctx;
    return ++*asked > 4 * FUZZ_WORK / 2000;
}

static void check_layers(ets_predictor *p, const ets_model *model, const ets_report *r, size_t *asked)
{
    ets_layer_costs c;
    ets_error err;
    for (size_t i = 0; i < ets_report_layer_count(r); i++) {
        *asked = 0;
        if (ets_layer_cost(p, model, i, &c, &err) != ETS_OK) fuzz_broken("the layers of a report have a cost", err.text);
        hold(c.cycles == ets_report_layer(r, i)->cycles, "a layer costs what it takes");
        hold(memcmp(&c.split, &ets_report_layer(r, i)->split, sizeof c.split) == 0, "a layer's parts are those of the report");
    }
}

/* `want`: of the simulation that succeeded with report `r`, or failed (NULL). */
static void check_predictor(const ets_arch *arch, const ets_model *model, ets_status want, const ets_report *r)
{
    ets_predictor *p = NULL;
    ets_summary s;
    ets_change changes[8];
    ets_predictor_options options = ETS_PREDICTOR_OPTIONS_INIT;
    size_t n, asked = 0;
    ets_error err;
    options.cancelled = has_asked_enough;
    options.cancel_ctx = &asked;
    if (ets_predictor_new(arch, &options, NULL, &p, &err) != ETS_OK) fuzz_broken("any machine has a predictor", err.text);
    for (int i = 0; i < 2; i++) {
        asked = 0;
        ets_status status = ets_predict(p, model, &s, &err);
        hold(status == want, "a prediction fails as the simulation does");
        if (r) hold(memcmp(&s, ets_report_summary(r), sizeof s) == 0, "predicted is simulated");
    }
    if (r) check_layers(p, model, r, &asked);
    asked = 0;
    ets_status status = r ? ets_sensitivity(p, model, changes, 8, &n, &err) : ETS_OK;
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("a smaller network is no defect of ours", err.text);
    ets_predictor_free(p);
}

int fuzz_pipeline(const uint8_t *data, size_t size)
{
    struct tape t = {data, data + size};
    ets_report *r = NULL, *again = NULL;
    ets_options options = ETS_OPTIONS_INIT;
    ets_error err;
    options.work_limit = FUZZ_WORK;
    ets_arch *arch = machine(&t);
    ets_model *model = build(&t);
    if (model) {
        ets_status status = ets_simulate(arch, model, &options, NULL, &r, &err);
        if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("no network is a defect of ours", err.text);
        if (status == ETS_OK) {
            if (ets_simulate(arch, model, &options, NULL, &again, &err) != ETS_OK) fuzz_broken("run twice", err.text);
            fuzz_check_report(r);
            fuzz_check_same(r, again);
            check_engines(arch, model, ets_report_summary(r)->cycles);
        }
        if (status != ETS_CANCELLED) check_predictor(arch, model, status, r);
    }
    ets_report_free(r);
    ets_report_free(again);
    ets_model_free(model);
    ets_arch_free(arch);
    return 0;
}
