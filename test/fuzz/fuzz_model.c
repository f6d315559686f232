/* fuzz_model.c - bytes as a model; what is accepted is simulated, and the parts have to add up. */
#include "fuzz/targets.h"

static void run_on(const ets_arch *arch, const ets_model *model, bool multi_subgraph)
{
    ets_report *report = NULL, *again = NULL;
    ets_options options = ETS_OPTIONS_INIT;
    ets_error err;
    options.multi_subgraph = multi_subgraph;
    options.work_limit = FUZZ_WORK;
    ets_status status = ets_simulate(arch, model, &options, NULL, &report, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("no model is a defect of ours", err.text);
    if (status != ETS_OK) return;
    if (ets_simulate(arch, model, &options, NULL, &again, &err) != ETS_OK) fuzz_broken("run twice", err.text);
    fuzz_check_report(report);
    fuzz_check_written(report);
    fuzz_check_same(report, again);
    ets_report_free(report);
    ets_report_free(again);
}

int fuzz_model(const uint8_t *data, size_t size)
{
    ets_model *model = NULL;
    ets_error err;
    ets_status status = ets_model_parse("fuzz", data, size, NULL, &model, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("no bytes are a defect of ours", err.text);
    if (status != ETS_OK) return 0;
    run_on(fuzz_machine("coral-usb"), model, size % 2);
    run_on(fuzz_machine("systolic-16x16"), model, false);
    ets_model_free(model);
    return 0;
}
