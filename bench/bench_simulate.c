/* bench_simulate.c - simulating one model again and again, on the USB machine or a systolic array. */
#include <edgetpu_sim/edgetpu_sim.h>
#include <stdlib.h>

#include "bench.h"

struct simulate {
    ets_arch *arch;
    ets_model *model;
};

static void *make(const char *machine, const char *name)
{
    char path[4096];
    struct simulate *s = calloc(1, sizeof *s);
    if (s && !ets_arch_load(machine, NULL, 0, NULL, &s->arch, NULL) &&
        !ets_data_find("models", name, ".", path, sizeof path, NULL) && !ets_model_load(path, NULL, &s->model, NULL))
        return s;
    if (s) bench_simulate_drop(s);
    return NULL;
}

void *bench_simulate_make(const char *name) { return make("arch/coral-usb.yaml", name); }
void *bench_array_make(const char *name) { return make("arch/systolic-64x64.yaml", name); }

bool bench_simulate_run(void *made)
{
    const struct simulate *s = made;
    ets_report *report = NULL;
    ets_status status = ets_simulate(s->arch, s->model, NULL, NULL, &report, NULL);
    ets_report_free(report);
    return status == ETS_OK;
}

void bench_simulate_drop(void *made)
{
    struct simulate *s = made;
    ets_model_free(s->model);
    ets_arch_free(s->arch);
    free(s);
}
