/* api_predict.c - the public functions around the predictor: check what was given, call the room. */
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "graph/model.h"
#include "predict/sensitivity.h"

ets_status ets_predictor_new(const ets_arch *arch, const ets_predictor_options *options, const ets_allocator *mem,
                             ets_predictor **out, ets_error *err)
{
    ets_predictor_options o = ETS_PREDICTOR_OPTIONS_INIT;
    ETI_TRY(eti_given(arch && out, "ets_predictor_new", "arch or out is NULL", err));
    if (options) {
        bool known = options->struct_size >= offsetof(ets_predictor_options, work_limit); /* the size of the first release */
        ETI_TRY(eti_given(known, "ets_predictor_new", "start options from ETS_PREDICTOR_OPTIONS_INIT", err));
        memcpy(&o, options, (size_t)eti_min(options->struct_size, sizeof o));
    }
    return eti_predictor_new(arch, &o, mem, out, err);
}

void ets_predictor_free(ets_predictor *p)
{
    if (!p) return;
    eti_free_builders(p);
    eti_predictor_free(p);
}

ets_status ets_predict(ets_predictor *p, const ets_model *model, ets_summary *out, ets_error *err)
{
    ETI_TRY(eti_given(p && model && out, "ets_predict", "predictor, model or out is NULL", err));
    return eti_predict(p, model->graph, out, err);
}

ets_status ets_layer_cost(ets_predictor *p, const ets_model *model, size_t layer, ets_layer_costs *out, ets_error *err)
{
    ETI_TRY(eti_given(p && model && out, "ets_layer_cost", "predictor, model or out is NULL", err));
    if (layer >= model->graph->n_ops)
        return eti_fail(err, ETS_RANGE, NULL, "%s: there is no layer %zu; it has %u", model->graph->name, layer, model->graph->n_ops);
    return eti_predict_layer(p, model->graph, (uint32_t)layer, out, err);
}

ets_status ets_sensitivity(ets_predictor *p, const ets_model *model, ets_change *out, size_t capacity, size_t *n, ets_error *err)
{
    ETI_TRY(eti_given(p && model && (out || !capacity) && n, "ets_sensitivity", "predictor, model, out or n is NULL", err));
    return eti_sensitivity(p, model->graph, out, capacity, n, err);
}

ets_status ets_network_changes(ets_predictor *p, const ets_model *model, ets_change *out, size_t capacity, size_t *n, ets_error *err)
{
    ETI_TRY(eti_given(p && model && (out || !capacity) && n, "ets_network_changes", "predictor, model, out or n is NULL", err));
    return eti_network_changes(p, model->graph, out, capacity, n, err);
}

ets_predictor_info ets_predictor_describe(ets_predictor *p)
{
    ets_predictor_info info;
    info.predictions = atomic_load(&p->predictions);
    info.repeats = atomic_load(&p->repeats);
    info.hits = atomic_load(&p->hits);
    info.misses = atomic_load(&p->misses);
    pthread_mutex_lock(&p->lock);
    info.entries = eti_memo_count(&p->memo);
    info.bytes = p->memo.bytes;
    info.limit_bytes = p->memo.limit_bytes;
    pthread_mutex_unlock(&p->lock);
    return info;
}

/* ------------------------------------------------------------------ many --------------------------------- */

struct batch { ets_predictor *p; const ets_model *const *models; };

static void predict_range(void *ctx, size_t begin, size_t end, struct eti_results *results)
{
    const struct batch *b = ctx;
    ets_error why;
    for (size_t i = begin; i < end; i++) {
        ets_status status = ets_predict(b->p, b->models[i], &results->out[i], &why);
        eti_result(results, i, status, &why);
    }
}

ets_status ets_predict_batch(ets_predictor *p, const ets_model *const *models, size_t n, uint32_t n_threads,
                             ets_summary *out, ets_status *status, ets_error *err)
{
    struct batch b = {p, models};
    ETI_TRY(eti_given(p && ((models && out) || !n), "ets_predict_batch", "predictor, models or out is NULL", err));
    return eti_predict_batch(n, n_threads, predict_range, &b, out, status, err);
}

/* ------------------------------------------------------------------ reward ------------------------------- */

double ets_reward(const ets_reward_options *o, double accuracy, const ets_summary *s)
{
    if (!o || !s || o->struct_size < sizeof *o || !o->target_ns) return NAN;
    if (!s->latency_ns) return 0;
    double w = s->latency_ns <= o->target_ns ? o->w_below : o->w_above;
    double share = s->parameter_bytes ? (double)s->onchip_parameter_bytes / (double)s->parameter_bytes : 1;
    return accuracy * pow((double)s->latency_ns / (double)o->target_ns, w) * (1 + o->onchip_bonus * share);
}
