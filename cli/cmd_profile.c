/* cmd_profile.c - profile: where the time of a model goes; inspect: what runs where. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

/* Of a model of floats the accelerator runs nothing: there is more to see. */
static void advise(FILE *to, const ets_report *report)
{
    const ets_summary *s = ets_report_summary(report);
    if (!s->quantized && s->n_host_layers) fputs("'--as-int8' shows what it would take once it is quantised\n", to);
}

static int write_report(const struct arguments *a, const ets_report *report, bool mapping)
{
    struct output out;
    ets_error err;
    ets_status written = ETS_OK;
    int status = open_output(&out, a->output);
    if (status == EXIT_GOOD) {
        ets_format_options o = format_options(&out, a);
        ets_writer to = writer_of(&out);
        o.mapping = mapping;
        written = ets_report_write(report, a->format, &o, &to, &err);
        if (written == ETS_OK && a->format == ETS_FORMAT_TABLE) advise(out.to, report);
    }
    return close_written(&out, status, written, &err);
}

/* The three files that SCALE-Sim writes, into the folder of -o, which is made if it is not there. */
static int write_scalesim(const struct arguments *a, const ets_report *report)
{
    static const struct { const char *name; ets_format format; } files[] = {
        {"COMPUTE_REPORT.csv", ETS_FORMAT_SCALESIM_COMPUTE},
        {"BANDWIDTH_REPORT.csv", ETS_FORMAT_SCALESIM_BANDWIDTH},
        {"DETAILED_ACCESS_REPORT.csv", ETS_FORMAT_SCALESIM_ACCESS},
    };
    int status = EXIT_GOOD;
    if (a->output && mkdir(a->output, 0777) != 0 && errno != EEXIST) return fail_writing(a->output, strerror(errno));
    for (size_t i = 0; status == EXIT_GOOD && i < sizeof files / sizeof *files; i++) {
        char path[4096];
        struct output out;
        ets_error err;
        int n = snprintf(path, sizeof path, "%s/%s", a->output ? a->output : ".", files[i].name);
        if (n < 0 || (size_t)n >= sizeof path) return fail("the path is too long");
        status = open_output(&out, path);
        ets_writer to = writer_of(&out);
        ets_status written = status == EXIT_GOOD ? ets_report_write(report, files[i].format, NULL, &to, &err) : ETS_OK;
        status = close_written(&out, status, written, &err);
    }
    return status;
}

static int simulate(const struct arguments *a, const ets_arch *arch, const ets_model *model, bool mapping)
{
    ets_options o = ETS_OPTIONS_INIT;
    ets_report *report = NULL;
    ets_error err;
    o.multi_subgraph = a->multi_subgraph;
    o.trace = a->format == ETS_FORMAT_TRACE;
    if (ets_simulate(arch, model, &o, NULL, &report, &err) != ETS_OK) return fail(err.text);
    bool three_files = a->format == ETS_FORMAT_SCALESIM_COMPUTE;
    int status = three_files ? write_scalesim(a, report) : write_report(a, report, mapping);
    ets_report_free(report);
    return status;
}

int command_profile(const struct arguments *a, bool mapping)
{
    ets_arch *arch = NULL;
    ets_model *model = NULL;
    if (!a->operand) return fail_usage(a->command, "which model? A .tflite, a YAML graph, or the name of a reference model");
    int status = load_arch(a, a->arch, &arch);
    if (status == EXIT_GOOD) status = load_model(a, a->operand, &model);
    if (status == EXIT_GOOD) status = a->format == ETS_FORMAT_HTML ? write_page(a, arch, model) : simulate(a, arch, model, mapping);
    ets_model_free(model);
    ets_arch_free(arch);
    return status;
}
