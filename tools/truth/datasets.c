/* datasets.c - see datasets.h. A table's columns say what was run and where; nothing here depends on which rows there
 * are. */
#include "datasets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "networks.h"
#include "samples.h"
#include "table.h"

static const struct running as_it_is = {"", "", ""};

/* ------------------------------------------------------------------ published tables --------------------- */

static void coral_benchmarks(const struct table *t, size_t row, struct machines *m, struct samples *out)
{
    static const struct { const char *column, *machine, *set; } sides[] = {
        {"usb_edgetpu_ms", "coral-usb", "desktop + USB 3"}, {"devboard_edgetpu_ms", "coral-devboard", "Dev Board"}};
    for (int k = 0; k < 2; k++) {
        ets_error err = {0};
        const char *name = table_get(t, row, "model"), *input = table_get(t, row, "input");
        struct sample s = sample_of(t, row, sides[k].set, "ms", table_number(t, row, sides[k].column), name, input);
        ets_model *model = network_named(name, input, m->folder, &err);
        predict_latency(out, s, model ? machine_named(m, sides[k].machine, (struct running){"", "2", ""}, &err) : NULL, model, &err);
        ets_model_free(model);
    }
}

static void coral_models(const struct table *t, size_t row, struct machines *m, struct samples *out)
{
    ets_error err = {0};
    const char *name = table_get(t, row, "model"), *input = table_get(t, row, "input");
    struct sample s = sample_of(t, row, "", "ms", table_number(t, row, "edgetpu_latency_ms"), name, input);
    ets_model *model = network_named(name, input, m->folder, &err);
    predict_latency(out, s, machine_named(m, "coral-usb", as_it_is, &err), model, &err);
    ets_model_free(model);
}

static void nasbench201(const struct table *t, size_t row, struct machines *m, struct samples *out)
{
    ets_error err = {0};
    const char *cells = table_get(t, row, "arch");
    struct sample s = sample_of(t, row, "", "ms", table_number(t, row, "edgetpu_latency_ms"), table_get(t, row, "nb201_index"), "");
    ets_model *model = network_nasbench201(cells, &err);
    predict_latency(out, s, model ? machine_named(m, "coral-devboard", as_it_is, &err) : NULL, model, &err);
    ets_model_free(model);
}

/* ------------------------------------------------------------------ single operators --------------------- */

/* The set of rows that such a driver measured; NULL: the row is the vendor's runtime's. It does nothing that the host would. */
static const char *driver_set(const char *source)
{
    return strstr(source, "LibrEdgeTPU") ? "an owner's driver, without the vendor's runtime" : NULL;
}

static const char *stack_set(const char *op, const char *source)
{
    if (driver_set(source)) return driver_set(source);
    if (strstr(op, "stack") && strncmp(op, "conv", 4) == 0) return "convolution stacks";
    if (strncmp(op, "conv3x3 single", 14) == 0) return "single convolutions, large outputs";
    if (strstr(op, "fully connected") || strstr(op, "dense")) return "fully connected stacks";
    if (strncmp(op, "PAD ", 4) == 0 || strncmp(op, "RESHAPE", 7) == 0 || strstr(op, "stride=whole")) return "transfer probes";
    return "networks and others";
}

static void op_microbench(const struct table *t, size_t row, struct machines *m, struct samples *out)
{
    ets_error err = {0};
    const char *op = table_get(t, row, "op_or_model"), *params = table_get(t, row, "params");
    const struct network_row r = {op, params, table_number(t, row, "n_layers"), table_number(t, row, "onchip_MiB"), table_number(t, row, "offchip_MiB"),
                                  table_get(t, row, "source_key")};
    struct sample s = sample_of(t, row, stack_set(op, table_get(t, row, "source_key")), "ms", table_number(t, row, "latency_ms"), op, params);
    const char *where = table_get(t, row, "platform");
    ets_model *model = network_of_row(&r, "", m->folder, &err);
    s.without_host = driver_set(r.source) != NULL;
    predict_latency(out, s, model ? machine_of_platform(m, where, r.source, release_of_version(table_get(t, row, "compiler")), &err) : NULL, model, &err);
    ets_model_free(model);
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
    const char *keras = strstr(name, " keras with head"); /* as any other, for 1000 classes */
    snprintf(plain, sizeof plain, "%.*s", keras ? (int)(keras - name) : (int)strcspn(name, "("), name);
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
    bool done = arch && first && second && summary_of(arch, first, &less, err) && summary_of(arch, second, &sum, err);
    if (done) {
        s.value.predicted = (double)(sum.chip_cycles - less.chip_cycles);
        samples_add(out, &s);
    }
    ets_model_free(first);
    ets_model_free(second);
    return done;
}

static void onchip_traces(const struct table *t, size_t row, struct machines *m, struct samples *out)
{
    ets_error err = {0};
    ets_summary sum;
    unsigned layers;
    const char *name = table_get(t, row, "model"), *what = table_get(t, row, "what");
    double cycles = table_number(t, row, "cycles_at_500MHz");
    struct sample s = sample_of(t, row, "cycles on the chip", "cycles", cycles, name, "");
    const char *source = table_get(t, row, "source"), *host = strstr(source, "iwatake2222") ? "coral-usb-nano" : "coral-usb";
    const ets_arch *arch = machine_named(m, host, (struct running){"", release_of_source(source), ""}, &err);
    if (sscanf(name, "same stack, one more layer (%u ->", &layers) == 1) {
        if (!predict_one_more(out, s, arch, layers, &err)) samples_skip(out, s, err.text);
        return;
    }
    ets_model *model = traced_network(name, m->folder, &err);
    if (isnan(cycles) && strstr(what, "wall, USB 3")) {
        s = sample_of(t, row, "wall time behind USB 3", "ms", strtod(table_get(t, row, "measured"), NULL), name, "");
        predict_latency(out, s, arch, model, &err);
    } else if (!*s.reason && model && arch && summary_of(arch, model, &sum, &err)) {
        s.value.predicted = (double)sum.chip_cycles;
        samples_add(out, &s);
    } else samples_skip(out, s, err.text);
    ets_model_free(model);
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

/* Zero is compared as such: an error of a share of it has no meaning. */
static void predict_memory(struct samples *out, struct sample s, double predicted_mib)
{
    if (!*s.reason && s.value.measured == 0) {
        if (predicted_mib != 0) samples_skip(out, s, "some here, none in the log");
        return;
    }
    s.value.predicted = predicted_mib;
    samples_add(out, &s);
}

static ets_model *logged_network(const struct table *t, size_t row, const char *folder, ets_error *err)
{
    const char *name = table_get(t, row, "model");
    const struct network_row r = {name, name, table_number(t, row, "n_ops_total"), mebibytes(table_get(t, row, "onchip_used")),
                                  mebibytes(table_get(t, row, "offchip_streamed")), table_get(t, row, "source")};
    ets_model *model = network_of_row(&r, table_get(t, row, "input_size"), folder, err);
    double file_bytes = mebibytes(table_get(t, row, "input_size")) * 1048576;
    if (!model || isnan(file_bytes) || file_bytes >= (double)ets_model_describe(model).weight_count) return model;
    ets_model_free(model);
    snprintf(err->text, sizeof err->text, "its file is smaller than this network's weights, so it has other layers");
    return NULL;
}

static void compiler_logs(const struct table *t, size_t row, struct machines *m, struct samples *out)
{
    ets_error err = {0};
    ets_summary sum;
    const char *name = table_get(t, row, "model");
    struct sample on = sample_of(t, row, "on the chip", "MiB", mebibytes(table_get(t, row, "onchip_used")), name, "");
    struct sample off = sample_of(t, row, "streamed", "MiB", mebibytes(table_get(t, row, "offchip_streamed")), name, "");
    const ets_arch *arch = machine_named(m, "coral-usb", (struct running){"", release_of_version(table_get(t, row, "compiler_version")), ""}, &err);
    ets_model *model = logged_network(t, row, m->folder, &err);
    if (arch && model && summary_of(arch, model, &sum, &err)) {
        predict_memory(out, on, (double)sum.onchip_parameter_bytes / 1048576);
        predict_memory(out, off, (double)sum.streamed_parameter_bytes / 1048576);
        const char *left = table_get(t, row, "onchip_remaining_or_available");
        struct sample free = sample_of(t, row, "left free", "MiB", mebibytes(left), name, "");
        bool all = strstr(left, "available") != NULL; /* compiler 1 prints the room, not what is left of it */
        predict_memory(out, free, (double)(sum.parameter_capacity_bytes - (all ? 0 : sum.onchip_parameter_bytes)) / 1048576);
    } else samples_skip(out, on, err.text);
    ets_model_free(model);
}

/* ------------------------------------------------------------------ others ------------------------------- */

static void devboard_micro(const struct table *t, size_t row, struct machines *m, struct samples *out)
{
    ets_error err = {0};
    const char *name = table_get(t, row, "model");
    ets_model *model = network_named(name, "", m->folder, &err);
    const ets_arch *arch = model ? machine_named(m, "coral-devboard-micro", as_it_is, &err) : NULL;
    struct sample time = sample_of(t, row, "latency", "ms", table_number(t, row, "latency_ms"), name, "");
    struct sample energy = sample_of(t, row, "energy", "mJ", table_number(t, row, "energy_mJ"), name, "");
    ets_summary sum;
    bool done = arch && model && summary_of(arch, model, &sum, &err);
    if (done && !*time.reason) book_latency(out, time, &sum);
    else samples_skip(out, time, err.text);
    if (done) energy.value.predicted = (double)sum.energy_nj / 1e6;
    if (done && !*energy.reason) samples_add(out, &energy);
    else samples_skip(out, energy, err.text);
    ets_model_free(model);
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
    if (*s.reason || !arch || !model || !summary_of(arch, model, &sum, err)) {
        samples_skip(out, s, err->text);
        return;
    }
    s.value.predicted = part_of_call(s.label, &sum);
    if (isnan(s.value.predicted)) samples_skip(out, s, "part of a call that is not told apart here");
    else samples_add(out, &s);
}

static void other_measurements(const struct table *t, size_t row, struct machines *m, struct samples *out)
{
    ets_error err = {0};
    const char *name = table_get(t, row, "model_or_op"), *where = table_get(t, row, "platform"), *unit = table_get(t, row, "unit");
    bool of_part = strchr(name, ':') != NULL;
    const char *source = table_get(t, row, "source"), *driver = driver_set(source);
    struct sample s = sample_of(t, row, driver ? driver : "latency", "ms", table_number(t, row, "value"), name, of_part ? "" : where);
    char plain[128];
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(name, ":"), name);
    ets_model *model = network_named(plain, table_get(t, row, "shape"), m->folder, &err);
    const ets_arch *arch = model ? machine_of_platform(m, where, source, release_of_source(source), &err) : NULL;
    if (strcmp(unit, "ms") != 0 && strcmp(unit, "bytes") != 0) samples_skip(out, s, "a specification, not a measurement");
    else if (of_part) predict_part(out, s, unit, arch, model, &err);
    else predict_latency(out, s, arch, model, &err);
    ets_model_free(model);
}

static const char seen_pages[] = "The host links of USB 3 and the Dev Board, what changed with the compiler's releases, and that pools take room from "
                                 "parameters (Inception v1) were settled with all rows in view.";
const struct dataset datasets[] = {
    {"coral_benchmarks.csv", "The vendor's benchmark page", seen_pages, coral_benchmarks},
    {"coral_models.csv", "The vendor's model pages", "The host link of USB 3, `relay.hop_cycles`, the room of pools (Inception v1) and that later releases copy small pixels faster (U-Net) were "
     "settled with all rows in view.", coral_models},
    {"onchip_traces.csv", "The chip alone", "`tile.fill_cycles` and `relay.hop_cycles` were settled with all rows in view.", onchip_traces},
    {"nas_bench_201_cifar10.csv", "NAS-Bench-201 on the Dev Board",
     "That averages at the image's edges are ops of their own, which ReLUs are, that instructions come faster than streamed parameters and "
     "that the host sleeps after 1.1 ms was found with all rows in view; the values were fitted on every tenth.", nasbench201},
    {"op_microbench.csv", "Stacks of one operator",
     "What stays on the chip, the number of parts and the width of the port for partial sums were settled on all stacks; that "
     "the host of `coral-pcie` sleeps in long calls, on these, and that it copies faster when it is busy, on all single large outputs; the Jetson Nano's USB 3 and 2 on all its probes "
     "and dense stacks; that an owner's driver is behind USB 3 at 250 MHz, on its rows: of those this is no independent check.", op_microbench},
    {"devboard_micro.csv", "Dev Board Micro",
     "Its clock and `tile.fill_cycles` come from slopes over all Grid networks, the softmax of the scalar core from their programs: of "
     "latency this is no independent check. Inception v1 was in view when the room of pools was settled.", devboard_micro},
    {"compiler_logs.csv", "The vendor compiler's log", "The rule of what stays on the chip was made on these rows: no independent check.", compiler_logs},
    {"other_measurements.csv", "Other measurements", "The link of the Raspberry Pi 4 was settled on half of its rows, that of the Pi 3 and what operators take on either on all.", other_measurements},
};
const size_t n_datasets = sizeof datasets / sizeof *datasets;
