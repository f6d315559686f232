/* batch.c - predictions of a batch: threads make them (threads.h), what comes of each is the caller's. */
#include <string.h>

#include "predict/predictor.h"
#include "predict/threads.h"

struct batch { eti_predict_range *range; void *ctx; struct eti_results results; };

void eti_result(struct eti_results *r, size_t i, ets_status status, const ets_error *why)
{
    if (r->status) r->status[i] = status;
    if (status == ETS_OK) return;
    memset(&r->out[i], 0, sizeof r->out[i]);
    pthread_mutex_lock(&r->lock);
    if (i < r->first) {
        r->first = i;
        r->why = *why;
    }
    pthread_mutex_unlock(&r->lock);
}

static void do_range(void *ctx, size_t begin, size_t end)
{
    struct batch *m = ctx;
    m->range(m->ctx, begin, end, &m->results);
}

ets_status eti_predict_batch(size_t n, uint32_t n_threads, eti_predict_range *range, void *ctx, ets_summary *out,
                             ets_status *status, ets_error *err)
{
    struct batch m;
    m.range = range;
    m.ctx = ctx;
    m.results.out = out;
    m.results.status = status;
    m.results.first = n;
    pthread_mutex_init(&m.results.lock, NULL);
    eti_run_threads(n_threads, n, do_range, &m);
    pthread_mutex_destroy(&m.results.lock);
    if (m.results.first == n) return ETS_OK;
    if (err) *err = m.results.why;
    return m.results.why.status;
}
