/* bench_predict.c - what a search loop does: the same network again, a new one, all of NAS-Bench-201. */
#include <edgetpu_sim/edgetpu_sim.h>
#include <pthread.h>
#include <stdlib.h>

#include "bench.h"
#include "nasbench201.h"

#define MOST_THREADS 8

struct predict {
    ets_arch *arch;
    ets_model *model;
    ets_predictor *predictor;
    ets_builder *builders[MOST_THREADS];
    uint32_t threads;
};

static struct predict *make(void)
{
    struct predict *p = calloc(1, sizeof *p);
    if (p && !ets_arch_load("arch/coral-usb.yaml", NULL, 0, NULL, &p->arch, NULL) && !ets_predictor_new(p->arch, NULL, NULL, &p->predictor, NULL))
        return p;
    if (p) bench_predict_drop(p);
    return NULL;
}

void *bench_predict_make(const char *name)
{
    char path[4096];
    struct predict *p = make();
    if (p && !ets_data_find("models", name, ".", path, sizeof path, NULL) && !ets_model_load(path, NULL, &p->model, NULL)) return p;
    if (p) bench_predict_drop(p);
    return NULL;
}

bool bench_predict_again(void *made)
{
    const struct predict *p = made;
    ets_summary s;
    return ets_predict(p->predictor, p->model, &s, NULL) == ETS_OK;
}

/* One layer in its place: the whole network is planned and each of its layers looked up, but it is not recognised. */
bool bench_predict_layers(void *made)
{
    const struct predict *p = made;
    ets_layer_costs c;
    return ets_layer_cost(p->predictor, p->model, 0, &c, NULL) == ETS_OK;
}

/* A predictor that knows nothing, and its first network. */
bool bench_predict_cold(void *made)
{
    const struct predict *p = made;
    ets_predictor *cold = NULL;
    ets_summary s;
    ets_status status = ets_predictor_new(p->arch, NULL, NULL, &cold, NULL);
    if (!status) status = ets_predict(cold, p->model, &s, NULL);
    ets_predictor_free(cold);
    return status == ETS_OK;
}

bool bench_sensitivity_run(void *made)
{
    const struct predict *p = made;
    ets_change changes[256];
    size_t n;
    return ets_sensitivity(p->predictor, p->model, changes, 256, &n, NULL) == ETS_OK;
}

void *bench_nasbench201_make(const char *threads)
{
    struct predict *p = make();
    if (!p) return NULL;
    p->threads = (uint32_t)strtoul(threads, NULL, 10);
    for (uint32_t i = 0; i < p->threads && i < MOST_THREADS; i++)
        if (ets_builder_new("nasbench201", NULL, &p->builders[i], NULL)) {
            bench_predict_drop(p);
            return NULL;
        }
    return p;
}

/* Every n-th network: what comes later in the list is larger. */
struct part { struct predict *p; uint32_t first; ets_builder *b; bool good; };

static void *run_part(void *argument)
{
    struct part *part = argument;
    part->good = true;
    for (uint32_t i = part->first; i < NASBENCH201_COUNT && part->good; i += part->p->threads) {
        const ets_model *m = NULL;
        ets_summary s;
        part->good = !nasbench201_build(part->b, i, NULL) && !ets_build_lend(part->b, &m, NULL) && !ets_predict(part->p->predictor, m, &s, NULL);
    }
    return NULL;
}

/* Every network built and predicted, by one or several threads and a predictor that knows nothing yet. */
bool bench_nasbench201_run(void *made)
{
    struct predict *p = made;
    struct part parts[MOST_THREADS];
    pthread_t threads[MOST_THREADS];
    bool good = true;
    ets_predictor_free(p->predictor);
    p->predictor = NULL;
    if (ets_predictor_new(p->arch, NULL, NULL, &p->predictor, NULL)) return false;
    for (uint32_t i = 0; i < p->threads; i++) {
        struct part part = {p, i, p->builders[i], false};
        parts[i] = part;
        if (i && pthread_create(&threads[i], NULL, run_part, &parts[i])) return false;
    }
    run_part(&parts[0]);
    for (uint32_t i = 0; i < p->threads; i++) {
        if (i) pthread_join(threads[i], NULL);
        good = good && parts[i].good;
    }
    return good;
}

void bench_predict_drop(void *made)
{
    struct predict *p = made;
    for (uint32_t i = 0; i < MOST_THREADS; i++) ets_builder_free(p->builders[i]);
    ets_predictor_free(p->predictor);
    ets_model_free(p->model);
    ets_arch_free(p->arch);
    free(p);
}
