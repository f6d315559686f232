/* fuzz_arch_yaml.c - bytes as a machine; what is accepted runs a small network. */
#include "fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgetpu_sim/edgetpu_sim.h"

static const char network[] = "edgetpu_sim_model: 1\ninputs: {x: [1, 24, 24, 3]}\nlayers:\n"
                              "  - {op: conv_2d, kernel: 3, stride: 2, out: 32}\n  - {op: depthwise_conv_2d, kernel: 5}\n"
                              "  - {op: conv_2d, out: 256}\n  - {op: conv_2d, kernel: 3, out: 96}\n  - {op: max_pool, kernel: 3, stride: 2}\n"
                              "  - {op: mean}\n  - {op: fully_connected, out: 100}\n  - {op: softmax}\n";

int fuzz_arch_yaml(const uint8_t *data, size_t size)
{
    ets_arch *arch = NULL;
    ets_model *model = NULL;
    ets_report *report = NULL;
    ets_error err;
    if (ets_arch_parse("fuzz", data, size, NULL, 0, NULL, &arch, &err) != ETS_OK) return 0;
    if (ets_model_parse("net", network, strlen(network), NULL, &model, &err) != ETS_OK) abort();
    ets_status status = ets_simulate(arch, model, NULL, NULL, &report, &err);
    if (status == ETS_INTERNAL) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    ets_report_free(report);
    ets_model_free(model);
    ets_arch_free(arch);
    return 0;
}
