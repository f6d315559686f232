/* bench_schedule.c - the two halves of a simulation: the program of a network, and running it. Inside the library: these two
 * are not public. */
#include <stdlib.h>

#include "arch/arch.h"
#include "bench.h"
#include "engine/engine.h"
#include "graph/model.h"
#include "schedule/schedule.h"

struct halves {
    ets_arch *arch;
    ets_model *model;
    struct eti_schedule schedule;
};

void *bench_halves_make(const char *name)
{
    char path[4096];
    struct halves *h = calloc(1, sizeof *h);
    if (h && !ets_arch_load("arch/coral-usb.yaml", NULL, 0, NULL, &h->arch, NULL) &&
        !ets_data_find("models", name, ".", path, sizeof path, NULL) && !ets_model_load(path, NULL, &h->model, NULL) &&
        !eti_schedule_make(&h->arch->v, h->model->graph, false, NULL, &h->schedule, NULL))
        return h;
    if (h) bench_halves_drop(h);
    return NULL;
}

bool bench_schedule_run(void *made)
{
    const struct halves *h = made;
    struct eti_schedule s;
    ets_status status = eti_schedule_make(&h->arch->v, h->model->graph, false, NULL, &s, NULL);
    eti_schedule_free(&s);
    return status == ETS_OK;
}

bool bench_engine_run(void *made)
{
    const struct halves *h = made;
    struct eti_timeline t;
    if (eti_engine_run(&h->schedule.program, NULL, &t, NULL) != ETS_OK) return false;
    eti_timeline_free(&t);
    return true;
}

void bench_halves_drop(void *made)
{
    struct halves *h = made;
    if (h->schedule.program.mem.resize) eti_schedule_free(&h->schedule);
    ets_model_free(h->model);
    ets_arch_free(h->arch);
    free(h);
}
