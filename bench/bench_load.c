/* bench_load.c - from the bytes of a file to a checked graph. */
#include <edgetpu_sim/edgetpu_sim.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

void *bench_load_make(const char *path)
{
    size_t n = strlen(path) + 1;
    char *copy = malloc(n);
    return copy ? memcpy(copy, path, n) : NULL;
}

bool bench_load_run(void *made)
{
    ets_model *model = NULL;
    ets_status status = ets_model_load(made, NULL, &model, NULL);
    ets_model_free(model);
    return status == ETS_OK;
}

void bench_load_drop(void *made)
{
    free(made);
}
