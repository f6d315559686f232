/* datasets.c - see datasets.h. A table's columns say what was run and where; nothing here depends on which rows there
 * are. */
#include "datasets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "networks.h"
#include "table.h"

/* ------------------------------------------------------------------ machines ----------------------------- */

/* `name` at `clock_hz`, running programs of a `release` of the compiler ("": its own); NULL with the reason in `err`. */
static const ets_arch *machine(struct machines *m, const char *name, const char *clock_hz, const char *release, ets_error *err)
{
    char key[64], path[4096];
    ets_setting settings[34];
    size_t n = 0;
    snprintf(key, sizeof key, "%s@%s@%s", name, clock_hz, release);
    for (size_t i = 0; i < m->n_loaded; i++)
        if (strcmp(m->loaded[i].name, key) == 0) return m->loaded[i].arch;
    if (m->n_loaded == sizeof m->loaded / sizeof *m->loaded) return NULL;
    for (size_t i = 0; i < m->n_settings && n < 32; i++) {
        const char *colon = strchr(m->settings[i].key, ':'); /* "machine:key" is for that machine alone */
        size_t length = colon ? (size_t)(colon - m->settings[i].key) : 0;
        if (colon && (strlen(name) != length || strncmp(name, m->settings[i].key, length) != 0)) continue;
        settings[n] = m->settings[i];
        if (colon) settings[n].key = colon + 1;
        n++;
    }
    if (*clock_hz) settings[n++] = (ets_setting){"clock_hz", clock_hz};
    if (*release) settings[n++] = (ets_setting){"compiler.release", release};
    ets_arch *arch = NULL;
    if (ets_data_find("arch", name, m->folder, path, sizeof path, err) ||
        ets_arch_load(path, settings, n, NULL, &arch, err)) return NULL;
    snprintf(m->loaded[m->n_loaded].name, sizeof key, "%s", key);
    m->loaded[m->n_loaded++].arch = arch;
    return arch;
}

void machines_free(struct machines *m)
{
    for (size_t i = 0; i < m->n_loaded; i++) ets_arch_free(m->loaded[i].arch);
    m->n_loaded = 0;
}

/* The machine that a table's words for a platform mean; NULL if none of ours. Slowed-down hosts are not described. */
static const ets_arch *platform(struct machines *m, const char *words, const char *release, ets_error *err)
{
    static const struct { const char *word, *name; } names[] = {
        {"devboard_micro", "coral-devboard-micro"}, {"devboard_mini", "coral-usb2"}, {"devboard", "coral-devboard"},
        {"DevBoard", "coral-devboard"}, {"m2_pcie", "coral-pcie"}, {"usb2", "coral-usb2"}, {"usb", "coral-usb"},
    };
    const char *clock = strstr(words, "250 MHz") ? "250M" : "";
    if (strstr(words, "5W mode")) {
        snprintf(err->text, sizeof err->text, "a host that was slowed down");
        return NULL;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(words, names[i].word)) return machine(m, names[i].name, clock, release, err);
    snprintf(err->text, sizeof err->text, "the platform '%.60s' is not described", words);
    return NULL;
}

/* The compiler's release: of its version "1.0.249710469" or "16.x", and of what was published when only it existed. */
static const char *release_of_version(const char *version)
{
    static const char *const names[] = {"", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"};
    int n = atoi(version);
    return names[n >= 1 && n <= 16 ? n : 0];
}

static const char *release_of_source(const char *source)
{
    static const struct { const char *word, *release; } sources[] = {
        {"EdgeTPU_Analysis", "1"},          /* its logs are of 1.0 */
        {"google-coral/edgetpu@5020de9", "1"}, {"freedomtan", "1"}, {"benchmarking-ml-on-the-edge", "1"}, /* 2019 */
        {"QutibenchWeb", "2"},              /* 2020 */
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strstr(source, sources[i].word)) return sources[i].release;
    return "";
}

/* ------------------------------------------------------------------ samples ------------------------------ */

static void add(struct samples *s, const struct sample *sample)
{
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        struct sample *all = realloc(s->all, room * sizeof *all);
        if (!all) {
            fprintf(stderr, "truth: out of memory\n");
            exit(1);
        }
        s->all = all;
        s->room = room;
    }
    s->all[s->n++] = *sample;
}

static struct sample sample_of(const struct table *t, size_t row, const char *set, const char *unit, double measured,
                               const char *label, const char *more)
{
    struct sample s = {.set = set, .unit = unit, .line = t->lines[row], .value = {NAN, measured}};
    snprintf(s.label, sizeof s.label, "%.60s%s%.30s", label, *more ? " " : "", more);
    if (isnan(measured)) snprintf(s.reason, sizeof s.reason, "no measured figure");
    return s;
}

static void skip(struct samples *out, struct sample s, const char *reason)
{
    if (!*s.reason) snprintf(s.reason, sizeof s.reason, "%.150s", reason);
    add(out, &s);
}

/* Simulates; false with the reason in `err`. */
static bool simulate(const ets_arch *arch, const ets_model *model, ets_summary *out, ets_error *err)
{
    ets_report *r = NULL;
    if (ets_simulate(arch, model, NULL, NULL, &r, err)) return false;
    *out = *ets_report_summary(r);
    ets_report_free(r);
    return true;
}

static void book_latency(struct samples *out, struct sample s, const ets_summary *sum)
{
    s.value.predicted = (double)sum->latency_ns / 1e6;
    if (!sum->complete) s.set = "with operators on the host, which the prediction leaves out";
    add(out, &s);
}

static void predict_latency(struct samples *out, struct sample s, const ets_arch *arch, const ets_model *model, ets_error *err)
{
    ets_summary sum;
    if (!*s.reason && arch && model && simulate(arch, model, &sum, err)) book_latency(out, s, &sum);
    else skip(out, s, err->text);
}

/* ------------------------------------------------------------------ published tables --------------------- */

static int coral_benchmarks(const char *path, struct machines *m, struct samples *out)
{
    struct table t;
    if (table_read(path, &t)) return -1;
    for (size_t i = 0; i < t.n_rows; i++) {
        static const struct { const char *column, *machine, *set; } sides[] = {
            {"usb_edgetpu_ms", "coral-usb", "desktop + USB 3"}, {"devboard_edgetpu_ms", "coral-devboard", "Dev Board"}};
        for (int k = 0; k < 2; k++) {
            ets_error err = {0};
            const char *name = table_get(&t, i, "model"), *input = table_get(&t, i, "input");
            struct sample s = sample_of(&t, i, sides[k].set, "ms", table_number(&t, i, sides[k].column), name, input);
            ets_model *model = network_named(name, input, m->folder, &err);
            predict_latency(out, s, model ? machine(m, sides[k].machine, "", "2", &err) : NULL, model, &err);
            ets_model_free(model);
        }
    }
    table_free(&t);
    return 0;
}

static int coral_models(const char *path, struct machines *m, struct samples *out)
{
    struct table t;
    if (table_read(path, &t)) return -1;
    for (size_t i = 0; i < t.n_rows; i++) {
        ets_error err = {0};
        const char *name = table_get(&t, i, "model"), *input = table_get(&t, i, "input");
        struct sample s = sample_of(&t, i, "", "ms", table_number(&t, i, "edgetpu_latency_ms"), name, input);
        ets_model *model = network_named(name, input, m->folder, &err);
        predict_latency(out, s, machine(m, "coral-usb", "", "", &err), model, &err);
        ets_model_free(model);
    }
    table_free(&t);
    return 0;
}

static int nasbench201(const char *path, struct machines *m, struct samples *out)
{
    struct table t;
    if (table_read(path, &t)) return -1;
    for (size_t i = 0; i < t.n_rows; i++) {
        ets_error err = {0};
        const char *cells = table_get(&t, i, "arch");
        struct sample s = sample_of(&t, i, "", "ms", table_number(&t, i, "edgetpu_latency_ms"), table_get(&t, i, "nb201_index"), "");
        ets_model *model = network_nasbench201(cells, &err);
        predict_latency(out, s, model ? machine(m, "coral-devboard", "", "", &err) : NULL, model, &err);
        ets_model_free(model);
    }
    table_free(&t);
    return 0;
}

/* ------------------------------------------------------------------ single operators --------------------- */

/* The number behind "key=" in "in=64x64x3 k=3 F=32"; false if it is not there. */
static bool parameter(const char *text, const char *key, uint32_t *out)
{
    size_t n = strlen(key);
    for (const char *p = text; (p = strstr(p, key)) != NULL; p += n) {
        if ((p != text && p[-1] != ' ') || p[n] != '=') continue;
        char *end;
        unsigned long v = strtoul(p + n + 1, &end, 10);
        if (end == p + n + 1 || v > 1000000) return false;
        *out = (uint32_t)v;
        return true;
    }
    return false;
}

static bool size_parameter(const char *text, const char *key, uint32_t size[3])
{
    const char *p = strstr(text, key);
    return p && sscanf(p + strlen(key), "=%ux%ux%u", &size[0], &size[1], &size[2]) == 3;
}

#define WIDE_INPUTS 6912 /* of the stacks with a wide input: fits the sizes in the compiler's logs */

/* What a table says of a stack: its operator, its sizes as `key=value` (the logs have both in one), its layers, the logged bytes, the
 * file it is from. */
struct stack_row { const char *op, *params; double n_layers, onchip_mib, offchip_mib; const char *source; };

/* The wide stacks all say five layers. Of the series without a number in their name the logged bytes are those of one layer of N and the
 * result's, of "L30" those of 29 more as narrow as the result, of "L5" those of five of N: the nearest of the three. */
static void wide_layers(const struct stack_row *r, struct dense_stack *s, uint32_t n_layers)
{
    const char *l = strrchr(r->source, 'L');
    uint32_t deep = l && atoi(l + 1) > 1 && atoi(l + 1) <= 1000 ? (uint32_t)atoi(l + 1) : 0;
    double on = r->onchip_mib, off = r->offchip_mib;
    if (on > 8) on /= 1024; /* the column mixes KiB and MiB; the chip has 8 MiB */
    double lanes = 64.0 * ((s->units + 63) / 64), logged = 1048576 * ((isnan(on) ? 0 : on) + (isnan(off) ? 0 : off)) - lanes * s->inputs;
    logged -= 64.0 * s->units; /* the result's first layer */
    const struct { uint32_t n, narrow; double bytes; } candidates[] = {
        {1, 0, 0}, {n_layers, 0, (n_layers - 1.0) * lanes * s->units}, {1, deep - 1, (deep - 1.0) * 64 * s->outputs}};
    const bool possible[] = {true, n_layers > 1, deep > 1};
    double best = INFINITY;
    for (int i = 0; i < 3; i++) {
        if (!possible[i] || fabs(logged - candidates[i].bytes) >= best) continue;
        best = fabs(logged - candidates[i].bytes);
        s->n = candidates[i].n;
        s->narrow = candidates[i].narrow;
    }
}

static ets_model *stack_of(const struct stack_row *r, ets_error *err)
{
    const char *op = r->op, *params = r->params;
    const uint32_t n_layers = r->n_layers >= 1 && r->n_layers <= 1000 ? (uint32_t)r->n_layers : 0;
    uint32_t in[3], out[3], k, filters, units, inputs, outputs;
    unsigned kernel;
    bool image = size_parameter(params, "in", in);
    if (sscanf(op, "conv%ux", &kernel) == 1 && image && parameter(params, "F", &filters) && n_layers) {
        if (!parameter(params, "k", &k)) k = kernel;
        struct conv_stack s = {in[0], in[1], in[2], k, filters, n_layers};
        return strstr(op, "padded") ? network_padded_conv_stack(&s, err) : network_conv_stack(&s, err);
    }
    if (strncmp(op, "conv7x7 stack", 13) == 0 && n_layers) {
        struct conv_stack s = {128, 128, 3, 7, 32, n_layers};
        return network_padded_conv_stack(&s, err);
    }
    if (strstr(op, "fully connected stack") && parameter(params, "N", &units)) {
        bool wide = strstr(op, "wide input") != NULL;
        if (wide) inputs = WIDE_INPUTS;
        else if (!parameter(params, "I", &inputs)) {
            snprintf(err->text, sizeof err->text, "its inputs are not recorded");
            return NULL;
        }
        if (!parameter(params, "O", &outputs)) outputs = 10;
        struct dense_stack s = {inputs, units, n_layers > 1 ? n_layers - 1 : 1, 0, outputs, !wide};
        if (wide) wide_layers(r, &s, n_layers);
        return network_dense_stack(&s, err);
    }
    if (strstr(op, "dense stack") && parameter(params, "U", &units) && parameter(params, "in", &inputs)) {
        struct dense_stack s = {inputs, units, n_layers ? n_layers : 1, 0, 1, false};
        return network_dense_stack(&s, err);
    }
    if (strstr(op, "stride=whole input") && image) return network_strided(in[0], in[1], in[2], err);
    if (strncmp(op, "PAD only", 8) == 0 && size_parameter(params, "out", out)) return network_padded(out[0], out[1], out[2], err);
    snprintf(err->text, sizeof err->text, "its layers are not recorded");
    return NULL;
}

static const char *stack_set(const char *op, const char *source)
{
    if (strstr(source, "LibrEdgeTPU")) return "an owner's driver, without the vendor's runtime";
    if (strstr(op, "stack") && strncmp(op, "conv", 4) == 0) return "convolution stacks";
    if (strncmp(op, "conv3x3 single", 14) == 0) return "single convolutions, large outputs";
    if (strstr(op, "fully connected") || strstr(op, "dense")) return "fully connected stacks";
    if (strstr(op, "PAD only") || strstr(op, "stride=whole")) return "transfer probes";
    return "networks and others";
}

static int op_microbench(const char *path, struct machines *m, struct samples *out)
{
    struct table t;
    if (table_read(path, &t)) return -1;
    for (size_t i = 0; i < t.n_rows; i++) {
        ets_error err = {0};
        const char *op = table_get(&t, i, "op_or_model"), *params = table_get(&t, i, "params");
        const struct stack_row r = {op, params, table_number(&t, i, "n_layers"), table_number(&t, i, "onchip_MiB"), table_number(&t, i, "offchip_MiB"),
                                    table_get(&t, i, "source_key")};
        struct sample s = sample_of(&t, i, stack_set(op, table_get(&t, i, "source_key")), "ms", table_number(&t, i, "latency_ms"), op, params);
        const char *where = table_get(&t, i, "platform");
        ets_model *model = stack_of(&r, &err);
        if (strstr(where, "re-sent")) snprintf(err.text, sizeof err.text, "nothing is kept on the chip, on purpose");
        else if (!model) {
            ets_error unknown = {0};
            model = network_named(op, "", m->folder, &unknown);
        }
        predict_latency(out, s, model ? platform(m, where, release_of_version(table_get(&t, i, "compiler")), &err) : NULL, model, &err);
        ets_model_free(model);
    }
    table_free(&t);
    return 0;
}

/* "conv7x7 32ch 128x128, 50 layers", "stride-only conv, 1 output (2x2x3 in)", "MobileNet v1 1.0 224 (with FC)". */
static ets_model *traced_network(const char *name, const char *folder, ets_error *err)
{
    unsigned kernel, channels, height, width, layers;
    if (sscanf(name, "conv%ux%*u %uch %ux%u, %u layers", &kernel, &channels, &height, &width, &layers) == 5) {
        struct conv_stack stack = {height, width, 3, kernel, channels, layers};
        return network_padded_conv_stack(&stack, err);
    }
    if (sscanf(name, "stride-only conv, 1 output (%ux%ux%u in)", &height, &width, &channels) == 3)
        return network_strided(height, width, channels, err);
    char plain[128];
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(name, "("), name);
    ets_model *model = network_named(plain, "", folder, err);
    if (!model) snprintf(err->text, sizeof err->text, "its layers are not recorded");
    return model;
}

/* "same stack, one more layer (10 -> 25 layers)": what a layer takes. */
static bool predict_one_more(struct samples *out, struct sample s, const ets_arch *arch, unsigned layers, ets_error *err)
{
    struct conv_stack few = {128, 128, 3, 7, 32, layers}, more = {128, 128, 3, 7, 32, layers + 1};
    ets_model *first = network_padded_conv_stack(&few, err), *second = network_padded_conv_stack(&more, err);
    ets_summary less, sum;
    bool done = arch && first && second && simulate(arch, first, &less, err) && simulate(arch, second, &sum, err);
    if (done) {
        s.value.predicted = (double)(sum.chip_cycles - less.chip_cycles);
        add(out, &s);
    }
    ets_model_free(first);
    ets_model_free(second);
    return done;
}

static int onchip_traces(const char *path, struct machines *m, struct samples *out)
{
    struct table t;
    if (table_read(path, &t)) return -1;
    for (size_t i = 0; i < t.n_rows; i++) {
        ets_error err = {0};
        ets_summary sum;
        unsigned layers;
        const char *name = table_get(&t, i, "model"), *what = table_get(&t, i, "what");
        double cycles = table_number(&t, i, "cycles_at_500MHz");
        struct sample s = sample_of(&t, i, "cycles on the chip", "cycles", cycles, name, "");
        const ets_arch *arch = machine(m, "coral-usb", "", release_of_source(table_get(&t, i, "source")), &err);
        if (sscanf(name, "same stack, one more layer (%u ->", &layers) == 1) {
            if (!predict_one_more(out, s, arch, layers, &err)) skip(out, s, err.text);
            continue;
        }
        ets_model *model = traced_network(name, m->folder, &err);
        if (isnan(cycles) && strstr(what, "wall, USB 3")) {
            s = sample_of(&t, i, "wall time behind USB 3", "ms", strtod(table_get(&t, i, "measured"), NULL), name, "");
            predict_latency(out, s, arch, model, &err);
        } else if (!*s.reason && model && arch && simulate(arch, model, &sum, &err)) {
            s.value.predicted = (double)sum.chip_cycles;
            add(out, &s);
        } else skip(out, s, err.text);
        ets_model_free(model);
    }
    table_free(&t);
    return 0;
}

/* ------------------------------------------------------------------ memory ------------------------------- */

/* "6.91 MiB (available)", "1.75 KiB", "0": in MiB; NAN if the log line does not say. */
static double mebibytes(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text) return NAN;
    while (*end == ' ') end++;
    return strncmp(end, "KiB", 3) == 0 ? value / 1024 : strncmp(end, "B", 1) == 0 ? value / 1048576 : value;
}

/* Nothing streamed is compared as such: an error of a share of zero has no meaning. */
static void predict_memory(struct samples *out, struct sample s, double predicted_mib)
{
    if (!*s.reason && s.value.measured == 0) {
        if (predicted_mib != 0) skip(out, s, "streamed here, all on the chip in the log");
        return;
    }
    s.value.predicted = predicted_mib;
    add(out, &s);
}

static ets_model *logged_network(const struct table *t, size_t row, const char *folder, ets_error *err)
{
    const char *name = table_get(t, row, "model");
    const struct stack_row r = {name, name, table_number(t, row, "n_ops_total"), mebibytes(table_get(t, row, "onchip_used")),
                                mebibytes(table_get(t, row, "offchip_streamed")), table_get(t, row, "source")};
    ets_model *model = stack_of(&r, err);
    return model ? model : network_named(name, table_get(t, row, "input_size"), folder, err);
}

static int compiler_logs(const char *path, struct machines *m, struct samples *out)
{
    struct table t;
    if (table_read(path, &t)) return -1;
    for (size_t i = 0; i < t.n_rows; i++) {
        ets_error err = {0};
        ets_summary sum;
        const char *name = table_get(&t, i, "model");
        struct sample on = sample_of(&t, i, "on the chip", "MiB", mebibytes(table_get(&t, i, "onchip_used")), name, "");
        struct sample off = sample_of(&t, i, "streamed", "MiB", mebibytes(table_get(&t, i, "offchip_streamed")), name, "");
        const ets_arch *arch = machine(m, "coral-usb", "", release_of_version(table_get(&t, i, "compiler_version")), &err);
        ets_model *model = logged_network(&t, i, m->folder, &err);
        if (arch && model && simulate(arch, model, &sum, &err)) {
            predict_memory(out, on, (double)sum.onchip_parameter_bytes / 1048576);
            predict_memory(out, off, (double)sum.streamed_parameter_bytes / 1048576);
        } else skip(out, on, err.text);
        ets_model_free(model);
    }
    table_free(&t);
    return 0;
}

/* ------------------------------------------------------------------ others ------------------------------- */

static int devboard_micro(const char *path, struct machines *m, struct samples *out)
{
    struct table t;
    if (table_read(path, &t)) return -1;
    for (size_t i = 0; i < t.n_rows; i++) {
        ets_error err = {0};
        const char *name = table_get(&t, i, "model");
        ets_model *model = network_named(name, "", m->folder, &err);
        const ets_arch *arch = model ? machine(m, "coral-devboard-micro", "", "", &err) : NULL;
        struct sample time = sample_of(&t, i, "latency", "ms", table_number(&t, i, "latency_ms"), name, "");
        struct sample energy = sample_of(&t, i, "energy", "mJ", table_number(&t, i, "energy_mJ"), name, "");
        ets_summary sum;
        bool done = arch && model && simulate(arch, model, &sum, &err);
        if (done && !*time.reason) book_latency(out, time, &sum);
        else skip(out, time, err.text);
        if (done) energy.value.predicted = (double)sum.energy_nj / 1e6;
        if (done && !*energy.reason) add(out, &energy);
        else skip(out, energy, err.text);
        ets_model_free(model);
    }
    table_free(&t);
    return 0;
}

/* "MobileNet V1: bytes returned": a part of a call. NAN if it is none that is told apart here. */
static double part_of_call(const char *what, const ets_summary *sum)
{
    if (strstr(what, ": instruction bytes")) return (double)sum->instruction_bytes;
    if (strstr(what, ": input bytes")) return (double)sum->input_bytes;
    if (strstr(what, ": bytes returned")) return (double)sum->output_bytes;
    if (strstr(what, ": end of input to first output byte")) return 1e3 * (double)sum->chip_cycles / (double)sum->clock_hz;
    return NAN;
}

static void predict_part(struct samples *out, struct sample s, const char *unit, const ets_arch *arch, const ets_model *model, ets_error *err)
{
    ets_summary sum;
    s.set = strcmp(unit, "bytes") == 0 ? "bytes on the link" : "the chip alone";
    s.unit = strcmp(unit, "bytes") == 0 ? "bytes" : "ms";
    if (*s.reason || !arch || !model || !simulate(arch, model, &sum, err)) {
        skip(out, s, err->text);
        return;
    }
    s.value.predicted = part_of_call(s.label, &sum);
    if (isnan(s.value.predicted)) skip(out, s, "part of a call that is not told apart here");
    else add(out, &s);
}

static int other_measurements(const char *path, struct machines *m, struct samples *out)
{
    struct table t;
    if (table_read(path, &t)) return -1;
    for (size_t i = 0; i < t.n_rows; i++) {
        ets_error err = {0};
        const char *name = table_get(&t, i, "model_or_op"), *where = table_get(&t, i, "platform"), *unit = table_get(&t, i, "unit");
        bool of_part = strchr(name, ':') != NULL;
        struct sample s = sample_of(&t, i, "latency", "ms", table_number(&t, i, "value"), name, of_part ? "" : where);
        char plain[128];
        snprintf(plain, sizeof plain, "%.*s", (int)strcspn(name, ":"), name);
        ets_model *model = network_named(plain, table_get(&t, i, "shape"), m->folder, &err);
        const ets_arch *arch = model ? platform(m, where, release_of_source(table_get(&t, i, "source")), &err) : NULL;
        if (strcmp(unit, "ms") != 0 && strcmp(unit, "bytes") != 0) skip(out, s, "a specification, not a measurement");
        else if (of_part) predict_part(out, s, unit, arch, model, &err);
        else predict_latency(out, s, arch, model, &err);
        ets_model_free(model);
    }
    table_free(&t);
    return 0;
}

static const char seen_pages[] = "The host links of USB 3 and the Dev Board, what changed with the compiler's releases, and that pools take room from "
                                 "parameters (Inception v1) were settled with all rows in view.";
const struct dataset datasets[] = {
    {"coral_benchmarks.csv", "The vendor's benchmark page", seen_pages, coral_benchmarks},
    {"coral_models.csv", "The vendor's model pages", "The host link of USB 3, `relay.hop_cycles` and the room of pools (Inception v1) were settled with all rows in view.", coral_models},
    {"onchip_traces.csv", "The chip alone", "`tile.fill_cycles` and `relay.hop_cycles` were settled with all rows in view.", onchip_traces},
    {"nas_bench_201_cifar10.csv", "NAS-Bench-201 on the Dev Board",
     "That averages at the image's edges are ops of their own, which ReLUs are, that instructions come faster than streamed parameters and "
     "that the host sleeps after 1.1 ms was found with all rows in view; the values were fitted on every tenth.", nasbench201},
    {"op_microbench.csv", "Stacks of one operator",
     "What stays on the chip, the number of parts and the width of the port for partial sums were settled on all stacks; USB 2 on its "
     "probes and dense stacks.", op_microbench},
    {"devboard_micro.csv", "Dev Board Micro",
     "Its clock and `tile.fill_cycles` come from slopes over all Grid networks, the softmax of the scalar core from their programs: of "
     "latency this is no independent check. Inception v1 was in view when the room of pools was settled.", devboard_micro},
    {"compiler_logs.csv", "The vendor compiler's log", "The rule of what stays on the chip was made on these rows: no independent check.", compiler_logs},
    {"other_measurements.csv", "Other measurements", "USB 2 was settled on Jetson rows like these.", other_measurements},
};
const size_t n_datasets = sizeof datasets / sizeof *datasets;
