/* network_changes.c - what would help, of the network as a whole: other widths everywhere, another resolution, a faster link; each
 * made and predicted. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/num.h"
#include "predict/sensitivity.h"
#include "predict/simulate.h"
#include "timing/host.h"

enum { RESOLUTION_STEP = 32, PERCENT_STEP = 5, LEAST_PERCENT = 25 };

static uint32_t lanes_of(const struct eti_arch *a) { return (uint32_t)(a->kind == ETI_SYSTOLIC ? 1 : a->tile.lanes); }
static uint32_t cells_of(const struct eti_arch *a) { return (uint32_t)(a->kind == ETI_SYSTOLIC ? a->array.columns : a->tile.cells); }

/* The nearest multiple, at least one. */
static uint32_t nearest(uint64_t n, uint32_t multiple) { return (uint32_t)eti_max(1, (n + multiple / 2) / multiple) * multiple; }

/* Width of operator i as it is; 0 if it cannot be chosen. */
static uint32_t width_of(const struct eti_study *s, uint32_t i)
{
    return s->group_of[i] == UINT32_MAX ? 0 : eti_channels_of(s->g, &s->g->ops[i]);
}

/* Predicts the network with other widths; nothing is added if none differs. */
static ets_status try_widths(struct eti_study *s, const uint32_t *widths, ets_change change)
{
    struct eti_change c = {.widths = widths};
    ets_summary then;
    bool made = false, differs = false;
    for (uint32_t i = 0; i < s->g->n_ops; i++) differs |= widths[i] && widths[i] != width_of(s, i);
    if (differs) ETI_TRY(eti_study_try(s, &c, &then, &made));
    if (made) eti_study_add(s, change, &then);
    return ETS_OK;
}

static ets_status try_multiple(struct eti_study *s, uint32_t *widths, uint32_t multiple)
{
    ets_change change = {ETS_WHOLE_NETWORK, ETS_DIMENSION_MULTIPLE, 1, multiple, 0, 0, 0, 0};
    for (uint32_t i = 0; i < s->g->n_ops; i++) widths[i] = width_of(s, i) > multiple ? nearest(width_of(s, i), multiple) : 0;
    return try_widths(s, widths, change);
}

/* The largest scale of all widths at which no parameter is streamed. */
static ets_status try_fit(struct eti_study *s, uint32_t *widths)
{
    for (uint32_t percent = 100 - PERCENT_STEP; s->now.streamed_parameter_bytes && percent >= LEAST_PERCENT; percent -= PERCENT_STEP) {
        struct eti_change c = {.widths = widths};
        ets_change change = {ETS_WHOLE_NETWORK, ETS_DIMENSION_WIDTHS, 100, percent, 0, 0, 0, 0};
        ets_summary then;
        bool made;
        for (uint32_t i = 0; i < s->g->n_ops; i++)
            widths[i] = width_of(s, i) ? nearest((uint64_t)width_of(s, i) * percent / 100, lanes_of(&s->p->arch->v)) : 0;
        ETI_TRY(eti_study_try(s, &c, &then, &made));
        if (!made || then.streamed_parameter_bytes) continue;
        eti_study_add(s, change, &then);
        return ETS_OK;
    }
    return ETS_OK;
}

static ets_status try_resolution(struct eti_study *s)
{
    const struct eti_shape *in = s->g->n_inputs ? &s->g->tensors[s->g->inputs[0]].shape : NULL;
    if (!in || in->rank != 4 || in->dim[2] <= 2 * RESOLUTION_STEP || in->dim[1] <= 2 * RESOLUTION_STEP) return ETS_OK;
    uint32_t to = (in->dim[2] - 1) / RESOLUTION_STEP * RESOLUTION_STEP;
    struct eti_change c = {.in_height = (uint32_t)(((uint64_t)in->dim[1] * to + in->dim[2] / 2) / in->dim[2]), .in_width = to};
    ets_change change = {ETS_WHOLE_NETWORK, ETS_DIMENSION_RESOLUTION, in->dim[2], to, 0, 0, 0, 0};
    ets_summary then;
    bool made;
    ETI_TRY(eti_study_try(s, &c, &then, &made));
    if (made) eti_study_add(s, change, &then);
    return ETS_OK;
}

static ets_status run_on(struct eti_study *s, const ets_arch *arch, ets_change change)
{
    ets_options o = ETS_OPTIONS_INIT;
    ets_report *then = NULL;
    o.multi_subgraph = s->p->options.multi_subgraph;
    o.work_limit = s->p->options.work_limit;
    o.cancelled = s->p->options.cancelled;
    o.cancel_ctx = s->p->options.cancel_ctx;
    ETI_TRY(eti_simulate(arch, s->g, &o, &s->p->mem, &then, s->err));
    eti_study_add(s, change, &then->summary);
    ets_report_free(then);
    return ETS_OK;
}

/* Both ways of the host link, or DRAM. A standard's rate is not a number of its own. */
static ets_status try_link(struct eti_study *s)
{
    const struct eti_arch *v = &s->p->arch->v;
    uint64_t now = eti_feed_bytes_per_s(v);
    ets_change change = {ETS_WHOLE_NETWORK, ETS_DIMENSION_LINK, (uint32_t)(now / 1000000), (uint32_t)(2 * now / 1000000), 0, 0, 0, 0};
    char in[24], out[24];
    ets_arch *arch = NULL;
    if (now < 1000000) return ETS_OK;
    snprintf(in, sizeof in, "%llu", (unsigned long long)(2 * now));
    snprintf(out, sizeof out, "%llu", (unsigned long long)(2 * v->link.out_bytes_per_s));
    const ets_setting link[] = {{"link.in_bytes_per_s", in}, {"link.out_bytes_per_s", out}}, dram = {"dram.bytes_per_s", in};
    bool array = v->kind == ETI_SYSTOLIC;
    ets_error why;
    ets_status status = eti_arch_with(s->p->arch, array ? &dram : link, array ? 1 : 2, &s->p->mem, &arch, &why);
    if (status == ETS_NOMEM) return eti_nomem(s->err);
    if (status != ETS_OK) return ETS_OK; /* such a machine may not be */
    status = run_on(s, arch, change);
    eti_arch_free(arch);
    return status;
}

static ets_status each_change(struct eti_study *s)
{
    uint32_t *widths = eti_alloc(&s->p->mem, s->g->n_ops, sizeof *widths);
    if (!widths) return eti_nomem(s->err);
    ets_status status = try_fit(s, widths);
    if (status == ETS_OK) status = try_multiple(s, widths, cells_of(&s->p->arch->v));
    if (status == ETS_OK) status = try_multiple(s, widths, lanes_of(&s->p->arch->v));
    if (status == ETS_OK) status = try_resolution(s);
    if (status == ETS_OK) status = try_link(s);
    eti_free(&s->p->mem, widths, s->g->n_ops, sizeof *widths);
    return status;
}

ets_status eti_network_changes(ets_predictor *p, const struct eti_graph *g, ets_change *out, size_t capacity, size_t *n, ets_error *err)
{
    return eti_study_run(p, g, out, capacity, n, each_change, err);
}
