/* samples.c - see samples.h. */
#include "samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void samples_add(struct samples *s, const struct sample *sample)
{
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        struct sample *all = realloc(s->all, room * sizeof *all);
        if (!all) {
            fprintf(stderr, "truth: out of memory\n");
            exit(1);
        }
        s->all = all;
        s->room = room;
    }
    s->all[s->n++] = *sample;
}

struct sample sample_of(const struct table *t, size_t row, const char *set, const char *unit, double measured,
                               const char *label, const char *more)
{
    struct sample s = {.set = set, .unit = unit, .line = t->lines[row], .value = {NAN, measured}};
    snprintf(s.label, sizeof s.label, "%.60s%s%.30s", label, *more ? " " : "", more);
    if (isnan(measured)) snprintf(s.reason, sizeof s.reason, "no measured figure");
    return s;
}

void samples_skip(struct samples *out, struct sample s, const char *reason)
{
    if (!*s.reason) snprintf(s.reason, sizeof s.reason, "%.150s", reason);
    samples_add(out, &s);
}

bool summary_of(const ets_arch *arch, const ets_model *model, ets_summary *out, ets_error *err)
{
    ets_report *r = NULL;
    if (ets_simulate(arch, model, NULL, NULL, &r, err)) return false;
    *out = *ets_report_summary(r);
    ets_report_free(r);
    return true;
}

void book_latency(struct samples *out, struct sample s, const ets_summary *sum)
{
    double host_ms = (double)sum->host_cycles * 1e3 / (double)sum->clock_hz;
    s.value.predicted = (double)sum->latency_ns / 1e6 - (s.without_host ? host_ms : 0);
    if (!sum->complete) s.set = "with operators on the host, which the prediction leaves out";
    else if (sum->n_host_layers && !s.without_host) s.set = "with operators on the host, a rough estimate";
    samples_add(out, &s);
}

void predict_latency(struct samples *out, struct sample s, const ets_arch *arch, const ets_model *model, ets_error *err)
{
    ets_summary sum;
    if (!*s.reason && arch && model && summary_of(arch, model, &sum, err)) book_latency(out, s, &sum);
    else samples_skip(out, s, err->text);
}
