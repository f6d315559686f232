/* sensitivity.c - what would help: each width and each kernel made a step smaller, each pair of expansion and depthwise
 * convolution made one, one at a time, and predicted. */
#include "predict/sensitivity.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "graph/repeat.h"
#include "graph/restate.h"

ets_status eti_study_try(struct eti_study *s, const struct eti_change *c, ets_summary *out, bool *made)
{
    ets_error why;
    ETI_TRY(eti_graph_restart(&s->b, s->g->name, s->err));
    ets_status status = eti_restate(s->g, c, s->map, &s->b, &why);
    if (status == ETS_OK) status = eti_graph_complete(&s->b, &why);
    if (status == ETS_OK) status = eti_predict(s->p, &s->b.graph, out, &why);
    *made = status == ETS_OK && out->n_host_layers == s->now.n_host_layers;
    if (status == ETS_CANCELLED) return eti_fail(s->err, status, NULL, "%s", why.text);
    return status == ETS_NOMEM ? eti_nomem(s->err) : ETS_OK;
}

/* Largest gain first; equal ones in the order of layers. */
static int by_gain(const void *x, const void *y)
{
    const ets_change *a = x, *b = y;
    if (a->saved_ns != b->saved_ns) return a->saved_ns > b->saved_ns ? -1 : 1;
    if (a->layer != b->layer) return a->layer < b->layer ? -1 : 1;
    return (int)a->dimension - (int)b->dimension;
}

/* Where there is no more room, the best are kept. */
void eti_study_add(struct eti_study *s, ets_change change, const ets_summary *then)
{
    change.latency_ns = then->latency_ns;
    change.saved_ns = (int64_t)(s->now.latency_ns - then->latency_ns);
    change.saved_macs = (int64_t)(s->now.macs - then->macs);
    change.saved_parameter_bytes = (int64_t)(s->now.parameter_bytes - then->parameter_bytes);
    if (s->n < s->capacity) {
        s->out[s->n++] = change;
        return;
    }
    size_t worst = 0;
    for (size_t i = 1; i < s->n; i++)
        if (by_gain(&s->out[i], &s->out[worst]) > 0) worst = i;
    if (s->n && by_gain(&change, &s->out[worst]) < 0) s->out[worst] = change;
}

static ets_status consider(struct eti_study *s, const struct eti_change *c, ets_change change)
{
    ets_summary then;
    bool made;
    ETI_TRY(eti_study_try(s, c, &then, &made));
    if (made) eti_study_add(s, change, &then);
    return ETS_OK;
}

/* The next width that the array rewards: whole groups of cells; below one, half, in whole words. */
static uint32_t narrower(const struct eti_arch *a, uint32_t channels)
{
    bool array = a->kind == ETI_SYSTOLIC;
    uint32_t cells = (uint32_t)(array ? a->array.columns : a->tile.cells), lanes = (uint32_t)(array ? 1 : a->tile.lanes);
    if (channels > cells) return (channels - 1) / cells * cells;
    return channels > lanes ? (channels / 2 + lanes - 1) / lanes * lanes : channels;
}

static ets_status consider_op(struct eti_study *s, uint32_t i)
{
    const struct eti_op *op = &s->g->ops[i];
    uint32_t channels = eti_channels_of(s->g, op), to = narrower(&s->p->arch->v, channels), kernel = op->at.kernel_h;
    if (eti_op_kind(op->type)->class_ != ETI_WEIGHTED) return ETS_OK;
    if (s->group_of[i] == i && to < channels) {
        struct eti_change c = {.group_of = s->group_of, .group = i, .channels = to};
        ets_change change = {i, ETS_DIMENSION_CHANNELS, channels, to, 0, 0, 0, 0};
        ETI_TRY(consider(s, &c, change));
    }
    if (op->type != ETI_OP_FULLY_CONNECTED && kernel == op->at.kernel_w && kernel > 2) {
        struct eti_change c = {.op = i, .kernel = kernel - 2};
        ets_change change = {i, ETS_DIMENSION_KERNEL, kernel, kernel - 2, 0, 0, 0, 0};
        ETI_TRY(consider(s, &c, change));
    }
    uint32_t expand;
    if (eti_fusible(s->g, i, &expand)) {
        struct eti_change c = {.fused = i};
        ets_change change = {i, ETS_DIMENSION_FUSED, 1, kernel, 0, 0, 0, 0};
        ETI_TRY(consider(s, &c, change));
    }
    return ETS_OK;
}

/* What the network takes when it is built anew, unchanged. A file may hold what no builder makes: kernels that are computed, tensors of
 * fewer dimensions. */
static ets_status built_anew(struct eti_study *s, ets_summary *out)
{
    struct eti_change none = {.group_of = NULL};
    ets_error why;
    ets_status status = eti_restate(s->g, &none, s->map, &s->b, &why);
    if (status == ETS_OK) status = eti_graph_complete(&s->b, &why);
    if (status == ETS_OK) return eti_predict(s->p, &s->b.graph, out, s->err);
    if (status == ETS_NOMEM) return eti_nomem(s->err);
    return eti_fail(s->err, ETS_UNSUPPORTED, NULL, "%s: the network cannot be built anew (%s)", s->g->name, why.text);
}

static ets_status study(struct eti_study *s, ets_status (*each)(struct eti_study *s))
{
    ets_summary again;
    ETI_TRY(eti_predict(s->p, s->g, &s->now, s->err));
    ETI_TRY(eti_width_groups(s->g, s->group_of, s->err));
    ETI_TRY(built_anew(s, &again));
    if (again.cycles != s->now.cycles)
        return eti_fail(s->err, ETS_UNSUPPORTED, NULL, "%s: the network cannot be stated anew without a change", s->g->name);
    ETI_TRY(each(s));
    qsort(s->out, s->n, sizeof *s->out, by_gain);
    return ETS_OK;
}

ets_status eti_study_run(ets_predictor *p, const struct eti_graph *g, ets_change *out, size_t capacity, size_t *n,
                         ets_status (*each)(struct eti_study *s), ets_error *err)
{
    struct eti_study s;
    const ets_allocator *mem = &p->mem;
    memset(&s, 0, sizeof s);
    s.p = p;
    s.g = g;
    s.capacity = capacity;
    s.out = out;
    s.err = err;
    s.group_of = eti_alloc(mem, g->n_ops, sizeof *s.group_of);
    s.map = eti_alloc(mem, g->n_tensors, sizeof *s.map);
    s.repeats = eti_alloc(mem, 1, sizeof *s.repeats);
    ets_status status = s.group_of && s.map && s.repeats ? eti_graph_begin(&s.b, g->name, g->format, mem, err) : eti_nomem(err);
    if (status == ETS_OK) {
        s.b.repeats = s.repeats;
        status = study(&s, each);
    }
    eti_graph_abandon(&s.b);
    eti_free(mem, s.repeats, 1, sizeof *s.repeats);
    eti_free(mem, s.map, g->n_tensors, sizeof *s.map);
    eti_free(mem, s.group_of, g->n_ops, sizeof *s.group_of);
    if (status == ETS_OK) *n = s.n;
    return status;
}

static ets_status each_layer(struct eti_study *s)
{
    for (uint32_t i = 0; i < s->g->n_ops; i++) ETI_TRY(consider_op(s, i));
    return ETS_OK;
}

ets_status eti_sensitivity(ets_predictor *p, const struct eti_graph *g, ets_change *out, size_t capacity, size_t *n, ets_error *err)
{
    return eti_study_run(p, g, out, capacity, n, each_layer, err);
}
