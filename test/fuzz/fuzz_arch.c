/* fuzz_arch.c - bytes as a machine; what is accepted runs a small network, and is printed. */
#include "fuzz/targets.h"

#include <string.h>

static const char network[] = "edgetpu_sim_model: 1\ninputs: {x: [1, 24, 24, 3]}\nlayers:\n"
                              "  - {op: conv_2d, kernel: 3, stride: 2, out: 32}\n  - {op: depthwise_conv_2d, kernel: 5}\n"
                              "  - {op: conv_2d, out: 256}\n  - {op: conv_2d, kernel: 3, out: 96}\n  - {op: max_pool, kernel: 3, stride: 2}\n"
                              "  - {op: mean}\n  - {op: fully_connected, out: 100}\n  - {op: softmax}\n";

static const ets_model *the_network(void)
{
    static ets_model *model;
    ets_error err;
    if (!model && ets_model_parse("net", network, strlen(network), NULL, &model, &err) != ETS_OK) fuzz_broken("the network is one", err.text);
    return model;
}

/* A machine made of what is printed of `arch` is the same machine. */
static void check_copy(const ets_arch *arch)
{
    ets_arch *copy = NULL;
    ets_error err;
    if (ets_arch_with(arch, NULL, 0, NULL, &copy, &err) != ETS_OK) fuzz_broken("a machine can be copied", err.text);
    for (size_t i = 0; i < ets_arch_field_count(arch); i++) {
        ets_arch_field a = ets_arch_field_at(arch, i), b = ets_arch_field_at(copy, i);
        if (strcmp(a.value, b.value) != 0 || strcmp(a.key, b.key) != 0) fuzz_broken("a copy is equal", a.key);
    }
    ets_arch_free(copy);
}

int fuzz_arch(const uint8_t *data, size_t size)
{
    ets_arch *arch = NULL;
    ets_report *report = NULL;
    ets_options options = ETS_OPTIONS_INIT;
    ets_error err;
    options.work_limit = FUZZ_WORK;
    ets_status status = ets_arch_parse("fuzz", data, size, NULL, 0, NULL, &arch, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("no bytes are a defect of ours", err.text);
    if (status != ETS_OK) return 0;
    check_copy(arch);
    if (!(ets_arch_size_of(arch).area_mm2 > 0)) fuzz_broken("a machine has an area", ets_arch_name(arch));
    status = ets_simulate(arch, the_network(), &options, NULL, &report, &err);
    if (status == ETS_INTERNAL || status == ETS_ARGUMENT) fuzz_broken("no machine is a defect of ours", err.text);
    if (status == ETS_OK) fuzz_check_report(report);
    ets_report_free(report);
    ets_arch_free(arch);
    return 0;
}
