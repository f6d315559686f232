/* fuzz_model.c - bytes as a model; what is accepted is simulated, and the parts have to add up. */
#include "fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>

#include "edgetpu_sim/edgetpu_sim.h"

static int swallow(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    (void)text;
    (void)n;
    return 0;
}

static void check_sums(const ets_report *r)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < ets_report_layer_count(r); i++) {
        const ets_layer *l = ets_report_layer(r, i);
        const ets_split *s = &l->split;
        uint64_t parts = s->compute_cycles + s->psum_cycles + s->weight_cycles + s->halo_cycles + s->link_cycles +
                         s->move_cycles + s->sync_cycles + s->memory_cycles;
        if (parts != l->cycles) abort();
        sum += l->cycles;
    }
    for (size_t i = 0; i < ets_report_phase_count(r); i++) sum += ets_report_phase(r, i)->cycles;
    if (sum != ets_report_summary(r)->cycles) abort();
}

static void run_on(const char *machine, const ets_model *model, bool multi_subgraph)
{
    ets_arch *arch = NULL;
    ets_report *report = NULL;
    ets_error err;
    ets_options options = ETS_OPTIONS_INIT;
    ets_writer to = {swallow, NULL};
    options.multi_subgraph = multi_subgraph;
    if (ets_arch_load(machine, NULL, 0, NULL, &arch, &err) != ETS_OK) abort();
    ets_status status = ets_simulate(arch, model, &options, NULL, &report, &err);
    if (status == ETS_INTERNAL) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    if (status == ETS_OK) {
        check_sums(report);
        ets_report_write(report, ETS_FORMAT_TABLE, NULL, &to, NULL);
        ets_report_write(report, ETS_FORMAT_JSON, NULL, &to, NULL);
    }
    ets_report_free(report);
    ets_arch_free(arch);
}

int fuzz_model(const uint8_t *data, size_t size)
{
    ets_model *model = NULL;
    if (ets_model_parse("fuzz", data, size, NULL, &model, NULL) != ETS_OK) return 0;
    run_on("arch/coral-usb.yaml", model, size % 2);
    run_on("arch/systolic-16x16.yaml", model, false);
    ets_model_free(model);
    return 0;
}
