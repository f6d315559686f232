/* cmd_profile.c - profile: where the time of a model goes; inspect: what runs where. */
#include "cli.h"

static int write_report(const struct arguments *a, const ets_report *report, bool mapping)
{
    struct output out;
    ets_error err;
    int status = open_output(&out, a->output);
    if (status == EXIT_GOOD) {
        ets_format_options o = format_options(&out);
        ets_writer to = writer_of(&out);
        o.mapping = mapping;
        if (ets_report_write(report, a->format, &o, &to, &err) != ETS_OK) status = fail(err.text);
    }
    return close_output(&out, status == EXIT_GOOD);
}

static int simulate(const struct arguments *a, const ets_arch *arch, const ets_model *model, bool mapping)
{
    ets_options o = ETS_OPTIONS_INIT;
    ets_report *report = NULL;
    ets_error err;
    o.multi_subgraph = a->multi_subgraph;
    if (ets_simulate(arch, model, &o, NULL, &report, &err) != ETS_OK) return fail(err.text);
    int status = write_report(a, report, mapping);
    ets_report_free(report);
    return status;
}

int command_profile(const struct arguments *a, bool mapping)
{
    ets_arch *arch = NULL;
    ets_model *model = NULL;
    if (!a->operand) return fail_usage(a->command, "which model? A .tflite, a YAML graph, or the name of a reference model");
    int status = load_arch(a, a->arch, &arch);
    if (status == EXIT_GOOD) status = load_model(a, &model);
    if (status == EXIT_GOOD) status = simulate(a, arch, model, mapping);
    ets_model_free(model);
    ets_arch_free(arch);
    return status;
}
