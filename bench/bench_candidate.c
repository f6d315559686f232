/* bench_candidate.c - what a search does for each candidate: build a small network in memory, then simulate it. */
#include <edgetpu_sim/edgetpu_sim.h>
#include <stdlib.h>

#include "bench.h"

struct candidate {
    ets_arch *arch;
    uint32_t size;
};

void *bench_candidate_make(const char *size)
{
    struct candidate *c = calloc(1, sizeof *c);
    if (c && !ets_arch_load("arch/coral-usb.yaml", NULL, 0, NULL, &c->arch, NULL)) {
        c->size = (uint32_t)strtoul(size, NULL, 10);
        return c;
    }
    free(c);
    return NULL;
}

static ets_status network(ets_builder *b, uint32_t size)
{
    const uint32_t dims[4] = {1, size, size, 16};
    ets_tensor x, y;
    ets_conv conv = ETS_CONV_INIT;
    conv.kernel_h = conv.kernel_w = 3;
    conv.activation = ETS_ACT_RELU;
    ets_status status = ets_build_input(b, "image", dims, 4, &x, NULL);
    for (uint32_t i = 0; !status && i < 8; i++) {
        conv.out_channels = 32 + 16 * i;
        status = ets_build_conv2d(b, x, &conv, &y, NULL);
        x = y;
    }
    return status ? status : ets_build_output(b, x, NULL);
}

bool bench_candidate_run(void *made)
{
    const struct candidate *c = made;
    ets_builder *b = NULL;
    ets_model *model = NULL;
    ets_report *report = NULL;
    ets_status status = ets_builder_new("candidate", NULL, &b, NULL);
    if (!status) status = network(b, c->size);
    if (!status) status = ets_build_model(b, &model, NULL);
    if (!status) status = ets_simulate(c->arch, model, NULL, NULL, &report, NULL);
    ets_report_free(report);
    ets_model_free(model);
    ets_builder_free(b);
    return status == ETS_OK;
}

void bench_candidate_drop(void *made)
{
    struct candidate *c = made;
    ets_arch_free(c->arch);
    free(c);
}
